// Shows beside the text what readers would see, a moment after it was typed. The server renders it; only what changed on
// the page is put in, so it keeps its place.

const PAUSE = 600;

export class Preview {
  constructor(form, frame) {
    Object.assign(this, { form, frame, number: 0 });
    frame.addEventListener("load", () => this.holdLinks());
    this.holdLinks();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.renew(), PAUSE);
  }

  async renew() {
    const number = (this.number += 1);
    const response = await fetch(this.form.dataset.preview, { method: "POST", body: new FormData(this.form) }).catch(() => null);
    if (!response?.ok || response.redirected || number !== this.number) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = this.frame.contentDocument?.getElementById("main"), fresh = page.getElementById("main");
    if (main && fresh) main.replaceWith(fresh);
  }

  /** What is linked opens in a tab of its own: no other page may stand in the frame. */
  holdLinks() {
    this.frame.contentDocument?.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (!link || link.getAttribute("href").startsWith("#")) return;
      event.preventDefault();
      window.open(link.href, "_blank", "noopener");
    });
    this.frame.contentDocument?.addEventListener("submit", (event) => event.preventDefault());
  }
}

// Keeps a copy of what is typed in this browser until the server has it, for the day on which the network, the server
// or the tab dies. A copy is offered when the page is opened again, never put in or thrown away by itself.

const PAUSE = 500;
const NOT_TYPED = /^(csrfmiddlewaretoken|page|turn|shown|settings|version|lock)$/;

export class BrowserCopy {
  constructor(form) {
    this.form = form;
    this.timer = null;
  }

  get key() {
    return `editor ${this.form.dataset.writer} ${this.form.dataset.article || "new"}`;
  }

  fields() {
    return [...new FormData(this.form)].filter(([name]) => !NOT_TYPED.test(name));
  }

  /** Call it at every change: at most half a second is not in the copy. */
  soon() {
    this.timer ??= setTimeout(() => this.keep(), PAUSE);
  }

  keep() {
    clearTimeout(this.timer);
    this.timer = null;
    const { version, lock } = this.form.elements;
    const copy = { at: Date.now(), version: version.value, lock: lock.value, fields: this.fields() };
    try {
      localStorage.setItem(this.key, JSON.stringify(copy));
    } catch {
      return false; // full, or switched off
    }
    return true;
  }

  /** Let go of the copy once the server has all that is typed. */
  drop() {
    clearTimeout(this.timer);
    this.timer = null;
    localStorage.removeItem(this.key);
  }

  /** The article has an address now: the copy goes by it. */
  move(article) {
    const old = localStorage.getItem(this.key);
    localStorage.removeItem(this.key);
    this.form.dataset.article = article;
    if (old) localStorage.setItem(this.key, old);
  }

  /** What the browser kept and this page does not show, or null. */
  found() {
    const copy = JSON.parse(localStorage.getItem(this.key) ?? "null");
    if (!copy || same(copy.fields, this.fields())) return null;
    return copy;
  }
}

const words = (fields) => fields.filter(([name, value]) => value.trim() && !/_FORMS$|-was$|-position$/.test(name))
  .map(([name, value]) => `${name}=${value.replaceAll("\r\n", "\n").trim()}`).sort().join("\0");
const same = (one, other) => words(one) === words(other);

// Keeps a part of the page as new as the server has it, for as long as the server says how many seconds lie between. Of
// another state the rest of the page has other buttons: then all of it is loaded anew.

const renew = async () => {
  const part = document.querySelector("[data-renews]");
  const seconds = Number(part?.dataset.renews);
  if (!seconds) return;
  await new Promise((done) => setTimeout(done, seconds * 1000));
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (fresh && !part.contains(document.activeElement)) part.replaceWith(fresh);
    if (fresh && fresh.dataset.state !== part.dataset.state) return location.reload();
  } catch {
    // The server is away for a moment: it is asked again.
  }
  renew();
};
renew();

// Offers articles while somebody types in a search box. Without this, or when the server is away, the form leads to
// the page of results as it always does.

const PAUSE = 200; // milliseconds without a key before the server is asked
const FEWEST = 2; // letters

const make = (attributes) => {
  const made = document.createElement("div");
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

function option({ url, title }, id) {
  const link = Object.assign(document.createElement("a"), { href: url, id, tabIndex: -1 });
  link.setAttribute("role", "option");
  link.setAttribute("aria-selected", "false");
  for (const [text, isFound] of title) {
    const piece = document.createElement(isFound ? "mark" : "span");
    piece.textContent = text;
    link.append(piece);
  }
  return link;
}

function offerIn(form) {
  const input = form.elements.q;
  const list = make({ role: "listbox", id: `${input.id}-list`, class: "find-list", "aria-label": "Articles", hidden: "" });
  const status = make({ role: "status", class: "visually-hidden" });
  let timer, asking, chosen = -1;
  form.append(list, status);
  input.autocomplete = "off";
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false",
  })) input.setAttribute(name, value);

  const choose = (place) => {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = place;
    const link = list.children[chosen];
    link?.setAttribute("aria-selected", "true");
    link?.scrollIntoView({ block: "nearest" });
    if (link) input.setAttribute("aria-activedescendant", link.id);
    else input.removeAttribute("aria-activedescendant");
  };

  const show = (found) => {
    choose(-1);
    list.replaceChildren(...found.map((each, place) => option(each, `${list.id}-${place}`)));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };

  const stop = () => {
    clearTimeout(timer);
    asking?.abort();
  };

  const close = () => {
    stop();
    show([]);
    status.textContent = "";
  };

  const ask = async (words) => {
    asking = new AbortController();
    try {
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(words)}`, { signal: asking.signal });
      if (!answer.ok) return show([]);
      const { suggestions } = await answer.json();
      show(suggestions);
      const number = suggestions.length;
      status.textContent = number ? `${number} article${number > 1 ? "s" : ""}. Choose with the arrow keys.` : "No article yet.";
    } catch {
      // A newer question took its place, or the server is away: the form still works.
    }
  };

  input.addEventListener("input", () => {
    stop();
    const words = input.value.trim();
    if (words.length < FEWEST) return close();
    timer = setTimeout(ask, PAUSE, words);
  });

  input.addEventListener("keydown", (event) => {
    const number = list.children.length;
    if (event.isComposing || list.hidden) return;
    if (event.key === "ArrowDown") choose(chosen + 1 < number ? chosen + 1 : -1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? number - 1 : chosen - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen >= 0) list.children[chosen].click();
    else return;
    event.preventDefault();
  });

  // A press on an offer must not take the focus first, or the list would be gone before the press is over.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) close();
  });
  form.addEventListener("submit", close);
}

for (const form of document.querySelectorAll("form[data-suggest]")) offerIn(form);

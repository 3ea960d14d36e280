// What the toolbar puts into the text: care cards, a table, a source, a picture of the library, a link to an article.

const CARDS = {
  emergency: "::: emergency Call {emergency_number} now if your child:\n- \n:::",
  urgent: "::: urgent Get medical advice today if:\n- \n:::",
  nonurgent: "::: nonurgent Make an appointment if:\n- \n:::",
};
const TABLE = "| What | How much |\n| --- | --- |\n|  |  |\n|  |  |";

/** Put words where the cursor is, so that Ctrl+Z takes them back. */
export function insert(field, words, cursor = words.length) {
  const start = field.selectionStart;
  field.focus();
  if (!document.execCommand("insertText", false, words)) {
    field.setRangeText(words, start, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.setSelectionRange(start + cursor, start + cursor);
}

/** A block stands between empty lines. */
export function insertBlock(field, words, cursor) {
  const before = field.value.slice(0, field.selectionStart), after = field.value.slice(field.selectionEnd);
  const lead = before && !before.endsWith("\n\n") ? (before.endsWith("\n") ? "\n" : "\n\n") : "";
  const tail = after.startsWith("\n\n") || !after ? "" : after.startsWith("\n") ? "\n" : "\n\n";
  insert(field, lead + words + tail, lead.length + cursor);
}

const ITEM = /^(\s*)(?:([-*])|(\d{1,3})\.) +(.*)$/;

/** Enter in a list begins its next item; in an empty item it ends the list, with the empty line that a paragraph needs. */
function continueList(event, field) {
  const isPlain = event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
  if (!isPlain || field.selectionStart !== field.selectionEnd) return;
  const begin = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const item = field.value.slice(begin, field.selectionStart).match(ITEM);
  if (!item) return;
  event.preventDefault();
  const [, indent, sign, number, words] = item;
  if (words.trim()) return insert(field, `\n${indent}${sign ?? `${Number(number) + 1}.`} `);
  field.setSelectionRange(begin, field.selectionStart);
  insert(field, "\n");
}

function addSource(group) {
  const total = group.querySelector("[name=sources-TOTAL_FORMS]"), number = Number(total.value);
  const blank = [...group.querySelectorAll("[data-row]")].find((row) => {
    return [...row.querySelectorAll("input[type=text], input[type=date]")].every((field) => !field.value);
  });
  if (blank) return blank;
  const made = document.createElement("div");
  made.innerHTML = group.querySelector("template").innerHTML.replaceAll("__prefix__", number);
  const row = made.firstElementChild;
  group.querySelector("[data-rows]").append(row);
  total.value = number + 1;
  for (const name of ["was", "position"]) row.querySelector(`[name=sources-${number}-${name}]`).value = number + 1;
  return row;
}

export function setUp(field) {
  const group = document.getElementById("editor-sources"), finder = document.getElementById("editor-finder");
  const acts = {
    table: () => insertBlock(field, TABLE, TABLE.indexOf("|  |") + 2),
    source: () => {
      const row = addSource(group);
      insert(field, `[^${row.querySelector("[name$=-was]").value}]`);
      row.querySelector("[name$=-title]").focus();
    },
  };
  field.addEventListener("keydown", (event) => continueList(event, field));
  for (const [level, words] of Object.entries(CARDS)) acts[level] = () => insertBlock(field, words, words.indexOf("- ") + 2);
  for (const button of document.querySelectorAll("[data-inserts]")) {
    button.addEventListener("click", () => acts[button.dataset.inserts]());
  }
  for (const button of document.querySelectorAll("[data-finds]")) {
    button.addEventListener("click", () => find(finder, field, button.dataset.finds));
  }
}

const TITLES = { pictures: "A picture of the library", links: "An article to link to" };

function find(finder, field, what) {
  const [found, alt, words] = ["[data-found]", "[data-alt]", "[name=q]"].map((one) => finder.querySelector(one));
  const isPicture = what === "pictures";
  finder.querySelector("h2").textContent = TITLES[what];
  alt.hidden = !isPicture;
  alt.reset();
  found.replaceChildren();
  words.value = "";
  const load = async () => {
    const address = `${finder.dataset[what]}?q=${encodeURIComponent(words.value)}`;
    const response = await fetch(address).catch(() => null);
    const page = new DOMParser().parseFromString((await response?.text()) ?? "", "text/html");
    const list = page.getElementById("found");
    for (const button of list?.querySelectorAll("button[disabled]") ?? []) button.disabled = false;
    found.replaceChildren(list ?? "The list could not be loaded: try again.");
  };
  words.oninput = () => { clearTimeout(finder.timer); finder.timer = setTimeout(load, 250); };
  finder.querySelector("[data-search]").onsubmit = (event) => { event.preventDefault(); load(); };
  alt.onsubmit = (event) => event.preventDefault();
  found.onclick = (event) => {
    const chosen = event.target.closest("[data-image], a[data-title]");
    if (!chosen) return;
    event.preventDefault();
    const text = isPicture ? picture(finder, chosen) : null;
    if (isPicture && text === null) return;
    finder.close();
    if (isPicture) return insertBlock(field, text, text.length);
    const label = field.value.slice(field.selectionStart, field.selectionEnd) || chosen.dataset.title;
    insert(field, `[${label}](${chosen.getAttribute("href")})`);
  };
  finder.showModal();
  load();
}

/** The picture's Markdown, or null while nobody has said what it shows. */
function picture(finder, chosen) {
  const alt = finder.querySelector("#editor-alt"), isDecorative = finder.querySelector("#editor-decorative").checked;
  if (!alt.value.trim() && !isDecorative) {
    finder.querySelector("[data-said]").textContent = "Say first what the picture shows, or that it is decoration.";
    alt.focus();
    return null;
  }
  finder.querySelector("[data-said]").textContent = "";
  return `![${isDecorative ? "" : alt.value.trim().replace(/[[\]]/g, "")}](image:${chosen.dataset.image})`;
}

// The page on which an article is written: saves by itself, keeps a copy, shows the preview, inserts and pastes.
// Without this there are a Save and a Preview button, and all that is typed goes with them.

import "../vendor/markdown-toolbar-element/markdown-toolbar-element.js";
import { Autosave } from "./editor-autosave.js";
import { BrowserCopy } from "./editor-copy.js";
import { setUp as setUpInserting } from "./editor-insert.js";
import { setUp as setUpPasting } from "./editor-paste.js";
import { Preview } from "./editor-preview.js";

const form = document.getElementById("editor"), field = document.getElementById("id_body");
const said = document.getElementById("editor-said"), notice = document.getElementById("editor-notice");
const mayWrite = Boolean(field && !field.disabled);
const copy = new BrowserCopy(form);
const preview = new Preview(form, document.getElementById("editor-preview"));
const others = new BroadcastChannel("editor");

/** Words, or [words, address, words of the link, words]. */
function tell(words) {
  const [before, address, link, after] = [words].flat();
  const made = document.createElement("a");
  Object.assign(made, { href: address ?? "", textContent: link ?? "", target: "_blank", rel: "noopener" });
  const parts = address ? [before, made, after] : [before];
  // Not at each save: a screen reader would never be silent.
  if (said.textContent !== parts.map((part) => part.textContent ?? part).join("")) said.replaceChildren(...parts);
}

function button(words, act) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: words, className: "button editor-second" });
  made.addEventListener("click", act);
  return made;
}

function note(words, ...buttons) {
  const line = document.createElement("p");
  line.textContent = words;
  notice.replaceChildren(line, ...buttons);
  notice.setAttribute("role", "alert");
  notice.hidden = false;
}

const unnote = () => { notice.hidden = true; notice.replaceChildren(); };

function entitle() {
  const title = form.elements.title.value.trim() || "Article without a title";
  document.querySelector("#content h1").textContent = title;
  document.title = document.title.replace(/^.* \|/, () => `${title} |`);
}

let toldAt = 0;
function saved(answer) {
  form.action = answer.addresses.save;
  form.dataset.autosave = answer.addresses.autosave;
  form.dataset.preview = answer.addresses.preview;
  const article = answer.addresses.save.match(/(\d+)\/change\/$/)[1];
  if (form.dataset.article !== article) copy.move(article);
  if (location.pathname !== answer.addresses.save) history.replaceState(null, "", answer.addresses.save);
  document.getElementById("editor-state").innerHTML = answer.state;
  document.getElementById("editor-checks").innerHTML = answer.checks;
  for (const error of form.querySelectorAll(".errornote, .errorlist")) error.remove();
  entitle();
  if (answer.settings_wait) tell(`Text saved at ${answer.at}. What you changed in the settings waits for “Save”.`);
  else if (Date.now() - toldAt > 10_000 || !said.textContent.startsWith("Saved")) {
    tell(`Saved at ${answer.at}`);
    toldAt = Date.now();
  }
  others.postMessage({ article, lock: answer.lock });
}

function conflict({ by, at }) {
  note(`${by || "Somebody"} saved another text of this article at ${at}. Yours is kept in this browser.`,
    button("See both texts", () => form.requestSubmit(form.querySelector(".editor-acts button:not([formaction])"))));
  tell("Not saved: somebody else saved another text.");
}

const autosave = new Autosave(form, copy, { tell, saved, conflict });

function changed() {
  autosave.changed();
  preview.soon();
}

// The copy of this browser

function show(fields) {
  const total = Number(fields.find(([name]) => name === "sources-TOTAL_FORMS")?.[1] ?? 0);
  const group = document.getElementById("editor-sources"), count = group.querySelector("[name=sources-TOTAL_FORMS]");
  for (let number = Number(count.value); number < total; number += 1) {
    group.querySelector("[data-rows]").insertAdjacentHTML("beforeend", group.querySelector("template").innerHTML.replaceAll("__prefix__", number));
    count.value = number + 1;
  }
  const values = Map.groupBy ? Map.groupBy(fields, ([name]) => name) : fields.reduce((all, one) => all.set(one[0], [...(all.get(one[0]) ?? []), one]), new Map());
  for (const control of form.elements) {
    if (!control.name || control.type === "hidden" || control.disabled || control.type === "submit") continue;
    const given = (values.get(control.name) ?? []).map(([, value]) => value);
    if (control.type === "checkbox") control.checked = given.includes(control.value);
    else control.value = given[0] ?? "";
  }
}

function offer(kept) {
  const now = copy.fields(), { version, lock } = form.elements, here = { version: version.value, lock: lock.value };
  const at = new Date(kept.at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
  const isOlder = kept.version === here.version && Number(kept.lock) < Number(here.lock);
  const words = `There is a copy on this device from ${at} that is not saved${isOlder ? "; another text was saved since" : ""}.`;
  const takeBack = () => { show(now); Object.assign(version, { value: here.version }); lock.value = here.lock; preview.renew(); offer(kept); };
  const take = () => {
    show(kept.fields);
    version.value = kept.version;
    lock.value = kept.lock;
    changed();
    note("This is the copy of this device.", button("Back to what was saved", takeBack), button("Keep it", unnote));
  };
  note(words, button("Show it", take), button("Drop it", () => { copy.drop(); unnote(); }));
}

// Another tab of one's own

others.addEventListener("message", ({ data }) => {
  const { lock, version } = form.elements;
  if (data.article !== form.dataset.article || Number(data.lock) <= Number(lock.value)) return;
  if (!autosave.isDirty && version.value) location.reload();
});

function cursorTo(line) {
  const before = field.value.split("\n").slice(0, line - 1).join("\n");
  const at = before.length + (line > 1 ? 1 : 0);
  field.focus();
  field.setSelectionRange(at, at);
  const height = parseFloat(getComputedStyle(field).lineHeight) || 24;
  field.scrollTop = Math.max(0, (line - 4) * height);
}

if (mayWrite) {
  const save = form.querySelector(".editor-acts button:not([formaction])");
  save.title = "Ctrl+S";
  save.setAttribute("aria-keyshortcuts", "Control+S Meta+S");
  const kept = copy.found();
  if (kept) offer(kept);
  else copy.drop();
  form.addEventListener("input", changed);
  form.addEventListener("change", (event) => { if (event.target.matches("select, [type=checkbox], [type=date]")) changed(); });
  form.addEventListener("submit", async (event) => {
    if (event.submitter?.hasAttribute("formaction")) return;
    copy.keep();
    form.elements.turn.value = Number(form.elements.turn.value) + 1;
    if (!autosave.underWay) { autosave.isOver = true; return; }
    event.preventDefault(); // what is under way may just be giving the article its address
    await autosave.underWay;
    autosave.isOver = true;
    form.submit();
  });
  addEventListener("pagehide", () => autosave.farewell());
  addEventListener("online", () => autosave.save());
  document.addEventListener("visibilitychange", () => autosave.save());
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    const act = { s: () => autosave.isDirty ? autosave.save() : tell("Everything is saved."), b: () => document.querySelector("md-bold").click(), i: () => document.querySelector("md-italic").click() }[key];
    if (!act || (key !== "s" && document.activeElement !== field)) return;
    event.preventDefault();
    act();
  });
  setUpInserting(field);
  setUpPasting(field, tell);
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("#editor-checks a[data-line]");
  if (!link) return;
  event.preventDefault();
  cursorTo(Number(link.dataset.line));
});

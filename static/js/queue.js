// The queue, and the page of one comment, from the keyboard: moves between comments, sends what is pressed without
// leaving the page, takes it back.
// Without this every button is a form that loads the page anew. A press shows at once and goes its way by itself; what
// the server refuses comes back to its place with the reason, and never takes the focus from what is read meanwhile.

const list = document.getElementById("queue");
const toast = document.getElementById("queue-said");
const said = toast.querySelector("[role=status]");
const undoButton = toast.querySelector("button");
const help = document.getElementById("queue-help");
const isOn = document.getElementById("queue-keys-on");
const FEW = 10; // with fewer rows left than this the next ones are fetched
const presses = []; // what was pressed here and may be undone, the newest last
const underWay = new Set();
const changing = new Set(); // rows whose words are being changed: what is pressed meanwhile would be about the old ones
const gone = new Set();
let current, isFilling;

const rows = () => [...list.querySelectorAll("[data-row]")];
const focused = () => document.activeElement.closest("[data-row]");

function mark(row) {
  if (current) current.tabIndex = -1;
  current = row;
  current.tabIndex = 0;
}

function focus(row) {
  if (!row) return document.getElementById("queue-empty").focus();
  mark(row);
  // Beside a text that fills the window the message has no place, so it stands below the list.
  const isTall = row.offsetHeight > innerHeight - 2 * toast.offsetHeight - 32;
  toast.classList.toggle("is-below", isTall);
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: isTall ? "start" : "nearest", behavior: "instant" });
}

function tell(words, mayUndo = false) {
  said.textContent = words;
  undoButton.hidden = !mayUndo;
}

function count(change) {
  for (const number of document.querySelectorAll("[data-number]")) {
    if (/^\d+$/.test(number.textContent)) number.textContent = Number(number.textContent) + change;
  }
}

function takeOut(row) {
  const all = rows(), at = all.indexOf(row), place = document.createElement("template");
  row.replaceWith(place);
  gone.add(row.id);
  count(-1);
  if (all.length > 1) focus(all[at + 1] ?? all[at - 1]);
  return place;
}

function putBack(row, place) {
  document.getElementById("queue-empty").hidden = true;
  gone.delete(row.id);
  document.getElementById(row.id)?.remove();
  place.replaceWith(row);
  count(1);
}

async function send(data) {
  let response;
  try {
    const headers = { Accept: "application/json" };
    response = await fetch(list.dataset.press, { method: "POST", body: data, headers, keepalive: true });
    return await response.json();
  } catch {
    const answered = response?.redirected ? "You are signed out" : `The server answered ${response?.status}`;
    return { late: [`${response ? answered : "The server cannot be reached"}. Nothing was decided: try again.`] };
  }
}

function isChanging(row) {
  if (changing.has(row.id)) tell("This comment is just being changed: read it again, then press.");
  return changing.has(row.id);
}

async function press(row, button) {
  if (button.value === "reply" && !button.form.reply.value.trim()) return button.form.reply.focus();
  if (isChanging(row)) return;
  row.querySelector("[role=note]")?.remove();
  const answer = send(new FormData(button.form, button));
  const entry = { row, answer, verb: button.value, place: "leaves" in button.dataset ? takeOut(row) : null };
  presses.push(entry);
  underWay.add(answer);
  if (!entry.place) changing.add(row.id);
  if (rows().length < FEW) fill();
  const { message, late, undo } = await answer;
  underWay.delete(answer);
  if (!message) changing.delete(row.id);
  if (!undo && presses.includes(entry)) presses.splice(presses.indexOf(entry), 1);
  if (!message) return refuse(row, entry.place, late.join(" "));
  tell(button.dataset.done ? `${button.dataset.done}: “${row.dataset.said}”` : message, Boolean(undo));
  if (!entry.place) await renew(row).finally(() => changing.delete(row.id));
}

/** Say why nothing was done, beside the comment as it stands now: its words may be others than those that were read. */
async function refuse(stale, place, why) {
  if (place) putBack(stale, place);
  await renew(stale);
  const row = document.getElementById(stale.id) ?? stale;
  const note = document.createElement("p");
  note.setAttribute("role", "note");
  note.textContent = why;
  row.querySelector(".queue-words").prepend(note);
  if (!focused() && !document.activeElement.closest("input, select, textarea, dialog")) focus(row);
  tell(why);
}

async function undo() {
  const entry = presses.pop();
  const before = document.getElementById("queue-undo");
  if (!entry) return before ? before.requestSubmit(before.querySelector("button")) : tell("There is nothing to undo.");
  const { undo: batch } = await entry.answer;
  if (!batch) return;
  const data = new FormData();
  data.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  data.append("do", "undo");
  data.append("batch", batch);
  const { message, late, seen_at } = await send(data);
  if (!message) return presses.push(entry), tell(late.join(" "), true);
  if (!entry.place) await renew(entry.row);
  // Of an answer only the answer is taken back: what it answers stays approved.
  else if (entry.verb === "reply") await fill();
  else {
    entry.row.querySelector("[name=seen_at]").value = seen_at;
    for (const opened of entry.row.querySelectorAll("details[open]")) opened.open = false;
    putBack(entry.row, entry.place);
    focus(entry.row);
  }
  tell(message, presses.length > 0);
}

async function load() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) throw new Error(response.status);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

async function renew(row) {
  const fresh = await load().catch(() => null);
  const here = document.getElementById(row.id), next = fresh?.getElementById(row.id);
  if (!here || !next) return;
  const hadFocus = focused() === here;
  here.replaceWith(next);
  if (hadFocus) focus(next);
  if (!underWay.size) refresh(fresh);
}

/** What is told around the comments: numbers, pages, the log of one comment. */
function refresh(fresh) {
  for (const part of fresh.querySelectorAll("[data-fresh]")) document.getElementById(part.id)?.replaceWith(part);
}

/** Bring in the comments of this page that are not here yet, each behind the one that it follows. */
async function fill() {
  const pager = document.getElementById("queue-pager");
  if (!pager || isFilling || (rows().length && !("more" in pager.dataset))) return;
  isFilling = true;
  if (!rows().length) await Promise.all(underWay);
  const fresh = await load().catch(() => tell("The next comments could not be loaded: load the page again."));
  isFilling = false;
  if (!fresh) return;
  const isBusy = rows().length > 0;
  let last;
  for (const row of fresh.querySelectorAll("[data-row]")) {
    const here = document.getElementById(row.id);
    if (!here && gone.has(row.id)) continue;
    if (!here) last ? last.after(row) : list.prepend(row);
    last = here ?? row;
  }
  refresh(fresh);
  document.getElementById("queue-empty").hidden = rows().length > 0;
  if (!isBusy && !focused()) focus(rows()[0]);
}

function step(by) {
  const all = rows(), at = all.indexOf(focused());
  focus(all[at < 0 ? Math.max(all.indexOf(current), 0) : Math.min(Math.max(at + by, 0), all.length - 1)]);
}

function act(row, verb) {
  const button = row.querySelector(`button[name=do][value=${verb}]`);
  if (button) button.form.requestSubmit(button);
}

function open(row, what) {
  const panel = row.querySelector(`[data-opens=${what}]`);
  if (!panel) return;
  panel.open = true;
  panel.querySelector("select, textarea").focus({ preventScroll: true });
  panel.scrollIntoView({ block: "nearest", behavior: "instant" });
}

const KEYS = { j: () => step(1), k: () => step(-1), u: undo, "?": () => help.showModal() };
const ROW_KEYS = {
  a: (row) => act(row, "approve"),
  s: (row) => act(row, "spam"),
  e: (row) => act(row, "redact"),
  r: (row) => open(row, "reject"),
  p: (row) => open(row, "reply"),
  R: (row) => open(row, "reply"),
  x: (row) => row.querySelector("[name=_selected_action]")?.click(),
};

/** Keys of an open form of reasons or answer; whether this was one. */
function pressedInPanel(event, panel) {
  const field = event.target, isReason = field.name === "reason";
  const chosen = isReason && isOn.checked && /^[1-9]$/.test(event.key) && field.options[event.key];
  const sends = event.key === "Enter" && (event.ctrlKey || isReason || field.name === "own_reason");
  if (event.key === "Escape") {
    panel.open = false;
    focus(panel.closest("[data-row]"));
  } else if (chosen || (sends && !field.matches("button, summary"))) {
    if (chosen) field.value = chosen.value;
    act(panel.closest("[data-row]"), panel.dataset.opens);
  } else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || help.open) return;
  const panel = event.target.closest("[data-opens][open]");
  const isCommand = event.ctrlKey || event.altKey || event.metaKey;
  if (panel && !event.repeat && !event.altKey && !event.metaKey && pressedInPanel(event, panel)) return event.preventDefault();
  if (!isOn.checked || isCommand || event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  const key = event.shiftKey ? event.key : event.key.toLowerCase();
  if (!(key in KEYS || key in ROW_KEYS)) return;
  event.preventDefault();
  if (event.repeat && key !== "j" && key !== "k") return; // held down by accident
  if (key in KEYS) KEYS[key]();
  else if (!focused()) step(0);
  else if (!isChanging(focused())) ROW_KEYS[key](focused());
});

list.addEventListener("submit", (event) => {
  event.preventDefault();
  press(event.target.closest("[data-row]"), event.submitter);
});
list.addEventListener("focusin", (event) => mark(event.target.closest("[data-row]")));
list.addEventListener("change", ({ target }) => {
  if (target.name === "reason") target.form.querySelector("[data-sentence]").textContent = target.value;
});
undoButton.addEventListener("click", undo);
document.getElementById("queue-help-opens").addEventListener("click", () => help.showModal());

isOn.checked = localStorage.getItem("queue-keys") !== "off";
const showKeys = () => document.body.classList.toggle("has-keys", isOn.checked);
isOn.addEventListener("change", () => {
  localStorage.setItem("queue-keys", isOn.checked ? "on" : "off");
  showKeys();
});
document.getElementById("queue-keys").hidden = false;
showKeys();
if (rows().length) mark(rows()[0]);

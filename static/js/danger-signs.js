// Shows the emergency guidance while a reader types of a danger: adds up points as comments/triage/points.py does. The text
// stays in the browser, and nothing is hidden again.

const text = document.querySelector("form.comment-form textarea[name=body]");
const guidance = document.querySelector("[data-guidance]");
const url = text?.form.dataset.dangerSigns;
const ENDINGS = ["ings", "ing", "ies", "es", "ed", "s", "y", "e"];
const REACH_OF_NOT = 3;
let signs;
let timer;

function stem(word) {
  const ending = /^[\x00-\x7f]+$/.test(word) && ENDINGS.find((each) => word.endsWith(each) && word.length - each.length > 2);
  if (!ending) return word;
  const bare = word.slice(0, -ending.length);
  return bare.length > 3 && /([^aeiosl])\1$/.test(bare) ? bare.slice(0, -1) : bare;
}

function read(typed) {
  const plain = typed.normalize("NFKC").toLowerCase().replace(/['’‘ʼ`]/g, "").replace(/\bcan ?not\b/g, "cant");
  const words = plain.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.map((word) => (signs.not.includes(word) ? "not" : /^\d/.test(word) ? "#" : stem(word)));
}

function keysOf(words) {
  return new Set(words.flatMap((word, at) => {
    const following = words.slice(at + 1, at + 1 + (word === "not" ? REACH_OF_NOT : 1));
    return [word, ...following.map((other) => `${word}_${other}`)];
  }));
}

function isDanger(typed) {
  const words = read(typed).slice(-signs.passage);
  const points = [...keysOf(words)].reduce((sum, key) => sum + (signs.points[key] ?? 0), 0);
  return points >= signs.found * (1 + Math.max(0, signs.enough - words.length));
}

function look() {
  if (signs && guidance.hidden && isDanger(text.value)) guidance.hidden = false;
}

if (url && guidance) {
  const load = async () => {
    signs = await (await fetch(url)).json();
    look();
  };
  text.addEventListener("focus", () => load().catch(() => {}), { once: true });
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 400);
  });
}

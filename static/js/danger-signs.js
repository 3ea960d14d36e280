// Shows the emergency guidance while a reader types a danger sign. The text stays in the browser, and nothing is hidden again.

const text = document.querySelector("form.comment-form textarea[name=body]");
const guidance = document.querySelector("[data-guidance]");
const url = text?.form.dataset.dangerSigns;
const LONGEST = 300; // words: what was typed last
let signs;
let timer;

function read(typed) {
  const words = typed.normalize("NFKC").toLowerCase().replace(/['’‘ʼ`]/g, "").match(/[\p{L}\p{M}\p{N}]+|[.!?]/gu) ?? [];
  return words.flatMap((word, at) => {
    if (word === "cannot" || (word === "can" && words[at + 1] === "not")) return ["cant"];
    return word === "not" && words[at - 1] === "can" ? [] : [word];
  });
}

function isOneOf(words, at, choices) {
  return choices.some((choice) =>
    choice.split("_").every((part, step) => {
      const word = words[at + step] ?? "";
      if (part === "#") return /^\d/.test(word);
      if (part === "not") return signs.not.includes(word);
      return part.endsWith("*") ? word.startsWith(part.slice(0, -1)) : word === part;
    }),
  );
}

// The places of the words from `from` on that stand for the elements, each within its reach; or nothing.
function follow(words, from, elements, anyOrder) {
  if (!elements.length) return [];
  for (const [index, element] of (anyOrder ? elements : elements.slice(0, 1)).entries()) {
    const rest = elements.filter((_, other) => other !== index);
    for (let at = from; at <= from + element.reach && at < words.length && !/^[.!?]$/.test(words[at]); at++) {
      const later = isOneOf(words, at, element.words) && follow(words, at + 1, rest, anyOrder);
      if (later) return [at, ...later];
    }
  }
}

function places({ parts, anyOrder }, words) {
  const found = parts.map((part) =>
    words.flatMap((_, start) => {
      const first = part.map((element) => ({ ...element, reach: part.length > 1 && anyOrder ? element.reach : 0 }));
      const elements = anyOrder ? first : [first[0], ...part.slice(1)];
      const match = follow(words, start, elements, anyOrder);
      return match ? [match] : [];
    }),
  );
  return found.every((part) => part.length) ? found.flat() : [];
}

function isAsserted(words) {
  return signs.rules.some(({ find, leave }) => {
    const left = leave.flatMap((phrase) => places(phrase, words)).flat();
    return find.some((phrase) => {
      const found = places(phrase, words).filter((match) => !match.some((at) => left.includes(at)));
      const isDenied = ([at]) => words.slice(Math.max(0, at - 3), at).some((word) => signs.denials.includes(word));
      return found.length >= phrase.parts.length && !found.some(isDenied);
    });
  });
}

function look() {
  if (signs && guidance.hidden && isAsserted(read(text.value).slice(-LONGEST))) guidance.hidden = false;
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

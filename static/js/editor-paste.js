// Turns what is pasted from Word, Google Docs and web pages into Markdown: headings, lists, tables, links and strong words
// stay; styles, pictures and what tracks a reader go. What was typed before stays one Ctrl+Z away.

import TurndownService from "../vendor/turndown/turndown.js";
import { tables } from "../vendor/turndown-plugin-gfm/turndown-plugin-gfm.js";
import { insert, insertBlock } from "./editor-insert.js";

const STRUCTURE = "p, li, h1, h2, h3, h4, h5, h6, table, strong, b, em, i, a[href], ul, ol, blockquote, [data-style*='font-weight:700'], [class^=Mso]";
const TRACKING = /^(utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|_hsenc|_hsmi|yclid|ved|usg|sa|source)$/;
const REDIRECTS = { "www.google.com": ["/url", "q"], "l.facebook.com": ["/l.php", "u"] };

const turndown = new TurndownService({ headingStyle: "atx", bulletListMarker: "-", codeBlockStyle: "fenced", emDelimiter: "_" });
turndown.use(tables);
turndown.addRule("item", {
  filter: "li",
  replacement(content, node, options) {
    const parent = node.parentNode, at = [...parent.children].indexOf(node);
    const marker = parent.nodeName === "OL" ? `${Number(parent.getAttribute("start") || 1) + at}. ` : "- ";
    const words = content.trim().replace(/\n{2,}/g, "\n").replace(/\n/g, `\n${" ".repeat(marker.length)}`);
    return marker + words + (node.nextSibling ? "\n" : "");
  },
});

/** {markdown, images} of a piece of HTML: images is how many pictures were left out. */
export function convert(html) {
  const page = read(html);
  const body = page.body, images = body.querySelectorAll("img, svg, picture").length;
  dropComments(body);
  for (const one of body.querySelectorAll("style, script, meta, link, title, img, svg, picture, button, iframe, form, [hidden], [aria-hidden=true]")) one.remove();
  listsOfWord(body);
  plainly(body);
  for (const link of body.querySelectorAll("a")) cleanLink(link);
  for (const heading of body.querySelectorAll("h1")) rename(heading, "h2");
  for (const table of body.querySelectorAll("table")) simplify(table);
  return { markdown: turndown.turndown(body).replace(/[ \u00a0]+$/gm, "").replace(/\u00a0/g, " ").trim(), images };
}

/** Styles by another name: the policy forbids them in a document that is only read, too. */
function read(html) {
  const words = html.replace(/<!\[(if|endif)[^>]*>/gi, "").replace(/<style[\s\S]*?<\/style>/gi, "");
  return new DOMParser().parseFromString(words.replace(/(<[^>]*?\s)style\s*=/gi, "$1data-style="), "text/html");
}

function dropComments(body) {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_COMMENT), found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  for (const comment of found) comment.remove();
}

function rename(node, name) {
  const made = node.ownerDocument.createElement(name);
  made.append(...node.childNodes);
  node.replaceWith(made);
  return made;
}

/** Word writes a list as paragraphs, each with its level in the style and its sign in a span. */
function listsOfWord(body) {
  let open = []; // the lists that are open, the innermost last
  for (const item of body.querySelectorAll("p[class*=MsoListParagraph], p[data-style*='mso-list']")) {
    const level = Number(item.getAttribute("data-style")?.match(/mso-list:[^;]*level(\d)/)?.[1] ?? 1);
    const sign = item.querySelector("[data-style*='mso-list:Ignore'], [data-style*='mso-list: Ignore']");
    const kind = /^\s*(\d+|[a-z])[.)]/i.test(sign?.textContent ?? "") ? "ol" : "ul";
    sign?.remove();
    if (item.previousElementSibling !== open[0]) open = [];
    open.length = Math.min(open.length, level);
    if (!open.length) {
      open = [item.ownerDocument.createElement(kind)];
      item.before(open[0]);
    }
    while (open.length < level) {
      const inner = item.ownerDocument.createElement(kind), last = open.at(-1);
      (last.lastElementChild ?? last).append(inner);
      open.push(inner);
    }
    open.at(-1).append(rename(item, "li"));
  }
}

/** What only a style says becomes an element, and an element whose style takes its meaning back is none. */
function plainly(body) {
  for (const bold of body.querySelectorAll("b, strong")) if (/font-weight:\s*(normal|400)/.test(bold.getAttribute("data-style") ?? "")) bold.replaceWith(...bold.childNodes);
  for (const span of body.querySelectorAll("span[data-style]")) {
    const style = span.getAttribute("data-style");
    if (!span.textContent.trim()) continue;
    if (/font-weight:\s*(bold|[6-9]00)/.test(style) && !span.closest("h1, h2, h3, h4, h5, h6, th, strong, b")) rename(span, "strong");
    else if (/font-style:\s*italic/.test(style) && !span.closest("em, i")) rename(span, "em");
  }
  for (const paragraph of body.querySelectorAll("p, h1, h2, h3, h4, h5, h6, strong, em, b, i")) if (!paragraph.textContent.trim()) paragraph.remove();
  for (const paragraph of body.querySelectorAll("li > p")) paragraph.replaceWith(...paragraph.childNodes);
}

function cleanLink(link) {
  const href = link.getAttribute("href") ?? "";
  if (!/^(https?:|mailto:|tel:)/i.test(href)) return link.replaceWith(...link.childNodes);
  let url = new URL(href);
  const [path, name] = REDIRECTS[url.hostname] ?? [];
  if (path === url.pathname && /^https?:/.test(url.searchParams.get(name) ?? "")) url = new URL(url.searchParams.get(name));
  for (const key of [...url.searchParams.keys()]) if (TRACKING.test(key)) url.searchParams.delete(key);
  link.setAttribute("href", url.origin === location.origin ? url.pathname + url.search + url.hash : url.href);
  link.removeAttribute("title");
}

/** Markdown's tables have one row of headings, and lines without breaks. */
function simplify(table) {
  for (const block of table.querySelectorAll("td p, th p, td div, th div")) block.replaceWith(...block.childNodes, " ");
  for (const line of table.querySelectorAll("td br, th br")) line.replaceWith(" ");
  for (const group of table.querySelectorAll("colgroup, caption")) group.remove();
  const first = table.querySelector("tr");
  for (const cell of first?.querySelectorAll("td") ?? []) rename(cell, "th");
}

export function setUp(field, tell) {
  field.addEventListener("paste", (event) => {
    const html = event.clipboardData?.getData("text/html"), plain = event.clipboardData?.getData("text/plain");
    if (!html || !read(html).querySelector(STRUCTURE)) return;
    const { markdown, images } = convert(html);
    if (!markdown) return;
    event.preventDefault();
    if (markdown.includes("\n")) insertBlock(field, markdown, markdown.length);
    else insert(field, markdown);
    const left = images ? ` ${images === 1 ? "A picture was" : `${images} pictures were`} left out: add them to the library.` : "";
    if (images || markdown !== plain?.trim()) tell(`Pasted as Markdown.${left} To paste words alone, press Ctrl+Shift+V.`);
  });
}

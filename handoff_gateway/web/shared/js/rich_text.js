/**
 * The bot's formatted answers. The gateway has sanitised `html` already; this copies only known elements out of an
 * inert document all the same, so that a mistake there cannot run anything here.
 */
import { link, safeAddress } from "./text.js";

const ELEMENTS = new Set([
  "P",
  "BR",
  "STRONG",
  "B",
  "EM",
  "I",
  "UL",
  "OL",
  "LI",
  "CODE",
  "PRE",
  "BLOCKQUOTE",
  "MARK",
  "TABLE",
  "THEAD",
  "TBODY",
  "TR",
  "TH",
  "TD",
]);
// Their content is never text for people.
const DROPPED = new Set(["SCRIPT", "STYLE", "TEMPLATE", "IFRAME", "OBJECT", "SVG", "MATH", "NOSCRIPT"]);
const HEADING = /^H[1-6]$/;

/**
 * Return a fragment of `html` with only text, simple formatting and web links. In a conversation headings are bold lines;
 * with `headings` they stay what they are, for a page of its own.
 */
export function richText(html, base, { headings = false } = {}) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const fragment = document.createDocumentFragment();
  copyChildren(parsed.body, fragment, { base, headings });
  return fragment;
}

function copyChildren(source, target, how) {
  for (const node of source.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) target.append(node.data);
    else if (node.nodeType === Node.ELEMENT_NODE && !DROPPED.has(node.nodeName.toUpperCase())) {
      const copy = copyOf(node, how);
      copyChildren(node, copy ?? target, how);
      if (copy) target.append(copy);
    }
  }
}

function copyOf(node, { base, headings }) {
  if (HEADING.test(node.nodeName)) {
    if (headings) return document.createElement(node.nodeName);
    const heading = document.createElement("p");
    heading.className = "heading";
    return heading;
  }
  if (node.nodeName === "A") {
    const address = safeAddress(node.getAttribute("href"), base);
    return address ? link(address, "") : null;
  }
  return ELEMENTS.has(node.nodeName) ? document.createElement(node.nodeName) : null;
}

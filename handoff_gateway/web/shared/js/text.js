/** Plain text to DOM: line breaks stay (by CSS), web addresses become links, everything else is text. */

const ADDRESS = /https?:\/\/[^\s<>"']+/g;
// A sentence's own punctuation is not part of the address that ends it.
const TRAILING = /[.,;:!?)\]}»”…]+$/;

/** Return a fragment with the text of a person or the bot. Never parses markup. */
export function plainText(text) {
  const fragment = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(TRAILING, "");
    if (!URL.canParse(address)) continue;
    fragment.append(text.slice(end, match.index), link(address, address));
    end = match.index + address.length;
  }
  fragment.append(text.slice(end));
  return fragment;
}

/** Make a link that opens beside the page and tells the other site nothing. */
export function link(href, label) {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  anchor.textContent = label;
  return anchor;
}

/** Resolve an address against the gateway; null unless it is http or https (`javascript:` never becomes a link). */
export function safeAddress(address, base) {
  if (typeof address !== "string" || !URL.canParse(address, base)) return null;
  const url = new URL(address, base);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
}

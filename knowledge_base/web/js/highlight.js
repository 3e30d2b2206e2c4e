/** A passage with the sentence that answers marked. */

/**
 * Return a fragment of `text` with `spans` (`[start, end]` in code points, as Python counts) in `<mark>`.
 */
export function highlighted(text, spans = []) {
  const letters = Array.from(text);
  const fragment = document.createDocumentFragment();
  let at = 0;
  for (const [start, end] of [...spans].sort(([one], [other]) => one - other)) {
    const [from, to] = [Math.max(at, start), Math.min(letters.length, end)];
    if (to <= from) continue;
    const mark = document.createElement("mark");
    mark.textContent = letters.slice(from, to).join("");
    fragment.append(letters.slice(at, from).join(""), mark);
    at = to;
  }
  fragment.append(letters.slice(at).join(""));
  return fragment;
}

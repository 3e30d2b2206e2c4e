/** What differs between two texts, line by line and then word by word. Pure. */

const MOST_CELLS = 4_000_000; // of the table of common lines; beyond, whole blocks are shown as replaced

/**
 * Compare two lists. Returns steps `{kind: "same" | "gone" | "new", items}` in order, by a longest common subsequence.
 */
export function compare(before, after) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let [endBefore, endAfter] = [before.length, after.length];
  while (endBefore > start && endAfter > start && before[endBefore - 1] === after[endAfter - 1]) {
    endBefore -= 1;
    endAfter -= 1;
  }
  const steps = [];
  add(steps, "same", before.slice(0, start));
  middle(steps, before.slice(start, endBefore), after.slice(start, endAfter));
  add(steps, "same", before.slice(endBefore));
  return steps;
}

/** Compare two texts by lines. */
export const compareLines = (before, after) => compare(lines(before), lines(after));

/** Compare two texts by words; spaces belong to the comparison. */
export const compareWords = (before, after) => compare(words(before), words(after));

const lines = (text) => (text === "" ? [] : text.split("\n"));
const words = (text) => text.match(/\s+|[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];

function middle(steps, before, after) {
  if (before.length * after.length > MOST_CELLS) {
    add(steps, "gone", before);
    add(steps, "new", after);
    return;
  }
  const common = table(before, after);
  const width = after.length + 1;
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      add(steps, "same", [before[i]]);
      i += 1;
      j += 1;
    } else if (j >= after.length || (i < before.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      add(steps, "gone", [before[i]]);
      i += 1;
    } else {
      add(steps, "new", [after[j]]);
      j += 1;
    }
  }
}

/** The length of the longest common subsequence of every pair of tails. */
function table(before, after) {
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      common[i * width + j] =
        before[i] === after[j]
          ? common[(i + 1) * width + j + 1] + 1
          : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  return common;
}

function add(steps, kind, items) {
  if (!items.length) return;
  const last = steps.at(-1);
  if (last?.kind === kind) last.items.push(...items);
  else steps.push({ kind, items: [...items] });
}

/** Two versions of an article, field by field, with what went and what came. */
import { el } from "/static/shared/js/dom.js";
import { compareLines, compareWords } from "./difference.js";
import { FIELDS, shownValue } from "./fields.js";

const AROUND = 3; // unchanged lines kept on either side of a change

/** Return the names of the fields in which two articles differ. */
export function differingFields(before, after) {
  return FIELDS.filter(({ name }) => shownValue(before, name) !== shownValue(after, name)).map(({ name }) => name);
}

/** Show how one field changed. */
export function fieldDifference(name, before, after) {
  const [old, fresh] = [shownValue(before, name), shownValue(after, name)];
  return name === "body" ? lineDifference(old, fresh) : wordDifference(old, fresh);
}

/** Show everything that differs, or say that nothing does. */
export function articleDifference(before, after) {
  const names = differingFields(before, after);
  if (!names.length) return el("p", { class: "empty" }, "These two are the same.");
  const sections = names.map((name) => {
    const { label } = FIELDS.find((field) => field.name === name);
    return el("section", {}, el("h3", {}, label), fieldDifference(name, before, after));
  });
  return el("div", { class: "difference" }, ...sections);
}

function wordDifference(before, after) {
  const pieces = compareWords(before, after).map(({ kind, items }) => marked(kind, items.join("")));
  return el("p", { class: "words", dir: "auto" }, ...pieces);
}

function lineDifference(before, after) {
  const steps = compareLines(before, after);
  const box = el("div", { class: "lines", dir: "auto" });
  steps.forEach(({ kind, items }, index) => {
    if (kind !== "same") return box.append(...items.map((line) => row(kind, line)));
    const [first, last] = [index === 0, index === steps.length - 1];
    const from = first ? Math.max(0, items.length - AROUND) : AROUND;
    const until = last ? AROUND : items.length - AROUND;
    if (first) box.append(...skipped(from), ...items.slice(from).map((line) => row(kind, line)));
    else if (last) box.append(...items.slice(0, until).map((line) => row(kind, line)), ...skipped(items.length - until));
    else if (until <= from) box.append(...items.map((line) => row(kind, line)));
    else {
      box.append(...items.slice(0, from).map((line) => row(kind, line)), ...skipped(until - from));
      box.append(...items.slice(until).map((line) => row(kind, line)));
    }
    return undefined;
  });
  return box;
}

function skipped(number) {
  return number > 0 ? [el("div", { class: "skipped" }, number === 1 ? "1 line the same" : `${number} lines the same`)] : [];
}

function row(kind, text) {
  return el("div", { class: kind }, marked(kind, text || " "));
}

function marked(kind, text) {
  if (kind === "gone") return el("del", {}, text);
  if (kind === "new") return el("ins", {}, text);
  return el("span", {}, text);
}

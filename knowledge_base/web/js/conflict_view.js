/** Somebody saved first: both texts, field by field, and the editor chooses. */
import { el } from "/static/shared/js/dom.js";
import { differingFields, fieldDifference } from "./difference_view.js";
import { FIELDS, shownValue, written } from "./fields.js";
import { ask } from "./ui.js";

/** Resolves to the text to go on with, on top of `theirs`, or null when the editor wants to think first. */
export async function settleConflict(mine, theirs) {
  const names = differingFields(theirs, mine);
  if (!names.length) return written(mine);
  const choices = names.map((name) => new Choice(name, mine, theirs));
  const body = el(
    "div",
    {},
    el(
      "p",
      {},
      `${theirs.updated_by || "Somebody"} saved version ${theirs.version} while you were writing. Choose for each field;`,
      " nothing is saved until you press Save again.",
    ),
    ...choices.map((choice) => choice.element),
  );
  const going = await ask({ title: "Saved by somebody else meanwhile", body, confirm: "Go on with these", wide: true });
  if (!going) return null;
  const chosen = written(theirs);
  for (const { name, isMine } of choices) if (isMine) chosen[name] = written(mine)[name];
  return chosen;
}

class Choice {
  name;
  #mine;
  element;

  constructor(name, mine, theirs) {
    this.name = name;
    const { label } = FIELDS.find((field) => field.name === name);
    this.#mine = el("input", { type: "radio", name: `keep-${name}`, checked: true });
    const other = el("input", { type: "radio", name: `keep-${name}` });
    const side = (control, words, article) =>
      el("div", { class: "side" }, el("label", {}, control, words), el("pre", { dir: "auto", tabIndex: 0 }, shownValue(article, name) || "(empty)"));
    this.element = el(
      "fieldset",
      { class: "choice" },
      el("legend", {}, label),
      el("div", { class: "sides" }, side(this.#mine, "Mine", mine), side(other, "Theirs", theirs)),
      el("details", {}, el("summary", {}, "From theirs to mine"), fieldDifference(name, theirs, mine)),
    );
  }

  get isMine() {
    return this.#mine.checked;
  }
}

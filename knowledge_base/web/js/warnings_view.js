/** What looks wrong: articles that repeat or contradict each other, or that nobody reads. */
import { el } from "/static/shared/js/dom.js";
import { get } from "./api.js";
import { placeOf } from "./place.js";
import { badge, empty, head } from "./ui.js";

const KINDS = {
  same_question: "The same question twice",
  contradiction: "Perhaps a contradiction",
  review_due: "Review due",
  old_draft: "Draft left lying",
  thumbs_down: "Often thumbed down",
  never_shown: "Never shown",
};

/** One warning; `about` is the article whose page it stands on. */
export function warningCard({ kind, articles, evidence, advice }, about = null) {
  const others = articles.filter(({ id }) => id !== about);
  const links = others.map(({ id, title }) => el("li", {}, el("a", { href: placeOf("articles", id), dir: "auto" }, title)));
  return el(
    "li",
    {},
    el(
      "div",
      { class: "card" },
      el("p", { class: "badges" }, badge(KINDS[kind] ?? kind, "warn")),
      links.length > 0 && el("ul", { class: "plain-list" }, ...links),
      ...evidence.map((text) => el("p", { class: "passage", dir: "auto" }, text)),
      el("p", { class: "quiet" }, advice),
    ),
  );
}

export class WarningsView {
  #list = el("ul", { class: "cards" });
  #note = el("div", { role: "status" });
  element;

  constructor() {
    this.element = el("div", {}, head("Warnings"), this.#note, this.#list);
  }

  async load() {
    this.#note.replaceChildren(empty("Looking through the articles…"));
    const { warnings, truncated } = await get("warnings");
    this.#list.replaceChildren(...warnings.map((warning) => warningCard(warning)));
    const rest = truncated && el("p", { class: "quiet" }, "There are more; they show when these are mended.");
    this.#note.replaceChildren(warnings.length ? (rest || "") : empty("Nothing looks wrong."));
  }
}

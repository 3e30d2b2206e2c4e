/** What looks wrong: articles that repeat or contradict each other, or that nobody reads. */
import { el } from "/static/shared/js/dom.js";
import { get, part, post, query } from "./api.js";
import { placeOf } from "./place.js";
import { badge, button, empty, field, head, select, when } from "./ui.js";

const KINDS = {
  same_question: "The same question twice",
  contradiction: "Perhaps a contradiction",
  review_due: "Review due",
  old_draft: "Draft left lying",
  thumbs_down: "Often thumbed down",
  never_shown: "Never shown",
};

const STATES = [
  ["open", "Open"],
  ["dismissed", "Dismissed"],
];

/** One warning; `about` is the article whose page it stands on, `commands` what may be done about it. */
export function warningCard({ kind, articles, evidence, advice, dismissed }, about = null, commands = []) {
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
      dismissed
        ? el("p", { class: "quiet" }, `Dismissed by ${dismissed.by}, `, when(dismissed.at))
        : el("p", { class: "quiet" }, advice),
      commands.length > 0 && el("div", { class: "row" }, ...commands),
    ),
  );
}

export class WarningsView {
  #shell;
  #state;
  #list = el("ul", { class: "cards" });
  #note = el("div", { role: "status" });
  element;

  constructor(shell, { state = "open" }) {
    this.#shell = shell;
    this.#state = select(STATES, state, { on: { change: () => this.#shell.go("warnings", null, { state: this.#state.value }) } });
    const form = el("form", { class: "filters", on: { submit: (event) => event.preventDefault() } }, field("State", this.#state));
    this.element = el("div", {}, head("Warnings"), form, this.#note, this.#list);
  }

  async load() {
    this.#note.replaceChildren(empty("Looking through the articles…"));
    const { warnings, truncated } = await get(`warnings${query({ state: this.#state.value })}`);
    this.#list.replaceChildren(...warnings.map((warning) => warningCard(warning, null, this.#commands(warning))));
    const rest = truncated && el("p", { class: "quiet" }, "There are more; they show when these are mended.");
    const nothing = this.#state.value === "dismissed" ? "Nothing has been dismissed." : "Nothing looks wrong.";
    this.#note.replaceChildren(warnings.length ? (rest || "") : empty(nothing));
  }

  #commands({ id, dismissed }) {
    if (!id || !this.#shell.mayEdit) return [];
    if (dismissed) return [button("Warn again", () => this.#move(id, "reopen"), { kind: "plain" })];
    return [button("Nothing to mend", () => this.#move(id, "dismiss"), { kind: "plain" })];
  }

  #move(id, verb) {
    return this.#shell.attempt(async () => {
      await post(`warnings/${part(id)}/${verb}`);
      await this.load();
    });
  }
}

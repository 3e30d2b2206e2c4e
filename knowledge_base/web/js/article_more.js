/** Below the text: translations, versions, what was done to the article, and what looks wrong about it. */
import { el } from "/static/shared/js/dom.js";
import { get, inWords, isMissing, part, post } from "./api.js";
import { auditLine } from "./audit_view.js";
import { placeOf } from "./place.js";
import { badge, empty } from "./ui.js";
import { VersionsView } from "./versions_view.js";
import { warningCard } from "./warnings_view.js";
import { languageName, STATES } from "./words.js";

export class ArticleMore {
  #shell;
  #article;
  #versions;
  #history = el("ul", { class: "plain-list" });
  #warnings = el("div", {});
  element;

  constructor(shell, article, { rollBack }) {
    this.#shell = shell;
    this.#article = article;
    this.#versions = new VersionsView(shell, article, { rollBack });
    this.element = el(
      "div",
      { class: "more" },
      this.#warnings,
      this.#part("Translations", this.#translations()),
      this.#part("Versions", this.#versions.element, () => this.#versions.load()),
      shell.mayEdit && this.#part("What was done", this.#history, () => this.#loadHistory()),
    );
  }

  async load() {
    if (this.#shell.mayEdit) await this.#check();
  }

  /** A part that is folded away, and asked for when it is first opened. */
  #part(title, content, load) {
    const box = el("details", { class: "part" }, el("summary", {}, el("h2", {}, title)), content);
    let loaded = !load;
    box.addEventListener("toggle", () => {
      if (!box.open || loaded) return;
      loaded = true;
      this.#shell.attempt(load);
    });
    return box;
  }

  #translations() {
    const { translations = [], id, translation_of: of } = this.#article;
    const others = translations.filter((one) => one.id !== id);
    const rows = others.map((one) =>
      el(
        "li",
        {},
        el("a", { href: placeOf("articles", one.id), lang: one.language, dir: "auto" }, one.title),
        " ",
        badge(languageName(one.language)),
        " ",
        badge(STATES[one.state] ?? one.state, one.state === "published" ? "live" : one.state),
      ),
    );
    const list = rows.length ? el("ul", { class: "plain-list" }, ...rows) : empty("In this language only.");
    const add = this.#shell.mayEdit && el("a", { class: "button secondary", href: placeOf("articles", "new", { of: of ?? id }) }, "Add translation");
    return el("div", {}, list, add);
  }

  async #loadHistory() {
    const { entries } = await get(`audit?article_id=${part(this.#article.id)}`);
    this.#history.replaceChildren(...entries.map((entry) => el("li", {}, ...auditLine(entry, { link: false }))));
    if (!entries.length) this.#history.replaceChildren(el("li", { class: "empty" }, "Nothing yet."));
  }

  async #check() {
    try {
      const { warnings } = await post(`articles/${part(this.#article.id)}/check`, {});
      if (!warnings.length) return;
      const cards = warnings.map((warning) => warningCard(warning, this.#article.id));
      this.#warnings.replaceChildren(el("h2", {}, "Worth a look"), el("ul", { class: "cards" }, ...cards));
    } catch (error) {
      if (!isMissing(error)) this.#warnings.replaceChildren(el("p", { class: "quiet" }, `Not checked: ${inWords(error)}`));
    }
  }
}

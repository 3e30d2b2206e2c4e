/** Try a question as the bot would: what is found, how sure, and why. */
import { el } from "/static/shared/js/dom.js";
import { post } from "./api.js";
import { highlighted } from "./highlight.js";
import { placeOf } from "./place.js";
import { badge, empty, field, head, languageSelect } from "./ui.js";
import { languageName, percent } from "./words.js";

const HITS = 10;

export class SearchView {
  #shell;
  #question;
  #language;
  #answer = el("div", { class: "answer", "aria-live": "polite" });
  #asked = 0;
  element;

  constructor(shell, { q = "", language = "" }) {
    this.#shell = shell;
    this.#question = el("input", { type: "search", value: q, maxLength: 4000, autocomplete: "off", dir: "auto" });
    const languages = languageSelect(language);
    this.#language = languages.control;
    const form = el(
      "form",
      { class: "filters", role: "search", on: { submit: (event) => this.#submit(event) } },
      field("Question", this.#question),
      languages.element,
      el("button", { class: "primary", type: "submit" }, "Ask"),
    );
    this.element = el("div", {}, head("Try a question"), form, this.#answer);
  }

  async load() {
    if (this.#question.value.trim()) await this.#ask();
    else {
      this.#answer.replaceChildren(empty("Ask what a customer would ask. Only published articles answer."));
      this.#question.focus();
    }
  }

  #submit(event) {
    event.preventDefault();
    if (this.#question.value.trim()) this.#shell.attempt(() => this.#ask());
  }

  async #ask() {
    const [question, language] = [this.#question.value.trim(), this.#language.value];
    this.#shell.go("search", null, { q: question, language }, { quiet: true });
    const number = (this.#asked += 1);
    const answer = await post("search", { query: question, limit: HITS, ...(language ? { language } : {}) });
    if (number !== this.#asked) return;
    const verdict = answer.answerable ? badge("The bot answers", "live") : badge("The bot does not answer", "warn");
    this.#answer.replaceChildren(
      el(
        "p",
        { class: "verdict" },
        verdict,
        ` Confidence ${percent(answer.confidence)} · ${languageName(answer.language)} · generation ${answer.generation}`,
      ),
      answer.hits.length ? el("ol", { class: "cards" }, ...answer.hits.map((found) => this.#hit(found, { question, language }))) : this.#nothing(question),
    );
  }

  #nothing(question) {
    if (!this.#shell.mayEdit) return empty("Nothing was found.");
    return empty("Nothing was found. ", el("a", { href: placeOf("articles", "new", { title: question }) }, "Write an article"), ".");
  }

  #hit(found, { question, language }) {
    const keep = { question, language, article: found.article_id };
    return el(
      "li",
      {},
      el(
        "div",
        { class: "card" },
        el("a", { class: "card-title", href: placeOf("articles", found.article_id), lang: found.language, dir: "auto" }, found.title),
        found.heading && el("p", { class: "quiet", dir: "auto" }, found.heading),
        el("p", { class: "passage", dir: "auto" }, highlighted(found.passage, found.highlight)),
        el(
          "p",
          { class: "scores quiet" },
          `Together ${found.score.toFixed(3)} · by meaning ${found.dense.toFixed(3)} · by words ${found.lexical.toFixed(3)} · ${languageName(found.language)}`,
        ),
        this.#shell.mayEdit && el("p", {}, el("a", { href: placeOf("golden", null, keep) }, "This is the right answer: keep it so")),
      ),
    );
  }
}

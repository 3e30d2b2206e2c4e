/** Choose one article, or none: what a question finds is suggested, anything else is found by its title. */
import { el } from "/static/shared/js/dom.js";
import { get, post, query } from "./api.js";
import { badge, field } from "./ui.js";
import { languageName, STATES } from "./words.js";

const SUGGESTED = 4;
const FOUND = 8;
const PAUSE_MS = 250; // after the last key, before titles are looked up
const NONE = { id: "", title: "No article: the bot must not answer this" };

let last = 0;

export class ArticlePicker {
  #attempt;
  #name = `article-${(last += 1)}`;
  #find;
  #options = el("div", { class: "options" });
  #offered = new Map(); // id → its element
  #problem = el("p", { class: "problem", role: "alert" });
  #chosen = null; // the article, or NONE
  #suggested = []; // what the question finds
  #found = []; // what has the words in its title
  #asking = { suggested: 0, found: 0 };
  #timer;
  element;

  /** `attempt(run)` runs what asks the knowledge base, and says what went wrong. */
  constructor(attempt) {
    this.#attempt = attempt;
    this.#find = el("input", { type: "search", maxLength: 200, autocomplete: "off", dir: "auto", on: { input: () => this.#soon() } });
    this.element = el(
      "fieldset",
      { class: "picker" },
      el("legend", {}, "Should be answered with"),
      this.#options,
      field("Another article", this.#find, "A part of its title."),
      this.#problem,
    );
    this.#show();
  }

  /** The id of the chosen article, null for none of them, undefined while nothing is chosen. */
  get chosen() {
    return this.#chosen ? this.#chosen.id || null : undefined;
  }

  /** Choose an article. */
  choose(article) {
    this.#chosen = article;
    this.#show();
  }

  clear() {
    this.#chosen = null;
    this.#find.value = "";
    [this.#suggested, this.#found] = [[], []];
    this.#show();
  }

  /** Offer what a question finds now. */
  async suggest(question, language) {
    const number = (this.#asking.suggested += 1);
    const body = { query: question, limit: SUGGESTED, ...(language ? { language } : {}) };
    const { hits } = question ? await post("search", body) : { hits: [] };
    if (number !== this.#asking.suggested) return; // a newer question is on its way
    this.#suggested = hits.map((hit) => ({ ...hit, id: hit.article_id, state: "published" }));
    this.#show();
  }

  /** Say what is wrong, and go there. */
  refuse(message) {
    this.#problem.textContent = message;
    this.#options.querySelector("input").focus();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#attempt(() => this.#look()), PAUSE_MS);
  }

  async #look() {
    const number = (this.#asking.found += 1);
    const q = this.#find.value.trim();
    const { articles } = q ? await get(`articles${query({ q, limit: FOUND })}`) : { articles: [] };
    if (number !== this.#asking.found) return;
    this.#found = articles;
    this.#show();
  }

  /** What is already offered stays where it is in the page: a press under way is not lost, and neither is the focus. */
  #show() {
    const first = this.#chosen && this.#chosen !== NONE ? [this.#chosen] : [];
    const offered = new Map();
    for (const article of [...first, ...this.#found, ...this.#suggested, NONE]) {
      if (!offered.has(article.id)) offered.set(article.id, this.#offered.get(article.id) ?? this.#option(article));
    }
    for (const [id, option] of this.#offered) if (!offered.has(id)) option.remove();
    this.#offered = offered;
    let place = this.#options.firstElementChild;
    for (const option of offered.values()) {
      if (option === place) place = place.nextElementSibling;
      else this.#options.insertBefore(option, place);
    }
    for (const [id, option] of offered) option.querySelector("input").checked = id === this.#chosen?.id;
  }

  #option(article) {
    const { title, language, state } = article;
    const control = el("input", { type: "radio", name: this.#name });
    control.addEventListener("change", () => {
      this.#chosen = article;
      this.#problem.textContent = "";
    });
    const marks = [language && badge(languageName(language)), state && state !== "published" && badge(STATES[state] ?? state, state)];
    return el("label", {}, control, el("span", { class: "badges" }, el("span", { dir: "auto", lang: language ?? "" }, title), ...marks));
  }
}

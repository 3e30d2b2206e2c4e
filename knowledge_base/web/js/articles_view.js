/** All articles: found by title, state, language and tag, a page at a time. */
import { el } from "/static/shared/js/dom.js";
import { get, query } from "./api.js";
import { placeOf } from "./place.js";
import { badge, button, empty, field, head, select, when } from "./ui.js";
import { badgesOf, COMMON_LANGUAGES, count, languageName, STATES, today } from "./words.js";

const PAGE = 50;
const PAUSE_MS = 250; // after the last key, before the list is asked for

export class ArticlesView {
  #shell;
  #filters;
  #list = el("ul", { class: "cards" });
  #note = el("div", { class: "quiet", role: "status" });
  #more;
  #timer;
  #asked = 0;
  #cursor = null;
  element;

  constructor(shell, values) {
    this.#shell = shell;
    const languages = [["", "All languages"], ...COMMON_LANGUAGES.map((code) => [code, languageName(code)])];
    if (values.language && !COMMON_LANGUAGES.includes(values.language)) languages.push([values.language, languageName(values.language)]);
    this.#filters = {
      q: el("input", { type: "search", value: values.q ?? "", maxLength: 200, autocomplete: "off" }),
      state: select([["", "All states"], ...Object.entries(STATES)], values.state ?? ""),
      language: select(languages, values.language ?? ""),
      tag: el("input", { type: "search", value: values.tag ?? "", maxLength: 100, autocomplete: "off" }),
    };
    this.#more = button("Show more", () => this.#shell.attempt(() => this.#next()), { hidden: true });
    const { q, state, language, tag } = this.#filters;
    const form = el(
      "form",
      { class: "filters", role: "search", on: { submit: (event) => this.#now(event), input: () => this.#soon() } },
      field("Title", q),
      field("State", state),
      field("Language", language),
      field("Tag", tag),
    );
    const add = shell.mayEdit && el("a", { class: "button primary", href: placeOf("articles", "new") }, "New article");
    this.element = el("div", {}, head("Articles", add), form, this.#note, this.#list, this.#more);
  }

  async load() {
    this.#cursor = null;
    await this.#next(true);
  }

  close() {
    clearTimeout(this.#timer);
  }

  get #values() {
    return Object.fromEntries(Object.entries(this.#filters).map(([name, control]) => [name, control.value.trim()]));
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#now(), PAUSE_MS);
  }

  #now(event) {
    event?.preventDefault();
    clearTimeout(this.#timer);
    this.#shell.go("articles", null, this.#values, { quiet: true });
    this.#shell.attempt(() => this.load());
  }

  async #next(fresh = false) {
    const number = (this.#asked += 1);
    const page = await get(`articles${query({ ...this.#values, cursor: this.#cursor, limit: PAGE })}`);
    if (number !== this.#asked) return; // a newer question is on its way
    const cards = page.articles.map((article) => card(article));
    if (fresh) this.#list.replaceChildren(...cards);
    else this.#list.append(...cards);
    this.#cursor = page.next_cursor;
    this.#more.hidden = !this.#cursor;
    const shown = this.#list.children.length;
    const filtered = Object.values(this.#values).some(Boolean);
    this.#note.replaceChildren(shown ? this.#howMany(shown) : this.#nothing(filtered));
  }

  #howMany(shown) {
    return this.#cursor ? `The first ${shown}; there are more.` : count(shown, "article");
  }

  #nothing(filtered) {
    if (filtered) return empty("No article fits. Try fewer words, or all states.");
    if (!this.#shell.mayEdit) return empty("There are no articles yet.");
    return empty(
      "There are no articles yet. ",
      el("a", { href: placeOf("articles", "new") }, "Write the first"),
      " or ",
      el("a", { href: placeOf("import") }, "import what you have"),
      ".",
    );
  }
}

function card(article) {
  const badges = badgesOf(article, today()).map(([text, kind]) => badge(text, kind));
  const tags = (article.tags ?? []).map((tag) => badge(tag, "tag"));
  return el(
    "li",
    {},
    el(
      "a",
      { class: "card", href: placeOf("articles", article.id) },
      el("span", { class: "card-title", lang: article.language, dir: "auto" }, article.title),
      el("span", { class: "badges" }, ...badges, badge(languageName(article.language)), ...tags),
      el("span", { class: "quiet" }, "Changed ", when(article.updated_at)),
    ),
  );
}

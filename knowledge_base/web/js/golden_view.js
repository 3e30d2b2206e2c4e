/** The golden set: questions whose answer must not change, asked before anything is published or archived. */
import { el } from "/static/shared/js/dom.js";
import { get, post, put } from "./api.js";
import { ArticlePicker } from "./article_picker.js";
import { placeOf } from "./place.js";
import { badge, button, checked, empty, head, languageSelect } from "./ui.js";
import { count, languageName, STATES } from "./words.js";

const MOST_CHARACTERS = 1_000; // of a question; the knowledge base takes no more
const MOST_TRIES = 3; // when others change the set at the same moment
const PAUSE_MS = 300; // after the last key, before articles are suggested

export class GoldenView {
  #shell;
  #question;
  #language = languageSelect();
  #picker;
  #list = el("ul", { class: "cards" });
  #note = el("div", { role: "status" });
  #askAll;
  #cards = []; // {entry, verdict}: what is on the page
  #timer;
  #closed = false;
  #start;
  element;

  /** `values.question` and `values.article` fill the form. */
  constructor(shell, values) {
    this.#shell = shell;
    this.#start = values;
    const question = el("input", { type: "text", maxLength: MOST_CHARACTERS, autocomplete: "off", dir: "auto", value: values.question ?? "" });
    this.#question = checked("Question", question, "As a customer would ask it.");
    this.#picker = new ArticlePicker((run) => shell.attempt(run));
    this.#language.control.value = values.language ?? "";
    this.#askAll = button("Ask them all now", () => shell.attempt(() => this.#ask()), { hidden: true });
    const form = el(
      "form",
      { class: "stack", on: { submit: (event) => this.#add(event), input: (event) => event.target === question && this.#soon() } },
      el("div", { class: "row fields first-wide" }, this.#question.element, this.#language.element),
      this.#picker.element,
      el("div", { class: "row" }, el("button", { class: "primary", type: "submit" }, "Add to the golden set")),
    );
    this.element = el(
      "div",
      {},
      head("Golden set", this.#askAll),
      el("p", { class: "quiet" }, "Questions whose answer must not change. Before you publish or archive anything, you see which of them would get another one."),
      el("section", { class: "box" }, el("h2", {}, "Add a question"), form),
      this.#note,
      this.#list,
    );
  }

  async load() {
    const { article } = this.#start;
    if (article) this.#picker.choose(await get(`articles/${encodeURIComponent(article)}`));
    this.#show(await get("golden"));
    if (this.#question.control.value) await this.#suggest();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#shell.attempt(() => this.#suggest()), PAUSE_MS);
  }

  #suggest() {
    return this.#picker.suggest(this.#question.control.value.trim(), this.#language.control.value);
  }

  #show({ golden }) {
    this.#cards = golden.map((entry) => ({ entry, verdict: el("p", { class: "badges" }) }));
    this.#list.replaceChildren(...this.#cards.map((one) => this.#card(one)));
    this.#askAll.hidden = golden.length === 0;
    this.#note.replaceChildren(golden.length ? el("p", { class: "quiet" }, count(golden.length, "question")) : empty("None yet."));
  }

  #card({ entry, verdict }) {
    return el(
      "li",
      {},
      el(
        "article",
        { class: "card" },
        el("h2", { class: "card-title", dir: "auto" }, entry.question),
        wanted(entry),
        verdict,
        el(
          "div",
          { class: "row" },
          el("a", { class: "button plain", href: placeOf("search", null, { q: entry.question, language: entry.language }) }, "Ask it now"),
          button("Remove", () => this.#remove(entry), { kind: "plain", "aria-label": `Remove “${entry.question}”` }),
        ),
      ),
    );
  }

  #add(event) {
    event.preventDefault();
    const question = this.#question.control.value.trim().replace(/\s+/g, " ");
    if (!question) return this.#question.refuse("Write the question.");
    const { chosen } = this.#picker;
    if (chosen === undefined) return this.#picker.refuse("Choose the article, or that there is none.");
    const fresh = { question, article_id: chosen, language: this.#language.control.value || null };
    return this.#shell.attempt(async () => {
      await this.#change((golden) => [...golden.filter((one) => !isSame(one, fresh)), fresh]);
      this.#question.control.value = "";
      this.#picker.clear();
      this.#question.control.focus();
      this.#shell.say("Added.", "good");
    });
  }

  #remove(entry) {
    return this.#shell.attempt(async () => {
      await this.#change((golden) => golden.filter((one) => !isSame(one, entry)));
      this.#question.control.focus();
      this.#shell.say("Removed.", "good");
    });
  }

  /** Change the set as it is now: what others added since the page was opened stays. */
  async #change(edited) {
    for (let tries = MOST_TRIES; ; tries -= 1) {
      const { golden, revision } = await get("golden");
      try {
        this.#show(await put("golden", { golden: edited(golden), revision }));
        return;
      } catch (error) {
        if (error.status !== 409 || tries === 1) throw error;
      }
    }
  }

  /** Ask every question as a customer would, one after the other, and say which get their answer. */
  async #ask() {
    for (const { entry, verdict } of this.#cards) {
      if (this.#closed || !verdict.isConnected) return;
      const { question, language } = entry;
      const { hits, answerable } = await post("search", { query: question, limit: 1, ...(language ? { language } : {}) });
      verdict.replaceChildren(judged(entry, answerable ? hits[0] : null));
    }
  }
}

const isSame = (one, other) => one.question.toLowerCase() === other.question.toLowerCase() && one.language === other.language;

function wanted({ article_id: id, title, state, language }) {
  const marks = [language && badge(languageName(language)), state && state !== "published" && badge(`${STATES[state]}: customers do not find it`, "warn")];
  if (id === null) return el("p", { class: "badges" }, "No article: the bot must not answer ", ...marks);
  if (title === null) return el("p", { class: "badges" }, badge(`The article ${id} is gone`, "bad"), ...marks);
  return el("p", { class: "badges" }, el("a", { href: placeOf("articles", id), dir: "auto" }, title), ...marks);
}

function judged({ article_id: id }, hit) {
  if ((hit?.article_id ?? null) === id) return badge(id === null ? "Not answered, as it should be" : "Answered with it", "live");
  return badge(hit ? `Answered with: ${hit.title}` : "Not answered", "bad");
}

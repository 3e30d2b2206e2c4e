/** The fields of an article. Knows nothing of saving. */
import { el } from "/static/shared/js/dom.js";
import { toLines, toTags, written } from "./fields.js";
import { checked } from "./ui.js";
import { COMMON_LANGUAGES, languageName } from "./words.js";

const MOST_QUOTED = 40; // characters of an entry that was refused

export class ArticleForm {
  #controls;
  #fields = new Map(); // name → what `checked` made
  element;

  /** `changed()` is called whenever something is typed. */
  constructor({ changed, readOnly }) {
    const text = (props) => el("input", { type: "text", autocomplete: "off", readOnly, dir: "auto", ...props });
    const area = (props) => el("textarea", { readOnly, dir: "auto", ...props });
    this.#controls = {
      title: text({ required: true }),
      body: area({ rows: 18, class: "markdown", spellcheck: true }),
      questions: area({ rows: 4 }),
      tags: text({}),
      language: text({ required: true, maxLength: 35, "aria-label": "Language code" }),
      review_on: el("input", { type: "date", readOnly }),
    };
    const codes = el("datalist", { id: "languages" }, ...COMMON_LANGUAGES.map((code) => el("option", { value: code, label: languageName(code) })));
    this.#controls.language.removeAttribute("aria-label");
    this.#controls.language.setAttribute("list", codes.id);
    const { title, body, questions, tags, language, review_on: review } = this.#controls;
    this.element = el(
      "form",
      { class: "article-form", noValidate: true, on: { input: changed, submit: (event) => event.preventDefault() } },
      this.#field("title", "Title", title, "As a customer would put it."),
      this.#field("body", "Text", body, "Markdown. A heading begins a new passage: search finds passages, not whole articles."),
      this.#field("questions", "Other ways to ask", questions, "One question a line, in the customers' words."),
      el(
        "div",
        { class: "row fields" },
        this.#field("tags", "Tags", tags, "With commas between them."),
        this.#field("language", "Language", language, "Its code: en, cs, lt …"),
        this.#field("review_on", "Look at it again on", review, "Optional."),
      ),
      codes,
    );
  }

  /** What is in the fields, in the form the API takes. */
  get value() {
    const { title, body, questions, tags, language, review_on: review } = this.#controls;
    return {
      title: title.value.trim(),
      body: body.value,
      questions: toLines(questions.value),
      tags: toTags(tags.value),
      language: language.value.trim(),
      review_on: review.value || null,
    };
  }

  set value(article) {
    const { title, body, questions, tags, language, review_on: review } = written(article);
    const texts = { title, body, questions: questions.join("\n"), tags: tags.join(", "), language, review_on: review ?? "" };
    for (const [name, value] of Object.entries(texts)) {
      // Only what differs: setting a value takes away the place of the cursor and what Ctrl + Z would bring back.
      if (this.#controls[name].value !== value) this.#controls[name].value = value;
      this.#fields.get(name).clear();
    }
  }

  /** Say what is missing before anything is sent. Returns whether nothing is. */
  check() {
    const { title, body, language, review_on: review } = this.#controls;
    if (!title.value.trim()) return this.#say("title", "An article needs a title.");
    if (!body.value.trim()) return this.#say("body", "An article needs a text.");
    if (!language.value.trim()) return this.#say("language", "Say which language this is written in.");
    if (review.validity.badInput) return this.#say("review_on", "This is not a whole day.");
    return true;
  }

  /** Show an error of the knowledge base at the field it names, and go there. Returns whether it is one of these. */
  refuse({ field: name, message }) {
    const [, key, index] = /^([a-z_]+)(?:\[(\d+)\])?/.exec(name ?? "") ?? [];
    if (!this.#fields.has(key)) return false;
    const reason = message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
    const where = index === undefined ? "This" : `Number ${Number(index) + 1}, “${shortened(this.value[key][index])}”,`;
    this.#say(key, `${where} ${reason}.`);
    return true;
  }

  #say(name, message) {
    this.#fields.get(name).refuse(message);
    return false;
  }

  #field(name, label, control, hint) {
    const made = checked(label, control, hint);
    this.#fields.set(name, made);
    return made.element;
  }
}

function shortened(text = "") {
  const letters = Array.from(text);
  return letters.length > MOST_QUOTED ? `${letters.slice(0, MOST_QUOTED).join("")}…` : text;
}

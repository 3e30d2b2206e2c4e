/** The fields of an article. Knows nothing of saving. */
import { el } from "/static/shared/js/dom.js";
import { toLines, toTags, written } from "./fields.js";
import { field } from "./ui.js";
import { COMMON_LANGUAGES, languageName } from "./words.js";

export class ArticleForm {
  #controls;
  #problems = new Map();
  #changed;
  element;

  /** `changed()` is called whenever something is typed. */
  constructor({ changed, readOnly }) {
    this.#changed = changed;
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
      { class: "article-form", noValidate: true, on: { input: () => this.#input(), submit: (event) => event.preventDefault() } },
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
    this.#controls.title.value = title;
    this.#controls.body.value = body;
    this.#controls.questions.value = questions.join("\n");
    this.#controls.tags.value = tags.join(", ");
    this.#controls.language.value = language;
    this.#controls.review_on.value = review ?? "";
  }

  /** Name the field that was refused, and go to it. Returns whether it is one of these. */
  refuse(name, message) {
    const key = name?.split(/[.[]/)[0];
    const control = this.#controls[key];
    if (!control) return false;
    this.#problems.get(key).textContent = message;
    control.setAttribute("aria-invalid", "true");
    control.focus();
    return true;
  }

  #field(name, label, control, hint) {
    const problem = el("p", { class: "problem", role: "alert" });
    this.#problems.set(name, problem);
    const made = field(label, control, hint);
    made.append(problem);
    return made;
  }

  #input() {
    for (const [name, problem] of this.#problems) {
      problem.textContent = "";
      this.#controls[name].removeAttribute("aria-invalid");
    }
    this.#changed();
  }
}

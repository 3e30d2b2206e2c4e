/** Texts that are needed again and again: found by a word of their title or text, put into the reply with one press. */
import { el } from "../../shared/js/dom.js";
import { plainText } from "../../shared/js/text.js";
import { cannedReplies } from "./api.js";
import { languageName } from "./words.js";

export class CannedView {
  #workspace;
  #insert;
  #field;
  #list;
  #said;
  #replies = [];
  #asked = 0;
  element;

  /** `insert(text)` puts text into the reply. */
  constructor(workspace, { insert }) {
    this.#workspace = workspace;
    this.#insert = insert;
    // Of type text: in a field of type search Escape empties it first, and here it is to close.
    this.#field = el("input", { type: "text", autocomplete: "off", dir: "auto", placeholder: "A word of it…", "aria-label": "A word of it" });
    this.#field.addEventListener("input", () => this.#render());
    this.#list = el("ul", { role: "list" });
    this.#said = el("p", { class: "empty", role: "status" });
    this.element = el(
      "dialog",
      { class: "help canned", "aria-labelledby": "canned-title" },
      el("h2", { id: "canned-title" }, "Canned replies"),
      el("form", { role: "search", on: { submit: (event) => this.#first(event) } }, this.#field),
      this.#said,
      this.#list,
      el("form", { method: "dialog" }, el("button", { class: "secondary" }, "Close")),
    );
  }

  /** Ask for the replies as they are now, and show them. */
  async open() {
    if (!this.#workspace.selected || this.element.open) return;
    const number = (this.#asked += 1);
    this.#field.value = "";
    this.#replies = [];
    this.#list.replaceChildren();
    this.#said.textContent = "One moment…";
    this.element.showModal();
    this.#field.focus();
    try {
      const replies = await cannedReplies();
      if (number !== this.#asked) return;
      this.#replies = this.#inOrder(replies);
      this.#render();
    } catch (error) {
      if (number !== this.#asked) return;
      console.warn("tandem: canned replies could not be read", error);
      this.#said.textContent = `They cannot be read now: ${error.message}`;
    }
  }

  // In the customer's language first, then those for everybody, then the others.
  #inOrder(replies) {
    const spoken = this.#workspace.selected?.summary.language;
    const rank = ({ language }) => (language === spoken ? 0 : language === null ? 1 : 2);
    return [...replies].sort((one, other) => rank(one) - rank(other));
  }

  get #fitting() {
    const words = this.#field.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    return this.#replies.filter(({ title, text }) => words.every((word) => `${title} ${text}`.toLocaleLowerCase().includes(word)));
  }

  #render() {
    const fitting = this.#fitting;
    this.#list.replaceChildren(...fitting.map((reply) => el("li", {}, this.#button(reply))));
    const none = this.#replies.length ? "None has all these words." : "There are none yet. Supervisors write them at “Manage”, under “Canned replies”.";
    this.#said.textContent = fitting.length ? "" : none;
    this.#said.hidden = fitting.length > 0;
  }

  #button(reply) {
    const language = reply.language && el("span", { class: "mark calm" }, languageName(reply.language));
    const text = el("span", { class: "canned-text", dir: "auto", lang: reply.language ?? "" });
    text.append(plainText(reply.text));
    return el(
      "button",
      { class: "canned-reply", type: "button", on: { click: () => this.#choose(reply) } },
      el("span", { class: "canned-head" }, el("b", { dir: "auto" }, reply.title), language),
      text,
    );
  }

  #first(event) {
    event.preventDefault();
    const [reply] = this.#fitting;
    if (reply && this.#field.value.trim()) this.#choose(reply);
  }

  #choose({ text }) {
    this.element.close();
    const customer = this.#workspace.selected?.summary.customer?.name;
    this.#insert(filledIn(text, { agent: this.#workspace.agent.name, customer }));
  }
}

/** Put names where `{agent}` and `{customer}` stand; who has no name is left out, with the comma and the space before. */
export function filledIn(text, names) {
  return Object.entries(names).reduce((filled, [who, name]) => {
    const named = name ? filled.replaceAll(`{${who}}`, () => name) : filled;
    return named.replace(new RegExp(`^\\{${who}\\}[,!]?[ \\t]*|,?[ \\t]*\\{${who}\\}`, "gm"), "");
  }, text);
}

/** Beside the conversation: ask the knowledge base, and put what it says into the reply. */
import { el } from "../../shared/js/dom.js";
import { link, safeAddress } from "../../shared/js/text.js";
import { searchKnowledge } from "./api.js";

const HITS = 4;
const MOST_CHARACTERS = 1_000; // of a customer's message as a question; the first sentences say what it is about

export class AssistView {
  #workspace;
  #insert;
  #field;
  #found;
  #id = null; // whose question is in the field
  #asked = 0;
  element;

  /** `insert(text)` puts text into the reply. */
  constructor(workspace, { insert }) {
    this.#workspace = workspace;
    this.#insert = insert;
    this.#field = el("input", { id: "assist", type: "search", maxLength: MOST_CHARACTERS, autocomplete: "off", dir: "auto" });
    this.#found = el("div", { class: "found", "aria-live": "polite" });
    const form = el(
      "form",
      { role: "search", on: { submit: (event) => this.#submit(event) } },
      el("label", { for: "assist" }, "Search the articles"),
      el("div", { class: "assist-row" }, this.#field, el("button", { class: "secondary", type: "submit" }, "Search")),
    );
    this.element = el("section", { class: "assist", hidden: true, "aria-label": "Answers" }, form, this.#found);
    for (const type of ["select", "thread"]) workspace.addEventListener(type, () => this.#follow());
  }

  /** What the customer said last is the likely question, unless the agent has typed another. */
  #follow() {
    const card = this.#workspace.selected;
    this.element.hidden = !card;
    if (!card) return;
    const said = card.thread.events.findLast((event) => event.message?.role === "customer")?.message.text ?? "";
    const question = said.replace(/\s+/g, " ").trim().slice(0, MOST_CHARACTERS);
    const own = card.id === this.#id && this.#field.value !== this.#field.dataset.offered;
    if (card.id !== this.#id) this.#found.replaceChildren();
    this.#id = card.id;
    if (!own) this.#field.value = this.#field.dataset.offered = question;
  }

  async #submit(event) {
    event.preventDefault();
    const query = this.#field.value.trim();
    if (!query) return;
    const number = (this.#asked += 1);
    const [id, language] = [this.#id, this.#workspace.selected?.summary.language];
    let shown;
    try {
      const { hits } = await searchKnowledge({ query, limit: HITS, ...(language ? { language } : {}) });
      shown = hits.length ? hits.map((hit) => this.#hit(hit)) : [el("p", { class: "empty" }, "No article fits.")];
    } catch (error) {
      console.warn("tandem: the articles could not be searched", error);
      shown = [el("p", { class: "problem" }, `The articles cannot be searched now: ${error.message}`)];
    }
    if (number === this.#asked && id === this.#id) this.#found.replaceChildren(...shown);
  }

  #hit(hit) {
    const address = safeAddress(hit.url, location.origin);
    const put = (label, text) => el("button", { class: "plain", type: "button", on: { click: () => this.#insert(text) } }, label);
    return el(
      "article",
      { class: "hit" },
      el("h3", { dir: "auto", lang: hit.language }, address ? link(address, hit.title) : hit.title),
      el("p", { dir: "auto", lang: hit.language }, hit.passage),
      el("div", { class: "hit-actions" }, put("Insert text", hit.passage), address && put("Insert link", address)),
    );
  }
}

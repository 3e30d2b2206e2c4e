/** How the text will look, rendered by the knowledge base itself, and shown without parsing markup into the page. */
import { el } from "/static/shared/js/dom.js";
import { richText } from "/static/shared/js/rich_text.js";
import { inWords, post } from "./api.js";

const PAUSE_MS = 300; // after the last key

export class PreviewView {
  #text = el("div", { class: "rendered", dir: "auto" });
  #problem = el("p", { class: "problem", role: "status" });
  #timer;
  #asking = null;
  #shown = null;
  element;

  constructor() {
    this.element = el("section", { class: "preview", "aria-label": "Preview" }, el("h2", {}, "Preview"), this.#problem, this.#text);
  }

  /** Show `body` once nothing more is typed. */
  show(body) {
    if (body === this.#shown) return;
    this.element.setAttribute("aria-busy", "true");
    this.#shown = body;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#render(body), PAUSE_MS);
  }

  close() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }

  async #render(body) {
    this.#asking?.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    let shown = el("p", { class: "empty" }, "What you write appears here.");
    try {
      if (body.trim()) shown = richText((await post("preview", { body }, { signal })).html, location.origin, { headings: true });
      this.#text.replaceChildren(shown);
      this.#problem.textContent = "";
    } catch (error) {
      if (signal.aborted) return;
      this.#problem.textContent = `No preview: ${inWords(error)}`;
      this.#shown = null; // so that it is tried again at the next occasion
    }
    this.element.setAttribute("aria-busy", "false");
  }
}

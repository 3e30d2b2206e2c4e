/** The versions of one article: compare any with the newest, and go back to one. */
import { el } from "/static/shared/js/dom.js";
import { get, part, query } from "./api.js";
import { articleDifference } from "./difference_view.js";
import { ask, badge, button, when } from "./ui.js";

export class VersionsView {
  #shell;
  #article;
  #rollBack;
  #list = el("ol", { class: "versions" });
  #older;
  #cursor = null;
  #difference = el("div", { "aria-live": "polite" });
  element;

  /** `rollBack(version)` is called once the editor has confirmed. */
  constructor(shell, article, { rollBack }) {
    this.#shell = shell;
    this.#article = article;
    this.#rollBack = rollBack;
    this.#older = button("Show older", () => shell.attempt(() => this.load()), { hidden: true });
    this.element = el("div", {}, this.#list, this.#older, this.#difference);
  }

  async load() {
    const page = await get(`articles/${part(this.#article.id)}/versions${query({ cursor: this.#cursor })}`);
    this.#list.append(...page.versions.map((version) => this.#row(version)));
    this.#cursor = page.next_cursor;
    this.#older.hidden = !this.#cursor;
  }

  #row(version) {
    const { version: number } = version;
    const newest = number === this.#article.version;
    const { created_by: author } = version;
    return el(
      "li",
      {},
      el(
        "span",
        { class: "grow" },
        el("b", {}, `Version ${number}`),
        " ",
        number === this.#article.live_version && badge("Live", "live"),
        " ",
        newest && badge("Newest"),
        el("span", { class: "quiet" }, " ", when(version.created_at), author ? ` by ${author}` : ""),
      ),
      !newest && button("Compare", () => this.#shell.attempt(() => this.#compare(number)), { kind: "plain", "aria-label": `Compare version ${number} with the newest` }),
      !newest &&
        this.#shell.mayEdit &&
        button("Go back to this", () => this.#back(number), { kind: "plain", "aria-label": `Go back to version ${number}` }),
    );
  }

  async #compare(number) {
    const old = await get(`articles/${part(this.#article.id)}/versions/${number}`);
    const title = el("h3", { tabIndex: -1 }, `From version ${number} to version ${this.#article.version}`);
    this.#difference.replaceChildren(title, articleDifference(old, this.#article));
    title.focus({ preventScroll: true });
    this.#difference.scrollIntoView({ block: "nearest" });
  }

  async #back(number) {
    const live = this.#article.live_version !== null;
    const body = el(
      "p",
      {},
      "A new version with the old text is made; nothing is deleted. ",
      live ? "As the article is live, customers see it at once." : "It stays a draft.",
    );
    if (await ask({ title: `Go back to version ${number}?`, body, confirm: "Go back" })) this.#rollBack(number);
  }
}

/** Answers of agents that could become articles. */
import { el } from "/static/shared/js/dom.js";
import { plainText } from "/static/shared/js/text.js";
import { get, part, post, query } from "./api.js";
import { placeOf } from "./place.js";
import { badge, button, empty, field, head, select, when } from "./ui.js";
import { languageName } from "./words.js";

const STATES = [
  ["open", "Open"],
  ["accepted", "Accepted"],
  ["rejected", "Rejected"],
];

export class ProposalsView {
  #shell;
  #state;
  #more;
  #cursor = null;
  #list = el("ul", { class: "cards" });
  #note = el("div", { role: "status" });
  element;

  constructor(shell, { state = "open" }) {
    this.#shell = shell;
    this.#state = select(STATES, state, { on: { change: () => shell.go("proposals", null, { state: this.#state.value }) } });
    this.#more = button("Show more", () => shell.attempt(() => this.load()), { hidden: true });
    const form = el("form", { class: "filters", on: { submit: (event) => event.preventDefault() } }, field("State", this.#state));
    this.element = el(
      "div",
      {},
      head("Proposals"),
      el("p", { class: "quiet" }, "Agents propose their own answers at the desk. Card numbers, addresses and the like are masked."),
      form,
      this.#note,
      this.#list,
      this.#more,
    );
  }

  async load() {
    const page = await get(`proposals${query({ state: this.#state.value, cursor: this.#cursor })}`);
    this.#list.append(...page.proposals.map((proposal) => this.#card(proposal)));
    this.#cursor = page.next_cursor;
    this.#more.hidden = !this.#cursor;
    this.#note.replaceChildren(this.#list.children.length ? "" : empty("None. Agents propose answers at the desk, under what they wrote."));
  }

  #card(proposal) {
    const answer = el("div", { class: "passage text", dir: "auto" });
    answer.append(plainText(proposal.answer));
    const open = proposal.state === "open";
    return el(
      "li",
      {},
      el(
        "article",
        { class: "card" },
        el("h2", { class: "card-title", dir: "auto" }, proposal.question),
        answer,
        el("p", { class: "badges" }, badge(languageName(proposal.language)), proposal.times > 1 && badge(`${proposal.times}×`)),
        el("p", { class: "quiet" }, `By ${proposal.agent || "an agent"}, `, when(proposal.at)),
        proposal.article_id && el("p", {}, el("a", { href: placeOf("articles", proposal.article_id) }, "The article made of it")),
        open &&
          el(
            "div",
            { class: "row" },
            button("Make a draft", () => this.#accept(proposal), { kind: "primary" }),
            button("Reject", () => this.#reject(proposal), { kind: "plain" }),
          ),
      ),
    );
  }

  #accept(proposal) {
    return this.#shell.attempt(async () => {
      const made = await post(`proposals/${part(proposal.id)}/accept`);
      this.#shell.go("articles", made.id);
    });
  }

  #reject(proposal) {
    return this.#shell.attempt(async () => {
      await post(`proposals/${part(proposal.id)}/reject`);
      this.#shell.go("proposals", null, { state: this.#state.value });
    });
  }
}

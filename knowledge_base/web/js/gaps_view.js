/** What customers asked and nobody answered, the dearest first. */
import { el } from "/static/shared/js/dom.js";
import { get, part, post, query } from "./api.js";
import { placeOf } from "./place.js";
import { badge, button, empty, field, head, select, when } from "./ui.js";
import { count, languageName, percent } from "./words.js";

const STATES = [
  ["open", "Open"],
  ["drafted", "With a draft"],
  ["closed", "Closed"],
  ["dismissed", "Dismissed"],
];
const LIMIT = 100;
const REASONS = { unanswered: "not answered", thumbs_down: "thumbs down", handed_off: "handed to a person" };

export class GapsView {
  #shell;
  #state;
  #list = el("ol", { class: "cards" });
  #note = el("div", { role: "status" });
  element;

  constructor(shell, { state = "open" }) {
    this.#shell = shell;
    this.#state = select(STATES, state, { on: { change: () => this.#shell.go("gaps", null, { state: this.#state.value }) } });
    const form = el("form", { class: "filters", on: { submit: (event) => event.preventDefault() } }, field("State", this.#state));
    this.element = el(
      "div",
      {},
      head("Gaps"),
      el("p", { class: "quiet" }, "Questions the knowledge base could not answer, gathered by meaning. The dearest first: how often, times the minutes agents spend on one."),
      form,
      this.#note,
      this.#list,
    );
  }

  async load() {
    const { gaps, total, unsorted } = await get(`gaps${query({ state: this.#state.value, limit: LIMIT })}`);
    this.#list.replaceChildren(...gaps.map((gap) => this.#card(gap)));
    const rest = unsorted ? ` ${count(unsorted, "new question")} not gathered yet.` : "";
    if (!gaps.length) this.#note.replaceChildren(empty(`Nothing here.${rest}`));
    else this.#note.replaceChildren(el("p", { class: "quiet" }, `${count(gaps.length, "gap")} of ${total}.${rest}`));
  }

  #card(gap) {
    const reasons = Object.entries(gap.reasons ?? {}).filter(([, number]) => number > 0);
    return el(
      "li",
      {},
      el(
        "article",
        { class: "card" },
        el("h2", { class: "card-title", lang: gap.language, dir: "auto" }, gap.question),
        el(
          "p",
          { class: "badges" },
          badge(`${Math.round(gap.cost_minutes)} min`, "warn"),
          badge(`asked ${gap.count}×`),
          ...(gap.languages ?? []).map((code) => badge(languageName(code))),
          ...reasons.map(([name, number]) => badge(`${number} ${REASONS[name] ?? name}`)),
        ),
        this.#progress(gap),
        gap.nearest &&
          el(
            "p",
            {},
            "Nearest article: ",
            el("a", { href: placeOf("articles", gap.nearest.article_id), dir: "auto" }, gap.nearest.title),
            el("span", { class: "quiet" }, ` (${percent(gap.nearest.confidence)})`),
          ),
        this.#examples(gap.examples ?? []),
        el("p", { class: "quiet" }, "First ", when(gap.first_at), ", last ", when(gap.last_at)),
        this.#commands(gap),
      ),
    );
  }

  #progress(gap) {
    if (!gap.asked_again) return null;
    const answered = gap.answered_now ?? 0;
    const kind = answered === gap.asked_again ? "good" : "warn";
    return el("p", { class: `notice ${kind}` }, `Asked again: ${answered} of ${gap.asked_again} are answered now.`);
  }

  #examples(examples) {
    if (!examples.length) return null;
    const items = examples.map((one) => el("li", { dir: "auto" }, one));
    return el("details", {}, el("summary", {}, count(examples.length, "example")), el("ul", { class: "bulleted" }, ...items));
  }

  #commands(gap) {
    const { mayEdit } = this.#shell;
    const row = el("div", { class: "row" });
    if (gap.draft_article_id) row.append(el("a", { class: "button secondary", href: placeOf("articles", gap.draft_article_id) }, "Open the article"));
    else if (mayEdit) row.append(button("Make a draft", () => this.#draft(gap), { kind: "primary" }));
    row.append(el("a", { class: "button plain", href: placeOf("search", null, { q: gap.question }) }, "Ask it now"));
    if (!mayEdit) return row;
    if (gap.state === "dismissed" || gap.state === "closed") row.append(button("Reopen", () => this.#move(gap, "reopen"), { kind: "plain" }));
    else row.append(button("Dismiss", () => this.#move(gap, "dismiss"), { kind: "plain" }));
    return row;
  }

  #draft(gap) {
    return this.#shell.attempt(async () => {
      const made = await post(`gaps/${part(gap.id)}/draft`);
      this.#shell.go("articles", made.id);
    });
  }

  #move(gap, verb) {
    return this.#shell.attempt(async () => {
      await post(`gaps/${part(gap.id)}/${verb}`);
      await this.load();
    });
  }
}

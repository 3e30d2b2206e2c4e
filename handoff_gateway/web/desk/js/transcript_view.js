/** What was said and what happened, oldest first; appends what is new and keeps the reader's place. */
import { el, icon } from "../../shared/js/dom.js";
import { dayKey, dayName } from "../../shared/js/times.js";
import { eventElements, pendingElement } from "./event_view.js";
import { proposalButton } from "./proposal_button.js";

const NEAR_END_PX = 120;

export class TranscriptView {
  #workspace;
  #list;
  #pending;
  #typing;
  #more;
  #scroll;
  #id = null;
  #shown = 0;
  #agentName = null;
  #day = null;
  #question = ""; // what the customer said last
  #wasNear = true;
  element;

  constructor(workspace) {
    this.#workspace = workspace;
    this.#list = el("div", { class: "log", role: "log", "aria-label": "Transcript", "aria-live": "off", tabIndex: 0 });
    this.#pending = el("div");
    this.#typing = el("p", { class: "typing", hidden: true }, "The customer is typing…");
    this.#more = el(
      "button",
      { class: "more", type: "button", hidden: true, on: { click: () => this.#toEnd() } },
      icon("down"),
      "New messages",
    );
    this.#scroll = el(
      "div",
      { class: "scroll", on: { scroll: () => this.#scrolled() } },
      this.#list,
      this.#pending,
      this.#typing,
    );
    this.element = el("div", { class: "transcript" }, this.#scroll, this.#more);
    new ResizeObserver(() => this.#wasNear && this.#toEnd()).observe(this.#scroll);
    workspace.addEventListener("select", () => this.#render());
    workspace.addEventListener("thread", ({ detail }) => detail === this.#id && this.#render());
    workspace.addEventListener("outbox", () => this.#renderPending());
    workspace.addEventListener("change", () => this.#renderTyping());
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  #render() {
    const card = this.#workspace.selected;
    if (card?.id !== this.#id || (card && card.thread.events.length < this.#shown)) this.#clear(card?.id ?? null);
    if (!card) return;
    const fresh = card.thread.events.slice(this.#shown);
    this.#shown = card.thread.events.length;
    for (const event of fresh) this.#append(event);
    this.#renderPending();
    if (this.#wasNear || fresh.some((event) => event.message?.role === "agent")) this.#toEnd();
    else if (fresh.length) this.#more.hidden = false;
    // The replay is history; only what comes after it is read out.
    if (card.complete) requestAnimationFrame(() => this.#list.setAttribute("aria-live", "polite"));
    this.#seen();
  }

  #append(event) {
    const elements = eventElements(event, {
      agentName: this.#agentName,
      propose: this.#proposing(event),
      conversationId: this.#id,
      roles: this.#workspace.agent.roles ?? [],
    });
    if (event.message?.role === "customer") this.#question = event.message.text ?? "";
    if (event.kind === "owner") this.#agentName = event.owner === "agent" ? (event.agent?.name ?? "") : null;
    if (elements.length === 0) return;
    if (this.#day !== dayKey(event.at)) this.#list.append(el("p", { class: "day" }, dayName(event.at)));
    this.#day = dayKey(event.at);
    this.#list.append(...elements);
  }

  #proposing({ message }) {
    const own = message?.role === "agent" && message.agent_id === this.#workspace.agent.id; // names are not unique
    const [question, conversationId] = [this.#question.replace(/\s+/g, " ").trim(), this.#id];
    if (!own || !question || !message.text) return null;
    return (said) => proposalButton({ question, answer: said.text, conversationId });
  }

  #renderPending() {
    const { outbox } = this.#workspace;
    const items = outbox.items.filter(({ frame }) => frame.conversation_id === this.#id);
    const grew = items.length > this.#pending.childElementCount;
    this.#pending.replaceChildren(
      ...items.map((item) =>
        pendingElement(item, {
          retry: (id) => {
            this.#workspace.hurry();
            outbox.retry(id);
          },
          discard: (id) => outbox.discard(id),
        }),
      ),
    );
    if (grew) this.#toEnd();
  }

  #renderTyping() {
    this.#typing.hidden = this.#workspace.selected?.typing.now?.role !== "customer";
    if (this.#wasNear && !this.#typing.hidden) this.#toEnd();
  }

  #clear(id) {
    this.#id = id;
    this.#shown = 0;
    this.#agentName = null;
    this.#day = null;
    this.#question = "";
    this.#wasNear = true;
    this.#list.setAttribute("aria-live", "off");
    this.#list.replaceChildren();
    this.#pending.replaceChildren();
    this.#more.hidden = true;
  }

  #seen() {
    if (document.visibilityState === "visible") this.#workspace.read();
  }

  #scrolled() {
    this.#wasNear = this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < NEAR_END_PX;
    if (this.#wasNear) this.#more.hidden = true;
  }

  #toEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#wasNear = true;
    this.#more.hidden = true;
  }
}

/** The middle pane: whose conversation, what can be done with it, what was said, and the reply. */
import { el, icon } from "../../shared/js/dom.js";
import { PassOnView } from "./pass_on_view.js";
import { ReplyView } from "./reply_view.js";
import { TranscriptView } from "./transcript_view.js";
import { customerName, inWords, OWNERS, REASONS, REFUSALS } from "./words.js";

export class ConversationView {
  #workspace;
  #title;
  #line;
  #actions;
  #problem;
  #body;
  #empty;
  #transcript;
  #passOn;
  reply;
  element;

  constructor(workspace, store) {
    this.#workspace = workspace;
    this.#transcript = new TranscriptView(workspace);
    this.reply = new ReplyView(workspace, store);
    this.#passOn = new PassOnView(workspace, (fields) => this.#run("transfer", fields));
    this.#title = el("h2", { tabIndex: -1 });
    this.#line = el("p", { class: "quiet" });
    this.#actions = el("div", { class: "actions" });
    this.#problem = el("p", { class: "problem", role: "alert" });
    const head = el(
      "header",
      { class: "talk-head" },
      el(
        "button",
        {
          class: "plain back",
          type: "button",
          "aria-label": "Back to the lists",
          on: { click: () => this.#pane("lists") },
        },
        icon("back"),
      ),
      el("div", { class: "who" }, this.#title, this.#line),
      this.#actions,
      el(
        "button",
        {
          class: "plain to-details",
          type: "button",
          "aria-label": "Customer details",
          on: { click: () => this.#pane("details") },
        },
        icon("person"),
      ),
    );
    this.#body = el("div", { class: "talk-body" }, head, this.#passOn.element, this.#problem, this.#transcript.element, this.reply.element);
    this.#empty = el(
      "div",
      { class: "nothing" },
      icon("chat"),
      el("p", {}, "Choose a conversation on the left."),
      el("p", { class: "quiet" }, "Press ? for the keyboard."),
    );
    this.element = el("main", { class: "talk", "aria-label": "Conversation" }, this.#body, this.#empty);
    workspace.addEventListener("select", () => this.#selected());
    workspace.addEventListener("change", () => this.#render());
    this.#render();
  }

  /** Claim what is on screen, if it can be claimed. */
  claim() {
    if (["queue", "bot"].includes(this.#workspace.selected?.summary.owner)) return this.#run("claim");
    return undefined;
  }

  #selected() {
    this.#problem.textContent = "";
    this.#passOn.close();
    this.#render();
    if (this.#workspace.selected) this.#title.focus({ preventScroll: true });
  }

  #render() {
    const { selected } = this.#workspace;
    this.#body.hidden = !selected;
    this.#empty.hidden = Boolean(selected);
    if (!selected) return;
    const { summary } = selected;
    this.#title.textContent = customerName(summary);
    const holder =
      summary.owner === "agent" && !selected.heldBy(this.#workspace.agent.id)
        ? `With ${summary.agent?.name}`
        : inWords(OWNERS, summary.owner);
    const state = selected.heldBy(this.#workspace.agent.id) ? "Yours" : holder;
    this.#line.textContent = [state, inWords(REASONS, summary.reason)].filter(Boolean).join(" · ");
    this.#renderActions(selected);
  }

  #renderActions(card) {
    const mine = card.heldBy(this.#workspace.agent.id);
    const { owner, call_back: callBack } = card.summary;
    const { roles } = this.#workspace.agent;
    const free = ["queue", "bot"].includes(owner) || (owner === "nobody" && callBack);
    const wanted = mine ? ["hand_back", "transfer", "pass_on", "close"] : [];
    if (!mine && free && roles.includes("agent")) wanted.push("claim");
    if (!mine && roles.includes("supervisor")) wanted.push(...({ agent: ["transfer", "pass_on"], queue: ["pass_on"] }[owner] ?? []));
    if (callBack) wanted.push("call_back_done");
    if (this.#workspace.list("follow_ups").includes(card)) wanted.push("follow_up_done");
    if (!wanted.includes("pass_on")) this.#passOn.close();
    const shown = [...this.#actions.children].map((button) => button.dataset.command);
    if (shown.join() !== wanted.join())
      this.#actions.replaceChildren(...wanted.map((name) => this.#button(name, card.summary.owner)));
    for (const button of this.#actions.children) button.disabled = !this.#workspace.connected;
  }

  #button(name, owner) {
    const label = {
      claim: { bot: "Take over", nobody: "Take up again" }[owner] ?? "Claim",
      hand_back: "Hand back to bot",
      transfer: "Return to queue",
      pass_on: "Pass on…",
      call_back_done: "Called back",
      follow_up_done: "Follow-up done",
      close: "Close",
    }[name];
    return el(
      "button",
      {
        class: name === "claim" ? "primary" : "secondary",
        type: "button",
        data: { command: name },
        on: { click: () => (name === "pass_on" ? this.#passOn.toggle() : this.#run(name)) },
      },
      label,
    );
  }

  /** Give a command; return whether it was carried out. */
  async #run(name, fields = {}) {
    const card = this.#workspace.selected;
    this.#problem.textContent = "";
    try {
      await this.#workspace.command(name, card.id, fields);
      if (name === "claim" && this.#workspace.selected === card) this.reply.focus();
      return true;
    } catch (refused) {
      this.#problem.textContent = REFUSALS[refused.code] ?? refused.message;
      return false;
    }
  }

  #pane(name) {
    this.element.dispatchEvent(new CustomEvent("pane", { detail: name, bubbles: true }));
  }
}

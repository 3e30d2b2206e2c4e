/** One conversation as the desk knows it: its summary, its events, and how far the agent has read. Pure. */
import { Thread } from "../../shared/js/thread.js";
import { TypingSign } from "../../shared/js/typing.js";

export class Card {
  summary;
  thread = new Thread();
  typing;
  readSeq;
  opened = false; // whether this connection brings its events
  #isFresh = false; // it came into this agent's hands and was not looked at since

  /** `changed` runs when the customer's typing sign comes or goes. */
  constructor(summary, readSeq, changed) {
    this.summary = summary;
    this.readSeq = readSeq;
    this.typing = new TypingSign(changed);
  }

  get id() {
    return this.summary.conversation_id;
  }

  /** Whether it has just come, or something was said that was not on screen yet; what agents said is an answer already. */
  get unread() {
    return this.#isFresh || (this.summary.seq > this.readSeq && this.summary.last_message?.role !== "agent");
  }

  /** It came into this agent's hands. */
  came() {
    this.#isFresh = true;
  }

  /** It is on screen. Returns whether anything of it was not before. */
  look() {
    const { lastSeq } = this.thread;
    if (lastSeq === 0 || (lastSeq <= this.readSeq && !this.#isFresh)) return false;
    this.#isFresh = false;
    this.readSeq = lastSeq;
    return true;
  }

  /** Whether everything the gateway has is here. */
  get complete() {
    return this.opened && this.thread.lastSeq >= this.summary.seq && !this.thread.hasHole;
  }

  /** It left the agent's hands while the page was away; who has it now is learnt when it is opened. */
  left() {
    this.summary = { ...this.summary, owner: "nobody", agent: null };
  }

  heldBy(agentId) {
    return this.summary.owner === "agent" && this.summary.agent?.id === agentId;
  }

  /** Take a summary unless a newer state is known already. */
  update(summary) {
    const older = summary.epoch < this.summary.epoch || summary.seq < this.summary.seq;
    if (older) return;
    // What is over is left out of a newer summary, and must not linger.
    const { call_back, alerts, priority, position, follow_up: kept, ...lasting } = this.summary;
    this.summary = { ...lasting, ...(kept && { follow_up: kept }), ...summary };
  }

  /** Keep the summary in step with a live event, whether or not its thread is loaded. */
  follow(event) {
    if (event.seq <= this.summary.seq && this.summary.last_message) return;
    const { summary } = this;
    const next = { ...summary, seq: Math.max(summary.seq, event.seq), updated_at: event.at };
    if (event.kind === "message") {
      next.last_message = { role: event.message.role, text: event.message.text, at: event.at };
      this.typing.clear(event.message.role);
    }
    this.summary = next;
  }
}

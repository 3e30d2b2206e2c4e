/** The agent's side: queue, own conversations, the one on screen, and everything on its way. No DOM. */
import { newId } from "../../shared/js/ids.js";
import { Outbox } from "../../shared/js/outbox.js";
import { Link, TandemSocket } from "../../shared/js/socket.js";
import { Cards } from "./cards.js";
import { Commands } from "./commands.js";
import { KeptLists } from "./kept_lists.js";
import { Presence } from "./presence.js";

/**
 * Dispatches "change" (lists, presence, link, summaries), "thread" (detail: conversation id), "select",
 * "outbox", "alert" (detail: its frame), "news" (detail: what happened, for the title and the sound) and "signed-out".
 */
export class Workspace extends EventTarget {
  #socket;
  #cards;
  #commands;
  #lists = new KeptLists();

  agent;
  presence = new Presence();
  capacity = null;
  selectedId = null;
  outbox;

  /** `url` is an async function with the socket's address; `account` who is signed in. */
  constructor({ account, store, url }) {
    super();
    this.agent = account;
    this.#cards = new Cards(store, () => this.#changed());
    this.#socket = new TandemSocket({ url, hello: () => this.#hello() });
    this.#commands = new Commands((frame) => this.#socket.send(frame));
    this.outbox = new Outbox({ store, send: (frame) => this.#socket.send(frame) });
    this.outbox.addEventListener("change", () => this.dispatchEvent(new Event("outbox")));
    this.#socket.addEventListener("state", ({ detail }) => this.#linkChanged(detail));
    this.#socket.addEventListener("frame", ({ detail }) => this.#received(detail));
  }

  get connected() {
    return this.#socket.state === Link.OPEN;
  }

  /** Those who wait, oldest first. */
  get queue() {
    return this.list("waiting").filter((card) => card.summary.owner === "queue");
  }

  /** How many wait, also those the list has no room for. */
  get waitingTotal() {
    return this.#lists.waiting(this.queue.length);
  }

  /** The agent's own conversations, in the order they came. */
  get mine() {
    return this.#cards.all().filter((card) => card.heldBy(this.agent.id));
  }

  /** "waiting"; what stays until it is done: "call_backs", "follow_ups" or "alerts" (supervisors only); what was "found". */
  list(name) {
    return this.#lists.ids(name).map((id) => this.#cards.get(id)).filter(Boolean);
  }

  /** Put what was looked for onto the desk. */
  found(summaries) {
    this.#lists.find(summaries.map((summary) => this.#cards.keep(summary).id));
    this.#changed();
  }

  get selected() {
    return this.#cards.get(this.selectedId) ?? null;
  }

  /** Whether a reply would be written in full knowledge of the conversation. */
  get maySend() {
    return this.connected && Boolean(this.selected?.complete) && this.selected.heldBy(this.agent.id);
  }

  start() {
    this.#socket.start();
  }

  stop() {
    this.outbox.stop();
    this.#socket.stop();
  }

  hurry() {
    this.#socket.hurry();
  }

  select(id) {
    this.selectedId = this.#cards.get(id) ? id : null;
    if (this.selected && this.connected && !this.selected.opened) this.#open(this.selected);
    this.dispatchEvent(new Event("select"));
    this.#changed();
  }

  /** The conversation on screen has been seen up to here. */
  read() {
    const card = this.selected;
    if (!card?.look()) return;
    this.#cards.read(card);
    if (card.heldBy(this.agent.id)) this.#socket.send({ type: "read", conversation_id: card.id, seq: card.readSeq });
    this.#changed();
  }

  /** Write to the customer, or a note for agents. */
  write(text, { note = false } = {}) {
    const type = note ? "note" : "send";
    this.outbox.add({ type, conversation_id: this.selectedId, client_message_id: newId(), text });
  }

  typing(conversationId, on) {
    const card = this.#cards.get(conversationId);
    if (card?.heldBy(this.agent.id)) this.#socket.send({ type: "typing", conversation_id: conversationId, on });
  }

  /** claim · hand_back · close · transfer on a conversation; rejects with `Refused`. */
  command(type, conversationId, fields = {}) {
    return this.#commands.ask({ type, conversation_id: conversationId, ...fields });
  }

  async setPresence(state) {
    await this.#commands.ask({ type: "presence", state });
    this.presence.chosen(state);
    this.#changed();
  }

  #hello() {
    const loaded = this.mine.filter((card) => card.thread.lastSeq > 0 && card.id !== this.selectedId);
    return { conversations: Object.fromEntries(loaded.map((card) => [card.id, card.thread.lastSeq])) };
  }

  #linkChanged(state) {
    if (state !== Link.OPEN) {
      this.#commands.lost();
      for (const card of this.#cards.all()) card.opened = false;
    }
    this.#changed();
  }

  #received(frame) {
    switch (frame.type) {
      case "welcome":
        return this.#welcomed(frame);
      case "event":
        return this.#event(frame.conversation_id, frame.event);
      case "conversation":
        return this.#summary(frame.conversation);
      case "queue":
        return this.#queued(frame);
      case "erased":
        return this.#erased(frame.conversation_id);
      case "presence":
        this.presence.changed(frame);
        return this.#changed();
      case "alert":
        this.#cards.keep(frame.conversation);
        return this.dispatchEvent(new CustomEvent("alert", { detail: frame }));
      case "typing":
        return this.#cards.get(frame.conversation_id)?.typing.show(frame.role, frame.name, frame.on);
      case "ack":
        this.#commands.acked(frame);
        return frame.client_message_id && this.#acked(frame);
      case "error":
        return this.#refused(frame);
      default:
        return undefined;
    }
  }

  #welcomed(frame) {
    [this.agent, this.capacity] = [frame.agent, frame.capacity];
    this.presence.welcomed(frame);
    const replayed = new Set(this.mine.filter((card) => card.thread.lastSeq > 0).map((card) => card.id));
    const held = new Set(frame.conversations.map((summary) => summary.conversation_id));
    for (const card of this.mine) if (!held.has(card.id)) card.left();
    for (const summary of frame.conversations) this.#cards.keep(summary).opened = replayed.has(summary.conversation_id);
    this.#queued({ ...frame, waiting: frame.queue }, { quiet: true });
    if (this.selected) this.#open(this.selected);
    this.outbox.flush();
    this.#changed();
  }

  #open(card) {
    card.opened = true;
    this.#commands.ask({ type: "open", conversation_id: card.id, after_seq: card.thread.lastSeq }).catch((refused) => {
      card.opened = false;
      if (refused.code === "not_found") this.#erased(card.id);
      else if (refused.code !== "no_answer") this.dispatchEvent(new CustomEvent("refused", { detail: refused }));
    });
  }

  #erased(id) {
    if (!this.#cards.get(id)) return;
    if (id === this.selectedId) this.select(null); // first: what is being written is put away then
    this.#cards.forget(id);
    this.dispatchEvent(new CustomEvent("refused", { detail: { code: "not_found" } }));
    this.#changed();
  }

  #summary(summary) {
    const before = this.#cards.get(summary.conversation_id);
    const wasMine = before?.heldBy(this.agent.id) ?? false;
    const card = this.#cards.keep(summary);
    if (card.heldBy(this.agent.id) && !wasMine) {
      card.came();
      this.#news("yours", card);
    }
    this.#changed();
    if (card.id === this.selectedId) this.dispatchEvent(new CustomEvent("thread", { detail: card.id }));
  }

  #queued(frame, { quiet = false } = {}) {
    const fresh = this.#lists.take(frame, (summary) => this.#cards.keep(summary).id);
    if (fresh && !quiet) this.#news("waiting", this.#cards.get(fresh));
    this.#changed();
  }

  #event(id, event) {
    const card = this.#cards.get(id);
    if (!card) return; // its summary comes first; without one it is not for this page
    const fresh = event.seq > card.summary.seq;
    if (card.opened) {
      const before = card.thread.lastSeq;
      const hadHole = card.thread.hasHole;
      if (card.thread.apply(event) === "hole" && !hadHole) this.#open(card);
      for (const added of card.thread.events.slice(before)) this.outbox.happened(added);
      this.outbox.shown(card.thread.lastSeq, ({ frame }) => frame.conversation_id === id);
    }
    card.follow(event);
    if (fresh && event.message?.role === "customer" && card.heldBy(this.agent.id)) this.#news("message", card);
    this.dispatchEvent(new CustomEvent("thread", { detail: id }));
    this.#changed();
  }

  #acked({ client_message_id: id, seq }) {
    const item = this.outbox.items.find((one) => one.id === id);
    const card = this.#cards.get(item?.frame.conversation_id);
    if (!card || !card.opened || seq <= card.thread.lastSeq) this.outbox.confirmed(id);
    else this.outbox.acked(id, seq);
  }

  #refused(frame) {
    if (frame.code === "unauthorized") {
      this.stop();
      this.dispatchEvent(new Event("signed-out"));
    } else if (frame.client_message_id) this.outbox.refused(frame.client_message_id, frame.code, frame.retry_after_s);
    else if (frame.request_id) this.#commands.refused(frame);
    else console.warn("tandem: refused", frame.code, frame.message);
  }

  #news(kind, card) {
    this.dispatchEvent(new CustomEvent("news", { detail: { kind, card } }));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

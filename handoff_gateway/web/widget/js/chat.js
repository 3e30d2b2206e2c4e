/** The customer's side of one conversation: socket, outbox and thread put together. No DOM. */
import { newId } from "../../shared/js/ids.js";
import { Outbox } from "../../shared/js/outbox.js";
import { Link, TandemSocket } from "../../shared/js/socket.js";
import { Thread } from "../../shared/js/thread.js";
import { TypingSender, TypingSign } from "../../shared/js/typing.js";
import { customerSocket } from "./address.js";
import { CustomerSession } from "./customer_session.js";
import { Expected } from "./expected.js";
import { surroundings } from "./surroundings.js";

/**
 * Dispatches "change" when anything but the messages changed, "thread" when events were added or the thread was
 * reset, "outbox" when an unsent message moved. Views read the properties.
 */
export class Chat extends EventTarget {
  #base;
  #language;
  #session;
  #socket;
  #url = null;
  #conversationId = null;
  #welcomeSeq = 0;
  #expected = new Expected(() => this.thread.lastSeq, () => this.#socket.reopen());
  #token = null;
  #identity; // asks the site who the customer is
  #unfit = null; // an identity the gateway did not take
  #shown = null; // the identity of the last hello
  #typingSender;

  owner = "bot"; // bot · queue · agent · nobody
  agent = null; // {id, name} of the agent who owns or owned it last
  queue = null; // {position, estimated_wait_s} while waiting
  promise = null; // {due_at, contact?} of the call-back that stands
  attendance = null; // {attended, opens_at} while waiting: whether anybody is there
  thread = new Thread();
  outbox;
  typing = new TypingSign(() => this.#changed());

  constructor({ base, language, store, identity = () => null }) {
    super();
    this.#identity = identity;
    this.#base = base;
    this.#language = language;
    this.#session = new CustomerSession(store);
    this.#socket = new TandemSocket({ url: () => this.#address(), hello: () => this.#hello() });
    this.outbox = new Outbox({ store, send: (frame) => this.#socket.send(frame) });
    this.outbox.addEventListener("change", () => this.dispatchEvent(new Event("outbox")));
    this.#typingSender = new TypingSender((on) => this.#socket.send({ type: "typing", on }));
    this.#socket.addEventListener("state", () => this.#changed());
    this.#socket.addEventListener("frame", ({ detail }) => this.#received(detail));
    window.addEventListener("storage", ({ key, newValue }) => {
      // Another tab became somebody else (its token was refused): follow it, so that all tabs show one conversation.
      if (key === store.nameOf("token") && newValue && newValue !== JSON.stringify(this.#token)) this.#socket.reopen();
    });
  }

  get connected() {
    return this.#socket.state === Link.OPEN;
  }

  /** Whether everything the gateway had at the last welcome is here. */
  get synced() {
    return this.connected && this.thread.lastSeq >= this.#welcomeSeq;
  }

  /** Whether the customer waits and there is nobody to take them up. */
  get unattended() {
    return this.owner === "queue" && this.attendance?.attended === false;
  }

  get isNew() {
    return this.thread.lastSeq === 0 && this.outbox.items.length === 0;
  }

  get conversationId() {
    return this.#conversationId;
  }

  start() {
    this.#socket.start();
  }

  hurry() {
    this.#socket.hurry();
  }

  send(text, payload) {
    this.#typingSender.stop();
    this.outbox.add({ type: "send", client_message_id: newId(), text, ...(payload ? { payload } : {}) });
  }

  requestAgent() {
    if (this.askingForAgent || this.owner === "queue" || this.owner === "agent") return;
    this.outbox.add({ type: "request_agent", client_message_id: newId() });
  }

  get askingForAgent() {
    return this.outbox.items.some(({ frame, state }) => frame.type === "request_agent" && state !== "failed");
  }

  callBack(wish) {
    this.outbox.add({ type: "call_back", client_message_id: newId(), ...wish });
  }

  leaveQueue() {
    return this.#socket.send({ type: "leave_queue" });
  }

  end() {
    return this.#socket.send({ type: "end" });
  }

  /** The customer pressed a key in the composer. */
  composing() {
    this.#typingSender.pressed();
  }

  read() {
    if (this.thread.lastSeq > 0) this.#socket.send({ type: "read", seq: this.thread.lastSeq });
  }

  feedback(seq, helpful) {
    return this.#socket.send({ type: "feedback", seq, helpful });
  }

  /** The site has somebody else to name, or nobody any more. */
  identify() {
    this.#socket.reopen();
  }

  async #address() {
    return (this.#url ??= await customerSocket(this.#base));
  }

  async #hello() {
    const identity = await this.#identity();
    if (!identity) this.#session.signedOut();
    const token = await this.#session.token();
    if (token !== this.#token) this.#forget(token);
    // One that was refused, perhaps because the page has been open for long: the token may still be good.
    this.#shown = identity === this.#unfit ? null : identity;
    return {
      ...(token ? { token } : {}),
      ...(this.#shown ? { identity: this.#shown } : {}),
      after_seq: this.thread.lastSeq,
      language: this.#language,
      ...surroundings(),
    };
  }

  #received(frame) {
    switch (frame.type) {
      case "welcome":
        return this.#welcomed(frame);
      case "event":
        return this.#event(frame);
      case "ack":
        return this.#acked(frame);
      case "queue":
        this.queue = { position: frame.position, estimated_wait_s: frame.estimated_wait_s ?? null };
        return this.#changed();
      case "attendance":
        this.attendance = { attended: frame.attended, opens_at: frame.opens_at ?? null };
        return this.#changed();
      case "typing":
        return this.typing.show(frame.role, frame.name, frame.on);
      case "error":
        return this.#refused(frame);
      default:
        return undefined; // heartbeats did their work in the socket
    }
  }

  #welcomed(frame) {
    this.#session.keep(frame.token, frame.verified);
    this.#token = frame.token;
    const moved = this.#conversationId !== null && this.#conversationId !== frame.conversation_id;
    this.#conversationId = frame.conversation_id;
    this.#welcomeSeq = frame.seq;
    this.#owned(frame.owner);
    if ((moved && this.thread.lastSeq > 0) || frame.seq < this.thread.lastSeq) {
      this.#forget(frame.token); // not the log we know: read it from its beginning
      this.#conversationId = frame.conversation_id;
      return this.#socket.reopen();
    }
    this.outbox.flush();
    this.#expected.upTo(frame.seq);
    this.#changed();
    if (this.synced) this.dispatchEvent(new Event("thread"));
  }

  #event({ conversation_id: conversationId, event }) {
    if (conversationId !== this.#conversationId) return;
    const outcome = this.thread.apply(event);
    if (outcome === "duplicate") return;
    if (outcome === "hole") return this.#socket.reopen();
    for (const fresh of this.thread.events.slice(event.seq - 1)) this.#take(fresh);
    this.outbox.shown(this.thread.lastSeq);
    this.dispatchEvent(new Event("thread"));
    this.#changed();
  }

  #take(event) {
    if (event.kind === "message") {
      this.typing.clear(event.message.role);
      this.outbox.happened(event);
    } else if (event.kind === "owner") {
      if (event.agent) this.agent = event.agent;
      if (event.seq > this.#welcomeSeq) this.#owned(event.owner);
    } else if (event.kind === "call_back") this.promise = event.call_back.standing === "opened" ? event.call_back : null;
    else if (event.kind === "closed" && event.seq > this.#welcomeSeq) this.#owned("nobody");
  }

  #owned(owner) {
    if (owner !== this.owner) this.typing.clear();
    this.owner = owner;
    if (owner !== "queue") this.queue = this.attendance = null;
    this.#session.waits(owner === "queue" || owner === "agent");
  }

  #acked({ client_message_id: id, seq }) {
    const item = this.outbox.items.find((one) => one.id === id);
    // A request for an agent leaves no message of its own, and a message may already have been shown.
    if (item?.frame.type !== "send" || seq <= this.thread.lastSeq) this.outbox.confirmed(id);
    else this.outbox.acked(id, seq);
    this.#expected.upTo(seq);
    this.#changed();
  }

  #refused({ code, client_message_id: id, retry_after_s: retryAfterS }) {
    if (code === "unauthorized" && this.#shown && this.#token) {
      this.#unfit = this.#shown;
      this.#socket.reopen();
    } else if (code === "unauthorized") {
      this.#unfit = this.#shown ?? this.#unfit;
      this.#session.drop();
      this.#forget(null);
      this.#socket.reopen();
    } else if (id) {
      this.outbox.refused(id, code, retryAfterS);
      this.#changed();
    }
  }

  #forget(token) {
    this.#expected.forget();
    this.#token = token;
    this.thread.reset();
    this.#conversationId = null;
    this.#welcomeSeq = 0;
    this.agent = this.promise = null;
    this.dispatchEvent(new Event("thread"));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * Messages on their way to the gateway. Each keeps one client id for ever, is sent again until the gateway
 * acknowledges it, and survives a reload. The gateway stores one row however often it arrives.
 */

// Longer than a commit on a busy machine, short enough that a person is told before they wonder.
const ACK_DEADLINE_MS = 6_000;
// Refusals that pass by themselves; every other refusal waits for the person to decide.
const PASSING = new Set(["rate_limited", "unavailable"]);
const DEFAULT_PAUSE_S = 3;

/** Where an item stands. */
export const Delivery = Object.freeze({
  SENDING: "sending", // handed to the socket or waiting for it
  LATE: "late", // no acknowledgement in time; still being tried
  SENT: "sent", // acknowledged, its event not yet seen
  FAILED: "failed", // refused; `code` says why; nothing happens until retry or discard
});

const realTimers = { set: (run, ms) => setTimeout(run, ms), clear: (id) => clearTimeout(id), now: () => Date.now() };

/** Dispatches "change" whenever an item appears, moves or goes. */
export class Outbox extends EventTarget {
  #items = new Map();
  #store;
  #send;
  #timers;

  /**
   * `store` keeps unacknowledged items; `send(frame)` returns whether the socket took it;
   * `timers` is injected by tests.
   */
  constructor({ store, send, timers = realTimers }) {
    super();
    this.#store = store;
    this.#send = send;
    this.#timers = timers;
    const saved = store
      .keys("outbox:")
      .map((key) => store.get(key))
      .filter((item) => item?.frame?.client_message_id);
    for (const { frame, at, code } of saved.sort((a, b) => a.at - b.at)) {
      Object.assign(this.#put(frame, at), code && { code, state: Delivery.FAILED });
    }
  }

  /** Items not yet seen in the log, oldest first: `{id, frame, at, state, code?}`. */
  get items() {
    return [...this.#items.values()];
  }

  /** Take a frame with a `client_message_id` and try to send it now. */
  add(frame) {
    const at = this.#timers.now();
    const item = this.#put(frame, at);
    this.#keep(item);
    this.#transmit(item);
    this.#changed();
  }

  /** Send everything unacknowledged again, in order. Call after every welcome. */
  flush() {
    for (const item of this.#items.values()) {
      if (item.state === Delivery.SENDING || item.state === Delivery.LATE) this.#transmit(item);
    }
    this.#changed();
  }

  /** The gateway has committed it as event `seq`. */
  acked(id, seq) {
    const item = this.#items.get(id);
    if (!item) return;
    this.#forget(item);
    item.state = Delivery.SENT;
    item.seq = seq;
    this.#changed();
  }

  /** Its event is in the log (or, for a frame that leaves no event, it is settled): the item is done. */
  confirmed(id) {
    const item = this.#items.get(id);
    if (!item) return;
    this.#forget(item);
    this.#items.delete(id);
    this.#changed();
  }

  /** An event of the log has come: what of ours led to it has arrived. */
  happened({ client_message_id: id, message, note }) {
    this.confirmed(message?.client_message_id ?? note?.client_message_id ?? id);
  }

  /** Everything up to `seq` is on screen: acknowledged items that `concerns(item)` picks are done. */
  shown(seq, concerns = () => true) {
    for (const item of this.items) {
      if (item.state === Delivery.SENT && item.seq <= seq && concerns(item)) this.confirmed(item.id);
    }
  }

  /** The gateway refused it with an error code; a passing refusal is tried again by itself. */
  refused(id, code, retryAfterS) {
    const item = this.#items.get(id);
    if (!item) return;
    this.#timers.clear(item.timer);
    item.code = code;
    item.state = PASSING.has(code) ? Delivery.LATE : Delivery.FAILED;
    if (item.state === Delivery.LATE) {
      item.timer = this.#timers.set(() => this.#transmit(item), (retryAfterS ?? DEFAULT_PAUSE_S) * 1000);
    } else this.#keep(item); // a reload must not send again what the person has not decided about
    this.#changed();
  }

  /** Try a late or failed item again, with the same id. */
  retry(id) {
    const item = this.#items.get(id);
    if (!item || item.state === Delivery.SENT) return;
    item.state = Delivery.SENDING;
    delete item.code;
    this.#keep(item);
    this.#transmit(item);
    this.#changed();
  }

  /** Give an item up. */
  discard(id) {
    this.confirmed(id);
  }

  /** Stop all timers; the items stay stored for the next page. */
  stop() {
    for (const item of this.#items.values()) this.#timers.clear(item.timer);
  }

  #put(frame, at) {
    const item = { id: frame.client_message_id, frame, at, state: Delivery.SENDING, timer: undefined };
    this.#items.set(item.id, item);
    return item;
  }

  #transmit(item) {
    this.#timers.clear(item.timer);
    this.#send(item.frame);
    item.timer = this.#timers.set(() => {
      item.state = Delivery.LATE;
      this.#transmit(item);
      this.#changed();
    }, ACK_DEADLINE_MS);
  }

  #keep({ id, frame, at, code }) {
    this.#store.set(`outbox:${id}`, { frame, at, code });
  }

  #forget(item) {
    this.#timers.clear(item.timer);
    this.#store.remove(`outbox:${item.id}`);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

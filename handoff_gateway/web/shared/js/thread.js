/** The events of one conversation in `seq` order, without holes and without doubles. Pure: no socket, no DOM. */

/**
 * Collects events as they come, in any order and as often as they come.
 * `apply` answers what became of one: "added" (it and perhaps held ones are now in `events`),
 * "duplicate", or "hole" (kept aside until the ones before it are there; the caller must ask for them).
 */
export class Thread {
  #events = [];
  #held = new Map();
  #lastSeq = 0;

  /** Everything known, oldest first, without holes. */
  get events() {
    return this.#events;
  }

  /** The newest `seq` up to which nothing is missing; 0 at first. This is what `after_seq` must carry. */
  get lastSeq() {
    return this.#lastSeq;
  }

  /** Whether an event is kept aside because one before it is missing. */
  get hasHole() {
    return this.#held.size > 0;
  }

  apply(event) {
    const { seq } = event;
    if (!Number.isInteger(seq) || seq < 1 || seq <= this.#lastSeq || this.#held.has(seq)) return "duplicate";
    if (seq > this.#lastSeq + 1) {
      this.#held.set(seq, event);
      return "hole";
    }
    this.#append(event);
    while (this.#held.has(this.#lastSeq + 1)) {
      const next = this.#held.get(this.#lastSeq + 1);
      this.#held.delete(next.seq);
      this.#append(next);
    }
    return "added";
  }

  /** Forget everything: the next event expected is number 1. */
  reset() {
    this.#events = [];
    this.#held.clear();
    this.#lastSeq = 0;
  }

  #append(event) {
    this.#events.push(event);
    this.#lastSeq = event.seq;
  }
}

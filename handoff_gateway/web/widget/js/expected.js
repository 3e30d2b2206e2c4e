/** What the gateway has spoken of (in a welcome or an ack) and is not here yet: asked for again after a while. */
const WITHIN_MS = 4_000;

export class Expected {
  #timer;
  #lastSeq;
  #ask;

  /** `lastSeq` says how far what is here goes, `ask` asks for the rest. */
  constructor(lastSeq, ask) {
    this.#lastSeq = lastSeq;
    this.#ask = ask;
  }

  /** There is an event with this number. */
  upTo(seq) {
    this.forget();
    if (seq <= this.#lastSeq()) return;
    this.#timer = setTimeout(() => seq > this.#lastSeq() && this.#ask(), WITHIN_MS);
  }

  forget() {
    clearTimeout(this.#timer);
  }
}

/** Commands that are answered: each carries a request id and becomes a promise. */
import { newId } from "../../shared/js/ids.js";

const ANSWER_WITHIN_MS = 8_000;

/** The gateway refused a command, or did not answer (`no_answer`). */
export class Refused extends Error {
  constructor(code, message) {
    super(message ?? code);
    this.code = code;
  }
}

export class Commands {
  #send;
  #waiting = new Map();

  /** `send(frame)` returns whether the socket took it. */
  constructor(send) {
    this.#send = send;
  }

  /** Send a command; resolve with its ack, reject with `Refused`. */
  ask(frame) {
    const id = newId();
    return new Promise((resolve, reject) => {
      if (!this.#send({ ...frame, request_id: id })) return reject(new Refused("no_answer"));
      const timer = setTimeout(
        () => this.#settle(id, (call) => call.reject(new Refused("no_answer"))),
        ANSWER_WITHIN_MS,
      );
      return this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  acked(frame) {
    this.#settle(frame.request_id, (call) => call.resolve(frame));
  }

  refused(frame) {
    this.#settle(frame.request_id, (call) => call.reject(new Refused(frame.code, frame.message)));
  }

  /** The connection is gone: whatever was under way has no answer. */
  lost() {
    for (const id of [...this.#waiting.keys()]) this.#settle(id, (call) => call.reject(new Refused("no_answer")));
  }

  #settle(id, how) {
    const call = this.#waiting.get(id);
    if (!call) return;
    this.#waiting.delete(id);
    clearTimeout(call.timer);
    how(call);
  }
}

/** Typing, both ways: telling the other side now and then, and showing theirs no longer than it lasts. */

// The other side hides the sign after this long without news, whatever got lost (bot deadline 8 s + slack).
const SIGN_MS = 10_000;
// Often enough that the sign stays, rarely enough to be nothing on the wire.
const REPEAT_MS = 3_000;
const IDLE_MS = 4_000;

/** Says "typing on" at most every few seconds while keys are pressed, and "off" once. */
export class TypingSender {
  #send;
  #saidAt = 0;
  #on = false;
  #idle;

  constructor(send) {
    this.#send = send;
  }

  pressed() {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.stop(), IDLE_MS);
    if (this.#on && Date.now() - this.#saidAt < REPEAT_MS) return;
    this.#on = true;
    this.#saidAt = Date.now();
    this.#send(true);
  }

  stop() {
    clearTimeout(this.#idle);
    if (this.#on) this.#send(false);
    this.#on = false;
  }
}

/** Who is typing over there: `{role, name}` or null. */
export class TypingSign {
  #changed;
  #timer;
  now = null;

  constructor(changed) {
    this.#changed = changed;
  }

  show(role, name, on) {
    clearTimeout(this.#timer);
    this.now = on ? { role, name: name ?? null } : null;
    if (on) this.#timer = setTimeout(() => this.clear(), SIGN_MS);
    this.#changed();
  }

  /** They wrote (or, without a role, they are gone): the sign ends. */
  clear(role) {
    if (!this.now || (role && role !== this.now.role)) return;
    clearTimeout(this.#timer);
    this.now = null;
    this.#changed();
  }
}

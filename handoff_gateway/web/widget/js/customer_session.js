/** Who this browser is to the gateway: one token for all tabs of the site, kept by the first that gets one. */

// Longer than the socket waits for a welcome, so that a lock never outlives the attempt it protects by much.
const LOCK_LIMIT_MS = 12_000;

export class CustomerSession {
  #store;
  #release = null;
  #asking = null; // aborts a request for the lock that an abandoned attempt left waiting

  constructor(store) {
    this.#store = store;
  }

  /**
   * Return the token to say hello with, or null for a new customer. Two tabs opened together must not become two
   * customers: the first holds a lock until it has a token, the second waits for it. Browsers without locks
   * (plain http) take that small risk.
   */
  async token() {
    this.#let();
    const known = this.#store.get("token");
    if (known || !navigator.locks) return known;
    await this.#lock();
    const meanwhile = this.#store.get("token");
    if (meanwhile) this.#let();
    return meanwhile;
  }

  /** The gateway's welcome carried this token; `verified` when it is that of somebody the site knows. */
  keep(token, verified) {
    if (token && token !== this.#store.get("token")) this.#store.set("token", token);
    if (verified) this.#store.set("verified", true);
    else this.#store.remove("verified");
    this.#let();
  }

  /** The customer has to do with a person: after a reload the page comes back to them by itself. */
  waits(live) {
    if (live) this.#store.set("live", true);
    else this.#store.remove("live");
  }

  /** Nobody is signed in at the site: what belongs to somebody who was is not for whoever uses this browser now. */
  signedOut() {
    if (this.#store.get("verified")) this.drop();
  }

  /** The gateway does not know the token: start anew. */
  drop() {
    this.#store.remove("token");
    this.#store.remove("verified");
    this.#let();
  }

  #lock() {
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    return new Promise((held, refused) => {
      navigator.locks
        .request(
          this.#store.nameOf("token"),
          { signal },
          () =>
            new Promise((release) => {
              this.#release = release;
              setTimeout(release, LOCK_LIMIT_MS);
              held();
            }),
        )
        .catch(refused);
    });
  }

  #let() {
    this.#asking?.abort();
    this.#asking = null;
    this.#release?.();
    this.#release = null;
  }
}

/**
 * The lists of the desk, as ids: who waits; what stays until it is done (call-backs, follow-ups and, for supervisors, alerts);
 * and what was looked for. Pure.
 */

export class KeptLists {
  #ids = { waiting: [], call_backs: [], follow_ups: [], alerts: [], found: [] };
  #total = 0; // of those who wait: their list may be cut

  /** Take the lists of a `welcome` or `queue` frame; `keep(summary)` notes a conversation and returns its id. Returns who is new. */
  take(frame, keep) {
    const before = new Set(this.#ids.waiting);
    const { found } = this.#ids;
    for (const name of Object.keys(this.#ids)) this.#ids[name] = (frame[name] ?? []).map(keep);
    this.#ids.found = found;
    this.#total = frame.waiting_total ?? 0;
    return this.#ids.waiting.find((id) => !before.has(id));
  }

  /** Take what was looked for. */
  find(ids) {
    this.#ids.found = ids;
  }

  /** The ids of one list, the most urgent first. */
  ids(name) {
    return this.#ids[name];
  }

  /** How many wait when `shown` of the list still do. */
  waiting(shown) {
    return this.#ids.waiting.length < this.#total ? this.#total : shown;
  }
}

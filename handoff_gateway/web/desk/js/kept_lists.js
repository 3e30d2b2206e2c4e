/** What stays on the desk until it is done: call-backs, follow-ups and, for supervisors, alerts. Pure. */

export class KeptLists {
  #ids = { call_backs: [], follow_ups: [], alerts: [] };

  /** Take the lists of a `welcome` or `queue` frame; `keep(summary)` notes a conversation and returns its id. */
  take(frame, keep) {
    for (const name of Object.keys(this.#ids)) this.#ids[name] = (frame[name] ?? []).map(keep);
  }

  /** The ids of one list, the most urgent first. */
  ids(name) {
    return this.#ids[name];
  }
}

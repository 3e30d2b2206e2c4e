/** The conversations the desk knows of, each with what this browser keeps about it. No DOM. */
import { Card } from "./card.js";

const KEPT = ["read", "draft"]; // what the browser keeps of each

export class Cards {
  #known = new Map();
  #store;
  #changed;

  /** `changed` is called when a card changes by itself. */
  constructor(store, changed) {
    this.#store = store;
    this.#changed = changed;
  }

  get(id) {
    return this.#known.get(id);
  }

  /** All of them, in the order they came. */
  all() {
    return [...this.#known.values()];
  }

  /** Take up a summary; returns its card. */
  keep(summary) {
    const id = summary.conversation_id;
    const known = this.get(id);
    if (known) known.update(summary);
    else this.#known.set(id, new Card(summary, this.#store.get(`read:${id}`) ?? 0, this.#changed));
    return this.get(id);
  }

  /** How far the agent has read. */
  read(card) {
    this.#store.set(`read:${card.id}`, card.readSeq);
  }

  /** Nothing is left of it, here either. */
  forget(id) {
    this.#known.delete(id);
    for (const name of KEPT) this.#store.remove(`${name}:${id}`);
  }
}

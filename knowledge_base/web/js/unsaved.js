/** What has been written and not saved, kept in this browser for each article. */
import { sameText, written } from "./fields.js";

export class Unsaved {
  #store;
  #key;
  #mine = null; // when this tab kept, or took over, what is kept: another tab's is not this one's to drop

  /** `id` is the article's, or any name for a new one. */
  constructor(store, id) {
    this.#store = store;
    this.#key = `unsaved:${id}`;
  }

  /** Return `{text, version, at}` if something other than `article` is kept, else null. */
  of(article) {
    const kept = this.#store.get(this.#key);
    if (!kept?.text || typeof kept.text !== "object") return null;
    if (sameText(kept.text, article)) return null;
    this.#mine = kept.at;
    return kept;
  }

  /** Keep `text`, written on top of `version`; nothing if it is what is saved already. */
  keep(text, article, now = new Date()) {
    if (sameText(text, article)) return this.drop();
    this.#mine = now.toISOString();
    this.#store.set(this.#key, { text: written(text), version: article.version ?? 0, at: this.#mine });
    return undefined;
  }

  drop() {
    if (this.#mine !== null && this.#store.get(this.#key)?.at === this.#mine) this.#store.remove(this.#key);
    this.#mine = null;
  }
}

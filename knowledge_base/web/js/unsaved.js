/** What has been written and not saved, kept in this browser for each article. */
import { sameText, written } from "./fields.js";

export class Unsaved {
  #store;
  #key;

  /** `id` is the article's, or any name for a new one. */
  constructor(store, id) {
    this.#store = store;
    this.#key = `unsaved:${id}`;
  }

  /** Return `{text, version, at}` if something other than `article` is kept, else null. */
  of(article) {
    const kept = this.#store.get(this.#key);
    if (!kept?.text || typeof kept.text !== "object") return null;
    return sameText(kept.text, article) ? null : kept;
  }

  /** Keep `text`, written on top of `version`; nothing if it is what is saved already. */
  keep(text, article, now = new Date()) {
    if (sameText(text, article)) this.drop();
    else this.#store.set(this.#key, { text: written(text), version: article.version ?? 0, at: now.toISOString() });
  }

  drop() {
    this.#store.remove(this.#key);
  }
}

/** A namespaced view of localStorage that falls back to memory where the browser forbids storage. */

/** Reads and writes JSON values under one prefix. Never throws: a full or forbidden storage is memory only. */
export class Store {
  #prefix;
  #backend;
  #memory = new Map();

  /** `backend` is localStorage, sessionStorage or null. */
  constructor(prefix, backend = safeLocalStorage()) {
    this.#prefix = prefix;
    this.#backend = backend;
  }

  get(key) {
    const name = this.#prefix + key;
    if (this.#memory.has(name)) return this.#memory.get(name);
    try {
      const raw = this.#backend?.getItem(name);
      return raw == null ? null : JSON.parse(raw);
    } catch (error) {
      console.warn("tandem: unreadable stored value dropped", name, error);
      return null;
    }
  }

  set(key, value) {
    const name = this.#prefix + key;
    try {
      if (!this.#backend) throw new Error("no storage");
      this.#backend.setItem(name, JSON.stringify(value));
      this.#memory.delete(name);
    } catch {
      this.#memory.set(name, value); // quota or privacy mode: this page still works, a reload forgets
    }
  }

  remove(key) {
    this.#memory.delete(this.#prefix + key);
    try {
      this.#backend?.removeItem(this.#prefix + key);
    } catch {
      // Storage was switched off meanwhile: there is nothing to remove.
    }
  }

  /** Return the keys below this prefix that start with `start`. */
  keys(start = "") {
    const full = this.#prefix + start;
    const names = new Set([...this.#memory.keys()]);
    try {
      for (let i = 0; i < (this.#backend?.length ?? 0); i += 1) names.add(this.#backend.key(i));
    } catch {
      // As above: memory is all there is.
    }
    return [...names].filter((name) => name.startsWith(full)).map((name) => name.slice(this.#prefix.length));
  }

  /** The full name of `key`, to recognise it in a `storage` event of another tab. */
  nameOf(key) {
    return this.#prefix + key;
  }
}

function safeLocalStorage() {
  try {
    return window.localStorage;
  } catch {
    return null; // sandboxed frames throw on the mere access
  }
}

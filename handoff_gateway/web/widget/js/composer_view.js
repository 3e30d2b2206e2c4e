/** Where the customer writes: Enter sends, Shift+Enter breaks the line, the draft survives a reload. */
import { el, icon } from "../../shared/js/dom.js";

// Three bytes a character at worst, so a frame stays well below the wire's 64 KiB.
const MAX_CHARACTERS = 16_000;
const MAX_HEIGHT_PX = 140;

export class ComposerView {
  #chat;
  #store;
  #t;
  #field;
  #hint;
  element;

  constructor({ chat, store, t }) {
    this.#chat = chat;
    this.#store = store;
    this.#t = t;
    this.#field = el("textarea", {
      rows: 1,
      placeholder: t.placeholder,
      "aria-label": t.composer,
      "aria-describedby": "tandem-hint",
      dir: "auto",
      enterKeyHint: "send",
      value: store.get("draft") ?? "",
      on: { input: () => this.#typed(), keydown: (event) => this.#key(event) },
    });
    this.#hint = el("p", { class: "hint", id: "tandem-hint", role: "alert" });
    this.element = el(
      "form",
      { class: "composer", on: { submit: (event) => this.#submit(event) } },
      this.#field,
      el("button", { class: "send", type: "submit", "aria-label": t.send, title: t.send }, icon("send")),
      this.#hint,
    );
  }

  focus() {
    this.#field.focus({ preventScroll: true });
    this.#grow();
  }

  #typed() {
    this.#store.set("draft", this.#field.value);
    this.#hint.textContent = "";
    if (this.#field.value.trim()) this.#chat.composing();
    this.#grow();
  }

  #key(event) {
    // Enter that only accepts a suggestion of an input method is not a wish to send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.element.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    const text = this.#field.value.trim();
    if (!text) return this.#field.focus();
    if (text.length > MAX_CHARACTERS) {
      this.#hint.textContent = this.#t.tooLong(MAX_CHARACTERS);
      return undefined;
    }
    this.#field.value = "";
    this.#store.remove("draft");
    this.#chat.send(text);
    return this.focus();
  }

  #grow() {
    const { style } = this.#field;
    style.height = "auto";
    style.height = `${Math.min(this.#field.scrollHeight + 2, MAX_HEIGHT_PX)}px`;
  }
}

/** Beside the wait: leave word instead. A form of two fields, none of which must be filled in. */
import { el } from "../../shared/js/dom.js";

const MAX_CONTACT = 200; // what the gateway takes
const MAX_NOTE = 2_000;

export class CallBackView {
  #chat;
  #contact;
  #note;
  #open;
  #form;
  element;

  constructor({ chat, t }) {
    this.#chat = chat;
    this.#contact = el("input", { id: "call-back-contact", maxLength: MAX_CONTACT, autocomplete: "tel", dir: "auto" });
    this.#note = el("textarea", { id: "call-back-note", rows: 2, maxLength: MAX_NOTE, dir: "auto" });
    this.#open = el(
      "button",
      { class: "leave", type: "button", "aria-expanded": "false", on: { click: () => this.#toggle(this.#form.hidden) } },
      t.callBack,
    );
    this.#form = el(
      "form",
      { class: "call-back", hidden: true, on: { submit: (event) => this.#submit(event) } },
      el("label", { for: "call-back-contact" }, t.callBackContact),
      this.#contact,
      el("label", { for: "call-back-note" }, t.callBackNote),
      this.#note,
      el("button", { class: "person", type: "submit" }, t.callBackSend),
    );
    this.element = el("div", { class: "call-back-box" }, this.#open, this.#form);
  }

  /** Show the offer, in these words, or take it away; what was typed stays for the next time. */
  show(offered, words) {
    this.element.hidden = !offered;
    if (!offered) this.#toggle(false);
    else if (this.#open.textContent !== words) this.#open.textContent = words;
  }

  #toggle(open) {
    this.#form.hidden = !open;
    this.#open.setAttribute("aria-expanded", String(open));
    if (open) this.#contact.focus();
  }

  #submit(event) {
    event.preventDefault();
    const [contact, note] = [this.#contact.value.trim(), this.#note.value.trim()];
    this.#chat.callBack({ ...(contact && { contact }), ...(note && { note }) });
    this.#contact.value = this.#note.value = "";
    this.#toggle(false);
    this.#open.focus(); // the button that had it is gone
  }
}

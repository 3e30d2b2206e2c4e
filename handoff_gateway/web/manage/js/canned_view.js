/** Canned replies: what agents need to write again and again. Supervisors and administrators change them. */
import { el } from "../../shared/js/dom.js";
import { plainText } from "../../shared/js/text.js";
import { languageName } from "../../desk/js/words.js";
import { addCannedReply, cannedReplies, changeCannedReply, removeCannedReply } from "./api.js";
import { busily, busyButton, clearErrors, field, showError } from "./fields.js";

const MAX_TITLE = 60;
const MAX_TEXT = 4_000; // as the gateway holds it

export class CannedView {
  #mayChange;
  #list = el("ul", { class: "cards", role: "list" });
  element = el("section", { "aria-label": "Canned replies" });

  constructor({ mayChange }) {
    this.#mayChange = mayChange;
  }

  /** Read everything anew and show the list; `focusId` is the reply whose button gets the focus. */
  async show(focusId = null) {
    const found = await cannedReplies();
    const add = el("button", { class: "primary", type: "button", data: { reply: "new" }, on: { click: () => this.#make() } }, "New reply");
    const none = el("li", { class: "quiet" }, "There are none yet.");
    this.#list.replaceChildren(...(found.length ? found.map((reply) => this.#card(reply)) : [none]));
    this.element.replaceChildren(
      el("header", { class: "section-head" }, el("h2", {}, "Canned replies"), this.#mayChange && add),
      el("p", { class: "quiet" }, "Agents put them into a reply at the desk, with the key / or the button beside it, and can change them before they send."),
      this.#list,
    );
    if (focusId) this.element.querySelector(`[data-reply="${CSS.escape(focusId)}"]`)?.focus();
  }

  #card(reply) {
    const card = el("li", { class: "panel" });
    const problem = el("p", { class: "problem", role: "alert" });
    const text = el("p", { class: "canned-text", dir: "auto", lang: reply.language ?? "" });
    text.append(plainText(reply.text));
    card.append(
      el(
        "header",
        { class: "section-head" },
        el("h3", { dir: "auto" }, reply.title),
        reply.language && el("span", { class: "badge" }, languageName(reply.language)),
      ),
      text,
    );
    if (this.#mayChange) card.append(this.#buttons(card, reply, problem), problem);
    return card;
  }

  #buttons(card, reply, problem) {
    const named = (words) => ({ class: "secondary", type: "button", "aria-label": `${words} ${reply.title}` });
    const edit = { ...named("Change"), data: { reply: reply.id }, on: { click: () => this.#edit(card, reply) } };
    const change = el("button", edit, "Change");
    const remove = el("button", { ...named("Remove"), on: { click: () => ask() } }, "Remove");
    const buttons = el("div", { class: "buttons" }, change, remove);
    const gone = () =>
      removeCannedReply(reply.id).then(
        () => this.show("new"),
        (error) => (problem.textContent = error.message),
      );
    const ask = () => {
      const keep = el("button", { class: "secondary", type: "button", on: { click: () => [buttons.replaceChildren(change, remove), remove.focus()] } }, "Keep it");
      buttons.replaceChildren(busyButton({ class: "secondary danger" }, "Remove it", gone), keep);
      keep.focus();
    };
    return buttons;
  }

  #make() {
    const card = el("li", { class: "panel making" });
    const back = () => [card.remove(), this.element.querySelector("[data-reply=new]").focus()];
    card.append(this.#form({ reply: null, work: addCannedReply, back }));
    this.#list.querySelector(":scope > .making")?.remove();
    this.#list.prepend(card);
    card.querySelector("input").focus();
  }

  #edit(card, reply) {
    const work = (fields) => changeCannedReply(reply.id, fields);
    card.replaceChildren(this.#form({ reply, work, back: () => this.show(reply.id) }));
    card.querySelector("input").focus();
  }

  /** A form whose `work` gets the fields and returns the reply as it is then. */
  #form({ reply, work, back }) {
    const title = el("input", { value: reply?.title ?? "", maxLength: MAX_TITLE, autocomplete: "off", dir: "auto" });
    const text = el("textarea", { value: reply?.text ?? "", rows: 6, maxLength: MAX_TEXT, dir: "auto" });
    const language = el("input", { value: reply?.language ?? "", maxLength: 8, autocomplete: "off", spellcheck: false });
    const save = el("button", { class: "primary", type: "submit" }, reply ? "Save" : "Add it");
    const form = el(
      "form",
      { noValidate: true },
      el("h3", { dir: "auto" }, reply?.title ?? "New reply"),
      field({ name: "title", label: "Title", hint: "Agents find it by this.", control: title }),
      field({ name: "text", label: "Text", hint: "{agent} and {customer} become the names of the two who write.", control: text }),
      field({ name: "language", label: "Language", hint: "Its letters, such as cs: with customers who speak it, it comes first. Empty: any.", control: language }),
      el("p", { class: "problem", role: "alert" }),
      el("div", { class: "buttons" }, save, el("button", { class: "secondary", type: "button", on: { click: back } }, "Cancel")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearErrors(form);
      const fields = { title: title.value, text: text.value, language: language.value.trim() || null };
      busily(save, () => work(fields).then(({ id }) => this.show(id)).catch((error) => showError(form, error.message)));
    });
    return form;
  }
}

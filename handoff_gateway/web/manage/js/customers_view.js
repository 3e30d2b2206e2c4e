/** One customer's data, for administrators: hand out everything that is kept of them, or erase it. */
import { el } from "../../shared/js/dom.js";
import { eraseCustomer, exportCustomer } from "./api.js";
import { busily, busyButton, clearErrors, field, showError } from "./fields.js";

const MAX_ID = 200;

export class CustomersView {
  #form;
  #customer;
  #result = el("div", { class: "result", role: "status" });
  #links = []; // addresses of what was handed out, let go with the next
  element = el("section", { "aria-label": "Customers" });

  constructor() {
    this.#customer = el("input", { autocomplete: "off", spellcheck: false, maxLength: MAX_ID });
    const hint = "Of the customer (at the desk it stands under their name), of their conversation, or the one your own site knows them by.";
    const hand = el("button", { class: "primary", type: "submit" }, "Hand out");
    const erase = el("button", { class: "secondary danger", type: "button", on: { click: () => this.#ask() } }, "Erase…");
    this.#form = el(
      "form",
      { class: "panel", noValidate: true },
      field({ name: "customer", label: "Id", hint, control: this.#customer }),
      el("p", { class: "problem", role: "alert" }),
      el("div", { class: "buttons" }, hand, erase),
      this.#result,
    );
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#given()) busily(hand, () => this.#hand().catch((error) => this.#refused(error)));
    });
    const words = "What one customer may ask for: everything that is kept of them, or its end. Both are written into the audit log.";
    this.element.append(
      el("header", { class: "section-head" }, el("h2", {}, "Customers")),
      el("p", { class: "quiet" }, words),
      this.#form,
    );
  }

  async show() {
    this.#result.replaceChildren();
    clearErrors(this.#form);
  }

  /** The id in the field; empty, with a word at the field, when there is none. */
  #given() {
    clearErrors(this.#form);
    this.#result.replaceChildren();
    const id = this.#customer.value.trim();
    if (!id) showError(this.#form, "customer: write whose data it is about");
    return id;
  }

  async #hand() {
    const id = this.#customer.value.trim();
    const data = await exportCustomer(id);
    for (const address of this.#links.splice(0)) URL.revokeObjectURL(address);
    const file = new Blob([JSON.stringify(data, null, 2)], { type: "application/json" });
    const href = URL.createObjectURL(file);
    this.#links.push(href);
    const who = data.customer.name || data.customer.email || data.customer.id;
    const events = data.events.length === 1 ? "1 event" : `${data.events.length} events`;
    const save = el("a", { class: "secondary", href, download: `${data.customer.id}.json` }, "Save the file");
    this.#result.replaceChildren(el("p", { dir: "auto" }, `${who}: ${events}.`), el("div", { class: "buttons" }, save));
    save.focus();
  }

  #ask() {
    const id = this.#given();
    if (!id) return;
    const keep = el("button", { class: "secondary", type: "button", on: { click: () => [this.#result.replaceChildren(), this.#customer.focus()] } }, "Keep it");
    const sure = busyButton({ class: "secondary danger" }, "Erase for good", () => this.#erase(id).catch((error) => this.#refused(error)));
    const words = `Everything said and kept of “${id}” goes, also what they have open now. Nobody can bring it back.`;
    this.#result.replaceChildren(el("p", { dir: "auto" }, words), el("div", { class: "buttons" }, sure, keep));
    keep.focus();
  }

  async #erase(id) {
    const receipt = await eraseCustomer(id);
    const rows = Object.values(receipt.rows).reduce((sum, count) => sum + count, 0);
    this.#customer.value = "";
    const words = `Erased: ${receipt.customer_id}, ${rows} rows. The knowledge base is told to forget ${receipt.questions} of their questions.`;
    this.#result.replaceChildren(el("p", {}, words));
    this.#customer.focus();
  }

  #refused(error) {
    this.#result.replaceChildren();
    showError(this.#form, error.message);
  }
}

/** The right pane: who the customer is and where they write from. */
import { el, icon } from "../../shared/js/dom.js";
import { plainText, safeAddress, link } from "../../shared/js/text.js";
import { clockTime, dayName } from "../../shared/js/times.js";
import { customerName, inWords, languageName, OWNERS, REASONS } from "./words.js";

export class DetailsView {
  #workspace;
  #content;
  #rendered = "";
  element;

  /** `assist` stands below what is known of the customer. */
  constructor(workspace, assist) {
    this.#workspace = workspace;
    this.#content = el("div");
    const back = el(
      "button",
      {
        class: "plain back",
        type: "button",
        "aria-label": "Back to the conversation",
        on: { click: () => this.element.dispatchEvent(new CustomEvent("pane", { detail: "talk", bubbles: true })) },
      },
      icon("back"),
    );
    this.element = el("aside", { class: "details", "aria-label": "Customer" }, back, this.#content, assist.element);
    for (const type of ["select", "change"]) workspace.addEventListener(type, () => this.#render());
    this.#render();
  }

  #render() {
    const summary = this.#workspace.selected?.summary;
    const state = JSON.stringify(summary ?? null);
    if (state === this.#rendered) return;
    this.#rendered = state;
    if (!summary)
      return this.#content.replaceChildren(el("p", { class: "empty" }, "The customer's details appear here."));
    const { customer = {}, page } = summary;
    const rows = el("dl");
    const add = (name, value) => value && rows.append(el("dt", {}, name), el("dd", { dir: "auto" }, value));
    add("E-mail", customer.email);
    add("Id at your site", customer.external_id);
    add("Identity", customer.verified ? "Verified by the site" : "Not verified");
    add("Language", languageName(summary.language));
    add("Channel", ["web", "widget"].includes(summary.channel) ? "Website" : summary.channel);
    const address = page?.url && safeAddress(page.url);
    add("Page", address && link(address, page.title || page.url));
    add("Speaking now", summary.owner === "agent" ? summary.agent?.name : inWords(OWNERS, summary.owner));
    add("Why a person", inWords(REASONS, summary.reason));
    add("Episode", summary.episode === 1 ? "First conversation" : `Number ${summary.episode} with us`);
    add("Started", summary.created_at && `${dayName(summary.created_at)}, ${clockTime(summary.created_at)}`);
    const about =
      summary.summary &&
      el("section", {}, el("h3", {}, "What it is about"), el("p", { dir: "auto" }, plainText(String(summary.summary))));
    return this.#content.replaceChildren(el("h2", {}, customerName(summary)), el("p", { class: "id" }, customer.id), rows, ...(about ? [about] : []));
  }
}

/** Above the lists: find a conversation by what was said in it or where it stands. What is found becomes a list of its own. */
import { el } from "../../shared/js/dom.js";
import { findConversations } from "./api.js";

const MOST_CHARACTERS = 200; // of a search; the gateway takes no more
const OWNERS = [
  ["", "Anywhere"],
  ["agent", "With agents"],
  ["queue", "Waiting"],
  ["bot", "With the bot"],
  ["nobody", "Closed"],
];

export class FindView {
  #workspace;
  #field;
  #owner;
  #said;
  #clear;
  #asked = 0;
  element;

  constructor(workspace) {
    this.#workspace = workspace;
    this.#field = el("input", { type: "search", maxLength: MOST_CHARACTERS, autocomplete: "off", dir: "auto", placeholder: "Words that were said…" });
    this.#field.setAttribute("aria-label", "Words that were said");
    this.#owner = el("select", { on: { change: () => this.#find() } }, ...OWNERS.map(([value, label]) => el("option", { value }, label)));
    this.#owner.setAttribute("aria-label", "Where it stands");
    this.#said = el("p", { class: "empty", role: "status", hidden: true });
    this.#clear = el("button", { class: "plain", type: "button", hidden: true, on: { click: () => this.#reset() } }, "Clear");
    this.element = el(
      "form",
      { class: "find", role: "search", "aria-label": "Find a conversation", on: { submit: (event) => this.#submit(event) } },
      this.#field,
      this.#owner,
      el("button", { class: "secondary", type: "submit" }, "Find"),
      this.#clear,
      this.#said,
    );
  }

  #submit(event) {
    event.preventDefault();
    return this.#find();
  }

  #reset() {
    this.#asked += 1;
    this.#field.value = this.#owner.value = "";
    this.#workspace.found([]);
    this.#say("");
    this.#clear.hidden = true;
    this.#field.focus();
  }

  async #find() {
    const number = (this.#asked += 1);
    this.#clear.hidden = false;
    try {
      const { conversations, next_cursor: more } = await findConversations(this.#field.value.trim(), this.#owner.value);
      if (number !== this.#asked) return; // a newer search, or none any more
      this.#workspace.found(conversations);
      if (!conversations.length) this.#say("No conversation fits. Try fewer words, or Anywhere.");
      else this.#say(more ? `The ${conversations.length} newest; there are more. Add words to narrow it down.` : "");
    } catch (error) {
      if (number !== this.#asked) return;
      console.warn("tandem: conversations could not be searched", error);
      this.#workspace.found([]);
      this.#say(`Nothing can be looked for now: ${error.message}`);
    }
  }

  #say(text) {
    this.#said.textContent = text;
    this.#said.hidden = !text;
  }
}

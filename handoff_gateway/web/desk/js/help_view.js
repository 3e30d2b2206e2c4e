/** The list of keyboard shortcuts. */
import { el } from "../../shared/js/dom.js";

const KEYS = [
  ["J or ↓", "Next conversation"],
  ["K or ↑", "Previous conversation"],
  ["Enter", "Open it"],
  ["C", "Claim"],
  ["R", "Write a reply"],
  ["N", "Write a note"],
  ["/", "Canned replies"],
  ["Ctrl + Enter", "Send"],
  ["Esc", "Leave the field"],
  ["?", "This help"],
];

export class HelpView {
  element;

  constructor() {
    const rows = KEYS.flatMap(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)]);
    this.element = el(
      "dialog",
      { class: "help", "aria-labelledby": "help-title" },
      el("h2", { id: "help-title" }, "Keyboard"),
      el("dl", {}, ...rows),
      el("form", { method: "dialog" }, el("button", { class: "secondary" }, "Close")),
    );
  }

  show() {
    this.element.showModal();
  }
}

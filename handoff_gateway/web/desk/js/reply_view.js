/** Where the agent writes: reply or note, one draft for each conversation, blocked until everything is on screen. */
import { el, icon } from "../../shared/js/dom.js";
import { TypingSender } from "../../shared/js/typing.js";

const MAX_CHARACTERS = 16_000;
const MAX_HEIGHT_PX = 260;

export class ReplyView {
  #workspace;
  #store;
  #field;
  #modes;
  #send;
  #hint;
  #id = null; // whose draft is in the field
  #note = false;
  #typing = null;
  element;

  constructor(workspace, store) {
    this.#workspace = workspace;
    this.#store = store;
    this.#field = el("textarea", {
      rows: 3,
      dir: "auto",
      "aria-describedby": "reply-hint",
      on: { input: () => this.#typed(), keydown: (event) => this.#key(event), blur: () => this.#typing?.stop() },
    });
    this.#modes = [
      ["Reply", false],
      ["Note", true],
    ].map(([label, note]) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": "false",
          data: { note: String(note) },
          on: {
            click: () => {
              this.mode(note);
              this.focus();
            },
          },
        },
        label,
      ),
    );
    const canned = el("button", { class: "canned-open", type: "button", on: { click: () => this.element.dispatchEvent(new Event("canned")) } }, "Canned replies…");
    this.#send = el("button", { class: "primary", type: "submit" }, icon("send"), el("span"));
    this.#hint = el("p", { class: "hint", id: "reply-hint", role: "status" });
    this.element = el(
      "form",
      { class: "reply", on: { submit: (event) => this.#submit(event) } },
      el("div", { class: "modes", role: "group", "aria-label": "What you write" }, ...this.#modes, canned),
      this.#field,
      el("div", { class: "reply-foot" }, this.#hint, this.#send),
    );
    workspace.addEventListener("select", () => this.#swap());
    workspace.addEventListener("change", () => this.#render());
    workspace.addEventListener("thread", () => this.#render());
    this.mode(false);
  }

  focus() {
    this.#field.focus();
  }

  /** Put text where the caret is, as if it had been typed. */
  insert(text) {
    const { value, selectionStart: start, selectionEnd: end } = this.#field;
    const gap = start > 0 && !/\s$/.test(value.slice(0, start)) ? "\n" : "";
    this.#field.setRangeText(gap + text, start, end, "end");
    this.#typed();
    this.focus();
  }

  /** Switch between a reply to the customer and a note for colleagues. */
  mode(note) {
    this.#note = note;
    this.element.classList.toggle("is-note", note);
    for (const button of this.#modes) button.setAttribute("aria-pressed", String(button.dataset.note === String(note)));
    this.#render();
  }

  // A half-written reply belongs to its customer: it is put away before another conversation comes up.
  #swap() {
    const id = this.#workspace.selectedId;
    if (id === this.#id) return;
    this.#typing?.stop();
    this.#id = id;
    this.#typing = id && new TypingSender((on) => this.#workspace.typing(id, on));
    this.#field.value = (id && this.#store.get(`draft:${id}`)) ?? "";
    this.mode(false);
    this.#grow();
  }

  #render() {
    const { selected, connected, maySend, agent } = this.#workspace;
    const mine = selected?.heldBy(agent.id) ?? false;
    const ready = this.#note ? connected && Boolean(selected?.opened) : maySend;
    this.element.hidden = !selected || (selected.summary.owner === "nobody" && !this.#field.value);
    this.#field.placeholder = this.#note ? "Only agents see this…" : "Write to the customer…";
    this.#field.setAttribute("aria-label", this.#note ? "Note for agents" : "Reply to the customer");
    this.#send.disabled = !ready;
    this.#send.lastElementChild.textContent = this.#note ? "Add note" : "Send";
    const text = this.#reason({ mine, ready, connected });
    if (this.#hint.textContent !== text) this.#hint.textContent = text;
  }

  #reason({ mine, ready, connected }) {
    if (this.#field.value.length > MAX_CHARACTERS) return `At most ${MAX_CHARACTERS} characters.`;
    if (!connected) return "No connection: sending waits until you see everything.";
    if (!this.#note && !mine) return "Claim the conversation to reply.";
    return ready ? "Ctrl + Enter sends" : "Catching up: sending waits until you see everything.";
  }

  #typed() {
    if (this.#field.value) this.#store.set(`draft:${this.#id}`, this.#field.value);
    else this.#store.remove(`draft:${this.#id}`);
    if (!this.#note && this.#workspace.maySend && this.#field.value.trim()) this.#typing?.pressed();
    this.#grow();
    this.#render();
  }

  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      this.element.requestSubmit(this.#send.disabled ? undefined : this.#send);
    }
  }

  #submit(event) {
    event.preventDefault();
    const text = this.#field.value.trim();
    if (!text || this.#send.disabled || text.length > MAX_CHARACTERS) return;
    this.#typing?.stop();
    this.#workspace.write(text, { note: this.#note });
    this.#field.value = "";
    this.#store.remove(`draft:${this.#id}`);
    if (this.#note) this.mode(false);
    this.#grow();
    this.focus();
  }

  #grow() {
    const { style } = this.#field;
    style.height = "auto";
    style.height = `${Math.min(this.#field.scrollHeight + 2, MAX_HEIGHT_PX)}px`;
  }
}

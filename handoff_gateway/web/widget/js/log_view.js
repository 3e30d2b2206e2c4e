/** The list of messages: appends what is new, keeps the reader's place, tells screen readers of new lines only. */
import { el, icon } from "../../shared/js/dom.js";
import { dayKey, dayName } from "../../shared/js/times.js";
import { eventElements, pendingElement } from "./message_view.js";

// Nearer to the end than this, a new message scrolls the log along.
const NEAR_END_PX = 90;

export class LogView {
  #chat;
  #context;
  #list;
  #pending;
  #typing;
  #greeting;
  #newLines;
  #shown = 0;
  #wasNear = true;
  #agentName = null;
  #day = null;
  element;

  /** `starters` are questions to offer while nothing has been said yet. */
  constructor({ chat, t, language, base, starters }) {
    this.#chat = chat;
    this.#context = {
      t,
      language,
      base,
      choose: (button) => chat.send(button.title, button.payload),
      rate: (seq, helpful) => this.#rate(seq, helpful),
      retry: (id) => {
        chat.hurry();
        chat.outbox.retry(id);
      },
      discard: (id) => chat.outbox.discard(id),
    };
    this.#greeting = el(
      "div",
      { class: "greeting" },
      el("p", { class: "hello" }, t.greeting),
      el(
        "div",
        { class: "choices" },
        ...starters.map((text) => el("button", { type: "button", on: { click: () => chat.send(text) } }, text)),
      ),
    );
    this.#list = el("div", { class: "log", role: "log", "aria-label": t.logLabel, "aria-live": "off", tabIndex: 0 });
    this.#pending = el("div", { class: "unsent" });
    this.#typing = el("div", { class: "typing", hidden: true }, el("i"), el("i"), el("i"), el("span"));
    this.#newLines = el(
      "button",
      { class: "new-lines", type: "button", hidden: true, on: { click: () => this.toEnd() } },
      icon("down"),
      t.newLines,
    );
    const scroll = el(
      "div",
      { class: "scroll", on: { scroll: () => this.#scrolled() } },
      this.#greeting,
      this.#list,
      this.#pending,
      this.#typing,
    );
    this.element = el("div", { class: "messages" }, scroll, this.#newLines);
    // The banner, the queue's place and a growing composer take room from the log: its end stays in sight.
    new ResizeObserver(() => this.#wasNear && this.toEnd()).observe(scroll);
    chat.addEventListener("thread", () => this.#threadChanged());
    chat.addEventListener("outbox", () => this.#outboxChanged());
    chat.addEventListener("change", () => this.#stateChanged());
    this.#outboxChanged();
  }

  toEnd() {
    const { scroll } = this;
    scroll.scrollTop = scroll.scrollHeight;
    this.#newLines.hidden = true;
  }

  get scroll() {
    return this.element.firstElementChild;
  }

  #threadChanged() {
    const { events } = this.#chat.thread;
    if (events.length < this.#shown) this.#clear();
    const near = this.#near();
    const fresh = events.slice(this.#shown);
    this.#shown = events.length;
    for (const event of fresh) this.#append(event);
    this.#supersede();
    this.#outboxChanged();
    if (near || fresh.some((event) => event.message?.role === "customer")) this.toEnd();
    else if (fresh.some((event) => event.kind !== "hidden")) this.#newLines.hidden = false;
    // Replay is history, not news: announcements begin once everything old is in place.
    if (this.#chat.synced) requestAnimationFrame(() => this.#list.setAttribute("aria-live", "polite"));
  }

  #append(event) {
    if (event.kind === "feedback") return this.#rated(event);
    const elements = eventElements(event, { ...this.#context, agentName: this.#agentName });
    if (event.kind === "owner") this.#agentName = event.owner === "agent" ? (event.agent?.name ?? "") : null;
    if (elements.length === 0) return;
    const key = dayKey(event.at);
    if (this.#day && this.#day !== key)
      this.#list.append(el("p", { class: "between day" }, dayName(event.at, this.#context.language)));
    this.#day = key;
    const last = this.#list.lastElementChild;
    // Consecutive messages of one person show the name once; the attribute is for the style sheet.
    if (elements[0].dataset.name && last?.dataset.name === elements[0].dataset.name) elements[0].classList.add("same");
    this.#list.append(...elements);
  }

  // Only the newest offer of the bot is open, and only while the bot still has the conversation.
  #supersede() {
    const newest = this.#chat.thread.events.findLast(
      (event) => event.kind === "message" && event.message.role !== "system",
    );
    const open = this.#chat.owner === "bot" && this.#chat.outbox.items.length === 0 ? newest?.seq : null;
    for (const group of this.#list.querySelectorAll("[data-choices]")) {
      const over = Number(group.dataset.choices) !== open;
      if (over && group.contains(group.getRootNode().activeElement)) this.scroll.querySelector(".log").focus();
      group.hidden = over;
    }
  }

  #outboxChanged() {
    const near = this.#wasNear;
    const { items } = this.#chat.outbox;
    const focused = this.#pending.contains(this.#pending.getRootNode().activeElement);
    const shown = items.filter(({ frame, state }) => frame.type === "send" || state === "failed");
    const grew = shown.length > this.#pending.childElementCount;
    this.#pending.replaceChildren(...shown.map((item) => pendingElement(item, this.#context)));
    if (focused) this.#list.focus(); // the button that had it is gone
    this.#greeting.hidden = !this.#chat.isNew;
    this.#supersede();
    if (grew || near) this.toEnd();
  }

  #stateChanged() {
    const { now } = this.#chat.typing;
    const near = this.#near();
    this.#typing.hidden = !now;
    if (now) {
      const { t } = this.#context;
      this.#typing.lastElementChild.textContent = t.typing(now.name || (now.role === "bot" ? t.assistant : t.person));
    }
    this.#supersede();
    if (near && now) this.toEnd();
  }

  #rate(seq, helpful) {
    if (this.#chat.feedback(seq, helpful)) this.#rated({ feedback: { seq, helpful } });
  }

  #rated(event) {
    const { seq, helpful } = event.feedback ?? event;
    const box = this.#list.querySelector(`[data-rate="${Number(seq)}"]`);
    if (!box) return;
    box.firstElementChild.textContent = this.#context.t.thanks;
    for (const thumb of box.querySelectorAll(".thumb")) {
      thumb.setAttribute("aria-pressed", String(thumb.dataset.value === String(helpful)));
    }
  }

  #clear() {
    this.#list.setAttribute("aria-live", "off");
    this.#list.replaceChildren();
    this.#shown = 0;
    this.#agentName = null;
    this.#day = null;
  }

  #scrolled() {
    this.#wasNear = this.#near();
    if (this.#wasNear) this.#newLines.hidden = true;
  }

  #near() {
    const { scroll } = this;
    return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END_PX;
  }
}

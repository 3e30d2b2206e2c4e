/** The top of the panel: who one is talking with, how the connection is, end and close. */
import { el, icon } from "../../shared/js/dom.js";

// A reconnect quicker than this is not worth a banner that flashes.
const BANNER_AFTER_MS = 700;

export class HeadView {
  #chat;
  #t;
  #title;
  #line;
  #avatar;
  #end;
  #confirm;
  #banner;
  #bannerText;
  #bannerTimer;
  element;

  /** `close` hides the panel. */
  constructor({ chat, t, close }) {
    this.#chat = chat;
    this.#t = t;
    this.#avatar = el("span", { class: "avatar", "aria-hidden": "true" });
    this.#title = el("h2", { class: "title", id: "tandem-title" });
    this.#line = el("p", { class: "line" });
    this.#end = el(
      "button",
      {
        class: "icon-button end",
        type: "button",
        "aria-label": t.end,
        title: t.end,
        on: { click: () => this.#ask(true) },
      },
      icon("end"),
    );
    const closer = el(
      "button",
      { class: "icon-button close", type: "button", "aria-label": t.close, title: t.close, on: { click: close } },
      icon("close"),
    );
    this.#confirm = this.#confirmation();
    this.#bannerText = el("span");
    this.#banner = el("div", { class: "banner", role: "status" });
    this.element = el(
      "div",
      {},
      el(
        "header",
        { class: "head" },
        this.#avatar,
        el("div", { class: "who" }, this.#title, this.#line),
        this.#end,
        closer,
      ),
      this.#confirm,
      this.#banner,
    );
    for (const type of ["change", "thread"]) chat.addEventListener(type, () => this.#render());
    this.#render();
  }

  #confirmation() {
    return el(
      "div",
      {
        class: "confirm",
        role: "group",
        "aria-label": this.#t.endAsk,
        hidden: true,
        on: { keydown: (event) => event.key === "Escape" && (event.stopPropagation(), this.#ask(false)) },
      },
      el("p", {}, this.#t.endAsk),
      el(
        "button",
        {
          type: "button",
          class: "yes",
          on: {
            click: () => {
              this.#chat.end();
              this.#ask(false);
            },
          },
        },
        this.#t.endYes,
      ),
      el("button", { type: "button", class: "no", on: { click: () => this.#ask(false) } }, this.#t.endNo),
    );
  }

  #ask(on) {
    this.#confirm.hidden = !on;
    if (on) this.#confirm.querySelector(".no").focus();
    else if (!this.#end.hidden) this.#end.focus();
  }

  #render() {
    const { owner, agent } = this.#chat;
    const t = this.#t;
    const name = agent?.name || t.person;
    const [title, line, mark] = {
      bot: [t.assistant, t.headBot, icon("bot")],
      queue: [t.headQueue, this.#chat.unattended ? t.headNobody : "", icon("clock")],
      agent: [name, t.headAgent, [...name][0]?.toUpperCase() ?? ""],
      nobody: [t.assistant, this.#chat.isNew ? t.headBot : t.headEnded, icon("bot")],
    }[owner] ?? [t.assistant, "", icon("bot")];
    this.#title.textContent = title;
    this.#line.textContent = line;
    this.#avatar.replaceChildren(mark);
    this.#avatar.dataset.owner = owner;
    this.#end.hidden = owner === "nobody" || this.#chat.thread.lastSeq === 0;
    this.#end.disabled = !this.#chat.connected;
    if (this.#end.hidden) this.#confirm.hidden = true;
    this.#renderBanner();
  }

  #renderBanner() {
    const ready = this.#chat.synced;
    if (ready) {
      clearTimeout(this.#bannerTimer);
      this.#bannerTimer = undefined;
      this.#banner.replaceChildren();
      return;
    }
    this.#bannerTimer ??= setTimeout(() => this.#showBanner(), BANNER_AFTER_MS);
    if (this.#banner.childElementCount) this.#showBanner();
  }

  #showBanner() {
    if (this.#chat.synced) return;
    const text = this.#chat.connected ? this.#t.syncing : this.#t.offline;
    if (this.#bannerText.textContent !== text) this.#bannerText.textContent = text;
    if (this.#banner.childElementCount) return;
    this.#banner.replaceChildren(
      this.#bannerText,
      el("button", { class: "link", type: "button", on: { click: () => this.#chat.hurry() } }, this.#t.tryNow),
    );
  }
}

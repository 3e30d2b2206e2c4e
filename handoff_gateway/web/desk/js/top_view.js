/** The bar on top: presence, capacity, sound, account, and the banner when the connection is not there. */
import { el, icon } from "../../shared/js/dom.js";
import { alertWords, awayWords, customerName, REFUSALS } from "./words.js";

// A reconnect quicker than this is not worth a banner that flashes.
const BANNER_AFTER_MS = 600;
const TOAST_MS = 7_000;

export class TopView {
  #workspace;
  #presence;
  #capacity;
  #away;
  #banner;
  #bannerTimer;
  #toast;
  #toastTimer;
  element;

  constructor({ workspace, alerts, help, signOut }) {
    this.#workspace = workspace;
    this.#presence = ["online", "away"].map((state) =>
      el(
        "button",
        { type: "button", "aria-pressed": "false", data: { state }, on: { click: () => this.#choose(state) } },
        state === "online" ? "Online" : "Away",
      ),
    );
    this.#capacity = el("p", { class: "capacity" });
    this.#away = el("div", { class: "link-banner away", role: "alert" });
    this.#banner = el("div", { class: "link-banner", role: "status" });
    this.#toast = el("div", { class: "toast", role: "alert" });
    const sound = el("button", { type: "button", class: "plain", "aria-pressed": String(!alerts.muted) }, "Sound");
    sound.addEventListener("click", () => {
      alerts.muted = !alerts.muted;
      sound.setAttribute("aria-pressed", String(!alerts.muted));
    });
    this.element = el(
      "header",
      { class: "top" },
      el("img", { src: "/static/desk/mark.svg", alt: "", width: 32, height: 32 }),
      el("h1", {}, "Desk"),
      el("div", { class: "presence", role: "group", "aria-label": "Your presence" }, ...this.#presence),
      this.#capacity,
      el("span", { class: "space" }),
      sound,
      el(
        "button",
        { type: "button", class: "plain", "aria-label": "Keyboard shortcuts", on: { click: () => help.show() } },
        icon("info"),
      ),
      el("a", { class: "plain manage-link", href: "/manage" }, "Manage"),
      el("a", { class: "account", href: "/manage#account", title: "Your account" }, workspace.agent.name ?? workspace.agent.email),
      el("button", { type: "button", class: "plain", on: { click: () => this.#leave(signOut) } }, "Sign out"),
      this.#banner,
      this.#away,
      this.#toast,
    );
    workspace.addEventListener("change", () => this.#render());
    workspace.addEventListener("refused", ({ detail }) => this.#say(REFUSALS[detail.code] ?? detail.message));
    workspace.addEventListener("alert", ({ detail }) => this.#say(this.#alert(detail)));
    this.#render();
  }

  #alert(alert) {
    const about = { reminded: `still with ${alert.to}`, ended: alert.outcome }[alert.standing] ?? alertWords(alert);
    return `${customerName(alert.conversation)}: ${about}`;
  }

  async #choose(state) {
    try {
      await this.#workspace.setPresence(state);
    } catch (refused) {
      this.#say(REFUSALS[refused.code] ?? refused.message);
    }
  }

  /** Sign out; while that cannot be done, anybody at this browser is still signed in, and it has to be said. */
  async #leave(signOut) {
    try {
      await signOut();
    } catch (error) {
      console.warn("tandem: signing out failed", error);
      this.#say("You are still signed in: the gateway does not answer. Try again when it does.");
    }
  }

  #say(text) {
    clearTimeout(this.#toastTimer);
    this.#toast.textContent = text;
    this.#toastTimer = setTimeout(() => (this.#toast.textContent = ""), TOAST_MS);
  }

  #render() {
    const { presence, capacity, mine, connected } = this.#workspace;
    for (const button of this.#presence) {
      button.setAttribute("aria-pressed", String(button.dataset.state === presence.state));
      button.disabled = !connected;
    }
    this.#capacity.textContent = capacity === null ? "" : `${mine.length} of ${capacity}`;
    this.#capacity.title = "Conversations you hold, of those you can hold at once";
    this.#renderAway();
    if (connected) {
      clearTimeout(this.#bannerTimer);
      this.#bannerTimer = undefined;
      this.#banner.replaceChildren();
    } else {
      this.#bannerTimer ??= setTimeout(() => this.#showBanner(), BANNER_AFTER_MS);
    }
  }

  /** Say why one is away without having chosen it, until one is back. */
  #renderAway() {
    const { connected } = this.#workspace;
    const { setAway } = this.#workspace.presence;
    if (!setAway) return this.#away.replaceChildren();
    if (this.#away.childElementCount === 0) {
      const online = el("button", { type: "button", class: "plain", on: { click: () => this.#choose("online") } }, "I am back");
      this.#away.replaceChildren(el("span", {}, awayWords(setAway)), online);
    }
    this.#away.lastElementChild.disabled = !connected;
  }

  #showBanner() {
    if (this.#workspace.connected) return;
    this.#banner.replaceChildren(
      el("span", {}, "No connection to the gateway. Trying again; nothing you write is lost."),
      el("button", { type: "button", class: "plain", on: { click: () => this.#workspace.hurry() } }, "Try now"),
    );
  }
}

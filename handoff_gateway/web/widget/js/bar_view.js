/** The strip above the composer: a person is always one press away, and waiting shows its place. */
import { el, icon } from "../../shared/js/dom.js";
import { clockTime, dayName, roughly } from "../../shared/js/times.js";
import { CallBackView } from "./call_back_view.js";

export class BarView {
  #chat;
  #t;
  #language;
  #ask;
  #leave;
  #callBack;
  #place;
  element;

  constructor({ chat, t, language }) {
    this.#chat = chat;
    this.#t = t;
    this.#language = language;
    this.#ask = el(
      "button",
      { class: "person", type: "button", on: { click: () => chat.requestAgent() } },
      icon("person"),
      el("span", {}, t.person_ask),
    );
    this.#place = el("p", { class: "place", role: "status" });
    this.#leave = el("button", { class: "leave", type: "button", on: { click: () => chat.leaveQueue() } }, t.leave);
    this.#callBack = new CallBackView({ chat, t });
    this.element = el("div", { class: "bar" }, this.#place, this.#ask, this.#leave, this.#callBack.element);
    for (const type of ["change", "outbox"]) chat.addEventListener(type, () => this.#render());
    this.#render();
  }

  #render() {
    const { owner, askingForAgent, connected, promise } = this.#chat;
    const waiting = owner === "queue";
    const hadFocus = this.element.contains(this.element.getRootNode().activeElement);
    this.#ask.hidden = waiting || owner === "agent";
    this.#ask.setAttribute("aria-disabled", String(askingForAgent));
    this.#ask.lastElementChild.textContent = askingForAgent ? this.#t.person_pending : this.#t.person_ask;
    this.#leave.hidden = !waiting;
    this.#leave.disabled = !connected;
    // Who was promised that somebody gets back to them must be able to say where.
    const unreachable = owner === "bot" && promise !== null && !promise.contact;
    this.#callBack.show(waiting || unreachable, waiting ? this.#t.callBack : this.#t.leaveContact);
    this.element.hidden = owner === "agent";
    if (hadFocus && (waiting ? this.#ask : this.#leave).hidden && !this.element.hidden)
      (waiting ? this.#leave : this.#ask).focus();
    const text = waiting ? this.#placeText() : "";
    if (this.#place.textContent !== text) this.#place.textContent = text; // a status is read out whenever it changes
  }

  #placeText() {
    const { queue, attendance, unattended } = this.#chat;
    if (unattended && attendance.opens_at) return this.#t.closed(this.#moment(attendance.opens_at));
    if (unattended) return this.#t.nobody;
    if (!queue?.position) return this.#t.waiting;
    const place = this.#t.position(queue.position);
    if (queue.estimated_wait_s == null) return place;
    return `${place} · ${this.#t.wait(roughly(queue.estimated_wait_s, this.#language))}`;
  }

  #moment(iso) {
    return `${dayName(iso, this.#language)}, ${clockTime(iso, this.#language)}`;
  }
}

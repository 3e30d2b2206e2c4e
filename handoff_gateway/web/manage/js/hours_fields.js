/** The opening hours of a team: always, or a week with a time zone, public holidays and days that are different. */
import { el } from "../../shared/js/dom.js";
import { choice, field, group, wordsOf } from "./fields.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const OFFICE = "09:00-17:00"; // what a new week begins with, Monday to Friday
const WORKDAYS = 5;

export class HoursFields {
  #always;
  #zone;
  #country;
  #region;
  #week;
  #special;
  #open;
  element;

  /** `hours` as the gateway has them; null for always open. */
  constructor(hours) {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const [always, open] = [!hours, Boolean(hours)];
    const listen = { change: () => this.#render() };
    const alwaysChoice = choice("radio", { name: "hours", checked: always, on: listen }, "Always open");
    const openChoice = choice("radio", { name: "hours", checked: open, on: listen }, "Opening hours");
    this.#always = alwaysChoice.querySelector("input");
    this.#zone = el("input", { value: hours?.time_zone ?? here, autocomplete: "off", spellcheck: false });
    this.#zone.setAttribute("list", "time-zones");
    this.#country = el("input", { value: hours?.country ?? "", maxLength: 2, size: 4, autocomplete: "off", spellcheck: false });
    this.#region = el("input", { value: hours?.region ?? "", maxLength: 10, size: 8, autocomplete: "off", spellcheck: false });
    this.#week = DAYS.map((day, index) => {
      const spans = hours ? (hours.weekly[day] ?? []) : index < WORKDAYS ? [OFFICE] : [];
      return el("input", { value: spans.join(", "), autocomplete: "off", placeholder: "closed", data: { day } });
    });
    this.#special = el("div", { class: "special" });
    for (const [date, spans] of Object.entries(hours?.special ?? {}).sort()) this.#addDay(date, spans);
    this.#open = el("div", { class: "hours" }, ...this.#openFields());
    this.element = group({ name: "hours", label: "Hours" }, el("div", { class: "choices" }, alwaysChoice, openChoice), this.#open);
    this.#render();
  }

  #openFields() {
    const zones = el("datalist", { id: "time-zones" }, ...Intl.supportedValuesOf("timeZone").map((value) => el("option", { value })));
    const add = el("button", { class: "secondary", type: "button", on: { click: () => this.#addDay("", []).focus() } }, "Add a day");
    return [
      field({ name: "hours.time_zone", label: "Time zone", hint: "Whose clock the hours are read on, such as Europe/Prague.", control: this.#zone }),
      zones,
      group(
        { name: "hours.weekly", label: "Week", hint: "Stretches such as 09:00-12:00, 13:00-17:00. Empty is closed; 22:00-06:00 ends the next day." },
        ...this.#week.map((control, index) => field({ name: `hours.weekly.${DAYS[index]}`, label: NAMES[index], control })),
      ),
      el(
        "div",
        { class: "row" },
        field({ name: "hours.country", label: "Public holidays of", hint: "A country's two letters, such as CZ. Empty for none.", control: this.#country }),
        field({ name: "hours.region", label: "Region", hint: "Where holidays differ, such as BY in DE.", control: this.#region }),
      ),
      group({ name: "hours.special", label: "Days that are different", hint: "They go before the week and the holidays; empty is closed." }, this.#special, add),
    ];
  }

  #addDay(date, spans) {
    const day = el("input", { type: "date", value: date, "aria-label": "Day" });
    const times = el("input", { value: spans.join(", "), placeholder: "closed", "aria-label": "Hours on that day", autocomplete: "off" });
    const remove = el("button", { class: "plain", type: "button", on: { click: () => row.remove() } }, "Remove");
    const row = el("div", { class: "special-day" }, day, times, remove);
    this.#special.append(row);
    return day;
  }

  #render() {
    this.#open.hidden = this.#always.checked;
  }

  /** What the gateway takes. */
  value() {
    if (this.#always.checked) return null;
    const special = [...this.#special.children].map((row) => [...row.querySelectorAll("input")].map(({ value }) => value.trim()));
    return {
      time_zone: this.#zone.value.trim(),
      country: this.#country.value.trim().toUpperCase() || null,
      region: this.#region.value.trim().toUpperCase() || null,
      weekly: Object.fromEntries(this.#week.map((control) => [control.dataset.day, wordsOf(control.value)])),
      special: Object.fromEntries(special.filter(([day]) => day).map(([day, times]) => [day, wordsOf(times)])),
    };
  }
}

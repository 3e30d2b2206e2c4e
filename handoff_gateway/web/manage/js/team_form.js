/** Everything about one team, to make or to change it. */
import { el } from "../../shared/js/dom.js";
import { addTeam, changeTeam } from "./api.js";
import { busily, choice, clearErrors, field, group, showError, wordsOf } from "./fields.js";
import { HoursFields } from "./hours_fields.js";

const MINUTE_S = 60;
const TARGETS = [
  ["first_response_s", "First answer within (minutes)"],
  ["next_response_s", "Further answers within (minutes)"],
  ["resolution_s", "Closed within (minutes)"],
];

export class TeamForm {
  #team;
  #done;
  #name;
  #languages;
  #skills;
  #manual;
  #fallback;
  #members;
  #targets;
  #hours;
  #save;
  element;

  /** `team` to change, or null for a new one; `done(team)` is called when it is stored, `done(null)` when one gives up. */
  constructor({ team, teams, agents, done }) {
    [this.#team, this.#done] = [team, done];
    this.#name = el("input", { value: team?.name ?? "", maxLength: 60, autocomplete: "off", dir: "auto" });
    this.#languages = el("input", { value: (team?.languages ?? []).join(", "), autocomplete: "off", spellcheck: false });
    this.#skills = el("input", { value: (team?.skills ?? []).join(", "), autocomplete: "off", spellcheck: false });
    const auto = choice("radio", { name: "mode", checked: team?.mode !== "manual" }, "By itself", "to whoever has room");
    const manual = choice("radio", { name: "mode", checked: team?.mode === "manual" }, "By claiming", "each waits until somebody takes it");
    this.#manual = manual.querySelector("input");
    const others = teams.filter((other) => other.id !== team?.id);
    const option = ({ id, name }) => el("option", { value: id, selected: team?.fallback === id }, name);
    this.#fallback = el("select", {}, el("option", { value: "" }, "Nobody"), ...others.map(option));
    this.#members = agents.map((agent) => memberChoice(agent, team));
    this.#targets = TARGETS.map(([name]) =>
      el("input", { type: "number", min: 0, step: "any", inputMode: "decimal", value: minutes(team?.targets?.[name]) }),
    );
    this.#hours = new HoursFields(team?.hours ?? null);
    this.#save = el("button", { class: "primary", type: "submit" }, team ? "Save" : "Make the team");
    const title = el("h2", { tabIndex: -1 }, team ? team.name : "New team");
    this.element = el(
      "form",
      { class: "panel", noValidate: true, on: { submit: (event) => this.#submit(event) } },
      title,
      ...this.#fields(auto, manual),
      el("p", { class: "problem", role: "alert" }),
      el(
        "div",
        { class: "buttons" },
        this.#save,
        el("button", { class: "secondary", type: "button", on: { click: () => done(null) } }, "Cancel"),
      ),
    );
  }

  #fields(auto, manual) {
    const nobody = el("p", { class: "quiet" }, "There are no agents yet. An administrator adds them.");
    return [
      field({ name: "name", label: "Name", control: this.#name }),
      group(
        { name: "members", label: "Members", hint: "Whoever is in no team belongs to General." },
        el("div", { class: "members" }, ...(this.#members.length ? this.#members : [nobody])),
      ),
      field({ name: "languages", label: "Languages", hint: "Their letters, such as cs, en. A customer who speaks one of them may come here.", control: this.#languages }),
      field({ name: "skills", label: "Skills needed", hint: "Only agents who have all of them are given its conversations. Empty: every member.", control: this.#skills }),
      group({ name: "mode", label: "Conversations find their agent" }, el("div", { class: "choices" }, auto, manual)),
      field({ name: "fallback", label: "Helped out by", hint: "When nobody here has room, and while this team is closed.", control: this.#fallback }),
      this.#hours.element,
      group(
        { name: "targets", label: "Targets", hint: "In the team's open time. Agents and supervisors are warned before one is missed. Empty: none." },
        el("div", { class: "row" }, ...TARGETS.map(([name, label], index) => field({ name: `targets.${name}`, label, control: this.#targets[index] }))),
      ),
    ];
  }

  async #submit(event) {
    event.preventDefault();
    clearErrors(this.element);
    const fields = this.#value();
    await busily(this.#save, async () => {
      try {
        const stored = this.#team ? await changeTeam(this.#team.id, fields) : await addTeam(fields);
        this.#done(stored);
      } catch (error) {
        console.info("tandem: the team was not stored", error.message);
        showError(this.element, error.message);
      }
    });
  }

  #value() {
    const chosen = this.#members.map((row) => row.querySelector("input")).filter((box) => box.checked);
    const seconds = this.#targets.map(({ value }) => (value === "" ? null : Number(value) * MINUTE_S));
    return {
      name: this.#name.value,
      members: chosen.map((box) => box.value),
      languages: wordsOf(this.#languages.value),
      skills: wordsOf(this.#skills.value),
      mode: this.#manual.checked ? "manual" : "auto",
      fallback: this.#fallback.value || null,
      hours: this.#hours.value(),
      targets: Object.fromEntries(TARGETS.map(([name], index) => [name, seconds[index]])),
    };
  }
}

function memberChoice(agent, team) {
  const about = [...agent.languages, ...agent.skills].join(", ");
  const checked = Boolean(team?.members.includes(agent.account_id));
  return choice("checkbox", { value: agent.account_id, checked }, agent.name, about);
}

const minutes = (seconds) => (seconds ? String(Math.round((seconds / MINUTE_S) * 100) / 100) : "");

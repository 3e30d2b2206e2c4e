/** The teams: who is in them, when they are there, and how their conversations find an agent. */
import { el } from "../../shared/js/dom.js";
import { clockTime, dayName } from "../../shared/js/times.js";
import { agents, removeTeam, teams } from "./api.js";
import { busyButton } from "./fields.js";
import { TeamForm } from "./team_form.js";

const GENERAL = "general"; // takes what names no other team; cannot be removed

export class TeamsView {
  #mayChange;
  #teams = [];
  #agents = [];
  element = el("section", { "aria-label": "Teams" });

  constructor({ mayChange }) {
    this.#mayChange = mayChange;
  }

  /** Read everything anew and show the list; `focusId` is the team whose button gets the focus. */
  async show(focusId = null) {
    [this.#teams, this.#agents] = await Promise.all([teams(), agents()]);
    const add = el("button", { class: "primary", type: "button", data: { team: "new" }, on: { click: () => this.#edit(null) } }, "New team");
    this.element.replaceChildren(
      el("header", { class: "section-head" }, el("h2", {}, "Teams"), this.#mayChange && add),
      el("p", { class: "quiet" }, "A handoff goes to the team the bot names, else to General, else to one that serves the customer's language."),
      el("ul", { class: "cards", role: "list" }, ...this.#teams.map((team) => this.#card(team))),
    );
    if (focusId) this.element.querySelector(`[data-team="${CSS.escape(focusId)}"]`)?.focus();
  }

  #card(team) {
    const rows = el("dl");
    const add = (name, value) => value && rows.append(el("dt", {}, name), el("dd", { dir: "auto" }, value));
    add("Members", this.#memberWords(team));
    add("Languages", team.languages.join(", "));
    add("Skills", team.skills.join(", "));
    add("Assigned", team.mode === "manual" ? "By claiming" : "By itself");
    add("Helped out by", this.#teams.find(({ id }) => id === team.fallback)?.name);
    add("Hours", hoursWords(team));
    add("Targets", targetWords(team.targets));
    const problem = el("p", { class: "problem", role: "alert" });
    return el(
      "li",
      { class: "panel" },
      el(
        "header",
        { class: "section-head" },
        el("h3", { dir: "auto" }, team.name),
        el("span", { class: team.open ? "badge open" : "badge" }, team.open ? "Open" : closedWords(team)),
      ),
      rows,
      problem,
      this.#mayChange && this.#buttons(team, problem),
    );
  }

  #memberWords(team) {
    const names = this.#agents.filter(({ teams: inTeams }) => inTeams.includes(team.id)).map(({ name }) => name);
    return names.length ? names.join(", ") : "Nobody: its conversations wait, or go to the team that helps out";
  }

  #buttons(team, problem) {
    const change = el(
      "button",
      { class: "secondary", type: "button", "aria-label": `Change ${team.name}`, data: { team: team.id }, on: { click: () => this.#edit(team) } },
      "Change",
    );
    const box = el("div", { class: "buttons" }, change);
    if (team.id !== GENERAL) box.append(this.#remover(team, problem));
    return box;
  }

  /** Ask before a team is removed: there is no way back. */
  #remover(team, problem) {
    const ask = el("button", { class: "plain", type: "button", "aria-label": `Remove ${team.name}` }, "Remove");
    const yes = busyButton({ class: "secondary danger" }, "Remove it", async () => {
      try {
        await removeTeam(team.id);
        await this.show("new");
      } catch (error) {
        problem.textContent = error.message;
        sure.replaceWith(ask);
        ask.focus();
      }
    });
    const no = el("button", { class: "plain", type: "button" }, "Keep it");
    const sure = el("span", { class: "sure", role: "group", "aria-label": `Remove ${team.name}?` }, el("span", {}, "For good?"), yes, no);
    ask.addEventListener("click", () => {
      problem.textContent = "";
      ask.replaceWith(sure);
      no.focus();
    });
    no.addEventListener("click", () => {
      sure.replaceWith(ask);
      ask.focus();
    });
    return ask;
  }

  #edit(team) {
    const done = (stored) => this.show(stored?.id ?? team?.id ?? "new");
    const form = new TeamForm({ team, teams: this.#teams, agents: this.#agents, done });
    this.element.replaceChildren(form.element);
    form.element.querySelector("h2").focus();
    scrollTo(0, 0);
  }
}

function closedWords(team) {
  return team.opens_at ? `Closed until ${dayName(team.opens_at)}, ${clockTime(team.opens_at)}` : "Closed for good";
}

function hoursWords({ hours }) {
  if (!hours) return "Always";
  const days = Object.entries(hours.weekly).map(([day, spans]) => `${day.charAt(0).toUpperCase()}${day.slice(1)} ${spans.join(" and ")}`);
  const special = Object.keys(hours.special).length;
  return [
    days.join(", ") || "Never",
    hours.time_zone,
    hours.country && `holidays of ${[hours.country, hours.region].filter(Boolean).join("-")}`,
    special && (special === 1 ? "one day that is different" : `${special} days that are different`),
  ]
    .filter(Boolean)
    .join(" · ");
}

function targetWords(targets) {
  const words = { first_response_s: "first answer", next_response_s: "further answers", resolution_s: "closed" };
  const set = Object.entries(words).filter(([name]) => targets[name]);
  return set.map(([name, label]) => `${label} within ${duration(targets[name])}`).join(", ");
}

function duration(seconds) {
  const minutes = Math.round((seconds / 60) * 100) / 100;
  return minutes < 120 ? `${minutes} min` : `${Math.round((minutes / 60) * 10) / 10} h`;
}

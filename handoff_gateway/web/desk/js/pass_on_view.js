/** Pass a conversation on: to whom, with a note. The teams and agents are asked for when the form opens. */
import { el } from "../../shared/js/dom.js";
import { agents, teams } from "./api.js";

const MAX_NOTE = 2_000;

export class PassOnView {
  #workspace;
  #run;
  #to;
  #note;
  #problem;
  element;

  /** `run(fields)` transfers the conversation on screen. */
  constructor(workspace, run) {
    this.#workspace = workspace;
    this.#run = run;
    this.#to = el("select", { id: "pass-on-to", required: true });
    this.#note = el("input", { id: "pass-on-note", maxLength: MAX_NOTE, autocomplete: "off", dir: "auto" });
    this.#problem = el("p", { class: "problem", role: "alert" });
    this.element = el(
      "form",
      { class: "pass-on", hidden: true, on: { submit: (event) => this.#submit(event) } },
      el("label", { for: "pass-on-to" }, "Pass on to"),
      this.#to,
      el("label", { for: "pass-on-note" }, "Note for colleagues"),
      this.#note,
      el("button", { class: "primary", type: "submit" }, "Pass on"),
      el("button", { class: "secondary", type: "button", on: { click: () => this.close() } }, "Cancel"),
      this.#problem,
    );
  }

  async toggle() {
    if (!this.element.hidden) return this.close();
    this.element.hidden = false;
    this.#problem.textContent = "";
    try {
      const [teamList, agentList] = await Promise.all([teams(), agents()]);
      this.#fill(teamList, agentList);
      return this.#to.focus();
    } catch (error) {
      console.warn("tandem: teams could not be read", error);
      return (this.#problem.textContent = `The teams cannot be read now: ${error.message}`);
    }
  }

  close() {
    this.element.hidden = true;
  }

  #fill(teamList, agentList) {
    const option = (value, label) => el("option", { value }, label);
    const others = agentList.filter((agent) => agent.account_id !== this.#workspace.agent.id);
    this.#to.replaceChildren(
      this.#group("Teams", teamList.map((team) => option(`team:${team.id}`, team.open ? team.name : `${team.name} (closed)`))),
      this.#group("Agents", others.map((agent) => option(`agent:${agent.account_id}`, agent.online ? agent.name : `${agent.name} (away)`))),
    );
  }

  #group(label, options) {
    return el("optgroup", { label, hidden: options.length === 0 }, ...options);
  }

  async #submit(event) {
    event.preventDefault();
    const [kind, id] = this.#to.value.split(":");
    if (!id) return;
    const note = this.#note.value.trim();
    const done = await this.#run({ [kind === "team" ? "team" : "agent_id"]: id, ...(note ? { note } : {}) });
    if (!done) return;
    this.#note.value = "";
    this.close();
  }
}

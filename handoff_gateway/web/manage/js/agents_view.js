/** Those who answer: how much each can hold, what they speak and can do. */
import { el } from "../../shared/js/dom.js";
import { agents, changeAgent, teams } from "./api.js";
import { busily, clearErrors, field, showError, wordsOf } from "./fields.js";

export class AgentsView {
  #mayChange;
  #teamNames = new Map();
  element = el("section", { "aria-label": "Agents" });

  constructor({ mayChange }) {
    this.#mayChange = mayChange;
  }

  async show() {
    const [found, allTeams] = await Promise.all([agents(), teams()]);
    this.#teamNames = new Map(allTeams.map(({ id, name }) => [id, name]));
    const none = el("p", { class: "quiet" }, "Nobody answers yet: no account has the role agent.");
    const lead = "Conversations go first to those who speak the customer's language, then to the least busy.";
    this.element.replaceChildren(
      el("header", { class: "section-head" }, el("h2", {}, "Agents")),
      el("p", { class: "quiet" }, lead),
      found.length ? el("ul", { class: "cards", role: "list" }, ...found.map((agent) => this.#card(agent))) : none,
    );
  }

  #card(agent) {
    const card = el("li", { class: "panel" });
    this.#fill(card, agent);
    return card;
  }

  #fill(card, agent, focus = false) {
    const rows = el("dl");
    const add = (name, value) => rows.append(el("dt", {}, name), el("dd", { dir: "auto" }, value));
    add("At once", String(agent.capacity));
    add("Languages", agent.languages.join(", ") || "Any");
    add("Skills", agent.skills.join(", ") || "None");
    add("Teams", agent.teams.map((id) => this.#teamNames.get(id) ?? id).join(", "));
    const change = el(
      "button",
      { class: "secondary", type: "button", "aria-label": `Change ${agent.name}`, on: { click: () => this.#edit(card, agent) } },
      "Change",
    );
    card.replaceChildren(
      el(
        "header",
        { class: "section-head" },
        el("h3", { dir: "auto" }, agent.name),
        el("span", { class: agent.online ? "badge open" : "badge" }, agent.online ? "Online" : "Not online"),
      ),
      rows,
      ...(this.#mayChange ? [el("div", { class: "buttons" }, change)] : []),
    );
    if (focus) change.focus();
  }

  #edit(card, agent) {
    const capacity = el("input", { type: "number", min: 1, max: 100, value: String(agent.capacity), inputMode: "numeric" });
    const languages = el("input", { value: agent.languages.join(", "), autocomplete: "off", spellcheck: false });
    const skills = el("input", { value: agent.skills.join(", "), autocomplete: "off", spellcheck: false });
    const save = el("button", { class: "primary", type: "submit" }, "Save");
    const form = el(
      "form",
      { noValidate: true },
      el("h3", { dir: "auto" }, agent.name),
      field({ name: "capacity", label: "Conversations at once", control: capacity }),
      field({ name: "languages", label: "Languages", hint: "Their letters, such as cs, en. Empty: any.", control: languages }),
      field({ name: "skills", label: "Skills", hint: "Words of your own that teams ask for, such as refunds.", control: skills }),
      el("p", { class: "problem", role: "alert" }),
      el(
        "div",
        { class: "buttons" },
        save,
        el("button", { class: "secondary", type: "button", on: { click: () => this.#fill(card, agent, true) } }, "Cancel"),
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearErrors(form);
      const fields = { capacity: Number(capacity.value), languages: wordsOf(languages.value), skills: wordsOf(skills.value) };
      busily(save, () =>
        changeAgent(agent.account_id, fields).then(
          (stored) => this.#fill(card, { ...agent, ...stored }, true),
          (error) => showError(form, error.message),
        ),
      );
    });
    card.replaceChildren(form);
    capacity.focus();
  }
}

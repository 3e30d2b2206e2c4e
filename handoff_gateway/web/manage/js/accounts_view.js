/** Everybody who works here: what they may do, and whether they can sign in at all. */
import { el } from "../../shared/js/dom.js";
import { accounts, addAccount, changeAccount } from "./api.js";
import { busily, busyButton, choice, clearErrors, field, group, showError } from "./fields.js";

const ROLES = [
  ["agent", "Agent", "answers customers at the desk"],
  ["editor", "Editor", "writes the articles the bot answers from"],
  ["supervisor", "Supervisor", "watches over conversations, looks after teams"],
  ["admin", "Admin", "looks after accounts and customers' data"],
];
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"; // none that is taken for another
const SUGGESTED = 16; // letters: over 78 bits

export class AccountsView {
  #own;
  #list = el("ul", { class: "cards", role: "list" });
  element = el("section", { "aria-label": "Accounts" });

  /** `own` is the id of the account of whoever looks. */
  constructor({ own }) {
    this.#own = own;
  }

  /** Read everything anew and show the list; `focusId` is the account whose button gets the focus. */
  async show(focusId = null) {
    const found = await accounts();
    const add = el("button", { class: "primary", type: "button", on: { click: () => this.#make() } }, "New account");
    const open = found.filter(({ closed }) => !closed);
    const closed = found.filter((one) => one.closed);
    this.#list.replaceChildren(...[...open, ...closed].map((account) => this.#card(account)));
    this.element.replaceChildren(
      el("header", { class: "section-head" }, el("h2", {}, "Accounts"), add),
      el("p", { class: "quiet" }, "Close the account of whoever leaves: they are signed out, and what they had in hand goes to others."),
      this.#list,
    );
    if (focusId) this.#list.querySelector(`[data-account="${CSS.escape(focusId)}"]`)?.focus();
  }

  #card(account) {
    const card = el("li", { class: "panel" });
    const problem = el("p", { class: "problem", role: "alert" });
    const rows = el("dl");
    const add = (name, value) => rows.append(el("dt", {}, name), el("dd", { dir: "auto" }, value));
    add("Email", account.email);
    add("May", account.roles.map(roleName).join(", "));
    const turn = async (closed) => {
      try {
        await changeAccount(account.id, { closed });
        await this.show(account.id);
      } catch (error) {
        problem.textContent = sentence(error.message);
      }
    };
    const change = el(
      "button",
      {
        class: "secondary",
        type: "button",
        "aria-label": `Change ${account.name}`,
        data: { account: account.id },
        on: { click: () => this.#edit(card, account) },
      },
      "Change",
    );
    const reopen = busyButton(
      { class: "secondary", "aria-label": `Open the account of ${account.name} again`, data: { account: account.id } },
      "Open again",
      () => turn(false),
    );
    const close = el(
      "button",
      { class: "secondary", type: "button", "aria-label": `Close the account of ${account.name}`, on: { click: () => ask() } },
      "Close",
    );
    const buttons = el("div", { class: "buttons" });
    const offer = () => buttons.replaceChildren(...(account.closed ? [reopen] : account.id === this.#own ? [change] : [change, close]));
    const ask = () => {
      const keep = el("button", { class: "secondary", type: "button", on: { click: () => [offer(), close.focus()] } }, "Keep it open");
      const sure = busyButton({ class: "secondary danger", "aria-label": `Close it: ${account.name}` }, "Close it", () => turn(true));
      buttons.replaceChildren(sure, keep);
      keep.focus();
    };
    offer();
    card.replaceChildren(
      el(
        "header",
        { class: "section-head" },
        el("h3", { dir: "auto" }, account.name),
        account.closed && el("span", { class: "badge" }, "Closed"),
        account.id === this.#own && el("span", { class: "badge open" }, "You"),
      ),
      rows,
      buttons,
      problem,
    );
    return card;
  }

  #make() {
    const email = el("input", { type: "email", autocomplete: "off", spellcheck: false, maxLength: 254 });
    const name = el("input", { autocomplete: "off", maxLength: 100 });
    const password = newPassword();
    const card = el("li", { class: "panel" });
    const form = this.#form({
      title: "New account",
      words: "Make the account",
      content: [
        field({ name: "name", label: "Name", hint: "As customers see it.", control: name }),
        field({ name: "email", label: "Email", hint: "They sign in with it.", control: email }),
        password.line,
        rolesGroup(["agent"]),
      ],
      work: (chosen) => addAccount({ email: email.value, name: name.value, password: password.control.value, roles: chosen }),
      back: () => card.remove(),
    });
    card.append(form);
    this.#list.querySelector(":scope > .making")?.remove();
    card.classList.add("making");
    this.#list.prepend(card);
    name.focus();
  }

  #edit(card, account) {
    const name = el("input", { value: account.name, autocomplete: "off", maxLength: 100 });
    const own = account.id === this.#own;
    const password = newPassword("Empty: it stays as it is. A new one signs them out everywhere.");
    const form = this.#form({
      title: account.name,
      words: "Save",
      content: [
        field({ name: "name", label: "Name", hint: "As customers see it.", control: name }),
        rolesGroup(account.roles),
        ...(own ? [] : [password.line]),
      ],
      work: (chosen) => {
        const fields = { name: name.value, roles: chosen };
        if (password.control.value) fields.password = password.control.value;
        return changeAccount(account.id, fields);
      },
      back: () => this.show(account.id),
    });
    card.replaceChildren(form);
    name.focus();
  }

  /** A form whose `work` gets the chosen roles and returns the account as it is then. */
  #form({ title, words, content, work, back }) {
    const save = el("button", { class: "primary", type: "submit" }, words);
    const form = el(
      "form",
      { noValidate: true },
      el("h3", { dir: "auto" }, title),
      ...content,
      el("p", { class: "problem", role: "alert" }),
      el("div", { class: "buttons" }, save, el("button", { class: "secondary", type: "button", on: { click: back } }, "Cancel")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearErrors(form);
      const chosen = [...form.querySelectorAll("[data-field=roles] input:checked")].map(({ value }) => value);
      busily(save, () => work(chosen).then(({ id }) => this.show(id)).catch((error) => showError(form, error.message)));
    });
    return form;
  }
}

const roleName = (role) => ROLES.find(([known]) => known === role)?.[1] ?? role;
const sentence = (words) => words.replace(/^\w+: /, "").replace(/^./, (letter) => letter.toUpperCase());

function rolesGroup(chosen) {
  const boxes = ROLES.map(([value, words, more]) => choice("checkbox", { value, checked: chosen.includes(value) }, words, more));
  return group({ name: "roles", label: "May do the work of" }, ...boxes);
}

/** A password that whoever types it has to pass on: it is shown, and one can be suggested. */
function newPassword(hint = "At least ten characters. They can change it at “Your account”.") {
  const control = el("input", { autocomplete: "off", spellcheck: false, maxLength: 1024 });
  const line = field({ name: "password", label: "Password", hint, control });
  const suggest = () => {
    control.value = [...crypto.getRandomValues(new Uint32Array(SUGGESTED))].map((n) => LETTERS[n % LETTERS.length]).join("");
    control.select();
    control.focus();
  };
  line.append(el("div", { class: "buttons" }, el("button", { class: "secondary", type: "button", on: { click: suggest } }, "Suggest one")));
  return { control, line };
}

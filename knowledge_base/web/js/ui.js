/** The few building blocks every view is made of. */
import { el } from "/static/shared/js/dom.js";
import { COMMON_LANGUAGES, languageName } from "./words.js";

let last = 0;

/** A button; `kind` is primary, secondary, plain or danger. A second click while the first is on its way does nothing. */
export function button(label, run, { kind = "secondary", ...props } = {}) {
  let busy = false;
  const click = async () => {
    if (busy) return;
    busy = true;
    try {
      await run();
    } finally {
      busy = false;
    }
  };
  return el("button", { class: kind, type: "button", on: { click }, ...props }, label);
}

/** A labelled control with an optional hint; the label is always visible. */
export function field(label, control, hint = "") {
  control.id ||= `field-${(last += 1)}`;
  const note = hint && el("p", { class: "hint", id: `${control.id}-hint` }, hint);
  if (note) control.setAttribute("aria-describedby", note.id);
  return el("div", { class: "field" }, el("label", { for: control.id }, label), control, note);
}

/** A field that may be wrong: `refuse(message)` says so under it and goes there; typing takes that back. */
export function checked(label, control, hint = "") {
  const element = field(label, control, hint);
  const problem = el("p", { class: "problem", role: "alert", id: `${control.id}-problem` });
  element.append(problem);
  const described = control.getAttribute("aria-describedby");
  control.setAttribute("aria-describedby", described ? `${described} ${problem.id}` : problem.id);
  const clear = () => {
    problem.textContent = "";
    control.removeAttribute("aria-invalid");
  };
  control.addEventListener("input", clear);
  const refuse = (message) => {
    problem.textContent = message;
    control.setAttribute("aria-invalid", "true");
    control.focus();
  };
  return { element, control, refuse, clear };
}

/** A drop-down of `[value, label]` pairs; what is not among them becomes the first. */
export function select(options, value = "", props = {}) {
  const made = el("select", props, ...options.map(([key, label]) => el("option", { value: key }, label)));
  made.value = value;
  if (made.selectedIndex < 0) made.selectedIndex = 0;
  return made;
}

/** A drop-down of languages with its label: `{element, control}`; empty when the knowledge base is to find out. */
export function languageSelect(value = "") {
  const control = select([["", "Found out by itself"], ...COMMON_LANGUAGES.map((code) => [code, languageName(code)])], value);
  return { element: field("Language", control), control };
}

/** A word on a coloured ground; `kind` is live, draft, archived, warn or nothing. */
export function badge(text, kind = "") {
  return el("span", { class: `badge ${kind}` }, text);
}

/** What is said where there is nothing. */
export function empty(...children) {
  return el("p", { class: "empty" }, ...children);
}

/** The head of a page; it takes the focus when the page is shown. */
export function head(title, ...rest) {
  return el("header", { class: "page-head" }, el("h1", { tabIndex: -1 }, title), ...rest);
}

/** A table whose columns are `[label, class]`; every row is a list of cells (text or nodes). */
export function table(label, columns, rows) {
  const heads = columns.map((name) => el("th", { scope: "col" }, name));
  const lines = rows.map((cells) =>
    el("tr", {}, ...cells.map((cell, index) => el("td", { data: { label: columns[index] } }, cell ?? ""))),
  );
  return el(
    "div",
    { class: "table", role: "region", "aria-label": label, tabIndex: 0 },
    el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...lines)),
  );
}

/** Ask before something is done. Resolves to true when `confirm` is pressed; Escape means no. */
export function ask({ title, body, confirm, kind = "primary", wide = false }) {
  return new Promise((resolve) => {
    const name = `dialog-${(last += 1)}`;
    const dialog = el(
      "dialog",
      { class: wide ? "ask wide" : "ask", "aria-labelledby": name, on: { close: () => finish() } },
      el(
        "form",
        { method: "dialog" },
        el("h2", { id: name }, title),
        el("div", { class: "ask-body" }, body),
        el(
          "div",
          { class: "row end" },
          el("button", { class: "secondary", value: "no" }, "Cancel"),
          confirm && el("button", { class: kind, value: "yes" }, confirm),
        ),
      ),
    );
    const finish = () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    };
    document.body.append(dialog);
    dialog.showModal();
  });
}

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** A day or a moment as people read it. */
export function when(iso) {
  if (!iso) return "";
  const isDay = iso.length === 10; // read as the editor's own day, not as midnight in Greenwich
  const text = isDay ? DAY.format(new Date(`${iso}T00:00`)) : MOMENT.format(new Date(iso));
  return el("time", { dateTime: iso }, text);
}

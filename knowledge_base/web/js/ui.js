/** The few building blocks every view is made of. */
import { el } from "/static/shared/js/dom.js";

let last = 0;

/** A button; `kind` is primary, secondary, plain or danger. */
export function button(label, run, { kind = "secondary", ...props } = {}) {
  return el("button", { class: kind, type: "button", on: { click: run }, ...props }, label);
}

/** A labelled control with an optional hint; the label is always visible. */
export function field(label, control, hint = "") {
  control.id ||= `field-${(last += 1)}`;
  const note = hint && el("p", { class: "hint", id: `${control.id}-hint` }, hint);
  if (note) control.setAttribute("aria-describedby", note.id);
  return el("div", { class: "field" }, el("label", { for: control.id }, label), control, note);
}

/** A drop-down of `[value, label]` pairs. */
export function select(options, value = "", props = {}) {
  const made = el("select", props, ...options.map(([key, label]) => el("option", { value: key }, label)));
  made.value = value;
  return made;
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
  const text = (iso.length > 10 ? MOMENT : DAY).format(new Date(iso));
  return el("time", { dateTime: iso }, text);
}

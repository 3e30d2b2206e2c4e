/** Form fields: a label, a hint, and the error beside the field it is about. */
import { el } from "../../shared/js/dom.js";

let numbers = 0;

/**
 * Put a label and a hint around `control`. `name` is what the gateway calls the field: an error that begins with it is shown
 * here.
 */
export function field({ name, label, hint = "", control }) {
  control.id ||= `field-${(numbers += 1)}`;
  const error = el("p", { class: "field-error", id: `${control.id}-error`, role: "alert" });
  const help = hint ? el("p", { class: "hint", id: `${control.id}-hint` }, hint) : null;
  control.setAttribute("aria-describedby", [help?.id, error.id].filter(Boolean).join(" "));
  return el("div", { class: "field", data: { field: name } }, el("label", { for: control.id }, label), control, help, error);
}

/** A group of controls under one name, as radios, checkboxes or a week are. */
export function group({ name, label, hint = "" }, ...content) {
  const error = el("p", { class: "field-error", role: "alert" });
  const help = hint ? el("p", { class: "hint" }, hint) : null;
  return el("fieldset", { data: { field: name } }, el("legend", {}, label), help, ...content, error);
}

/** A radio or checkbox with its words. */
export function choice(type, props, words, more = "") {
  const input = el("input", { type, ...props });
  return el("label", { class: "choice" }, input, el("span", {}, words, more && el("small", {}, more)));
}

/** Take all errors away. */
export function clearErrors(form) {
  for (const box of form.querySelectorAll("[data-field]")) box.classList.remove("wrong");
  for (const error of form.querySelectorAll(".field-error, .problem")) error.textContent = "";
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

/** Show what the gateway refused: "hours.weekly.mon: …" beside that field, what is about none at the form's end. */
export function showError(form, message) {
  const [, name, words] = /^([\w.-]+): (.*)$/s.exec(message) ?? [null, "", message];
  const box = boxOf(form, name);
  if (!box) {
    form.querySelector(".problem").textContent = message;
    return;
  }
  const control = box.querySelector("input, select, textarea");
  box.classList.add("wrong");
  box.querySelector(":scope > .field-error").textContent = sentence(words);
  if (control?.type !== "radio" && control?.type !== "checkbox") control?.setAttribute("aria-invalid", "true");
  control?.focus();
}

/** The field of that name, else of the nearest it belongs to: "hours.special.2026-12-31" is in "hours.special". */
function boxOf(form, name) {
  for (let at = name; at; at = at.split(".").slice(0, -1).join(".")) {
    const box = [...form.querySelectorAll("[data-field]")].find((one) => one.dataset.field === at);
    if (box) return box;
  }
  return null;
}

const sentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}`;

/** "cs, en" → ["cs", "en"] */
export const wordsOf = (text) => text.split(/[,;\n]/).map((word) => word.trim()).filter(Boolean);

/** A button that runs `work` and cannot be pressed meanwhile. */
export function busyButton(props, words, work) {
  const button = el("button", { type: "button", ...props }, words);
  button.addEventListener("click", () => busily(button, work));
  return button;
}

export async function busily(button, work) {
  button.disabled = true;
  try {
    return await work();
  } finally {
    button.disabled = false;
  }
}

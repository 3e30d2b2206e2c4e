/** One's own password: the present one, and a new one twice. */
import { el } from "../../shared/js/dom.js";
import { changePassword } from "./api.js";
import { busily, clearErrors, field, showError } from "./fields.js";

export class PasswordView {
  element = el("div", { class: "panel" });

  constructor() {
    const present = input("current-password");
    const fresh = input("new-password");
    const again = input("new-password");
    const done = el("p", { class: "quiet", role: "status" });
    const save = el("button", { class: "primary", type: "submit" }, "Change it");
    const form = el(
      "form",
      { noValidate: true },
      field({ name: "password", label: "Present password", control: present }),
      field({ name: "new_password", label: "New password", hint: "At least ten characters.", control: fresh }),
      field({ name: "again", label: "New password again", control: again }),
      el("p", { class: "problem", role: "alert" }),
      el("div", { class: "buttons" }, save, done),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearErrors(form);
      done.textContent = "";
      if (fresh.value !== again.value) {
        showError(form, "again: is not the same");
        return;
      }
      const change = async () => {
        await changePassword(present.value, fresh.value);
        form.reset();
        done.textContent = "Changed. You are signed out everywhere else.";
        this.element.dispatchEvent(new Event("changed"));
      };
      busily(save, () => change().catch((error) => showError(form, error.message)));
    });
    this.element.append(el("h3", {}, "Password"), form);
  }
}

const input = (autocomplete) => el("input", { type: "password", autocomplete, required: true, maxLength: 1024 });

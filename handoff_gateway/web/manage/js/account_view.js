/** One's own account: password and second factor, and where one is signed in. */
import { el } from "../../shared/js/dom.js";
import { me } from "./api.js";
import { FactorView } from "./factor_view.js";
import { PasswordView } from "./password_view.js";
import { SignInsView } from "./sign_ins_view.js";

export class AccountView {
  element = el("section", { "aria-label": "Your account" });

  async show() {
    const account = await me();
    const factor = new FactorView({ on: Boolean(account.second_factor) });
    const signIns = new SignInsView();
    const password = new PasswordView();
    password.element.addEventListener("changed", () => signIns.show());
    this.element.replaceChildren(
      el("header", { class: "section-head" }, el("h2", {}, "Your account")),
      el("p", { class: "quiet", dir: "auto" }, `${account.name} · ${account.email} · ${account.roles.join(", ")}`),
      password.element,
      factor.element,
      signIns.element,
    );
    await signIns.show();
  }
}

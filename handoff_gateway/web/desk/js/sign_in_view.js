/** The sign-in form of the desk; the editor's page shows it too, under its own title. */
import { el } from "../../shared/js/dom.js";
import { ApiError, login } from "./api.js";

export class SignInView {
  #signedIn;
  #email;
  #password;
  #code;
  #codeLine;
  #problem;
  #button;
  element;

  /** `signedIn(account)` is called on success. */
  constructor({ signedIn, notice, title = "Tandem desk", lead = "For the people who answer." }) {
    this.#signedIn = signedIn;
    this.#email = el("input", { id: "email", type: "email", autocomplete: "username", required: true });
    this.#password = el("input", {
      id: "password",
      type: "password",
      autocomplete: "current-password",
      required: true,
    });
    this.#code = el("input", { id: "code", type: "text", autocomplete: "one-time-code", spellcheck: false });
    this.#codeLine = el("div", { hidden: true }, el("label", { for: "code" }, "Code of your app"), this.#code);
    this.#problem = el("p", { class: "problem", role: "alert" }, notice);
    this.#button = el("button", { class: "primary", type: "submit" }, "Sign in");
    const mark = el("img", { src: "/static/desk/mark.svg", alt: "", width: 56, height: 56 });
    this.element = el(
      "main",
      { class: "sign-in" },
      el(
        "form",
        { noValidate: true, on: { submit: (event) => this.#submit(event) } },
        mark,
        el("h1", {}, title),
        el("p", { class: "quiet" }, lead),
        el("label", { for: "email" }, "Email"),
        this.#email,
        el("label", { for: "password" }, "Password"),
        this.#password,
        this.#codeLine,
        this.#problem,
        this.#button,
      ),
    );
  }

  async #submit(event) {
    event.preventDefault();
    const [email, password] = [this.#email.value.trim(), this.#password.value];
    if (!email || !password) return this.#refuse("Fill in both fields.", email ? this.#password : this.#email);
    this.#button.disabled = true;
    this.#problem.textContent = "";
    try {
      return this.#signedIn(await login(email, password, this.#code.value.trim()));
    } catch (error) {
      if (error instanceof ApiError && error.secondFactor) {
        this.#codeLine.hidden = false;
        return this.#refuse("Now the code that your app shows, or a recovery code.", this.#code);
      }
      const known = error instanceof ApiError && error.status === 401;
      if (!known) console.warn("tandem: sign-in failed", error);
      const wrong = this.#codeLine.hidden ? "Email or password is wrong." : "Email, password or code is wrong.";
      const text = known ? wrong : `Signing in did not work: ${error.message}`;
      return this.#refuse(text, this.#codeLine.hidden ? this.#password : this.#code);
    } finally {
      this.#button.disabled = false;
    }
  }

  #refuse(text, field) {
    this.#problem.textContent = text;
    field.focus();
    field.select();
  }
}

/** A second factor for one's own account: a code of an app besides the password. */
import { el } from "../../shared/js/dom.js";
import { confirmFactor, enrol, leaveFactor } from "./api.js";
import { busily, clearErrors, field, showError } from "./fields.js";

export class FactorView {
  element = el("div", { class: "panel" });

  /** `on` is whether there is one. */
  constructor({ on }) {
    if (on) this.#showOn();
    else this.#showOff();
  }

  #showOff(focus = false) {
    const { control, line } = password();
    this.#step(
      "Second factor",
      "Off. With it, signing in also asks for a code that an app on your phone shows. Any app for one-time codes (TOTP) will do.",
      [line],
      "Set it up",
      async () => this.#showSecret(await enrol(control.value)),
    );
    if (focus) control.focus();
  }

  #showSecret({ secret, uri, qr }) {
    const code = codeInput();
    const picture = el("img", { class: "qr", src: qr, alt: "QR code for your app", width: 220, height: 220 });
    const link = el("a", { href: uri }, "Open it in an app on this device");
    const typed = el("p", {}, "Or type this into the app: ", el("code", { class: "secret" }, secret.replace(/(.{4})/g, "$1 ").trim()));
    this.#step(
      "Scan this with your app",
      "Then type the code that the app shows. Until you do, nothing changes.",
      [picture, link, typed, field({ name: "code", label: "Code of your app", control: code })],
      "Switch it on",
      async () => this.#showCodes(await confirmFactor(code.value.trim())),
      () => this.#showOff(true),
    );
    code.focus();
  }

  #showCodes(codes) {
    const text = codes.join("\n");
    const copied = el("span", { class: "quiet", role: "status" });
    const copy = async () => {
      await navigator.clipboard.writeText(text);
      copied.textContent = "Copied";
    };
    const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`;
    const title = el("h3", { tabIndex: -1 }, "Keep your recovery codes");
    this.element.replaceChildren(
      title,
      el("p", {}, "The second factor is on. Each of these codes signs you in once, should your phone be gone. They are shown only now."),
      el("ul", { class: "codes", role: "list" }, ...codes.map((code) => el("li", {}, el("code", {}, code)))),
      el(
        "div",
        { class: "buttons" },
        navigator.clipboard && el("button", { class: "secondary", type: "button", on: { click: copy } }, "Copy"),
        el("a", { class: "secondary", href: file, download: "tandem-recovery-codes.txt" }, "Save as a file"),
        el("button", { class: "primary", type: "button", on: { click: () => this.#showOn(true) } }, "I have kept them"),
        copied,
      ),
    );
    title.focus();
  }

  #showOn(focus = false) {
    const { control, line } = password();
    const code = codeInput();
    this.#step(
      "Second factor",
      "On. Signing in asks for a code of your app, or one of your recovery codes.",
      [line, field({ name: "code", label: "Code of your app, or a recovery code", control: code })],
      "Switch it off",
      async () => {
        await leaveFactor(control.value, code.value.trim());
        this.#showOff(true);
      },
    );
    if (focus) control.focus();
  }

  /** Show one step: what it is, its fields, and the button that goes on; a refusal stands beside its field. */
  #step(title, lead, content, words, work, back = null) {
    const next = el("button", { class: "primary", type: "submit" }, words);
    const form = el(
      "form",
      { noValidate: true },
      ...content,
      el("p", { class: "problem", role: "alert" }),
      el("div", { class: "buttons" }, next, back && el("button", { class: "secondary", type: "button", on: { click: back } }, "Cancel")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearErrors(form);
      busily(next, () => work().catch((error) => showError(form, error.message)));
    });
    this.element.replaceChildren(el("h3", {}, title), el("p", { class: "quiet" }, lead), form);
  }
}

function password() {
  const control = el("input", { type: "password", autocomplete: "current-password", required: true });
  return { control, line: field({ name: "password", label: "Your password", control }) };
}

const codeInput = () => el("input", { autocomplete: "one-time-code", spellcheck: false, maxLength: 40 });

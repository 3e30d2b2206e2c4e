/** The frame: the bar on top, the view of the place one is at, and short messages. */
import { logout } from "/static/desk/js/api.js";
import { el } from "/static/shared/js/dom.js";
import { Store } from "/static/shared/js/storage.js";
import { ArticleView } from "./article_view.js";
import { ArticlesView } from "./articles_view.js";
import { inWords } from "./api.js";
import { AuditView } from "./audit_view.js";
import { GapsView } from "./gaps_view.js";
import { GoldenView } from "./golden_view.js";
import { ImportView } from "./import_view.js";
import { placeOf, readPlace } from "./place.js";
import { ProposalsView } from "./proposals_view.js";
import { SearchView } from "./search_view.js";
import { button, empty } from "./ui.js";
import { WarningsView } from "./warnings_view.js";

const TOAST_MS = 8_000;
const EDITORS = ["editor", "admin"];
const WATCHERS = ["editor", "admin", "supervisor"];

// name → [label, view, roles that may see it; null for everybody]
const PLACES = {
  articles: ["Articles", ArticlesView, null],
  search: ["Try a question", SearchView, null],
  gaps: ["Gaps", GapsView, WATCHERS],
  proposals: ["Proposals", ProposalsView, EDITORS],
  golden: ["Golden set", GoldenView, EDITORS],
  warnings: ["Warnings", WarningsView, EDITORS],
  import: ["Import and export", ImportView, EDITORS],
  audit: ["History", AuditView, WATCHERS],
};

export class ShellView {
  account;
  store;
  #leave;
  #main = el("main", { class: "main", id: "main" });
  #links;
  #toast = el("div", { class: "toast", role: "status" });
  #toastTimer;
  #view = null;
  #shown = null; // the address on screen
  #ended = new AbortController();
  element;

  constructor(account, { leave }) {
    this.account = account;
    this.store = new Store(`tandem-editor:${account.id}:`);
    this.#leave = leave;
    this.#links = Object.entries(PLACES)
      .filter(([, [, , roles]]) => roles === null || this.#is(roles))
      .map(([name, [label]]) => el("a", { href: placeOf(name), data: { name } }, label));
    this.element = el(
      "div",
      { class: "editor" },
      el(
        "header",
        { class: "top" },
        el("img", { src: "/static/desk/mark.svg", alt: "", width: 32, height: 32 }),
        el("nav", { "aria-label": "Editor" }, ...this.#links),
        el("a", { class: "account", href: "/manage#account", title: "Your account" }, account.name ?? account.email),
        button("Sign out", () => this.#signOut(), { kind: "plain" }),
      ),
      this.#main,
      this.#toast,
    );
  }

  /** Whether the account may change articles; the knowledge base decides all the same. */
  get mayEdit() {
    return this.#is(EDITORS);
  }

  start() {
    const { signal } = this.#ended;
    window.addEventListener("hashchange", () => this.#show(), { signal });
    window.addEventListener("signed-out", () => this.#end("You have been signed out. Sign in again to go on."), { signal });
    window.addEventListener("beforeunload", (event) => this.#view?.unsaved && event.preventDefault(), { signal });
    this.#show();
  }

  /** Say something short; it goes away by itself. */
  say(text, kind = "") {
    clearTimeout(this.#toastTimer);
    this.#toast.className = `toast ${kind}`;
    this.#toast.textContent = text;
    this.#toastTimer = setTimeout(() => (this.#toast.textContent = ""), TOAST_MS);
  }

  /** Run something that asks the knowledge base; say what went wrong. Returns undefined then. */
  async attempt(run) {
    try {
      return await run();
    } catch (error) {
      this.complain(error);
      return undefined;
    }
  }

  /** Say what went wrong. */
  complain(error) {
    this.say(inWords(error), "bad");
    if (!("status" in error)) console.warn("tandem: a call failed", error);
  }

  /** Go somewhere; `quiet` changes the address only, for what is on screen already. */
  go(name, id = null, values = {}, { quiet = false } = {}) {
    const address = placeOf(name, id, values);
    if (quiet) {
      this.#shown = address;
      history.replaceState(null, "", address);
    } else if (location.hash === address) this.#show(true);
    else location.hash = address;
  }

  #is(roles) {
    return this.account.roles.some((role) => roles.includes(role));
  }

  async #show(again = false) {
    if (!again && location.hash === this.#shown) return;
    this.#shown = location.hash;
    const { name, id, values } = readPlace(location.hash);
    const isArticle = name === "articles" && id !== null;
    const place = PLACES[name];
    this.#view?.close?.();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close(); // it asked about what one leaves
    if (this.#toast.classList.contains("bad")) this.say(""); // it was about the place one leaves
    if (!place || !this.#links.some((link) => link.dataset.name === name)) {
      this.#view = null;
      this.#main.replaceChildren(empty("There is nothing here for you. ", el("a", { href: placeOf("articles") }, "To the articles")));
      return;
    }
    const view = isArticle ? new ArticleView(this, id, values) : new place[1](this, values);
    this.#view = view;
    for (const link of this.#links) {
      if (link.dataset.name === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.#links.find((link) => link.dataset.name === name)?.scrollIntoView({ block: "nearest", inline: "center" });
    document.title = `${place[0]} · Tandem editor`;
    this.#main.replaceChildren(view.element);
    this.#main.querySelector("h1")?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    await this.#fill(view);
  }

  /** Let a view get what it shows. What went wrong stays on the page, with a way to try again. */
  async #fill(view) {
    this.#main.setAttribute("aria-busy", "true");
    try {
      await view.load();
    } catch (error) {
      if (view !== this.#view) return; // one has gone elsewhere since
      if (!("status" in error)) console.warn("tandem: a call failed", error);
      const again = button("Try again", () => this.#show(true));
      this.#main.append(el("div", { class: "notice warn row", role: "alert" }, el("p", { class: "grow" }, inWords(error)), again));
    } finally {
      if (view === this.#view) this.#main.setAttribute("aria-busy", "false");
    }
  }

  async #signOut() {
    await this.attempt(() => logout());
    this.#end();
  }

  #end(notice) {
    this.#ended.abort();
    this.#view?.close?.();
    this.#leave(notice);
  }
}

/** The page where teams, agents and one's own account are looked after: signed in or not, and one section at a time. */
import { el } from "../../shared/js/dom.js";
import { SignInView } from "../../desk/js/sign_in_view.js";
import { AccountsView } from "./accounts_view.js";
import { AccountView } from "./account_view.js";
import { AgentsView } from "./agents_view.js";
import { ApiError, logout, me } from "./api.js";
import { AuditView } from "./audit_view.js";
import { CannedView } from "./canned_view.js";
import { CustomersView } from "./customers_view.js";
import { TeamsView } from "./teams_view.js";

// Which roles see what; whether they may is decided by the gateway.
const READS_TEAMS = ["agent", "supervisor", "admin"];
const CHANGES_TEAMS = ["supervisor", "admin"];

function signIn(notice = "") {
  const view = new SignInView({ signedIn: manage, notice, title: "Manage Tandem", lead: "Teams, agents and your account." });
  document.body.replaceChildren(view.element);
  document.querySelector("input")?.focus();
}

/** Show the sections `account` may see. */
function manage(account) {
  const is = (...roles) => roles.some((role) => account.roles.includes(role));
  const mayChange = is(...CHANGES_TEAMS);
  const sections = [
    is(...READS_TEAMS) && ["teams", "Teams", new TeamsView({ mayChange })],
    is(...READS_TEAMS) && ["agents", "Agents", new AgentsView({ mayChange })],
    is(...READS_TEAMS) && ["canned", "Canned replies", new CannedView({ mayChange })],
    is("admin") && ["accounts", "Accounts", new AccountsView({ own: account.id })],
    ["account", "Your account", new AccountView()],
    is("admin") && ["customers", "Customers", new CustomersView()],
    is("admin") && ["audit", "Audit log", new AuditView()],
  ].filter(Boolean);
  const links = sections.map(([id, title]) => el("a", { href: `#${id}`, data: { section: id } }, title));
  const main = el("main", { tabIndex: -1 });
  const leave = async () => {
    await logout().catch((error) => console.warn("tandem: signing out failed", error));
    stop.abort();
    signIn();
  };
  const stop = new AbortController();

  async function show({ focus = false } = {}) {
    const [id, title, view] = sections.find(([name]) => `#${name}` === location.hash) ?? sections[0];
    document.title = `${title} · Tandem`;
    for (const link of links) {
      if (link.dataset.section === id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const waiting = el("p", { class: "quiet", role: "status" }, "One moment…");
    main.replaceChildren(waiting);
    try {
      await view.show();
      if (main.firstChild === waiting) main.replaceChildren(view.element); // else another section was chosen meanwhile
      if (focus) main.focus({ preventScroll: true });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        stop.abort();
        return signIn("You have been signed out. Sign in again to go on.");
      }
      console.warn("tandem: a section could not be shown", error);
      const again = el("button", { class: "secondary", type: "button", on: { click: () => show({ focus: true }) } }, "Try again");
      main.replaceChildren(el("p", { class: "problem", role: "alert" }, `This cannot be shown now: ${error.message}`), again);
    }
    return undefined;
  }

  document.body.replaceChildren(
    el(
      "header",
      { class: "manage-head" },
      el("img", { src: "/static/desk/mark.svg", alt: "", width: 32, height: 32 }),
      el("h1", {}, "Manage"),
      el("nav", { "aria-label": "Sections" }, ...links),
      el("span", { class: "space" }),
      is("agent", "supervisor") && el("a", { href: "/desk" }, "Desk"),
      is("editor", "admin") && el("a", { href: "/editor" }, "Editor"),
      el("button", { class: "plain", type: "button", on: { click: leave } }, "Sign out"),
    ),
    main,
  );
  window.addEventListener("hashchange", () => show({ focus: true }), { signal: stop.signal });
  show();
}

me().then(
  (account) => (account ? manage(account) : signIn()),
  () => signIn("The gateway does not answer. Try again in a moment."),
);

/** The desk: signed in or not, and the views put together. */
import { el } from "../../shared/js/dom.js";
import { Store } from "../../shared/js/storage.js";
import { Alerts } from "./alerts.js";
import { agentSocket, logout, me } from "./api.js";
import { AssistView } from "./assist_view.js";
import { CannedView } from "./canned_view.js";
import { ConversationView } from "./conversation_view.js";
import { DetailsView } from "./details_view.js";
import { HelpView } from "./help_view.js";
import { listenForKeys } from "./keys.js";
import { ListView } from "./list_view.js";
import { SignInView } from "./sign_in_view.js";
import { TopView } from "./top_view.js";
import { Workspace } from "./workspace.js";

/** Show the form; go on when somebody has signed in. `notice` says why it is there again. */
function signIn(notice = "") {
  document.body.replaceChildren(new SignInView({ signedIn: work, notice }).element);
  document.querySelector("input")?.focus();
}

/** Show the desk of `account`. */
function work(account) {
  const store = new Store(`tandem-desk:${account.id}:`);
  const workspace = new Workspace({ account, store, url: agentSocket });
  const alerts = new Alerts(workspace, store);
  const help = new HelpView();
  const leave = (notice) => {
    workspace.stop();
    alerts.stop();
    keys.abort();
    signIn(notice);
  };
  const lists = new ListView(workspace);
  const conversation = new ConversationView(workspace, store);
  const insert = (text) => {
    desk.dataset.pane = "talk";
    conversation.reply.insert(text);
  };
  const canned = new CannedView(workspace, { insert });
  conversation.reply.element.addEventListener("canned", () => canned.open());
  const details = new DetailsView(workspace, new AssistView(workspace, { insert }));
  const top = new TopView({
    workspace,
    alerts,
    help,
    signOut: async () => {
      await logout();
      leave();
    },
  });
  const keys = listenForKeys({ workspace, lists, conversation, help, canned });
  const desk = el(
    "div",
    { class: "desk", data: { pane: "lists" } },
    top.element,
    lists.element,
    conversation.element,
    details.element,
    help.element,
    canned.element,
  );
  workspace.addEventListener("select", () => (desk.dataset.pane = workspace.selectedId ? "talk" : "lists"));
  desk.addEventListener("pane", ({ detail }) => (desk.dataset.pane = detail));
  workspace.addEventListener("signed-out", () => leave("You have been signed out. Sign in again to go on."));
  document.body.replaceChildren(desk);
  workspace.start();
}

me().then(
  (account) => (account ? work(account) : signIn()),
  () => signIn("The gateway does not answer. Try again in a moment."),
);

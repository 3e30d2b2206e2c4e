/** The editor: signed in or not. */
import { me } from "/static/desk/js/api.js";
import { SignInView } from "/static/desk/js/sign_in_view.js";
import { ShellView } from "./shell_view.js";

function signIn(notice = "") {
  const title = "Tandem editor";
  const view = new SignInView({ signedIn: work, notice, title, lead: "For the people who write the answers." });
  document.body.replaceChildren(view.element);
  document.querySelector("input")?.focus();
}

function work(account) {
  const shell = new ShellView(account, { leave: signIn });
  document.body.replaceChildren(shell.element);
  shell.start();
}

me().then(
  (account) => (account ? work(account) : signIn()),
  () => signIn("The gateway does not answer. Try again in a moment."),
);

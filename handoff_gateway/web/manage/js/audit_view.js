/** What was done to accounts, teams and customers' data, by whom, newest first. */
import { el } from "../../shared/js/dom.js";
import { clockTime, dayKey, dayName } from "../../shared/js/times.js";
import { accounts, audit, teams } from "./api.js";
import { busyButton } from "./fields.js";

const ACTORS = { service: "Another part of Tandem", gateway: "The gateway", "command line": "On the command line" };
const ACTIONS = {
  "POST /v1/accounts": "Made an account",
  "PATCH /v1/accounts/<account_id:str>": "Changed the account of",
  "DELETE /v1/accounts/<account_id:str>/sign-ins": "Ended all sign-ins of",
  "DELETE /v1/accounts/<account_id:str>/second-factor": "Reset the second factor of",
  "POST /v1/teams": "Made a team",
  "PUT /v1/teams/<team_id:str>": "Changed the team",
  "DELETE /v1/teams/<team_id:str>": "Removed the team",
  "POST /v1/canned-replies": "Wrote a canned reply",
  "PUT /v1/canned-replies/<reply_id:str>": "Changed the canned reply",
  "DELETE /v1/canned-replies/<reply_id:str>": "Removed the canned reply",
  "PUT /v1/agents/<account_id:str>": "Changed what can be given to",
  reveal: "Revealed what was masked in",
  "export customer": "Handed out the data of",
  "erase customer": "Erased the customer",
};
const REFUSED = { bad_frame: "a field could not be used", not_found: "there was no such thing" };
const PAGE = 100; // entries the gateway gives at a time

export class AuditView {
  #names = new Map();
  element = el("section", { "aria-label": "Audit log" });

  async show() {
    const [allAccounts, allTeams] = await Promise.all([accounts(), teams()]);
    this.#names = new Map([...allAccounts, ...allTeams].map(({ id, name }) => [id, name]));
    const lead = "It is written before something is done, and again when it was refused. Nobody can change it here.";
    const log = await this.#log();
    this.element.replaceChildren(
      el("header", { class: "section-head" }, el("h2", {}, "Audit log")),
      el("p", { class: "quiet" }, lead),
      log,
    );
  }

  /** Return the newest entries, with a button for older ones. */
  async #log() {
    const list = el("ol", { class: "rows", role: "list" });
    const problem = el("p", { class: "problem", role: "alert" });
    let [last, day] = [null, null];
    const load = async () => {
      problem.textContent = "";
      try {
        const entries = await audit(last);
        for (const entry of entries) {
          if (day !== dayKey(entry.at)) list.append(el("li", { class: "day" }, el("h3", {}, dayName(entry.at))));
          day = dayKey(entry.at);
          list.append(this.#entry(entry));
        }
        last = entries.at(-1)?.id ?? last;
        more.hidden = entries.length < PAGE;
        if (list.childElementCount === 0) list.append(el("li", { class: "quiet" }, "Nothing has been done yet."));
      } catch (error) {
        problem.textContent = `The log cannot be read now: ${error.message}`;
      }
    };
    const more = busyButton({ class: "secondary" }, "Older entries", load);
    await load();
    return el("div", { class: "panel" }, list, problem, more);
  }

  #entry({ at, actor, action, subject, details }) {
    const about = subject ? (this.#names.get(subject) ?? subject) : "";
    const more = detailWords(details);
    const who = el("b", { dir: "auto" }, this.#names.get(actor) ?? ACTORS[actor] ?? actor);
    return el(
      "li",
      {},
      el("time", { dateTime: at }, clockTime(at)),
      el(
        "div",
        {},
        el("p", {}, who, ` · ${ACTIONS[action] ?? action} `, el("span", { dir: "auto" }, about)),
        more && el("p", { class: details.refused ? "problem" : "quiet" }, more),
      ),
    );
  }
}

/** "Refused: forbidden", "name, hours", "seq 7" */
function detailWords(details) {
  if (details.refused) return `Refused: ${REFUSED[details.refused] ?? String(details.refused).replaceAll("_", " ")}`;
  return Object.entries(details)
    .filter(([, value]) => value !== null && String(value) !== "")
    .map(([name, value]) => (name === "fields" ? `Fields: ${value.join(", ")}` : `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`))
    .join(" · ");
}

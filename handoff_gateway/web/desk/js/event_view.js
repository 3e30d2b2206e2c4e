/** One event as an agent sees it: everything, the bot's turns, the reasons and the notes. */
import { el, icon } from "../../shared/js/dom.js";
import { ownerLines } from "../../shared/js/lines.js";
import { richText } from "../../shared/js/rich_text.js";
import { plainText } from "../../shared/js/text.js";
import { clockTime, dayName } from "../../shared/js/times.js";
import { handoffCard } from "./handoff_card.js";
import { maskedLine } from "./reveal_button.js";
import { sourceLinks } from "./source_links.js";
import { alertWords, LINES, REFUSALS } from "./words.js";

const SPEAKERS = { customer: "Customer", bot: "Bot", agent: "Agent", system: "Tandem" };
const STATES = { sending: "Sending…", late: "Not sent yet, still trying", sent: "Sent", failed: "Not sent" };

/**
 * Return the elements for `event`; `agentName` is who had the conversation before it, or null. `propose` makes the button
 * under an answer of one's own, or is null; `conversationId` and the reader's `roles` are for messages that were masked.
 */
export function eventElements(event, { agentName, propose = null, conversationId, roles = [] }) {
  switch (event.kind) {
    case "message":
      return [message(event, { propose, conversationId, roles })];
    case "note":
      return [note(event)];
    case "handoff":
      return [handoffCard(event)];
    case "owner":
      return ownerLines(event, agentName, LINES).map((text) => line(text, event.at));
    case "closed":
      return [line(`Closed${event.by ? ` by the ${event.by === "customer" ? "customer" : "agent"}` : ""}`, event.at)];
    case "feedback":
      return [
        line(`Customer found an answer ${(event.feedback ?? event).helpful ? "helpful" : "not helpful"}`, event.at),
      ];
    case "alert":
      return [line(alertWords(event.alert), event.at)];
    case "call_back":
      return [line(callBackWords(event.call_back), event.at)];
    case "follow_up":
      return followUpWords(event.follow_up).map((words) => line(words, event.at));
    default:
      return [];
  }
}

function callBackWords({ standing, due_at: dueAt, contact, note, by }) {
  if (standing === "done") return `Called back${by ? ` by ${by.name}` : ""}`;
  const when = `To be called back by ${dayName(dueAt)}, ${clockTime(dueAt)}`;
  return [when, contact, note].filter(Boolean).join(" · ");
}

function followUpWords({ standing, agent, to, outcome }) {
  const words = {
    opened: `${agent.name} passed it on${to ? ` to ${to}` : ""}`,
    reminded: `${agent.name} was reminded of it`,
    ended: `${agent.name} was told: ${outcome}`,
  }[standing];
  return words ? [words] : [];
}

/** A reply or note that is not in the log yet. */
export function pendingElement(item, { retry, discard }) {
  const kind = item.frame.type === "note" ? "note" : "agent";
  const state = el("p", { class: "state" }, STATES[item.state]);
  if (item.state === "failed") state.append(` · ${REFUSALS[item.code] ?? item.code}`);
  if (item.state === "failed" || item.state === "late") {
    state.append(
      " ",
      el("button", { class: "link", type: "button", on: { click: () => retry(item.id) } }, "Try again"),
    );
  }
  if (item.state === "failed")
    state.append(" ", el("button", { class: "link", type: "button", on: { click: () => discard(item.id) } }, "Delete"));
  return el(
    "article",
    { class: `turn ${kind} pending ${item.state}`, data: { id: item.id } },
    text(plainText(item.frame.text)),
    state,
  );
}

function message({ message: said, at, seq }, { propose, conversationId, roles }) {
  const name = said.name || SPEAKERS[said.role] || said.role;
  const turn = el(
    "article",
    { class: `turn ${said.role}`, data: { seq: String(seq) } },
    by(said.role === "bot" ? "bot" : "person", name, at),
    text(said.html ? richText(said.html, location.origin) : plainText(said.text ?? "")),
  );
  if (said.masked) {
    const show = (content) => turn.querySelector(".text").replaceChildren(content);
    turn.append(maskedLine({ conversationId, seq, roles, show }));
  }
  if (said.sources?.length) turn.append(el("p", { class: "sources" }, "Source: ", ...sourceLinks(said.sources)));
  if (said.buttons?.length)
    turn.append(el("p", { class: "offered" }, `Offered: ${said.buttons.map((button) => button.title).join(" · ")}`));
  if (propose) turn.append(propose(said));
  return turn;
}

function note({ note: written, at, seq }) {
  const author = written.agent?.name ?? written.agent ?? "Agent";
  return el(
    "article",
    { class: "turn note", data: { seq: String(seq) } },
    by("doc", `Note by ${author}`, at),
    text(plainText(written.text)),
  );
}

function by(symbol, name, at) {
  return el("p", { class: "by" }, icon(symbol), el("b", {}, name), el("time", { dateTime: at }, clockTime(at)));
}

function text(content) {
  const box = el("div", { class: "text", dir: "auto" });
  box.append(content);
  return box;
}

function line(words, at) {
  return el("p", { class: "happened" }, words, " ", el("time", { dateTime: at }, clockTime(at)));
}

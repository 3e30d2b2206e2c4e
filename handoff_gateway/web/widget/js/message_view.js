/** One event of the thread, or one unsent message, as an element of the log. */
import { el, icon } from "../../shared/js/dom.js";
import { ownerLines } from "../../shared/js/lines.js";
import { richText } from "../../shared/js/rich_text.js";
import { link, plainText, safeAddress } from "../../shared/js/text.js";
import { clockTime } from "../../shared/js/times.js";

/**
 * Return the elements for `event` (often one, sometimes none).
 * `context`: `t` (strings), `language`, `base`, `agentName` (who had the conversation before this event),
 * `choose(button)`, `rate(seq, helpful)`.
 */
export function eventElements(event, context) {
  switch (event.kind) {
    case "message":
      return [message(event, context)];
    case "handoff":
      return [handoff(event, context)];
    case "owner":
      return ownerLines(event, context.agentName, context.t).map(line);
    case "closed":
      return [line(context.t.ended)];
    default:
      return [];
  }
}

/** An unsent message: `item` of the outbox. */
export function pendingElement(item, { t, retry, discard }) {
  const failed = item.state === "failed";
  const state = el("p", { class: "state" }, t[item.state]);
  if (item.state !== "sent" && item.state !== "sending") {
    if (failed && t.refusals[item.code]) state.append(` · ${t.refusals[item.code]}`);
    state.append(" ", el("button", { class: "link", type: "button", on: { click: () => retry(item.id) } }, t.retry));
    if (failed)
      state.append(
        " ",
        el("button", { class: "link", type: "button", on: { click: () => discard(item.id) } }, t.discard),
      );
  }
  const text = { request_agent: t.person_ask, call_back: t.callBack }[item.frame.type] ?? item.frame.text;
  return el(
    "div",
    { class: `row customer pending ${item.state}`, data: { id: item.id } },
    bubble(plainText(text)),
    state,
  );
}

function message({ message: said, at, seq }, context) {
  const { t, language, base } = context;
  if (said.role === "system") return line(said.text);
  const mine = said.role === "customer";
  const name = mine ? t.you : said.name || (said.role === "bot" ? t.assistant : t.person);
  const body = said.html ? richText(said.html, base) : plainText(said.text ?? "");
  const row = el(
    "div",
    { class: `row ${said.role}`, data: { seq: String(seq), name } },
    el("p", { class: "name" }, name),
    bubble(body),
  );
  if (said.sources?.length) row.append(sources(said.sources, context));
  if (said.buttons?.length) row.append(choices(said.buttons, seq, context));
  else if (said.role === "bot" && said.sources?.length) row.append(helpful(seq, context));
  row.append(el("time", { class: "at", dateTime: at }, clockTime(at, language)));
  return row;
}

function handoff({ handoff: packet, at }, { t, language }) {
  const card = el("div", { class: "handoff" }, el("p", { class: "line" }, icon("person"), packet.line ?? ""));
  if (packet.summary) {
    card.append(
      el("details", {}, el("summary", {}, t.passedOn), el("p", { class: "passed" }, plainText(String(packet.summary)))),
    );
  }
  return el("div", { class: "row event" }, card, el("time", { class: "at", dateTime: at }, clockTime(at, language)));
}

function line(text) {
  return el("p", { class: "between" }, text);
}

function bubble(content) {
  const box = el("div", { class: "bubble", dir: "auto" });
  box.append(content);
  return box;
}

function sources(list, { t, base }) {
  const items = list.map((source) => {
    const address = safeAddress(source.url ?? `help/${encodeURIComponent(source.article_id)}`, base);
    if (!address) return null;
    const anchor = link(address, "");
    anchor.title = t.newWindow;
    anchor.append(icon("doc"), el("span", {}, source.title ?? source.article_id));
    return el("li", {}, anchor);
  });
  return el("div", { class: "sources" }, el("p", { class: "label" }, t.sources), el("ul", { role: "list" }, ...items));
}

function choices(buttons, seq, { t, choose }) {
  const group = el("div", { class: "choices", role: "group", "aria-label": t.choices, data: { choices: String(seq) } });
  for (const button of buttons) {
    group.append(el("button", { type: "button", on: { click: () => choose(button) } }, button.title));
  }
  return group;
}

function helpful(seq, { t, rate }) {
  const box = el("div", { class: "helpful", role: "group", "aria-label": t.helpful, data: { rate: String(seq) } });
  const thumb = (name, label, value) =>
    el(
      "button",
      {
        class: "thumb",
        type: "button",
        "aria-label": label,
        "aria-pressed": "false",
        title: label,
        on: { click: () => rate(seq, value) },
        data: { value: String(value) },
      },
      icon(name),
    );
  box.append(el("span", {}, t.helpful), thumb("up", t.yes, true), thumb("thumbDown", t.no, false));
  return box;
}

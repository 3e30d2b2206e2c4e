/** The handoff as the agent needs it: why, what it is about, what the bot saw and what it tried. */
import { el, icon } from "../../shared/js/dom.js";
import { plainText } from "../../shared/js/text.js";
import { clockTime } from "../../shared/js/times.js";
import { sourceLinks } from "./source_links.js";
import { DETAILS, inWords, REASONS } from "./words.js";

/** Make the card for a `handoff` event. */
export function handoffCard({ handoff, at }) {
  const card = el(
    "article",
    { class: "handoff", "aria-label": "Handoff" },
    el(
      "p",
      { class: "by" },
      icon("alert"),
      el("b", {}, inWords(REASONS, handoff.reason) || "Handed off"),
      el("time", { dateTime: at }, clockTime(at)),
    ),
  );
  const rows = el("dl");
  row(rows, "About", handoff.summary && plainText(String(handoff.summary)));
  row(rows, "Named", details(handoff.details));
  row(rows, "Told", handoff.line && plainText(handoff.line));
  row(rows, "Signals", signals(handoff.signals));
  if (handoff.tried?.length) row(rows, "Tried", el("span", {}, ...sourceLinks(handoff.tried)));
  card.append(rows);
  return card;
}

function row(list, name, content) {
  if (!content) return;
  const value = el("dd", { dir: "auto" });
  value.append(content);
  list.append(el("dt", {}, name), value);
}

/** What the customer named, so that nobody has to ask for it again. */
function details(values) {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return null;
  return el(
    "ul",
    { role: "list", class: "details" },
    ...entries.map(([kind, value]) => el("li", {}, `${inWords(DETAILS, kind)}: ${value}`)),
  );
}

function signals(values) {
  const entries = Object.entries(values ?? {}).filter(([, value]) => value !== null && value !== false && value !== "");
  if (entries.length === 0) return null;
  return el(
    "ul",
    { role: "list", class: "signals" },
    ...entries.map(([name, value]) => el("li", {}, signal(name, value))),
  );
}

// The bot explains itself in words; the figure behind them is for those who want to know.
function signal(name, value) {
  const label = inWords({}, name);
  if (!value?.words) return `${label}: ${readable(value)}`;
  return value.score === undefined ? `${label}: ${value.words}` : `${label} ${readable(value.score)}: ${value.words}`;
}

function readable(value) {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toFixed(2);
  if (value === true) return "yes";
  if (Array.isArray(value)) return value.map(readable).join(", ");
  if (typeof value === "object")
    return Object.entries(value)
      .map(([name, inner]) => `${name.replaceAll("_", " ")} ${readable(inner)}`)
      .join(", ");
  return String(value);
}

/** Under a masked message: show what the customer really wrote, once, for those who may. */
import { el } from "../../shared/js/dom.js";
import { plainText } from "../../shared/js/text.js";
import { ApiError, reveal } from "./api.js";

// What the gateway's table of rights says; it decides, this only saves others a button that refuses.
const MAY_REVEAL = ["supervisor"];

/** Return the line that says a part was masked, with a button for those who may see it; `show(content)` replaces the text. */
export function maskedLine({ conversationId, seq, roles, show }) {
  const line = el("p", { class: "masked" }, "A number or a secret was masked.");
  if (!roles.some((role) => MAY_REVEAL.includes(role))) return line;
  const ask = el("button", { class: "link", type: "button" }, "Show it once…");
  ask.addEventListener("click", () => confirm(line, ask, { conversationId, seq, show }));
  line.append(" ", ask);
  return line;
}

function confirm(line, ask, target) {
  const yes = el("button", { class: "secondary", type: "button" }, "Show it and write it down");
  const no = el("button", { class: "plain", type: "button" }, "Cancel");
  const box = el(
    "span",
    { class: "reveal-ask", role: "group", "aria-label": "Show what was masked" },
    el("span", {}, "It can be shown once, to one person. That you looked goes into the audit log."),
    yes,
    no,
  );
  ask.replaceWith(box);
  no.addEventListener("click", () => {
    box.replaceWith(ask);
    ask.focus();
  });
  yes.addEventListener("click", () => carryOut(line, yes, no, target));
  yes.focus();
}

async function carryOut(line, yes, no, { conversationId, seq, show }) {
  yes.disabled = no.disabled = true;
  try {
    const content = plainText(await reveal(conversationId, seq));
    show(content);
    say(line, "Shown once, and written into the audit log. It is gone from here when you leave this conversation.");
  } catch (error) {
    const gone = error instanceof ApiError && error.status === 404;
    if (!gone) console.warn("tandem: the message could not be revealed", error);
    if (gone) return say(line, "It has been shown before, or is too old: nobody can see it any more.");
    yes.disabled = no.disabled = false;
    line.querySelector(".problem")?.remove();
    line.append(el("span", { class: "problem", role: "alert" }, `Not shown: ${error.message}`));
  }
  return undefined;
}

function say(line, words) {
  line.replaceChildren(el("span", { role: "status" }, words));
}

/** Before something goes live or away: which known questions would be answered differently. */
import { el } from "/static/shared/js/dom.js";
import { inWords, isMissing, part, post } from "./api.js";
import { ask, badge, table } from "./ui.js";
import { count, percent } from "./words.js";

/** Ask whether to publish (or archive); resolves to true or false. `asked()` is called once the known questions are. */
export async function confirmPublish(article, { version, action = "publish" }, asked) {
  const archive = action === "archive";
  const difference = await answerDifference(article, version, archive);
  asked();
  return ask({
    title: archive ? "Archive this article?" : "Publish this text?",
    body: el("div", {}, el("p", {}, lead(article, archive)), difference && shown(difference)),
    confirm: archive ? "Archive" : "Publish",
    kind: archive ? "danger" : "primary",
    wide: Boolean(difference?.changes.length),
  });
}

function lead(article, archive) {
  if (archive) return "Customers no longer see it, and the bot no longer answers with it. It can be published again.";
  if (article.live_version) return `It replaces version ${article.live_version}, which customers see now.`;
  return "Customers see it and the bot answers with it from that moment on.";
}

async function answerDifference(article, version, archive) {
  const query = archive ? "?action=archive" : "";
  try {
    return await post(`articles/${part(article.id)}/answer-diff${query}`, version ? { version } : {});
  } catch (error) {
    if (isMissing(error)) return null;
    return { changes: [], failed: inWords(error) };
  }
}

function shown(difference) {
  const { asked } = difference;
  if (difference.failed) return el("p", { class: "notice warn" }, `The known questions could not be asked: ${difference.failed}`);
  const cut = difference.truncated && el("p", { class: "quiet" }, "There are more known questions than were asked.");
  const all = `of ${count(asked, "known question")}`;
  const golden = goldenLine(difference.golden);
  if (!difference.changes.length) return el("div", {}, el("p", { class: "notice good" }, `No first answer ${all} changes.`), golden, cut);
  const rows = difference.changes.map((change) => [question(change), side(change.before), side(change.after)]);
  return el(
    "div",
    {},
    golden,
    el("p", { class: "notice warn" }, `The first answer to ${difference.changes.length} ${all} changes:`),
    table("Questions answered differently", ["Question", "Now", "Then"], rows),
    cut,
  );
}

/** How the golden set fares; nothing when there is none. */
function goldenLine(golden) {
  if (!golden?.asked) return null;
  const { asked, right, right_then: then } = golden;
  const words = then === right ? "as now" : `${right} now`;
  return el("p", { class: then < right ? "notice bad" : "quiet" }, `Golden set: ${then} of ${asked} answered as written down, ${words}.`);
}

function question({ question: text, source, expected, breaks, after }) {
  const shown = after?.answerable ? after.article_id : null;
  const mends = source === "golden" && !breaks && shown === expected;
  const mark = breaks ? badge("Against the golden set", "bad") : mends ? badge("As the golden set wants it", "live") : source === "golden" && badge("Golden set");
  return el("div", {}, el("p", { dir: "auto" }, text), mark);
}

function side(answer) {
  if (!answer?.article_id) return el("span", { class: "quiet" }, "No article");
  return el(
    "div",
    {},
    el("p", {}, el("b", { dir: "auto" }, answer.title || answer.article_id), " ", answer.answerable === false && badge("not sure enough", "warn")),
    answer.passage && el("p", { class: "quiet clamp", dir: "auto" }, answer.passage),
    typeof answer.confidence === "number" && el("p", { class: "quiet" }, `Confidence ${percent(answer.confidence)}`),
  );
}

/** Before something goes live or away: which known questions would be answered differently. */
import { el } from "/static/shared/js/dom.js";
import { isMissing, part, post } from "./api.js";
import { ask, badge, table } from "./ui.js";
import { count, percent } from "./words.js";

/** Ask whether to publish (or archive); resolves to true or false. */
export async function confirmPublish(article, { version, action = "publish" }) {
  const archive = action === "archive";
  const difference = await answerDifference(article, version, archive);
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
    return { changes: [], failed: error.message };
  }
}

function shown(difference) {
  const { asked } = difference;
  if (difference.failed) return el("p", { class: "notice warn" }, `The known questions could not be asked: ${difference.failed}`);
  const cut = difference.truncated && el("p", { class: "quiet" }, "There are more known questions than were asked.");
  const all = `of ${count(asked, "known question")}`;
  if (!difference.changes.length) return el("div", {}, el("p", { class: "notice good" }, `No first answer ${all} changes.`), cut);
  const rows = difference.changes.map((change) => [question(change), side(change.before), side(change.after)]);
  return el(
    "div",
    {},
    el("p", { class: "notice warn" }, `The first answer to ${difference.changes.length} ${all} changes:`),
    table("Questions answered differently", ["Question", "Now", "Then"], rows),
    cut,
  );
}

function question({ question: text, breaks }) {
  return el("div", {}, el("p", { dir: "auto" }, text), breaks && badge("Against the golden set", "bad"));
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

/** What is asked of the knowledge base about one article. */
import { ApiError, get, part, post, put, query, remove } from "./api.js";
import { sameText } from "./fields.js";

/** An article nobody has saved yet. */
export const NEW = { id: null, title: "", body: "", questions: [], tags: [], language: "en", review_on: null, version: 0, live_version: null, state: "draft" };

export const read = (id) => get(`articles/${part(id)}`);
export const publish = (id, version) => post(`articles/${part(id)}/publish`, { version });
export const archive = (id) => post(`articles/${part(id)}/archive`, {});
export const rollBack = (id, version) => post(`articles/${part(id)}/rollback`, { version });
export const removeForGood = (id) => remove(`articles/${part(id)}`);

/** What a new article begins with: nothing, a question nobody could answer, or the article it is a translation of. */
export async function beginning({ of, title = "", question = "" }) {
  if (!of) return { ...NEW, title, questions: question ? [question] : [] };
  const original = await read(of);
  return { ...NEW, translation_of: of, original, tags: original.tags, language: "" };
}

/** Save a version beside what is live. */
export function saveDraft({ id, version }, text) {
  return put(`articles/${part(id)}`, { ...text, version, state: "draft" });
}

/**
 * Make an article of a text, as a draft. `again`: an earlier try got no answer, so that one may have made it already; it is
 * then looked for, and no second one is made.
 */
export async function makeDraft(text, of, again) {
  const made = again && (await alreadyMade(text));
  return made || post("articles", { ...text, state: "draft", ...(of ? { translation_of: of } : {}) });
}

/** Whether it is not known if the knowledge base did what it was asked: no answer came, or the gateway got none. */
export function isUnanswered(error) {
  return !(error instanceof ApiError) || error.status === 502 || error.status === 504;
}

/** Another's version that came first, which a refused change brought back; null for any other error. */
export function newerVersion(error) {
  return error instanceof ApiError && error.status === 409 ? (error.body.current ?? null) : null;
}

async function alreadyMade(text) {
  const { articles } = await get(`articles${query({ q: text.title.slice(0, 200), state: "draft", limit: 20 })}`);
  for (const { id, version } of articles) {
    if (version !== 1) continue;
    const found = await read(id);
    if (sameText(text, found)) return found;
  }
  return null;
}

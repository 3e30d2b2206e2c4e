/** What the knowledge base's words are called on the page. Pure. */

export const STATES = { draft: "Draft", published: "Published", archived: "Archived" };

export const COMMON_LANGUAGES = ["en", "cs", "lt", "de", "fr", "es", "it", "pl", "pt", "nl"];

/** "cs" → "Czech"; what has no name stays as it is. */
export function languageName(code) {
  if (!code) return "";
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** Badges an article carries: `[text, kind]` pairs. `today` is `2026-03-01`. */
export function badgesOf(article, today) {
  const badges = [[STATES[article.state] ?? article.state, article.state === "published" ? "live" : article.state]];
  if (article.has_draft) badges.push(["Newer draft", "warn"]);
  if (isDue(article, today)) badges.push(["Review due", "warn"]);
  return badges;
}

/** Whether the day to look at the article again has come. */
export function isDue({ review_on: day, state }, today) {
  return Boolean(day) && state !== "archived" && day <= today;
}

/** "0.734" → "73 %". */
export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/** "1 article", "3 articles". */
export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

/** Today, by the editor's own clock. */
export function today(now = new Date()) {
  const pad = (value) => String(value).padStart(2, "0");
  return `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
}

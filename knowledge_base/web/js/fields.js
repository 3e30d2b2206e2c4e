/** The fields of an article that editors write. Pure. */

export const FIELDS = [
  { name: "title", label: "Title" },
  { name: "body", label: "Text" },
  { name: "questions", label: "Other ways to ask" },
  { name: "tags", label: "Tags" },
  { name: "language", label: "Language" },
  { name: "review_on", label: "Look at it again on" },
];

/** A field as one text, to be compared and shown. */
export function shownValue(article, name) {
  const value = article?.[name];
  if (Array.isArray(value)) return value.join(name === "tags" ? ", " : "\n");
  return value ?? "";
}

/** Only what editors write, in the form the API takes. */
export function written(article) {
  return {
    title: article.title ?? "",
    body: article.body ?? "",
    questions: [...(article.questions ?? [])],
    tags: [...(article.tags ?? [])],
    language: article.language ?? "en",
    review_on: article.review_on || null,
  };
}

/** Whether two articles read the same. */
export function sameText(one, other) {
  return FIELDS.every(({ name }) => shownValue(one, name) === shownValue(other, name));
}

/** One item a line; empty lines and repetitions are dropped. */
export function toLines(text) {
  return unique(text.split("\n"));
}

/** Tags between commas. */
export function toTags(text) {
  return unique(text.split(","));
}

function unique(items) {
  return [...new Set(items.map((item) => item.trim()).filter(Boolean))];
}

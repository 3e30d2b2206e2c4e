/** The top of an article's page: what it is, and what can be done with it. */
import { el } from "/static/shared/js/dom.js";
import { placeOf } from "./place.js";
import { badge, button } from "./ui.js";
import { badgesOf, languageName, today } from "./words.js";

export class ArticleHead {
  #title = el("h1", { tabIndex: -1, dir: "auto" });
  #badges = el("p", { class: "badges" });
  #status = el("p", { class: "quiet grow", role: "status" });
  #commands; // hidden until there is an article
  #save;
  #publish;
  #archive;
  #remove;
  #live = el("a", { class: "plain button", target: "_blank", rel: "noopener" }, "As customers see it");
  element;

  constructor({ mayEdit, save, publish, archive, remove }) {
    this.#save = button("Save draft", save);
    this.#publish = button("Publish…", publish, { kind: "primary" });
    this.#archive = button("Archive…", archive, { kind: "plain" });
    this.#remove = button("Delete…", remove, { kind: "plain danger-text" });
    const commands = mayEdit ? [this.#archive, this.#remove, this.#save, this.#publish] : [];
    this.#commands = el("div", { class: "row commands", hidden: true }, this.#status, this.#live, ...commands);
    this.element = el(
      "header",
      { class: "article-head" },
      el("a", { class: "quiet", href: placeOf("articles") }, "All articles"),
      this.#title,
      this.#badges,
      this.#commands,
    );
  }

  show(article, { unsaved, busy }) {
    const exists = Boolean(article.id);
    const title = article.title || (article.translation_of ? "New translation" : "New article");
    this.#commands.hidden = false;
    if (this.#title.textContent !== title) this.#title.textContent = title;
    this.#badges.replaceChildren(...(exists ? this.#marks(article) : this.#origin(article)));
    const words = unsaved ? "Unsaved changes, kept in this browser" : exists ? `Version ${article.version} saved` : "";
    if (this.#status.textContent !== words) this.#status.textContent = words;
    this.#save.disabled = busy || (exists && !unsaved);
    this.#publish.disabled = busy || (exists && !unsaved && article.live_version === article.version);
    this.#archive.hidden = article.live_version === null || article.live_version === undefined;
    this.#archive.disabled = busy;
    this.#remove.hidden = !exists;
    this.#remove.disabled = busy;
    this.#live.hidden = !article.live_version;
    if (exists) this.#live.href = `/help/${encodeURIComponent(article.id)}`;
  }

  #marks(article) {
    const marks = badgesOf(article, today()).map(([text, kind]) => badge(text, kind));
    if (article.live_version) marks.push(badge(`Version ${article.live_version} is live`));
    return [...marks, badge(languageName(article.language))];
  }

  #origin({ original }) {
    if (!original) return [];
    return ["Translation of ", el("a", { href: placeOf("articles", original.id), dir: "auto" }, original.title)];
  }
}

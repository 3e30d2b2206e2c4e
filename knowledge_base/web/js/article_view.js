/** One article: write, look at it, save, publish, go back. */
import { el } from "/static/shared/js/dom.js";
import { ApiError, get, inWords, part, post, put, remove } from "./api.js";
import { ArticleForm } from "./article_form.js";
import { ArticleHead } from "./article_head.js";
import { ArticleMore } from "./article_more.js";
import { settleConflict } from "./conflict_view.js";
import { sameText } from "./fields.js";
import { PreviewView } from "./preview_view.js";
import { confirmPublish } from "./publish_view.js";
import { Unsaved } from "./unsaved.js";
import { ask, button, when } from "./ui.js";

const NEW = { id: null, title: "", body: "", questions: [], tags: [], language: "en", review_on: null, version: 0, live_version: null, state: "draft" };

export class ArticleView {
  #shell;
  #id;
  #values;
  #article = NEW; // as it is saved
  #unsaved;
  #head;
  #form;
  #preview = new PreviewView();
  #more = null;
  #restored = el("div", {});
  #moreBox = el("div", {});
  #busy = false;
  element;

  /** `id` is an article's or "new"; a new one may be a translation `values.of` another. */
  constructor(shell, id, values) {
    this.#shell = shell;
    this.#id = id === "new" ? null : id;
    this.#values = values;
    this.#unsaved = new Unsaved(shell.store, this.#id ?? `new:${values.of ?? ""}`);
    this.#form = new ArticleForm({ changed: () => this.#typed(), readOnly: !shell.mayEdit });
    this.#head = new ArticleHead({
      mayEdit: shell.mayEdit,
      save: () => this.#run(() => this.#save()),
      publish: () => this.#run(() => this.#publish()),
      archive: () => this.#run(() => this.#archive()),
      remove: () => this.#run(() => this.#delete()),
    });
    const columns = el("div", { class: "columns" }, this.#form.element, this.#preview.element);
    this.element = el("div", { class: "article" }, this.#head.element, this.#restored, columns, this.#moreBox);
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        if (shell.mayEdit) this.#run(() => this.#save());
      }
    });
  }

  /** Whether leaving the page now would lose nothing but surprise: there is unsaved text. */
  get unsaved() {
    return !sameText(this.#form.value, this.#article);
  }

  async load() {
    const article = this.#id ? await get(`articles/${part(this.#id)}`) : await this.#fresh();
    this.#show(article);
    this.#restore();
  }

  close() {
    this.#preview.close();
  }

  async #fresh() {
    const { of, title = "", question = "" } = this.#values;
    if (!of) return { ...NEW, title, questions: question ? [question] : [] };
    const original = await get(`articles/${part(of)}`);
    return { ...NEW, translation_of: of, original, tags: original.tags, language: "" };
  }

  /** Put an article as it is saved on the screen. */
  #show(article, text = article) {
    this.#article = article;
    this.#form.value = text;
    this.#refresh();
    this.#moreBox.replaceChildren();
    if (!article.id) return;
    this.#more = new ArticleMore(this.#shell, article, { rollBack: (version) => this.#run(() => this.#rollBack(version)) });
    this.#moreBox.replaceChildren(this.#more.element);
    this.#shell.attempt(() => this.#more.load());
  }

  #refresh() {
    this.#head.show(this.#article, { unsaved: this.unsaved, busy: this.#busy });
    this.#preview.show(this.#form.value.body);
  }

  #restore() {
    const kept = this.#shell.mayEdit && this.#unsaved.of(this.#article);
    if (!kept) return;
    this.#form.value = kept.text;
    const older = kept.version !== this.#article.version && " Somebody has saved a newer version since.";
    const drop = button("Discard them", () => {
      this.#unsaved.drop();
      this.#restored.replaceChildren();
      this.#form.value = this.#article;
      this.#refresh();
    });
    this.#restored.replaceChildren(
      el("div", { class: "notice warn row", role: "status" }, el("p", { class: "grow" }, "Your unsaved changes of ", when(kept.at), " are back.", older), drop),
    );
    if (older) this.#article = { ...this.#article, version: kept.version };
    this.#refresh();
  }

  #typed() {
    this.#unsaved.keep(this.#form.value, this.#article);
    this.#refresh();
  }

  /** One thing at a time: a second click while the first is on its way does nothing. */
  async #run(work) {
    if (this.#busy) return;
    this.#busy = true;
    this.#refresh();
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError)) console.warn("tandem: a call failed", error);
      if (!this.#form.refuse(error.field, error.message)) this.#shell.say(inWords(error), "bad");
    } finally {
      this.#busy = false;
      this.#refresh();
    }
  }

  /** Save as a draft beside what is live. Returns whether what is on screen is saved now. */
  async #save() {
    if (this.#article.id && !this.unsaved) return true;
    const text = this.#form.value;
    if (!text.language) {
      this.#form.refuse("language", "Say which language this is written in.");
      return false;
    }
    try {
      const body = { ...text, version: this.#article.version, state: "draft" };
      const saved = this.#article.id ? await put(`articles/${part(this.#article.id)}`, body) : await this.#create(text);
      this.#saved(saved, `Saved as version ${saved.version}.`);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 409 && error.body.current) return this.#conflict(text, error.body.current);
      throw error;
    }
  }

  async #create(text) {
    const of = this.#article.translation_of;
    const made = await post("articles", { ...text, state: "draft", ...(of ? { translation_of: of } : {}) });
    this.#unsaved.drop();
    this.#unsaved = new Unsaved(this.#shell.store, made.id);
    this.#shell.go("articles", made.id, {}, { quiet: true });
    return made;
  }

  #saved(article, words) {
    this.#unsaved.drop();
    this.#restored.replaceChildren();
    this.#show(article);
    this.#shell.say(words, "good");
  }

  async #conflict(mine, theirs) {
    const chosen = await settleConflict(mine, theirs);
    if (!chosen) return false;
    this.#show(theirs, chosen);
    this.#restored.replaceChildren();
    this.#unsaved.keep(chosen, theirs);
    this.#refresh();
    return false;
  }

  async #publish() {
    if (!(await this.#save())) return;
    const { id, version } = this.#article;
    if (!(await confirmPublish(this.#article, { version }))) return;
    const live = await post(`articles/${part(id)}/publish`, { version });
    this.#saved(live, `Live, in generation ${live.generation}.`);
  }

  async #archive() {
    if (!(await confirmPublish(this.#article, { action: "archive" }))) return;
    const kept = this.#form.value;
    const archived = await post(`articles/${part(this.#article.id)}/archive`, {});
    this.#show(archived, this.unsaved ? kept : archived);
    this.#shell.say("Archived: customers no longer see it.", "good");
  }

  async #delete() {
    const body = el("p", {}, `“${this.#article.title}” and all its versions go. This cannot be taken back; archiving can.`);
    if (!(await ask({ title: "Delete this article?", body, confirm: "Delete for good", kind: "danger" }))) return;
    await remove(`articles/${part(this.#article.id)}`);
    this.#unsaved.drop();
    this.#form.value = this.#article;
    this.#shell.go("articles");
    this.#shell.say("Deleted.", "good");
  }

  async #rollBack(version) {
    const article = await post(`articles/${part(this.#article.id)}/rollback`, { version });
    this.#saved(article, `Version ${article.version} has the text of version ${version}.`);
  }
}


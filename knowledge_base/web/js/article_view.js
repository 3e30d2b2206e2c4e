/** One article: write, look at it, save, publish, go back. */
import { el } from "/static/shared/js/dom.js";
import * as calls from "./article_calls.js";
import { ArticleForm } from "./article_form.js";
import { ArticleHead } from "./article_head.js";
import { ArticleMore } from "./article_more.js";
import { settleConflict } from "./conflict_view.js";
import { sameText } from "./fields.js";
import { PreviewView } from "./preview_view.js";
import { confirmPublish } from "./publish_view.js";
import { Unsaved } from "./unsaved.js";
import { ask, button, when } from "./ui.js";

export class ArticleView {
  #shell;
  #id;
  #values;
  #article = calls.NEW; // as it is saved
  #unsaved;
  #head;
  #form;
  #preview = new PreviewView();
  #restored = el("div", {});
  #columns;
  #moreBox = el("div", {});
  #busy = false;
  #unanswered = false; // whether a new article may have been made already: the answer never came
  #closed = false;
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
    // Hidden until the article is there: what is typed into an empty form would be lost, or become another article.
    this.#columns = el("div", { class: "columns", hidden: true }, this.#form.element, this.#preview.element);
    this.element = el("div", { class: "article" }, this.#head.element, this.#restored, this.#columns, this.#moreBox);
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        if (shell.mayEdit && !this.#columns.hidden) this.#run(() => this.#save());
      }
    });
  }

  /** Whether leaving the page now would lose nothing but surprise: there is unsaved text. */
  get unsaved() {
    return !this.#columns.hidden && !sameText(this.#form.value, this.#article);
  }

  async load() {
    try {
      const article = this.#id ? await calls.read(this.#id) : await calls.beginning(this.#values);
      this.#columns.hidden = false;
      this.#show(article);
      this.#restore();
    } catch (error) {
      if (error.status === 404) this.#rescue();
      throw error;
    }
  }

  close() {
    this.#closed = true;
    this.#preview.close();
  }

  /** Put an article as it is saved on the screen, with `text` in the form. */
  #show(article, text = article) {
    this.#article = article;
    this.#form.value = text;
    if (this.unsaved) this.#unsaved.keep(this.#form.value, article);
    this.#refresh();
    this.#moreBox.replaceChildren();
    if (!article.id) return;
    const more = new ArticleMore(this.#shell, article, { rollBack: (version) => this.#run(() => this.#rollBack(version)) });
    this.#moreBox.replaceChildren(more.element);
    this.#shell.attempt(() => more.load());
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

  /** The article is gone, but what was written about it is still in this browser: it can become a new one. */
  #rescue() {
    const kept = this.#shell.mayEdit && this.#unsaved.of(calls.NEW);
    if (!kept) return;
    const go = button("Make a new article of it", () => {
      new Unsaved(this.#shell.store, "new:").keep(kept.text, calls.NEW);
      this.#unsaved.drop();
      this.#shell.go("articles", "new");
    });
    this.#restored.replaceChildren(el("div", { class: "notice warn row" }, el("p", { class: "grow" }, "What you wrote and did not save is still here."), go));
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
      const theirs = calls.newerVersion(error);
      if (theirs) await this.#overtaken(theirs);
      else if (!this.#form.refuse(error)) this.#shell.complain(error);
    } finally {
      this.#busy = false;
      this.#refresh();
    }
  }

  /** Save as a draft beside what is live. Returns whether what is on screen is saved now. */
  async #save() {
    if (this.#article.id && !this.unsaved) return true;
    if (!this.#form.check()) return false;
    const text = this.#form.value;
    try {
      const saved = this.#article.id ? await calls.saveDraft(this.#article, text) : await this.#create(text);
      this.#saved(saved, text);
    } catch (error) {
      const theirs = calls.newerVersion(error);
      if (!theirs || !sameText(text, theirs)) throw error;
      this.#saved(theirs, text); // an earlier try whose answer never came
    }
    return !this.unsaved;
  }

  async #create(text) {
    try {
      const made = await calls.makeDraft(text, this.#article.translation_of, this.#unanswered);
      this.#unsaved.drop();
      this.#unsaved = new Unsaved(this.#shell.store, made.id);
      if (!this.#closed) this.#shell.go("articles", made.id, {}, { quiet: true });
      return made;
    } catch (error) {
      this.#unanswered = calls.isUnanswered(error);
      throw error;
    }
  }

  /** `text` is what was sent: what has been typed since stays, unsaved. */
  #saved(article, text, words = `Saved as version ${article.version}.`) {
    const now = this.#form.value;
    this.#unsaved.drop();
    this.#restored.replaceChildren();
    this.#show(article, sameText(now, text) ? article : now);
    this.#shell.say(words, "good");
  }

  /** Somebody else saved first. */
  async #overtaken(theirs) {
    const mine = this.#form.value;
    if (!this.unsaved || sameText(mine, theirs)) {
      this.#show(theirs);
      this.#shell.say(`${theirs.updated_by || "Somebody"} saved version ${theirs.version} meanwhile. This is it now; look at it first.`, "bad");
      return;
    }
    const chosen = await settleConflict(mine, theirs);
    if (!chosen) return;
    this.#restored.replaceChildren();
    this.#unsaved.drop();
    this.#show(theirs, chosen);
  }

  async #publish() {
    if (!(await this.#save())) return;
    const { id, version } = this.#article;
    const text = this.#form.value;
    if (!(await this.#confirmed({ version }))) return;
    const live = await calls.publish(id, version);
    this.#saved(live, text, `Live, in generation ${live.generation}.`);
  }

  /** Show what would change, and ask. The known questions take seconds in a large base, so it is said what is going on. */
  async #confirmed(change) {
    this.#shell.say("Asking the known questions…");
    const yes = await confirmPublish(this.#article, change, () => this.#shell.say(""));
    return yes && !this.#closed;
  }

  async #archive() {
    if (!(await this.#confirmed({ action: "archive" }))) return;
    const before = this.#article;
    const archived = await calls.archive(before.id);
    const now = this.#form.value;
    this.#show(archived, sameText(now, before) ? archived : now);
    this.#shell.say("Archived: customers no longer see it.", "good");
  }

  async #delete() {
    const body = el("p", {}, el("bdi", {}, `“${this.#article.title}”`), " and all its versions go. This cannot be taken back; archiving can.");
    if (!(await ask({ title: "Delete this article?", body, confirm: "Delete for good", kind: "danger" }))) return;
    await calls.removeForGood(this.#article.id);
    this.#unsaved.drop();
    this.#form.value = this.#article;
    if (!this.#closed) this.#shell.go("articles");
    this.#shell.say("Deleted.", "good");
  }

  async #rollBack(version) {
    if (this.unsaved) return this.#shell.say("Save what you wrote first: going back replaces the text.", "bad");
    const text = this.#form.value;
    const article = await calls.rollBack(this.#article.id, version);
    return this.#saved(article, text, `Version ${article.version} has the text of version ${version}.`);
  }
}

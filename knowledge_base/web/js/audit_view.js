/** Who did what to which article, newest first. */
import { el } from "/static/shared/js/dom.js";
import { get, query } from "./api.js";
import { placeOf } from "./place.js";
import { button, empty, head, when } from "./ui.js";

const DONE = {
  created: "made",
  edited: "edited",
  published: "published",
  archived: "archived",
  rolled_back: "went back in",
  deleted: "deleted",
};

/** One entry in words, as nodes. */
export function auditLine(entry, { link = true } = {}) {
  const gone = entry.action === "deleted";
  const subject = link && !gone ? el("a", { href: placeOf("articles", entry.article_id), dir: "auto" }, entry.title) : el("span", { dir: "auto" }, link ? entry.title : "it");
  return [el("b", {}, entry.by.name), ` ${DONE[entry.action] ?? entry.action} `, subject, versions(entry), el("span", { class: "quiet" }, " · ", when(entry.at))];
}

function versions({ from_version: from, to_version: to }) {
  if (from && to && from !== to) return ` (version ${from} to ${to})`;
  return from || to ? ` (version ${to ?? from})` : "";
}

export class AuditView {
  #shell;
  #list = el("ul", { class: "plain-list" });
  #more;
  #cursor = null;
  element;

  constructor(shell) {
    this.#shell = shell;
    this.#more = button("Show more", () => shell.attempt(() => this.#next()), { hidden: true });
    this.element = el("div", {}, head("History"), this.#list, this.#more);
  }

  load() {
    return this.#next();
  }

  async #next() {
    const page = await get(`audit${query({ cursor: this.#cursor })}`);
    const { entries } = page;
    this.#list.append(...entries.map((entry) => el("li", {}, ...auditLine(entry))));
    if (!this.#list.children.length) this.#list.replaceWith(empty("Nothing has been done to any article yet."));
    this.#cursor = page.next_cursor;
    this.#more.hidden = this.#cursor === null;
  }
}

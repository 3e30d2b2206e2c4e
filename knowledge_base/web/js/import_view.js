/** Bring articles in from a file, dry first, and take everything out. */
import { el } from "/static/shared/js/dom.js";
import { upload } from "./api.js";
import { placeOf } from "./place.js";
import { badge, button, empty, field, head, table } from "./ui.js";
import { count } from "./words.js";

const MOST_BYTES = 50 * 1024 * 1024; // as the gateway and the knowledge base hold it
const MOST_ROWS = 500; // shown; a longer table helps nobody
const KINDS = ".jsonl,.csv,.md,.markdown,.zip,.html,.htm,.docx,.pdf";
const OUTCOMES = { created: ["New", "live"], changed: ["Changed", "warn"], same: ["Same", ""], refused: ["Refused", "bad"] };

export class ImportView {
  #shell;
  #file;
  #try;
  #report = el("div", { "aria-live": "polite" });
  element;

  constructor(shell) {
    this.#shell = shell;
    this.#file = el("input", { type: "file", accept: KINDS, on: { change: () => this.#report.replaceChildren() } });
    this.#try = el("button", { class: "primary", type: "submit" }, "Try it first");
    const form = el(
      "form",
      { class: "stack", on: { submit: (event) => this.#submit(event) } },
      field("File", this.#file, "JSONL, CSV, Markdown, HTML, DOCX, PDF, or a zip of these; at most 50 MB. Articles are recognised by their external id, so the same file can come again."),
      el("div", { class: "row" }, this.#try),
    );
    this.element = el(
      "div",
      {},
      head("Import and export"),
      el("section", { class: "box" }, el("h2", {}, "Import"), form, this.#report),
      el(
        "section",
        { class: "box" },
        el("h2", {}, "Export"),
        el("p", {}, "Everything, with all versions, as JSONL that can be imported again."),
        el("a", { class: "button secondary", href: "/knowledge/v1/export", download: "knowledge.jsonl" }, "Export everything"),
      ),
    );
  }

  load() {}

  async #submit(event) {
    event.preventDefault();
    const [file] = this.#file.files;
    if (!file) return this.#shell.say("Choose a file first.", "bad");
    if (file.size > MOST_BYTES) return this.#shell.say("This file has more than 50 MB. Split it.", "bad");
    this.#report.replaceChildren(empty("Reading the file…"));
    const report = await this.#send(file, true);
    if (!report) return this.#report.replaceChildren();
    return this.#show(file, report);
  }

  async #send(file, dry) {
    this.#try.disabled = true;
    const report = await this.#shell.attempt(() => upload(`import?dry_run=${dry ? 1 : 0}`, file));
    this.#try.disabled = false;
    return report;
  }

  #show(file, report) {
    const good = report.created + report.changed;
    const go = button(`Import ${count(good, "article")}`, () => this.#import(file), { kind: "primary" });
    const words = good ? "Nothing has been changed yet." : "There is nothing to import in this file.";
    this.#report.replaceChildren(summary(report, "Would be"), el("p", {}, words), good ? el("div", { class: "row" }, go) : "", rows(report));
    if (good) go.focus();
  }

  async #import(file) {
    const report = await this.#send(file, false);
    if (!report) return;
    this.#file.value = "";
    this.#report.replaceChildren(
      summary(report, "Done:"),
      el("p", {}, report.generation === undefined ? "" : `Search knows it in generation ${report.generation}. `, el("a", { href: placeOf("articles") }, "To the articles")),
      rows(report),
    );
    this.#shell.say(`Imported ${count(report.created + report.changed, "article")}.`, "good");
  }
}

function summary(report, lead) {
  const { created, changed, unchanged, refused } = report;
  const bad = refused.length ? el("b", { class: "bad-text" }, `${refused.length} refused`) : "none refused";
  const ignored = report.ignored?.length ? ` Passed over: ${report.ignored.join(", ")}.` : "";
  return el("p", { class: "summary" }, `${lead} ${created} new, ${changed} changed, ${unchanged} the same, `, bad, ".", ignored);
}

function rows(report) {
  const all = report.rows;
  // What went wrong comes first: it is what has to be mended.
  const order = [...all.filter((row) => row.outcome === "refused"), ...all.filter((row) => row.outcome !== "refused")];
  if (!order.length) return "";
  const cells = order.slice(0, MOST_ROWS).map((row) => {
    const [text, kind] = OUTCOMES[row.outcome] ?? [row.outcome, ""];
    return [row.file ? `${row.file}, ${row.row}` : String(row.row ?? ""), row.external_id ?? "", badge(text, kind), row.why ?? ""];
  });
  const cut = order.length > MOST_ROWS && el("p", { class: "quiet" }, `The first ${MOST_ROWS} of ${order.length} rows.`);
  return el("div", {}, table("Rows of the file", ["Row", "External id", "What", "Why"], cells), cut);
}

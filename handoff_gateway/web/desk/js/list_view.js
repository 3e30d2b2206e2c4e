/** The left pane: who waits, oldest first, and the agent's own conversations. */
import { el } from "../../shared/js/dom.js";
import { clockTime, dayName, shortMoment, ticking } from "../../shared/js/times.js";
import { FindView } from "./find_view.js";
import { alertWords, customerName, inWords, OWNERS, REASONS } from "./words.js";

const TICK_MS = 1_000;
// A wait this long is shown in the colour of alarm.
const LONG_WAIT_MS = 120_000;

export class ListView {
  #workspace;
  #queue;
  #mine;
  #kept;
  element;

  constructor(workspace) {
    this.#workspace = workspace;
    this.#queue = this.#section("Waiting", "Nobody is waiting. New conversations appear here by themselves.");
    this.#mine = this.#section(
      "Mine",
      "You have no conversation. Claim one from the queue, or go online and be given one.",
    );
    // What stays until it is done; shown while there is any.
    this.#kept = [
      ["alerts", this.#section("Alerts", "")],
      ["call_backs", this.#section("Call-backs", "")],
      ["follow_ups", this.#section("Follow-ups", "")],
    ];
    const found = this.#section("Found", "");
    this.#kept.push(["found", found]);
    const boxes = [found, this.#queue, this.#mine, ...this.#kept.slice(0, -1).map(([, section]) => section)].map(({ box }) => box);
    this.element = el("nav", { class: "lists", "aria-label": "Conversations" }, new FindView(workspace).element, ...boxes);
    for (const type of ["change", "select"]) workspace.addEventListener(type, () => this.#render());
    const tick = setInterval(
      () => (this.element.isConnected ? this.#tick() : this.#begun && clearInterval(tick)),
      TICK_MS,
    );
    this.#render();
  }

  #begun = false;

  /** All rows, top to bottom. */
  get rows() {
    return [...this.element.querySelectorAll("button.card")];
  }

  /** Move the focus `by` rows from the focused or selected one. */
  move(by) {
    const { rows } = this;
    const at = rows.findIndex((row) => row === document.activeElement);
    const from = at >= 0 ? at : rows.findIndex((row) => row.getAttribute("aria-current") === "true");
    rows[Math.max(0, Math.min(rows.length - 1, from < 0 ? 0 : from + by))]?.focus();
  }

  #section(title, empty) {
    const count = el("span", { class: "count" });
    const list = el("ul", { role: "list" });
    const box = el(
      "section",
      { "aria-label": title },
      el("h2", {}, title, count),
      list,
      el("p", { class: "empty" }, empty),
    );
    return { box, count, list, empty: box.lastElementChild, shown: new Map() };
  }

  #render() {
    this.#fill(this.#queue, this.#workspace.queue, "waiting");
    const { queue, waitingTotal } = this.#workspace;
    if (waitingTotal > queue.length) this.#queue.count.textContent = `${queue.length} of ${waitingTotal}`;
    this.#fill(this.#mine, this.#workspace.mine, "mine");
    for (const [name, section] of this.#kept) {
      const cards = this.#workspace.list(name);
      section.box.hidden = cards.length === 0;
      this.#fill(section, cards, name);
    }
    this.#tick();
  }

  // Rows are kept and only updated, so that the focus and a screen reader's place stay where they are.
  #fill(section, cards, kind) {
    const wanted = new Set(cards.map((card) => card.id));
    for (const [id, row] of section.shown) {
      if (wanted.has(id)) continue;
      row.remove();
      section.shown.delete(id);
    }
    cards.forEach((card, index) => {
      const row = section.shown.get(card.id) ?? this.#row(card, kind === "waiting");
      section.shown.set(card.id, row);
      if (section.list.children[index] !== row) section.list.insertBefore(row, section.list.children[index] ?? null);
      this.#update(row.firstElementChild, card, kind);
    });
    section.count.textContent = cards.length ? String(cards.length) : "";
    section.empty.hidden = cards.length > 0;
  }

  #row(card, waiting) {
    return el(
      "li",
      {},
      el(
        "button",
        {
          class: waiting ? "card waiting" : "card",
          type: "button",
          data: { id: card.id },
          on: { click: () => this.#workspace.select(card.id) },
        },
        el("span", { class: "who" }),
        el("span", { class: "when" }),
        el("span", { class: "last", dir: "auto" }),
        el("span", { class: "marks" }),
      ),
    );
  }

  #update(button, card, kind) {
    const waiting = kind === "waiting";
    const [who, when, last, marks] = button.children;
    const { summary } = card;
    const said = summary.last_message;
    who.textContent = customerName(summary);
    when.dataset.since = waiting ? (summary.waiting_since ?? "") : "";
    if (!waiting) when.textContent = said ? shortMoment(said.at) : "";
    const speaker = { agent: card.heldBy(this.#workspace.agent.id) ? "You: " : "Agent: ", bot: "Bot: ", system: "Tandem: " }[said?.role] ?? "";
    last.textContent =
      card.typing.now?.role === "customer"
        ? "is typing…"
        : said
          ? speaker + said.text.slice(0, 160)
          : "Nothing said yet";
    const unread = kind === "mine" && card.unread;
    button.classList.toggle("unread", unread);
    button.setAttribute("aria-current", String(card.id === this.#workspace.selectedId));
    const labels = this.#labels(summary, kind, unread).filter(([text]) => text);
    if (marks.textContent !== labels.map(([text]) => text).join("")) {
      marks.replaceChildren(...labels.map(([text, look]) => el("span", { class: `mark ${look}`.trim() }, text)));
    }
  }

  /** Return [text, look] of each mark. */
  #labels(summary, kind, unread) {
    const late = (summary.alerts ?? []).map((alert) => [alertWords(alert), "late"]);
    const { call_back: due, follow_up: kept } = summary;
    const dueText = due && `${dayName(due.due_at)}, ${clockTime(due.due_at)}`;
    return [
      [unread && "New", "new"],
      [kind === "waiting" && inWords(REASONS, summary.reason), ""],
      [kind === "found" && (summary.agent?.name ? `With ${summary.agent.name}` : inWords(OWNERS, summary.owner)), "calm"],
      ...(["waiting", "mine", "alerts"].includes(kind) ? late : []),
      [kind === "call_backs" && dueText, due?.alerted ? "late" : ""],
      [kind === "call_backs" && due?.contact, "calm"],
      [kind === "follow_ups" && (kept?.outcome ?? (kept?.to && `With ${kept.to}`)), kept?.outcome ? "new" : "calm"],
      [summary.language !== "en" && summary.language?.toUpperCase(), ""],
    ];
  }

  #tick() {
    this.#begun ||= this.element.isConnected;
    for (const when of this.element.querySelectorAll(".when[data-since]:not([data-since=''])")) {
      when.textContent = ticking(when.dataset.since);
      when.classList.toggle("long", Date.now() - new Date(when.dataset.since).getTime() > LONG_WAIT_MS);
    }
  }
}

/** Puts the chat together and mounts it into the loader's shadow root. */
import { el } from "../../shared/js/dom.js";
import { Store } from "../../shared/js/storage.js";
import { BarView } from "./bar_view.js";
import { Chat } from "./chat.js";
import { ComposerView } from "./composer_view.js";
import { HeadView } from "./head_view.js";
import { LogView } from "./log_view.js";
import { STRINGS } from "./strings.js";

const SHEETS = ["shared/css/colours.css", ...["panel", "messages", "composer", "call_back"].map((name) => `widget/css/${name}.css`)];
const SPEAKERS = new Set(["bot", "agent"]);

/**
 * Mount the chat. `root` is the themed element inside the shadow root, `base` the gateway's address, `launcher`
 * the loader's button, `identity` a function that returns who the site says the customer is, or null. Resolves, once
 * styled and listening, to `{open, close, identify, isOpen}`.
 */
export async function mount({ root, base, language, starters, launcher, identity }) {
  const t = STRINGS[language];
  // en-GB writes times its own way.
  const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
  const store = new Store(`tandem:${base}:`);
  const tab = new Store(`tandem:${base}:`, tabStorage());
  const chat = new Chat({ base, language, store, identity });
  const head = new HeadView({ chat, t, close: () => close() });
  const log = new LogView({ chat, t, language: locale, base, starters });
  const bar = new BarView({ chat, t, language: locale });
  const composer = new ComposerView({ chat, store, t });
  const panel = el(
    "section",
    { class: "panel", role: "dialog", "aria-label": t.chatLabel, hidden: true },
    head.element,
    log.element,
    bar.element,
    composer.element,
  );
  const sheets = SHEETS.map((path) => styleSheet(new URL(`static/${path}`, base)));
  root.prepend(...sheets.map(({ link }) => link));
  await Promise.all(sheets.map(({ loaded }) => loaded));
  root.append(panel);

  let seen = chat.thread.lastSeq;
  let known = false; // what was there before this page is not unread news
  const visible = () => !panel.hidden && document.visibilityState === "visible";
  const look = () => {
    if (chat.thread.lastSeq < seen && known) seen = 0; // another conversation began
    if (!known && chat.synced) [known, seen] = [true, Math.max(seen, tab.get("seen") ?? chat.thread.lastSeq)];
    if (visible()) {
      if (chat.thread.lastSeq > seen || seen === 0) chat.read();
      seen = chat.thread.lastSeq;
      tab.set("seen", seen);
    }
    if (known) launcher.unread(chat.thread.events.slice(seen).filter((e) => SPEAKERS.has(e.message?.role)).length);
  };
  chat.addEventListener("thread", look);
  root.addEventListener("keydown", ({ key }) => key === "Escape" && !panel.hidden && close());
  document.addEventListener("visibilitychange", look);

  function open({ focus = true } = {}) {
    panel.hidden = false;
    tab.set("open", true);
    launcher.expanded(true);
    look();
    log.toEnd();
    if (focus) composer.focus();
  }

  function close() {
    panel.hidden = true;
    tab.remove("open");
    launcher.expanded(false);
    launcher.element.focus();
  }

  chat.start();
  return {
    open,
    close,
    identify: () => chat.identify(),
    get isOpen() {
      return !panel.hidden;
    },
  };
}

function styleSheet(address) {
  const link = el("link", { rel: "stylesheet", href: address.href });
  const loaded = new Promise((done, failed) => {
    link.addEventListener("load", done);
    link.addEventListener("error", () => failed(new Error(`no style sheet at ${address}`)));
  });
  return { link, loaded };
}

function tabStorage() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

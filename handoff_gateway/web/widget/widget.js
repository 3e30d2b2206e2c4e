/**
 * The one line a site embeds: <script src="https://…/widget.js" async></script>
 * Puts a launcher button on the page and loads the chat on its first use. Attributes of the script tag:
 * data-language (else the page's own `lang`), data-starters (questions to offer, split by "|"), data-identity (a token
 * signed by the site's server that says who the customer is).
 * For the site: window.Tandem.open(), .close(), .identify(token, or a function that returns one, or null at sign-out).
 */
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.Tandem) return; // a second copy of the line does nothing

  const LABELS = {
    en: ["Chat with us", "Close the chat", "The chat could not be loaded. Try again", "unread"],
    cs: ["Napište nám", "Zavřít chat", "Chat se nepodařilo načíst. Zkusit znovu", "nepřečteno"],
    lt: ["Parašykite mums", "Uždaryti pokalbį", "Pokalbio įkelti nepavyko. Bandyti dar kartą", "neskaityta"],
    de: ["Schreiben Sie uns", "Chat schließen", "Der Chat konnte nicht geladen werden. Noch einmal", "ungelesen"],
  };
  const STYLE = `
    .theme { all: initial; font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
    .launcher { position: fixed; inset: auto 20px 20px auto; z-index: 2; width: 60px; height: 60px; padding: 0;
      border: 0; border-radius: 50%; background: #17594a; color: #fff; cursor: pointer;
      box-shadow: 0 4px 18px rgb(0 0 0 / 28%); transition: transform .15s; }
    .launcher:hover { transform: scale(1.05); }
    .launcher:focus-visible { outline: 3px solid #fff; box-shadow: 0 0 0 6px #1b63c6; }
    .launcher svg { width: 28px; height: 28px; fill: none; stroke: currentcolor; stroke-width: 2;
      stroke-linecap: round; stroke-linejoin: round; vertical-align: middle; }
    .launcher[aria-busy=true] svg { animation: beat .9s infinite alternate; }
    .launcher[data-failed] { background: #a3271c; }
    .badge { position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px; border-radius: 11px;
      background: #a3271c; color: #fff; font: 600 13px/22px system-ui, sans-serif; text-align: center; }
    .badge[hidden] { display: none; }
    @keyframes beat { to { opacity: .35; } }
    @media (max-width: 480px) { .launcher[aria-expanded=true] { display: none; } }
    @media (prefers-reduced-motion: reduce) { .launcher, .launcher svg { transition: none; animation: none; } }
    @media print { .launcher { display: none; } }`;
  const CHAT = "M4 5h16v11H9l-5 4z";
  const DOWN = "M6 9l6 6 6-6";

  const asked = (script.dataset.language || document.documentElement.lang || "en").toLowerCase().split(/[-_]/)[0];
  const language = LABELS[asked] ? asked : "en";
  const [openLabel, closeLabel, failedLabel, unreadLabel] = LABELS[language];
  const starters = (script.dataset.starters || "")
    .split("|")
    .map((text) => text.trim())
    .filter(Boolean);
  const base = new URL(".", script.src).href;

  let identity = script.dataset.identity || null; // a token, or a function that returns one or a promise of one
  let chat = null; // the mounted chat, once loaded
  let loading = null;
  let attempts = 0;
  let unread = 0;

  const host = document.createElement("tandem-chat");
  // The page's own style sheet cannot reach in; this keeps it from hiding or moving the element itself.
  host.style.cssText =
    "all:initial!important;position:fixed!important;inset:auto 0 0 auto!important;" +
    "width:0!important;height:0!important;z-index:2147483000!important";
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];

  const root = document.createElement("div");
  root.className = "theme tandem";
  root.lang = language;
  const button = document.createElement("button");
  button.className = "launcher";
  button.type = "button";
  button.setAttribute("aria-haspopup", "dialog");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.append(path);
  const badge = document.createElement("span");
  badge.className = "badge";
  badge.hidden = true;
  button.append(svg, badge);
  root.append(button);
  shadow.append(root);

  const launcher = {
    element: button,
    expanded(on) {
      button.setAttribute("aria-expanded", String(on));
      path.setAttribute("d", on ? DOWN : CHAT);
      label(on ? closeLabel : openLabel);
    },
    unread(count) {
      unread = count;
      badge.hidden = count === 0;
      badge.textContent = count > 9 ? "9+" : String(count);
      if (button.getAttribute("aria-expanded") !== "true") label(openLabel);
    },
  };

  function label(text) {
    const name = unread && text === openLabel ? `${text}, ${unread} ${unreadLabel}` : text;
    button.setAttribute("aria-label", name);
    button.title = text;
  }

  function load() {
    if (loading) return loading;
    button.setAttribute("aria-busy", "true");
    delete button.dataset.failed;
    // Some browsers remember a module that failed to load: a new address is a new try.
    const address = new URL(`static/widget/js/main.js${attempts++ ? `?try=${attempts}` : ""}`, base);
    loading = import(address)
      .then((module) => module.mount({ root, base, language, starters, launcher, identity: whoIsIt }))
      .then((mounted) => (chat = mounted))
      .catch((error) => {
        console.error("tandem: the chat could not be loaded", error);
        button.dataset.failed = "";
        label(failedLabel);
        loading = null;
      })
      .finally(() => button.removeAttribute("aria-busy"));
    return loading;
  }

  async function whoIsIt() {
    return (typeof identity === "function" ? await identity() : identity) || null;
  }

  function identify(value) {
    identity = value;
    chat?.identify();
  }

  async function open() {
    await load();
    chat?.open();
  }

  function remembered(storage, key) {
    try {
      return window[storage].getItem(`tandem:${base}:${key}`) !== null;
    } catch {
      return false; // storage is forbidden here: nothing to remember
    }
  }

  launcher.expanded(false);
  button.addEventListener("click", () => (chat?.isOpen ? chat.close() : open()));
  window.Tandem = { open, close: () => chat?.close(), identify };

  function begin() {
    document.body.append(host);
    // The chat was open on the page before this one, or somebody is waiting for a person: go on with it.
    // On a phone it would cover the page somebody has just gone to: there only a reload brings it back.
    const roomy = innerWidth > 480 || performance.getEntriesByType("navigation")[0]?.type === "reload";
    if (roomy && remembered("sessionStorage", "open")) load().then(() => chat?.open({ focus: false }));
    else if (remembered("localStorage", "live")) load();
  }
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();

/** The desk by keyboard. Letters work outside text fields only. */

/** Listen until the returned controller is aborted. */
export function listenForKeys({ workspace, lists, conversation, help, canned }) {
  const stop = new AbortController();
  const commands = {
    j: () => lists.move(1),
    ArrowDown: () => lists.move(1),
    k: () => lists.move(-1),
    ArrowUp: () => lists.move(-1),
    c: () => conversation.claim(),
    r: () => write(false),
    n: () => write(true),
    "/": () => canned.open(),
    "?": () => help.show(),
  };

  function write(note) {
    if (!workspace.selected) return;
    conversation.reply.mode(note);
    conversation.reply.focus();
  }

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || help.element.open || canned.element.open) return;
      const field = event.target.closest("textarea, input, select");
      if (field) {
        if (event.key === "Escape") field.blur();
        return;
      }
      // The transcript scrolls by arrow keys; they must stay its own.
      if (event.key.startsWith("Arrow") && event.target.closest(".transcript")) return;
      const run = commands[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    },
    { signal: stop.signal },
  );
  return stop;
}

/** The lines between messages that tell who takes over. Pure. */

/**
 * Put a change of owner into words, or return [] when another event says it already (a handoff, a close).
 * `previousAgent` is the name of the agent who had the conversation until now, or null.
 * `words` are functions and strings: joined, left, backToBot, leftQueue, requeued.
 */
export function ownerLines(event, previousAgent, words) {
  const left = previousAgent ? [words.left(previousAgent)] : [];
  switch (event.owner) {
    case "agent": {
      const name = event.agent?.name ?? "";
      if (name === previousAgent) return [];
      return [...left, words.joined(name)];
    }
    case "bot":
      if (event.cause === "left_queue") return [words.leftQueue];
      return event.cause === "handed_back" || previousAgent ? [...left, words.backToBot] : [];
    case "queue":
      return previousAgent ? [...left, words.requeued] : [];
    default:
      return []; // the end is told by the `closed` event
  }
}

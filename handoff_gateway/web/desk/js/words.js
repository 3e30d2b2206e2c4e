/** What codes of the wire mean, in the agents' words. */

export const REASONS = {
  customer_request: "Asked for a person",
  frustration: "Frustrated",
  low_confidence: "Bot was not sure",
  repeated_question: "Asked the same again",
  policy: "Sensitive topic",
  bot_unavailable: "Bot unavailable",
  turn_limit: "Long talk with the bot",
  agent_initiated: "Taken over by an agent",
};

export const DETAILS = {
  order: "Order",
  tracking: "Parcel",
  product: "Product",
  amount: "Amount",
  email: "E-mail",
  phone: "Phone",
};

export const OWNERS = { bot: "With the bot", queue: "Waiting", agent: "With an agent", nobody: "Closed" };

export const REFUSALS = {
  already_claimed: "A colleague was quicker: this conversation is already taken.",
  at_capacity: "You are at your capacity. Close or hand back a conversation first.",
  stale_epoch: "The conversation has changed hands meanwhile.",
  forbidden: "You may not do this.",
  not_found: "This conversation does not exist any more.",
  conversation_closed: "The conversation is closed.",
  too_large: "The message is too long.",
  rate_limited: "Too much at once. Wait a moment.",
  unavailable: "The gateway cannot do this right now. Try again.",
  no_answer: "No answer from the gateway. Check the connection and try again.",
};

export const ALERTS = {
  unclaimed: "Nobody takes it",
  rescued: "Taken from an agent who was gone or silent",
  call_back_due: "A customer is to be called back now",
  first_response: "First answer",
  next_response: "Next answer",
  resolution: "Solution",
};

/** "First answer is late" for an alert or its short form in a summary (`first_response.breach`). */
export function alertWords(alert) {
  const [about, level] = typeof alert === "string" ? alert.split(".") : [alert.about, alert.level];
  const words = ALERTS[about] ?? about;
  if (!["first_response", "next_response", "resolution"].includes(about)) return words;
  return `${words} ${level === "breach" ? "is late" : "is due soon"}`;
}

/** Why the gateway has set an agent away. */
export function awayWords({ cause, missed }) {
  if (cause !== "silent") return "You have been set away.";
  const many = missed > 1 ? `${missed} conversations in a row` : "a conversation";
  return `You have been set away: ${many} got no first reply from you and went to others. Nothing new comes until you are back.`;
}

export const LINES = {
  joined: (name) => `${name} took the conversation`,
  left: (name) => `${name} left`,
  backToBot: "Back with the bot",
  leftQueue: "The customer left the queue; back with the bot",
  requeued: "Back in the queue",
};

/** Say a code in words; an unknown one is made readable ("new_reason" → "New reason"). */
export function inWords(table, code) {
  if (!code) return "";
  return table[code] ?? code.charAt(0).toUpperCase() + code.slice(1).replaceAll("_", " ");
}

/** "English" for "en". */
export function languageName(code) {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(code) ?? code;
  } catch {
    return code; // not a tag the browser knows
  }
}

/** How to call a customer who may have no name: the end of the id tells two of them apart. */
export function customerName(summary) {
  return summary.customer?.name || `Customer ${String(summary.customer?.id ?? summary.conversation_id).slice(-4)}`;
}

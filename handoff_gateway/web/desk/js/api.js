/** The few HTTP calls of the desk. The sign-in lives in an HttpOnly cookie: no script ever holds it. */

const DEADLINE_MS = 10_000;

/** The gateway answered with an error status. */
export class ApiError extends Error {
  constructor(status, message, secondFactor = null) {
    super(message);
    this.status = status;
    this.secondFactor = secondFactor; // "required" when the password was right and a code is asked for
  }
}

/** Return the signed-in account, or null. */
export async function me() {
  try {
    return (await call("GET", "v1/me")).account;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return null;
    throw error;
  }
}

/** Sign in; return the account. Throws `ApiError` with 401 for a wrong email or password. */
export async function login(email, password, code = null) {
  return (await call("POST", "v1/login", { email, password, ...(code ? { code } : {}) })).account;
}

export function logout() {
  return call("POST", "v1/logout", {});
}

/** Return the address of the agents' socket. */
export async function agentSocket() {
  return (await call("GET", "v1/config")).agent_socket;
}

/** Return the teams: `{id, name, open, …}`. */
export async function teams() {
  return (await call("GET", "v1/teams")).teams;
}

/** Return those who answer: `{account_id, name, online, …}`. */
export async function agents() {
  return (await call("GET", "v1/agents")).agents;
}

/** Return the canned replies, by title: `{id, title, text, language}`. */
export async function cannedReplies() {
  return (await call("GET", "v1/canned-replies")).canned_replies;
}

/** Return the newest conversations in which `text` was said and that stand with `owner`: `{conversations, next_cursor}`. */
export function findConversations(text, owner) {
  const given = Object.entries({ q: text, owner }).filter(([, value]) => value);
  return call("GET", `v1/conversations?${new URLSearchParams(given)}`);
}

/** Ask the knowledge base as the bot does. */
export function searchKnowledge(question) {
  return call("POST", "knowledge/v1/search", question);
}

/** Propose an answer as an article: `{question, answer, conversation_id}`. */
export function proposeAnswer(proposal) {
  return call("POST", "knowledge/v1/proposals", proposal);
}

/** Return the whole text of a masked message. The gateway gives it once, and writes down who asked. */
export async function reveal(conversationId, seq) {
  const path = `v1/conversations/${encodeURIComponent(conversationId)}/events/${seq}/reveal`;
  return (await call("POST", path, {})).text;
}

/** Call the gateway; return its JSON. Throws `ApiError` for an error status. */
export async function call(method, path, body) {
  const response = await fetch(`/${path}`, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const answer = await response.json().catch((error) => {
    if (response.ok && response.status !== 204) throw error; // it broke off: what was answered is not known
    return {};
  });
  if (!response.ok) {
    const message = answer.message ?? answer.error?.message ?? answer.error ?? response.statusText;
    throw new ApiError(response.status, message, answer.second_factor);
  }
  return answer;
}

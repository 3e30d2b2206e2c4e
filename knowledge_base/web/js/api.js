/** Calls of the knowledge base, through the gateway. The sign-in lives in an HttpOnly cookie: no script ever holds it. */

const BASE = "/knowledge/v1/";
const DEADLINE_MS = 35_000; // the gateway gives up after 30 s and says so
const TRANSFER_DEADLINE_MS = 1_830_000; // converting hundreds of documents takes long

/** The knowledge base or the gateway refused. `body` is the whole answer; `field` names what was wrong, if anything. */
export class ApiError extends Error {
  constructor(status, body) {
    super(body.message ?? body.error ?? `The knowledge base answered ${status}.`);
    this.status = status;
    this.body = body;
    this.field = body.field ?? null;
  }
}

/** Make a query string; empty values are left out. */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

/** Make one part of a path out of any id. */
export const part = encodeURIComponent;

export const get = (path, options) => send("GET", path, options);
export const post = (path, body = {}, options = {}) => send("POST", path, { ...json(body), ...options });
export const put = (path, body) => send("PUT", path, json(body));
export const remove = (path) => send("DELETE", path);

/** Send a file as a form. */
export function upload(path, file) {
  const form = new FormData();
  form.append("file", file);
  return send("POST", path, { body: form, deadline: TRANSFER_DEADLINE_MS });
}

/** Whether the knowledge base has no such route: an older one beside a newer page. */
export function isMissing(error) {
  return error instanceof ApiError && [404, 405, 501].includes(error.status);
}

/** What people are told about an error. */
export function inWords(error) {
  if (error instanceof ApiError) return error.message;
  if (error.name === "TimeoutError") return "The knowledge base did not answer in time.";
  return "No connection. Nothing was lost; try again.";
}

function json(body) {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

async function send(method, path, { deadline = DEADLINE_MS, signal, ...rest } = {}) {
  const limit = AbortSignal.timeout(deadline);
  const response = await fetch(BASE + path, { method, ...rest, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  if (response.status === 204) return null;
  const answer = await response.json().catch((error) => {
    if (response.ok) throw error; // it broke off, or took too long: what was answered is not known
    return {};
  });
  if (response.ok) return answer;
  if (response.status === 401) window.dispatchEvent(new Event("signed-out"));
  throw new ApiError(response.status, answer);
}

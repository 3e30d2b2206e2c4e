/** The HTTP calls of the page where teams, agents and one's own account are looked after. */
import { call } from "../../desk/js/api.js";

export { agents, ApiError, cannedReplies, logout, me, teams } from "../../desk/js/api.js";

const path = (...parts) => ["v1", ...parts.map(encodeURIComponent)].join("/");

export const addTeam = async (fields) => (await call("POST", path("teams"), fields)).team;
export const changeTeam = async (id, fields) => (await call("PUT", path("teams", id), fields)).team;
export const removeTeam = (id) => call("DELETE", path("teams", id));

export const changeAgent = async (id, fields) => (await call("PUT", path("agents", id), fields)).agent;

/** `{title, text, language}` */
export const addCannedReply = async (fields) => (await call("POST", path("canned-replies"), fields)).canned_reply;
export const changeCannedReply = async (id, fields) => (await call("PUT", path("canned-replies", id), fields)).canned_reply;
export const removeCannedReply = (id) => call("DELETE", path("canned-replies", id));

/** Begin with the second factor: `{secret, uri, qr}`. */
export const enrol = (password) => call("POST", path("second-factor"), { password });
/** Show its first code; return the recovery codes. */
export const confirmFactor = async (code) => (await call("POST", path("second-factor", "confirm"), { code })).recovery_codes;
export const leaveFactor = (password, code) => call("DELETE", path("second-factor"), { password, code });

/** Where this account is signed in: `[{id, created_at, expires_at, device, address, current}]`. */
export const signIns = async () => (await call("GET", path("sign-ins"))).sign_ins;
export const endSignIn = (id) => call("DELETE", path("sign-ins", id));

/** `{email, name, password, roles}` */
export const addAccount = async (fields) => (await call("POST", path("accounts"), fields)).account;
export const changeAccount = async (id, fields) => (await call("PATCH", path("accounts", id), fields)).account;
export const changePassword = (password, fresh) => call("POST", path("password"), { password, new_password: fresh });

/** Everything that is kept of a customer, by their id, their conversation's or the site's; and its end, with the receipt. */
export const exportCustomer = (id) => call("GET", path("customers", id));
export const eraseCustomer = (id) => call("DELETE", path("customers", id));

export const accounts = async () => (await call("GET", path("accounts"))).accounts;

/** A page of the audit log, newest first; `before` is the last id of the page before. */
export const audit = async (before = null) => (await call("GET", path("audit") + (before ? `?before=${before}` : ""))).audit;

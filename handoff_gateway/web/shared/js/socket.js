/**
 * One connection to the gateway that never gives up: hello first, watched by heartbeats, opened again after every
 * loss with a growing pause. It knows nothing of conversations; recovery is start-up again, with `after_seq` in hello.
 */
import { delayBefore } from "./backoff.js";

// The gateway answers a hello at once; more than this is a dead path or a captive portal.
const WELCOME_DEADLINE_MS = 10_000;
// Two missed heartbeats mean a dead peer; the slack forgives timers and a busy machine.
const MISSED_HEARTBEATS = 2;
const HEARTBEAT_SLACK_MS = 500;
const DEFAULT_HEARTBEAT_S = 15;
// A connection that lived this long was good, so the next loss starts from the shortest pause again.
const STABLE_MS = 5_000;

/** What the connection is doing. */
export const Link = Object.freeze({ CONNECTING: "connecting", OPEN: "open", WAITING: "waiting", STOPPED: "stopped" });

/**
 * Dispatches "frame" (detail: the parsed frame, welcome included) and "state" (detail: a `Link`).
 * `url` and `hello` are functions, possibly async, asked at every attempt; if one throws, the attempt has failed.
 */
export class TandemSocket extends EventTarget {
  #url;
  #hello;
  #random;
  #ws = null;
  #state = Link.STOPPED;
  #attempt = 0;
  #round = 0; // counts attempts, so that a late answer of an abandoned one is ignored
  #timer;
  #watchdog;
  #stable;
  #silenceMs = 0;
  #lastFrameAt = 0;

  constructor({ url, hello, random = Math.random }) {
    super();
    this.#url = url;
    this.#hello = hello;
    this.#random = random;
  }

  get state() {
    return this.#state;
  }

  start() {
    if (this.#state !== Link.STOPPED) return;
    window.addEventListener("online", this.#wake);
    window.addEventListener("pageshow", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
    this.#attempt = 0;
    this.#connect();
  }

  stop() {
    window.removeEventListener("online", this.#wake);
    window.removeEventListener("pageshow", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    this.#drop();
    this.#become(Link.STOPPED);
  }

  /** Hand a frame to the network; return false when there is no greeted connection. */
  send(frame) {
    if (this.#state !== Link.OPEN || this.#ws?.readyState !== WebSocket.OPEN) return false;
    this.#ws.send(JSON.stringify(frame));
    return true;
  }

  /** Leave this connection and open another: at once, or after a pause if that was done a moment ago. */
  reopen() {
    if (this.#state === Link.STOPPED) return;
    if (this.#attempt > 0) return this.#lose();
    this.#attempt = 1;
    this.#connect();
  }

  /** Cut a pause short: a person pressed "try now". */
  hurry() {
    if (this.#state !== Link.WAITING) return;
    this.#attempt = 0;
    this.#connect();
  }

  // The network is back or the tab was woken: timers may have slept with it, so judge by the clock.
  #wake = () => {
    if (document.visibilityState === "hidden") return;
    if (this.#state === Link.WAITING) this.hurry();
    else if (this.#state === Link.OPEN && Date.now() - this.#lastFrameAt > this.#silenceMs) this.#lose(true);
  };

  async #connect() {
    this.#drop();
    const round = ++this.#round;
    this.#become(Link.CONNECTING);
    this.#timer = setTimeout(() => this.#lose(), WELCOME_DEADLINE_MS);
    try {
      const [url, hello] = [await this.#url(), await this.#hello()];
      if (round !== this.#round) return;
      this.#open(url, hello);
    } catch (error) {
      if (round !== this.#round) return; // given up for a newer attempt meanwhile
      console.warn("tandem: could not connect", error);
      this.#lose();
    }
  }

  #open(url, hello) {
    const ws = new WebSocket(url);
    this.#ws = ws;
    ws.onopen = () => ws.send(JSON.stringify({ type: "hello", version: 1, ...hello }));
    ws.onmessage = ({ data }) => this.#receive(data);
    ws.onclose = () => this.#lose();
  }

  #receive(data) {
    this.#lastFrameAt = Date.now();
    let frame;
    try {
      frame = JSON.parse(data);
    } catch (error) {
      console.warn("tandem: frame is not JSON", error);
      return;
    }
    if (frame.type === "welcome") this.#welcomed(frame);
    else if (this.#state === Link.OPEN) this.#watch();
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  #welcomed(frame) {
    clearTimeout(this.#timer);
    this.#silenceMs = (frame.heartbeat_s ?? DEFAULT_HEARTBEAT_S) * 1000 * MISSED_HEARTBEATS + HEARTBEAT_SLACK_MS;
    this.#stable = setTimeout(() => (this.#attempt = 0), STABLE_MS);
    this.#watch();
    this.#become(Link.OPEN);
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#lose(true), this.#silenceMs);
  }

  #lose(atOnce = false) {
    this.#drop();
    if (this.#state === Link.STOPPED) return;
    if (atOnce) return this.#connect();
    this.#timer = setTimeout(() => this.#connect(), delayBefore(this.#attempt++, this.#random));
    this.#become(Link.WAITING);
  }

  // A half-open socket answers no closing handshake: let go of it instead of waiting for it.
  #drop() {
    this.#round += 1;
    for (const timer of [this.#timer, this.#watchdog, this.#stable]) clearTimeout(timer);
    if (!this.#ws) return;
    this.#ws.onopen = this.#ws.onmessage = this.#ws.onclose = null;
    this.#ws.close();
    this.#ws = null;
  }

  #become(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

/** Makes itself noticed when somebody waits: a short sound and a number in the title. */

const TITLE = "Desk · Tandem";
const TONES_HZ = [660, 880];
const TONE_S = 0.14;
const LOUDNESS = 0.08;

export class Alerts {
  #workspace;
  #store;
  #audio = null;
  #stop = new AbortController();

  constructor(workspace, store) {
    this.#workspace = workspace;
    this.#store = store;
    const { signal } = this.#stop;
    workspace.addEventListener("change", () => this.#title(), { signal });
    workspace.addEventListener("alert", () => this.#sound("alert"), { signal });
    workspace.addEventListener("news", ({ detail }) => this.#sound(detail.kind), { signal });
    // Browsers let a page sound only after a gesture: prepare with the first one.
    document.addEventListener("pointerdown", () => (this.#audio ??= new AudioContext()), { signal, once: true });
    this.#title();
  }

  get muted() {
    return this.#store.get("muted") === true;
  }

  set muted(on) {
    this.#store.set("muted", on);
  }

  stop() {
    this.#stop.abort();
    document.title = TITLE;
  }

  #title() {
    const open = this.#workspace.waitingTotal + this.#workspace.mine.filter((card) => card.unread).length;
    document.title = open ? `(${open}) ${TITLE}` : TITLE;
  }

  #sound(kind) {
    const busyHere = kind === "message" && document.visibilityState === "visible";
    if (this.muted || busyHere || !this.#audio || this.#workspace.presence.state !== "online") return;
    TONES_HZ.forEach((hz, index) => {
      const start = this.#audio.currentTime + index * TONE_S;
      const [tone, gain] = [this.#audio.createOscillator(), this.#audio.createGain()];
      tone.frequency.value = hz;
      gain.gain.setValueAtTime(LOUDNESS, start);
      gain.gain.exponentialRampToValueAtTime(0.001, start + TONE_S);
      tone.connect(gain).connect(this.#audio.destination);
      tone.start(start);
      tone.stop(start + TONE_S);
    });
  }
}

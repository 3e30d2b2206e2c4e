/** Where one is signed in, and the way to end it. */
import { el } from "../../shared/js/dom.js";
import { clockTime, dayName } from "../../shared/js/times.js";
import { endSignIn, signIns } from "./api.js";
import { busyButton } from "./fields.js";

const DEVICE_SHOWN = 120; // characters of what a browser calls itself

export class SignInsView {
  #problem = el("p", { class: "problem", role: "alert" });
  #list = el("ul", { class: "rows", role: "list" });
  element = el("div", { class: "panel" }, el("h3", { tabIndex: -1 }, "Where you are signed in"), this.#list, this.#problem);

  async show() {
    const found = await signIns();
    this.#list.replaceChildren(...found.map((one) => this.#row(one)));
  }

  #row({ id, created_at: since, device, address, current }) {
    const end = busyButton({ class: "secondary", "aria-label": `End the sign-in of ${clockTime(since)}` }, "End it", async () => {
      try {
        await endSignIn(id);
        await this.show();
        this.element.querySelector("h3").focus();
      } catch (error) {
        this.#problem.textContent = `Not ended: ${error.message}`;
      }
    });
    return el(
      "li",
      {},
      el(
        "div",
        {},
        el("p", {}, browser(device), address && ` · ${address}`),
        el("p", { class: "quiet" }, `Since ${dayName(since)}, ${clockTime(since)}`),
      ),
      current ? el("span", { class: "badge open" }, "This one") : end,
    );
  }
}

/** "Firefox on Linux" of what a browser says of itself; the beginning of it when that is nothing known. */
export function browser(device) {
  const name = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]];
  const system = ["Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux"].find((word) => device.includes(word));
  const found = name.find(([part]) => device.includes(part))?.[1];
  if (found) return system ? `${found} on ${system}` : found;
  return device.slice(0, DEVICE_SHOWN) || "Unknown device";
}

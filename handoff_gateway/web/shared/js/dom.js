/** Small helpers to build DOM without ever parsing markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. `props`: `class`, `on` (object of listeners), `data`, DOM properties (camelCase) and attributes
 * (anything with a dash, `role`, `for`). Children are nodes or strings; null and false are skipped.
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name === "class") element.className = value;
    else if (name === "on") for (const [type, run] of Object.entries(value)) element.addEventListener(type, run);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== false && child !== undefined));
  return element;
}

const PATHS = {
  chat: "M4 5h16v11H9l-5 4z",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  back: "M15 5l-7 7 7 7",
  send: "M4 12l16-8-5 16-3.5-6.5zM11.5 13.5L20 4",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.8-4 3.8-6 7.5-6s6.700 2 7.500 6",
  bot: "M5 8h14v11H5zM12 8V4M9 13h.01M15 13h.01M9.500 16.200h5",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.500 2",
  end: "M12 3v9M6.500 6.500a8 8 0 1 0 11 0",
  doc: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
  alert: "M12 4l9 16H3zM12 10v4M12 17h.01",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8h.01",
  up: "M7 11v9H4v-9zM7 11l4-8c1.700 0 2.500 1 2.200 2.600L12.500 9H19l1 1.500-2 8L16.500 20H7",
  thumbDown: "M7 13V4H4v9zM7 13l4 8c1.700 0 2.500-1 2.200-2.600L12.500 15H19l1-1.500-2-8L16.500 4H7",
};

/** Make one of the line icons, hidden from assistive technology. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

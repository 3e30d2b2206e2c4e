/** Every word the widget says by itself, in its four languages. */
import { cs } from "./strings/cs.js";
import { de } from "./strings/de.js";
import { en } from "./strings/en.js";
import { lt } from "./strings/lt.js";

export const STRINGS = Object.freeze({ en, cs, lt, de });

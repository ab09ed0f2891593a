// Small parts that several pages share: avatars, kind labels, dates.

import { el } from "../panel/dom.js";
import { icon } from "../panel/icons.js";

/** How the kinds are called, one and many, in the order of the filter. */
export const KINDS = Object.freeze([
  ["post", "Post", "Posts"],
  ["article", "Article", "Articles"],
  ["job", "Job", "Jobs"],
  ["course", "Course", "Courses"],
  ["company", "Company", "Companies"],
  ["profile", "Person", "People"],
]);

const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/**
 * A disc with initials; companies get a square.
 * @param {string} name
 * @param {string} [shape] "round" | "square"
 * @param {string} [size] "" | "small" | "large"
 * @returns {HTMLElement}
 */
export function avatar(name, shape = "round", size = "") {
  const letters = name.split(/[\s&]+/u).filter(Boolean).map((word) => [...word][0]);
  const initials = (letters.length > 1 ? [letters[0], letters.at(-1)] : letters).join("").toLocaleUpperCase();
  let sum = 0;
  for (const char of name) sum = (sum * 31 + /** @type {number} */ (char.codePointAt(0))) % 9973;
  return el("span", { class: `avatar ${shape} ${size} hue-${sum % 6}`, "aria-hidden": "true" }, initials);
}

/**
 * @param {string} kind
 * @returns {HTMLElement}
 */
export function kindLabel(kind) {
  return el("span", { class: "kind" }, icon(kind), KINDS.find(([id]) => id === kind)?.[1] ?? kind);
}

/**
 * @param {string | null | undefined} day YYYY-MM-DD
 * @returns {HTMLElement | null} null when it is not a date
 */
export function dateOf(day) {
  const at = Date.parse(day ?? "");
  return Number.isNaN(at) ? null : el("time", { datetime: day }, DAY.format(at));
}

/**
 * A detail as it reads: dates in words, all else as it is.
 * @param {string} value
 * @returns {string}
 */
export function detail(value) {
  return /^\d{4}-\d{2}-\d{2}$/u.test(value) ? dateOf(value)?.textContent ?? value : value;
}

/**
 * Children with a middle dot between them; what is missing is left out.
 * @param {...(Node | string | null | undefined | false)} parts
 * @returns {(Node | string)[]}
 */
export function dotted(...parts) {
  const there = /** @type {(Node | string)[]} */ (parts.filter(Boolean));
  return there.flatMap((part, i) => (i ? [el("span", { class: "dot", "aria-hidden": "true" }, "·"), part] : [part]));
}

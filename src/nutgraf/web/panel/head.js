// The head of a block: what it is, in words and an icon; of a requirement also how far the record shows it.

import { el } from "./dom.js";
import { icon } from "./icons.js";

const TAKEAWAYS = { understand: "Worth knowing", act: "Worth doing" };
/** Whether the profile shows a requirement, as it reads: what stands there, never whether it is enough. */
const STATUSES = { shown: "Shown in your profile", partly: "Partly shown in your profile", "not-shown": "Not shown in your profile" };

/**
 * What the block is called in its class and by its icon.
 * @param {import("./types.js").BlockStart} start
 * @returns {string}
 */
export function kindOf({ form, takeaway }) {
  return form === "takeaway" ? takeaway ?? "understand" : form;
}

/**
 * The heading; an answer has none, as its question stands above it.
 * @param {import("./types.js").BlockStart} start
 * @returns {HTMLElement | null}
 */
export function headOf(start) {
  const kind = kindOf(start);
  if (start.form === "takeaway") return el("h3", { class: "kicker" }, icon(kind), TAKEAWAYS[start.takeaway ?? "understand"]);
  if (start.form === "requirement") return el("h4", { class: "kicker" }, el("span", {}, start.title ?? "Asked for"), " ", chip(start.status));
  if (start.form === "step" || start.form === "draft") return el("h4", { class: "kicker" }, icon(kind), el("span", {}, start.title ?? (kind === "draft" ? "Draft" : "Next")));
  return start.title ? el("h4", { class: "kicker" }, start.title) : null;
}

/**
 * @param {import("./types.js").Status | null | undefined} status
 * @returns {HTMLElement | null}
 */
function chip(status) {
  if (!status || !STATUSES[status]) return null;
  return el("span", { class: `status ${status}` }, icon(status), STATUSES[status]);
}

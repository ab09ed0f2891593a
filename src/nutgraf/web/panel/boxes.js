// What stands under answers: related records, how it ended, which sources were asked, what was left out.

import { el } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {import("./types.js").SourceReport} SourceReport */

/** What became of a source, in words. */
const OUTCOMES = { ok: "in time", late: "too late", failed: "failed", open: "not asked: it failed too often of late", off: "switched off", "not-needed": "not needed" };
const TROUBLE = ["late", "failed", "open"];

/**
 * Records to open.
 * @param {import("./types.js").Card[]} cards
 * @param {(item: string) => void} open
 * @param {"h3" | "h4"} level
 * @returns {HTMLElement | null}
 */
export function cardList(cards, open, level = "h3") {
  if (!cards?.length) return null;
  return el("div", { class: "cards" }, el(level, {}, "Related"), el("ul", { role: "list" }, ...cards.map((card) => el("li", {},
    el("button", { type: "button", class: "card", onclick: () => open(card.item) },
      el("span", { class: "card-icon" }, icon(card.kind)),
      el("span", { class: "card-text" }, el("span", { class: "card-kind" }, card.kind === "profile" ? "person" : card.kind), el("span", { class: "sr" }, ": "),
        el("span", { class: "card-title" }, card.title),
        el("span", { class: "card-because" }, card.because || card.snippet)))))));
}

/**
 * How it ended, when there is something to say about it.
 * @param {string} ending
 * @param {string} text
 * @param {string | null} ticket
 * @param {{ label: string, go: () => void } | null} again what can be done about it
 * @returns {HTMLElement}
 */
export function noticeBox(ending, text, ticket, again) {
  return el("div", { class: `notice ${ending}` }, el("p", {}, text), ticket && el("p", { class: "ticket" }, `Reference ${ticket}`),
    again && el("button", { type: "button", class: "again", onclick: again.go }, icon("again"), again.label));
}

/**
 * What was left out of an answer, folded.
 * @param {import("./types.js").Skipped[]} skipped
 * @returns {HTMLElement | null}
 */
export function skippedBox(skipped) {
  if (!skipped?.length) return null;
  return el("details", { class: "skipped" }, el("summary", {}, `Left out (${skipped.length})`),
    el("ul", { role: "list" }, ...skipped.map((s) => el("li", {}, el("strong", {}, s.what), `: ${s.because}`))));
}

/**
 * Every source that was asked, folded; those that did not come in time are marked.
 * @param {SourceReport[]} asked
 * @param {string} [why] a sentence: why this agent answers
 * @returns {HTMLElement | null}
 */
export function askedBox(asked, why = "") {
  if (!asked?.length) return null;
  const late = asked.filter((report) => TROUBLE.includes(report.outcome)).length;
  return el("details", { class: "asked" }, el("summary", {}, `What was asked (${asked.length}${late ? `, ${late} not in time` : ""})`),
    why && el("p", { class: "why" }, why),
    el("ul", { role: "list" }, ...asked.map(sourceLine)));
}

/**
 * @param {SourceReport} report
 * @returns {HTMLElement}
 */
function sourceLine({ source, outcome, found, kept, because }) {
  const trouble = TROUBLE.includes(outcome);
  const count = outcome === "ok" ? `found ${found}, kept ${kept}` : because;
  return el("li", { class: outcome }, el("strong", {}, named(source)), " ",
    el("span", { class: `outcome ${trouble ? "trouble" : ""}` }, icon(trouble ? "late" : outcome === "ok" ? "shown" : "not-shown"), OUTCOMES[outcome] ?? outcome), " ", count && el("span", { class: "count" }, count));
}

/**
 * The name of an agent or a source as it reads.
 * @param {string} name such as "job-fit"
 * @returns {string}
 */
export function named(name) {
  const words = name.replace(/[-_]/gu, " ").trim();
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

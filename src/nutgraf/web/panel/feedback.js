// Thumbs under a block; a thumb down asks for the reason before anything is sent.

import { el } from "./dom.js";
import { icon } from "./icons.js";

/** Why an answer was not good: what travels, and how it reads. */
export const REASONS = Object.freeze([
  ["wrong", "It is wrong"],
  ["not helpful", "Not helpful"],
  ["tone", "The tone"],
  ["bias", "Bias"],
  ["harmful", "Harmful"],
]);

/**
 * The two thumbs and what follows them.
 * @param {(rating: "up" | "down", reason?: string) => Promise<void>} send
 * @returns {HTMLElement}
 */
export function feedback(send) {
  const note = el("span", { class: "feedback-note" });
  const reasons = el("div", { class: "reasons", role: "group", "aria-label": "What was wrong with it?", hidden: true },
    ...REASONS.map(([value, label]) => el("button", { type: "button", class: "chip", onclick: () => say("down", value) }, label)));
  const up = thumb("up", "Helpful", () => say("up"));
  const down = thumb("down", "Not good: say why, or report it", toggle);
  down.setAttribute("aria-expanded", "false");

  /** @param {boolean} [open] */
  function toggle(open = reasons.hidden) {
    reasons.hidden = !open;
    down.setAttribute("aria-expanded", String(open));
    if (open) reasons.querySelector("button")?.focus();
  }

  /**
   * @param {"up" | "down"} rating
   * @param {string} [reason]
   */
  async function say(rating, reason) {
    const chosen = rating === "up" ? up : down;
    if (rating === "down") chosen.focus();
    toggle(false);
    up.setAttribute("aria-pressed", String(rating === "up"));
    down.setAttribute("aria-pressed", String(rating === "down"));
    try {
      await send(rating, reason);
      note.textContent = rating === "up" ? "Thank you" : "Thank you, noted";
    } catch {
      note.textContent = "Not sent. Please try again";
      chosen.setAttribute("aria-pressed", "false");
    }
  }

  return el("div", { class: "feedback" }, el("div", { class: "thumbs" }, note, up, down), reasons);
}

/**
 * @param {"up" | "down"} name
 * @param {string} label
 * @param {() => void} onclick
 * @returns {HTMLButtonElement}
 */
function thumb(name, label, onclick) {
  return el("button", { type: "button", class: `thumb ${name}`, "aria-label": label, title: label, "aria-pressed": "false",
    onclick: () => onclick() }, icon(name));
}

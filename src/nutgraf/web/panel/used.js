// What was used about the member, each of it to be left out of the next answer; below it, what they told us.

import { factList } from "./block.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {import("./types.js").Fact} Fact */

export class UsedView {
  /** @type {HTMLElement} */
  element = el("div", { class: "used-place" });
  #on;
  #memory;
  #summary = el("summary");
  #facts = el("div");
  #again;
  #details;

  /**
   * @param {object} on
   * @param {(fact: Fact) => void} on.leave a fact is to be left out, or used again
   * @param {() => void} on.again
   * @param {import("./memory.js").MemoryView} memory
   */
  constructor(on, memory) {
    this.#on = on;
    this.#memory = memory;
    this.#again = el("button", { type: "button", class: "again", hidden: true, onclick: on.again }, icon("again"), "Write the takeaways again");
    this.#details = el("details", { class: "used", ontoggle: () => this.#details.open && memory.load() }, this.#summary, this.#facts, this.#again, memory.element);
  }

  /** Nothing is known yet. */
  clear() {
    this.element.replaceChildren();
    this.#details.open = false;
    this.#memory.clear();
  }

  /**
   * @param {Fact[]} facts what was used
   * @param {Map<string, Fact>} without what is left out from now on
   * @param {boolean} pending the takeaways that stand were made before that was said
   */
  show(facts, without, pending) {
    if (!facts.length && !without.size) {
      this.element.replaceChildren(el("p", { class: "used none" }, "I used nothing about you."));
      return;
    }
    const used = facts.filter((fact) => !without.has(fact.id));
    this.#summary.textContent = `What I used about you (${used.length})`;
    this.#again.hidden = !pending;
    const all = new Map([...facts, ...without.values()].map((fact) => [fact.id, fact]));
    this.#draw([...all.values()], without);
    if (this.#details.parentElement !== this.element) this.element.replaceChildren(this.#details);
  }

  /**
   * Opens the list at one fact and moves the focus there; a button leads back.
   * @param {string} id
   * @param {HTMLElement} from what gets the focus back
   * @returns {boolean} false when the list does not have it
   */
  reveal(id, from) {
    const row = /** @type {HTMLElement | undefined} */ ([...this.#facts.querySelectorAll("[data-fact]")].find((one) => one.getAttribute("data-fact") === id));
    if (!row || !this.#details.isConnected) return false;
    this.#leaveRow();
    this.#details.open = true;
    row.classList.add("cited");
    row.setAttribute("tabindex", "-1");
    const back = () => {
      this.#leaveRow();
      from.focus();
    };
    row.append(el("button", { type: "button", class: "chip back-to-words", onclick: back }, icon("left"), "Back to where it is cited"));
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "center" });
    return true;
  }

  #leaveRow() {
    const row = this.#facts.querySelector(".cited");
    row?.classList.remove("cited");
    row?.removeAttribute("tabindex");
    row?.querySelector(".back-to-words")?.remove();
  }

  /**
   * @param {Fact[]} facts
   * @param {Map<string, Fact>} without
   */
  #draw(facts, without) {
    const root = /** @type {ShadowRoot | Document} */ (this.element.getRootNode());
    const focused = /** @type {HTMLElement | null | undefined} */ (root.activeElement)?.closest?.("[data-fact]")?.getAttribute("data-fact");
    const list = factList(facts);
    for (const [place, row] of [...list.children].entries()) {
      const fact = facts[place];
      const out = without.has(fact.id);
      row.classList.toggle("out", out);
      row.append(el("button", { type: "button", class: "chip leave", "aria-pressed": String(out), "aria-label": `Leave out: ${fact.text}`,
        onclick: () => this.#on.leave(fact) }, out ? "Left out" : "Leave out"));
    }
    this.#facts.replaceChildren(list);
    if (focused) [...list.children].find((row) => row.getAttribute("data-fact") === focused)?.querySelector("button")?.focus();
  }
}

// One question and its answer: who answers, how the question was understood, the blocks, and what stands under them.

import { askedBox, cardList, named, noticeBox, skippedBox } from "./boxes.js";
import { el, kept } from "./dom.js";
import { icon } from "./icons.js";

export class TurnView {
  question;
  agent;
  list = el("ol", { class: "answer-blocks", role: "list" });
  #on;
  #head = el("h3", { class: "question", tabindex: -1 });
  #routed = el("div", { class: "routed-place" });
  #wait = el("p", { class: "coming" }, el("span", { class: "bar", "aria-hidden": "true" }), el("span", { class: "held-note" }, "looking…"));
  #extras = el("div", { class: "extras" });
  #notice = el("div", { class: "turn-notice" });
  #asked = el("div", { class: "turn-asked" });
  #skipped = el("div", { class: "turn-skipped" });
  #why = "";
  /** @type {HTMLElement} */
  element;

  /**
   * @param {string} question as it was typed
   * @param {object} on
   * @param {string} [on.agent] who is to answer
   * @param {() => void} on.again the question is asked anew
   * @param {(item: string) => void} on.open
   */
  constructor(question, on) {
    this.question = question;
    this.agent = on.agent;
    this.#on = on;
    this.#head.textContent = question;
    this.element = el("li", { class: "turn" }, this.#head, this.#routed, this.list, this.#wait,
      this.#notice, this.#extras, el("div", { class: "fine" }, this.#asked, this.#skipped));
  }

  /** @param {import("./types.js").Routed} event */
  route({ agent, because, question }) {
    const understood = question && plain(question) !== plain(this.question) ? question : null;
    const why = reason(because);
    this.#why = agent === "none" ? "" : `${named(agent)} answers because ${why}.`;
    this.#routed.replaceChildren(...routedLines(agent, why, understood));
  }

  /** Moves the focus to the question. */
  focus() {
    this.#head.focus();
  }

  /** The first block is there, or nothing will come: the line that waits goes. */
  settle() {
    this.#wait.remove();
  }

  /** @param {import("./types.js").SourceReport[]} asked */
  sources(asked) {
    this.#asked.replaceChildren(...kept([askedBox(asked, this.#why)]));
  }

  /** @param {import("./types.js").Extras} extras */
  extras({ cards }) {
    this.#extras.replaceChildren(...kept([cardList(cards, this.#on.open, "h4")]));
  }

  /** @param {import("./types.js").Skipped[]} skipped */
  skipped(skipped) {
    this.#skipped.replaceChildren(...kept([skippedBox(skipped)]));
  }

  /**
   * @param {string} ending
   * @param {string} text
   * @param {string | null} ticket
   * @param {string | null} again what the button is called that asks anew; null for none
   */
  notice(ending, text, ticket, again) {
    this.#notice.replaceChildren(noticeBox(ending, text, ticket, again ? { label: again, go: this.#on.again } : null));
  }
}

/**
 * A turn of an earlier visit, as it was kept.
 * @param {import("./types.js").Turn} turn
 * @param {(element: HTMLElement) => void} whole asked to show it in full
 * @returns {HTMLElement}
 */
export function earlierTurn({ question, answer, agent, standalone, stream }, whole) {
  const understood = standalone && plain(standalone) !== plain(question) ? standalone : null;
  const element = el("li", { class: "turn earlier" }, el("h3", { class: "question" }, question), ...routedLines(agent ?? "", "", understood), el("p", {}, answer),
    stream && el("button", { type: "button", class: "again whole", onclick: () => whole(element) }, icon("answer"), "Show it with its sources"));
  return element;
}

/**
 * Says that no more than the words of an earlier turn is left.
 * @param {HTMLElement} element
 */
export function onlyWords(element) {
  const note = el("p", { class: "gone", tabindex: -1 }, "Its sources are no longer kept. Ask again to see them.");
  element.querySelector(".whole")?.replaceWith(note);
  note.focus();
}

/**
 * Who answers and why, small; and the question as it was understood, where that is not what was typed.
 * @param {string} agent "none" when nobody does
 * @param {string} why
 * @param {string | null} understood
 * @returns {HTMLElement[]}
 */
function routedLines(agent, why, understood) {
  const lines = [];
  if (agent && agent !== "none") {
    lines.push(el("p", { class: "routed", title: why || null }, icon("answer"), el("span", {}, "Answered by ", el("strong", {}, named(agent)),
      why && el("span", { class: "sr" }, `: ${why}`))));
  }
  if (understood) lines.push(el("p", { class: "understood" }, `Understood as: ${understood}`));
  return lines;
}

/**
 * Why this agent answers, as it reads.
 * @param {string} because such as "rule my-fit"
 * @returns {string}
 */
function reason(because) {
  return because.replace(/^rule ([\w-]+)$/u, (_, rule) => `your question fits the rule “${rule.replace(/-/gu, " ")}”`);
}

/**
 * @param {string} text
 * @returns {string} without what does not change a question: case, white space, the mark at its end
 */
function plain(text) {
  return text.toLocaleLowerCase().replace(/\s+/gu, " ").replace(/[\s.?!…]+$/u, "").trim();
}

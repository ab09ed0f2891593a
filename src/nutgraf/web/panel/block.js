// One block of an answer on the page: sentences are held, then committed or dropped; what was committed never changes.

import { el } from "./dom.js";
import { DraftFrame } from "./draft.js";
import { feedback } from "./feedback.js";
import { headOf, kindOf } from "./head.js";
import { icon } from "./icons.js";

/** @typedef {import("./types.js").Sentence} Sentence */
/** @typedef {import("./types.js").Evidence} Evidence */
/** @typedef {import("./types.js").Fact} Fact */

/**
 * What a block may ask of the panel it stands in.
 * @typedef {object} Desk
 * @property {() => string | null} item id of the item the panel is about
 * @property {(evidence: Evidence) => number} number the number under which the reader sees this evidence
 * @property {(evidence: Evidence, from: HTMLElement) => void} cite
 * @property {(item: string, from: { block?: string, action?: string, evidence?: Evidence }) => void} open
 * @property {(question: string) => void} ask
 * @property {(said: { block: string, rating: "up" | "down", reason?: string }) => Promise<void>} rate
 * @property {(id: string, from: HTMLElement) => boolean} reveal shows a fact in the list of what was used; false when it is not there
 * @property {(text: string) => void} announce
 */

const ORIGINS = { item: "From the item", skill: "From another record", member: "From your profile" };
const STEPS = { connect: "Connect", converse: "Ask", learn: "Learn", engage: "Take part" };

/** The line that stands until the first sentence of a block is there. */
const WAITING = "waiting";

export class BlockView {
  /** @type {HTMLElement} */
  element;
  #desk;
  #name;
  #words;
  #foot;
  /** @type {Map<string, HTMLElement>} */
  #held = new Map();
  /** @type {HTMLElement | null} */
  #paragraph = null;
  #count = 0;
  #ended = false;
  #stays;
  /** @type {DraftFrame | null} */
  #frame = null;
  /** @type {Set<string>} facts of the member's record that are quoted here */
  #cited = new Set();
  #reasons;

  /**
   * @param {import("./types.js").BlockStart} start an answer stays also without a sentence
   * @param {Desk} desk
   */
  constructor(start, desk) {
    this.#desk = desk;
    this.#name = start.block;
    this.#stays = start.form === "answer";
    this.#reasons = start.form === "requirement" ? (start.because?.facts ?? []).map((fact) => fact.id) : [];
    this.#words = el("div", { class: "words" });
    this.#foot = el("div", { class: "block-foot" }, becauseLine(start.because));
    if (start.form === "draft") this.#frame = new DraftFrame(this.#words, (text) => desk.announce(text));
    this.element = el("li", { class: `block ${kindOf(start)}`, "data-block": start.block }, headOf(start), this.#frame?.element ?? this.#words, this.#foot);
    if (start.form === "takeaway") this.hold(WAITING, "writing…");
  }

  /** How many sentences stand. */
  get count() {
    return this.#count;
  }

  /**
   * @param {string} id a sentence that is being checked
   * @param {string} [note]
   */
  hold(id, note = "writing and checking…") {
    if (id !== WAITING) this.drop(WAITING);
    const line = el("p", id === WAITING ? { class: "coming" } : { class: "held", "data-sentence": id },
      el("span", { class: "bar", "aria-hidden": "true" }), el("span", { class: "held-note" }, note));
    this.#held.set(id, line);
    this.#words.append(line);
  }

  /** @param {Sentence} sentence it stays from here on */
  commit(sentence) {
    this.drop(sentence.id);
    this.#count += 1;
    for (const piece of sentence.evidence) if (piece.source === "member") this.#cited.add(piece.ref);
    const cites = sentence.evidence.map((e) => this.#citation(e));
    if (sentence.verdict === "quoted") {
      this.#paragraph = null;
      this.#words.append(this.#quotation(sentence, cites));
      return;
    }
    if (!this.#paragraph) this.#words.append((this.#paragraph = el("p")));
    else this.#paragraph.append(" ");
    const said = el("span", { class: "said" }, sentence.text);
    const sure = surety(sentence);
    if (sure && !sentence.doubtful) said.title = sure;
    this.#paragraph.append(el("span", { class: `sentence${sentence.doubtful ? " doubtful" : ""}`, "data-sentence": sentence.id },
      said, ...spaced(cites), ...spaced([sentence.doubtful ? this.#doubt(sentence, sure) : this.#checked(sentence)])));
  }

  /** @param {string} id a held sentence that will not come */
  drop(id) {
    this.#held.get(id)?.remove();
    this.#held.delete(id);
  }

  /** @param {import("./types.js").Action | null} [action] the block is complete, or nothing more comes for it */
  end(action = null) {
    for (const id of [...this.#held.keys()]) this.drop(id);
    if (this.#ended) return;
    this.#ended = true;
    this.#frame?.end();
    if (this.#count === 0 && !action) {
      if (!this.#stays) this.element.remove();
      return;
    }
    if (this.#reasons.length && this.#reasons.every((id) => this.#cited.has(id))) this.#foot.querySelector(".because")?.remove();
    this.#rateable();
    if (action) this.#foot.append(this.#step(action));
  }

  /** @param {string} reason what is said in place of sentences, in an answer that ended without any */
  say(reason) {
    this.#words.append(el("p", { class: "reason" }, reason));
    this.#rateable();
  }

  #rateable() {
    this.#foot.append(feedback((rating, reason) => this.#desk.rate({ block: this.#name, rating, reason })));
  }

  /**
   * @param {Evidence} evidence
   * @returns {HTMLElement}
   */
  #citation(evidence) {
    const number = this.#desk.number(evidence);
    const here = evidence.source === "item" && evidence.ref === this.#desk.item();
    const mine = evidence.source === "member";
    const from = here ? "in this item" : mine ? "in your profile" : "opens another record";
    const button = el("button", {
      type: "button", class: `cite ${here ? "here" : mine ? "note" : "away"}`, "aria-label": `Source ${number}, ${from}: ${short(evidence.quote)}`,
      title: short(evidence.quote), "data-evidence": evidence.id,
    }, String(number));
    button.addEventListener("click", () => {
      this.#desk.cite(evidence, button);
      if (mine && !this.#desk.reveal(evidence.ref, button)) this.#note(evidence, button);
      else if (!mine && !here) this.#desk.open(evidence.ref, { block: this.#name, evidence });
    });
    return button;
  }

  /**
   * Shows, or hides again, evidence of the member's own record that is not in the list of what was used.
   * @param {Evidence} evidence
   * @param {HTMLElement} button
   */
  #note(evidence, button) {
    const host = /** @type {HTMLElement} */ (button.closest("p, figure"));
    const key = `note-${this.#desk.number(evidence)}`;
    const shown = host.parentElement?.querySelector(`.${key}`);
    button.setAttribute("aria-expanded", String(!shown));
    if (shown) shown.remove();
    else host.after(el("p", { class: `evidence ${key}` }, el("strong", {}, "In your profile: "), evidence.quote));
  }

  /**
   * The mark of a sentence that is shown with a reservation; pressing it shows why, or hides it again.
   * @param {Sentence} sentence
   * @param {string} sure
   * @returns {HTMLElement}
   */
  #doubt(sentence, sure) {
    const why = doubtOf(sentence, sure);
    const mark = el("button", { type: "button", class: "doubt", title: why, "aria-expanded": "false", "aria-label": `Check the source. ${why}` },
      icon("doubt"), el("span", {}, "check the source"));
    return this.#opens(mark, sentence, "Why this is marked: ", why);
  }

  /**
   * The sign that a sentence was checked; pressing it shows what was found, or hides it again.
   * @param {Sentence} sentence
   * @returns {HTMLElement}
   */
  #checked(sentence) {
    const how = checkedOf(sentence);
    const mark = el("button", { type: "button", class: "checked", title: how, "aria-expanded": "false", "aria-label": `How this was checked: ${how}` },
      icon("shield"));
    return this.#opens(mark, sentence, "How this was checked: ", how);
  }

  /**
   * @param {HTMLElement} mark a button beside a sentence
   * @param {Sentence} sentence
   * @param {string} heading
   * @param {string} text what the button shows below the sentence, or hides again
   * @returns {HTMLElement} the button
   */
  #opens(mark, sentence, heading, text) {
    const key = `told-${this.#name}-${sentence.id}`.replace(/[^\w-]/gu, "-");
    mark.addEventListener("click", () => {
      const host = /** @type {HTMLElement} */ (mark.closest("p, figure"));
      const shown = host.parentElement?.querySelector(`.${key}`);
      mark.setAttribute("aria-expanded", String(!shown));
      if (shown) shown.remove();
      else host.after(el("p", { class: `evidence ${key}` }, el("strong", {}, heading), text));
    });
    return mark;
  }

  /**
   * A quoted sentence, with a caption that says where it stands.
   * @param {Sentence} sentence
   * @param {HTMLElement[]} cites
   * @returns {HTMLElement}
   */
  #quotation(sentence, cites) {
    const { id, text, evidence } = sentence;
    const [piece] = evidence;
    const away = piece?.source === "skill";
    const bare = text.replace(/^["“„«\s]+|["”“»\s]+$/gu, "");
    return el("figure", { class: "quote", "data-sentence": id },
      el("blockquote", {}, `“${bare}”`),
      el("figcaption", {}, ORIGINS[piece?.source] ?? ORIGINS.item, ...spaced(cites), ...spaced([this.#checked(sentence)]),
        away && el("button", { type: "button", class: "link", onclick: () => this.#desk.open(piece.ref, { block: this.#name, evidence: piece }) }, "Open it")));
  }

  /**
   * @param {import("./types.js").Action} action
   * @returns {HTMLElement}
   */
  #step(action) {
    if (this.#frame && action.item === this.#desk.item()) return el("p", { class: "step step-because" }, action.because || action.label);
    const go = () => {
      if (action.question) this.#desk.ask(action.question);
      else if (action.item) this.#desk.open(action.item, { block: this.#name, action: action.kind });
    };
    return el("div", { class: "step" },
      el("button", { type: "button", class: `action ${action.kind}`, onclick: go },
        el("span", { class: "action-icon" }, icon(action.kind)),
        el("span", { class: "action-text" },
          el("span", { class: "action-kind" }, STEPS[action.kind] ?? "Next step", el("span", { class: "sr" }, ": ")),
          el("span", { class: "action-label" }, action.question || action.label)),
        icon("right")),
      action.because ? el("p", { class: "step-because" }, action.because) : null);
  }
}

/** What the checks are about, for a reader. */
const CHECKED = {
  grounding: "its source", member: "what your profile says", tone: "its tone", attack: "orders to the assistant", numbers: "its figures",
  names: "its names", "quoted-terms": "what it quotes", voice: "whom it speaks to", polarity: "what it denies or limits",
  "own-words": "its words", "keeps-figures": "its figures", "clause-cuts": "what it leaves out", "close-in-meaning": "its meaning",
};

/**
 * How likely it is that the source says so, in words; empty when that was not estimated.
 * @param {Sentence} sentence
 * @returns {string}
 */
function surety({ unsupported }) {
  if (typeof unsupported !== "number") return "";
  return `Written by AI and checked: ${Math.min(99, Math.round(100 * (1 - unsupported)))} % sure it is in the source`;
}

/**
 * How a sentence without a reservation came to stand here, in whole sentences.
 * @param {Sentence} sentence
 * @returns {string}
 */
function checkedOf(sentence) {
  const about = CHECKED[sentence.check];
  if (sentence.verdict !== "quoted") return `${surety(sentence) || "Written by AI and checked against its source"}. No check has a reservation.`;
  return about ? `It stands word for word in its source, because what AI wrote in its place did not pass the check of ${about}.`
    : "It stands word for word in its source.";
}

/**
 * Why a sentence is marked, in whole sentences.
 * @param {Sentence} sentence
 * @param {string} sure
 * @returns {string}
 */
function doubtOf({ check, because }, sure) {
  const about = `The check of ${CHECKED[check] ?? check} has a reservation${because ? `: ${because.replace(/\.$/u, "")}` : ""}.`;
  return sure ? `${about} ${sure}.` : about;
}

/**
 * The line that says why this was chosen; opening it shows the lines of the profile it rests on.
 * @param {import("./types.js").Because | null} because
 * @returns {HTMLElement | null}
 */
function becauseLine(because) {
  if (!because?.text) return null;
  const text = because.text;
  if (!because.facts?.length) return el("p", { class: "because" }, icon("profile"), text);
  return el("details", { class: "because" }, el("summary", {}, icon("profile"), el("span", {}, text), icon("chevron")), factList(because.facts));
}

/**
 * Facts of a member's record as a list; guesses say that they are guesses.
 * @param {Fact[]} facts
 * @returns {HTMLElement}
 */
export function factList(facts) {
  return el("ul", { class: "facts", role: "list" }, ...facts.map((fact) =>
    el("li", { "data-fact": fact.id }, el("span", { class: "fact-kind" }, words(fact.kind)), " ", el("span", {}, fact.text),
      fact.guess && el("span", { class: "guess" }, "a guess"))));
}

/**
 * @param {HTMLElement[]} nodes
 * @returns {(Node | string)[]}
 */
function spaced(nodes) {
  return nodes.flatMap((node) => ["\u2009", node]);
}

/**
 * @param {string} text
 * @returns {string}
 */
function short(text) {
  const points = [...text];
  return points.length > 120 ? `${points.slice(0, 119).join("")}…` : text;
}

/**
 * @param {string} kind such as "guessed-skill"
 * @returns {string}
 */
function words(kind) {
  return kind.replace(/^guessed-/u, "").replace(/-/gu, " ");
}

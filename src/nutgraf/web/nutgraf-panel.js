// <nutgraf-panel item="…" member="…" endpoint="/" model="" deadline-ms="" open>: the takeaways of one item for one member.
// Events (bubbling, composed): nutgraf-cite {source, ref, start, end, quote, evidence}, nutgraf-open {item, block, action,
// start, end}, nutgraf-closed {ending, stream, blocks}.

import { BlockView } from "./panel/block.js";
import { json, Run } from "./panel/client.js";
import { sheet } from "./panel/style.js";
import { earlierTurn, onlyWords, TurnView } from "./panel/turn.js";
import { PanelView } from "./panel/view.js";

/** @typedef {import("./panel/types.js").StreamEvent} StreamEvent */
/** @typedef {import("./panel/types.js").Evidence} Evidence */

/** How an ending reads; what came before it stays. */
const ENDINGS = {
  done: "",
  declined: "No takeaways",
  truncated: "This is as far as it got",
  stopped: "Stopped",
  failed: "That did not work",
};

/**
 * One stream on the page: where its blocks stand and what came of it.
 * @typedef {object} Session
 * @property {Run} run
 * @property {HTMLElement} list where blocks are added
 * @property {TurnView} [turn] the question it answers; without it, it gives the takeaways
 * @property {Map<string, BlockView>} blocks
 * @property {HTMLElement} [earlier] what it stands for until it is there: then it is shown and not said again
 */

export class NutgrafPanel extends HTMLElement {
  static observedAttributes = ["item", "member", "endpoint", "model", "deadline-ms", "open"];

  #view = new PanelView({
    toggle: () => this.toggleAttribute("open"),
    stop: () => this.stop(),
    again: () => this.load(),
    ask: (question) => this.ask(question),
    open: (item) => this.#open(item, {}),
    leave: (fact) => this.#leaveOut(fact),
    memory: (path, method, body) => this.#memory(path, method, body),
  });
  /** @type {Set<Session>} */
  #sessions = new Set();
  /** @type {Map<string, number>} */
  #numbers = new Map();
  /** @type {Map<string, import("./panel/types.js").Fact>} */
  #facts = new Map();
  /** @type {Map<string, import("./panel/types.js").Fact>} what the reader wants left out of the next answers */
  #without = new Map();
  #told = "";
  /** @type {string | null} */
  #loaded = null;
  #pending = false;
  #leave = () => this.stop();

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(this.#view.root);
    root.addEventListener("keydown", (event) => {
      if (/** @type {KeyboardEvent} */ (event).key !== "Escape" || !this.#sessions.size) return;
      event.stopPropagation();
      this.stop();
    });
  }

  connectedCallback() {
    addEventListener("pagehide", this.#leave);
    this.#update();
  }

  disconnectedCallback() {
    removeEventListener("pagehide", this.#leave);
    if ([...this.#sessions].some((session) => !session.turn)) this.#reset();
    else this.stop();
  }

  attributeChangedCallback() {
    this.#update();
  }

  /** Asks for the takeaways again. Does nothing without an item. */
  load() {
    if (!this.getAttribute("item")) return;
    this.#abort((session) => !session.turn);
    this.#view.clearTakeaways();
    this.#facts.clear();
    this.#told = this.#leftOut();
    this.#start("v1/takeaways", this.#view.list);
  }

  /**
   * Asks a question about the item; the answer streams in below the takeaways. While another answer is
   * coming, the question waits in the box instead.
   * @param {string} question
   * @param {string} [agent] who answers; without it, that is found out
   */
  ask(question, agent) {
    if (!this.getAttribute("item")) return;
    if ([...this.#sessions].some((session) => session.turn)) {
      this.#view.keep(question);
      return;
    }
    this.toggleAttribute("open", true);
    const turn = this.#turn(question, agent);
    this.#view.turns.append(turn.element);
    this.#start("v1/ask", turn.list, turn);
    turn.element.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }

  /**
   * @param {string} question
   * @param {string} [agent]
   * @returns {TurnView}
   */
  #turn(question, agent) {
    return new TurnView(question, { agent, again: () => this.ask(question, agent), open: (item) => this.#open(item, {}) });
  }

  /** Stops everything that is streaming; what was committed stays. */
  stop() {
    for (const session of [...this.#sessions]) {
      session.run.stop();
      this.#finish(session, { kind: "closed", ending: "stopped", reason: null, ticket: null, skipped: [], complete_ms: 0 });
    }
  }

  #update() {
    if (this.#pending) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      if (this.isConnected) this.#render();
    });
  }

  #render() {
    const wanted = ["item", "member", "endpoint", "model", "deadline-ms"].map((name) => this.getAttribute(name) ?? "").join("\n");
    const open = this.hasAttribute("open");
    if (this.#loaded !== null && this.#loaded !== wanted) this.#reset();
    this.#view.show(open);
    if (!open || this.#loaded === wanted || !this.getAttribute("item")) return;
    this.#loaded = wanted;
    this.load();
    this.#restore();
  }

  #reset() {
    this.#abort();
    this.#view.clear();
    this.#numbers.clear();
    this.#facts.clear();
    this.#without.clear();
    this.#loaded = null;
  }

  /** @param {(session: Session) => boolean} which */
  #abort(which = () => true) {
    for (const session of [...this.#sessions].filter(which)) {
      session.run.stop();
      this.#sessions.delete(session);
    }
    this.#busy();
  }

  #busy() {
    const sessions = [...this.#sessions];
    this.#view.busy(sessions.length > 0, sessions.some((session) => session.turn));
  }

  /**
   * @param {string} path
   * @param {HTMLElement} list
   * @param {TurnView} [turn]
   * @param {HTMLElement} [earlier]
   * @returns {Session}
   */
  #start(path, list, turn, earlier) {
    const deadline = Number(this.getAttribute("deadline-ms"));
    const body = {
      item: this.getAttribute("item"), member: this.getAttribute("member") || null,
      ...(this.getAttribute("model") ? { model: this.getAttribute("model") } : {}),
      ...(deadline > 0 ? { deadline_ms: deadline } : {}), ...(turn ? { question: turn.question } : {}), ...(turn?.agent ? { agent: turn.agent } : {}),
      ...(this.#without.size ? { without: [...this.#without.keys()] } : {}),
    };
    /** @type {Session} */
    const session = {
      list, turn, earlier, blocks: new Map(),
      run: new Run({
        endpoint: this.getAttribute("endpoint") ?? "/", path, body: earlier ? null : body,
        onEvent: (event) => this.#sessions.has(session) && this.#take(session, event),
        onLink: (state) => (state === "lost" ? this.#view.showNotice("lost", "The connection was lost. Taking it up again…") : this.#view.clearNotice()),
      }),
    };
    this.#sessions.add(session);
    this.#busy();
    if (!turn) this.#view.skeleton();
    session.run.start();
    return session;
  }

  /**
   * @param {Session} session
   * @param {StreamEvent} event kinds this panel does not know are passed over
   */
  #take(session, event) {
    const view = this.#view;
    const block = "block" in event ? session.blocks.get(event.block) : undefined;
    if (event.kind === "stage") view.stageEnded(event.name);
    else if (event.kind === "routed") session.turn?.route(event);
    else if (event.kind === "sources") (session.turn ? session.turn.sources(event.asked) : view.showSources(event.asked));
    else if (event.kind === "used") this.#use(event.facts);
    else if (event.kind === "block-start") this.#begin(session, event);
    else if (event.kind === "sentence-held") block?.hold(event.sentence);
    else if (event.kind === "sentence-committed") {
      block?.commit(event.sentence);
      if (!session.earlier) view.announce(event.sentence.text);
    } else if (event.kind === "sentence-dropped") block?.drop(event.sentence);
    else if (event.kind === "block-end") block?.end(event.action);
    else if (event.kind === "extras") (session.turn ? session.turn.extras(event) : view.showExtras(event));
    else if (event.kind === "closed") this.#finish(session, event);
  }

  /**
   * @param {Session} session
   * @param {import("./panel/types.js").BlockStart} event
   */
  #begin(session, event) {
    (session.turn ?? this.#view).settle();
    const view = new BlockView(event, this.#desk(session));
    session.blocks.set(event.block, view);
    session.list.append(view.element);
  }

  /**
   * @param {Session} session
   * @param {import("./panel/types.js").Closed} event
   */
  #finish(session, event) {
    this.#sessions.delete(session);
    this.#busy();
    if (session.earlier && session.run.id === null && event.ending === "failed") {
      session.turn?.element.replaceWith(session.earlier);
      onlyWords(session.earlier);
      return;
    }
    (session.turn ?? this.#view).settle();
    for (const block of session.blocks.values()) block.end();
    this.#view.clearNotice();
    if (session.turn) session.turn.skipped(event.skipped);
    else this.#view.showSkipped(event.skipped);
    if (event.ending !== "done" || event.reason) this.#notice(session, event);
    const detail = { ending: event.ending, stream: session.run.id, blocks: session.blocks.size };
    this.#tell("nutgraf-closed", detail);
  }

  /**
   * Says how it ended; the reason of an answer that is done and has no sentence is the answer.
   * @param {Session} session
   * @param {import("./panel/types.js").Closed} event
   */
  #notice(session, { ending, reason, ticket, regenerate }) {
    const head = ending === "declined" && session.turn ? "No answer" : ENDINGS[ending] ?? ENDINGS.failed;
    const text = [head, reason].filter(Boolean).join(": ").replace(/(?<![.!?…])$/u, ".");
    const blocks = [...session.blocks.values()];
    if (ending === "done" && session.turn && blocks.length && blocks.every((block) => block.count === 0)) blocks[0].say(text);
    else {
      const again = regenerate ? "Write it anew" : ["done", "declined"].includes(ending) ? null : "Try again";
      if (session.turn) session.turn.notice(ending, text, ticket, again);
      else this.#view.showNotice(ending, text, ticket, again);
    }
    if (!session.earlier) this.#view.announce(text);
  }

  /** @param {import("./panel/types.js").Fact[]} facts what this stream used; the panel lists all of its streams */
  #use(facts) {
    for (const fact of facts) this.#facts.set(fact.id, fact);
    this.#showUsed();
  }

  #showUsed() {
    this.#view.used.show([...this.#facts.values()], this.#without, this.#told !== this.#leftOut());
  }

  #leftOut() {
    return [...this.#without.keys()].sort().join("\n");
  }

  /** @param {import("./panel/types.js").Fact} fact it is left out of the next answers, or used again */
  #leaveOut(fact) {
    if (!this.#without.delete(fact.id)) this.#without.set(fact.id, fact);
    this.#showUsed();
  }

  /**
   * @param {string} path below the memory of the member who reads
   * @param {"GET" | "PUT" | "DELETE"} [method]
   * @param {Record<string, unknown>} [body]
   * @returns {Promise<any>}
   */
  #memory(path, method = "GET", body) {
    const place = `v1/members/${encodeURIComponent(this.getAttribute("member") ?? "")}/memory${path}`;
    const more = body ? { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
    return json(this.getAttribute("endpoint") ?? "/", place, { method, ...more });
  }

  /** The conversation so far, above what is asked from now on. */
  async #restore() {
    const [item, member, wanted] = [this.getAttribute("item") ?? "", this.getAttribute("member") ?? "", this.#loaded];
    if (!member) return;
    const query = new URLSearchParams({ item, member });
    try {
      const { turns } = await json(this.getAttribute("endpoint") ?? "/", `v1/conversations?${query}`);
      if (this.#loaded !== wanted) return;
      this.#view.turns.prepend(...turns.map((/** @type {import("./panel/types.js").Turn} */ turn) =>
        earlierTurn(turn, (element) => this.#whole(turn, element))));
    } catch {
      // without its history the panel still works
    }
  }

  /**
   * Shows an earlier answer in full, as long as its stream is kept.
   * @param {import("./panel/types.js").Turn} kept
   * @param {HTMLElement} element
   */
  #whole({ question, stream }, element) {
    const turn = this.#turn(question);
    element.replaceWith(turn.element);
    turn.focus();
    this.#start(`v1/streams/${encodeURIComponent(stream)}`, turn.list, turn, element);
  }

  /**
   * @param {Session} session
   * @returns {import("./panel/block.js").Desk}
   */
  #desk(session) {
    return {
      item: () => this.getAttribute("item"),
      number: (evidence) => this.#number(evidence),
      cite: (evidence, from) => this.#cite(evidence, from),
      open: (item, from) => this.#open(item, from),
      ask: (question) => this.ask(question),
      reveal: (fact, from) => this.#view.used.reveal(fact, from),
      announce: (text) => this.#view.announce(text),
      rate: (said) => json(this.getAttribute("endpoint") ?? "/", "v1/feedback", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ stream: session.run.id, ...said }) }),
    };
  }

  /**
   * @param {Evidence} evidence
   * @returns {number}
   */
  #number(evidence) {
    const key = [evidence.source, evidence.ref, evidence.start, evidence.end].join("\n");
    if (!this.#numbers.has(key)) this.#numbers.set(key, this.#numbers.size + 1);
    return /** @type {number} */ (this.#numbers.get(key));
  }

  /**
   * @param {Evidence} evidence
   * @param {HTMLElement} from the button, so that the page can give the focus back to it
   */
  #cite({ id, source, ref, start, end, quote }, from) {
    this.#tell("nutgraf-cite", { source, ref, start, end, quote, evidence: id, from });
  }

  /**
   * @param {string} item
   * @param {{ block?: string, action?: string, evidence?: Evidence }} from with evidence, its place there is to be shown
   */
  #open(item, { block, action, evidence }) {
    this.#tell("nutgraf-open", { item, block: block ?? null, action: action ?? null, start: evidence?.start ?? null, end: evidence?.end ?? null });
  }

  /**
   * @param {string} name
   * @param {Record<string, unknown>} detail
   */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}

/** @returns {boolean} */
function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

customElements.define("nutgraf-panel", NutgrafPanel);

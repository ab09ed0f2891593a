// What the panel looks like in every state. It draws; the element in nutgraf-panel.js decides.

import { askedBox, cardList, noticeBox, skippedBox } from "./boxes.js";
import { el, kept } from "./dom.js";
import { icon } from "./icons.js";
import { MemoryView } from "./memory.js";
import { UsedView } from "./used.js";

/** @typedef {import("./types.js").Fact} Fact */
/** @typedef {import("./types.js").Skipped} Skipped */

/** What is being done once the stage named has ended. */
const NEXT_STAGE = Object.freeze({ reading: "Choosing what matters…", choosing: "Writing and checking…" });
/** How long an announced sentence stays in the live region, in milliseconds. */
const ANNOUNCED_MS = 8_000;

export class PanelView {
  /**
   * @param {object} on
   * @param {() => void} on.toggle the entry button
   * @param {() => void} on.stop
   * @param {() => void} on.again
   * @param {(question: string) => void} on.ask
   * @param {(item: string) => void} on.open a related record
   * @param {(fact: Fact) => void} on.leave a fact of the reader is to be left out, or used again
   * @param {import("./memory.js").Call} on.memory
   */
  constructor(on) {
    this.on = on;
    this.entry = el("button", { type: "button", class: "entry", "aria-expanded": "false", "aria-controls": "content", onclick: on.toggle },
      el("span", { class: "mark" }, icon("mark")),
      el("span", { class: "entry-text" }, el("span", { class: "title" }, "Takeaways for you"),
        el("span", { class: "subtitle" }, "What matters to you here, with its sources")),
      el("span", { class: "turner" }, icon("chevron")));
    this.stopButton = el("button", { type: "button", class: "stop", hidden: true, title: "Stop (Esc)", onclick: on.stop }, icon("stop"), "Stop");
    this.progress = el("div", { class: "progress", "aria-hidden": "true", hidden: true }, el("span"));
    this.stage = el("p", { class: "stage", hidden: true });
    this.list = el("ol", { class: "blocks", role: "list", "aria-label": "Takeaways" });
    this.notice = el("div", { class: "notice-place" });
    this.extras = el("div", { class: "extras" });
    this.turns = el("ol", { class: "turns", role: "list", "aria-label": "Your questions and the answers" });
    this.used = new UsedView(on, new MemoryView(on.memory, (text) => this.announce(text)));
    this.asked = el("div", { class: "asked-place" });
    this.skipped = el("div", { class: "skipped-place" });
    this.question = el("input", { type: "text", id: "question", maxlength: "1000", autocomplete: "off", enterkeyhint: "send",
      placeholder: "Ask about this item" });
    this.send = el("button", { type: "submit", class: "send", "aria-label": "Ask", title: "Ask" }, icon("send"));
    const form = el("form", { class: "ask", onsubmit: (/** @type {Event} */ e) => this.#submit(e) },
      el("label", { class: "sr", for: "question" }, "Ask about this item"), this.question, this.send);
    this.main = el("div", { class: "main" }, this.list, this.stage, this.notice, this.extras, this.turns);
    this.content = el("div", { class: "content", id: "content", hidden: true },
      this.#label(), this.main, form, el("div", { class: "fine" }, this.used.element, this.asked, this.skipped));
    this.live = el("div", { class: "sr", "aria-live": "polite", "aria-atomic": "false", "data-live": true });
    this.root = el("section", { class: "panel", "aria-labelledby": "title" },
      el("header", {}, this.progress, el("h2", { id: "title" }, this.entry), this.stopButton), this.content, this.live);
    this.clear();
  }

  /** Everything back to how it was before the first question. */
  clear() {
    for (const part of [this.list, this.notice, this.extras, this.turns, this.asked, this.skipped, this.live]) part.replaceChildren();
    this.used.clear();
    this.busy(false);
  }

  /** Removes what a run of takeaways drew, so that the next one starts clean; the conversation stays. */
  clearTakeaways() {
    for (const part of [this.list, this.notice, this.extras, this.asked, this.skipped]) part.replaceChildren();
  }

  /** @param {boolean} open */
  show(open) {
    this.entry.setAttribute("aria-expanded", String(open));
    this.content.hidden = !open;
    this.root.classList.toggle("open", open);
  }

  /**
   * @param {boolean} busy something is streaming
   * @param {boolean} [asking] an answer is
   */
  busy(busy, asking = false) {
    const focused = /** @type {ShadowRoot} */ (this.root.getRootNode()).activeElement === this.stopButton;
    this.main.setAttribute("aria-busy", String(busy));
    this.stopButton.hidden = !busy;
    this.progress.hidden = !busy;
    this.send.disabled = asking;
    if (!busy && focused) this.entry.focus();
    if (!busy) this.settle();
  }

  /** The first words are coming, or nothing will: take away what only held their place. */
  settle() {
    this.stage.hidden = true;
    this.main.querySelector(".skeleton")?.remove();
  }

  /** Shows where the takeaways will stand. */
  skeleton() {
    this.settle();
    this.working("Reading the item…");
    this.stage.after(el("div", { class: "skeleton", "aria-hidden": "true" }, ...["long", "middle", "short", "long", "short"].map((width) =>
      el("span", { class: `bar ${width}` }))));
  }

  /** @param {string} question it waits in the box until it can be asked */
  keep(question) {
    this.question.value = question;
    this.question.focus();
  }

  /** @param {string} text what is being done now */
  working(text) {
    this.stage.hidden = false;
    this.stage.textContent = text;
  }

  /** @param {string} name the stage that has ended */
  stageEnded(name) {
    if (!this.stage.hidden) this.working(NEXT_STAGE[/** @type {keyof typeof NEXT_STAGE} */ (name)] ?? "Writing and checking…");
  }

  /**
   * Says one thing, once, to people who listen to the page.
   * @param {string} text
   */
  announce(text) {
    const line = el("p", {}, text);
    this.live.append(line);
    setTimeout(() => line.remove(), ANNOUNCED_MS);
  }

  /** @param {import("./types.js").Extras} extras */
  showExtras({ starters, cards, no_action_because: noAction }) {
    this.extras.replaceChildren(
      ...[noAction && el("p", { class: "no-action" }, `No record to open: ${noAction}`.replace(/(?<![.!?…])$/u, ".")),
        starters.length && el("div", { class: "starters" }, el("h3", {}, "Questions worth asking"),
          el("ul", { role: "list" }, ...starters.map((text) => el("li", {}, this.#starter(text))))),
        cardList(cards, this.on.open)]
        .filter((part) => part instanceof Node));
  }

  /** @param {import("./types.js").SourceReport[]} asked what the takeaways rest on */
  showSources(asked) {
    this.asked.replaceChildren(...kept([askedBox(asked)]));
  }

  /** @param {Skipped[]} skipped */
  showSkipped(skipped) {
    this.skipped.replaceChildren(...kept([skippedBox(skipped)]));
  }

  /**
   * How the takeaways ended, when there is something to say about it.
   * @param {string} ending an ending, or "lost" while the connection is gone
   * @param {string} text
   * @param {string | null} [ticket]
   * @param {string | null} [again] what the button is called that writes them anew; null for none
   */
  showNotice(ending, text, ticket = null, again = null) {
    this.notice.replaceChildren(noticeBox(ending, text, ticket, again ? { label: again, go: this.on.again } : null));
  }

  /** The connection is there again; what is said about an ending stays. */
  clearNotice() {
    this.notice.querySelector(".lost")?.remove();
  }

  /** @returns {HTMLElement} */
  #label() {
    return el("p", { class: "label" }, icon("shield"), el("span", {},
      "Written or chosen by AI from this item and your profile · checked sentence by sentence. ",
      el("span", { class: "report" }, "To report something, press the thumb down under it.")));
  }

  /**
   * @param {string} text
   * @returns {HTMLElement}
   */
  #starter(text) {
    return el("button", { type: "button", class: "starter", onclick: () => this.on.ask(text) }, el("span", {}, text), icon("right"));
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const question = this.question.value.trim();
    if (!question || this.send.disabled) return;
    this.question.value = "";
    this.on.ask(question);
  }
}

// What the member told us in earlier questions: shown to them, corrected, forgotten, switched off.

import { el } from "./dom.js";

/** @typedef {{ id: string, kind: string, text: string, at: string }} Remembered */

/** Calls the memory of the member who reads: `path` below it. */
/** @typedef {(path: string, method?: "GET" | "PUT" | "DELETE", body?: Record<string, unknown>) => Promise<any>} Call */

export class MemoryView {
  /** @type {HTMLElement} */
  element;
  #call;
  #announce;
  #list = el("ul", { class: "facts", role: "list" });
  #empty = el("p", { class: "memory-empty" }, "Nothing yet. What you say of yourself in a question is listed here.");
  #trouble = el("p", { class: "memory-trouble", hidden: true });
  #on;
  #all;

  /**
   * @param {Call} call
   * @param {(text: string) => void} announce
   */
  constructor(call, announce) {
    this.#call = call;
    this.#announce = announce;
    this.#on = el("input", { type: "checkbox", class: "memory-on", onchange: () => this.#switch() });
    this.#all = el("button", { type: "button", class: "chip forget-all", onclick: () => this.#forgetAll() }, "Forget everything");
    this.element = el("div", { class: "memory", hidden: true }, el("h3", {}, "What you told me"), this.#list, this.#empty, this.#trouble,
      el("div", { class: "memory-foot" }, el("label", { class: "memory-switch" }, this.#on, "Remember what I say of myself, and use it"), this.#all));
  }

  /** Asks for what is remembered and shows it; a member who is not kept there has no memory to show. */
  async load() {
    try {
      const { on, remembered } = await this.#call("");
      this.#on.checked = on;
      this.#list.replaceChildren(...remembered.map((/** @type {Remembered} */ fact) => this.#row(fact)));
      this.element.hidden = false;
      this.#count();
    } catch {
      this.element.hidden = true;
    }
  }

  /** Shows nothing of anybody. */
  clear() {
    this.#list.replaceChildren();
    this.element.hidden = true;
  }

  #count() {
    const some = this.#list.childElementCount > 0;
    this.#list.hidden = !some;
    this.#all.hidden = !some;
    this.#empty.hidden = some;
  }

  /**
   * @param {Remembered} fact
   * @returns {HTMLElement}
   */
  #row(fact) {
    const edit = el("button", { type: "button", class: "chip edit", "aria-label": `Correct: ${fact.text}`, onclick: () => row.replaceWith(this.#form(fact)) }, "Correct");
    const forget = el("button", { type: "button", class: "chip forget", "aria-label": `Forget: ${fact.text}`, onclick: () => this.#forget(row, fact) }, "Forget");
    const row = el("li", { "data-memory": fact.id }, el("span", { class: "fact-kind" }, fact.kind),
      el("span", { class: "told" }, fact.text, " ", el("span", { class: "when" }, day(fact.at))), el("span", { class: "row-buttons" }, edit, forget));
    return row;
  }

  /**
   * @param {Remembered} fact
   * @returns {HTMLElement}
   */
  #form(fact) {
    const input = el("input", { type: "text", maxlength: "160", "aria-label": "What you told me", autocomplete: "off" });
    input.value = fact.text;
    const back = (/** @type {Remembered} */ shown) => {
      const row = this.#row(shown);
      line.replaceWith(row);
      /** @type {HTMLElement} */ (row.querySelector(".edit")).focus();
    };
    const save = async (/** @type {Event} */ event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text || text === fact.text) return back(fact);
      const changed = await this.#try(() => this.#call(`/${encodeURIComponent(fact.id)}`, "PUT", { text }));
      if (!changed) return input.focus();
      this.#announce("Corrected.");
      return back(changed);
    };
    const leave = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      back(fact);
    };
    const line = el("li", { "data-memory": fact.id, class: "editing", onkeydown: leave }, el("form", { class: "correct", onsubmit: save }, input,
      el("button", { type: "submit", class: "chip save" }, "Save"), el("button", { type: "button", class: "chip", onclick: () => back(fact) }, "Cancel")));
    queueMicrotask(() => input.focus());
    return line;
  }

  /**
   * @param {HTMLElement} row
   * @param {Remembered} fact
   */
  async #forget(row, fact) {
    if (!(await this.#try(async () => (await this.#call(`/${encodeURIComponent(fact.id)}`, "DELETE"), true)))) return;
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.#count();
    this.#announce("Forgotten.");
    /** @type {HTMLElement} */ (next?.querySelector(".forget") ?? this.#on).focus();
  }

  async #forgetAll() {
    if (!(await this.#try(() => this.#call("", "DELETE")))) return;
    this.#list.replaceChildren();
    this.#count();
    this.#announce("Everything you told me is forgotten.");
    this.#on.focus();
  }

  async #switch() {
    const on = this.#on.checked;
    if (await this.#try(() => this.#call("", "PUT", { on }))) this.#announce(on ? "I remember what you say of yourself." : "I remember nothing more, and use nothing of this.");
    else this.#on.checked = !on;
  }

  /**
   * What the work gives; null, and a line about it, when it does not succeed.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T | null>}
   */
  async #try(work) {
    this.#trouble.hidden = true;
    try {
      return await work();
    } catch (error) {
      const message = typeof error === "object" && error !== null && "kind" in error && "message" in error ? String(error.message) : "The server could not be reached.";
      this.#trouble.textContent = `Not done: ${message.replace(/^text: /u, "it ")}`;
      this.#trouble.hidden = false;
      this.#announce(this.#trouble.textContent);
      return null;
    }
  }
}

/**
 * @param {string} at a moment in ISO 8601
 * @returns {string} its day, as the reader writes days
 */
function day(at) {
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? "" : when.toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

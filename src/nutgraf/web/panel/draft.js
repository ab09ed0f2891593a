// The frame round a draft: it says what it is, and its words can be taken along. Nothing is posted from here.

import { el } from "./dom.js";
import { icon } from "./icons.js";

export class DraftFrame {
  /** @type {HTMLElement} */
  element;
  #words;
  #announce;
  #label = el("span", {}, "Copy");
  #button;

  /**
   * @param {HTMLElement} words where the sentences stand
   * @param {(text: string) => void} announce
   */
  constructor(words, announce) {
    this.#words = words;
    this.#announce = announce;
    this.#button = el("button", { type: "button", class: "again copy", hidden: true, onclick: () => this.#copy() }, icon("copy"), this.#label);
    this.element = el("div", { class: "frame" }, el("p", { class: "frame-label" }, icon("draft"), "Draft – check it before you post"), words, this.#button);
  }

  /** The draft is complete, or as far as it got, and can be copied. */
  end() {
    this.#button.hidden = !this.text();
  }

  /**
   * The words alone, without the numbers of sources; what is quoted keeps its quotation marks.
   * @returns {string} a paragraph a line, with an empty line between them
   */
  text() {
    const paragraphs = [...this.#words.children].map((node) => [...node.querySelectorAll(".said, blockquote")].map((part) => part.textContent).join(" "));
    return paragraphs.filter(Boolean).join("\n\n");
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.text());
      this.#label.textContent = "Copied";
    } catch {
      getSelection()?.selectAllChildren(this.#words);
      this.#label.textContent = "Not copied: the words are selected, copy them yourself";
    }
    this.#announce(this.#label.textContent);
  }
}

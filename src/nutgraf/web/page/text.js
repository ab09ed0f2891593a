// The text of an item on the page. Offsets count Unicode code points; markup ranges are left out.

import { el } from "../panel/dom.js";

/** @typedef {{ kind: string, start: number, end: number, level: number }} Block */
/** @typedef {{ text: string, marked: boolean }} Piece */

/** A text that can be cut by code points. */
export class ItemText {
  #points;
  #hidden;

  /**
   * @param {string} text
   * @param {[number, number][]} hidden ranges that a reader does not see, in order
   */
  constructor(text, hidden = []) {
    this.#points = Array.from(text);
    this.#hidden = hidden;
  }

  /**
   * What a reader sees of [start, end), cut where [from, to) begins and ends.
   * @param {number} start
   * @param {number} end
   * @param {number} [from]
   * @param {number} [to]
   * @returns {Piece[]}
   */
  pieces(start, end, from = 0, to = 0) {
    /** @type {Piece[]} */
    const pieces = [];
    let at = start;
    for (const [begin, stop] of [...this.#hidden, [end, end]]) {
      if (stop <= at && stop < end) continue;
      this.#cut(at, Math.min(Math.max(begin, at), end), from, to, pieces);
      at = Math.max(at, stop);
      if (at >= end) break;
    }
    return pieces;
  }

  /**
   * @param {number} start
   * @param {number} end
   * @param {number} from
   * @param {number} to
   * @param {Piece[]} pieces
   */
  #cut(start, end, from, to, pieces) {
    const edges = [start, ...[from, to].filter((edge) => edge > start && edge < end), end];
    for (let i = 0; i + 1 < edges.length; i += 1) {
      const text = this.#points.slice(edges[i], edges[i + 1]).join("");
      const marked = edges[i] >= from && edges[i + 1] <= to;
      const last = pieces.at(-1);
      if (!text) continue;
      if (last && last.marked === marked) last.text += text;
      else pieces.push({ text, marked });
    }
  }
}

/** The blocks of an item as elements; one range at a time can be marked. */
export class ItemBody {
  /** @type {HTMLElement} */
  element = el("div", { class: "prose" });
  #text;
  /** @type {{ block: Block, node: HTMLElement, marked: boolean }[]} */
  #blocks = [];

  /** @param {{ text: string, blocks: Block[], hidden: [number, number][] }} item */
  constructor({ text, blocks, hidden }) {
    this.#text = new ItemText(text, hidden);
    /** @type {HTMLElement | null} */
    let list = null;
    for (const block of blocks) {
      const node = blockElement(block);
      this.#blocks.push({ block, node, marked: false });
      if (block.kind === "item") {
        if (!list) this.element.append((list = el("ul")));
        list.append(node);
      } else {
        list = null;
        this.element.append(node.tagName === "CODE" ? el("pre", { tabindex: 0 }, node) : node);
      }
      this.#fill(block, node, 0, 0);
    }
  }

  /**
   * Marks exactly [start, end) and nothing else.
   * @param {number} start
   * @param {number} end
   * @returns {HTMLElement | null} the first mark, or null when the range shows nothing
   */
  mark(start, end) {
    for (const entry of this.#blocks) {
      const wanted = entry.block.start < end && entry.block.end > start;
      if (!wanted && !entry.marked) continue;
      this.#fill(entry.block, entry.node, start, end);
      entry.marked = wanted;
    }
    return this.element.querySelector("mark");
  }

  /** Takes the mark away. */
  clear() {
    this.mark(0, 0);
  }

  /**
   * @param {Block} block
   * @param {HTMLElement} node
   * @param {number} from
   * @param {number} to
   */
  #fill(block, node, from, to) {
    node.replaceChildren(...this.#text.pieces(block.start, block.end, from, to).map(({ text, marked }) =>
      (marked ? el("mark", { tabindex: -1 }, text) : text)));
  }
}

/**
 * @param {Block} block
 * @returns {HTMLElement}
 */
function blockElement({ kind, level }) {
  if (kind === "heading") return level > 2 ? el("h3") : el("h2");
  if (kind === "item") return el("li");
  if (kind === "quote") return el("blockquote");
  if (kind === "code" || kind === "table") return el("code");
  return el("p");
}

// Reads an event stream (text/event-stream) however it is cut into pieces. Knows no network and no clock.

/** @typedef {{ id: string, event: string, data: string }} Frame */

/** Longest line that is read, in UTF-16 units; a longer one is an error, not a bigger buffer. */
export const LINE_LIMIT = 1_048_576;

/**
 * Text in, whole frames out. Lines end in CR, LF or CRLF; nothing else ends a line.
 */
export class SseParser {
  #rest = "";
  #afterCr = false;
  #first = true;
  #event = "";
  /** @type {string[]} */
  #data = [];
  #id = "";

  /**
   * The frames that `text` completes. An unfinished frame waits; at the end of the stream it is forgotten.
   * Throws RangeError when a line is longer than LINE_LIMIT.
   * @param {string} text
   * @returns {Frame[]}
   */
  feed(text) {
    if (this.#first && text) {
      this.#first = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    if (this.#afterCr && text) {
      this.#afterCr = false;
      if (text.startsWith("\n")) text = text.slice(1);
    }
    const all = this.#rest + text;
    /** @type {Frame[]} */
    const frames = [];
    let at = 0;
    for (;;) {
      const end = lineEnd(all, at);
      if (end < 0) break;
      this.#line(all.slice(at, end), frames);
      at = end + 1;
      if (all[end] !== "\r") continue;
      if (at === all.length) this.#afterCr = true;
      else if (all[at] === "\n") at += 1;
    }
    this.#rest = all.slice(at);
    if (this.#rest.length > LINE_LIMIT) throw new RangeError("a line of the event stream is too long");
    return frames;
  }

  /**
   * @param {string} line
   * @param {Frame[]} frames
   */
  #line(line, frames) {
    if (line === "") {
      if (this.#data.length) frames.push({ id: this.#id, event: this.#event || "message", data: this.#data.join("\n") });
      this.#event = "";
      this.#data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
  }
}

/**
 * Index of the first CR or LF at or after `from`, or -1.
 * @param {string} text
 * @param {number} from
 * @returns {number}
 */
function lineEnd(text, from) {
  const lf = text.indexOf("\n", from);
  const cr = text.indexOf("\r", from);
  if (lf < 0 || cr < 0) return Math.max(lf, cr);
  return Math.min(lf, cr);
}

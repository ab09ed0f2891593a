// Speaks to the server: opens a stream, takes it up again after a lost connection, stops it; feedback and conversations.

import { SseParser } from "./sse.js";

/** @typedef {import("./types.js").StreamEvent} StreamEvent */
/** @typedef {import("./types.js").Problem} Problem */

/** Waits before the attempts to take a lost stream up again, in milliseconds. */
export const RETRY_MS = Object.freeze([300, 1_200, 4_000]);
/** The server says something every 15 s; after this much silence the connection counts as lost. */
export const SILENCE_MS = 40_000;
const UNREADABLE = ["The server could not be reached.", "The server's answer could not be read."];

/**
 * The address of `path` below `endpoint`, which may itself be relative to the page.
 * @param {string} endpoint
 * @param {string} path
 * @returns {string}
 */
export function address(endpoint, path) {
  const base = new URL(endpoint || "/", document.baseURI);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return new URL(path, base).href;
}

/**
 * What an unsuccessful answer says, in words for the reader.
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
async function problemOf(response) {
  try {
    const { error } = await response.json();
    return { kind: String(error.kind), message: String(error.message), ticket: error.ticket ?? null };
  } catch {
    return { kind: "http", message: `The server answered ${response.status}.`, ticket: null };
  }
}

/**
 * JSON from `path`, or a rejected promise carrying a Problem.
 * @param {string} endpoint
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
export async function json(endpoint, path, init = {}) {
  const response = await fetch(address(endpoint, path), { ...init, headers: { Accept: "application/json", ...init.headers } });
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? null : response.json();
}

/**
 * One request whose answer streams. Every event is handed over once, in order, across any number of connections;
 * the last one always has the kind "closed" unless the reader stopped.
 */
export class Run {
  /** @type {string | null} */
  id = null;
  ended = false;
  #endpoint;
  #path;
  #body;
  #onEvent;
  #onLink;
  #controller = new AbortController();
  #lastId = "";
  /** @type {Set<string>} */
  #seen = new Set();
  #committed = 0;
  #attempts = 0;

  /**
   * @param {object} options
   * @param {string} options.endpoint
   * @param {string} options.path
   * @param {Record<string, unknown> | null} options.body null reads a stream that is there, whose address `path` is
   * @param {(event: StreamEvent) => void} options.onEvent
   * @param {(state: "lost" | "found") => void} [options.onLink] told when the connection goes and comes back
   */
  constructor({ endpoint, path, body, onEvent, onLink = () => {} }) {
    this.#endpoint = endpoint;
    this.#path = path;
    this.#body = body;
    this.#onEvent = onEvent;
    this.#onLink = onLink;
  }

  /** Asks and reads until the stream has closed, was stopped or is lost for good. Never rejects. */
  async start() {
    try {
      let response = await this.#ask();
      while (response && !this.ended) {
        await this.#read(response);
        response = this.ended ? null : await this.#resume();
      }
      if (!this.ended) this.#close({ message: "The connection was lost." });
    } catch (error) {
      if (!this.ended) this.#close(isProblem(error) ? error : { message: UNREADABLE[this.id === null ? 0 : 1] });
    }
  }

  /** Ends here and tells the server, which stops working on it at once. Safe to call at any time. */
  stop() {
    if (this.ended) return;
    this.ended = true;
    this.#controller.abort();
    if (this.id === null) return;
    const url = address(this.#endpoint, `v1/streams/${encodeURIComponent(this.id)}`);
    fetch(url, { method: "DELETE", keepalive: true }).catch(() => {});
  }

  /** @returns {Promise<Response | null>} */
  async #ask() {
    const response = await fetch(address(this.#endpoint, this.#path), {
      ...(this.#body ? { method: "POST", body: JSON.stringify(this.#body) } : {}),
      headers: { Accept: "text/event-stream", ...(this.#body ? { "Content-Type": "application/json" } : {}) },
      signal: this.#controller.signal,
    });
    if (!response.ok || !response.body) throw await problemOf(response);
    this.id = response.headers.get("Nutgraf-Stream");
    return response;
  }

  /** @returns {Promise<Response | null>} */
  async #resume() {
    if (this.id === null) return null;
    this.#onLink("lost");
    while (this.#attempts < RETRY_MS.length) {
      await this.#wait(RETRY_MS[this.#attempts++]);
      if (this.ended) return null;
      try {
        const response = await fetch(address(this.#endpoint, `v1/streams/${encodeURIComponent(this.id)}`), {
          headers: { Accept: "text/event-stream", ...(this.#lastId ? { "Last-Event-ID": this.#lastId } : {}) },
          signal: this.#controller.signal,
        });
        if (response.ok && response.body) {
          this.#onLink("found");
          return response;
        }
        if ([204, 404, 410].includes(response.status)) return null;
      } catch {
        // still no network: the next attempt waits longer
      }
    }
    return null;
  }

  /** @param {Response} response */
  async #read(response) {
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    const decoder = new TextDecoder();
    const parser = new SseParser();
    try {
      while (!this.ended) {
        const chunk = await this.#chunk(reader);
        if (!chunk) return;
        for (const frame of parser.feed(decoder.decode(chunk, { stream: true }))) this.#take(frame);
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  /**
   * The next bytes, or null when the connection ended, was cut or stayed silent for too long.
   * @param {ReadableStreamDefaultReader<Uint8Array>} reader
   * @returns {Promise<Uint8Array | null>}
   */
  async #chunk(reader) {
    const silence = setTimeout(() => reader.cancel().catch(() => {}), SILENCE_MS);
    try {
      return (await reader.read()).value ?? null;
    } catch {
      return null;
    } finally {
      clearTimeout(silence);
    }
  }

  /** @param {import("./sse.js").Frame} frame */
  #take(frame) {
    if (this.ended || (frame.id && this.#seen.has(frame.id))) return;
    if (frame.id) {
      this.#seen.add(frame.id);
      this.#lastId = frame.id;
    }
    this.#attempts = 0;
    const event = /** @type {StreamEvent} */ (JSON.parse(frame.data));
    if (event.kind === "opened") this.id = event.stream;
    if (event.kind === "sentence-committed") this.#committed += 1;
    if (event.kind === "closed") this.ended = true;
    this.#onEvent(event);
  }

  /** @param {{ message: string, ticket?: string | null }} problem */
  #close({ message, ticket = null }) {
    this.ended = true;
    const ending = this.#committed ? "truncated" : "failed";
    this.#onEvent({ kind: "closed", ending, reason: message, ticket, skipped: [], complete_ms: 0 });
  }

  /**
   * @param {number} ms
   * @returns {Promise<void>}
   */
  #wait(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#controller.signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
  }
}

/**
 * @param {unknown} error
 * @returns {error is Problem}
 */
function isProblem(error) {
  return typeof error === "object" && error !== null && "kind" in error && "message" in error && !(error instanceof Error);
}

// One item: its title, the panel, its text; a citation marks its place in the text and gives the way back, also to the
// record from which it was followed.

import { el, safeLink } from "../panel/dom.js";
import { icon } from "../panel/icons.js";
import { avatar, dateOf, detail, dotted, kindLabel } from "./bits.js";
import { write } from "./route.js";
import { ItemBody } from "./text.js";

/** @typedef {import("./api.js").Item} Item */
/** @typedef {import("./api.js").Listed} Listed */

export class ItemPage {
  /** @type {HTMLElement} */
  element;
  #item;
  #body;
  /** @type {HTMLElement | null} */
  #panel = null;
  #where = el("span", {}, "");
  #back = el("button", { type: "button", class: "back-to", hidden: true, onclick: () => this.#return() }, icon("left"), this.#where);
  /** @type {HTMLElement | null} the citation that was followed */
  #from = null;
  /** Whether the way back leads to the page before. */
  #away = false;

  /**
   * @param {Item} item
   * @param {Listed[]} others everything there is, for the links at the end
   * @param {string} as
   * @param {boolean} open whether the panel starts at once
   */
  constructor(item, others, as, open) {
    this.#item = item;
    this.#body = new ItemBody(item);
    if (item.ai) {
      this.#panel = el(/** @type {"div"} */ ("nutgraf-panel"), { item: item.id, member: as || null, endpoint: "/", open });
    }
    this.element = el("div", { class: `item ${item.kind}` },
      header(item),
      el("aside", { class: "beside", "aria-label": "Takeaways" }, this.#panel ?? el("p", { class: "box opted-out" },
        "The author has asked that no AI takeaways are made of this.")),
      el("article", { class: "box body", "aria-label": item.title }, factsTable(item), this.#body.element, source(item)),
      related(item, others), this.#back);
    this.element.addEventListener("nutgraf-cite", (event) => this.#cite(/** @type {CustomEvent} */ (event).detail));
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.#back.hidden) this.#return();
    });
  }

  /** @param {string} as id of the member who reads now, or "" */
  readAs(as) {
    if (!this.#panel || (this.#panel.getAttribute("member") ?? "") === as) return;
    this.#forget();
    if (as) this.#panel.setAttribute("member", as);
    else this.#panel.removeAttribute("member");
  }

  /** The panel asks, if it does not yet. */
  start() {
    this.#panel?.toggleAttribute("open", true);
  }

  /**
   * Marks the range that an address names and moves the focus there.
   * @param {[number, number]} at
   * @param {boolean} followed whether a citation of the page before led here
   * @returns {boolean} false when there is nothing to mark
   */
  show([start, end], followed) {
    this.#forget();
    this.#away = followed;
    return this.#mark(start, end, followed ? "Back to where it was cited" : "");
  }

  /**
   * Takes up again where this page was left by a citation.
   * @returns {boolean} false when it was not
   */
  resume() {
    const from = this.#from;
    this.#forget();
    if (!from?.isConnected) return false;
    from.focus({ preventScroll: true });
    from.scrollIntoView({ block: "nearest" });
    return true;
  }

  /** @param {{ source: string, ref: string, start: number, end: number, from: HTMLElement }} evidence */
  #cite({ source, ref, start, end, from }) {
    if (source === "member") return;
    this.#forget();
    this.#from = from;
    if (ref === this.#item.id) this.#mark(start, end, "Back to the takeaway");
  }

  /**
   * @param {number} start
   * @param {number} end
   * @param {string} back what the way back is called; "" for none
   * @returns {boolean}
   */
  #mark(start, end, back) {
    const mark = this.#body.mark(start, end);
    if (!mark) return false;
    this.#where.textContent = back;
    this.#back.hidden = !back;
    mark.focus({ preventScroll: true });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    mark.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    return true;
  }

  #return() {
    const [from, away] = [this.#from, this.#away];
    this.#forget();
    if (away) history.back();
    else from?.focus();
  }

  #forget() {
    this.#body.clear();
    this.#back.hidden = true;
    this.#from = null;
    this.#away = false;
  }
}

/**
 * @param {Item} item
 * @returns {HTMLElement}
 */
function header(item) {
  const who = item.author ?? item.organisation ?? item.title;
  const shape = item.author || item.kind === "profile" ? "round" : "square";
  const self = item.kind === "profile" || item.kind === "company";
  return el("div", { class: "head" },
    el("a", { class: "up", href: write({ page: "feed" }) }, icon("back"), "Feed"),
    kindLabel(item.kind),
    self && avatar(item.title, shape, "huge"),
    el("h1", { tabindex: -1 }, item.title),
    item.details?.headline && el("p", { class: "headline" }, item.details.headline),
    el("div", { class: "by" }, !self && avatar(who, shape),
      el("div", { class: "by-text" },
        !self && el("span", { class: "who" }, linked(who, item.author ? item.author_id : item.organisation_id)),
        el("span", { class: "meta" }, ...dotted(item.author && item.organisation && linked(item.organisation, item.organisation_id),
          item.kind === "profile" && item.organisation && linked(item.organisation, item.organisation_id),
          item.place, dateOf(item.published))))),
    el("ul", { class: "topics", role: "list" }, ...(item.topics ?? []).map((topic) => el("li", {}, topic))));
}

/**
 * @param {string} text
 * @param {string | null | undefined} id of the item it leads to
 * @returns {HTMLElement | string}
 */
function linked(text, id) {
  return id ? el("a", { href: write({ page: "item", id }) }, text) : text;
}

/**
 * @param {Item} item
 * @returns {HTMLElement | null}
 */
function factsTable({ details }) {
  const rows = Object.entries(details ?? {}).filter(([key]) => key !== "headline");
  if (!rows.length) return null;
  return el("dl", { class: "details" }, ...rows.map(([key, value]) =>
    el("div", {}, el("dt", {}, key.replace(/[_-]/gu, " ")), el("dd", {}, detail(value)))));
}

/**
 * @param {Item} item
 * @returns {HTMLElement | null}
 */
function source({ url }) {
  const link = safeLink(url);
  if (!link) return null;
  return el("p", { class: "source" }, el("a", { href: link, rel: "noopener noreferrer" }, "Read it where it was published"));
}

/**
 * @param {Item} item
 * @param {Listed[]} others
 * @returns {HTMLElement | null}
 */
function related(item, others) {
  const names = [item.author, item.organisation, item.title].filter(Boolean);
  const near = others.filter((other) => other.id !== item.id && [other.author, other.organisation, other.title].some((name) => name && names.includes(name)));
  if (!near.length) return null;
  return el("section", { class: "box near", "aria-label": "More from here" },
    el("h2", {}, `More from ${item.organisation ?? item.author ?? item.title}`),
    el("ul", { role: "list" }, ...near.slice(0, 5).map((other) => el("li", {},
      el("a", { href: write({ page: "item", id: other.id }) }, icon(other.kind), el("span", {}, other.title))))));
}

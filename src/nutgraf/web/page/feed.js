// The feed: who is reading, the filter, one card for each item, and people and companies beside it.

import { el } from "../panel/dom.js";
import { icon } from "../panel/icons.js";
import { avatar, dateOf, detail, dotted, kindLabel, KINDS } from "./bits.js";
import { write } from "./route.js";

/** @typedef {import("./api.js").Listed} Listed */

/** Kinds that stand beside the feed unless the reader asks for them. */
const ASIDE = ["company", "profile"];
/** Details worth a line on the card. */
const LINE = ["salary", "employment", "closes", "level", "duration", "price", "provider", "sector", "size", "headline"];

/**
 * @param {Listed[]} items
 * @param {import("./api.js").Member | null} me
 * @param {string} kind only this kind, or "" for the usual mix
 * @param {() => void} about opens the drawer
 * @returns {HTMLElement}
 */
export function feedPage(items, me, kind, about) {
  const shown = items.filter((item) => (kind ? item.kind === kind : !ASIDE.includes(item.kind)));
  const title = KINDS.find(([id]) => id === kind)?.[2] ?? "Your feed";
  return el("div", { class: "feed" },
    el("div", { class: "side" }, me ? meCard(me, about) : nobodyCard(), filter(items, kind)),
    el("div", { class: "stream" },
      el("h1", { tabindex: -1 }, title),
      el("ul", { class: "list", role: "list" }, ...shown.map((item) => el("li", {}, card(item)))),
      !shown.length && el("p", { class: "empty" }, "There is nothing here yet.")),
    el("div", { class: "side right" },
      rail("People to know", items.filter((item) => item.kind === "profile"), "profile"),
      rail("Companies", items.filter((item) => item.kind === "company"), "company")));
}

/**
 * @param {import("./api.js").Member} me
 * @param {() => void} about
 * @returns {HTMLElement}
 */
function meCard(me, about) {
  return el("section", { class: "box me", "aria-label": "You" },
    avatar(me.name, "round", "large"), el("p", { class: "me-name" }, me.name), el("p", { class: "me-line" }, me.headline),
    el("p", { class: "me-place" }, me.place),
    el("button", { type: "button", class: "quiet", onclick: about }, "About you"));
}

/** @returns {HTMLElement} */
function nobodyCard() {
  return el("section", { class: "box me", "aria-label": "You" }, el("p", { class: "me-name" }, "Reading without a profile"),
    el("p", { class: "me-line" }, "Takeaways are then the same for everybody."));
}

/**
 * @param {Listed[]} items
 * @param {string} kind
 * @returns {HTMLElement}
 */
function filter(items, kind) {
  const link = (/** @type {string} */ id, /** @type {string} */ label, /** @type {number} */ count) =>
    el("li", {}, el("a", { href: write({ page: "feed", kind: id }), "aria-current": id === kind ? "page" : null },
      icon(id || "feed"), el("span", {}, label), el("span", { class: "count" }, String(count))));
  return el("nav", { class: "box filter", "aria-label": "What to show" }, el("ul", { role: "list" },
    link("", "All", items.filter((item) => !ASIDE.includes(item.kind)).length),
    ...KINDS.map(([id, , many]) => link(id, many, items.filter((item) => item.kind === id).length))));
}

/**
 * @param {Listed} item
 * @returns {HTMLElement}
 */
function card(item) {
  const self = ASIDE.includes(item.kind);
  const who = item.author ?? item.organisation ?? item.title;
  const round = item.author || item.kind === "profile";
  const line = LINE.filter((key) => item.details?.[key]).slice(0, 3).map((key) => `${key === "closes" ? "closes " : ""}${detail(item.details[key])}`);
  const title = el("h2", {}, el("a", { class: "whole", href: write({ page: "item", id: item.id }) }, item.title));
  return el("article", { class: "box card" },
    el("div", { class: "by" }, avatar(self ? item.title : who, round ? "round" : "square"),
      el("div", { class: "by-text" }, self ? title : el("span", { class: "who" }, who),
        el("span", { class: "meta" }, ...dotted((item.author || item.kind === "profile") && item.organisation, item.place, dateOf(item.published)))),
      kindLabel(item.kind)),
    !self && title,
    line.length > 0 && el("p", { class: "line" }, ...dotted(...line)),
    el("p", { class: "snippet" }, item.snippet),
    el("div", { class: "card-foot" },
      el("ul", { class: "topics", role: "list" }, ...(item.topics ?? []).slice(0, 3).map((topic) => el("li", {}, topic))),
      item.ai && el("a", { class: "entry", href: write({ page: "item", id: item.id, takeaways: true }) }, icon("mark"),
        "Takeaways for you", el("span", { class: "sr" }, ` on ${item.title}`))));
}

/**
 * @param {string} title
 * @param {Listed[]} items
 * @param {string} kind
 * @returns {HTMLElement | null}
 */
function rail(title, items, kind) {
  if (!items.length) return null;
  return el("section", { class: "box rail", "aria-label": title }, el("h2", {}, title),
    el("ul", { role: "list" }, ...items.slice(0, 4).map((item) => el("li", {},
      el("a", { href: write({ page: "item", id: item.id }) }, avatar(item.title, kind === "company" ? "square" : "round", "small"),
        el("span", { class: "rail-text" }, el("span", { class: "who" }, item.title),
          el("span", { class: "meta" }, item.details?.headline ?? item.details?.sector ?? item.place)))))),
    items.length > 4 && el("a", { class: "more", href: write({ page: "feed", kind }) }, `All ${items.length}`));
}

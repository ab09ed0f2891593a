// The catalogue's page: one table for each kind of thing that answers draw on, with a field that finds in all of them.

import { json } from "../panel/client.js";
import { el } from "../panel/dom.js";

/** @typedef {Record<string, any>} Entry */
/** @typedef {{ id: string, title: string, none: string, columns: [string, (entry: Entry) => string][] }} Kind */

/** @type {Kind[]} */
const KINDS = [
  { id: "agents", title: "Agents", none: "There are no agents.", columns: [
    ["Version", (entry) => String(entry.version)],
    ["Answers", (entry) => [entry.summary, ...entry.when.map((/** @type {string} */ one) => `“${one}”`)].join("\n")],
    ["As", (entry) => entry.form],
    ["Items", (entry) => entry.items.join(", ") || "all"],
    ["Draws on", (entry) => entry.sources.join(", ")],
  ] },
  { id: "skills", title: "Skills", none: "There are no skills here yet.", columns: [
    ["Version", (entry) => String(entry.version)],
    ["Finds", (entry) => entry.summary],
    ["When", (entry) => entry.when],
    ["Takes", (entry) => Object.keys(entry.parameters.properties ?? {}).join(", ") || "nothing"],
    ["Cost", (entry) => points(entry.cost_points)],
    ["Side effects", (entry) => (entry.side_effects ? "yes, on a confirmation" : "none")],
    ["Partition", (entry) => entry.partition],
    ["Origin", (entry) => entry.origin],
  ] },
  { id: "sources", title: "Sources", none: "There are no sources.", columns: [
    ["Finds", (entry) => entry.summary],
    ["Partition", (entry) => entry.partition],
  ] },
  { id: "models", title: "Models", none: "There are no models.", columns: [
    ["What it is", (entry) => entry.summary],
    ["Writes", (entry) => (entry.used ? "yes" : "when asked for by name")],
  ] },
];

/**
 * @param {number} value
 * @returns {string}
 */
function points(value) {
  return `${value} ${value === 1 ? "point" : "points"}`;
}

/**
 * @param {Kind} kind
 * @param {Entry[]} entries
 * @returns {HTMLElement}
 */
function section(kind, entries) {
  const head = el("tr", {}, el("th", { scope: "col" }, "Name"), ...kind.columns.map(([title]) => el("th", { scope: "col" }, title)));
  const rows = entries.map((entry) => el("tr", {}, el("th", { scope: "row" }, entry.name), ...kind.columns.map(([, cell]) => el("td", {}, cell(entry)))));
  const table = el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
  const place = el("div", { class: "box wide", role: "region", tabindex: "0", "aria-labelledby": kind.id }, table);
  return el("section", {}, el("h2", { id: kind.id }, kind.title), entries.length ? place : null, el("p", { class: "none", hidden: entries.length > 0 }, kind.none));
}

/**
 * Shows the rows that hold every word, and says how many there are.
 * @param {HTMLElement} place
 * @param {string} text
 */
function find(place, text) {
  const words = text.toLocaleLowerCase().split(/\s+/u).filter(Boolean);
  let shown = 0;
  for (const row of place.querySelectorAll("tbody tr")) {
    const held = (row.textContent ?? "").toLocaleLowerCase();
    const fits = words.every((word) => held.includes(word));
    /** @type {HTMLElement} */ (row).hidden = !fits;
    shown += fits ? 1 : 0;
  }
  for (const part of place.querySelectorAll("section")) part.hidden = words.length > 0 && !part.querySelector("tbody tr:not([hidden])");
  const count = document.querySelector("#count");
  if (count) count.textContent = `${shown} ${shown === 1 ? "entry" : "entries"}`;
}

async function show() {
  const place = /** @type {HTMLElement} */ (document.querySelector("#kinds"));
  const look = /** @type {HTMLInputElement} */ (document.querySelector("#look"));
  try {
    const found = await json("../", "v1/catalogue");
    place.replaceChildren(...KINDS.map((kind) => section(kind, found[kind.id] ?? [])));
    look.addEventListener("input", () => find(place, look.value));
    find(place, look.value);
  } catch {
    place.replaceChildren(el("p", { class: "empty", role: "alert" }, "The catalogue could not be read. Please try again."));
  }
  place.setAttribute("aria-busy", "false");
}

await show();

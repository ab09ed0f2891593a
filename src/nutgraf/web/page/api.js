// What the page reads from the server; every answer is kept for as long as the page lives.

import { json } from "../panel/client.js";

/**
 * @typedef {object} Listed
 * @property {string} id
 * @property {string} kind
 * @property {string} title
 * @property {string | null} author
 * @property {string | null} organisation
 * @property {string | null} published
 * @property {string | null} place
 * @property {string[]} topics
 * @property {Record<string, string>} details
 * @property {string} snippet
 * @property {boolean} ai
 */
/** @typedef {Listed & { text: string, blocks: import("./text.js").Block[], hidden: [number, number][], author_id: string | null, organisation_id: string | null, url?: string | null }} Item */
/** @typedef {{ id: string, name: string, headline: string | null, place: string | null, plan: string }} Member */
/** @typedef {Member & { facts: import("../panel/types.js").Fact[] }} WholeMember */

/** @type {Map<string, Promise<any>>} */
const kept = new Map();

/**
 * @param {string} path
 * @returns {Promise<any>} a failed answer is not kept
 */
function get(path) {
  const known = kept.get(path);
  if (known) return known;
  const answer = json("/", path);
  kept.set(path, answer);
  answer.catch(() => kept.delete(path));
  return answer;
}

/** @returns {Promise<Listed[]>} newest first */
export async function items() {
  const { items: all } = await get("v1/items?limit=500");
  return [...all].sort((a, b) => (b.published ?? "").localeCompare(a.published ?? ""));
}

/**
 * @param {string} id
 * @returns {Promise<Item>}
 */
export function item(id) {
  return get(`v1/items/${encodeURIComponent(id)}`);
}

/** @returns {Promise<Member[]>} */
export async function members() {
  return (await get("v1/members")).members;
}

/**
 * @param {string} id
 * @returns {Promise<WholeMember>}
 */
export function member(id) {
  return get(`v1/members/${encodeURIComponent(id)}`);
}

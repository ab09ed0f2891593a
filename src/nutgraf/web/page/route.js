// Where the page is: everything that a link must carry stands in the part of the address after #.

/**
 * @typedef {object} Route
 * @property {"feed" | "item"} page
 * @property {string} [id] of the item
 * @property {string} [kind] the feed shows this kind only
 * @property {boolean} [takeaways] open the panel at once
 * @property {[number, number] | null} [at] the range of the item's text to mark, in code points
 * @property {string | null} [as] id of the member who reads; "" for nobody; left out when the address does not say
 */

/**
 * @param {string} hash such as "#/item/post-1?as=amara-okafor"
 * @returns {Route}
 */
export function read(hash) {
  const [path, query = ""] = hash.replace(/^#/u, "").split("?");
  const words = new URLSearchParams(query);
  const as = words.has("as") ? words.get("as") : undefined;
  const [, page, id] = path.split("/");
  if (page === "item" && id) return { page: "item", id: decoded(id), takeaways: words.has("takeaways"), at: range(words.get("at")), as };
  return { page: "feed", kind: words.get("kind") ?? "", as };
}

/**
 * @param {Route} route
 * @returns {string}
 */
export function write({ page, id, kind, takeaways, at, as }) {
  const words = new URLSearchParams();
  if (at) words.set("at", at.join("-"));
  if (kind) words.set("kind", kind);
  if (typeof as === "string") words.set("as", as);
  const query = [words.toString(), takeaways ? "takeaways" : ""].filter(Boolean).join("&");
  return `#${page === "item" ? `/item/${encodeURIComponent(id ?? "")}` : "/"}${query ? `?${query}` : ""}`;
}

/**
 * @param {string} text
 * @returns {string}
 */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * @param {string | null} text such as "120-180"
 * @returns {[number, number] | null}
 */
function range(text) {
  const found = /^(\d{1,9})-(\d{1,9})$/u.exec(text ?? "");
  return found ? [Number(found[1]), Number(found[2])] : null;
}

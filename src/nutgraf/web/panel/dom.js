// Builds elements. Data only ever becomes text or an attribute named here by our own code: never markup.

/** @typedef {Node | string | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Props */

/**
 * An element with attributes, listeners (`onclick` …) and children; false, null and undefined are left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...kept(children));
  return node;
}

/**
 * Children without the ones that are not there.
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
export function kept(children) {
  return /** @type {(Node | string)[]} */ (children.filter((c) => c !== null && c !== undefined && c !== false));
}

/**
 * `link` if it is safe to follow (http, https or relative to this page), else null.
 * @param {string | null | undefined} link
 * @returns {string | null}
 */
export function safeLink(link) {
  if (!link) return null;
  try {
    return ["http:", "https:"].includes(new URL(link, document.baseURI).protocol) ? link : null;
  } catch {
    return null;
  }
}

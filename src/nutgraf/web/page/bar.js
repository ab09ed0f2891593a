// The bar at the top: the name, who is reading, light or dark; and the drawer that shows the reader's own record.

import { factList } from "../panel/block.js";
import { el } from "../panel/dom.js";
import { icon } from "../panel/icons.js";
import * as api from "./api.js";
import { avatar } from "./bits.js";

const THEMES = ["auto", "light", "dark"];
const THEME_KEY = "commons-theme";

/**
 * @param {api.Member[]} members
 * @param {(id: string) => void} onChange told the member chosen, "" for nobody
 * @returns {{ nodes: HTMLElement[], show: (id: string) => void }}
 */
export function topBar(members, onChange) {
  const face = el("span", { class: "face" });
  const select = el("select", { id: "reader", onchange: () => onChange(select.value) },
    ...members.map((member) => el("option", { value: member.id }, member.name)), el("option", { value: "" }, "Nobody"));
  const about = el("button", { type: "button", class: "round", "aria-label": "About you", title: "About you",
    onclick: () => showAbout(select.value) }, icon("profile"));
  const theme = el("button", { type: "button", class: "round", onclick: () => nextTheme(theme) }, icon("theme"));
  applyTheme(theme, stored(THEME_KEY) ?? "auto");
  return {
    nodes: [
      el("a", { class: "brand", href: "#/", "aria-label": "Commons, to the feed" }, brandMark(), el("span", {}, "Commons")),
      el("div", { class: "reader" }, face, el("label", { for: "reader" }, "Reading as"), select),
      el("div", { class: "tools" }, about, theme),
    ],
    show: (id) => {
      select.value = id;
      about.hidden = !id;
      const member = members.find((m) => m.id === id);
      face.replaceChildren(member ? avatar(member.name, "round", "small") : icon("profile"));
    },
  };
}

/**
 * Opens the drawer with the record of one member.
 * @param {string} id
 */
export async function showAbout(id) {
  const close = el("button", { type: "button", class: "round", "aria-label": "Close", onclick: () => drawer.close() }, icon("close"));
  const place = el("div", { class: "drawer-body" }, el("p", {}, "Reading your profile…"));
  const drawer = el("dialog", { class: "drawer", "aria-labelledby": "drawer-title", onclose: () => drawer.remove() },
    el("div", { class: "drawer-head" }, el("h2", { id: "drawer-title" }, "About you"), close), place);
  drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
  document.body.append(drawer);
  drawer.showModal();
  try {
    const member = await api.member(id);
    place.replaceChildren(
      el("div", { class: "drawer-me" }, avatar(member.name, "round", "large"), el("div", {},
        el("p", { class: "me-name" }, member.name), el("p", { class: "me-line" }, member.headline), el("p", { class: "me-place" }, member.place))),
      el("p", { class: "hint" }, "Takeaways may use what is listed here and nothing else of your profile."), factList(member.facts ?? []));
  } catch {
    place.replaceChildren(el("p", {}, "Your profile could not be read. Please try again."));
  }
}

/** @returns {SVGSVGElement} */
function brandMark() {
  const svg = icon("mark");
  const ns = /** @type {string} */ (svg.namespaceURI);
  const rings = [9.5, 14.5].map((cx) => {
    const ring = document.createElementNS(ns, "circle");
    for (const [key, value] of Object.entries({ cx, cy: 12, r: 5.6 })) ring.setAttribute(key, String(value));
    return ring;
  });
  svg.replaceChildren(...rings);
  return svg;
}

/** @param {HTMLElement} button */
function nextTheme(button) {
  const now = document.documentElement.dataset.theme ?? "auto";
  applyTheme(button, THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
}

/**
 * @param {HTMLElement} button
 * @param {string} theme
 */
function applyTheme(button, theme) {
  document.documentElement.dataset.theme = theme;
  store(THEME_KEY, theme);
  button.setAttribute("aria-label", `Colours: ${theme}`);
  button.title = `Colours: ${theme}`;
}

/**
 * @param {string} key
 * @returns {string | null} null where the browser keeps nothing
 */
export function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {string} value
 */
export function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // a browser that keeps nothing is fine
  }
}

// Commons, the sample network: reads the address, draws the page, keeps the reader.

import "./nutgraf-panel.js";
import { el } from "./panel/dom.js";
import * as api from "./page/api.js";
import { showAbout, store, stored, topBar } from "./page/bar.js";
import { feedPage } from "./page/feed.js";
import { ItemPage } from "./page/item.js";
import { read, write } from "./page/route.js";

const READER_KEY = "commons-reader";
/** From this width on, the panel stands beside the text and starts by itself. */
const WIDE = matchMedia("(min-width: 1000px)");
/** So many pages of items are kept as they stand, with what was asked on them. */
const PAGES_AT_MOST = 6;

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
/** @type {Map<string, number>} */
const scrolled = new Map();
/** @type {Map<string, ItemPage>} the page read last stands last */
const pages = new Map();
/** @type {api.Member[]} */
let members = [];
/** @type {ReturnType<typeof topBar> | null} */
let bar = null;
/** @type {ItemPage | null} */
let itemPage = null;
/** @type {string | undefined} id of the member who reads, "" for nobody */
let reader;
/** The page shown, whoever reads it. */
let key = "";
let turn = 0;
/** Whether a citation is being followed to another record. */
let following = false;

/**
 * Where we are. The reader chosen here wins over the one in an address that was visited before; a new address may name one.
 * @returns {import("./page/route.js").Route & { key: string }} with the key of the page, the same for every reader
 */
function here() {
  const route = read(location.hash);
  const known = (/** @type {string | null | undefined} */ id) => (id === "" || members.some((m) => m.id === id) ? id : undefined);
  const said = history.state?.visited ? undefined : known(route.as);
  reader = said ?? reader ?? known(route.as) ?? known(stored(READER_KEY)) ?? members[0]?.id ?? "";
  history.replaceState({ visited: true }, "", write({ ...route, as: reader }));
  bar?.show(reader);
  return { ...route, key: keyOf(route) };
}

/**
 * @param {import("./page/route.js").Route} route
 * @returns {string}
 */
function keyOf(route) {
  return write({ ...route, as: undefined, takeaways: false, at: null });
}

/** @param {string} as */
function readAs(as) {
  reader = as;
  store(READER_KEY, as);
  here();
  if (itemPage) itemPage.readAs(as);
  else draw(false);
}

/**
 * Draws the page that the address names.
 * @param {boolean} moved whether the reader came here from another page
 */
async function draw(moved) {
  const route = here();
  const mine = (turn += 1);
  try {
    const all = await api.items();
    const item = route.page === "item" ? await api.item(route.id ?? "") : null;
    if (mine !== turn) return;
    itemPage = item && pageOf(route, item, all);
    const me = members.find((member) => member.id === reader) ?? null;
    main.replaceChildren(itemPage?.element ?? feedPage(all, me, route.kind ?? "", () => showAbout(reader ?? "")));
  } catch (error) {
    if (mine !== turn) return;
    itemPage = null;
    main.replaceChildren(trouble(error));
  }
  key = route.key;
  settle(moved, route.at ?? null);
}

/**
 * The page of an item: the one that stands from before, with its answers, or a new one.
 * @param {ReturnType<typeof here>} route
 * @param {api.Item} item
 * @param {api.Listed[]} all
 * @returns {ItemPage}
 */
function pageOf(route, item, all) {
  const page = pages.get(route.key) ?? new ItemPage(item, all, reader ?? "", route.takeaways || WIDE.matches);
  pages.delete(route.key);
  pages.set(route.key, page);
  for (const old of [...pages.keys()].slice(0, -PAGES_AT_MOST)) pages.delete(old);
  page.readAs(reader ?? "");
  if (route.takeaways) page.start();
  return page;
}

/**
 * @param {boolean} moved
 * @param {[number, number] | null} at what the address marks
 */
function settle(moved, at) {
  const title = main.querySelector("h1");
  document.title = title?.textContent ? `${title.textContent} · Commons` : "Commons";
  const followed = following;
  following = false;
  if (moved) scrollTo(0, scrolled.get(key) ?? 0);
  if (at && itemPage?.show(at, followed)) return;
  if (moved && !itemPage?.resume()) title?.focus({ preventScroll: true });
}

/**
 * @param {unknown} error
 * @returns {HTMLElement}
 */
function trouble(error) {
  const said = typeof error === "object" && error && "message" in error && !(error instanceof Error) ? String(error.message) : "";
  return el("div", { class: "box trouble" }, el("h1", { tabindex: -1 }, "This page could not be shown"),
    el("p", {}, said || "The server could not be reached."),
    el("p", {}, el("a", { href: write({ page: "feed" }) }, "To the feed")));
}

function onMove() {
  const route = here();
  if (!itemPage || route.key !== key) {
    draw(true);
    return;
  }
  itemPage.readAs(reader ?? "");
  if (route.at) itemPage.show(route.at, false);
}

/** @param {MouseEvent} event a followed link leads to the top of its page; only going back keeps the place */
function onClick(event) {
  const link = /** @type {Element} */ (event.target).closest("a");
  if (link?.className === "skip") {
    event.preventDefault();
    main.focus();
  } else if (link) forget(link.getAttribute("href") ?? "");
}

/** @param {string} hash */
function forget(hash) {
  scrolled.delete(keyOf(read(hash)));
}

async function start() {
  history.scrollRestoration = "manual";
  addEventListener("scroll", () => scrolled.set(key, scrollY), { passive: true });
  addEventListener("click", onClick);
  addEventListener("hashchange", onMove);
  main.addEventListener("nutgraf-open", (event) => {
    const { item: id, start, end } = /** @type {CustomEvent} */ (event).detail;
    following = typeof start === "number";
    const hash = write({ page: "item", id, at: following ? [start, end] : null });
    forget(hash);
    location.hash = hash;
  });
  try {
    members = await api.members();
  } catch {
    members = [];
  }
  bar = topBar(members, readAs);
  document.getElementById("bar")?.replaceChildren(...bar.nodes);
  await draw(false);
}

start();

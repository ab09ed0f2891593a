// Checks of a page as a reader with other senses or tools meets it. Runs as a function body: gives {check: [what is wrong]}.
const walk = function* (node) {
  for (const child of node.children ?? []) {
    yield child;
    yield* walk(child);
    if (child.shadowRoot) yield* walk(child.shadowRoot);
  }
};
const every = () => [...walk(document)].filter((node) => !node.closest("head"));
const up = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null;
const visible = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: false });
const say = (node) => `${node.localName}${node.className && typeof node.className === "string" ? `.${node.className.trim().replace(/\s+/g, ".")}` : ""}`;
const byId = (node, id) => node.getRootNode().getElementById?.(id) ?? null;
const refs = (node, name) => (node.getAttribute(name) ?? "").split(/\s+/).filter(Boolean);
const spoken = (node) => node.nodeType === Node.TEXT_NODE ? node.data
  : node.nodeType !== Node.ELEMENT_NODE || node.getAttribute("aria-hidden") === "true" ? ""
  : node.getAttribute("aria-label") ?? node.getAttribute("alt") ?? [...node.childNodes].map(spoken).join(" ");
const labelled = (node) => refs(node, "aria-labelledby").map((id) => byId(node, id)?.textContent ?? "").join(" ").trim();
const controls = () => every().filter((n) => n.matches("button, a[href], input, select, textarea, summary, [role=button]") && visible(n));
const fields = () => every().filter((n) => n.matches("input:not([type=hidden]), select, textarea") && visible(n));
const fieldName = (n) => labelled(n) || n.getAttribute("aria-label")?.trim() || [...(n.labels ?? [])].map((l) => l.textContent.trim()).join(" ");
const headings = () => every().filter((n) => n.matches("h1, h2, h3, h4, h5, h6") && visible(n));

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (color) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
};
const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
const behind = (node) => {
  const layers = [];
  for (let at = node; at; at = up(at)) layers.push(rgba(getComputedStyle(at).backgroundColor));
  const dark = getComputedStyle(document.documentElement).colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches;
  return layers.reverse().reduce((under, top) => over(top, under), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
};
const light = (color) => {
  const [r, g, b] = color.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (a, b) => {
  const [hi, lo] = [light(a), light(b)].sort((x, y) => y - x);
  return (hi + 0.05) / (lo + 0.05);
};
const contrast = (node, pseudo) => {
  const back = behind(node);
  return ratio(over(rgba(getComputedStyle(node, pseudo).color), back), back);
};
const clipped = (node) => { for (let at = node; at; at = up(at)) if (at.matches(".sr")) return true; return false; };
const written = () => every().filter((n) => visible(n) && !clipped(n) && !n.closest("svg") && !n.matches(":disabled, option, script, style, noscript")
  && [...n.childNodes].some((c) => c.nodeType === Node.TEXT_NODE && c.data.trim()));

const outlined = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
const showsFocus = (node) => {
  node.focus({ preventScroll: true, focusVisible: true });
  const ok = node.getRootNode().activeElement !== node || [null, "::after"].some((p) => outlined(getComputedStyle(node, p)));
  node.blur();
  return ok;
};
const small = (node) => {
  const { width, height } = node.getBoundingClientRect();
  const inline = getComputedStyle(node).display === "inline";
  return !inline && !clipped(node) && !node.matches(".skip") && (width < 24 || height < 23.5) && !node.matches("summary, .up");
};

const checks = {
  "names of controls": () => controls().filter((n) => !(labelled(n) || (n.matches("input, select, textarea") ? fieldName(n) : spoken(n).trim()))).map(say),
  "labels of fields": () => fields().filter((n) => !fieldName(n)).map(say),
  "order of headings": () => {
    const levels = headings().map((n) => Number(n.localName[1]));
    const first = levels.filter((level) => level === 1).length === 1 ? [] : [`${levels.filter((l) => l === 1).length} h1`];
    const jumps = [...levels].filter((level, i) => i > 0 && level > levels[i - 1] + 1 && level > 2);
    return [...first, ...jumps.map((level) => `jump to h${level}`)];
  },
  landmarks: () => {
    const count = (selector) => every().filter((n) => n.matches(selector) && visible(n)).length;
    const unnamed = every().filter((n) => n.matches("nav, aside, [role=region]") && visible(n) && !labelled(n) && !n.getAttribute("aria-label"));
    return [count("main") === 1 ? "" : `${count("main")} main`, count("body > header") === 1 ? "" : "no banner", ...unnamed.map(say)].filter(Boolean);
  },
  contrast: () => [
    ...written().map((n) => [n, contrast(n)]), ...fields().filter((n) => n.placeholder).map((n) => [n, contrast(n, "::placeholder")]),
  ].filter(([, value]) => value < 4.5).map(([n, value]) => `${say(n)} ${value.toFixed(2)}`),
  language: () => (/^[a-z]{2}/.test(document.documentElement.lang) ? [] : ["html has no lang"]),
  "duplicate ids": () => {
    const seen = new Map();
    return every().filter((n) => n.id).filter((n) => {
      const ids = seen.get(n.getRootNode()) ?? seen.set(n.getRootNode(), new Set()).get(n.getRootNode());
      return ids.has(n.id) || !ids.add(n.id);
    }).map((n) => n.id);
  },
  "visible focus": () => controls().filter((n) => !n.disabled && !showsFocus(n)).map(say),
  "live region": () => {
    const live = every().filter((n) => n.matches("[aria-live], [role=status], [role=alert], [role=log]"));
    const busy = live.filter((n) => { for (let at = n; at; at = up(at)) if (at.hasAttribute("aria-busy") || at.hidden) return true; return false; });
    const panels = document.querySelectorAll("nutgraf-panel").length;
    return [live.length <= Math.max(1, panels) ? "" : `${live.length} live regions`,
      ...live.filter((n) => n.getAttribute("aria-live") !== "polite").map(say), ...busy.map((n) => `${say(n)} is silent`)].filter(Boolean);
  },
  references: () => every().flatMap((n) => ["aria-labelledby", "aria-controls", "aria-describedby", "for"].flatMap((name) =>
    refs(n, name).filter((id) => !byId(n, id)).map((id) => `${say(n)} ${name}=${id}`))),
  lists: () => every().filter((n) => (n.localName === "li" && !n.parentElement?.matches("ul, ol"))
    || (n.matches("ul, ol") && [...n.children].some((c) => c.localName !== "li"))).map(say),
  graphics: () => every().filter((n) => n.matches("svg, img") && n.getAttribute("aria-hidden") !== "true" && !n.getAttribute("aria-label")
    && n.getAttribute("alt") === null).map(say),
  "order of focus": () => every().filter((n) => n.tabIndex > 0).map(say),
  "size of targets": () => controls().filter(small).map((n) => `${say(n)} ${Math.round(n.getBoundingClientRect().width)}x${Math.round(n.getBoundingClientRect().height)}`),
};
return Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, check()]).filter(([, wrong]) => wrong.length));

// Put into every page before its own scripts: writes down what the panel shows and says, and what came over the wire.
(() => {
  const log = (window.__log = []);
  const wire = (window.__wire = []);
  const told = (window.__told = []);
  const words = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.tagName === "BUTTON" || node.tagName === "FIGCAPTION") return "";
    return [...node.childNodes].map(words).join("");
  };
  const clean = (node) => words(node).replace(/[“”\u2009]/gu, "").trim();
  const inside = (node, selector) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(selector);
  const met = new WeakSet();
  const fresh = (node) => !met.has(node) && met.add(node);
  const found = (node, selector) => (node.nodeType !== Node.ELEMENT_NODE ? []
    : [...(node.matches(selector) ? [node] : []), ...node.querySelectorAll(selector)]);

  function note(record) {
    const live = inside(record.target, "[aria-live]");
    for (const node of record.addedNodes) {
      if (live) log.push({ what: "announced", text: node.textContent });
      for (const held of found(node, ".held").filter(fresh)) log.push({ what: "held", id: held.dataset.sentence });
      for (const shown of found(node, ".sentence, .quote").filter(fresh)) log.push({ what: "shown", id: shown.dataset.sentence, text: clean(shown) });
    }
    for (const node of record.removedNodes) {
      for (const held of found(node, ".held")) log.push({ what: "released", id: held.dataset.sentence });
      for (const shown of found(node, ".sentence, .quote")) log.push({ what: "taken back", id: shown.dataset.sentence });
    }
    if (inside(record.target, ".sentence, .quote")) log.push({ what: "changed", text: clean(record.target) });
  }

  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function attachShadow(options) {
    const root = attach.call(this, options);
    new MutationObserver((records) => records.forEach(note)).observe(root, { childList: true, subtree: true, characterData: true });
    return root;
  };

  const real = window.fetch;
  window.fetch = async (...args) => {
    const response = await real(...args);
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
      const stream = response.headers.get("Nutgraf-Stream") ?? String(args[0]).split("/").at(-1);
      const entry = { url: String(args[0]), stream, text: "" };
      wire.push(entry);
      read(response.clone().body.getReader(), entry);
    }
    return response;
  };
  async function read(reader, entry) {
    const decoder = new TextDecoder();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        entry.text += decoder.decode(value, { stream: true });
      }
    } catch {
      entry.cut = true;
    }
  }

  for (const name of ["nutgraf-cite", "nutgraf-open", "nutgraf-closed"]) {
    addEventListener(name, ({ detail: { from, ...detail } }) => told.push({ name, detail }), true);
  }
  let shift = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => (shift += entry.hadRecentInput ? 0 : entry.value)))
    .observe({ type: "layout-shift", buffered: true });
  window.__shift = () => shift;
})();

// What is drawn from data: the rubric, the labels, the agreement. Text only, never markup.

/**
 * An element with text, or with others in it.
 * @param {string} name
 * @param {string | (Node | string)[]} [inside]
 * @param {Record<string, string>} [attributes]
 * @returns {HTMLElement}
 */
export function made(name, inside = [], attributes = {}) {
  const element = document.createElement(name);
  element.append(...(typeof inside === "string" ? [inside] : inside));
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/**
 * The sentence where it stands in its answer, marked.
 * @param {{ question: string, answer: string, sentence: string }} task
 * @returns {Node[]}
 */
export function context({ question, answer, sentence }) {
  const found = [];
  if (question) found.push(made("p", [made("b", "Asked: "), question]));
  const at = answer.indexOf(sentence);
  if (at >= 0 && answer.trim() !== sentence.trim()) {
    found.push(made("p", [answer.slice(0, at), made("mark", sentence), answer.slice(at + sentence.length)]));
  }
  return found;
}

/**
 * @param {{ title: string, about: string, labels: { name: string, key: string, help: string, example: string }[] }} rubric
 * @returns {Node[]}
 */
export function rubric({ title, about, labels }) {
  const rows = labels.flatMap(({ name, key, help, example }) => [
    made("dt", [made("kbd", key), ` ${name}`]),
    made("dd", [help, made("span", example)]),
  ]);
  return [made("h3", title), made("p", about), made("dl", rows)];
}

/** @param {number} value */
const share = (value) => value.toFixed(2);

/**
 * @param {{ pairs: { one: string, two: string, kappa: number, low: number, high: number, agreement: number, n: number }[],
 *   disagreements: { task: { sentence: string, evidence: string[] },
 *   labels: Record<string, { label: string, note: string }> }[] }} told
 * @returns {Node[]}
 */
export function agreement({ pairs, disagreements }) {
  const heads = ["", "", "kappa", "95 % interval", "the same", "sentences"];
  const head = made("tr", heads.map((text, i) => made("th", text, i > 1 ? { class: "n", scope: "col" } : { scope: "col" })));
  const rows = pairs.map(({ one, two, kappa, low, high, agreement: same, n }) => {
    const figures = [share(kappa), `${share(low)} – ${share(high)}`, `${Math.round(100 * same)} %`, String(n)];
    return made("tr", [made("td", one), made("td", two), ...figures.map((text) => made("td", text, { class: "n" }))]);
  });
  const none = made("p", "As soon as two people have labelled the same sentence, their agreement stands here.");
  const table = made("section", [made("h2", "How far two people agree"), pairs.length ? made("table", [head, ...rows]) : none]);
  table.className = "pair";
  const cases = disagreements.map(({ task, labels }) => {
    const who = Object.entries(labels).map(([name, { label, note }]) =>
      made("span", [made("b", name), `: ${label}${note ? ` (${note})` : ""}`]),
    );
    const evidence = task.evidence.map((line) => made("li", line));
    const inside = [made("p", [made("b", task.sentence)]), made("ul", evidence), made("div", who, { class: "who" })];
    return made("section", inside, { class: "case" });
  });
  return [table, made("h2", `Disagreements: ${cases.length}`), ...cases];
}

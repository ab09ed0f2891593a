// The page of annotators: keys give labels, the next sentence is there at once, and a label that could not be kept yet
// waits in this browser until it can.

import { agreement, context, made, rubric } from "./lists.js";

/** @typedef {{ id: string, sentence: string, evidence: string[], question: string, answer: string }} Task */
/** @typedef {{ task: string, who: string, label: string, note: string, took_s: number }} Given */

const OUTBOX = "nutgraf-labels";
const NAME = "nutgraf-who";
const AGAIN_MS = 2000;
const FEW = 6;
const IDLE_S = 300;

/** @template {HTMLElement} T @param {string} id @returns {T} */
const the = (id) => /** @type {T} */ (document.getElementById(id));

let who = "";
/** @type {Task[]} */
let queue = [];
/** @type {{ task: Task, label: string, note: string }[]} */
const done = [];
/** @type {{ name: string, key: string }[]} */
let labels = [];
let began = performance.now();
let sending = false;
/** @type {number[]} moments of the last labels, for the pace */
const moments = [];

/** @returns {Given[]} */
function waiting() {
  try {
    return JSON.parse(localStorage.getItem(OUTBOX) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {Given[]} rows */
function keep(rows) {
  localStorage.setItem(OUTBOX, JSON.stringify(rows));
  const saved = the("saved");
  saved.textContent = rows.length ? `${rows.length} not kept yet` : who ? "all kept" : "";
  saved.classList.toggle("waiting", rows.length > 1);
}

/** Sends what waits, one after the other; tries again later when the server does not answer. */
async function send() {
  if (sending) return;
  sending = true;
  try {
    for (let rows = waiting(); rows.length; rows = waiting()) {
      const response = await fetch("api/label", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(rows[0]),
      });
      if (!response.ok && response.status >= 500) throw new Error("later");
      const told = await response.json();
      if (!response.ok) the("last").textContent = told.message;
      else pace(told.progress);
      keep(waiting().slice(1));
    }
  } catch {
    setTimeout(send, AGAIN_MS);
  } finally {
    sending = false;
  }
}

/** @param {{ today: number, mine: number, done: number, whole: number, median_s: number | null, left: number }} told */
function pace(told) {
  const progress = /** @type {HTMLProgressElement} */ (the("progress"));
  progress.max = Math.max(1, told.mine + told.left);
  progress.value = told.mine;
  const perHour = moments.length > 4 ? Math.round((3600e3 * (moments.length - 1)) / (moments[moments.length - 1] - moments[0])) : 0;
  the("pace").textContent =
    `${told.today} today · ${told.mine} in all · ${told.left} left` +
    (told.median_s ? ` · ${told.median_s} s each` : "") +
    (perHour ? ` · ${perHour} an hour` : "");
}

async function more() {
  const response = await fetch(`api/state?who=${encodeURIComponent(who)}`);
  const told = await response.json();
  pace(told.progress);
  labels = told.rubric.labels;
  const known = new Set([...queue.map((task) => task.id), ...waiting().map((row) => row.task), ...done.slice(-FEW).map((one) => one.task.id)]);
  queue.push(...told.tasks.filter((/** @type {Task} */ task) => !known.has(task.id)));
  return told;
}

function show() {
  const task = queue[0];
  the("work").hidden = false;
  began = performance.now();
  the("sentence").textContent = task ? task.sentence : "Nothing is left for you here. Thank you.";
  the("context").replaceChildren(...(task ? context(task) : []));
  const lines = task ? task.evidence.map((line) => made("li", line)) : [];
  the("evidence").replaceChildren(...(task && !lines.length ? [made("li", "There is none.", { class: "none" })] : lines));
  for (const article of document.querySelectorAll("article")) article.scrollTop = 0;
  for (const button of the("labels").querySelectorAll("button")) button.classList.remove("given");
}

/** @param {string} label */
function give(label) {
  const task = queue.shift();
  if (!task) return;
  const note = /** @type {HTMLInputElement} */ (the("note"));
  const took = Math.min(IDLE_S, (performance.now() - began) / 1000);
  const said = note.value.trim();
  keep([...waiting(), { task: task.id, who, label, note: said, took_s: took }]);
  note.value = "";
  done.push({ task, label, note: said });
  moments.push(Date.now());
  if (moments.length > 40) moments.shift();
  const short = task.sentence.length > 60 ? `${task.sentence.slice(0, 60)}…` : task.sentence;
  the("last").textContent = `${label}: “${short}”`;
  show();
  void send();
  if (queue.length < FEW) void more().then(() => queue.length === 1 && show(), () => {});
}

function undo() {
  const last = done.pop();
  if (!last) return;
  keep([...waiting(), { task: last.task.id, who, label: "", note: "", took_s: 0 }]);
  queue.unshift(last.task);
  show();
  /** @type {HTMLInputElement} */ (the("note")).value = last.note;
  the("last").textContent = "Taken back.";
  for (const button of the("labels").querySelectorAll("button")) {
    button.classList.toggle("given", button.dataset.label === last.label);
  }
  void send();
}

/** @param {"label" | "agreement"} view */
async function go(view) {
  for (const name of ["label", "agreement", "welcome"]) the(name).hidden = name !== view;
  for (const name of ["label", "agreement"]) the(`to-${name}`).setAttribute("aria-pressed", String(name === view));
  if (view === "agreement") the("agreement").replaceChildren(...agreement(await (await fetch("api/agreement")).json()));
}

/** @param {SubmitEvent} event */
async function begin(event) {
  event.preventDefault();
  who = /** @type {HTMLInputElement} */ (the("who")).value.trim().replace(/\s+/g, " ");
  localStorage.setItem(NAME, who);
  queue = [];
  done.length = 0;
  const told = await more();
  the("rubric").replaceChildren(...rubric(told.rubric));
  const buttons = labels.map(({ name, key }) => {
    const button = made("button", [made("kbd", key), ` ${name}`], { type: "button", "data-label": name });
    button.addEventListener("click", () => give(name));
    return button;
  });
  the("labels").replaceChildren(...buttons);
  await go("label");
  show();
  /** @type {HTMLElement} */ (document.activeElement)?.blur();
  keep(waiting());
  void send();
}

/** @param {KeyboardEvent} event */
function press(event) {
  const writes = event.target instanceof HTMLInputElement;
  if (writes && event.key === "Escape") /** @type {HTMLElement} */ (event.target).blur();
  if (writes && event.key === "Enter" && event.target.id === "note") event.target.blur();
  if (writes || event.ctrlKey || event.metaKey || event.altKey || the("label").hidden || event.repeat) return;
  const label = labels.find(({ key }) => key === event.key);
  if (label) give(label.name);
  else if (event.key === "u") undo();
  else if (event.key === "s") give("skipped");
  else if (event.key === "n") the("note").focus();
  else return;
  event.preventDefault();
}

the("person").addEventListener("submit", (event) => void begin(/** @type {SubmitEvent} */ (event)));
the("to-label").addEventListener("click", () => who && void go("label"));
the("to-agreement").addEventListener("click", () => void go("agreement"));
the("undo").addEventListener("click", undo);
the("skip").addEventListener("click", () => give("skipped"));
document.addEventListener("keydown", press);
addEventListener("beforeunload", (event) => waiting().length && event.preventDefault());
/** @type {HTMLInputElement} */ (the("who")).value = localStorage.getItem(NAME) ?? "";
keep(waiting());
void send();

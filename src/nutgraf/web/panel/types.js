// The shapes that travel: what src/nutgraf/events.py and types.py put on the wire. Types only, no code.

/** @typedef {{ id: string, kind: string, text: string, guess: boolean }} Fact */
/** @typedef {{ id: string, source: "item" | "member" | "skill", ref: string, start: number, end: number, quote: string }} Evidence */
/** @typedef {{ id: string, text: string, verdict: "supported" | "quoted", evidence: Evidence[], check: string, unsupported?: number | null, doubtful?: boolean, because?: string }} Sentence `unsupported`: the probability that its evidence does not bear it out */
/** @typedef {{ text: string, facts: Fact[] }} Because */
/**
 * @typedef {object} Action
 * @property {"connect" | "converse" | "learn" | "engage"} kind
 * @property {string} label
 * @property {string | null} [item]
 * @property {string | null} [title]
 * @property {string | null} [question]
 * @property {string} [because]
 * @property {Fact[]} [facts]
 */
/** @typedef {{ item: string, kind: string, title: string, snippet: string, score: number, because: string }} Card */
/** @typedef {{ what: string, because: string }} Skipped */
/** @typedef {{ kind: string, message: string, ticket: string | null }} Problem */
/** @typedef {{ question: string, answer: string, at: string, stream: string, agent?: string, standalone?: string }} Turn */
/** @typedef {{ source: string, outcome: "ok" | "late" | "failed" | "open" | "off" | "not-needed", took_ms: number, found: number, kept: number, hedged: boolean, because: string }} SourceReport */
/** @typedef {"shown" | "partly" | "not-shown"} Status how far the member's record shows a requirement */
/** @typedef {"done" | "declined" | "truncated" | "stopped" | "failed"} Ending */

/** @typedef {{ kind: "opened", stream: string, item: string, title: string, member: string | null, model: string, deadline_ms: number, question: string | null }} Opened */
/** @typedef {{ kind: "stage", name: string, took_ms: number }} Stage */
/** @typedef {{ kind: "routed", agent: string, because: string, question: string | null }} Routed */
/** @typedef {{ kind: "sources", asked: SourceReport[] }} Sources */
/** @typedef {{ kind: "used", facts: Fact[] }} Used */
/** @typedef {{ kind: "block-start", block: string, form: "takeaway" | "answer" | "requirement" | "step" | "draft", takeaway: "understand" | "act" | null, because: Because | null, title?: string | null, status?: Status | null }} BlockStart */
/** @typedef {{ kind: "sentence-held", block: string, sentence: string }} SentenceHeld */
/** @typedef {{ kind: "sentence-committed", block: string, sentence: Sentence }} SentenceCommitted */
/** @typedef {{ kind: "sentence-dropped", block: string, sentence: string, check: string }} SentenceDropped */
/** @typedef {{ kind: "block-end", block: string, action: Action | null }} BlockEnd */
/** @typedef {{ kind: "extras", starters: string[], cards: Card[], no_action_because: string | null }} Extras */
/** @typedef {{ kind: "closed", ending: Ending, reason: string | null, ticket: string | null, skipped: Skipped[], first_useful_ms?: number | null, complete_ms: number, regenerate?: boolean }} Closed */
/** @typedef {Opened | Routed | Stage | Sources | Used | BlockStart | SentenceHeld | SentenceCommitted | SentenceDropped | BlockEnd | Extras | Closed} StreamEvent */

export {};

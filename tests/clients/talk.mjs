// What the scripts share: a value out, a line in.
import { createInterface } from "node:readline";

export const [base, mode, ...words] = process.argv.slice(2);
export const item = "post-triage-board-corridor";
export const member = "amara-okafor";
export const questions = [
  "How many rows of the triage board were wrong on a sampled Saturday?",
  "Who suggested the corridor between triage and the beds?",
  "What did the mount and the cable cost?",
];

export const tell = (value) => console.log(JSON.stringify(value));

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export const wait = () => lines.next();

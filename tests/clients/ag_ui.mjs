// The HTTP agent of AG-UI.
import { HttpAgent } from "@ag-ui/client";
import { base, item, member, mode, questions, tell } from "./talk.mjs";

const agent = new HttpAgent({ url: `${base}/v1/ag-ui`, threadId: "thread", initialState: { theirs: 1 } });
const forwardedProps = { item, member };
let number = 0;
const ask = (question, subscriber) => {
  agent.addMessage({ id: `q${(number += 1)}`, role: "user", content: question });
  return agent.runAgent({ runId: `run${number}`, forwardedProps }, subscriber);
};
const seen = (from) => ({
  text: agent.messages.slice(from).filter((message) => message.role === "assistant").map((message) => message.content).join("\n"),
  state: agent.state,
});

if (mode === "three") {
  for (const question of questions) {
    const from = agent.messages.length;
    const { result } = await ask(question);
    tell({ ...seen(from), result });
  }
  tell(agent.messages.map((message) => message.role));
}

if (mode === "stop") {
  const errors = [];
  await ask(questions[0], {
    onTextMessageContentEvent: () => agent.abortRun(),
    onRunErrorEvent: ({ event }) => void errors.push(event.code),
  }).catch((error) => errors.push(error.name));
  tell({ ...seen(0), errors });
}

if (mode === "error") {
  const error = await ask("x".repeat(1_001)).then(() => null, (error) => error);
  tell({ status: error?.status, message: String(error?.message) });
}
process.exit(0);

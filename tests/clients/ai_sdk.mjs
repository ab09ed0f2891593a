// The headless chat of the Vercel AI SDK, as `useChat` drives it, over its own default transport.
import { AbstractChat, DefaultChatTransport } from "ai";
import { base, item, member, mode, questions, tell, wait } from "./talk.mjs";

class State {
  status = "ready";
  error = undefined;
  messages = [];
  pushMessage = (message) => this.messages.push(message);
  popMessage = () => this.messages.pop();
  replaceMessage = (index, message) => (this.messages[index] = message);
  snapshot = (value) => structuredClone(value);
}

class Chat extends AbstractChat {
  constructor(id, resume, messages = []) {
    const state = new State();
    state.messages = messages;
    const transport = new DefaultChatTransport({
      api: `${base}/v1/ui/chat`,
      body: { item, member, resume },
      prepareReconnectToStreamRequest: ({ id }) => ({ api: `${base}/v1/ui/chat/${id}/stream?member=${member}` }),
    });
    super({ id, state, transport, onData: (part) => this.heard?.(part) });
  }
}

const text = (message) => message.parts.filter((part) => part.type === "text").map((part) => part.text).join("\n");
const seen = (message) => ({
  text: text(message),
  metadata: message.metadata,
  sources: message.parts.filter((part) => part.type.startsWith("source-")).length,
  sentences: message.parts.filter((part) => part.type === "data-sentence").map((part) => part.data),
});
const last = (chat) => chat.messages.at(-1);
const sentence = (chat) => new Promise((done) => (chat.heard = (part) => part.type === "data-sentence" && done()));

if (mode === "three") {
  const chat = new Chat("three", false);
  for (const question of questions) {
    await chat.sendMessage({ text: question });
    if (chat.error) throw chat.error;
    tell({ status: chat.status, ...seen(last(chat)) });
  }
  tell(chat.messages.map((message) => message.role));
}

if (mode === "stop") {
  const chat = new Chat("stopped", false);
  const first = sentence(chat);
  const answer = chat.sendMessage({ text: questions[0] });
  await first;
  await chat.stop();
  await answer;
  tell({ status: chat.status, ...seen(last(chat)) });
}

if (mode === "resume") {
  const chat = new Chat("resumed", true);
  const first = sentence(chat);
  const answer = chat.sendMessage({ text: questions[0] });
  await first;
  await chat.stop(); // the connection is lost; the answer goes on, as this chat said that it would come back
  await answer;
  const cut = seen(last(chat));
  const again = new Chat("resumed", true, chat.messages);
  const back = sentence(again);
  const rest = again.resumeStream();
  await back;
  tell(cut);
  await wait();
  await rest;
  tell({ status: again.status, roles: again.messages.map((message) => message.role), ...seen(last(again)) });
  await again.resumeStream();
  tell({ status: again.status, roles: again.messages.map((message) => message.role) });
}

if (mode === "error") {
  const chat = new Chat("broken", false);
  await chat.sendMessage({ text: "x".repeat(1_001) });
  tell({ status: chat.status, error: chat.error?.message });
}
process.exit(0);

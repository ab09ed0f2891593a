// The client of the OpenAI API.
import OpenAI from "openai";
import { base, item, member, mode, questions, tell } from "./talk.mjs";

const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: "none", maxRetries: 0 });
const metadata = { item, member };
const messages = [{ role: "system", content: "Be brief." }];
const failure = async (work) => {
  const error = await work.then(() => null, (error) => error);
  return { status: error?.status, name: error?.constructor.name, message: error?.message, code: error?.code };
};

if (mode === "three") {
  for (const question of questions) {
    messages.push({ role: "user", content: question });
    const stream = await client.chat.completions.create({
      model: "nutgraf", messages, metadata, stream: true, stream_options: { include_usage: true },
    });
    let text = "", finish, usage, ours;
    const annotations = [];
    for await (const chunk of stream) {
      const choice = chunk.choices[0];
      text += choice?.delta.content ?? "";
      annotations.push(...(choice?.delta.annotations ?? []));
      finish = choice?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
      ours = chunk.nutgraf ?? ours;
    }
    messages.push({ role: "assistant", content: text });
    tell({ text, finish, usage, annotations, ours });
  }
}

if (mode === "whole") {
  messages.push({ role: "user", content: questions[0] });
  const whole = await client.chat.completions.create({ model: "nutgraf", messages, metadata });
  tell(whole);
  tell((await client.models.list()).data.map((model) => model.id));
}

if (mode === "stop") {
  messages.push({ role: "user", content: questions[0] });
  const stream = await client.chat.completions.create({ model: "nutgraf", messages, metadata, stream: true });
  let text = "", finish = null;
  for await (const chunk of stream) {
    text += chunk.choices[0].delta.content ?? "";
    finish = chunk.choices[0].finish_reason ?? finish;
    if (text) stream.controller.abort();
  }
  tell({ text, finish });
}

if (mode === "error") {
  messages.push({ role: "user", content: questions[0] });
  const create = client.chat.completions.create.bind(client.chat.completions);
  tell(await failure(create({ model: "gpt-none", messages, metadata })));
  tell(await failure(create({ model: "nutgraf", messages, metadata: { item: "no-such-item" } })));
  tell(await failure(create({ model: "nutgraf", messages: [{ role: "user", content: "x".repeat(1_001) }], metadata })));
}
process.exit(0);

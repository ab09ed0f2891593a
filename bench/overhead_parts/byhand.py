"""The same job by hand, as a product team would write it: Starlette, httpx and jiter, no framework for answers.

Reads the two records, asks four services under a deadline, puts the notes into a prompt, streams the completion, reads
the growing JSON after every token, and sends words as they come; each whole takeaway is checked word by word.
"""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3

import httpx
import jiter
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

NAMES = ("profile", "history", "related", "facts")
FIRST = int(os.environ["SKILL_PORT"])
WITHIN_S = float(os.environ.get("DEADLINE_MS", "250")) / 1000
URL = os.environ["UPSTREAM"] + "/chat/completions"
ORDER = 'Answer as JSON: {"takeaways":[{"text":..,"source":..}],"follow_ups":[..]}. Say only what the sources say.'
WORD, SENTENCE_END = re.compile(r"\w+"), re.compile(r"(?<=[.!?])\s+")
CLIENT = httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None, max_keepalive_connections=100))
RECORDS = sqlite3.connect(os.environ["BENCH_DB"], check_same_thread=False)


def record(table: str, key: str):
    return orjson.loads(RECORDS.execute(f"select body from {table} where id=?", (key,)).fetchone()[0])


async def ask(port: int, member: str, item: str):
    try:
        url, query = f"http://127.0.0.1:{port}/", {"member": member, "item": item}
        return (await asyncio.wait_for(CLIENT.get(url, params=query), WITHIN_S)).json()["notes"]
    except (TimeoutError, httpx.HTTPError):
        return None


def event(kind: str, value) -> bytes:
    return f"event: {kind}\ndata: ".encode() + orjson.dumps(value) + b"\n\n"


class Writer:
    """Growing documents in, events out."""

    def __init__(self, known: str) -> None:
        self.known, self.sent, self.whole = set(WORD.findall(known.lower())), {}, 0

    def feed(self, found, *, last: bool = False) -> bytes:
        if not isinstance(found, dict):
            return b""
        texts = [("takeaway", one.get("text", "")) for one in found.get("takeaways", ()) if isinstance(one, dict)]
        texts += [("follow_up", one) for one in found.get("follow_ups", ())]
        out = b""
        for number in range(self.whole, len(texts)):
            kind, text = texts[number]
            had = self.sent.get(number, 0)
            if len(text) > had:
                out += event("delta", {"kind": kind, "index": number, "text": text[had:]})
                self.sent[number] = len(text)
            if last or number < len(texts) - 1:
                checks = [self.check(part) for part in SENTENCE_END.split(text)] if kind == "takeaway" else []
                out += event("item", {"kind": kind, "index": number, "text": text, "checks": checks})
                self.whole = number + 1
        return out

    def check(self, sentence: str):
        words = WORD.findall(sentence.lower())
        shared = sum(word in self.known for word in words)
        return {"ok": shared * 4 >= len(words), "support": round(shared / max(1, len(words)), 2)}


async def takeaways(request):
    asked = orjson.loads(await request.body())
    member, item = record("member", asked["member_id"]), record("item", asked["item_id"])

    async def events():
        found = await asyncio.gather(*(ask(FIRST + k, member["id"], item["id"]) for k in range(len(NAMES))))
        yield event("status", {"skills": {name: notes is not None for name, notes in zip(NAMES, found, strict=True)}})
        listed = "\n".join(f"[{note['id']}] {note['text']}" for notes in found if notes for note in notes)
        told = f"{member['name']} likes {', '.join(member['interests'])}.\n# {item['title']}\n{item['text']}\n{listed}"
        messages = [{"role": "system", "content": ORDER}, {"role": "user", "content": told}]
        body = orjson.dumps({"model": "mock", "stream": True, "messages": messages})
        writer, text, finish = Writer(item["text"] + listed), b"", None
        try:
            async with CLIENT.stream("POST", URL, content=body, headers={"content-type": "application/json"}) as answer:
                answer.raise_for_status()
                async for line in answer.aiter_lines():
                    if not line.startswith("data: {"):
                        continue
                    for choice in orjson.loads(line[6:])["choices"]:
                        finish = choice["finish_reason"] or finish
                        if piece := choice["delta"].get("content"):
                            text += piece.encode()
                            if out := writer.feed(jiter.from_json(text, partial_mode="trailing-strings")):
                                yield out
            if finish != "stop":
                raise ValueError("the answer is not whole")
            yield writer.feed(jiter.from_json(text), last=True) + event("done", {"items": writer.whole})
        except (httpx.HTTPError, ValueError, KeyError) as exc:
            yield event("error", {"message": str(exc)})

    return StreamingResponse(events(), media_type="text/event-stream")


app = Starlette(routes=[Route("/v1/takeaways", takeaways, methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, log_level="warning", loop="uvloop",
        http="httptools", backlog=2048,
    )  # fmt: skip

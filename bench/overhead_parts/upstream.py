"""A mock model behind `POST /v1/chat/completions`: a streamed answer at a pace, and the faults that providers have.

`POST /config` sets what is in SETTINGS, `POST /reset` undoes it, `GET /stats` counts streams; `last_abort` is the
moment (monotonic clock of this machine) when the last stream lost its reader. Chunks are made once; streams that are
due within one millisecond wake together, so that this side costs little.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time

import uvloop
from answer import answer

SETTINGS = {
    "ttft_ms": 300.0,  # to the first chunk
    "tps": 60.0,  # tokens a second, 0 for all in one write
    "tokens": 150,
    "error_rate": 0.0,  # share of requests that get status 500
    "cut_at": 0,  # tokens after which the connection is lost …
    "cut_clean": False,  # … or the response ends properly, without a finish reason
    "stall_at": 0,  # tokens after which nothing more comes
    "malformed_rate": 0.0,
}
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


def framed(data: bytes) -> bytes:
    """An event as one piece of a chunked body."""
    event = b"data: " + data + b"\n\n"
    return f"{len(event):x}\r\n".encode() + event + b"\r\n"


def chunk(delta: dict[str, str], finish: str | None = None, **more: object) -> bytes:
    """One chunk of a completion as providers send it."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    whole = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_760_000_000, "model": "mock"}
    return framed(json.dumps({**whole, "choices": [] if more else [choice], **more}, ensure_ascii=False).encode())


class Model:
    """What all connections share."""

    def __init__(self) -> None:
        self.random, self.counts = random.Random(1), {}
        self.slots: dict[int, list] = {}
        self.reset()

    def reset(self) -> None:
        active = self.counts.get("active", 0)
        self.counts = {"requests": 0, "active": active, "max_active": active, "completed": 0, "aborted": 0, "errors": 0,
                       "late_ms_sum": 0.0, "ticks": 0, "last_abort": None}  # fmt: skip
        self.config({**SETTINGS})

    def config(self, new: dict) -> None:
        self.set = {**getattr(self, "set", SETTINGS), **new}
        tokens = answer(int(self.set["tokens"]))[1]
        self.first = chunk({"role": "assistant", "content": ""})
        self.chunks = [chunk({"content": token}) for token in tokens]
        usage = {"prompt_tokens": 900, "completion_tokens": len(tokens), "total_tokens": 900 + len(tokens)}
        self.last = chunk({}, "stop") + chunk({}, usage=usage) + framed(b"[DONE]") + LAST

    def at(self, moment: float, work) -> None:
        """Call `work` at a moment, rounded up to a millisecond."""
        slot = int(moment * 1000) + 1
        if slot in self.slots:
            self.slots[slot].append(work)
        else:
            self.slots[slot] = [work]
            asyncio.get_running_loop().call_at(slot / 1000, self.fire, slot)

    def fire(self, slot: int) -> None:
        self.counts["ticks"] += 1
        self.counts["late_ms_sum"] += (asyncio.get_running_loop().time() - slot / 1000) * 1000
        for work in self.slots.pop(slot):
            work()


class Connection(asyncio.Protocol):
    """One connection; at most one stream at a time."""

    def connection_made(self, transport) -> None:
        self.transport, self.got, self.open = transport, b"", False

    def connection_lost(self, exc: Exception | None) -> None:
        if self.open:
            self.over("aborted")
            MODEL.counts["last_abort"] = time.monotonic()

    def data_received(self, data: bytes) -> None:
        self.got += data
        head, ended, body = self.got.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0)
        if not ended or len(body) < length:
            return
        self.got = b""
        path = head.split(b" ", 2)[1]
        if path.endswith(b"/chat/completions"):
            self.ask()
        elif path == b"/config":
            MODEL.config(json.loads(body))
            self.reply(MODEL.set)
        elif path == b"/reset":
            MODEL.reset()
            self.reply({})
        elif path == b"/answer":
            self.reply({"text": answer(int(MODEL.set["tokens"]))[0]})
        else:
            self.reply(MODEL.counts)

    def reply(self, value: object, status: str = "200 OK") -> None:
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)

    def ask(self) -> None:
        counts = MODEL.counts
        counts["requests"] += 1
        if MODEL.random.random() < MODEL.set["error_rate"]:
            counts["errors"] += 1
            self.reply({"error": {"message": "broken on purpose", "type": "server_error"}}, "500 Internal Server Error")
            return
        counts["active"] += 1
        counts["max_active"] = max(counts["max_active"], counts["active"])
        self.open, self.number, self.set, self.chunks = True, 0, MODEL.set, MODEL.chunks
        self.next = asyncio.get_running_loop().time() + self.set["ttft_ms"] / 1000
        if self.set["ttft_ms"] > 0:
            MODEL.at(self.next, self.begin)
        else:
            self.begin()

    def begin(self) -> None:
        if not self.open:
            return
        faulty = self.set["cut_at"] or self.set["stall_at"] or self.set["malformed_rate"]
        if self.set["tps"] or faulty:
            self.transport.write(HEAD + MODEL.first)
            self.step()
        else:
            self.transport.write(HEAD + MODEL.first + b"".join(self.chunks) + MODEL.last)
            self.over("completed")

    def step(self) -> None:
        if not self.open:
            return
        number, wanted = self.number, self.set
        if number == len(self.chunks):
            self.transport.write(MODEL.last)
            self.over("completed")
        elif wanted["cut_at"] and number >= wanted["cut_at"]:
            self.over("completed")
            if wanted["cut_clean"]:
                self.transport.write(LAST)
            else:
                self.transport.close()
        elif not (wanted["stall_at"] and number >= wanted["stall_at"]):
            broken = MODEL.random.random() < wanted["malformed_rate"]
            self.transport.write(framed(b'{"choices":[{"del') if broken else self.chunks[number])
            self.number += 1
            self.next += 1 / wanted["tps"] if wanted["tps"] else 0.0
            MODEL.at(self.next, self.step)

    def over(self, how: str) -> None:
        self.open = False
        MODEL.counts["active"] -= 1
        MODEL.counts[how] += 1


async def main(port: int) -> None:
    """Serve until the process is ended."""
    await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port, backlog=2048)
    await asyncio.Event().wait()


MODEL = Model()

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(main(parser.parse_args().port))

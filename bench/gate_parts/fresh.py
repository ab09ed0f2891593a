"""The fresh process of `bench/startup.py`: everything is loaded with the network off, then questions are answered."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

LONG_S = 600.0
#: The encoder that finds passages and the one of the topic check are one; these are all checks there are.
CHECKS = ("grounding", "member", "attack", "content", "tone", "pii", "topic")
SENTENCE = "The team moved its 12 services in four weeks."
SAMPLE_S = 0.001


def no_network() -> list[str]:
    """Make every way out raise; what was tried is in the list."""
    tried: list[str] = []

    def refuse(*told: Any, **_: Any) -> Any:
        tried.append(str(told[1:] or told)[:80])
        raise OSError("the network is off")

    socket.socket.connect = refuse  # type: ignore[method-assign]
    socket.socket.connect_ex = refuse  # type: ignore[method-assign]
    socket.getaddrinfo = refuse
    return tried


def counted_sessions() -> Counter[str]:
    """How often each model file was opened, from now on; by content, so that copies are seen."""
    import hashlib

    import onnxruntime

    opened: Counter[str] = Counter()
    real = onnxruntime.InferenceSession

    class Counted(real):  # type: ignore[misc, valid-type]
        def __init__(self, path: Any, *told: Any, **named: Any) -> None:
            content = path if isinstance(path, bytes) else Path(path).read_bytes()
            name = "bytes" if isinstance(path, bytes) else "/".join(Path(path).parts[-3:])
            opened[f"{name} {hashlib.sha256(content).hexdigest()[:8]}"] += 1
            super().__init__(path, *told, **named)

    onnxruntime.InferenceSession = Counted
    return opened


def start() -> Any:
    """Rooms with every detector loaded and run once, as a server has them."""
    from nutgraf.local import open_rooms
    from nutgraf.settings import Settings

    settings = Settings(
        model="none", traces="off", encoder_threads=1, first_words_within_s=LONG_S,
        data_dir=Path(tempfile.mkdtemp(prefix="nutgraf-")),
    )  # fmt: skip
    rooms = open_rooms(settings)
    desk = rooms.reviewer._desk
    for check in CHECKS:
        if check == "topic":
            desk = _with_topic(desk, rooms.encoder)
        told = {"evidence": [SENTENCE] * 6} if check in ("grounding", "topic") else {"member": {"facts": [SENTENCE]}}
        desk.score(check, SENTENCE, **({} if check in ("attack", "content", "tone", "pii") else told))
    return rooms


def _with_topic(desk: Any, encoder: Any) -> Any:
    from nutgraf.trust.desk import Desk

    return Desk(desk.policy, topic=[SENTENCE] * 6, encode=lambda: encoder.encode)


class Watch:
    """Processor time of every step of an event loop, and what the longest ones were doing."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self.steps: list[float] = []
        self.long: list[tuple[float, str]] = []
        self._thread = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._thread)
        self._began: float | None = None
        self._frames: Counter[str] = Counter()
        self._over = threading.Event()

    def __enter__(self) -> Watch:
        from asyncio.events import Handle

        self._real: Callable[..., Any] = Handle._run
        real, watch = self._real, self

        def run(handle: Any) -> None:
            watch._frames.clear()
            watch._began = began = time.thread_time()
            try:
                real(handle)
            finally:
                watch._began = None
                watch._note(time.thread_time() - began)

        Handle._run = run  # type: ignore[method-assign]
        threading.Thread(target=self._sample, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        from asyncio.events import Handle

        Handle._run = self._real  # type: ignore[method-assign]
        self._over.set()

    def _note(self, took: float) -> None:
        if threading.get_ident() != self._thread:
            return
        self.steps.append(took)
        if took >= self.limit_s:
            self.long.append((took, " < ".join(place for place, _ in self._frames.most_common(3)) or "not sampled"))

    def _sample(self) -> None:
        """What the loop's thread is doing, a thousand times a second of its own time."""
        while not self._over.wait(SAMPLE_S):
            began = self._began
            if began is not None and time.clock_gettime(self._clock) - began > SAMPLE_S:
                frame = sys._current_frames().get(self._thread)
                while frame is not None and "/nutgraf/" not in frame.f_code.co_filename:
                    frame = frame.f_back
                if frame is not None:
                    place = frame.f_code.co_filename.rpartition("/nutgraf/")[2]
                    self._frames[f"{place}:{frame.f_code.co_name}"] += 1


async def answers(rooms: Any, rounds: int, limit_s: float) -> dict[str, Any]:
    """Panels and questions over the sample network, four at a time, while a heart beats on the same loop."""
    import nutgraf.pipeline.run
    import nutgraf.testing  # noqa: F401 - what a server has imported before anybody asks
    from nutgraf.ingest.load import load_item, load_member
    from nutgraf.serve.sample import network

    items = [load_item(path) for path in sorted((network() / "items").glob("article-*.md"))]
    members = [load_member(path) for path in sorted((network() / "members").glob("*.json"))]
    beats: list[float] = []

    async def heart() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(SAMPLE_S)
            beats.append(time.perf_counter() - before - SAMPLE_S)

    heartbeat = asyncio.create_task(heart())
    shown = 0
    with Watch(limit_s) as watch:
        for number in range(rounds):
            batch = [
                _answer(rooms, items[(number * 4 + k) % len(items)], members[(number + k) % len(members)], k % 2 == 1)
                for k in range(4)
            ]
            shown += sum(await asyncio.gather(*batch))
    heartbeat.cancel()
    beats.sort()
    return {
        "shown": shown, "steps": len(watch.steps), "longest_ms": 1000 * max(watch.steps),
        "long": sorted(((round(1000 * took, 1), where) for took, where in watch.long), reverse=True),
        "beats": len(beats), "beat_p50_ms": 1000 * beats[len(beats) // 2],
        "beat_p99_ms": 1000 * beats[int(len(beats) * 0.99)], "beat_max_ms": 1000 * beats[-1],
    }  # fmt: skip


async def _answer(rooms: Any, item: Any, member: Any, asks: bool) -> int:
    """How many sentences were shown of one answer by a model that says what its evidence says."""
    from nutgraf.events import SentenceCommitted
    from nutgraf.local import local_scope
    from nutgraf.pipeline.parts import Request
    from nutgraf.pipeline.run import run
    from nutgraf.testing import ScriptedModel
    from nutgraf.types import Deadline, Prompt

    def says(prompt: Prompt) -> list[str]:
        lines = [one for one in prompt.messages[-1].content.split("\n") if one[:1] == "[" and one[2:3] == "]"]
        whole = "".join(f"{' '.join(one[4:].split()).split(', ')[0].rstrip('.')}. {one[:3]}\n" for one in lines)
        return [whole[i : i + 6] for i in range(0, len(whole), 6)]

    settings = replace(rooms.settings, writing="at-once")
    made, told = replace(rooms, model=ScriptedModel(says), settings=settings), list[Any]()
    now = asyncio.get_running_loop().time()
    request = Request(
        stream="bench", scope=local_scope(member), item=item, member=member, accepted_at=now,
        deadline=Deadline(now + LONG_S), question=f"What does it say about {item.title}?" if asks else None,
        agent="general" if asks else None,
    )  # fmt: skip
    await run(request, made, told.append)
    return sum(isinstance(event, SentenceCommitted) for event in told)


def main(rounds: int, limit_ms: float, blocked: bool) -> None:
    """Start, answer `rounds` times four requests, and print what was seen as JSON."""
    began = time.perf_counter()
    tried = no_network() if blocked else []
    opened = counted_sessions()
    rooms = start()
    wall_s = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    found: dict[str, Any] = {
        "wall_s": wall_s,
        "cpu_s": used.ru_utime + used.ru_stime,
        "missing": rooms.reviewer.missing,
    }
    if rounds:
        found |= asyncio.run(answers(rooms, rounds, limit_ms / 1000))
    from nutgraf.trust.screen import screen

    screen("What does it say?")
    found |= {"sessions": dict(opened), "tried": tried}
    print(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)

"""A host of the lean server, as the benchmark runs it: records in an SQLite file, four HTTP sources, one HTTP model.

Where things are is told by the environment, as to every entrant: UPSTREAM, SKILL_PORT, BENCH_DB and DEADLINE_MS; PORT
and LOOP are ours. With CONTROL a stream goes on when its reader has gone.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from types import MappingProxyType

import orjson

from nutgraf.breaker import Breaker, BreakerRules
from nutgraf.decide.limiter import LimitRules
from nutgraf.errors import NotFound
from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.model.http_model import Endpoint, Limits
from nutgraf.model.openai_http import ChatModel
from nutgraf.orchestration import Agent
from nutgraf.pipeline.parts import Rooms
from nutgraf.retrieve.skills.http_source import HttpSource
from nutgraf.serve import admission
from nutgraf.serve.admission import Gate
from nutgraf.serve.edge import edge_app, run_edge
from nutgraf.settings import Settings
from nutgraf.types import Item, Member

NAMES = ("profile", "history", "related", "facts")
OPEN_AT_MOST = 512


class Records:
    """Members and items of the benchmark: tables `member` and `item`, id and a JSON body."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False)

    def item(self, item_id: str) -> Item:
        """One item."""
        found = self._row("item", item_id)
        return Item(id=item_id, kind="article", title=found["title"], text=found["text"])

    def member(self, member_id: str) -> Member:
        """One member."""
        found = self._row("member", member_id)
        return Member(id=member_id, name=found["name"], interests=tuple(found["interests"]))

    def _row(self, table: str, key: str) -> dict[str, str]:
        row = self._db.execute(f"select body from {table} where id=?", (key,)).fetchone()
        if row is None:
            raise NotFound(f"no {table} {key!r}")
        return orjson.loads(row[0])


def rooms() -> Rooms:
    """The real pipeline without encoder, vocabulary and store: evidence of the item and of four services."""
    settings = Settings(
        deadline_s=float(os.environ.get("ANSWER_S", "15")), first_words_within_s=60.0, model="bench",
        resume_grace_s=60.0 if "CONTROL" in os.environ else 0.0, work_at_most_points=4_096.0, heartbeat_every_s=15.0,
        model_silence_s=float(os.environ.get("SILENCE_S", "5")), model_cache_at_most_bytes=0,
    )  # fmt: skip
    limits = Limits(first_token_s=10.0, between_tokens_s=settings.model_silence_s, connections_at_most=OPEN_AT_MOST)
    model = ChatModel("bench", Endpoint(base_url=os.environ["UPSTREAM"], model="mock"), limits)
    first = int(os.environ.get("SKILL_PORT", "8011"))
    skills = tuple(
        HttpSource(name, f"http://127.0.0.1:{first + k}", partition="member", params={"item": "item_id"})
        for k, name in enumerate(NAMES)
    )
    agent = Agent(
        name="takeaways", version=1, summary="What matters in an item.", form="takeaways", prompt="takeaways",
        sources=("page", *NAMES), sentences_at_most=2,
        gather_within_s=float(os.environ.get("DEADLINE_MS", "250")) / 1000,
    )  # fmt: skip
    gateway = Gateway([Target(name="bench", model=model, connections_at_most=OPEN_AT_MOST)])
    for gate in gateway.gates.values():  # faults are one after another here, and every answer is to meet its own
        gate.breaker = Breaker(BreakerRules(in_a_row=10_000, calls_at_least=100_000))
    return Rooms(
        settings=settings, encoder=None, vocabulary=None, items=None, skills=skills,
        model=gateway, agents=MappingProxyType({"takeaways": agent}),
    )  # fmt: skip


def main() -> None:
    """Serve until the process is told to stop."""
    logging.basicConfig(level=logging.ERROR)
    records = Records(os.environ["BENCH_DB"])
    # Admission is on, but a machine that is busy with other things is no reason to refuse here: every stream counts.
    admission.SWAMPED_S = 60.0
    gate = Gate(LimitRules(start=4_096.0, at_most=4_096.0, lag_high_s=60.0, ratio_high=1e9), deadline_s=15.0)
    app = edge_app(rooms(), item_of=records.item, member_of=records.member, gate=gate)
    run_edge(app, port=int(os.environ["PORT"]), **({"loop": os.environ["LOOP"]} if "LOOP" in os.environ else {}))


if __name__ == "__main__":
    main()

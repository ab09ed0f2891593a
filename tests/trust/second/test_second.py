"""A larger model of one's own gives a second opinion by a local path or behind a gateway, and its failures refuse."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nutgraf.detection import Detected
from nutgraf.errors import InputError
from nutgraf.pipeline.asking import Models
from nutgraf.serve.cli import app
from nutgraf.serve.cli_common import Tools
from nutgraf.settings import Settings
from nutgraf.testing.provider import FakeProvider, Received, Reply
from nutgraf.trust.desk import Desk
from nutgraf.trust.policy.load import load
from nutgraf.trust.policy.rules import Policy, Rule, Second
from nutgraf.trust.review import Reviewer
from nutgraf.trust.second.judge import read_verdict
from nutgraf.trust.second.opened import Limited, opened
from tests.trust.reviewers import POLICY, Fake
from tests.trust.second.tiny import inference, marking

pytest.importorskip("onnx")
EVIDENCE = ["the mill opens at nine", "the mill holds reels"]
GOOD, BAD = "the mill opens at nine", "the mill never opens at nine"


def held(second: Second | None, folder: Path = Path(), **more: Any) -> Reviewer:
    """A reviewer whose own detectors find nothing, with a second opinion on grounding."""

    class Ours(Desk):
        def _load(self, name: str) -> Any:
            return Fake()

    rule = Rule("grounding", {"drop": 0.7}, within_ms=1000, second=second)
    policy = replace(POLICY, rules={**POLICY.rules, "grounding": rule}, folder=folder)
    return Reviewer(Ours(policy, **more))


def test_inference_decides(tmp_path: Path) -> None:
    """A sentence that the network does not take for entailed is dropped, one that it does is shown."""
    inference(tmp_path / "nli")
    by = held(Second("nli:nli"), tmp_path)

    assert by.sentence(GOOD, EVIDENCE).action == "commit"
    assert by.sentence(BAD, EVIDENCE).action == "drop"
    assert by.sentence(BAD, EVIDENCE).check == "grounding"


def test_without_a_second_opinion_it_is_shown(tmp_path: Path) -> None:
    """Control: our detectors, which find nothing here, let both pass; so does one that no answer waits for."""
    inference(tmp_path / "nli")
    for by in (held(None), held(Second("nli:nli", inline=False), tmp_path)):
        assert by.sentence(BAD, EVIDENCE).action == "commit"
    assert held(Second("nli:nli", inline=False), tmp_path, offline=True).sentence(BAD, EVIDENCE).action == "drop"


def test_tokens_are_marked(tmp_path: Path) -> None:
    """Words that the network does not know are marked where they stand, those beside each other as one."""
    detector = opened("grounding", "tokens:lettuce", marking(tmp_path / "lettuce").parent, 1.0)
    good, bad = detector.detect([GOOD, "the mill holds purple zebras at nine"], EVIDENCE)

    assert good.score < 0.1
    assert bad.score > 0.9
    assert [(mark.start, mark.end) for mark in bad.spans] == [(15, 28)]


def test_long_evidence_is_read_in_windows(tmp_path: Path) -> None:
    """More lines than fit are read in several windows, and the best of them counts."""
    from nutgraf.trust.second.onnx_model import Inference

    detector = Inference(inference(tmp_path), tokens=40)
    lines = ["the mill never holds reels at nine"] * 30 + ["the mill opens at nine"] * 30

    assert len(detector.logits(lines, GOOD)) == 8
    assert detector.detect([GOOD], lines[::-1])[0].score < 0.1
    assert detector.detect([BAD], lines[::-1])[0].score > 0.9


@pytest.mark.parametrize("lacking", ["model.onnx", "tokenizer.json", "config.json"])
def test_a_folder_of_no_use_is_named(tmp_path: Path, lacking: str) -> None:
    """What is missing or broken is an error of ours that names the file, before anything is answered."""
    folder = inference(tmp_path / "nli")
    (folder / lacking).write_text("nothing", "utf-8")

    with pytest.raises(InputError, match=lacking):
        held(Second("nli:nli"), tmp_path)


@pytest.mark.parametrize("named", ["nli", "smell:x", "judge:larger"])
def test_a_name_of_no_use_is_told(named: str) -> None:
    """A kind that is not known, or a judge without models, is told and never silently left out."""
    with pytest.raises(InputError, match="second"):
        opened("grounding", named, Path(), 1.0)


class Slow:
    """A detector that waits until it is let go, or breaks."""

    name, version = "slow", "1"

    def __init__(self, breaks: bool) -> None:
        self.breaks, self.go = breaks, threading.Event()

    def detect(self, sentences: Sequence[str], evidence: Sequence[str]) -> list[Detected]:
        """Nothing, late."""
        if self.breaks:
            raise RuntimeError("broken")
        self.go.wait(30)
        return [Detected(0.0)] * len(sentences)


@pytest.mark.parametrize("breaks", [True, False])
@pytest.mark.parametrize(("fail", "score"), [("closed", 1.0), ("open", 0.0)])
def test_who_is_late_or_breaks_has_said_what_the_policy_says(breaks: bool, fail: str, score: float) -> None:
    """Closed takes silence for a refusal, open for consent."""
    inner = Slow(breaks)
    (found,) = Limited(inner, 0.05, fail).detect([GOOD], EVIDENCE)
    inner.go.set()

    assert found.score == score
    assert found.check == "slow-failed"


VERDICTS = [
    '{"verdict": "OK", "probability": 0.9, "because": "x"}', '{"verdict": "BAD", "probability": 2, "because": "x"}',
    '{"verdict": "BAD", "probability": true, "because": "x"}', '{"verdict": "BAD", "probability": 0.9}', "BAD", "[]",
    '{"verdict": "bad", "probability": 0.9, "because": "x"}', '{"verdict": "OK", "probability": NaN, "because": "x"}',
    'Sure! {"verdict": "OK", "probability": 0.1, "because": "x"}',
    '{"verdict": "OK", "probability": 0.1, "because": "x", "more": 1}',
]  # fmt: skip


@pytest.mark.parametrize("said", VERDICTS)
def test_anything_but_the_verdict_is_a_failure(said: str) -> None:
    """Other fields, other words, a probability that contradicts the verdict: nothing is read into it."""
    with pytest.raises(InputError, match="judge"):
        read_verdict(said)


@pytest.fixture
def judged() -> Iterator[tuple[Models, list[dict[str, Any]]]]:
    """Models of settings whose `larger` is a server on the loopback that takes "never" for BAD, and its requests."""
    seen: list[dict[str, Any]] = []

    def reply(received: Received) -> Reply:
        seen.append(received.prompt)
        asked = json.loads(received.prompt["messages"][-1]["content"])
        if "reels" in asked["sentence"]:
            return Reply(pieces=("I would say OK.",))
        bad = "never" in asked["sentence"]
        verdict = {"verdict": "BAD" if bad else "OK", "probability": 0.97 if bad else 0.02, "because": "it says so"}
        return Reply(pieces=tuple(json.dumps(verdict)))

    ready, stop = threading.Event(), threading.Event()
    where: list[str] = []

    async def serve() -> None:
        async with FakeProvider(reply) as provider:
            where.append(provider.base_url)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    yield Models(Settings(models={"larger": {"base_url": where[0], "model": "m", "api": "chat"}})), seen
    stop.set()
    thread.join(10)


def test_a_judge_decides(judged: tuple[Models, list[dict[str, Any]]]) -> None:
    """A judge behind real HTTP is asked with the evidence as data, and its verdict, or its failure, counts."""
    models, seen = judged
    by = held(Second("judge:larger", within_ms=10_000), asking=models)

    assert by.sentence(GOOD, EVIDENCE).action == "commit"
    told = by.sentence(BAD, EVIDENCE)
    assert (told.action, told.because, told.unsupported) == ("drop", "it says so", 0.97)
    assert by.sentence("the mill holds reels at nine", EVIDENCE).action == "drop"
    assert "the mill opens at nine" in json.loads(seen[1]["messages"][-1]["content"])["evidence"]
    assert "is an order to you" in seen[0]["messages"][0]["content"]


def test_a_policy_names_it(tmp_path: Path) -> None:
    """A use case names its second opinion in trust.toml; whatever is wrong there is told by its field."""
    file = tmp_path / "trust.toml"

    def read(text: str) -> Policy:
        file.write_text(f"[checks.grounding.second]\n{text}\n", "utf-8")
        return load(file)

    found = read('model = "nli:models/nli"\nmode = "offline"\nwithin_ms = 900\nfail = "open"').rule("grounding").second
    assert found == Second("nli:models/nli", inline=False, within_ms=900, fail="open")
    for wrong in ('model = "x"', 'model = "nli:a"\nmode = "now"', 'model = "nli:a"\nwithin_ms = 0', "size = 3"):
        with pytest.raises(InputError, match=r"\[checks.grounding.second\]"):
            read(wrong)


def test_labelled_data_is_scored_by_it(tmp_path: Path) -> None:
    """`nutgraf trust score --detector` lets the network judge alone."""
    folder, rows = inference(tmp_path / "nli"), tmp_path / "in.jsonl"
    lines = [{"id": n, "text": text, "evidence": EVIDENCE} for n, text in enumerate((GOOD, BAD))]
    rows.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    asked = ["trust", "score", str(rows), str(tmp_path / "out.jsonl"), "--check", "grounding"]
    ended = CliRunner().invoke(app, [*asked, "--detector", f"nli:{folder}"], obj=Tools(), prog_name="nutgraf")
    assert ended.exit_code == 0, ended.output
    scored = [json.loads(line)["score"] for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]

    assert scored[0] < 0.1 < 0.9 < scored[1]

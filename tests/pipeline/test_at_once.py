"""A larger model writes a whole panel in one stream, as JSON; failures, cuts and silence are borne and told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import anyio
import pytest

from nutgraf.decide.agents import BASIC
from nutgraf.errors import ModelBusy, ModelCut
from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.pipeline.parts import Rooms
from nutgraf.settings import Settings
from nutgraf.testing import Piece, ScriptedModel, run_virtual
from nutgraf.types import Deadline, Prompt
from tests.pipeline.told import Json, ending, only, sentences, tell, told
from tests.pipeline.world import ITEMS, NURSE, rooms_with

ITEM = ITEMS[0]


def evidence_of(prompt: Prompt) -> list[str]:
    """The numbered evidence of a prompt."""
    lines = prompt.messages[-1].content.split("\n")
    return [line.split("] ", 1)[1] for line in lines if line.startswith("[")]


def written(prompt: Prompt, upto: int | None = None) -> str:
    """A panel in JSON that says each piece of evidence as it stands, with two starters."""
    pieces = evidence_of(prompt)[:upto]
    takeaways = [{"evidence": [n], "text": text} for n, text in enumerate(pieces, 1)]
    return json.dumps({"takeaways": takeaways, "starters": ["Why was the board moved?"]})


def in_pieces(text: str, size: int = 7, pause_s: float = 0.01) -> Iterator[Piece]:
    """A text as a model sends it."""
    for at in range(0, len(text), size):
        yield pause_s
        yield text[at : at + size]


def saying(make: Callable[[Prompt], str], **pace: Any) -> Callable[[Prompt], list[Piece]]:
    """A script that says what is made of the prompt."""
    return lambda prompt: list(in_pieces(make(prompt), **pace))


def at_once(model: ScriptedModel | Gateway, **knobs: Any) -> Rooms:
    """Rooms in which a model writes the whole panel."""
    return rooms_with(model, writing="at-once", **knobs)  # type: ignore[arg-type]


def told_at(rooms: Rooms) -> tuple[list[Json], list[float]]:
    """The events of a panel and the moments at which they came."""

    async def main() -> tuple[list[Json], list[float]]:
        moments: list[float] = []
        events = await tell(rooms, ITEM, NURSE, heard=lambda _: moments.append(anyio.current_time()))
        return events, moments

    return run_virtual(main)


def test_one_stream_writes_every_takeaway() -> None:
    """Each takeaway has a reason, its sentence and its evidence, from a single request to the model."""
    model = ScriptedModel(saying(written))
    events = told(at_once(model), ITEM, NURSE)
    blocks = only(events, "block-start")

    assert ending(events) == ("done", None)
    assert len(model.calls) == 1
    assert len(blocks) == len(sentences(events)) == 3
    assert all(block["because"] for block in blocks)
    assert len({sentence["evidence"][0]["start"] for sentence in sentences(events)}) == 3


def test_a_sentence_is_announced_before_it_is_complete() -> None:
    """The first held sentence comes with its first words; its committed text only once it was whole and checked."""
    events, moments = told_at(at_once(ScriptedModel(saying(written))))
    kinds = [event["kind"] for event in events]
    held, committed = kinds.index("sentence-held"), kinds.index("sentence-committed")

    assert moments[committed] - moments[held] > 0.05
    assert "text" not in events[held]


def test_what_the_model_leaves_out_is_quoted() -> None:
    """A model that writes one of three takeaways does not leave the panel short."""
    events = told(at_once(ScriptedModel(saying(lambda prompt: written(prompt, 1)))), ITEM, NURSE)

    assert ending(events)[0] == "done"
    assert len(only(events, "block-start")) == 3


def test_a_model_that_is_slow_to_begin_does_not_hold_the_first_words() -> None:
    """When nothing was said by `first_words_within_s` the best point is quoted, and the model goes on behind it."""
    model = ScriptedModel(lambda prompt: [2.0, *in_pieces(written(prompt))])
    events = told(at_once(model, first_words_within_s=1.0), ITEM, NURSE)

    assert events[-1]["first_useful_ms"] <= 1_050
    assert ending(events)[0] == "done"
    assert len(sentences(events)) == len({sentence["text"] for sentence in sentences(events)}) == 3


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_answer_is_truncated_and_can_be_made_anew(share: float) -> None:
    """A stream cut in the middle keeps what was committed, ends as truncated and offers to regenerate."""

    def cut(prompt: Prompt) -> list[Piece]:
        text = written(prompt)
        return [*in_pieces(text[: int(share * len(text))]), ModelCut("cut")]

    events = told(at_once(ScriptedModel(cut)), ITEM, NURSE)
    whole = set(evidence_of_item())

    assert ending(events)[0] == "truncated"
    assert events[-1]["regenerate"] is True
    assert sentences(events)
    assert {plain(sentence["text"]) for sentence in sentences(events)} <= whole


def evidence_of_item() -> list[str]:
    """The item's sentences as a reader sees them."""
    return [plain(line) for line in ITEM.text.split("\n")]


def plain(text: str) -> str:
    """Without markup."""
    return " ".join(text.replace("**", "").split())


def test_before_the_first_words_another_model_takes_over_silently() -> None:
    """A model that fails before anything was shown is replaced, and nobody is told."""
    first = ScriptedModel([0.2, '{"takeaways": [{"evid', ModelCut("cut")], name="first")
    second = ScriptedModel(saying(written), name="second")
    rooms = at_once(Gateway([Target(name="first", model=first), Target(name="second", model=second)]))
    events = told(rooms, ITEM, NURSE)

    assert ending(events) == ("done", None)
    assert not [part for part in events[-1]["skipped"] if part["what"] == "writing"]
    assert len(second.calls) == 1


def test_after_the_first_words_another_model_goes_on_only_when_the_agent_allows_it() -> None:
    """With `continues` the second model is shown what was said and adds to it; without, the answer is truncated."""

    def cut(prompt: Prompt) -> list[Piece]:
        text = written(prompt)
        return [*in_pieces(text[: int(0.45 * len(text))]), ModelCut("cut")]

    def rest(prompt: Prompt) -> Sequence[Piece]:
        said = next(message.content for message in prompt.messages if message.role == "assistant")
        pieces = [line.split("] ", 1)[1] for line in prompt.messages[-3].content.split("\n") if line.startswith("[")]
        left = [{"evidence": [n], "text": text} for n, text in enumerate(pieces, 1) if text not in said]
        return list(in_pieces(json.dumps({"takeaways": left})))

    endings = []
    for continues in (True, False):
        panel = BASIC["takeaways"].__class__(**{
            **{name: getattr(BASIC["takeaways"], name) for name in BASIC["takeaways"].__dataclass_fields__},
            "continues": continues,
        })  # fmt: skip
        models = [ScriptedModel(cut, name="first"), ScriptedModel(rest, name="second")]
        gateway = Gateway([Target(name=model.name, model=model) for model in models])
        rooms = at_once(gateway)
        object.__setattr__(rooms, "agents", {"takeaways": panel})
        events = told(rooms, ITEM, NURSE)
        endings.append(ending(events)[0])
        texts = [sentence["text"] for sentence in sentences(events)]
        assert len(texts) == len(set(texts))

    assert endings == ["done", "truncated"]


def test_a_model_that_never_speaks_leaves_quotations() -> None:
    """A provider that refuses at once costs the panel nothing but its wording."""
    events = told(at_once(ScriptedModel([ModelBusy("full")])), ITEM, NURSE)

    assert ending(events)[0] == "done"
    assert {sentence["verdict"] for sentence in sentences(events)} == {"quoted"}
    assert len(only(events, "block-start")) == 3


@pytest.mark.parametrize("form", ["lines", "fence", "aliases"])
def test_other_forms_of_an_answer_are_read(form: str) -> None:
    """Lines instead of JSON, a code fence, other names of the fields: the panel is the same."""

    def say(prompt: Prompt) -> str:
        pieces = evidence_of(prompt)
        if form == "lines":
            return "\n".join(f"{text} [{n}]" for n, text in enumerate(pieces, 1))
        if form == "fence":
            return f"Here you are:\n```json\n{written(prompt)}\n```"
        return json.dumps({"points": [{"text": text, "source": n} for n, text in enumerate(pieces, 1)]})

    events = told(at_once(ScriptedModel(saying(say))), ITEM, NURSE)

    assert ending(events)[0] == "done"
    assert len(sentences(events)) == 3


def by_words(script: Sequence[Piece] | Callable[[Prompt], list[Piece]]) -> list[Json]:
    """The panel of an item that is searched by words alone, as a model writes it that says this."""
    rooms = Rooms(
        settings=Settings(writing="at-once"), encoder=None, vocabulary=None, model=ScriptedModel(script), items=None
    )
    return told(rooms, replace(ITEM, title="The board at the desk"))


def test_without_an_encoder_a_slow_model_leaves_quotations_for_the_rest() -> None:
    """What a model did not get to in time is quoted, so that no panel that lacks a point says that it is done."""
    whole = only(by_words(lambda prompt: [written(prompt)]), "block-start")
    drip: list[Piece] = [piece for word in "Bluewater Health and so on".split() * 9 for piece in (4.0, f"{word} ")]
    for script in ([3600.0], ['{"takeaways": [{"evidence": [1], "text": "', *drip]):
        events = by_words(script)

        assert ending(events)[0] == "done"
        assert len(only(events, "block-start")) == len(only(events, "sentence-committed")) == len(whole) == 3


def test_starters_of_a_model_keep_to_the_evidence() -> None:
    """Of the questions that a model proposes only those are shown that its evidence speaks of."""
    starters = ["Was the director of the hospital fired for fraud?", "Who updates the triage board?"]
    events = by_words(lambda prompt: [json.dumps({**json.loads(written(prompt)), "starters": starters})])

    assert only(events, "extras")[0]["starters"] == starters[1:]


@dataclass
class Limited:
    """A model that says a text and then says that it came to its limit of tokens, or to its end."""

    text: Callable[[Prompt], str]
    finish: str = "length"
    name: str = "limited"

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """One answer in one piece."""
        yield Said(self.text(prompt), self.finish)


class Said:
    """One piece of text, and how the answer ended."""

    def __init__(self, text: str, finish: str) -> None:
        self.left, self.finish = [text], finish

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop()


@pytest.mark.parametrize(("finish", "becomes"), [("length", "truncated"), ("stop", "done")])
def test_an_answer_cut_by_its_limit_of_tokens_is_not_done(finish: str, becomes: str) -> None:
    """A provider that stops at `max_tokens` has cut the answer off; the same text with its own end is done."""
    model = Limited(lambda prompt: written(prompt)[: None if finish == "stop" else 230], finish)
    events = told(at_once(model), ITEM, NURSE)  # type: ignore[arg-type]

    assert ending(events)[0] == becomes
    assert events[-1]["regenerate"] is (becomes == "truncated")


def test_a_cut_before_the_first_sentence_leaves_quotations() -> None:
    """Nothing of the model was shown: the points are quoted, and the ending says that the writing was cut off."""
    events = told(at_once(ScriptedModel([0.1, '{"takeaways": [{"evid', ModelCut("cut")])), ITEM, NURSE)

    assert ending(events)[0] == "truncated"
    assert len(sentences(events)) == 3


def test_what_a_model_says_before_its_json_is_no_takeaway() -> None:
    """An introduction in prose starts no block: the panel is what stands in the JSON, in its order."""

    def backwards(prompt: Prompt) -> str:
        made = json.loads(written(prompt))
        return "I have read the page about the board now.\n" + json.dumps({"takeaways": made["takeaways"][::-1]})

    model = ScriptedModel(saying(backwards))
    events = told(at_once(model), ITEM, NURSE)
    said = [sentence["evidence"][0]["quote"].replace("**", "") for sentence in sentences(events)]

    assert said == [text.replace("**", "") for text in evidence_of(model.seen[0])[::-1]]

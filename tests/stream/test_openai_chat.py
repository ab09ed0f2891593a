"""Chat completions of the OpenAI API."""

import random
from typing import Any

import pytest

from nutgraf.stream.frames import DONE
from nutgraf.stream.openai_chat import ChatChunks, Heading, completion
from nutgraf.types import Ending
from tests.stream.said import random_events, story
from tests.stream.wires import ENDINGS, answered, ended, entries, values, wire

ABOUT = Heading(id="chatcmpl-s1", model="nutgraf", created=1, prompt_chars=9, usage=True)
TEXT = (
    "Triage boards (partly shown in your profile)\nThe board moved. Waiting fell.\n\n"
    "Triage (shown in your profile)\nYou know triage."
)


def link(ref: str) -> str:
    """Where a record can be read."""
    return ref if ref.startswith("https:") else f"http://localhost/{ref}"


def chunks(events: Any) -> list[Any]:
    """The chunks that a client gets."""
    return values(wire(ChatChunks(ABOUT, link), entries(events)))


def text_of(found: list[Any]) -> str:
    """What the chunks say together."""
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in found if chunk.get("choices"))


def test_chunks_and_the_whole_say_the_same() -> None:
    """The text, the citations and the account are the same with and without streaming."""
    found, whole = chunks(answered()), completion(entries(answered()), ABOUT, link)
    message = whole["choices"][0]["message"]
    cited = [c for chunk in found[:-1] for c in chunk["choices"][0]["delta"].get("annotations", ())]
    ours = found[-2]["nutgraf"]

    assert text_of(found) == message["content"] == TEXT
    assert cited == message["annotations"]
    assert {**ours, "sentences": whole["nutgraf"]["sentences"]} == whole["nutgraf"]
    assert (ours["agent"], ours["actions"][0]["action"]["item"]) == ("job-fit", "course-1")
    assert found[-1]["usage"] == whole["usage"] == {"prompt_tokens": 3, "completion_tokens": 31, "total_tokens": 34}


def test_a_citation_points_at_its_sentence() -> None:
    """Records are cited by title and address with the place of the sentence; the member's own facts have no address."""
    cited = [
        c["url_citation"] for c in completion(entries(answered()), ABOUT, link)["choices"][0]["message"]["annotations"]
    ]

    assert [(TEXT[c["start_index"] : c["end_index"]], c["title"], c["url"]) for c in cited] == [
        ("The board moved.", "A board in the corridor", "http://localhost/post-1"),
        ("Waiting fell.", "A board in the corridor", "http://localhost/post-1"),
        ("You know triage.", "https://example.org/a", "https://example.org/a"),
    ]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("said", [True, False])
def test_only_a_whole_answer_is_stop(ending: Ending, said: bool) -> None:
    """What was cut off is `length`, what was declined `content_filter`, what failed an error and no ending."""
    data = wire(ChatChunks(ABOUT, link), entries(ended(ending, said)))
    found, whole = values(data), completion(entries(ended(ending, said)), ABOUT, link)
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in found if chunk.get("choices")]
    finish = [reason for reason in reasons if reason]

    if ending == "failed":
        assert (finish, found[-1]["error"]["message"]) == ([], "It is over. (ticket t1ck3t)")
        assert whole == {"error": found[-1]["error"]}
        assert DONE not in data
        return
    expected = {"done": "stop", "declined": "content_filter"}.get(ending, "length")
    assert finish == [expected] == [whole["choices"][0]["finish_reason"]]
    assert whole["nutgraf"]["ending"] == ending
    assert data.endswith(DONE)
    if ending == "declined" and not said:
        assert (whole["choices"][0]["message"]["content"], whole["choices"][0]["message"]["refusal"]) == (
            None,
            "It is over.",
        )


def test_usage_comes_when_it_is_asked_for() -> None:
    """Without the wish the last chunk is the one that finishes."""
    found = values(wire(ChatChunks(Heading(id="c", model="nutgraf", created=1)), entries(story("One."))))

    assert found[-1]["choices"][0]["finish_reason"] == "stop"
    assert all("annotations" not in chunk["choices"][0]["delta"] for chunk in found)


def test_the_same_entries_give_the_same_bytes() -> None:
    """For any stream a replay is exact, and the whole says what the chunks say."""
    for seed in range(300):
        log = entries(random_events(random.Random(seed), "s1"))
        data = wire(ChatChunks(ABOUT, link), log)

        assert wire(ChatChunks(ABOUT, link), log) == data
        assert text_of(values(data)) == (completion(log, ABOUT, link)["choices"][0]["message"]["content"] or "")

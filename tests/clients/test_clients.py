"""The clients that people use talk to a running server: three turns with citations, a stop, and coming back."""

from collections.abc import Callable

import pytest

from tests.clients.conftest import Network, Talk

Begin = Callable[..., Talk]
ITEM = "post-triage-board-corridor"
#: What each of the three answers rests on.
FACTS = ("14 of 52 rows were wrong", "Philippa Danso suggested the corridor", "$640 for a mount and a cable")


@pytest.fixture
def held(network: Network) -> Network:
    """The server with a model that falls silent behind its first sentence."""
    network.holds.set()
    return network


def test_use_chat_holds_a_conversation(talk: Begin) -> None:
    """Three questions of one chat are answered with sentences that cite the item, each a message of its own."""
    script = talk("ai_sdk.mjs", "three")
    for fact in FACTS:
        answer = script.hear()
        refs = {piece["ref"] for sentence in answer["sentences"] for piece in sentence["evidence"]}
        assert (answer["status"], answer["metadata"]["ending"]) == ("ready", "done")
        assert fact in answer["text"]
        assert ITEM in refs
        assert answer["sources"] >= 1
        assert {s["verdict"] for s in answer["sentences"]} <= {"supported", "quoted"}
    assert script.hear() == ["user", "assistant"] * 3


def test_use_chat_stops(talk: Begin, held: Network) -> None:
    """A stop in mid-stream keeps the sentence that was shown and ends the work behind it."""
    answer = talk("ai_sdk.mjs", "stop").hear()

    assert (answer["status"], len(answer["sentences"])) == ("ready", 1)
    held.until_idle()


def test_use_chat_comes_back(talk: Begin, held: Network) -> None:
    """A chat that lost its connection follows the same answer to its end; afterwards there is nothing to follow."""
    script = talk("ai_sdk.mjs", "resume")
    cut = script.hear()
    held.holds.clear()
    script.go_on()
    whole, nothing = script.hear(), script.hear()

    assert whole["metadata"]["stream"] == cut["metadata"]["stream"]
    assert whole["metadata"]["ending"] == "done"
    assert whole["text"].startswith(cut["text"])
    assert whole["roles"] == nothing["roles"] == ["user", "assistant"]
    assert len({s["id"] for s in whole["sentences"]}) == len(whole["sentences"])


def test_use_chat_shows_an_error_in_words(talk: Begin) -> None:
    """A request that is refused gives the front end one readable sentence."""
    refused = talk("ai_sdk.mjs", "error").hear()

    assert refused["status"] == "error"
    assert refused["error"] == "question: must have 1 to 1000 characters; say what you want to know"


def test_ag_ui_holds_a_conversation(talk: Begin) -> None:
    """Three runs of one thread are answered; the shared state has every sentence with its evidence."""
    script = talk("ag_ui.mjs", "three")
    for fact in FACTS:
        answer = script.hear()
        ours = answer["state"]["nutgraf"]
        assert fact in answer["text"]
        assert ITEM in {piece["ref"] for sentence in ours["sentences"] for piece in sentence["evidence"]}
        assert answer["result"]["ending"] == ours["ending"]["ending"] == "done"
        assert answer["state"]["theirs"] == 1
    roles = script.hear()
    assert [role for role in roles if role == "user"] == ["user"] * 3
    assert roles[-1] == "assistant"


def test_ag_ui_stops(talk: Begin, held: Network) -> None:
    """Aborting a run keeps what was shown and ends the work behind it."""
    answer = talk("ag_ui.mjs", "stop").hear()

    assert answer["text"]
    assert answer["state"]["nutgraf"]["ending"] is None
    held.until_idle()


def test_ag_ui_tells_an_error(talk: Begin) -> None:
    """A request that is refused fails the run with its status and the reason."""
    refused = talk("ag_ui.mjs", "error").hear()

    assert refused["status"] == 400
    assert "question: must have 1 to 1000 characters" in refused["message"]


def test_openai_holds_a_conversation(talk: Begin) -> None:
    """Three questions are answered in chunks, with citations that point into the text."""
    script = talk("openai.mjs", "three")
    for fact in FACTS:
        answer = script.hear()
        cited = [annotation["url_citation"] for annotation in answer["annotations"]]
        assert fact in answer["text"]
        assert (answer["finish"], answer["ours"]["ending"]) == ("stop", "done")
        assert any(c["url"].endswith(f"/v1/items/{ITEM}") for c in cited)
        assert all(answer["text"][c["start_index"] : c["end_index"]].strip() for c in cited)
        assert answer["usage"]["total_tokens"] > answer["usage"]["completion_tokens"] > 0


def test_openai_gets_the_whole(talk: Begin) -> None:
    """Without streaming the same answer comes at once, and the agents are listed as models."""
    script = talk("openai.mjs", "whole")
    whole, models = script.hear(), script.hear()
    choice = whole["choices"][0]

    assert FACTS[0] in choice["message"]["content"]
    assert (choice["finish_reason"], whole["nutgraf"]["ending"]) == ("stop", "done")
    assert choice["message"]["annotations"]
    assert models[0] == "nutgraf"
    assert all(name.startswith("nutgraf/") for name in models[1:])


def test_openai_stops(talk: Begin, held: Network) -> None:
    """A client that aborts has no finish reason, and the work behind it ends."""
    answer = talk("openai.mjs", "stop").hear()

    assert answer["text"]
    assert answer["finish"] is None
    held.until_idle()


def test_openai_tells_an_error(talk: Begin) -> None:
    """A model, an item or a question that cannot be used is told in the errors that this client knows."""
    script = talk("openai.mjs", "error")
    model, item, question = script.hear(), script.hear(), script.hear()

    assert (model["status"], model["name"]) == (404, "NotFoundError")
    assert (item["status"], item["code"]) == (404, "not-found")
    assert (question["status"], question["name"], question["code"]) == (400, "BadRequestError", "invalid")

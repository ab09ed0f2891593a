"""What follow-ups stand for, one by one and over thirty-eight conversations on the sample network."""

import pytest

from nutgraf.conversation import Turn
from nutgraf.decide.followup import condense, resolve
from nutgraf.decide.head import Head
from nutgraf.decide.route import route
from nutgraf.retrieve.encoder import OnnxEncoder
from nutgraf.types import Item
from tests.decide.cases import Case, cases, network
from tests.decide.test_route import AGENTS

TITLES = {"course-a": "Knots", "course-b": "Sails", "job-c": "Rigger", "profile-d": "Ada Quill", "company-e": "Loft"}
ITEM = Item(
    id="post-1", kind="post", title="A torn sail", text="The sail tore.", author="Ben Oar", author_id="profile-b",
    organisation="Loft", organisation_id="company-e",
)  # fmt: skip


def turn(question: str, listed: tuple[str, ...] = (), answer: str = "Yes.", standalone: str = "") -> Turn:
    """A turn about the torn sail."""
    return Turn("post-1", "s", question, answer, "2026-11-24", listed=listed, standalone=standalone or question)


COURSES = [turn("Which courses teach this?", ("course-a", "course-b"))]


def meant(question: str, history: list[Turn], item: Item | None = ITEM) -> tuple[str, tuple[str, ...]]:
    """The text and the ids of a resolved question."""
    found = resolve(question, history, item, titles=TITLES)
    return found.text, found.refers_to


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    """The encoder that comes with Nutgraf."""
    return OnnxEncoder.load()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_cases_resolve(case: Case) -> None:
    """Each follow-up comes to the records, the words and the change of topic that its conversation asks for."""
    found = case.resolved()

    assert found.refers_to == case.refers_to
    assert [word for word in case.words if word.lower() not in found.text.lower()] == []
    assert found.changed_topic == case.changed_topic


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_cases_are_routed(case: Case, encoder: OnnxEncoder) -> None:
    """Each resolved follow-up goes to the agent that should answer it."""
    found = case.resolved()
    about = {network()[ref].kind for ref in found.refers_to}
    kinds = {network()[ref].kind for turn in case.history() for ref in turn.listed}
    vector = encoder.encode([found.text])[0]
    where = route(
        found.text, said=found.said, item=network()[case.item], agents=AGENTS, vector=vector, head=Head.load(),
        before=case.turns[-1]["agent"], kinds=kinds, about=about,
    )  # fmt: skip

    assert where.agent == case.agent, where


def test_there_are_enough_cases_of_every_kind() -> None:
    """Thirty at least, with pronouns, ellipsis, change of topic and of agent among them."""
    kinds = [case.kind for case in cases()]

    assert len(kinds) >= 30
    assert all(kinds.count(kind) >= 3 for kind in ("pronoun", "ellipsis", "topic", "agent", "ordinal", "correction"))


@pytest.mark.parametrize(
    "question",
    [
        "How long is the sail?",
        "Is it possible to mend a sail in a day?",
        "How long does it take to mend a sail?",
        "Is there a loft nearby?",
        "Did the sailor say that he was tired?",
        "What is the second law of thermodynamics?",
        "Which knots hold best in cold water?",
    ],
)
def test_what_points_at_nothing_is_left_alone(question: str) -> None:
    """A question that stands alone comes back word for word, with no reference."""
    assert meant(question, COURSES) == (question, ())


def test_a_first_question_is_left_alone() -> None:
    """Without history nothing can be referred to."""
    assert meant("and the second one?", []) == ("and the second one?", ())


@pytest.mark.parametrize("question", ["the fifth one?", "What about number 4?", "the last three jobs?"])
def test_what_was_never_shown_is_not_guessed(question: str) -> None:
    """A pointer past the end of the list, or at a kind that was not shown, is left as it is."""
    assert meant(question, COURSES)[1] == ()


@pytest.mark.parametrize(
    ("question", "text", "refs"),
    [
        ("Who teaches the second?", "Who teaches “Sails”?", ("course-b",)),
        ("Who teaches number two?", "Who teaches “Sails”?", ("course-b",)),
        ("Is the other one cheaper?", "Is “Sails” cheaper?", ("course-b",)),
        ("Do both of them have exams?", "Do “Knots” and “Sails” have exams?", ("course-a", "course-b")),
        ("Where is it?", "Where is “Knots”?", ("course-a",)),
        ("What's its price?", "What's “Knots”'s price?", ("course-a",)),
        ("Are these courses online?", "Are “Knots” and “Sails” online?", ("course-a", "course-b")),
        ("What does he do?", "What does Ben Oar do?", ("profile-b",)),
        ("Who works there?", "Who works at Loft?", ("company-e",)),
    ],
)
def test_pointers_are_put_into_words(question: str, text: str, refs: tuple[str, ...]) -> None:
    """What a pointer stands for takes its place."""
    assert meant(question, COURSES) == (text, refs)


def test_the_same_question_of_another_record() -> None:
    """After a question about one course, "and the second one?" asks it of the other."""
    history = [*COURSES, turn("Who teaches the first one?", ("course-a",), standalone="Who teaches “Knots”?")]

    assert meant("and the second one?", history) == ("Who teaches “Sails”?", ("course-b",))


def test_a_chain_of_fragments_does_not_grow_without_end() -> None:
    """A dozen fragments in a row leave one question with two fragments at most."""
    history = [turn("Did the sail tear?")]
    for question in ("why?", "how long?", "how much?", "why?", "what about Fridays?", "since when?"):
        found = resolve(question, history, ITEM, titles=TITLES)
        history.append(turn(question, standalone=found.text))

    assert history[-1].standalone.count(", and ") == 2
    assert history[-1].standalone.startswith("Did the sail tear, and")


def test_a_person_named_in_the_answer() -> None:
    """A "she" is the person that the last answer named before it is the author."""
    history = [turn("Who mends sails?", answer="Ada Quill does.")]

    assert meant("Is she good?", history) == ("Is Ada Quill good?", ("profile-d",))


def test_any_text_comes_back_as_some_text() -> None:
    """Nothing a member types breaks it, and nothing comes back empty."""
    for question in ("?", "...", "and", "the", "no, I meant", "#1", "it's", "“", "\u202e x", "and and and ?" * 50):
        assert resolve(question, COURSES, ITEM, titles=TITLES).text or not question.strip()


def test_recent_turns_stay_whole() -> None:
    """What fits is not touched."""
    whole = condense(COURSES * 3, 1_000)

    assert (whole.turns, whole.shortened, whole.left_out) == (tuple(COURSES * 3), 0, 0)


@pytest.mark.parametrize("budget", range(0, 400, 7))
def test_the_budget_is_never_passed_and_nothing_is_lost_silently(budget: int) -> None:
    """At any budget: order kept, counts that add up, whole turns last, older ones as question and first sentence."""
    history = [turn(f"Question {n}?", answer=f"First {n}. Second {n}. " + "More words. " * n) for n in range(12)]
    found = condense(history, budget)

    assert found.tokens <= budget
    assert len(found.turns) + found.left_out == len(history)
    kept = history[found.left_out :]
    assert [t.question for t in found.turns] == [t.question for t in kept]
    assert found.turns[found.shortened :] == tuple(kept[found.shortened :])
    assert all(t.answer == f"First {t.question[9:-1]}." for t in found.turns[: found.shortened])

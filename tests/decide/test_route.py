"""Where questions go, by rule, by head, in doubt, and not at all."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from nutgraf.decide.head import OUTSIDE, Head
from nutgraf.decide.route import route, route_or_ask
from nutgraf.errors import MissingPart
from nutgraf.orchestration import Agent
from nutgraf.types import Item, ItemKind

NAMES = ("takeaways", "general", "job-fit", "interview", "company", "learning", "career", "business", "voice")
AGENTS = tuple(Agent(name=name, version=1, summary=name, form="answer", prompt=name, sources=(name,)) for name in NAMES)
JOB = Item(
    id="job-dock", kind="job", title="Night dock supervisor", organisation="Keel Street Cold Storage",
    text="The freezer is kept at minus 10 degrees. The weather outside is warmer. Night supervisors lead nine people.",
)  # fmt: skip
JOBS: tuple[ItemKind, ...] = ("job",)
COURSES: tuple[ItemKind, ...] = ("course",)
POST = Item(id="post-bread", kind="post", title="Bread", text="A recipe is not a business. Dough needs time.")


def head(**scores: float) -> Head:
    """A head that says the same of every question: a score a label, named with underscores."""
    labels = [*NAMES, OUTSIDE]
    return Head(
        {
            "version": "made", "encoder": "none", "labels": labels, "threshold": 0.4, "outside_threshold": 0.5,
            "temperature": 1.0, "weights": np.zeros((len(labels), 4)).tolist(),
            "biases": [scores.get(label.replace("-", "_"), 0.0) for label in labels],
        }
    )  # fmt: skip


VECTOR = np.zeros(4, np.float32)


@pytest.mark.parametrize(
    ("question", "agent"),
    [
        ("Give me the takeaways", "takeaways"),
        ("How cold is the freezer?", "general"),
        ("Am I qualified?", "job-fit"),
        ("What will they ask me?", "interview"),
        ("What is it like to work there?", "company"),
        ("Which course teaches this?", "learning"),
        ("How do I become a site manager?", "career"),
        ("How do I start my own business?", "business"),
        ("Draft a comment for me", "voice"),
    ],
)
def test_each_agent_can_be_reached_by_rule(question: str, agent: str) -> None:
    """Without encoder and head every agent still answers its plainest question, with its own sources."""
    found = route(question, item=JOB, agents=AGENTS)

    assert (found.agent, found.by, found.sources) == (agent, "rules", (agent,))


def test_out_of_scope_is_declined_politely() -> None:
    """A recipe is none of our business, and the reason says what we can do instead."""
    found = route("Give me a recipe for soup", item=JOB, agents=AGENTS)

    assert found.agent is None
    assert "cooking" in found.because
    assert "I can help" in found.because


def test_words_of_the_item_are_in_scope() -> None:
    """Weather is out of scope, but not the weather that the item speaks of."""
    assert route("What is the weather in Rome and Milan?", item=JOB, agents=AGENTS).agent is None
    assert route("Is the weather outside warmer?", item=JOB, agents=AGENTS).agent == "general"


def test_the_head_cannot_send_away_words_of_the_item() -> None:
    """However sure the head is, a question made of the item's words stays."""
    sure = head(out_of_scope=9.0)

    assert route("Dough needs how much time?", item=POST, agents=AGENTS, vector=VECTOR, head=sure).agent is not None
    assert route("Who invented the telephone?", item=POST, agents=AGENTS, vector=VECTOR, head=sure).agent is None


def test_fit_needs_a_job() -> None:
    """On a post, a question of fit goes to career and says why; after a job was shown it does not."""
    found = route("Am I qualified?", item=POST, agents=AGENTS)

    assert found.agent == "career"
    assert "needs a job" in found.because
    assert route("Am I qualified?", item=POST, agents=AGENTS, kinds=JOBS).agent == "job-fit"


def test_an_agent_serves_its_kinds_only() -> None:
    """What a use case writes down of an agent's kinds is kept."""
    narrow = tuple(replace(agent, kinds=("article",)) if agent.name == "voice" else agent for agent in AGENTS)

    assert route("Draft a comment", item=POST, agents=narrow).agent == "career"


def test_rules_that_contradict_narrow_the_head() -> None:
    """When two rules fire the head chooses between the two, and cannot name a third."""
    both = "Which course gets me ready for the interview?"
    found = route(both, item=JOB, agents=AGENTS, vector=VECTOR, head=head(voice=9.0, learning=2.0))

    assert (found.agent, found.by) == ("learning", "head")


def test_doubt_is_said() -> None:
    """When nothing stands out the route is a fallback with its confidence."""
    found = route("Hm, maybe?", item=POST, agents=AGENTS, vector=VECTOR, head=head())

    assert found.by == "fallback"
    assert found.confidence < 0.4


def test_a_short_follow_up_stays_and_a_new_topic_moves() -> None:
    """A bare "why?" stays with the agent before; a question for another agent does not."""
    stays = route("Do I fit, and why?", said="why", item=JOB, agents=AGENTS, before="job-fit")
    moves = route("and the courses for me?", said="which courses?", item=JOB, agents=AGENTS, before="job-fit")

    assert (stays.agent, moves.agent) == ("job-fit", "learning")


def test_a_short_question_about_a_shown_course_goes_to_learning() -> None:
    """What a follow-up points at has an agent of its own."""
    found = route(
        "How long is “SQL”?", said="How long is “SQL”?", item=POST, agents=AGENTS, before="general", about=COURSES
    )

    assert found.agent == "learning"


async def test_a_model_decides_in_doubt_only() -> None:
    """In doubt the model chooses between two agents; a sure route never asks it; nonsense leaves the doubt."""
    asked: list[list[str]] = []

    async def choose(question: str, two: Sequence[Agent]) -> str | None:
        asked.append([agent.name for agent in two])
        return "career" if "maybe" in question else "nobody"

    doubt = partial(route_or_ask, item=POST, agents=AGENTS, ask_model=choose, vector=VECTOR, head=head(career=0.5))
    chosen = await doubt("Hm, would one really go there, maybe, or not so?", before="voice")
    unsure = await doubt("Hm, would one really go there, or rather not so?", before="voice")
    sure = await doubt("Draft a comment", before="voice")

    assert (chosen.agent, chosen.by) == ("career", "model")
    assert unsure.by == "fallback"
    assert sure.by == "rules"
    assert asked == [["career", "voice"]] * 2


def test_no_agents_no_trouble() -> None:
    """A use case with one agent of its own routes to it; a question never ends in an error."""
    only = (Agent(name="helper", version=1, summary="", form="answer", prompt="x", when=("What now?",)),)

    assert route("What now?", item=None, agents=only).agent == "helper"
    assert route("Am I qualified?", item=None, agents=only).agent == "helper"
    assert route("", item=None, agents=only).agent == "helper"


def test_the_head_that_ships() -> None:
    """It knows every agent and out of scope, and its probabilities sum to one."""
    shipped = Head.load()
    shares = shipped.shares(np.ones(384, np.float32) / 384**0.5, {})

    assert set(shares) == {*NAMES, OUTSIDE}
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shipped.shares(np.ones(384, np.float32), {}, ("voice",)) == {"voice": 1.0}


def test_a_missing_head_says_what_to_do(tmp_path: object) -> None:
    """The message names the file and the command that makes it."""
    from pathlib import Path

    with pytest.raises(MissingPart, match=r"training\.route"):
        Head.load(Path(str(tmp_path)) / "none.json")


def test_a_reason_is_said_in_words() -> None:
    """By rule, by example, by the head, in doubt and sent away: a person reads why, and `rule` keeps what decided."""
    examples = replace(AGENTS[NAMES.index("general")], when=("Who wrote this?", "What was the result?"))
    agents = (*(agent for agent in AGENTS if agent.name != "general"), examples)
    ruled = route("How do I prepare for the interview?", item=JOB, agents=agents)
    named = route("What was the result?", item=JOB, agents=agents)
    doubted = route("zzz qqq", item=None, agents=agents)
    away = route("How do I bake bread?", item=None, agents=agents)

    assert (ruled.because, ruled.rule) == ("it is worded like a question for interview (interview)", "interview")
    assert (named.because, named.rule) == ("it is one of the example questions of general", "example")
    assert doubted.because.startswith("not sure: ")
    assert (away.because.startswith("This is about cooking"), away.rule) == (True, "cooking")


def test_the_heads_reason_names_a_question_like_it() -> None:
    """What the head decides is told by the nearest example question and how sure it is, not by a version."""
    general = replace(AGENTS[NAMES.index("general")], when=("Who wrote this?", "What was the outcome of the trial?"))
    sure = head(general=9.0)
    found = route("the trial outcome numbers please", item=None, agents=(general,), vector=VECTOR, head=sure)

    assert found.because == (
        "it is like the questions that general answers, such as “What was the outcome of the trial?” (100% sure)"
    )
    assert found.rule == sure.version

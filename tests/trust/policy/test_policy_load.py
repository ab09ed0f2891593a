"""A use case tightens the core policy and never loosens it."""

import random
from pathlib import Path

import pytest

from nutgraf.detection import Detected
from nutgraf.errors import InputError
from nutgraf.trust.policy.load import CORE, load
from nutgraf.trust.policy.rules import ACTIONS, CHECKS, Policy, Rule, severity, taken

GRID = [step / 50 for step in range(51)]
BASE = """
[links]
show = "evidence"
[mask]
kinds = ["card"]
[checks.pii]
steps = { mask = 0.5, drop = 0.9 }
fail = "closed"
within_ms = 20
[checks.tone]
steps = { soften = 0.6 }
fail = "open"
within_ms = 20
[checks.tone.categories.blaming]
steps = { soften = 0.4, drop = 0.8 }
"""
WRONG = [
    ("[checks.pii]\nsteps = { drop = 0.95 }", "[checks.pii.steps] drop loosens"),
    ("[checks.pii]\nfail = 'open'", "[checks.pii] fail loosens"),
    ("[checks.pii]\nwithin_ms = 30", "[checks.pii] within_ms loosens"),
    ("[checks.tone]\nwithin_ms = 10", "[checks.tone] within_ms loosens"),
    ("[checks.tone.categories.blaming]\nsteps = { soften = 0.5 }", "categories.blaming.steps] soften loosens"),
    ("[links]\nshow = 'listed'", "[links] show loosens"),
    ("[checks.pii]\nsteps = { burn = 0.5 }", "[checks.pii.steps] burn is not known"),
    ("[checks.pii]\nsteps = { drop = 2 }", "[checks.pii.steps] drop is 2"),
    ("[checks.pii]\nsteps = { drop = true }", "[checks.pii.steps] drop is True"),
    ("[checks.pii]\nsteps = 3", "[checks.pii] steps is no table"),
    ("[checks.pii]\nfail = 3", "[checks.pii] fail is 3"),
    ("[checks.pii]\nwithin_ms = 0", "[checks.pii] within_ms is 0"),
    ("[checks.smell]\nsteps = {}", "[checks] smell is not known"),
    ("[checks.tone.categories.blamin]\nsteps = {}", "[checks.tone.categories] blamin is not known"),
    ("[checks.topic]\nwithin_ms = 3", "[checks.topic] steps is missing"),
    ("[mask]\nkinds = 'all'", "[mask] kinds is 'all'"),
    ("checks = 3", "[] checks is no table"),
    ("[other]", "[] other is not known"),
    ("[checks", "is not TOML"),
]  # fmt: skip


def written(folder: Path, text: str, name: str = "trust.toml") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def core(tmp_path: Path) -> Path:
    """A small core policy."""
    return written(tmp_path, BASE, "core.toml")


def looser(new: Policy, old: Policy) -> list[str]:
    """Wherever a policy withholds less than another: worked out action by action, on a grid of probabilities."""
    found: list[str] = []
    for check, rule in old.rules.items():
        mine = new.rules[check]
        pairs = [(rule.steps, mine.steps)]
        pairs += [(steps, mine.categories.get(label, {})) for label, steps in rule.categories.items()]
        found += [
            check for before, after in pairs for p in GRID if severity(taken(after, p)) < severity(taken(before, p))
        ]
        found += [f"{check} fails open"] if (rule.fail, mine.fail) == ("closed", "open") else []
    found += [] if new.masked >= old.masked else ["masked"]
    return found


def test_the_shipped_policies_load() -> None:
    """The core's names every check, and premium's tightens it."""
    base = load()
    premium = load(CORE.parents[1] / "premium/trust.toml")

    assert set(base.rules) == set(CHECKS)
    assert premium.rules["member"].steps == {"soften": 0.4, "drop": 0.6}
    assert premium.rules["tone"].fail == "closed"
    assert premium.masked > base.masked
    assert looser(premium, base) == []


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_is_wrong_is_named(text: str, said: str, tmp_path: Path, core: Path) -> None:
    """The message names the file, the table and the field, and what to do."""
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load(path, core)

    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "; " in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is an error of ours."""
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "none.toml")


def test_an_empty_file_inherits_everything(tmp_path: Path, core: Path) -> None:
    """Nothing written is the core's policy."""
    assert load(written(tmp_path, ""), core).rules == load(None, core).rules


def test_no_file_that_loads_is_looser(tmp_path: Path, core: Path) -> None:
    """Of two thousand random files, each either loads to a policy that is nowhere looser or is refused."""
    chance, base, loaded = random.Random(5), load(None, core), 0
    for _ in range(2_000):
        lines = []
        for check in chance.sample(("pii", "tone", "topic", "content"), 2):
            lines.append(f"[checks.{check}]")
            steps = {action: chance.choice(GRID) for action in chance.sample(ACTIONS[1:], chance.randint(1, 3))}
            lines.append("steps = { " + ", ".join(f"{action} = {least}" for action, least in steps.items()) + " }")
            lines += [f"fail = '{chance.choice(('open', 'closed'))}'"] * chance.randint(0, 1)
            lines.append(f"within_ms = {chance.randint(1, 40)}" if chance.random() < 0.7 else "")
        lines += [f"[links]\nshow = '{chance.choice(('listed', 'evidence', 'none'))}'"] * chance.randint(0, 1)
        try:
            policy = load(written(tmp_path, "\n".join(lines)), core)
        except InputError:
            continue
        loaded += 1

        assert looser(policy, base) == []
        assert policy.links in ("evidence", "none")
    assert loaded > 50


def test_the_test_of_looseness_can_fail() -> None:
    """Control: a raised step is seen as looser."""
    base = Policy("a", {"pii": Rule("pii", {"drop": 0.5})})

    assert looser(Policy("b", {"pii": Rule("pii", {"drop": 0.6})}), base)


def test_the_severest_action_wins() -> None:
    """Of the whole and its categories, the one that withholds most decides, and is named."""
    rule = Rule("tone", {"soften": 0.5}, categories={"blaming": {"drop": 0.8}})

    assert rule.decide(Detected(0.6, {"blaming": 0.9})) == ("drop", "blaming")
    assert rule.decide(Detected(0.6, {"blaming": 0.1, "odd": 1.0})) == ("soften", "")
    assert rule.decide(Detected(0.2)) == ("commit", "")


def test_a_broken_check_refuses_unless_it_may_not() -> None:
    """Closed withholds as much as the rule ever does, open lets pass."""
    assert Rule("pii", {"mask": 0.5}).broken() == "drop"
    assert Rule("attack", {"refuse": 0.5}).broken() == "refuse"
    assert Rule("tone", {"soften": 0.5}, "open").broken() == "commit"
    assert Policy("a", {}).rule("tone").broken() == "drop"


def test_hosts_are_named_by_a_use_case(tmp_path: Path) -> None:
    """Where the core lists hosts a use case names its own; where less is shown, or a name is wrong, it is told."""
    core = tmp_path / "core.toml"
    core.write_text(
        "[links]\nshow = 'listed'\nhosts = ['Docs.example']\n[checks.pii]\nsteps = { mask = 0.5 }\nwithin_ms = 9"
    )

    assert load(written(tmp_path, "[links]\nhosts = ['help.example']"), core).hosts == {"docs.example", "help.example"}
    assert load(written(tmp_path, "[links]\nshow = 'evidence'"), core).hosts == frozenset()
    for wrong in (
        "hosts = ['https://help.example/']",
        "hosts = 'help.example'",
        "show = 'none'\nhosts = ['a.example']",
    ):
        with pytest.raises(InputError, match=r"\[links\] hosts"):
            load(written(tmp_path, f"[links]\n{wrong}"), core)

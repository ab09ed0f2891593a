"""Gateways over scripted models, and how to ask them on a virtual clock."""

from collections.abc import Awaitable, Callable, Iterable

from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.model.session import Session
from nutgraf.testing import Piece, ScriptedModel, run_virtual
from nutgraf.types import Deadline, Prompt, Scope
from tests.model.contract import prompt, within

SCOPE = Scope(tenant="t", member="m", purposes=frozenset(), consent_version=1, rights=frozenset())
GOOD: list[Piece] = ["It ", "fell."]


def model(name: str, *scripts: list[Piece]) -> ScriptedModel:
    """A model that follows one script a call, the last one for all that come after."""
    left = list(scripts)

    def pieces(_: Prompt) -> Iterable[Piece]:
        return left.pop(0) if len(left) > 1 else left[0]

    return ScriptedModel(pieces, name)


def gateway(*models: ScriptedModel, **options: object) -> Gateway:
    """A gateway that tries these models in their order."""
    return Gateway([Target(name=model.name, model=model) for model in models], seed=1, **options)  # type: ignore[arg-type]


def session(door: Gateway, seconds: float = 60.0) -> Session:
    """A request of the one member there is."""
    return door.session(SCOPE, "r1", within(seconds))


async def ask(asked: Session, *, deadline: Deadline | None = None, **options: object) -> str:
    """The whole text of one answer, as a reader has it who begins anew when told to."""
    said: list[str] = []
    async with asked.stream(prompt(), deadline or within(), restarted=said.clear, **options) as pieces:  # type: ignore[arg-type]
        async for piece in pieces:
            said.append(piece)  # noqa: PERF401 - it is cleared meanwhile
    return "".join(said)


def told(asked: Session) -> list[tuple[str, str, str, str]]:
    """The attempts of a session in short: target, why, phase, result."""
    return [(a.target, a.because, a.phase, a.result) for a in asked.attempts]


def virtual(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """A test that runs on the virtual clock."""

    def run() -> None:
        run_virtual(test)

    run.__doc__, run.__name__ = test.__doc__, test.__name__  # type: ignore[attr-defined]
    return run

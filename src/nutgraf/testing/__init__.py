"""Public fakes for tests of Nutgraf and of what is built on it: models, sources, a provider, a clock that jumps."""

from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.retrieve.skills.contract import check_skill
from nutgraf.testing.clock import VirtualClockError, run_virtual
from nutgraf.testing.models import Call, FixedSource, Piece, ScriptedModel
from nutgraf.testing.provider import FakeProvider, Received, Reply
from nutgraf.testing.scripts import SCRIPTS, fault_script

__all__ = [
    "SCRIPTS",
    "Call",
    "FakeProvider",
    "FixedSource",
    "HashEncoder",
    "Piece",
    "Received",
    "Reply",
    "ScriptedModel",
    "VirtualClockError",
    "check_skill",
    "fault_script",
    "run_virtual",
]

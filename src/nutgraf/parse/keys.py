"""The names that models give to the fields of an answer, and what each of them means to us."""

from __future__ import annotations

import re
from typing import Literal

#: What a value is for. `block` is one takeaway or answer, `blocks` several; `wrap` may hold anything of ours.
Role = Literal["text", "block", "blocks", "evidence", "starters", "wrap", "other", "skip"]

_NAMES: dict[Role, str] = {
    "text": """text sentence takeaway point content statement claim summary insight message body answer keypoint bullet
        highlight finding observation item value description""",
    "blocks": """takeaways keytakeaways answers sentences points keypoints items bullets insights statements claims
        highlights summaries findings observations""",
    "evidence": """evidence source sources citation citations cite cites cited ref refs reference references evidenceid
        evidenceids evidencenumber evidencenumbers sourceid sourceids support supports basedon number numbers""",
    "starters": """starters starter followup followups followupquestion followupquestions questions suggestedquestions
        suggestions nextquestions conversationstarters starterquestions prompts""",
    "wrap": "result results output response data json arguments parameters input function toolcall toolcalls reply",
    "skip": """think thinking thought thoughts reasoning analysis rationale explanation scratchpad properties schema
        examples example question type role title heading name id confidence""",
}
ROLES: dict[str, Role] = {name: role for role, names in _NAMES.items() for name in names.split()}
_EVIDENCE_NAMES = frozenset("id number n index label ref source evidence".split())
_STARTER_NAMES = frozenset("text question label content title prompt starter".split())
_NOT_LETTERS = re.compile(r"[\W\d_]+")


def name_of(key: str) -> str:
    """The form in which keys are compared: "Follow-up 2" is "followup"."""
    return _NOT_LETTERS.sub("", key).lower()


def role_of(name: str, inside: Role) -> Role:
    """What the value of a key, in the form of `name_of`, is for in an object that is for `inside`."""
    if inside == "skip":
        return "skip"
    if inside == "evidence":
        return "evidence" if name in _EVIDENCE_NAMES or not name else "skip"
    if inside == "starters":
        return "starters" if name in _STARTER_NAMES or not name else "skip"
    if not name:  # numbered instead of named
        return "block" if inside in ("block", "blocks") else "other"
    return ROLES.get(name, "other")

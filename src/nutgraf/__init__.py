"""Nutgraf: the few takeaways that matter to this member, beside every item, each sentence checked and cited."""

from nutgraf.errors import InputError, ModelError, NotFound, NutgrafError
from nutgraf.local import Local, ask, open_local, takeaways
from nutgraf.orchestration import Passage
from nutgraf.registry import check, skill
from nutgraf.seams import Encoder, ItemStore, MemberStore, Model
from nutgraf.settings import Settings
from nutgraf.types import Deadline, Draft, Evidence, Item, Member, Message, Prompt, Scope, Sentence

__all__ = [
    "Deadline",
    "Draft",
    "Encoder",
    "Evidence",
    "InputError",
    "Item",
    "ItemStore",
    "Local",
    "Member",
    "MemberStore",
    "Message",
    "Model",
    "ModelError",
    "NotFound",
    "NutgrafError",
    "Passage",
    "Prompt",
    "Scope",
    "Sentence",
    "Settings",
    "ask",
    "check",
    "open_local",
    "skill",
    "takeaways",
]

"""Nutgraf: the few takeaways that matter to this member, beside every item, each sentence checked and cited."""

from nutgraf.errors import InputError, ModelError, NotFound, NutgrafError
from nutgraf.local import Local, ask, open_local, takeaways
from nutgraf.registry import check
from nutgraf.seams import Encoder, ItemStore, MemberStore, Model
from nutgraf.settings import Settings
from nutgraf.types import Deadline, Draft, Evidence, Fact, Item, Member, Message, Prompt, Scope, Sentence, Verdict

__all__ = [
    "Deadline",
    "Draft",
    "Encoder",
    "Evidence",
    "Fact",
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
    "Prompt",
    "Scope",
    "Sentence",
    "Settings",
    "Verdict",
    "ask",
    "check",
    "open_local",
    "takeaways",
]

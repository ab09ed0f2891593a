"""How an answer reads on a terminal, sentence by sentence as it comes."""

from __future__ import annotations

import sys
import unicodedata
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

Json = dict[str, Any]
QUOTE_AT_MOST_CHARS = 200
LABEL = "Written or chosen by AI from the sources below; every sentence was checked against them."
ENDINGS = {"truncated": "Cut short", "stopped": "Stopped", "failed": "Failed"}
STAGES = {"reading": "Choosing what matters …", "choosing": "Looking for related records …", "gathering": "Writing …"}
STATUSES = {"shown": "your record shows this", "partly": "partly shown", "not-shown": "not shown in your profile"}


def clean(text: str) -> str:
    """Text without characters that would steer a terminal or turn the direction of what follows."""
    return "".join(
        " " if c in "\n\t" else c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf")
    )


class TextView:
    """Feed it a stream's events as JSON objects; it prints each as soon as it can. Use it as a block."""

    def __init__(self, member: str | None) -> None:
        self._out = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
        self._member = member
        self._spinner = Console(stderr=True).status("Reading …") if sys.stderr.isatty() else None
        self._sources: dict[tuple[str, int, int], tuple[int, Json]] = {}
        self._block: Json = {}
        self._number = 0
        self._spoken = False
        self._used: list[Json] = []
        self._extras: Json = {}

    def __enter__(self) -> Self:
        if self._spinner:
            self._spinner.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        if self._spinner:
            self._spinner.stop()

    def feed(self, event: Json) -> None:
        """Take the next event."""
        match event["kind"]:
            case "opened":
                self._opened(event)
            case "stage" if self._spinner:
                self._spinner.update(STAGES.get(event["name"], "Writing …"))
            case "routed" if event["agent"] != "none":  # else the ending says why
                self._print(f"{event['agent']}: {event['because']}", "dim")
            case "sources":
                self._late(event["asked"])
            case "used":
                self._used = event["facts"]
            case "block-start":
                self._block, self._spoken = event, False
            case "sentence-committed":
                self._sentence(event["sentence"])
            case "block-end":
                self._block_end(event["action"])
            case "extras":
                self._extras = event
            case "closed":
                self._closed(event)
        if self._spinner and event["kind"] != "closed":
            self._spinner.start()

    def _print(self, text: str, style: str = "", indent: int = 0) -> None:
        if self._spinner:
            self._spinner.stop()
        if self._out.is_terminal and text:
            self._out.print(Padding(Text(clean(text), style), (0, 0, 0, indent)))
        else:
            self._out.print(" " * indent + clean(text), soft_wrap=True)
        self._out.file.flush()

    def _opened(self, event: Json) -> None:
        self._print(event["title"], "bold")
        self._print(f"For {self._member}. {LABEL}" if self._member else LABEL, "dim")
        if event["question"]:
            self._print(f"\n{event['question']}".strip(), "italic")

    def _sentence(self, sentence: Json) -> None:
        marks = "".join(f" [{self._cite(evidence)}]" for evidence in sentence["evidence"])
        said = f"“{sentence['text']}”" if sentence["verdict"] == "quoted" else sentence["text"]
        if self._spoken or self._block["form"] == "answer":
            self._print(f"{said}{marks}", indent=0 if self._block["form"] == "answer" else 3)
        else:
            self._number += 1
            self._print("")
            if head := self._head():
                self._print(f"{self._number}. {head}", "bold")
                self._print(f"{said}{marks}", indent=3)
            else:
                self._print(f"{self._number}. {said}{marks}")
        self._spoken = True

    def _late(self, asked: list[Json]) -> None:
        late = [report["source"] for report in asked if report["outcome"] in ("late", "failed", "open")]
        if late:
            self._print(
                f"Without {', '.join(late)}: {'it' if len(late) == 1 else 'they'} did not answer in time", "dim"
            )

    def _head(self) -> str:
        """What stands over a block: its title, and how far a requirement is shown."""
        title, status = self._block["title"], self._block["status"]
        return f"{title} – {STATUSES[status]}" if title and status else title or ""

    def _cite(self, evidence: Json) -> int:
        key = (evidence["ref"], evidence["start"], evidence["end"])
        return self._sources.setdefault(key, (len(self._sources) + 1, evidence))[0]

    def _block_end(self, action: Json | None) -> None:
        if not self._spoken:
            return
        if self._block["because"]:
            self._print(self._block["because"]["text"], "green", indent=3)
        if action:
            more = action["question"] or action["title"] or ""
            what = action["label"] if more in action["label"] else f"{action['label']}: {more}"
            where = f" ({action['item']})" if action["item"] and not action["question"] else ""
            self._print(f"Next: {what}{where}", "cyan", indent=3)

    def _closed(self, event: Json) -> None:
        extras, sources = self._extras, self._sources.values()
        self._list("You may ask", extras.get("starters", []))
        self._list("Related", [f"{card['title']} ({card['item']})" for card in extras.get("cards", [])])
        if extras.get("no_action_because"):
            self._list("No record to open", [extras["no_action_because"]])
        self._list("Sources", [f"[{n}] {_place(evidence)}: “{_short(evidence['quote'])}”" for n, evidence in sources])
        if self._used:
            facts = "; ".join(fact["text"] + (" (a guess)" if fact["guess"] else "") for fact in self._used)
            self._list("Used about you", [facts])
        self._list(
            "Left out", [f"{left['what']}: {left['because']}" for left in event["skipped"] if left["what"] != "action"]
        )
        self._print("")
        self._print(_ending(event), "dim" if event["ending"] in ("done", "declined") else "bold red")

    def _list(self, title: str, lines: list[str]) -> None:
        if lines:
            self._print("")
            self._print(title, "bold")
            for line in lines:
                self._print(line, indent=2)


def _place(evidence: Json) -> str:
    if evidence["source"] == "member":
        return f"your profile, {evidence['ref']}"
    return f"{evidence['ref']}, {evidence['start']}–{evidence['end']}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= QUOTE_AT_MOST_CHARS else text[:QUOTE_AT_MOST_CHARS].rsplit(" ", 1)[0] + " …"


def _ending(event: Json) -> str:
    reason = event["reason"] or ""
    if event["ending"] == "declined":
        return reason or "No takeaways here."
    if event["ending"] == "done":
        first = event["first_useful_ms"]
        when = f", first sentence after {first / 1000:.1f} s" if first is not None else ""
        return f"{reason} Complete after {event['complete_ms'] / 1000:.1f} s{when}.".strip()
    ticket = f" (ticket {event['ticket']})" if event["ticket"] else ""
    return f"{ENDINGS[event['ending']]}. {reason}{ticket}"

"""What the canned server streams: the events of a set of takeaways or of an answer, ready for the wire."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.web.canned import Json, item_by_id, visible


class Writer:
    """Collects events in the order of the protocol; sentence and evidence ids count up by themselves."""

    def __init__(self, item: Json, member: Json | None) -> None:
        self.item, self.member, self.events = item, member, list[Json]()
        self._sentence, self._evidence, self._block = count(1), count(1), count(1)

    def add(self, kind: str, **fields: Any) -> None:
        """One event."""
        self.events.append({"kind": kind, **fields})

    def facts(self, *ids: str) -> list[Json]:
        """Facts of the member by their ids."""
        return [f for f in (self.member or {}).get("facts", []) if f["id"] in ids]

    def open(self, question: str | None = None) -> None:
        """The events before the first block; the stream's id is filled in by the server."""
        self.add("opened", stream="", item=self.item["id"], title=self.item["title"], question=question,
                 member=(self.member or {}).get("id"), model="scripted", deadline_ms=5000)  # fmt: skip
        if question is None:
            self.choose()

    def choose(self) -> None:
        """What is told before the first block."""
        self.add("stage", name="reading", took_ms=12.0)
        self.add("stage", name="choosing", took_ms=31.0)
        self.add("used", facts=(self.member or {}).get("facts", []))

    def route(self, agent: str, because: str, question: str | None) -> None:
        """Which agent answers."""
        self.add("routed", agent=agent, because=because, question=question)

    def ask(self, *reports: tuple[str, str, int, int]) -> None:
        """The sources asked: for each its name, outcome, and how much it found and how much of that was kept."""
        usual: Json = {"took_ms": 20.0, "hedged": False, "because": ""}
        asked = [
            {"source": source, "outcome": outcome, "found": found, "kept": kept, **usual}
            for source, outcome, found, kept in reports
        ]
        self.add("sources", asked=asked)

    def block(
        self, form: str, takeaway: str | None = None, because: Json | None = None, title: str | None = None,
        status: str | None = None,
    ) -> str:  # fmt: skip
        """Begins a block and gives its id."""
        block = f"b{next(self._block)}"
        self.add("block-start", block=block, form=form, takeaway=takeaway, because=because, title=title, status=status)
        return block

    def from_item(self, quote: str, item: Json | None = None) -> Json:
        """Evidence in an item: `quote` must stand in its text."""
        item = item or self.item
        start = item["text"].index(quote)
        source = "item" if item is self.item else "skill"
        return self._evidence_of(source, item["id"], start, quote)

    def from_member(self, fact_id: str) -> Json:
        """Evidence in the member's record: the whole fact."""
        (fact,) = self.facts(fact_id)
        return self._evidence_of("member", fact_id, 0, fact["text"])

    def _evidence_of(self, source: str, ref: str, start: int, quote: str) -> Json:
        ident, end = f"e{next(self._evidence)}", start + len(quote)
        return {"id": ident, "source": source, "ref": ref, "start": start, "end": end, "quote": quote}

    def because(self, text: str, *facts: str) -> Json:
        """Why a block was chosen, and the facts that say so."""
        return {"text": text, "facts": self.facts(*facts)}

    def card(self, ident: str, because: str) -> Json:
        """A related record."""
        found = item_by_id(ident)
        assert found
        return {**{k: found[k] for k in ("kind", "title", "snippet")}, "item": ident, "score": 0.8, "because": because}

    def say(self, block: str, text: str, *evidence: Json, verdict: str = "supported", **more: Any) -> None:
        """A sentence that is held and then committed; `more` are further fields of it."""
        ident = f"s{next(self._sentence)}"
        self.add("sentence-held", block=block, sentence=ident)
        sentence = {"id": ident, "text": text, "verdict": verdict, "evidence": list(evidence), "check": "supported"}
        self.add("sentence-committed", block=block, sentence={**sentence, **more})

    def quote(self, block: str, evidence: Json) -> None:
        """A sentence of a record itself, word for word."""
        if evidence["source"] == "member":
            self.say(block, evidence["quote"], evidence, verdict="quoted")
            return
        source = self.item if evidence["source"] == "item" else item_by_id(evidence["ref"])
        assert source
        shown = visible(source["text"], source["hidden"], evidence["start"], evidence["end"])
        self.say(block, shown, evidence, verdict="quoted")

    def drop(self, block: str) -> None:
        """A sentence that is held and then dropped."""
        ident = f"s{next(self._sentence)}"
        self.add("sentence-held", block=block, sentence=ident)
        self.add("sentence-dropped", block=block, sentence=ident, check="supported-by-evidence")

    def end(self, block: str, **action: Any) -> None:
        """The block is complete; keyword arguments are those of its action."""
        usual: Json = {"item": None, "title": None, "question": None, "because": "", "facts": []}
        self.add("block-end", block=block, action={**usual, **action} if action else None)

    def close(self, ending: str = "done", reason: str | None = None, skipped: Any = ()) -> list[Json]:
        """The one ending, and everything that came before it."""
        times = {"first_useful_ms": 210.0, "complete_ms": 1480.0}
        self.add("closed", ending=ending, reason=reason, ticket=None, skipped=list(skipped), regenerate=False, **times)
        return self.events


def takeaways(item: Json, member: Json | None) -> list[Json]:
    """The events that answer `POST /v1/takeaways`."""
    writer = Writer(item, member)
    writer.open()
    if len(item["text"]) < 60:
        return writer.close("declined", "this post says too little to take anything from it")
    if item["id"] == "article-night-handover" and member and member["id"] == "amara-okafor":
        return handover_for_amara(writer)
    return anything(writer)


def handover_for_amara(w: Writer) -> list[Json]:
    """Three takeaways with every kind of sentence, evidence and action."""
    first = w.block("takeaway", "understand", w.because("you want to move into clinical informatics", "f2"))
    average, week_ten = w.from_item("the average took **27 minutes**"), w.from_item("to 11 minutes by week ten")
    w.say(
        first,
        "Handover fell from 27 minutes to 11 in ten weeks, once the sheet held only what is said aloud.",
        average,
        week_ten,
    )
    w.drop(first)
    w.quote(first, w.from_item("A warning that covers 60 percent of a unit warns nobody."))
    w.end(first)
    second = w.block(
        "takeaway", "understand", w.because("you led a change to the triage board that 46 nurses now use", "f3")
    )
    scarce = w.from_item("knew which 19 fields mattered")
    w.say(second, "The charge nurse here wrote no code: knowing which 19 fields mattered was the scarce skill.", scarce)
    w.say(second, "Your own triage board change is the same kind of work, and you can show it.", w.from_member("f3"))
    question = "Which numbers should I collect before I start?"
    w.end(second, kind="converse", label=question, question=question)
    third = w.block("takeaway", "act", w.because("you are a charge nurse in an emergency department", "f1", "f4"))
    offer = w.from_item("looks over their first project write-up", item_by_id("profile-ngozi-adeyemi"))
    w.say(
        third,
        "The author reads a first project write-up for two nurses a month who are thinking of informatics.",
        offer,
    )
    w.end(third, kind="connect", label="Write to Ngozi Adeyemi", item="profile-ngozi-adeyemi", title="Ngozi Adeyemi",
          because="The author made the move that you want to make.")  # fmt: skip
    cards = [
        w.card("job-informatics-nurse", "Asks for one small project that you can show"),
        w.card("course-workflow-mapping", "Teaches the method this project began with"),
    ]
    starters = ["What did not improve, and why?", "How was the time of the nurses paid for?"]
    w.add("extras", starters=starters, cards=cards, no_action_because=None)
    return w.close(skipped=[{"what": "related people", "because": "the search was late and was left out"}])


def anything(w: Writer) -> list[Json]:
    """One takeaway for any item: its first sentence quoted, and, for a member, a fact and a step."""
    text = w.item["text"]
    goal = w.member["facts"][1]["text"] if w.member else ""
    block = w.block("takeaway", "understand", w.because(f"one of your goals is: {goal}", "f2") if goal else None)
    w.quote(block, w.from_item(text[: text.index(".") + 1]))
    later = text.index("\n\n") + 2 if "\n\n" in text else 0
    if later and w.item["id"] == "post-outage":
        repair = w.from_item("The fix was eleven lines 🔧. Finding it took two engineers")
        w.say(block, "The repair was small, the search was not.", repair)
    if w.member:
        w.say(block, f"It touches what you do as {w.member['headline'].lower()}.", w.from_member("f1"))
    w.end(block)
    w.add("extras", starters=["What would the author do differently?"], cards=[],
          no_action_because="nothing in the network fits closely enough")  # fmt: skip
    return w.close()

# ruff: noqa: E501 - what is lent from elsewhere reads best one a line
"""Makes the true and the false claims about one person."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from nutgraf.trust.member.lexicon import COUNTRIES, SENIOR, content, degree_levels
from training.member import tasks, wordings
from training.member.persons import Claim, Person

NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()
DEGREES = ("high school diploma", "associate degree", "bachelor's degree", "master's degree", "PhD")
HELD_OUT_EVERY = 4


class Maker:
    """Makes claims about one person; `others` lend what is not true of them."""

    def __init__(self, person: Person, others: Sequence[Person], rng: random.Random) -> None:
        """`rng` decides everything."""
        self.person, self.others, self.rng = person, others, rng
        self.told: list[str] = []
        self.jobs = [job for job in person.record.jobs if not job.volunteer and job.title and job.employer]
        self.makers = {
            name.removeprefix("_make_").replace("_", "-"): getattr(self, name)
            for name in dir(self)
            if name.startswith("_make_")
        }

    def pair(self, kind: str, pair: str) -> Iterator[Claim]:
        """The claims of one pair: at times two true ones, or a false one alone."""
        made = self.makers[kind]()
        if made is None:
            return
        form, true, false = made
        known = wordings.WORDINGS[form]
        at = self.rng.randrange(len(known))
        usable = [
            i
            for i in range(len(known))
            if _fits(known[i], true or {}) and all(_fits(known[i], one) for _, one in false)
        ]
        if not usable:
            return
        at = self.rng.choice(usable)
        unseen = at % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        if true is not None:
            yield self._claim(known[at], true, form, "true", pair, unseen)
        if false:
            change, values = self.rng.choice(false)
            if true is None or known[at].format_map(_Filled(true)) != known[at].format_map(_Filled(values)):
                yield self._claim(known[at], values, form, change, pair, unseen)

    def _claim(self, wording: str, values: Mapping[str, str], kind: str, change: str, pair: str, unseen: bool) -> Claim:
        text = wording.format_map(_Filled(values))
        if change == "true" and text.startswith("You ") and not unseen:
            self.told.append(text)
        if len(self.told) > 1 and self.rng.random() < 0.1 and text != (more := self.rng.choice(self.told)):
            text = f"{text.removesuffix('.')}, and y{more[1:]}"
        before, after = self.rng.choice(wordings.BEFORE), self.rng.choice(wordings.AFTER)
        text = text.removesuffix(".") + after + "."
        if before:
            text = before + (text if text[:2].isupper() else text[0].lower() + text[1:])
        bad = change != "true"
        return Claim(f"{pair}-{int(bad)}", self.person.id, text[0].upper() + text[1:], bad, kind, change, pair, unseen)

    # What is made: (form, true values or None, [(change, false values)]).

    def _job(self, *, now: bool | None = None) -> Any:
        some = [job for job in self.jobs if now is None or job.open == now]
        return self.rng.choice(some) if some else None

    def _title_elsewhere(self, real: str) -> str:
        own = {word for job in self.person.record.jobs for word in content(job.title)}
        for _ in range(20):
            other = (
                self.rng.choice(self.rng.choice(self.others).record.jobs).title
                if self.rng.random() < 0.7
                else self.rng.choice(wordings.TITLES_ELSEWHERE)
            )
            if other and not set(content(other)) & own:
                return other
        return self.rng.choice(wordings.TITLES_ELSEWHERE)

    def _employer_elsewhere(self) -> str:
        own = {job.employer for job in self.person.record.jobs}
        for _ in range(20):
            other = (
                self.rng.choice(self.rng.choice(self.others).record.jobs).employer
                if self.rng.random() < 0.6
                else self.rng.choice(wordings.EMPLOYERS_ELSEWHERE)
            )
            if other and other not in own:
                return other
        return wordings.EMPLOYERS_ELSEWHERE[0]

    def _ranked(self, title: str) -> str:
        words = title.split()
        if words[0].lower() in SENIOR and len(words) > 1:
            return " ".join([self.rng.choice(["Junior", "Lead", "Chief"]), *words[1:]])
        return f"{self.rng.choice(['Senior', 'Junior', 'Chief', 'Lead', 'Head', 'Assistant'])} {title}"

    def _placed(self, job: Any, form: str) -> Any:
        title = self._said_title(job.title)
        false = [
            ("employer", {"title": title, "employer": self._employer_elsewhere()}),
            ("title", {"title": self._title_elsewhere(job.title), "employer": job.employer}),
            ("rank", {"title": self._ranked(job.title), "employer": job.employer}),
        ]
        false += [
            ("pairing", {"title": other.title, "employer": job.employer})
            for other in self.jobs
            if other.employer != job.employer and other.title != job.title
        ]
        return form, {"title": title, "employer": job.employer}, false

    def _said_title(self, title: str) -> str:
        return title.lower() if self.rng.random() < 0.4 and not re.search(r"[A-Z]{2}", title) else title

    def _make_position(self) -> Any:
        job = self._job(now=True)
        if job is None:
            return None
        form, true, false = self._placed(job, "position")
        past = [old for old in self.jobs if not old.open and old.employer != job.employer]
        false += [("over", {"title": old.title, "employer": old.employer}) for old in past] * 2
        return form, true, false

    def _make_past_position(self) -> Any:
        job = self._job(now=False)
        return None if job is None else self._placed(job, "past-position")

    def _make_title(self) -> Any:
        job = self._job()
        if job is None:
            return None
        return "title", {"title": self._said_title(job.title)}, [
            ("title", {"title": self._title_elsewhere(job.title)}), ("rank", {"title": self._ranked(job.title)})
        ]  # fmt: skip

    def _make_employer(self) -> Any:
        job = self._job()
        return (
            None
            if job is None
            else ("employer", {"employer": job.employer}, [("employer", {"employer": self._employer_elsewhere()})])
        )

    def _lengths(self, low: int, high: int, values: dict[str, str]) -> tuple[dict[str, str], list[Any]]:
        """A true length of time, said exactly, rounded or loosely, and false ones."""
        months = self.rng.randint(low, high)
        true = {**values, "n": self._length(months)}
        false = []
        years = high / 12
        for _ in range(6):
            wrong = max(1, round(years + self.rng.choice([-1, 1]) * self.rng.choice([2, 3, 3, 4, 5, 7, 10])))
            if wrong > high / 12 + 1.2 or wrong < low / 12 - 1.2:
                false.append(("number", {**values, "n": self._spoken(wrong)}))
        return true, false

    def _length(self, months: int) -> str:
        years, rest = divmod(months, 12)
        if not years:
            return f"{months} month{'s' * (months != 1)}"
        style = self.rng.random()
        if style < 0.12 and 5 <= rest <= 7:
            return f"{self._n(years)} and a half years"
        if style < 0.24 and years >= 2:
            return f"{self.rng.choice(['more than', 'over', 'at least'])} {self._spoken(years)}"
        if style < 0.34 and rest >= 6:
            return f"{self.rng.choice(['nearly', 'almost'])} {self._spoken(years + 1)}"
        if style < 0.42:
            return f"about {self._spoken(years + (rest >= 6))}"
        if style < 0.5 and months <= 30:
            return f"{months} months"
        return self._spoken(years + (rest >= 6 and self.rng.random() < 0.6))

    def _n(self, number: int) -> str:
        return NUMBERS[number] if number < len(NUMBERS) and self.rng.random() < 0.6 else str(number)

    def _spoken(self, years: int) -> str:
        if years == 10 and self.rng.random() < 0.2:
            return "a decade"
        return "one year" if years == 1 else f"{self._n(years)} years"

    def _make_years_employer(self) -> Any:
        job = self._job()
        if (
            job is None
            or (span := self.person.record.total([j for j in self.jobs if j.employer == job.employer])) is None
        ):
            return None
        return "years-employer", *self._lengths(*span, {"employer": job.employer})

    def _make_years_title(self) -> Any:
        job = self._job()
        if job is None or (span := self.person.record.total([j for j in self.jobs if j.title == job.title])) is None:
            return None
        return "years-title", *self._lengths(*span, {"title": job.title})

    def _make_years_total(self) -> Any:
        span = self.person.record.total()
        return None if span is None else ("years-total", *self._lengths(*span, {}))

    def _make_since(self) -> Any:
        job = self._job()
        if job is None or job.start is None:
            return None
        months = self.rng.random() < 0.25 and job.start % 12
        values = {"title": job.title, "employer": job.employer}
        shift = self.rng.choice([-4, -3, -2, -1, 1, 2, 3])
        if not job.open:
            return "since", None, [("date", {**values, "y": str(job.start // 12 + shift)})]
        name = date(2000, job.start % 12 + 1, 1).strftime("%B ") if months else ""
        return (
            "since",
            {**values, "y": f"{name}{job.start // 12}"},
            [("date", {**values, "y": f"{name}{job.start // 12 + shift}"})],
        )

    def _make_range(self) -> Any:
        job = self._job(now=False)
        if job is None or job.start is None or job.end is None:
            return None
        values = {"title": job.title, "employer": job.employer}
        y, y2 = job.start // 12, (job.end - 1) // 12
        if y == y2:
            return None
        return "range", {**values, "y": str(y), "y2": str(y2)}, [
            ("date", {**values, "y": str(y - self.rng.randint(1, 4)), "y2": str(y2 + self.rng.randint(1, 3))})
        ]  # fmt: skip

    def _skill_elsewhere(self) -> str:
        known = self.person.record.all_words
        for _ in range(20):
            other = (
                self.rng.choice(self.rng.choice(self.others).skills or list(wordings.SKILLS))
                if self.rng.random() < 0.7
                else self.rng.choice(wordings.SKILLS)
            )
            words = content(other)
            if words and len([word for word in words if word in known]) < len(words) / 2:
                return other
        return self.rng.choice(wordings.SKILLS)

    def _said_skill(self, skill: str) -> str:
        bare = skill.removesuffix(" software").removesuffix(" systems")
        return bare.lower() if self.rng.random() < 0.4 and not re.search(r"[A-Z]{2}|[A-Z]\w*[A-Z]", bare) else bare

    def _make_skill(self) -> Any:
        some = self.person.skills
        return (
            None
            if not some
            else (
                "skill",
                {"skill": self._said_skill(self.rng.choice(some))},
                [("skill", {"skill": self._skill_elsewhere()})],
            )
        )

    def _make_skills(self) -> Any:
        some = self.person.skills
        if len(some) < 2:
            return None
        one, two = self.rng.sample(some, 2)
        return "skills", {"skill": self._said_skill(one), "skill2": self._said_skill(two)}, [
            ("skill", {"skill": one, "skill2": self._skill_elsewhere()}), ("skill", {"skill": self._skill_elsewhere(), "skill2": two})
        ]  # fmt: skip

    def _study(self) -> tuple[int, str] | None:
        some = [
            study for study in self.person.resume.get("education", []) if study.get("studyType") and study.get("area")
        ]
        if not some:
            return None
        study = self.rng.choice(some)
        return max(degree_levels(study["studyType"]), default=0), study["area"]

    def _wrong_degrees(self, values: dict[str, str]) -> list[Any]:
        own = {study.level for study in self.person.record.studies}
        return [("degree", {**values, "degree": name}) for level, name in enumerate(DEGREES, 1) if level not in own]

    def _wrong_area(self) -> str:
        known = self.person.record.all_words
        return self.rng.choice([area for area in wordings.AREAS if not set(content(area)) & known] or ["Astronomy"])

    def _make_degree(self) -> Any:
        study = self._study()
        if study is None or not study[0]:
            return None
        values = {"area": study[1], "degree": DEGREES[study[0] - 1]}
        return "degree", values, [*self._wrong_degrees(values), *[("area", {**values, "area": self._wrong_area()})] * 3]

    def _make_area(self) -> Any:
        study = self._study()
        return None if study is None else ("area", {"area": study[1]}, [("area", {"area": self._wrong_area()})])

    def _make_level(self) -> Any:
        study = self._study()
        if study is None or not study[0]:
            return None
        return "level", {"degree": DEGREES[study[0] - 1]}, self._wrong_degrees({})

    def _make_place(self) -> Any:
        codes = self.person.record.countries
        if not codes:
            return None
        names = [name for code, name in COUNTRIES.items() if code not in codes]
        true = COUNTRIES[next(iter(codes))].split("|")[0]
        return "place", {"country": _the(true)}, [("place", {"country": _the(self.rng.choice(names).split("|")[0])})]

    def _make_language(self) -> Any:
        own = [name.capitalize() for name in self.person.record.languages]
        wrong = [name for name in wordings.LANGUAGES if name.lower() not in self.person.record.written]
        true = {"lang": self.rng.choice(own)} if own else None
        return (
            "language",
            true,
            [("language", {"lang": self.rng.choice(wrong)})] if own or self.rng.random() < 0.3 else [],
        )

    def _make_certificate(self) -> Any:
        own = [one["name"] for one in self.person.resume.get("certificates", []) if one.get("name")]
        true = {"cert": self.rng.choice(own)} if own else None
        return (
            "certificate",
            true,
            [("certificate", {"cert": self.rng.choice(wordings.CERTIFICATES)})]
            if own or self.rng.random() < 0.3
            else [],
        )

    def _make_count(self) -> Any:
        jobs = len(self.jobs)
        if jobs != len({job.employer for job in self.jobs}) or jobs < 2:
            return None
        wrong = self.rng.choice([n for n in range(2, 8) if n != jobs])
        return "count", {"count": self._n(jobs)}, [("count", {"count": self._n(wrong)})]

    def _make_order(self) -> Any:
        dated = sorted((job for job in self.jobs if job.start is not None), key=lambda job: job.start or 0)
        if len(dated) < 2 or dated[0].employer == dated[-1].employer or dated[0].title == dated[-1].title:
            return None
        one, two = dated[0], dated[-1]
        values = {"employer": one.employer, "employer2": two.employer, "title": one.title, "title2": two.title}
        return "order", values, [
            ("order", {"employer": two.employer, "employer2": one.employer, "title": two.title, "title2": one.title}),
            ("employer", {**values, "employer2": self._employer_elsewhere(), "title2": self._title_elsewhere(two.title)}),
        ]  # fmt: skip

    def _make_task(self) -> Any:
        return tasks.task(self.person, self.others, self.rng)

    def _make_led(self) -> Any:
        return tasks.led(self.person, self.rng)

    def _make_denied(self) -> Any:
        job, study = self._job(), self._study()
        if job is None or not self.person.skills:
            return None
        values = {"employer": job.employer, "title": job.title, "skill": self.rng.choice(self.person.skills)}
        return "denied", None, [("denied", {**values, **({"area": study[1]} if study else {})})]

    def _make_presumed(self) -> Any:
        if self.rng.random() < 0.5:
            return None
        job = self._job()
        values = {"skill": "Excel", "area": "engineering", "country": "Norway"}
        return (
            None
            if job is None
            else ("presumed", None, [("presumed", {**values, "employer": job.employer, "title": job.title})])
        )


class _Filled(dict[str, str]):
    """Values of a wording, with articles made where they are asked for: {a_title} is "a nurse" or "an usher"."""

    def __missing__(self, key: str) -> str:
        value = self[key.removeprefix("a_")]
        return f"{'an' if value[:1].lower() in 'aeiou' else 'a'} {value}"


def _fits(wording: str, values: Mapping[str, str]) -> bool:
    return all(name.removeprefix("a_") in values for name in re.findall(r"\{(\w+)\}", wording)) if values else True


def _the(country: str) -> str:
    return f"the {country}" if country.split(maxsplit=1)[0] in ("United", "Netherlands", "Czech") else country

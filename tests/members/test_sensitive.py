"""What says something sensitive of a member is left out; words of their trade are not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.members.sensitive import sensitive, without_sensitive

STATED = {
    "health": """
        I have diabetes and write about it.
        I was diagnosed with ADHD at work.
        I've been living with depression for years.
        I suffered from burnout in 2019.
        I am recovering from cancer.
        I’m autistic and proud.
        I am deaf.
        I am pregnant with twins.
        As a blind developer, I test screen readers.
        Autistic designer | Accessibility
        Proud disabled founder
        My chronic illness taught me patience.
        Managing my anxiety made me a better lead.
        Two-time cancer survivor
        Wheelchair user and coach
        Recovering alcoholic, now a mentor.
        I am in recovery.
        Currently on maternity leave
        Back from sick leave since May.
        Engineer living with epilepsy
        """,
    "religion": """
        I am a practising Catholic.
        As a Muslim woman in tech, I mentor others.
        I'm Jewish.
        My faith guides my work.
        Christian entrepreneur
        Devout Hindu and data analyst
        Active member of the Baptist church
        I was an atheist until 2010.
        """,
    "ethnicity": """
        As a Black woman, I lead with care.
        I am Asian American.
        I'm a Latina engineer.
        Black founder, three exits
        Of Nigerian descent, based in Leeds.
        Woman of colour in finance
        My ethnicity has shaped my career.
        Software developer of Asian heritage
        First Indigenous lawyer of my county
        """,
    "sexuality": """
        I am gay.
        As a queer artist I paint cities.
        Openly lesbian executive
        I'm a trans woman.
        I came out at work last year.
        LGBTQ+ founder
        My husband and I run a farm.
        """,
    "union": """
        Union member since 2004
        I am a union steward at the plant.
        Shop steward
        Member of the teachers' trade union
        My union asked me to speak.
        Member of UNISON
        Lifelong trade unionist
        """,
    "immigration": """
        H-1B holder looking for a new role
        I need visa sponsorship.
        On a work permit until 2027
        Green card holder
        I am a refugee from Syria.
        As an immigrant, I know how to start again.
        DACA recipient
        I came as an asylum seeker in 2015.
        Seeking H1B sponsorship
        I'm undocumented.
        Immigrant founder
        """,
    "age": """
        I am 54.
        I'm 29 and hungry to learn.
        Aged 61, still coding.
        45-year-old engineer
        58 years young.
        Born in 1971 in Porto.
        Date of birth: 4 May 1980
        In my fifties I learned to code.
        I just turned 40.
        Retired at 58, back for more.
        As an older worker, I was overlooked.
        """,
}
KEPT = """
    Mental health nurse
    Union Station renovation
    Blind recruitment
    Visa payments
    Age-friendly design
    Cancer research
    I have treated cancer patients for ten years.
    I have built an app for people living with diabetes.
    Autism therapist
    Teacher of the deaf
    Deaf education teacher
    Sign language
    Disability employment adviser
    Black Friday campaigns
    Six Sigma Black Belt
    White papers and white label products
    Asian markets
    Pan-Asian cuisine
    African art history
    European Union policy
    Credit union member services
    Western Union
    Union types in TypeScript
    Soviet Union history
    Immigration lawyer
    Worked with refugees and asylum seekers
    Refugee camp logistics
    Visa application officer
    Undocumented APIs
    HIV vaccine trials
    Diabetes app developer
    Sexual health clinic manager
    Transgenic crops
    Trans-Atlantic shipping
    Gay-Lussac's law
    Restorer of church organs
    Religious studies teacher
    Islamic finance
    Jewish museum curator
    Buddhist art conservation
    Christian Dior store manager
    Christian Berg
    Aged care worker
    Repaired a 50-year-old bridge
    Born-digital archives
    A festival for over 60s
    Cut costs at 30 sites
    Ran a team of 45.
    Parental leave policy
    Wrote the policy on sick leave
    Disaster recovery
    I manage disease surveillance data.
    Supporting Black founders
    Mentor for Asian women in tech
    Colour blind safe palettes
    I have led the cancer care team.
    Pregnancy tracker app
    Heritage sites of cultural origin
    Descent methods
    I am a white hat hacker.
    I am a blind tasting judge.
    I am 100% remote.
    I'm a Roma football fan.
    Straight-through processing
    Faith in numbers
    Race condition debugging
    Gender pay gap reporting
    Senior developer with 20 years
    Turned 40 shops around
    I have 25 direct reports.
    """


def lines(text: str) -> list[str]:
    """The lines of a table."""
    return [line.strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, rows in STATED.items() for text in lines(rows)])
def test_a_sensitive_statement_is_seen(kind: str, text: str) -> None:
    """Health, faith, origin, orientation, union, status and age are seen for what they are."""
    assert sensitive(text) == kind


@pytest.mark.parametrize("text", lines(KEPT))
def test_words_of_a_trade_are_kept(text: str) -> None:
    """A subject of work, a name or a figure is no attribute of the person."""
    assert sensitive(text) is None
    assert without_sensitive(text) == text


def test_tables_are_full() -> None:
    """At least forty statements of either sort."""
    assert sum(len(lines(rows)) for rows in STATED.values()) >= 40
    assert len(lines(KEPT)) >= 40


@pytest.mark.parametrize("text", [text for rows in STATED.values() for text in lines(rows)])
def test_only_the_sentence_that_says_it_goes(text: str) -> None:
    """The rest of a summary stays."""
    summary = f"I build bridges. {text if text[-1] in '.!?' else text + '.'} I like trains."

    assert without_sensitive(summary) == "I build bridges. I like trains."


def test_line_breaks_hide_nothing() -> None:
    """A statement that wraps is still a statement."""
    assert sensitive("I am\n  deaf") == "health"


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    """What is left never states anything sensitive sentence by sentence, and every word of it was there."""
    left = without_sensitive(text)

    assert set(left.split()) <= set(text.split())


@pytest.mark.parametrize("unit", ["I have ", "I am a ", "as a very ", "my union ", "of a ", "I'm ", "member of the a "])
def test_long_texts_are_read_quickly(unit: str) -> None:
    """Repetition does not make the search explode: this would not end in a lifetime if it did."""
    assert sensitive(unit * 5000 + "end") in (None, "union")

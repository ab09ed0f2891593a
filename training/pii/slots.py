"""Made-up people, places, firms and addresses of many countries, to fill templates with. Every one is invented."""

# ruff: noqa: E501  (lists of words and of forms read best one a line)

from __future__ import annotations

import random
from collections.abc import Callable

from nutgraf.trust.pii import lexicon

_GIVEN = lexicon.names("given")
#: Prefixes of family names that the list holds as words of their own.
_PARTICLES = {"Da", "De", "Van", "den", "Von", "Silva", "Groot", "Jong", "Vries", "Berg", "Dijk", "Arnim"}
_FAMILY = tuple(name for name in lexicon.names("family") if name not in _PARTICLES)
_PLACES = lexicon.places()
_BEFORE = ("van ", "de ", "von ", "van der ", "van den ", "da ", "dos ", "al-", "El ", "Di ", "Le ", "Mac", "O'", "del ", "de la ", "bin ", "Al ", "ter ", "von der ", "d'", "la ", "St. ", "Mc")  # fmt: skip
_LETTERS = "ABCDEFGHIJKLMNOPRSTVWYZ"
_PRODUCTS = """Python|Java|JavaScript|TypeScript|Go|C++|Clojure|Crystal|Elm|Erlang|Lua|Matlab|Sage|Maya|Alice|Lisa|Otto|
Docker|Git|GitHub|GitLab|Bitbucket|Gradle|Maven|Bazel|Linux|Ubuntu|Debian|Windows|Android|Node.js|React|Vue|Next.js|
Laravel|Symfony|Flask|Spring Boot|Rails|Redis|Postgres|MySQL|MongoDB|Neo4j|Elastic|Grafana|Prometheus|Datadog|Sentry|Power BI|
Google Analytics|Google Docs|Photoshop|InDesign|Sketch|AutoCAD|Revit|Blender|Unity|Word|PowerPoint|Outlook|Teams|SharePoint|Confluence|
HubSpot|Mailchimp|Marketo|Zendesk|Intercom|QuickBooks|Sage 50|Xero|NetSuite|Oracle Cloud|Epic|Cerner|Bloomberg Terminal|Claude|Clara|
Siri|Bard|Gemini|Copilot|Watsonx|Mistral|Llama|Spark|Flink|Storm|Beam|Luigi|Dagster|Celery|RabbitMQ|Nginx|Apache|Tomcat|Eclipse|Emacs|
Vim|Cypress|Playwright|Selenium|Cucumber|Mocha|Jest|Karma|Jupyter|NumPy|Keras|PyTorch|Hugo|Jekyll|Ghost|Drupal|Joomla|Magento|Heroku|
AWS Lambda|Azure|Vercel|Netlify|Cargo|Rustup|Clippy|Tokio|Serde|Scrum|Kanban|Lean|Six Sigma|Prince2|ITIL|OKRs|Mercury|Orion|Phoenix|Atlas""".replace(
    "\n", ""
).split("|")
_STARTS = "Al Ba Be Bo Bra Ca Che Da De Do Dra El Er Fa Fe Fi Ga Ge Gra Ha He Hi Ho Ja Jo Ka Ke Ki Ko Kra La Le Li Lo Ma Me Mi Mo Na Ne No Nu O Pa Pe Po Pra Ra Re Ri Ro Sa Se Shi So Sta Su Ta Te Ti To Tra U Va Ve Vi Vo Wa We Ya Yo Za Ze Zi".split()  # fmt: skip
_MIDDLES = "ba ber bi bo ca cha da de der di do fa ga ger gi ha ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te ti to va ve vi vo za ze zi".split()  # fmt: skip
_ENDS = "n r l s t d k m na la ra da ta ne le re ni li ri no lo ro ndo nte rsen lson nen berg man mann feld stein ski ska sky czyk wicz enko uk ov ova ev eva in ina ić ová ák sson dóttir dottir sen oglu yan shvili idis akis poulos escu eanu ez az es eira inho ini elli etti ucci ault eau ard ert ens stra inga mäki nen vić ów".split()  # fmt: skip
_DIRECTIONS = ("", "", "", "North ", "South ", "East ", "West ", "Old ", "New ", "Upper ")
_THINGS = """Oak Maple Mill Church High Park Station School Garden River Lake Hill Forest Bridge King Queen Victoria Market
Castle Cedar Pine Elm Washington Lincoln Jefferson Franklin Spring Meadow Sunset Highland Harbour Abbey Orchard Willow
Chestnut Walnut Main Front Water Second Third Fifth Broad Union Liberty Grove College Mountain Prairie Cherry""".split()
_FIRM_TAILS = "Ltd|Inc.|Inc|LLC|GmbH|Group|Labs|Systems|Partners|Software|Bank|University|Consulting|Solutions|Foundation|AG|Oy|AB|SA|plc|Health|Energy|Media|Logistics|& Sons|Studio|Institute|College|Hospital".split("|")  # fmt: skip
_ROLES = """software engineer|data scientist|nurse|sales manager|product manager|recruiter|chief financial officer|head of
talent|teacher|electrician|project lead|CEO|CTO|accountant|UX designer|legal counsel|warehouse supervisor|welder|chef|head
of operations|staff engineer|marketing director|research fellow|paramedic|managing director|board member|principal
architect|site manager|HR business partner|customer success manager""".replace("\n", " ").split("|")
_MONTHS = "January February March April May June July August September October November December".split()
_STATES = "AL AK AZ CA CO CT FL GA IL IN IA KS MA MD ME MI MN MO NC NY OH OK OR PA TX UT VA WA WI QC ON BC NSW VIC QLD".split()  # fmt: skip


def invented(pick: random.Random, least: int = 0, most: int = 1) -> str:
    """A capitalised word that no list holds."""
    return pick.choice(_STARTS) + "".join(pick.choices(_MIDDLES, k=pick.randint(least, most))) + pick.choice(_ENDS)


def given(pick: random.Random) -> str:
    """A given name: of the list, or in one of three cases made up."""
    if pick.random() < 0.33:
        return invented(pick, 0, 1)
    name = pick.choice(_GIVEN)
    return f"{name}-{pick.choice(_GIVEN)}" if pick.random() < 0.03 else name


def family(pick: random.Random) -> str:
    """A family name: of the list, or in two of five cases made up; some with particles or doubled."""
    name = invented(pick, 0, 2) if pick.random() < 0.42 else pick.choice(_FAMILY)
    if (roll := pick.random()) < 0.06:
        return pick.choice(_BEFORE) + name
    return f"{name}{pick.choice('- ')}{pick.choice(_FAMILY)}" if roll < 0.1 else name


def particle_family(pick: random.Random) -> str:
    """A family name with a particle before it."""
    return pick.choice(_BEFORE) + (invented(pick, 0, 2) if pick.random() < 0.35 else pick.choice(_FAMILY))


def initials(pick: random.Random) -> str:
    """A family name with the first letters of given ones, in one of the orders people use."""
    one, two, name = pick.choice(_LETTERS), pick.choice(_LETTERS), family(pick)
    return pick.choice((f"{one}. {name}", f"{one}.{two}. {name}", f"{one}. {two}. {name}", f"{one} {name}", f"{name}, {one}.", f"{name} {one}."))  # fmt: skip


def last_first(pick: random.Random) -> str:
    """A name as registers hold it."""
    tail = f" {pick.choice(_LETTERS)}." if pick.random() < 0.15 else ""
    return f"{family(pick)}, {given(pick)}{tail}"


def person(pick: random.Random) -> str:
    """A whole name, as people write it."""
    one, other = given(pick), family(pick)
    roll = pick.random()
    if roll < 0.08:
        return f"{one} {pick.choice(_LETTERS)}. {other}"
    if roll < 0.11:
        return f"{one} {given(pick)} {other}"
    if roll < 0.14:
        return initials(pick)
    if roll < 0.16:
        return f"{one} {other.upper()}"
    if roll < 0.18:
        return f"{one} {other}".upper()
    return f"{one} {particle_family(pick)}" if roll < 0.22 else f"{one} {other}"


def product(pick: random.Random) -> str:
    """A tool, language or service, many of them called like a person."""
    return pick.choice(_PRODUCTS)


def place(pick: random.Random) -> str:
    """A town, region or country."""
    name = pick.choice(_PLACES) if pick.random() < 0.65 else invented(pick, 0, 1) + pick.choice(
        ("", "", "", "ville", "town", "berg", "burg", "stad", "by", "ford", "mouth", "port", "furt", "ham"))  # fmt: skip
    roll = pick.random()
    if roll < 0.08:
        return name.upper()
    if roll < 0.1:
        return f"{name} {pick.choice(('de la', 'di', 'de', 'am', 'an der', 'sur', 'del', 'upon', 'do', 'na'))} {invented(pick)}"
    if roll < 0.13:
        return pick.choice(("San ", "Saint-", "St. ", "Santa ", "São ")) + f"{pick.choice(_GIVEN)} {name}"
    return pick.choice(("San ", "Saint-", "Port ", "Bad ", "St. ", "Santa ", "Villa ", "El ", "La ")) + name if roll < 0.17 else name  # fmt: skip


def firm(pick: random.Random) -> str:
    """A company, school or agency."""
    head = pick.choice((invented(pick), pick.choice(_FAMILY), pick.choice(_THINGS), pick.choice(_PLACES)))
    roll = pick.random()
    if roll < 0.15:
        return f"{head}-{pick.choice(_FAMILY)}"
    if roll < 0.25:
        return f"{head}, {pick.choice(_FAMILY)} and {pick.choice(_FAMILY)}"
    if roll < 0.4:
        return invented(pick, 1, 2)
    if roll < 0.5:
        return f"{head} {pick.choice(_THINGS)} {pick.choice(_FIRM_TAILS)}"
    if roll < 0.56:
        return (
            f"{head} {invented(pick)} {pick.choice(('Lines', 'Movers', 'Networks', 'Works', 'Stores', 'Foods', 'App'))}"
        )
    return f"{head} {pick.choice(_FIRM_TAILS)}"


def role(pick: random.Random) -> str:
    """A job."""
    found = pick.choice(_ROLES)
    return found.title() if pick.random() < 0.4 else found


def _thing(pick: random.Random) -> str:
    return pick.choice((pick.choice(_THINGS), invented(pick), pick.choice(_FAMILY), pick.choice(_GIVEN)))


def _number(pick: random.Random) -> str:
    return f"{pick.randint(1, pick.choice((30, 300, 9999)))}{pick.choice(('', '', '', '', 'a', 'B', '-3'))}"


def _english(pick: random.Random) -> str:
    kind = pick.choice("Street Street St St. Avenue Ave Road Road Rd Lane Drive Dr Boulevard Blvd Way Court Place Square Terrace Close Crescent".split())  # fmt: skip
    return f"{_number(pick)} {pick.choice(_DIRECTIONS)}{_thing(pick)} {kind}"


def _romance(pick: random.Random) -> str:
    kind = pick.choice(("rue", "Rue de", "rue de la", "avenue", "Via", "via", "Viale", "Piazza", "Calle", "Calle de", "Avenida", "Av.", "Rua", "Rua da", "Travessa", "Plaza", "boulevard", "Corso", "Estrada", "C/"))  # fmt: skip
    name = _thing(pick) if pick.random() < 0.7 else f"{_thing(pick)} {_thing(pick)}"
    if kind.lower().startswith(("rue", "avenue", "boulevard")) and kind != "Av.":
        return f"{_number(pick)}{pick.choice((' ', ', ', ' bis '))}{kind} {name}"
    return f"{kind} {name}{pick.choice((' ', ', ', ' nº ', ', n. '))}{_number(pick)}"


def _germanic(pick: random.Random) -> str:
    tail = pick.choice("straße strasse str. weg gasse platz allee straat laan plein gracht gatan vägen vej gade veien gata katu tie kuja".split())  # fmt: skip
    return f"{_thing(pick)}{pick.choice(('', '', ' ', '-')) if tail[0] == 's' else ''}{tail} {_number(pick)}"


def _eastern(pick: random.Random) -> str:
    name = f"{_thing(pick)}{pick.choice(('ska', 'ova', 'ego', 'i', 'a', ''))}"
    return pick.choice((
        f"ul. {name} {_number(pick)}/{pick.randint(1, 60)}", f"{name} {_number(pick)}", f"{name} u. {_number(pick)}.",
        f"{name} utca {_number(pick)}", f"ulica {name} {_number(pick)}", f"{name} Caddesi No: {pick.randint(1, 90)}",
        f"Leoforos {name} {_number(pick)}", f"{_number(pick)} {name} Nagar", f"{pick.randint(1, 9)}-{pick.randint(1, 20)}-{pick.randint(1, 30)} {name}",
        f"nám. {name} {_number(pick)}", f"Strada {name} {_number(pick)}", f"Jalan {name} {_number(pick)}",
    ))  # fmt: skip


def street(pick: random.Random) -> str:
    """A street with a number, in the order of some country."""
    ways: tuple[Callable[[random.Random], str], ...] = (_english, _english, _romance, _germanic, _eastern)
    found = pick.choice(ways)(pick)
    if pick.random() < 0.15:
        found += f"{pick.choice((', ', ' '))}{pick.choice(('Apt.', 'Apt', 'Suite', 'Unit', 'Flat', '#', 'Floor'))} {pick.randint(1, 980)}"
    return found


def _postcode(pick: random.Random) -> str:
    digits = "".join(pick.choices("0123456789", k=5))
    letters = "".join(pick.choices("ABCDEGHJKLMNPRSTW", k=4))
    return pick.choice((
        digits, digits, digits[:4], f"{digits[:3]} {digits[3:]}", f"{digits[:2]}-{digits[2:]}", f"{digits[:4]} {letters[:2]}",
        f"{letters[:2]}{digits[0]} {digits[1]}{letters[2:]}", f"{letters[0]}{digits[0]}{letters[1]} {digits[1]}{letters[2]}{digits[2]}",
        f"{digits}-{digits[1:]}", f"{digits[:3]}-{digits[1:]}",
    ))  # fmt: skip


def address(pick: random.Random) -> str:
    """A whole address, on one line or several."""
    roll = pick.random()
    if roll < 0.08:
        box = pick.randint(1, 9999)
        return pick.choice((
            f"PO Box {box}", f"P.O. Box {box}, {place(pick)}", f"Postfach {box}, {_postcode(pick)} {place(pick)}",
            f"Unit {box} Box {pick.randint(1, 9999)}\n{pick.choice(('DPO', 'APO', 'FPO'))} {pick.choice(('AA', 'AE', 'AP'))} {pick.randint(10000, 99999)}",
            f"PSC {box}, Box {pick.randint(1, 9999)}\nAPO AE {pick.randint(10000, 99999)}",
            f"USS {family(pick)}\nFPO AP {pick.randint(10000, 99999)}",
        ))  # fmt: skip
    if roll < 0.12:
        return f"the corner of {_thing(pick)} {pick.choice(('Street', 'Road', 'Ave', ''))} and {_thing(pick)} {pick.choice(('Street', 'Lane', 'Roads'))}".replace(
            "  ", " "
        )
    if roll < 0.17:
        return f"{_thing(pick)} and {street(pick)}"
    if roll < 0.32:
        return street(pick)
    gap = pick.choice((", ", ", ", "\n", "\n ", " "))
    town, code, land = place(pick), _postcode(pick), pick.choice(_PLACES[:190])
    tail = pick.choice((
        town, f"{town}, {pick.choice(_STATES)} {code}", f"{code} {town}", f"{town} {code}", f"{town}{gap}{land}", f"{code} {town}{gap}{land}",
        f"{town}{gap}{land} {code}", f"{town}{gap}, {pick.choice(_STATES)}{gap}{code}", f"{town} {pick.choice(_STATES)}", f"{town}, {land}, {code}",
    ))  # fmt: skip
    return f"{street(pick)}{gap}{tail}"


def phone(pick: random.Random) -> str:
    """A phone number of some country."""
    return pick.choice(("+{}{} {}{}{} {}{}{}{}", "0{}{}{} {}{}{} {}{}{}", "({}{}{}) {}{}{}-{}{}{}{}", "{}{}{}-{}{}{}-{}{}{}{}")).format(*pick.choices("0123456789", k=10))  # fmt: skip


def date(pick: random.Random) -> str:
    """A date, as people write it."""
    month = pick.choice(_MONTHS)
    day, year = pick.randint(1, 28), pick.randint(1975, 2030)
    return pick.choice((f"{month} {day}, {year}", f"{day} {month} {year}", f"{month[:3]} {day}", f"{month} {year}", f"{day}.{pick.randint(1, 12)}.{year}", f"{year}", f"{month[:3]}. {day}, {year}", f"{day}/{pick.randint(1, 12)}/{year}"))  # fmt: skip


FILL: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "person": ("person", person), "given": ("person", given), "family": ("person", family), "place": ("place", place),
    "org": ("organisation", firm), "address": ("address", address), "street": ("address", street), "role": ("", role),
    "phone": ("", phone), "n": ("", _number), "date": ("", date), "handle": ("", lambda pick: invented(pick, 1, 2).lower()),
    "initials": ("person", initials), "last_first": ("person", last_first), "particle_family": ("person", particle_family),
    "particle": ("person", lambda pick: f"{given(pick)} {particle_family(pick)}"), "product": ("", product),
    "person_caps": ("person", lambda pick: person(pick).upper()), "person_lower": ("person", lambda pick: person(pick).lower()),
    "given_caps": ("person", lambda pick: given(pick).upper()), "given_lower": ("person", lambda pick: given(pick).lower()),
    "product_caps": ("", lambda pick: product(pick).upper()), "product_lower": ("", lambda pick: product(pick).lower()),
    "role_caps": ("", lambda pick: role(pick).upper()), "role_title": ("", lambda pick: role(pick).title()),
    "month": ("", lambda pick: pick.choice(_MONTHS)), "month_caps": ("", lambda pick: pick.choice(_MONTHS).upper()),
    "place_caps": ("place", lambda pick: place(pick).upper()), "place_lower": ("place", lambda pick: place(pick).lower()),
    "thing": ("", lambda pick: pick.choice(_THINGS)),
}  # fmt: skip

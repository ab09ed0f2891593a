"""What the page on embedding promises: its programs run, and its tables hold exactly what the code has."""

import re
from pathlib import Path

import pytest

from nutgraf.ingest import fields, native
from nutgraf.ingest.load import item_from_bytes
from nutgraf.types import CONSENT_FIELDS, ITEM_KINDS
from tests.docs import machine
from tests.docs.pages import DOCS, ROOT, fences
from tests.serve.fakes import running, site_in

PAGE = DOCS / "embed.md"
TEXT = PAGE.read_text("utf-8")
WEB = ROOT / "src" / "nutgraf" / "web"
ELEMENT = (WEB / "nutgraf-panel.js").read_text("utf-8")
PROGRAMS = {fence.file: fence.text for fence in fences(PAGE) if fence.language == "python" and fence.file}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the article and the profile of the tutorial."""
    machine.needs_encoder()
    folder = tmp_path_factory.mktemp("embed")
    for fence in fences(DOCS / "tutorial.md"):
        if fence.file in ("article.md", "me.json"):
            (folder / fence.file).write_text(fence.text, "utf-8")
    return folder


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose first heading this is."""
    _, _, rest = TEXT.partition(f"| {heading} |")
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def named(cells: list[str]) -> list[str]:
    """What stands between backticks in these cells."""
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("once.py", r"done \['Because you wrote.*\n\['In January Piet Maas"),
        ("stream.py", r"(?:.+ (?:quoted|supported)\n){3}done"),
        ("records.py", r"Take the course: Lending rules for a library of things"),
        ("own_model.py", r"(?:\[\('quoted', '[a-z-]+'\)\]\n){3}"),
    ],
)
def test_a_program_runs(folder: Path, program: str, says: str) -> None:
    """Each program on the page runs as it stands and prints what the page says it shows."""
    done = machine.python(folder, PROGRAMS[program])

    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(says, done.stdout), done.stdout


def test_every_program_is_run() -> None:
    """A program that is added without a test is seen here."""
    assert set(PROGRAMS) == {"once.py", "stream.py", "records.py", "own_model.py"}


def test_the_elements_attributes_are_listed() -> None:
    """All of them, and no others."""
    known = re.search(r"observedAttributes = (\[.*?\])", ELEMENT)
    assert known

    assert sorted(named([row[0] for row in rows("attribute")])) == sorted(re.findall(r'"([^"]+)"', known[1]))


def test_the_elements_events_are_listed() -> None:
    """Their names, and what their details hold."""
    known = dict(re.findall(r'#tell\("(nutgraf-[a-z]+)", (?:\{ ([^}]*) \})?', ELEMENT))
    listed = {named([row[0]])[0]: named([row[1]]) for row in rows("event")}
    details = {
        name: [part.partition(":")[0].strip() for part in text.split(",")] for name, text in known.items() if text
    }

    assert set(listed) == set(known)
    assert {name: sorted(listed[name]) for name in details} == {name: sorted(keys) for name, keys in details.items()}


def test_the_elements_properties_are_listed() -> None:
    """Every custom property that the panel reads."""
    used = {
        name for path in WEB.rglob("*.js") for name in re.findall(r"var\((--nutgraf-[a-z-]+)", path.read_text("utf-8"))
    }

    assert set(named([row[0] for row in rows("property")])) == used


def test_the_element_needs_no_other_paths() -> None:
    """What the module imports lies in `/panel/`, and what it asks for in `/v1/`."""
    modules = [WEB / "nutgraf-panel.js", *(WEB / "panel").glob("*.js")]
    found = (re.findall(r'^import .*? from "([^"]+)"', path.read_text("utf-8"), re.MULTILINE) for path in modules)
    imports = [name for names in found for name in names]

    assert {name.rpartition("/")[0] for name in imports} == {"./panel", "."}
    code = ELEMENT + (WEB / "panel" / "client.js").read_text("utf-8")
    asked = {path for path in re.findall(r'["`]/?([a-z0-9]+)/[a-z]', code) if path not in ("application", "text")}
    assert asked == {"v1"}


async def test_every_address_is_listed(tmp_path: Path) -> None:
    """The table has the routes of the API; the commands use them."""
    with site_in(tmp_path) as site:
        async with running(site) as client:
            document = (await client.ask("GET", "/openapi.json")).json()
    known = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    curled = set(re.findall(r"curl .*?-X (\w+) localhost:8600(\S+)", TEXT))

    assert set(named([row[0] for row in rows("address")])) == known
    assert {f"{method} {path}" for method, path in curled} <= known


def test_the_fields_of_an_item_are_listed() -> None:
    """Every field that is read, and every kind."""
    listed = set(named([row[0] for row in rows("field of an item")]))

    assert listed == {*fields.item_fields({}, "x"), "text"}
    assert set(ITEM_KINDS) <= set(named([row[1] for row in rows("field of an item")]))
    assert item_from_bytes(b'{"title": "T", "text": "A text.", "unknown": 1}', "a.json").title == "T"


def test_the_fields_of_a_member_are_listed() -> None:
    """Every field that is read, those of the lists in it, and every field of consent."""
    table = rows("field of a member")
    inner = {named([row[0]])[0]: set(named([row[1]])) for row in table}

    assert set(named([row[0] for row in table])) == set(native._Member.model_fields)
    assert inner["work"] == set(native._Work.model_fields)
    assert inner["education"] == set(native._Education.model_fields)
    assert inner["certificates"] == set(native._Certificate.model_fields)
    assert inner["consent"] == {*native._Consent.model_fields, *CONSENT_FIELDS}

"""What README, changelog and index say of Nutgraf is so."""

import json
import re
from pathlib import Path

import pytest
from typer.core import TyperGroup as Group
from typer.main import get_command

from nutgraf.ingest.load import load_items, load_member
from nutgraf.model.catalogue import EMBEDDED_LICENCE
from nutgraf.retrieve.encoder import FOLDER
from nutgraf.serve import sample
from nutgraf.serve.cli import app
from nutgraf.settings import Settings
from nutgraf.vocabulary.match import load
from tests.docs import machine
from tests.docs.pages import DOCS, ROOT, anchors, commands, fences, links, pages
from tests.ingest.makers import Print, pdf_of_pages

README = ROOT / "README.md"
TEXT = README.read_text("utf-8")
LINES = TEXT.splitlines()
FLAT = " ".join(TEXT.split())
WORDS = "In March the clinic moved its pharmacy window, and the average wait fell from 19 to 11 minutes."


def number(pattern: str, text: str = FLAT) -> int:
    """The number that the text gives where the pattern has its group; it must give it once."""
    (found,) = re.findall(pattern, " ".join(text.split()))
    return int(found.replace(",", ""))


def test_the_first_screen() -> None:
    """Within forty lines: one sentence, the two commands, one whole program of at most fifteen lines, the picture."""
    first = "\n".join(LINES[:40])
    sentence = first.partition("```")[0].partition("\n")[2].strip()

    assert sentence.count(".") == 1
    assert re.findall(r"^make (\w+)", first, re.MULTILINE) == ["demo", "test"]
    program = next(fence for fence in fences(README) if fence.language == "python")
    assert (program.text in first, program.text.count("\n") <= 15) == (True, True)
    picture = next(link for link in links(README) if link.endswith(".png"))
    assert picture in first
    assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


def test_the_program_runs(tmp_path: Path) -> None:
    """It reads a file of the reader's and prints every sentence with its verdict and place, also for nobody."""
    machine.needs_encoder()
    for fence in fences(DOCS / "tutorial.md"):
        if fence.file in ("article.md", "me.json"):
            (tmp_path / fence.file).write_text(fence.text, "utf-8")
    program = next(fence.text for fence in fences(README) if fence.language == "python")
    for words in (["article.md", "me.json"], ["article.md"]):
        done = machine.python(tmp_path, program, words)
        assert (done.returncode, done.stderr) == (0, "")
        assert re.fullmatch(r"(?:- .+ \((?:quoted|supported), \d+-\d+\)\n  .*\n){3}done \n", done.stdout), done.stdout


def test_make_has_the_targets_that_are_named() -> None:
    """Every `make …` on any page is a target."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    typed = [fence.text for page in pages() for fence in fences(page) if fence.language == "sh"]
    named = {name for text in typed for name in re.findall(r"^make ([a-z]+)", text, re.MULTILINE)}
    named |= {name for page in pages() for name in re.findall(r"`make ([a-z]+)", page.read_text("utf-8"))}

    assert named - targets == set()


def test_the_commands_exist() -> None:
    """Every `nutgraf …` on any page is a command, with options that it has."""
    top = get_command(app)
    told = [(page, command) for page in pages() for fence in fences(page) if fence.language == "console"
            for command in commands(fence) if command.words[0] == "nutgraf"]  # fmt: skip
    for page, command in told:
        words = list(command.words[1:])
        if words[0] == "--config":
            words = words[2:]
        context = top.make_context("nutgraf", words, resilient_parsing=True)
        name, found, rest = top.resolve_command(context, words)  # type: ignore[attr-defined]
        while isinstance(found, Group) and rest and rest[0][0] != "-":  # `nutgraf models` may stand alone
            name, found, rest = found.resolve_command(found.make_context(name, rest, resilient_parsing=True), rest)
        assert found is not None, (page.name, command.line)
        options = {option for parameter in found.params for option in parameter.opts}
        given = {word for word in rest if word.startswith("-")}
        assert given <= options, (page.name, name, given - options)
    assert len(told) > 10


def test_the_counts() -> None:
    """Items, members, skills, occupations, takeaways and questions are as many as README and changelog say."""
    vocabulary = load()
    occupations = sum(len(table.rows) for table in vocabulary._occupation_tables)
    skills = r"([\d,]+) skills and [\d,]+ occupations"
    titles = r"[\d,]+ skills and ([\d,]+) occupations"
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert (number(r"(\d+) items and \d+ members"), number(r"\d+ items and (\d+) members")) == (
        len(sample.item_ids()), len(sample.member_ids())
    )  # fmt: skip
    assert {number(skills), number(skills, changes)} == {len(vocabulary)}
    assert {number(titles), number(titles, changes)} == {occupations}
    assert number(r"Up to (\d+) sentences") == Settings().takeaways_at_most
    assert number(r"Up to (\d+) questions") == Settings().starters_at_most
    assert number(r"about (\d+) MB") == number(r"about (\d+) MB", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))


ARTICLE = {"@context": "https://schema.org", "@type": "Article", "headline": "A clinic", "articleBody": WORDS * 3}
RSS = f"<item><title>A clinic</title><description>{WORDS}</description></item>"
ATOM = f"<entry><title>A clinic</title><content>{WORDS}</content></entry>"
ITEMS: dict[str, tuple[str, str | bytes]] = {
    "Markdown": ("a.md", f"# A clinic\n\n{WORDS}"),
    "plain text": ("a.txt", f"A clinic\n\n{WORDS}"),
    "HTML": ("a.html", f"<html><body><article><h1>A clinic</h1><p>{WORDS * 3}</p></article></body></html>"),
    "JSON-LD": ("a.json", json.dumps(ARTICLE)),
    "PDF": ("a.pdf", pdf_of_pages([[Print("A clinic", size=18.0), *(Print(WORDS[:60]) for _ in range(4))]])),
    "RSS": ("a.xml", f"<rss version='2.0'><channel><title>T</title>{RSS}</channel></rss>"),
    "Atom": ("b.xml", f"<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>{ATOM}</feed>"),
    "JSON": ("b.json", json.dumps({"title": "A clinic", "text": WORDS})),
}


@pytest.mark.parametrize("form", ITEMS)
def test_an_item_can_be_read(form: str, tmp_path: Path) -> None:
    """Each form that README names is read, and README names it."""
    name, content = ITEMS[form]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (item,) = load_items(tmp_path / name)

    assert "clinic" in item.title
    assert "In March the clinic" in " ".join(item.text.split())
    assert form in FLAT.partition("Items as ")[2].partition("; members")[0]


def test_members_can_be_read(tmp_path: Path) -> None:
    """The three forms that README names are read."""
    (tmp_path / "a.json").write_text(json.dumps({"name": "Nora Quist"}), "utf-8")
    (tmp_path / "b.json").write_text(json.dumps({"basics": {"name": "Nora Quist"}}), "utf-8")
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "Profile.csv").write_text("First Name,Last Name\nNora,Quist\n", "utf-8")

    assert {load_member(tmp_path / name).name for name in ("a.json", "b.json", "archive")} == {"Nora Quist"}
    assert "members as JSON Resume, a CSV archive, and JSON." in FLAT


def test_the_embedded_model_mostly_quotes() -> None:
    """As README says, and the gallery shows."""
    sentences = re.findall(r"^- .", (DOCS / "gallery.md").read_text("utf-8"), re.MULTILINE)

    assert sentences.count("- “") > len(sentences) / 2


def test_the_licences() -> None:
    """Ours, the two models', and those of the texts that the ranking was trained on."""
    terms = TEXT.partition("## Licence")[2]
    weights = json.loads((ROOT / "src/nutgraf/read/salience.json").read_text("utf-8"))
    trained_on = {name for names in weights["trained_on"]["licences"].values() for name in names.split(", ")}

    assert (ROOT / "LICENSE").read_text("utf-8").lstrip().startswith("Apache License")
    assert EMBEDDED_LICENCE == "Apache-2.0"
    assert sorted(name for name in trained_on if name not in terms) == []
    manifest = FOLDER / "manifest.json"
    if manifest.is_file():
        encoder = json.loads(manifest.read_text("utf-8"))
        assert f"{encoder['name']}, {encoder['license']}" in terms


def test_every_link_leads_somewhere() -> None:
    """Links of all pages, to files and to headings in them; addresses of the web must be https."""
    broken = []
    for page in pages():
        for link in links(page):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if "://" in link:
                fine = link.startswith("https://")
            else:
                fine = target.exists() and (not anchor or anchor in anchors(target))
            broken += [] if fine else [f"{page.relative_to(ROOT)}: {link}"]

    assert broken == []


def test_the_index_has_every_page() -> None:
    """A page that nobody can find does not exist."""
    listed = {(DOCS / link.partition("#")[0]).resolve() for link in links(DOCS / "index.md")}

    assert [str(page.relative_to(ROOT)) for page in pages() if page not in listed and page.name != "index.md"] == []
    assert re.search(r"\(docs/index\.md\)", TEXT)

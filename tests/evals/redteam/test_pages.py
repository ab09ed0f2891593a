"""The pages on attacks and on labels: their files can be read, their options exist, their counts are right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from nutgraf.evals.annotate.tasks import read_rubric, read_tasks
from nutgraf.evals.redteam.catalogue import SURFACES, attacks, benign, categories
from nutgraf.evals.redteam.mutators import MUTATORS
from nutgraf.serve.cli import app
from tests.docs.pages import DOCS, fences

ATTACK, ANNOTATE = DOCS / "attack-your-use-case.md", DOCS / "annotate.md"


def saved(page: Path, folder: Path) -> Path:
    """The files of a page, in a folder."""
    for fence in fences(page):
        if fence.file:
            (folder / fence.file).write_text(fence.text, "utf-8")
    return folder


def test_the_files_of_the_pages_are_read(tmp_path: Path) -> None:
    """Attacks, sentences and a rubric of the pages are what the commands take, and the recipe names our endpoint."""
    saved(ATTACK, tmp_path)
    saved(ANNOTATE, tmp_path)
    recipe = yaml.safe_load((tmp_path / "garak.yaml").read_text("utf-8"))

    assert [one.id for one in attacks(tmp_path / "own.toml")] == ["own-discount"]
    assert [one.id for one in read_tasks(tmp_path / "sentences.jsonl")] == ["s1", "s2"]
    assert read_rubric(tmp_path / "tone.toml").names == ("fine", "wrong-tone")
    assert recipe["plugins"]["generators"]["openai"]["OpenAICompatible"]["uri"].endswith("/v1")


def test_the_counts_are_right() -> None:
    """What the page says of how much is tried is so."""
    text = ATTACK.read_text("utf-8")

    assert f"{len(attacks())} in our own words, in {len(categories())} categories" in text
    assert f"| {len(MUTATORS)}: encodings" in text
    assert f"our own {len(benign())}" in text
    assert all(re.search(rf"\b{surface}\b", text) for surface in SURFACES)


@pytest.mark.parametrize("page", [ATTACK, ANNOTATE], ids=lambda page: page.stem)
def test_every_option_exists(page: Path) -> None:
    """Each command of a page has the options that it is shown with."""
    typed = [line for fence in fences(page) if fence.language == "sh" for line in fence.text.splitlines()]
    commands = [line.split() for line in typed if line.startswith("nutgraf ")]

    for words in commands:
        asked = CliRunner().invoke(app, [*words[1:3], "--help"])
        assert asked.exit_code == 0, words
        for option in re.findall(r"--[a-z-]+", " ".join(words)):
            assert option in asked.output, (words, option)

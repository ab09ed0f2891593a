"""The catalogue: the same from the command line, over HTTP and on its page."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from nutgraf.local import open_usecase
from nutgraf.serve.cli import app
from nutgraf.serve.cli_common import Tools
from tests.retrieve.skills.made import forgotten
from tests.serve.fakes import running, site_in

TIDES = '''
from nutgraf.registry import skill

@skill(name="tides", version=3, when="a question about the sea", cost_points=2, partition="member")
def tides(place: str, days: int = 1) -> str:
    """High and low water.\x1b[31m"""
    return place

@skill(name="warn", when="a storm comes", side_effects=True)
def warn(text: str) -> str:
    """Warns everybody."""
    return text
'''


def nutgraf(folder: Path, *words: str) -> Result:
    """Run the command line with its data in a folder."""
    return CliRunner().invoke(app, list(words), obj=Tools(), env={"NUTGRAF_DATA_DIR": str(folder)})


@pytest.fixture
def tides(tmp_path: Path) -> str:
    """A file with two skills."""
    (tmp_path / "tides.py").write_text(TIDES)
    return str(tmp_path / "tides.py")


def test_skills_are_listed(tmp_path: Path, tides: str) -> None:
    """What each finds and takes, what it costs, and whether it changes something; nothing steers the terminal."""
    with forgotten():
        result = nutgraf(tmp_path, "skills", "--skills", tides)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "tides  (version 3, python, member, 2 points)",
        "  High and low water.[31m",
        "  When: a question about the sea",
        "  Takes: place, days",
        "warn  (version 1, python, public, 1 points, changes something: needs a confirmation)",
        "  Warns everybody.",
        "  When: a storm comes",
        "  Takes: text",
    ]


def test_skills_as_json(tmp_path: Path, tides: str) -> None:
    """Everything that the record has; also from the setting."""
    with forgotten():
        result = CliRunner().invoke(
            app, ["skills", "--json"], obj=Tools(), env={"NUTGRAF_SKILLS_MODULES": f" {tides} ,"}
        )
        found = {one["name"]: one for one in orjson.loads(result.stdout)["skills"]}

    assert found["tides"]["parameters"]["required"] == ["place"]
    assert (found["warn"]["side_effects"], found["tides"]["cost_points"], found["tides"]["partition"]) == (
        True, 2, "member",
    )  # fmt: skip


def test_a_module_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    """In one line, with status 2."""
    result = nutgraf(tmp_path, "skills", "--skills", "no_such_module")

    assert (result.exit_code, "no_such_module" in result.stderr) == (2, True)
    with forgotten():
        assert "no skills here yet" in nutgraf(tmp_path, "skills").stdout


def test_a_use_case_that_is_none_is_named(tmp_path: Path) -> None:
    """In one line, with status 2."""
    result = CliRunner().invoke(app, ["agents"], obj=Tools(), env={"NUTGRAF_USECASE": str(tmp_path)})

    assert (result.exit_code, "usecase" in result.stderr) == (2, True)


def test_agents_are_listed(tmp_path: Path) -> None:
    """In words and as JSON, each with its sources."""
    names = sorted(open_usecase("premium").agents)
    told = nutgraf(tmp_path, "agents")
    found = orjson.loads(nutgraf(tmp_path, "agents", "--json").stdout)["agents"]

    assert [line.split(" ")[0] for line in told.stdout.splitlines() if not line.startswith(" ")] == names
    assert [agent["name"] for agent in found] == names
    assert all(agent["sources"] and agent["summary"] for agent in found)


async def test_the_api_has_it_all(tmp_path: Path, tides: str) -> None:
    """Agents, skills, sources and models of the process that answers."""
    with forgotten(), site_in(tmp_path / "data", skills_modules=tides) as site:
        async with running(site) as client:
            call = await client.ask("GET", "/v1/catalogue")
    found = call.json()

    assert call.status == 200
    assert {"takeaways", "general"} <= {agent["name"] for agent in found["agents"]}
    assert [one["name"] for one in found["skills"]] == ["tides", "warn"]
    sources = {source["name"]: source for source in found["sources"]}
    assert {"item", "related", "jobs", "member"} <= set(sources)
    assert (sources["member"]["partition"], sources["item"]["partition"]) == ("member", "public")
    assert all(source["summary"] for source in sources.values())
    assert [(model["name"], model["used"]) for model in found["models"]] == [("none", False), ("scripted", True)]


async def test_its_page_is_served(tmp_path: Path) -> None:
    """With its script and style beside it."""
    with site_in(tmp_path) as site:
        async with running(site) as client:
            for path in ("/catalogue/", "/catalogue/catalogue.js", "/catalogue/catalogue.css"):
                assert (await client.ask("GET", path)).status == 200


BROKEN = """name = "wards"
[[agents]]
name = "takeaways"
version = 1
summary = "The few points."
form = "takeaways"
prompt = "{prompt}"
sources = ["{source}"]
"""


@pytest.mark.parametrize("command", ["agents", "skills"])
@pytest.mark.parametrize(
    ("source", "prompt", "template", "said"),
    [
        ("house-rules", "takeaways", None, "sources: no source is called 'house-rules'; known are"),
        ("item", "mine", "@user\n{% if evidence %}\n", "mend mine.jinja"),
        ("item", "mine", "@user\n{{ evidnce }}\n", "'evidnce' is undefined; mend mine.jinja"),
        ("item", "mine", "{{ evidence }}\n", "mine.jinja has no turn"),
        ("item", "mine", "@user\n{{ count + evidence }}\n", "mend mine.jinja"),
        ("item", "none", None, "there is no template of that name"),
    ],
)
def test_an_agent_that_cannot_answer_is_told_before_it_is_listed(
    tmp_path: Path, command: str, source: str, prompt: str, template: str | None, said: str
) -> None:
    """Its file, the field and the remedy, with status 2: what `ask` would say of it."""
    (tmp_path / "prompts").mkdir()
    (tmp_path / "usecase.toml").write_text(BROKEN.format(source=source, prompt=prompt))
    if template is not None:
        (tmp_path / "prompts" / "mine.jinja").write_text(template)
    with forgotten():
        result = CliRunner().invoke(app, [command], obj=Tools(), env={"NUTGRAF_USECASE": str(tmp_path)})

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"nutgraf: {tmp_path / 'usecase.toml'}: agent 'takeaways': ")
    assert said in result.stderr


@pytest.mark.parametrize("listed", ["3", "'tides'", "None", "{'tides': 1}"])
def test_a_module_that_lists_no_skills_is_named(tmp_path: Path, listed: str) -> None:
    """A wrong SKILLS is told as the module's own fault, with status 2."""
    file = tmp_path / "odd.py"
    file.write_text(f"SKILLS = {listed}\n")
    with forgotten():
        result = nutgraf(tmp_path, "skills", "--skills", str(file))

    assert result.exit_code == 2
    assert f"SKILLS in {file} must be a list or tuple of skills" in result.stderr

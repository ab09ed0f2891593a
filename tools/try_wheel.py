"""Installs a wheel into a new environment and tests it there, in a folder without the sources."""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ("core.txt", "test.txt")


def main(wheel: Path) -> None:
    """Try one wheel. Exits with the tests' status."""
    with tempfile.TemporaryDirectory(prefix="nutgraf-wheel-") as name:
        folder = Path(name)
        python = folder / "env" / "bin" / "python"
        uv = shutil.which("uv")
        venv.create(folder / "env", with_pip=uv is None)
        pip = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
        print(f"wheel: installing {wheel.name} into an environment of its own", flush=True)
        pins = [part for pin in PINS for part in ("-r", str(ROOT / "requirements" / pin))]
        subprocess.run([*pip, "--quiet", "--require-hashes", *pins], check=True, cwd=folder)
        subprocess.run([*pip, "--quiet", "--no-deps", str(wheel)], check=True, cwd=folder)
        shutil.copy(ROOT / "pyproject.toml", folder)
        shutil.copytree(ROOT / "tests" / "packaging", folder / "tests" / "packaging")
        shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"NUTGRAF_WHEEL": str(wheel)}
        command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", "tests/packaging", "-m", "wheel"]
        raise SystemExit(subprocess.run(command, check=False, cwd=folder, env=environment).returncode)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python tools/try_wheel.py WHEEL")
    main(Path(sys.argv[1]).resolve())

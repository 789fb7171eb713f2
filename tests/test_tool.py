"""Every command for maintainers runs wherever a maintainer sits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tool import ROOT

MAIN = '\nif __name__ == "__main__":\n'
TOOLS = [path for path in sorted(ROOT.glob("tests/**/*.py")) if MAIN in path.read_text("utf-8")]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool as a pipe on Windows does, in an encoding that has no ``→`` and no ``−``."""
    return subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        encoding="cp1252",
    )


@pytest.mark.parametrize("tool", TOOLS, ids=lambda path: path.stem)
def test_every_tool_prints_anywhere_before_it_prints(tool: Path):
    assert tool.read_text(encoding="utf-8").partition(MAIN)[2].startswith("    print_anywhere()\n")


def test_diagnoses_print_anywhere():
    done = run(ROOT / "tests" / "tools" / "diagnoses.py")
    assert done.stderr == ""
    assert done.returncode == 0
    assert r"\u" in done.stdout  # otherwise this encoding has all that it prints


@pytest.mark.slow
def test_refresh_says_anywhere_why_it_failed(write_notebook):
    path = write_notebook(("code", "raise ValueError('28 → 26')"), execute=False)
    done = run(ROOT / "tests" / "tools" / "refresh.py", path)
    assert done.returncode == 1
    assert r"28 \u2192 26" in done.stdout

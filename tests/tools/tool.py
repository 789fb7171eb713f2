"""What the maintainers' commands share. Needs nothing but Python, as ``pins.py`` does."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def print_anywhere() -> None:
    """Let no ``→`` or ``×`` end a command: where a console or a pipe lacks it, print its number.

    A pipe on Windows takes cp1252, and a shell without a locale may take ASCII.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")


def copy_repository(target: Path) -> None:
    """Copy what git tracks, and what it would track, but nothing that it ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    for name in set(listed.stdout.rstrip("\0").split("\0")):
        if (ROOT / name).is_file():  # git lists what has been deleted, too
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)

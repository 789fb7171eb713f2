"""Make the release of every homework, which is what students get, from its source.

    uv run --group test python tests/tools/release.py

nbgrader does the work, in a folder of its own: it takes out the solutions, the hidden tests and
all outputs, and locks the cells that grade. What it makes is written as tests/tools/refresh.py
writes a notebook. Running it twice changes nothing.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from lessons import NOTEBOOKS, neutral_environment, read
from refresh import normalise, to_text
from tool import print_anywhere

HOMEWORK = NOTEBOOKS / "homework"
NOT_OURS = shutil.ignore_patterns(".ipynb_checkpoints")


class NbgraderError(Exception):
    """nbgrader did not do what it was asked to do; the message is its log."""


def nbgrader(course: Path, *arguments: str) -> str:
    """Run nbgrader in a course folder, without the settings of whoever runs it; return its log.

    Raises ``NbgraderError`` when it fails.
    """
    # nbgrader calls alembic, which stands beside this Python, by its name.
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    own = {"JUPYTER_NO_CONFIG": "1", "PATH": path}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        own[name] = str(course / ".jupyter")
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(
        command, cwd=course, env=os.environ | own, capture_output=True, encoding="utf-8"
    )
    log = done.stdout + done.stderr
    if done.returncode:
        raise NbgraderError(f"nbgrader {' '.join(arguments)}:\n{log}")
    return log


def release(course: Path, assignment: str) -> dict[Path, str]:
    """Let nbgrader release an assignment in a course folder that has no sources yet.

    Returns the text of each notebook by its path under ``HOMEWORK``.
    """
    shutil.copytree(
        HOMEWORK / "source" / assignment, course / "source" / assignment, ignore=NOT_OURS
    )
    nbgrader(course, "generate_assignment", assignment)
    made = sorted((course / "release" / assignment).glob("*.ipynb"))
    return {path.relative_to(course): to_text(normalise(read(path), path.stem)) for path in made}


def main() -> None:
    """Release all assignments."""
    for source in sorted(path for path in (HOMEWORK / "source").iterdir() if path.is_dir()):
        with tempfile.TemporaryDirectory(prefix="release-") as folder:
            notebooks = release(Path(folder), source.name)
        for name, text in notebooks.items():
            path = HOMEWORK / name
            changed = not path.exists() or path.read_text(encoding="utf-8") != text
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{name.as_posix()}  {'changed' if changed else 'unchanged'}")


if __name__ == "__main__":
    print_anywhere()
    neutral_environment()
    main()

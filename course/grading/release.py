"""Make what a class gets of an assignment, or one student: settings of their own, no solutions.

    python -m course.grading.release padding --secret secret.txt
    python -m course.grading.release padding --secret secret.txt --student ada

It is run in the folder of a class, and reads and writes what nbgrader's ``generate_assignment``
reads and writes there: ``source/padding/padding.ipynb`` and ``release/padding/padding.ipynb``, or
``release/ada/padding/padding.ipynb`` for a student. The same secret always makes the same, and who
grades needs it too.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.grading.assignment import draw, read, word
from course.grading.collect import CollectError, source_of
from course.grading.submission import cells_of, shows_others
from course.text import for_any_terminal

SHORTEST = 16  # characters of a secret, so that nobody tries all
MAKE = """make one with: python -c 'import secrets; open("{}", "x").write(secrets.token_hex())'"""


def strip(notebook: NotebookNode) -> NotebookNode:
    """The notebook without solutions and outputs, and with its locks, as nbgrader releases it."""
    from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells

    for step in (LockCells, ClearSolutions, ClearOutput, ComputeChecksums):
        notebook, _ = step().preprocess(notebook, {})
    return notebook


def main(arguments: list[str] | None = None) -> int:
    """Make one release; 1 if that cannot be done."""
    for_any_terminal()
    parser = argparse.ArgumentParser(prog="python -m course.grading.release")
    parser.add_argument("assignment", help="such as padding")
    parser.add_argument("--secret", type=Path, required=True, help="a file; keep it to yourself")
    parser.add_argument("--student", default="", help="for settings of this student's own")
    asked = parser.parse_args(arguments)
    name = Path(asked.assignment, f"{asked.assignment}.ipynb")
    made = Path("release", asked.student, name)
    try:
        source = source_of(asked.assignment)
    except CollectError as error:
        print(error)
        return 1
    secret = asked.secret.read_text(encoding="utf-8").strip() if asked.secret.exists() else ""
    if len(secret) < SHORTEST:
        print(f"{asked.secret} holds no secret: {MAKE.format(asked.secret)}")
        return 1
    assignment = read(asked.assignment, source.read_text("utf-8"), secret, asked.student)
    if made.exists() and shows_others(assignment, cells_of(made.read_bytes())):
        print(f"{made} has other settings: if nobody got it yet, delete it and run this again.")
        return 1
    notebook = nbformat.read(source, as_version=4)
    made.parent.mkdir(parents=True, exist_ok=True)
    draw(notebook.cells, word(secret, asked.assignment, asked.student))
    nbformat.write(strip(notebook), made)
    print(f"Hand out {made}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Make what a class gets of an assignment, or one student: settings of their own, no solutions.

    python -m course.grading.release padding --secret secret.txt
    python -m course.grading.release padding --secret secret.txt --student ada

It is run in the folder of a class, and reads and writes what nbgrader's ``generate_assignment``
reads and writes there: ``source/padding/padding.ipynb`` and ``release/padding/padding.ipynb``, or
``release/ada/padding/padding.ipynb`` for a student. The same secret always makes the same, and who
grades needs it too.
"""

import argparse
import ast
import copy
import hashlib
import hmac
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course import questions

SHORTEST = 16  # characters of a secret, so that nobody tries all
MAKE = "make one with: python -c 'import secrets; print(secrets.token_hex())' > secret.txt"


def word(secret: str, assignment: str, name: str, student: str = "") -> str:
    """What the setting of that name is drawn from; without the secret it cannot be told."""
    message = "\0".join((assignment, name, student))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()[:12]


def draw(notebook: NotebookNode, assignment: str, secret: str, student: str = "") -> NotebookNode:
    """The notebook with another setting in each cell that has the tag "drawn".

    Such a cell is a single ``name = questions.…``.
    """
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if "drawn" in cell.metadata.get("tags", ()):
            (statement,) = ast.parse(cell.source).body
            name, made = map(ast.unparse, (statement.targets[0], statement.value))
            number = int(word(secret, assignment, name, student), 16)
            question = eval(made, {"questions": questions}).another(number)
            settings = "".join(f"    {key}={_lines(v)},\n" for key, v in question.setting.items())
            cell.source = f"{name} = questions.{question.kind}(\n{settings})"
    return notebook


def _lines(value: object) -> str:
    """A value as code, each layer of a network in a line of its own."""
    if not isinstance(value, tuple) or not all(isinstance(each, dict) for each in value):
        return repr(value)
    return "".join(["(\n", *(f"        {layer!r},\n" for layer in value), "    )"])


def strip(notebook: NotebookNode) -> NotebookNode:
    """The notebook without solutions and outputs, and with its locks, as nbgrader releases it."""
    from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells

    for step in (LockCells, ClearSolutions, ClearOutput, ComputeChecksums):
        notebook, _ = step().preprocess(notebook, {})
    return notebook


def main(arguments: list[str] | None = None) -> int:
    """Make one release; 1 if that cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m course.grading.release")
    parser.add_argument("assignment", help="such as padding")
    parser.add_argument("--secret", type=Path, required=True, help="a file; keep it to yourself")
    parser.add_argument("--student", default="", help="for settings of this student's own")
    asked = parser.parse_args(arguments)
    name = Path(asked.assignment, f"{asked.assignment}.ipynb")
    source, made = Path("source", name), Path("release", asked.student, name)
    if not source.exists():
        print(f"There is no {source} here: run this in the folder of your class.")
        return 1
    secret = asked.secret.read_text(encoding="utf-8").strip() if asked.secret.exists() else ""
    if len(secret) < SHORTEST:
        print(f"{asked.secret} holds no secret: {MAKE}")
        return 1
    notebook = nbformat.read(source, as_version=4)
    made.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(strip(draw(notebook, asked.assignment, secret, asked.student)), made)
    print(f"Hand out {made}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

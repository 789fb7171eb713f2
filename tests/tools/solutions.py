"""Do the folded solutions of a lesson solve its exercises?

    uv run --group test python tests/tools/solutions.py notebooks/02_padding.ipynb

The code of a solution is put into the cells of its exercise, and these must then say that all is
right. The exit code is 1 if one does not.
"""

import ast
import copy
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from lessons import EXERCISE, PRINTED, SOLUTION, VALUES, neutral_environment, read, run
from nbformat import NotebookNode
from tool import print_anywhere


def exercises(notebook: NotebookNode) -> Iterator[tuple[list[NotebookNode], str]]:
    """The code cells of each exercise of a lesson, and the code of its solution."""
    asked: list[list[NotebookNode]] = []
    for cell in notebook.cells:
        if "<summary>Solutions</summary>" in cell.source:
            solutions = re.split(r"^\d+\. ", cell.source, flags=re.MULTILINE)[1:]
            codes = ("".join(map(textwrap.dedent, SOLUTION.findall(each))) for each in solutions)
            if len(solutions) != len(asked):
                counts = f"{len(solutions)} solutions, and {len(asked)} exercises"
                title = notebook.cells[0].source.partition("\n")[0]
                raise ValueError(f"{title}: {counts}, each a text with **1.** and then its code")
            yield from zip(asked, codes, strict=True)
        elif EXERCISE.search(cell.source):
            asked.append([])
        elif cell.cell_type == "code" and asked:
            asked[-1].append(cell)


def begins(statement: ast.AST) -> str | None:
    """What a statement has in common with another version of it."""
    found = re.match(r"def \w+|return|[^=(]+ =|\w+\(\w+", ast.unparse(statement))
    return found and found[0]


def put(code: str, cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells with each statement of the code in place of the one that begins alike.

    Where none does, it comes before the next one.
    """
    cells, new = copy.deepcopy(cells), []
    for statement in ast.parse(code).body:
        new.append(ast.unparse(statement))
        places = [
            (cell, old)
            for cell in cells
            for old in ast.walk(ast.parse(cell.source))
            if isinstance(old, ast.stmt) and begins(old) == begins(statement) is not None
        ]
        for cell, old in places:  # one, if any
            lines = cell.source.split("\n")
            text = textwrap.indent("\n".join(new), " " * old.col_offset)
            lines[old.lineno - 1 : old.end_lineno] = [text]
            cell.source, new = "\n".join(lines), []
    assert not new, f"nothing in the exercise begins like {new}"
    return cells


def says_right(cells: list[NotebookNode], namespace: dict) -> bool:
    """Whether cells said, when they ran, that all is right."""
    kinds = PRINTED, VALUES
    said = " ".join(f"{namespace[kind][cell.id]}" for cell in cells for kind in kinds).lower()
    return bool(re.search(r"\b(right!|well done!|yes,)", said)) and not re.search(r"\byet\b", said)


def says_right_to(code: str, cells: list[NotebookNode], folder: Path, namespace: dict) -> bool:
    """Whether cells say that all is right with this code in them, in a lesson's namespace."""
    notebook = NotebookNode(cells=put(code, cells))
    return says_right(cells, run(notebook, folder, namespace))


def unsolved(notebook: NotebookNode, folder: Path, namespace: dict) -> Iterator[str]:
    """Exercises that do not take their solution."""
    for number, (cells, code) in enumerate(exercises(notebook), start=1):
        if not says_right_to(code, cells, folder, namespace):
            yield f"exercise {number} does not take its solution"


def main(arguments: list[str]) -> int:
    """Print what is wrong; 1 if there is anything."""
    problems = []
    for path in map(Path, arguments):
        notebook = read(path)
        namespace = run(notebook, path.parent)
        problems += [f"{path}: {each}" for each in unsolved(notebook, path.parent, namespace)]
    for problem in problems:
        print(problem)
    return int(bool(problems))


if __name__ == "__main__":
    print_anywhere()
    neutral_environment()
    sys.exit(main(sys.argv[1:]))

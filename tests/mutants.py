"""Change the lessons in small ways and see whether the tests notice.

    uv run --group test python tests/mutants.py [notebook ...]

In code cells every number becomes one more, and every named padding another one; in the prose
every number becomes one more in its last digit. A mutant of the code runs in a copy of the
lessons: nbval executes it strictly and then, if it is still alive, the checks in the prose are
tried. A mutant of the prose needs no execution, because the checks themselves stay as they are.
The exit code is 1 if a mutant survives without a reason in ``SURVIVORS``.
"""

import ast
import copy
import io
import os
import shutil
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from lessons import (
    NOTEBOOKS,
    ROOT,
    cells,
    lesson_paths,
    neutral_environment,
    numbers,
    read,
    text_problems,
)
from nbformat import NotebookNode
from refresh import to_text
from tool import print_anywhere

OTHER_PADDING = {"valid": "same", "same": "valid", "causal": "full", "full": "causal"}
AT_A_TIME = 2  # kernels; one with TensorFlow takes 0.6 GB

# Mutants that change nothing a reader could be wrong about, each with the reason:
# (lesson, cell id, line, "original → mutant"): reason
SURVIVORS = {
    (
        "02_padding",
        "padding-08",
        3,
        "1 → 2",
    ): "whether a window fits does not depend on the channels",
    ("02_padding", "padding-20", 2, "28 → 29"): "at stride 1, `same` pads every size alike",
    ("04_stride", "stride-16", 5, "1 → 2"): "how many channels are read does not change the shape",
    ("04_stride", "stride-40", 3, "0 → 1"): "all windows but the last ones read nine ones",
    ("04_stride", "stride-43", 2, "3 → 4"): "the size after `same` does not depend on the kernel",
}


@dataclass(frozen=True)
class Mutant:
    """A lesson with one thing changed: ``before`` at position ``start`` of a cell's source."""

    path: Path
    lesson: NotebookNode = field(repr=False, compare=False)  # as it is, unchanged
    cell: int
    start: int
    before: str
    after: str

    @property
    def kind(self) -> str:
        """The kind of cell that is changed, "code" or "markdown"."""
        return self.lesson.cells[self.cell].cell_type

    @property
    def notebook(self) -> NotebookNode:
        """The changed notebook."""
        notebook = copy.deepcopy(self.lesson)
        source = notebook.cells[self.cell].source
        end = self.start + len(self.before)
        notebook.cells[self.cell].source = source[: self.start] + self.after + source[end:]
        return notebook

    @property
    def key(self) -> tuple[str, str, int, str]:
        """How ``SURVIVORS`` calls it."""
        cell = self.lesson.cells[self.cell]
        line = cell.source.count("\n", 0, self.start) + 1
        return self.path.stem, cell.get("id", ""), line, f"{self.before} → {self.after}"

    def __str__(self) -> str:
        lesson, cell, line, change = self.key
        text = self.lesson.cells[self.cell].source.splitlines()[line - 1].strip()
        return f"{lesson}, cell {self.cell + 1} ({cell}), line {line}: {change} in “{text}”"


def mutants(path: Path) -> list[Mutant]:
    """All mutants of a lesson, in reading order."""
    lesson = read(path)
    changes = {"code": code_changes, "markdown": prose_changes}
    return [
        Mutant(path, lesson, position, *change)
        for position, cell in enumerate(lesson.cells)
        if cell.cell_type in changes and not _is_graded(cell)
        for change in changes[cell.cell_type](cell.source)
    ]


def _is_graded(cell: NotebookNode) -> bool:
    """Whether nbgrader minds this code: tests/homework tries answers on it, right and wrong."""
    return cell.cell_type == "code" and "nbgrader" in cell.metadata


def code_changes(source: str) -> Iterator[tuple[int, str, str]]:
    """(start, before, after) of every number and every named padding in a code cell.

    >>> list(code_changes("Window(3, padding='same')"))
    [(7, '3', '4'), (18, "'same'", "'valid'")]
    """
    rows = [0]
    for line in source.splitlines(keepends=True):
        rows.append(rows[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        before, after = token.string, None
        if token.type == tokenize.NUMBER and isinstance(ast.literal_eval(before), int | float):
            after = repr(ast.literal_eval(before) + 1)
        elif token.type == tokenize.STRING and (padding := before.strip("'\"")) in OTHER_PADDING:
            after = before.replace(padding, OTHER_PADDING[padding])
        if after:
            row, column = token.start
            yield rows[row - 1] + column, before, after


def prose_changes(source: str) -> Iterator[tuple[int, str, str]]:
    """(start, before, after) of every number that a reader of a Markdown cell sees.

    >>> list(prose_changes("9.9 % of 2,002,698"))
    [(0, '9.9', '10.0'), (9, '2,002,698', '2002699')]
    """
    for number in numbers(source):
        last_digit = Decimal(1).scaleb(number.value.as_tuple().exponent)
        before = source[number.start : number.end]
        yield number.start, before, f"{number.value + last_digit:f}"


def killed(mutant: Mutant) -> bool:
    """Whether the tests notice the mutant."""
    if mutant.kind == "markdown":
        return text_problems(mutant.notebook) != text_problems(mutant.lesson)
    return not passes(mutant.path, mutant.notebook)


def passes(path: Path, notebook: NotebookNode) -> bool:
    """Whether the tests accept ``notebook`` in the place of ``path``.

    Raises ``RuntimeError`` when they cannot tell.
    """
    lessons_folder = NOTEBOOKS if path.resolve().is_relative_to(NOTEBOOKS) else path.parent
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copied = Path(folder, "notebooks")
        shutil.copytree(lessons_folder, copied)
        changed = copied / path.resolve().relative_to(lessons_folder.resolve())
        changed.write_text(to_text(notebook), encoding="utf-8")
        pytest = ["-m", "pytest", "-c", "pyproject.toml", "-x", "-p", "no:cacheprovider"]
        nbval = [*pytest, "--numprocesses=0", str(changed)]
        prose = ["tests/lessons.py", str(changed)]
        return _succeeds(nbval) and _succeeds(prose)


def _succeeds(command: list[str]) -> bool:
    # A pytest that runs this must not pass its own settings on.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=clean, capture_output=True, text=True
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} broke off:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def survivors(candidates: list[Mutant]) -> list[Mutant]:
    """Those of the mutants that the tests do not notice.

    Raises ``RuntimeError`` if a lesson fails unchanged, for then every mutant would seem killed,
    or was never executed, for then nbval has nothing to compare and none would.
    """
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        lessons = {mutant.path: mutant.lesson for mutant in candidates}
        for path, good in zip(lessons, pool.map(passes, lessons, lessons.values()), strict=True):
            if not good:
                raise RuntimeError(f"{path} fails before anything is changed in it")
            if any(cell.execution_count is None for _, cell in cells(lessons[path], "code")):
                raise RuntimeError(f"{path} has cells that were never executed: refresh it")
        verdicts = list(pool.map(killed, candidates))
    return [mutant for mutant, dead in zip(candidates, verdicts, strict=True) if not dead]


def main(arguments: list[str]) -> int:
    """Try all mutants of the lessons named, or of all lessons; 1 if one survives unexplained."""
    print(f"{'lesson':30}{'mutants':>8}{'killed':>8}{'survived':>9}")
    alive = []
    for path in [Path(name) for name in arguments] or lesson_paths():
        candidates = mutants(path)
        left = survivors(candidates)
        alive += left
        counts = len(candidates), len(candidates) - len(left), len(left)
        print(f"{path.stem:30}{counts[0]:8}{counts[1]:8}{counts[2]:9}", flush=True)
    for mutant in alive:
        print(f"{mutant}\n    {SURVIVORS.get(mutant.key, 'NO REASON GIVEN')}")
    return int(any(mutant.key not in SURVIVORS for mutant in alive))


if __name__ == "__main__":
    print_anywhere()
    neutral_environment()
    sys.exit(main(sys.argv[1:]))

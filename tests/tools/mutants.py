"""Change the lessons in small ways and see whether the tests notice.

    uv run --group test python tests/tools/mutants.py [--fast] [notebook ...]

In code cells every number becomes one more, and every named padding another one. In the prose
every number becomes one more in its last digit, two different numbers of a sentence change places,
and each text gets a false sentence. A mutant of the code runs in a copy of the lessons: nbval
executes it strictly and then, if it is still alive, the numbers in the prose are computed. A mutant
of the prose needs no execution, because what is computed stays as it is. The exit code is 1 if a
mutant survives without a reason in ``SURVIVORS``.

With ``--fast`` there is no nbval: a mutant of the code runs in this process, as in the fast tests.
"""

import ast
import contextlib
import copy
import ctypes
import gc
import inspect
import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, is_dataclass
from decimal import Decimal
from functools import cache, wraps
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import prose
from lessons import (
    LINK,
    NOTEBOOKS,
    ROOT,
    VALUES,
    cells,
    lesson_paths,
    neutral_environment,
    output_problems,
    read,
    run,
)
from nbformat import NotebookNode
from prose import Broken, Number
from refresh import to_text
from solutions import unsolved
from tool import print_anywhere

from course import digits, training
from course.geometry import Window
from course.predict.prediction import Prediction

LONGEST_RUN = 120  # seconds until a loop counts as endless; a lesson that trains needs twenty
OTHER_PADDING = {"valid": "same", "same": "valid", "causal": "full", "full": "causal"}
AT_A_TIME = 2  # kernels; one with TensorFlow takes 0.6 GB

# Mutants that change nothing a reader could be wrong about, by the reason.
SURVIVORS = {
    key: why
    for why, keys in {
        "one of them only meets weights of 0": [
            "sliding-window-29, line 1: 1 → 2",
            "sliding-window-29, line 1: 2 → 3",
        ],
        "the sizes are even: 3 and 4 end the loop at the same one": [
            "padding-08, line 2: 3 → 4",
        ],
        "rows and columns decide whether a window fits": ["padding-10, line 4: 1 → 2"],
        "one axis on which the window does not fit is enough": ["padding-10, line 4: 2 → 3"],
        "a larger window does not fit either": ["padding-10, line 4: 3 → 4"],
        "what the student has still to write": [
            "padding-30, line 6: 0 → 1",
            "which-32, line 1: 2 → 3",
            'which-32, line 1: "same" → "valid"',
            "which-32, line 2: 28 → 29",
            "field-31, line 1: 0 → 1",
            "back-25, line 1: 4 → 5",
        ],
        "how many channels are read does not change the shape": [
            "channels-28, line 1: 2 → 3",
            "channels-33, line 3: 3 → 4",
            "stride-18, line 4: 1 → 2",
        ],
        "a test shows that the way around has two poolings": ["channels-37, line 1: 0 → 1"],
        "the dye comes in by one pixel, however much is outside": ["border-25, line 3: 1 → 2"],
        "the dye comes in by one pixel all the same": ['border-25, line 3: "valid" → "same"'],
        "the first six stay": ["border-28, line 4: 7 → 8"],
        "what is shown holds for any of them": [
            "border-31, line 5: 0.6 → 1.6",
            "stride-10, line 5: 1 → 2",
            "stride-10, line 5: 255 → 256",
            "stride-10, line 6: 1 → 2",
            "stride-10, line 6: 9 → 10",
            "which-19, line 2: 256 → 257",
            "which-19, line 2: 1 → 2",
            "which-24, line 1: 7 → 8",
            "bill-26, line 6: 16 → 17",
            'bill-26, line 6: "same" → "valid"',
            "bill-26, line 7: 40 → 41",
            "bill-26, line 7: 60 → 61",
            "bill-26, line 7: 8 → 9",
            "where-06, line 1: 0 → 1",
            "where-06, line 3: 4 → 5",
            "where-06, line 3: 13 → 14",
            "where-29, line 6: 2 → 3",
            "where-29, line 6: 5 → 6",
            "back-25, line 2: 90 → 91",
            "back-25, line 2: 40 → 41",
            "back-29, line 4: 3 → 4",
        ],
        "a frame has two sides": [
            "border-31, line 7: 0 → 1",
            "border-31, line 7: 1 → 2",
        ],
        "a corner is a corner on two pictures, channels, steps": ["stride-27, line 1: 1 → 2"],
        "a corner is a corner on a larger picture": ["stride-27, line 1: 28 → 29"],
        "a corner is as if nothing were outside": ['stride-27, line 1: "same" → "valid"'],
        "it runs where PyTorch is installed": [
            "which-24, line 8: 0 → 1",
            "which-24, line 8: 1 → 2",
            "which-24, line 8: 2 → 3",
        ],
        "an unknown size stays unknown": [
            "which-28, line 1: 1 → 2",
            "which-28, line 1: 2 → 3",
            "which-28, line 1: 3 → 4",
            'which-28, line 1: "same" → "valid"',
        ],
        "the two axes are alike": ["field-12, line 8: 0 → 1"],
        "what is rounded is not shown": ["field-20, line 6: 3 → 4"],
        "a size is odd: one of 60 is one of 61": ["field-33, line 4: 60 → 61"],
        "the last row and column are not read": ["bill-17, line 7: 21 → 22"],
        "what differs between machines is not compared": ["bill-20, line 10: 0 → 1"],
        "seconds differ more than that": [
            "bill-20, line 5: 1 → 2",
            "bill-20, line 5: 7 → 8",
            "bill-20, line 13: 1 → 2",
            "bill-20, line 13: 15 → 16",
        ],
        "what is furthest apart stays so": [
            "shift-16, line 7: 0 → 1",
            "shift-16, line 7: 1 → 2",
            'shift-16, line 8: "valid" → "same"',
        ],
        "rows and columns are alike, and so is a channel": [
            "back-10, line 5: 1 → 2",
            "back-10, line 7: 1 → 2",
            "back-10, line 8: 1 → 2",
            "back-13, line 3: 1 → 2",
            "back-13, line 4: 1 → 2",
        ],
        "one picture is shown, and one channel says it all": ["back-20, line 2: 1 → 2"],
        "what stands out, does so by more than one": ["where-27, line 6: 0 → 1"],
        "the solution stays right, and others wrong": [
            "shift-30, line 1: 0 → 1",
            "shift-30, line 2: 1 → 2",
            "shift-30, line 2: 31 → 32",
        ],
        "an axis begins at its lowest number": [
            "matter-12, line 2: 0.6 → 1.6",
            "matter-20, line 2: 0.6 → 1.6",
        ],
        "what is even stays even": ["back-20, line 2: 2 → 3"],
    }.items()
    for key in keys
}


def reason(mutant: "Mutant") -> str | None:
    """Why nobody could be wrong about a mutant that survives."""
    source = mutant.lesson.cells[mutant.cell].source
    if "predict.weakest(" in source:
        return "without a record, it is not drawn"
    if mutant.kind == "code" and "training.fit(" in source:
        return "a training is compared with stored ones, within a tolerance"
    return SURVIVORS.get(mutant.key)


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
    def key(self) -> str:
        """How ``SURVIVORS`` calls it; the name of a cell tells the lesson."""
        return f"{self._cell}, line {self._line}: {self.before} → {self.after}"

    @property
    def _cell(self) -> str:
        return self.lesson.cells[self.cell].get("id", "")

    @property
    def _line(self) -> int:
        return self.lesson.cells[self.cell].source.count("\n", 0, self.start) + 1

    def __str__(self) -> str:
        text = self.lesson.cells[self.cell].source.splitlines()[self._line - 1].strip()
        change = f"line {self._line}: {self.before} → {self.after}"
        return f"{self.path.stem}, cell {self.cell + 1} ({self._cell}), {change} in “{text}”"


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
    """(start, before, after) of every small lie about a number in a Markdown cell.

    >>> for change in prose_changes("9.9 % of five"):
    ...     print(change)
    (0, '9.9', '10.0')
    (9, 'five', 'six')
    (0, '9.9 % of five', 'five % of 9.9')
    (13, '', ' It is 7.')
    (13, '', ' There are seven of them.')
    """
    numbers = prose.numbers(source)
    for number in [*numbers, *counted(source)]:
        yield number.start, number.text, one_more(number)
    for left, right in itertools.combinations(numbers, 2):
        together = prose.sentence(source, left) == prose.sentence(source, right)
        alike = left.text == right.text or set(left.values) & set(right.values)
        if together and not alike:
            between = source[left.end : right.start]
            before, after = (left.text, between, right.text), (right.text, between, left.text)
            yield left.start, "".join(before), "".join(after)
    for lie in (" It is 7.", " There are seven of them."):
        yield len(source), "", lie


def counted(source: str) -> list[Number]:
    """The numbers that only count something on the page, so that they have no expression."""
    found = [m for pattern in prose.SERIES.values() for m in pattern.finditer(source)]
    found += prose.TITLE.finditer(source)
    numbers = [Number(match[1], match.start(1)) for match in found]
    for link in LINK.finditer(source):
        if ".ipynb" in link["target"]:
            within = re.finditer(r"\b\d\d\b", link["text"])
            numbers += [Number(each[0], link.start("text") + each.start()) for each in within]
    return numbers


def one_more(number: Number) -> str:
    """How a number is written that is one more in its last digit.

    >>> [one_more(Number(text, 0)) for text in ("9.9", "2,002,698", "09", "thirteen", "half")]
    ['10.0', '2002699', '10', 'fourteen', 'quarter']
    """
    if not number.text[-1].isdigit():
        words, own = list(prose.WORDS), set(number.values)
        later = words[words.index(number.text.casefold()) :] + words
        return next(word for word in later if not own & set(prose.WORDS[word]))
    value = Decimal(re.sub(r"[,_]", "", number.text))
    last_digit = Decimal(1).scaleb(value.as_tuple().exponent)
    return f"{value + last_digit:f}".zfill(len(number.text) if number.text[0] == "0" else 0)


@cache
def facts(path: Path) -> tuple[Mapping, Mapping]:
    """The expressions of a lesson and their values."""
    notebook, expressions = read(path), prose.lines(path)
    return expressions, prose.evaluate(expressions, notebook, run(notebook, path.parent))


def killed(mutant: Mutant) -> bool:
    """Whether the tests notice the mutant."""
    if mutant.kind == "markdown":
        return bool(prose.prose_problems(mutant.notebook, *facts(mutant.path), mutant.path))
    return not passes(mutant.path, mutant.notebook)


def killed_fast(mutant: Mutant) -> bool:
    """Whether the fast tests notice the mutant."""
    if mutant.kind == "markdown":
        return killed(mutant)
    facts(mutant.path)  # which loads TensorFlow, if it is needed: that takes longer than a run
    notebook, expressions = mutant.notebook, prose.lines(mutant.path)
    try:
        with _time_limit(LONGEST_RUN):
            namespace = run(notebook, mutant.path.parent)
    except Exception:  # the lesson no longer runs
        return True
    values = prose.evaluate(expressions, notebook, namespace)
    return (
        any(output_problems(notebook, namespace))
        or bool(prose.prose_problems(notebook, expressions, values, mutant.path))
        or any(unsolved(notebook, mutant.path.parent, namespace))
    )


def unmoved(path: Path) -> list[str]:
    """The expressions that stay what they are whatever is changed in the lesson or the course.

    First no code runs again: each name of the lesson holds one more than it does, and so does what
    each cell shows; each method of `Window` gives one more than it should; lessons have other
    numbers, and tests other points; and an expression that calls something has other numbers in its
    calls, if what it gives is not just one of them. Then the digits are others, each mutant of the
    code runs in this process, and so does the lesson without each of its cells. What moves under
    none of them computes nothing. Networks stay untrained: it would take too long, and no text has
    a number that was trained.
    """
    with mock.patch.multiple(training, fit=lambda *_, **__: None, _done={}):
        return _unmoved(path)


def _unmoved(path: Path) -> list[str]:
    notebook, expressions = read(path), prose.lines(path)
    namespace = run(notebook, path.parent)
    left = {
        (cell, index): [line]
        for cell, of_it in expressions.items()
        for index, line in enumerate(of_it)
        if not line.is_free and not line.is_idiom
    }
    right = prose.evaluate(left, notebook, namespace)
    gc.freeze()  # Keras collects garbage after each run: let it not look at all that is old

    def drop_what_moves(notebook: NotebookNode, namespace: dict, but: type = ()) -> None:
        for key, (value,) in prose.evaluate(left, notebook, namespace).items():
            if repr(value) != repr(right[key][0]) and not isinstance(value, but):
                del left[key]

    def try_another(notebook: NotebookNode, but: type = ()) -> None:
        with contextlib.suppress(Exception):  # it may not even run
            with _time_limit(LONGEST_RUN):
                namespace = run(notebook, path.parent)
            drop_what_moves(notebook, namespace, but)
        if "keras" in sys.modules:  # a hundred models take a gigabyte
            sys.modules["keras"].utils.clear_session()

    methods = [name for name in vars(Window) if inspect.isfunction(getattr(Window, name))]
    ours = [(Window, name) for name in methods if not name.startswith("_")]
    for place, name in [
        *ours,
        *((prose, name) for name in ("lesson_number", "minutes", "points_of")),
    ]:
        with mock.patch.object(place, name, _one_more(getattr(place, name))):
            drop_what_moves(notebook, namespace)
    for name in namespace.keys() - {"__name__", VALUES}:
        drop_what_moves(notebook, namespace | {name: _one_more(namespace[name])}, Broken)
    for cell, shown in namespace[VALUES].items():
        values = namespace[VALUES] | {cell: _one_more(shown)}
        drop_what_moves(notebook, namespace | {VALUES: values}, Broken)
    for key, (line,) in [*left.items()]:
        value = right[key][0]
        others = prose.evaluate({"": [*_other_calls(line, value)]}, notebook, namespace)[""]
        if any(repr(other) != repr(value) for other in others if not isinstance(other, Broken)):
            del left[key]
    with mock.patch.object(digits, "load", _one_more(digits.load)):
        try_another(notebook)
    changes = [
        (each.lesson.cells[each.cell].id, each.notebook, ())
        for each in mutants(path)
        if each.kind == "code"
    ]
    for _, cell in cells(notebook, "code"):
        fewer = copy.deepcopy(notebook)
        fewer.cells = [each for each in fewer.cells if each.id != cell.id]
        # What the cell no longer defines breaks whatever names it, so that proves nothing.
        changes.append((cell.id, fewer, Broken))
    behind = {key: _cells_behind(line.text, notebook) for key, (line,) in left.items()}
    while left and changes:  # first where it may move most of them: each run takes its time
        counts = Counter(cell for key in left for cell in behind[key])
        _, changed, but = change = max(changes, key=lambda each: counts[each[0]])
        changes.remove(change)
        try_another(changed, but)
    gc.unfreeze()
    return [f"{cell}: {expressions[cell][index].text}" for cell, index in sorted(left)]


def _cells_behind(expression: str, notebook: NotebookNode) -> set[str]:
    """The code cells that an expression seems to depend on: those that set a name it needs."""
    needed, behind = _names(expression, ast.Load), set()
    for _, cell in reversed([*cells(notebook, "code")]):
        functions = re.findall(r"^def (\w+)", cell.source, re.MULTILINE)
        if cell.id in expression or needed & {*_names(cell.source, ast.Store), *functions}:
            behind.add(cell.id)
            needed |= _names(cell.source, ast.Load)
    return behind


def _names(source: str, use: type) -> set[str]:
    nodes = ast.walk(ast.parse(source))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, use)}


def _one_more(value: object) -> object:
    """The like of a value with every number one more, and one element more on every side.

    >>> _one_more((1, [2.5], "k = 3", {"n": 9}))
    (2, [3.5, 3.5], 'k = 4', {'n': 10}, {'n': 10})
    """
    if isinstance(value, np.ndarray) or hasattr(type(value), "numpy"):  # TensorFlow
        value = np.asarray(value)
        return np.pad(
            value.astype(value.dtype if value.dtype.kind == "f" else int) + 1, (0, 1), "edge"
        )
    if isinstance(value, str):
        return re.sub(r"\d+", lambda number: str(int(number[0]) + 1), value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, tuple | list):
        longer = [_one_more(each) for each in value]
        if hasattr(value, "_fields"):
            return type(value)(*longer)
        return type(value)([*longer, *longer[-1:]])
    if isinstance(value, dict):
        return {key: _one_more(each) for key, each in value.items()}
    if inspect.isfunction(value):
        another = wraps(value)(lambda *args, **settings: _one_more(value(*args, **settings)))
        another.__defaults__ = _one_more(value.__defaults__)
        return another
    if isinstance(value, Prediction):
        return SimpleNamespace(question=_one_more(value.question))
    if is_dataclass(value) and not isinstance(value, type):
        another = copy.copy(value)
        vars(another).update(_one_more(vars(value)))
        return another
    return value


def _other_calls(line: prose.Line, value: object) -> Iterator[prose.Line]:
    """The expression with each number in a call one more; none if it gives a number it names."""
    nodes = [*ast.walk(line.tree)]
    numbers = [node for node in nodes if isinstance(node, ast.Constant)]
    numbers = [node for node in numbers if type(node.value) in (int, float)]
    if any(node.value == value for node in numbers):
        return
    within = {
        id(inner)
        for node in nodes
        if isinstance(node, ast.Call)
        for each in node.args + node.keywords
        for inner in ast.walk(each)
    }
    for node in numbers:
        if id(node) in within:
            end = node.end_col_offset
            yield prose.Line(line.text[: node.col_offset] + repr(node.value + 1) + line.text[end:])


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise ``TimeoutError`` in a block that takes longer: some mutants never come to an end."""
    send = ctypes.pythonapi.PyThreadState_SetAsyncExc
    to = ctypes.c_ulong(threading.get_ident())
    timer = threading.Timer(seconds, send, (to, ctypes.py_object(TimeoutError)))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


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
        if prose.numbers_file(path).exists():
            shutil.copy(prose.numbers_file(path), prose.numbers_file(changed))
        pytest = ["-m", "pytest", "-c", "pyproject.toml", "-x", "-p", "no:cacheprovider"]
        nbval = [*pytest, "--numprocesses=0", str(changed)]
        tools = ("tests/tools/prose.py", "tests/tools/solutions.py")
        return _succeeds(nbval) and all(_succeeds([tool, str(changed)]) for tool in tools)


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
    fast = "--fast" in arguments
    for path in [Path(name) for name in arguments if name != "--fast"] or lesson_paths():
        candidates = mutants(path)
        left = (
            [each for each in candidates if not killed_fast(each)]
            if fast
            else survivors(candidates)
        )
        alive += left
        counts = len(candidates), len(candidates) - len(left), len(left)
        print(f"{path.stem:30}{counts[0]:8}{counts[1]:8}{counts[2]:9}", flush=True)
    for mutant in alive:
        print(f"{mutant}\n    {reason(mutant) or 'NO REASON GIVEN'}")
    return int(not all(map(reason, alive)))


if __name__ == "__main__":
    print_anywhere()
    neutral_environment()
    sys.exit(main(sys.argv[1:]))

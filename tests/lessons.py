"""What a lesson notebook contains, and whether its prose tells the truth.

Every number that a reader sees in a Markdown cell is accounted for by HTML comments in the same
cell, which readers do not see::

    A window of 3 pixels stops 26 times on 28 pixels. Look at it for 20 seconds.
    <!-- check: Window(3).output_size(28) == 26 -->
    <!-- given: 20 -->

A check is a Python expression (or several, separated by ``;`` or on lines of their own) that is
True in the lesson's namespace after all its code cells ran. The names in ``PRELUDE`` need no import
in the lesson. ``given`` lists numbers that are free choices, not results. One comment may hold
both, ``<!-- check: o == 26; given: 20 -->``.

A check may need numbers that the text does not say. ``refresh.py`` notes them in the cell's
metadata, so that none of them can vouch later for a number that has become wrong.

    uv run --group test python tests/lessons.py [notebook ...]

prints what is wrong with the prose of lessons, by default of all.
"""

import ast
import atexit
import contextlib
import importlib
import inspect
import io
import itertools
import os
import pkgutil
import re
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import nbformat
import numpy as np
from nbformat import NotebookNode
from tool import print_anywhere

import course

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"

# Whatever in a person's environment would change what a lesson prints.
DISTURBING = (
    *("COLUMNS", "LINES", "JUPYTER_COLUMNS", "NO_COLOR", "FORCE_COLOR"),
    *("MPLBACKEND", "MATPLOTLIBRC", "KERAS_HOME", "KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL"),
    *("PYTHONWARNINGS", "PYTHONOPTIMIZE", "TF_ENABLE_ONEDNN_OPTS"),
)

PRELUDE = {
    "np": "numpy",
    "ceil": "math:ceil",
    "Window": "course.geometry:Window",
    "keras": "keras",
    **{room: f"course.{room}" for room in course.ROOMS},
}

HEAVY = re.compile(r"\b(tensorflow|keras|models|ledger)\b")
COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
PROMISE = re.compile(r"(?:^|[;\n])\s*(check|given):(.*?)(?=\Z|[;\n]\s*(?:check|given):)", re.DOTALL)
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^()\s]+)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1", re.DOTALL | re.MULTILINE)
TAG = re.compile(r"</?[A-Za-z][^<>]*>")
NUMBER = re.compile(
    r"""
    (?: (?<=[0-9]x) | (?<![A-Za-z0-9]) (?<![A-Za-z0-9]_) (?<![0-9]\.) )  # conv1, v1.2: names
    (?! 0[0-9] )  # lesson 02: a name
    (?>
        [0-9]{1,3} (?: [,_] [0-9]{3} )+ (?![0-9]) (?:\.[0-9]+)?  # 2,002,698
      | [0-9]+ (?:\.[0-9]+)? (?:[eE][+-]?[0-9]+)?
      | \.[0-9]+
    )
    (?: (?=x[0-9]) | (?!_?[A-Za-z]) )  # 2D: a name
    """,
    re.VERBOSE,
)


def neutral_environment() -> None:
    """Remove from this process, and so from the kernels it starts, what would change outputs.

    A folder of its own for IPython keeps a person's startup files and settings out of lessons.
    """
    for name in DISTURBING:
        os.environ.pop(name, None)
    importlib.reload(course)  # which sets some of them, its own way
    folder = tempfile.mkdtemp(prefix="lessons-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["IPYTHONDIR"] = folder


def lesson_paths() -> list[Path]:
    """All notebooks of the course, in reading order.

    The release of a homework is none of them: it has holes, and is held to its source instead.
    """
    apart = {".ipynb_checkpoints", "release"}
    found = (path.relative_to(NOTEBOOKS) for path in NOTEBOOKS.glob("**/*.ipynb"))
    return sorted(NOTEBOOKS / path for path in found if apart.isdisjoint(path.parts))


def read(path: Path) -> NotebookNode:
    """A notebook as it stands in its file: nothing added, nothing repaired."""
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


def cells(notebook: NotebookNode, kind: str) -> Iterator[tuple[str, NotebookNode]]:
    """Cells of a kind ("code" or "markdown"), each with words that help to find it."""
    for position, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == kind:
            first = COMMENT.sub("", cell.source).strip().partition("\n")[0]
            yield f"cell {position} (“{first[:40]}”)", cell


def mentions_keras(notebook: NotebookNode) -> bool:
    """Whether the code of a lesson asks, by name, for TensorFlow, Keras or what needs them."""
    return any(HEAVY.search(cell.source) for _, cell in cells(notebook, "code"))


def run(notebook: NotebookNode, folder: Path) -> dict:
    """Run all code cells in this process, in ``folder``, and return the namespace they leave.

    What the cells print or show is thrown away. An exception carries a note with its cell.
    """
    namespace = {"__name__": "__main__"}
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.chdir(folder))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # nbval sees the lesson's warnings, in its real kernel
        stack.callback(os.environ.pop, "MPLBACKEND", None)
        os.environ["MPLBACKEND"] = "agg"  # no window opens on anybody's screen
        for where, cell in cells(notebook, "code"):
            try:
                exec(compile(cell.source, f"<{where}>", "exec"), namespace)
            except Exception as error:
                error.add_note(f"in {where}")
                raise
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    return namespace


@dataclass(frozen=True)
class Number:
    """A number in a text: its value, and where it stands."""

    value: Decimal
    start: int
    end: int


def numbers(markdown: str) -> list[Number]:
    """The numbers that a reader of a Markdown text sees, those of code included.

    Not counted: HTML comments and tags, link targets, the text of a link to a lesson, and digits
    that are part of a name.

    >>> [str(number.value) for number in numbers("Conv2D: 3×3 on 28x28x1, −.5, 26², 2,002,698")]
    ['3', '3', '28', '28', '1', '0.5', '26', '2002698']
    """
    text = COMMENT.sub(_blank, markdown)
    text = re.sub(r"!?\[[^\]]*\]\([^()\s]+\.ipynb[^()]*\)", _blank, text)
    text = re.sub(r"(?<=\])\([^()]+\)|^\[[^\]]+\]:.*$", _blank, text, flags=re.MULTILINE)
    text = re.sub(r"https?://[^\s)>]+", _blank, text)
    text = re.sub(r"&#?\w+;", _blank, TAG.sub(_blank, text))
    return [
        Number(Decimal(re.sub(r"[,_]", "", match[0])), match.start(), match.end())
        for match in NUMBER.finditer(text)
    ]


def quoted(markdown: str) -> Counter[Decimal]:
    """How often each number is quoted; the equal sides of ``3×3`` are one number.

    >>> [str(value) for value in quoted("a 3×3 window on 28 × 28 × 1").elements()]
    ['3', '28', '1']
    """
    found = numbers(markdown)
    count = Counter(number.value for number in found)
    for left, right in itertools.pairwise(found):
        between = markdown[left.end : right.start].strip()
        if left.value == right.value and between in ("×", "x"):
            count[right.value] -= 1
    return count


def checks(markdown: str) -> list[ast.expr]:
    """The expressions that a Markdown cell promises to be True.

    Raises ``SyntaxError`` for a check that is no Python expression.

    >>> [ast.unparse(check) for check in checks("<!-- check: o == 26; n > o -->")]
    ['o == 26', 'n > o']
    """
    statements = []
    for text in _comments(markdown, "check"):
        statements += ast.parse(inspect.cleandoc(text)).body
    for statement in statements:
        if not isinstance(statement, ast.Expr):
            raise SyntaxError(f"`{ast.unparse(statement)}` is a statement, not an expression")
    return [statement.value for statement in statements]


def literals(expression: ast.expr) -> Iterator[Decimal]:
    """The numbers written in an expression; those inside its strings are none."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield Decimal(repr(node.value))


def given(markdown: str) -> Counter[Decimal]:
    """The numbers that a Markdown cell lists as free choices."""
    texts = _comments(markdown, "given")
    return Counter(number.value for text in texts for number in numbers(text))


def checked(markdown: str) -> Counter[Decimal]:
    """The numbers written in the checks of a Markdown cell, which are Python."""
    return Counter(value for check in checks(markdown) for value in literals(check))


def unquoted(markdown: str) -> str:
    """The numbers that the comments of a Markdown cell need, but its text does not say.

    >>> unquoted("26 places <!-- check: Window(3).output_size(28) == 26 -->")
    '28, 3'
    """
    with contextlib.suppress(SyntaxError):  # which text_problems reports
        spare = checked(markdown) + given(markdown) - quoted(markdown)
        return ", ".join(f"{value:f}" for value in spare.elements())
    return ""


def text_problems(notebook: NotebookNode) -> list[str]:
    """Numbers in the prose that no check and no ``given`` accounts for, in words."""
    problems = []
    for where, cell in cells(notebook, "markdown"):
        for comment in COMMENT.findall(cell.source):
            if not PROMISE.match(comment):
                problems.append(f"{where}: <!-- {comment} --> is neither check: nor given:")
        try:
            backed = checked(cell.source)
        except SyntaxError as error:
            problems.append(f"{where}: a check is not Python: {error}")
            continue
        said, choices = quoted(cell.source), given(cell.source)
        for value in (said - backed - choices).elements():
            problems.append(
                f"{where}: nothing checks the number {value:f}. Write "
                f"<!-- check: … == {value:f} --> in this cell with what computes it, or "
                f"<!-- given: {value:f} --> if it is a free choice"
            )
        for value in (choices - said).elements():
            problems.append(f"{where}: the text does not use `given: {value:f}`. Delete it there")
        if unquoted(cell.source) != cell.metadata.get("unquoted", ""):
            problems.append(
                f"{where}: its numbers are others than when it was refreshed. "
                "If the text is right, run tests/refresh.py"
            )
    return problems


def check_problems(notebook: NotebookNode, namespace: dict) -> list[str]:
    """Checks in the prose that are not True in ``namespace``, in words."""
    problems = []
    for where, cell in cells(notebook, "markdown"):
        try:
            promises = checks(cell.source)
        except SyntaxError:  # reported by text_problems
            continue
        for promise in promises:
            shown = f"{where}: the check `{ast.unparse(promise)}`"
            names = {node.id for node in ast.walk(promise) if isinstance(node, ast.Name)}
            if not names:
                problems.append(f"{shown} computes nothing. Name what the lesson computed")
                continue
            try:
                scope = dict(namespace)
                for name in (names & PRELUDE.keys()) - namespace.keys():
                    scope[name] = pkgutil.resolve_name(PRELUDE[name])
                value = eval(compile(ast.Expression(promise), "<check>", "eval"), scope)
            except Exception as error:  # a check may do anything, and the author wants to know
                problems.append(f"{shown} raises {type(error).__name__}: {error}")
                continue
            if not (isinstance(value, bool | np.bool_) and value):
                problems.append(f"{shown} is {value!r}, not True")
    return problems


def prose_problems(notebook: NotebookNode, folder: Path) -> list[str]:
    """Everything that is wrong with the numbers in a lesson's prose; runs its code cells."""
    return text_problems(notebook) + check_problems(notebook, run(notebook, folder))


def _comments(markdown: str, word: str) -> list[str]:
    """The text of every ``check:`` or every ``given:``; one comment may hold several."""
    return [
        text
        for comment in COMMENT.findall(markdown)
        for kind, text in PROMISE.findall(comment)
        if kind == word
    ]


def _blank(match: re.Match) -> str:
    """As many blanks as the match is long, so that positions stay what they were."""
    return re.sub(r"[^\n]", " ", match[0])


if __name__ == "__main__":
    print_anywhere()
    neutral_environment()
    trouble = [
        f"{path}: {problem}"
        for path in [Path(name) for name in sys.argv[1:]] or lesson_paths()
        for problem in prose_problems(read(path), path.parent)
    ]
    print(*trouble, sep="\n", end="\n" if trouble else "")
    sys.exit(bool(trouble))

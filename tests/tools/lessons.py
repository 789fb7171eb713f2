"""What a lesson notebook contains, and what its code cells leave behind when they run."""

import ast
import atexit
import contextlib
import importlib
import io
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import nbformat
from IPython.lib.pretty import pretty
from nbformat import NotebookNode
from tool import ROOT

import course

NOTEBOOKS = ROOT / "notebooks"

# Whatever in a person's environment would change what a lesson prints.
DISTURBING = (
    *("COLUMNS", "LINES", "JUPYTER_COLUMNS", "NO_COLOR", "FORCE_COLOR"),
    *("MPLBACKEND", "MATPLOTLIBRC", "KERAS_HOME", "KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL"),
    *("PYTHONWARNINGS", "PYTHONOPTIMIZE", "TF_ENABLE_ONEDNN_OPTS"),
)

HEAVY = re.compile(r"\b(tensorflow|keras|models|ledger)\b")
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^()\s]+)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1", re.DOTALL | re.MULTILINE)
TAG = re.compile(r"</?(?:a|b|br|code|details|em|i|img|kbd|strong|su[bp]|summary)\b[^<>]*>")
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
CODE = re.compile(r"`[^`]*`")
WORD = re.compile(r"[^\W\d_]{2,}(?:[’'-][^\W\d_]+)*|\b[aAI]\b")
EXERCISE = re.compile(r"^\*\*(\d+)\.\*\*", re.MULTILINE)
# Code that a solution puts into the cell of its exercise; a test does so.
SOLUTION = re.compile(r"^ {0,3}```python\n(.*?)^ {0,3}```$", re.DOTALL | re.MULTILINE)
REPEATED = 2  # questions from earlier lessons, at the start of a lesson
BOLD = re.compile(r"\x1b\[[0-9;]*m")  # and colours, in a terminal
VALUES = "__values__"  # where a namespace keeps what the last line of each cell is worth
PRINTED = "__printed__"  # and what each cell prints
IGNORED = "# NBVAL_IGNORE_OUTPUT"  # nbval's mark of a cell whose output differs from run to run


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
    os.environ["PYTHONHASHSEED"] = "0"  # Keras prints sets in what it refuses
    from course.predict import record  # Matplotlib sees the surroundings as they are now

    # Somebody's own would choose the questions.
    os.environ[record.PLACE] = str(Path(folder, record.NAME))


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
            first = cell.source.strip().partition("\n")[0]
            yield f"cell {position} (“{first[:40]}”)", cell


def words(notebook: NotebookNode) -> int:
    """How many words a student reads; numbers, formulas, code and solutions are none."""
    texts = (CODE.sub("", FENCE.sub("", cell.source)) for _, cell in cells(notebook, "markdown"))
    texts = (TAG.sub("", LINK.sub(r"\g<text>", FOLDED.sub("", text))) for text in texts)
    return sum(len(WORD.findall(text)) for text in texts)


def predictions(notebook: NotebookNode) -> tuple[int, int]:
    """How many questions the lesson asks: of its own, and from earlier lessons."""
    sources = [cell.source for _, cell in cells(notebook, "code")]
    earlier = REPEATED if any("predict.weakest(" in source for source in sources) else 0
    return sum("predict.ask(" in source for source in sources) - earlier, earlier


def exercises(notebook: NotebookNode) -> int:
    """How many exercises it has: **1.**, **2.**, …"""
    return sum(len(EXERCISE.findall(cell.source)) for _, cell in cells(notebook, "markdown"))


def minutes(notebook: NotebookNode) -> int:
    """How long a student needs, running cells aside: for reading, predictions and exercises."""
    own, _ = predictions(notebook)
    return round(words(notebook) / 150 + 2 * own + 3 * exercises(notebook))


def mentions_keras(notebook: NotebookNode) -> bool:
    """Whether the code of a lesson asks, by name, for TensorFlow, Keras or what needs them."""
    return any(HEAVY.search(cell.source) for _, cell in cells(notebook, "code"))


def run(notebook: NotebookNode, folder: Path, before: dict | None = None) -> dict:
    """Run all code cells in this process, in ``folder``, and return the namespace they leave.

    It begins with the names that were there ``before``. Under the key ``VALUES`` it has, by the id
    of the cell, the value of each last line that is an expression, and under ``PRINTED`` what the
    cell prints. An exception carries a note with its cell.
    """
    namespace = {**(before or {}), "__name__": "__main__", VALUES: {}, PRINTED: {}}
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.chdir(folder))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # nbval sees the lesson's warnings, in its real kernel
        stack.callback(os.environ.pop, "MPLBACKEND", None)
        os.environ["MPLBACKEND"] = "agg"  # no window opens on anybody's screen
        for where, cell in cells(notebook, "code"):
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                try:
                    value = run_cell(cell.source, f"<{where}>", namespace)
                except Exception as error:
                    error.add_note(f"in {where}")
                    raise
            namespace[VALUES][cell.get("id")] = value
            namespace[PRINTED][cell.get("id")] = printed.getvalue()
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    return namespace


def output_problems(notebook: NotebookNode, namespace: dict) -> Iterator[str]:
    """Where the words that a notebook keeps are not those of this run, which left a namespace.

    A quick look at what nbval compares strictly, in a kernel: here without html and pictures.
    """
    for where, cell in cells(notebook, "code"):
        if IGNORED in cell.source:
            continue
        value = namespace[VALUES][cell.id]
        now = namespace[PRINTED][cell.id] + ("" if value is None else pretty(value))
        kept = (
            output.text if output.output_type == "stream" else output.data["text/plain"]
            for output in cell.outputs
        )
        if now.split() != BOLD.sub("", "\n".join(kept)).split():
            yield f"{where} prints or shows other words than the file keeps:\n{now}"


def run_cell(source: str, name: str, namespace: dict) -> object:
    """Run a cell as Jupyter does, and return the value that Jupyter would show."""
    module = ast.parse(source, name)
    last = module.body.pop() if module.body and isinstance(module.body[-1], ast.Expr) else None
    exec(compile(module, name, "exec"), namespace)
    return last and eval(compile(ast.Expression(last.value), name, "eval"), namespace)

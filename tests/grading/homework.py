"""Two small assignments, as a teacher writes them, and what a student hands in."""

import copy
import json
import re

SOLUTION = re.compile(r"( *)### BEGIN SOLUTION\n.*?### END SOLUTION", re.DOTALL)


def _cell(kind: str, source: str, **metadata) -> dict:
    cell = {"cell_type": kind, "metadata": metadata, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def _nbgrader(grade_id: str, **settings) -> dict:
    usual = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"nbgrader": {"grade_id": grade_id, "schema_version": 3} | usual | settings}


def _text(source: str) -> dict:
    return _cell("markdown", source)


def _locked(grade_id: str, source: str, **metadata) -> dict:
    return _cell("code", source, **_nbgrader(grade_id, locked=True), **metadata)


def _answer(name: str, solution: str, head: str = "") -> dict:
    space = "    " if head else ""
    lines = "\n".join(space + line for line in solution.splitlines())
    source = f"{head}{space}### BEGIN SOLUTION\n{lines}\n{space}### END SOLUTION"
    return _cell("code", source, **_nbgrader(name, solution=True))


def _graded(name: str, points: int, question: str) -> dict:
    settings = _nbgrader(f"{name}_points", grade=True, locked=True, points=points)
    return _cell("code", f"check({question}, {name})", **settings)


def notebook(cells: list[dict]) -> dict:
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


OUTPUT_SIZE = """\
if padding == "same":
    return -(-n // strides)
return (n - kernel_size) // strides + 1"""
SAME_PADS = """\
total = max((-(-n // strides) - 1) * strides + kernel_size - n, 0)
return total // 2, total - total // 2"""
SIZE = "size = output_size(shape.n, shape.kernel_size, shape.strides, shape.padding)"
MODEL = """\
model = keras.Sequential([keras.Input((28, 28, 1))])
model.add(layers.Conv2D(10, 3, strides=2, padding="same", activation="relu"))
model.add(layers.Conv2D(10, 3, strides=2, padding="same"))"""

PADDING = notebook(
    [
        _text("# Padding"),
        _locked("setup", "from course import questions\nfrom course.check import check"),
        _text("## The output size (2 points)"),
        _answer("output_size", OUTPUT_SIZE, "def output_size(n, kernel_size, strides, padding):\n"),
        _graded("output_size", 2, 'questions.write_output_size("")'),
        _text("## The zeros of `same` (2 points)"),
        _answer("same_pads", SAME_PADS, "def same_pads(n, kernel_size, strides):\n"),
        _graded("same_pads", 2, 'questions.write_same_pads("")'),
        _text("## Two numbers (2 points)"),
        _locked("shape", "shape = questions.output_size(28, 3, 2)", tags=["drawn"]),
        _answer("size", SIZE),
        _graded("size", 1, "shape"),
        _answer("pads", "pads = (0, 1)"),
        _graded("pads", 1, "questions.same_pads(28, 3, 2)"),
        _text("## In your own words (2 points)"),
        _cell(
            "markdown",
            "The odd zero goes after the input.",
            **_nbgrader("why", grade=True, solution=True, points=2),
        ),
    ]
)
DESIGN = notebook(
    [
        _text("# Design"),
        _locked(
            "setup",
            "from course import questions\nfrom course.check import check\n"
            "import keras\nfrom keras import layers",
        ),
        _locked(
            "wanted",
            "wanted = questions.build_model(\n    (28, 28, 1), (7, 7, 10), max_params=1_500, "
            "max_macs=100_000, min_field=7, max_kernel_size=3\n)",
        ),
        _answer("model", MODEL),
        _graded("model", 3, "wanted"),
        _answer("params", "params = 910"),
        _graded("params", 1, "questions.params(14, 3, 2, 'same', channels=10, filters=10)"),
    ]
)
POINTS = {
    "padding": {"output_size": 2, "same_pads": 2, "size": 1, "pads": 1},
    "design": {"model": 3, "params": 1},
}
SOURCES = {"padding": PADDING, "design": DESIGN}


class Book:
    """A notebook that a student works on: the release, with the teacher's answers in it.

    ``folder`` and ``port`` are what there is to steal outside: files of the teacher's and of
    other students, and a server that notes who calls.
    """

    def __init__(self, assignment: str, folder: str = "/nowhere", port: int = 1):
        self.release = copy.deepcopy(SOURCES[assignment])
        self.folder, self.port = folder, port
        for cell in self.release["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution"):
                stub = r"\1# YOUR CODE HERE\n\1raise NotImplementedError()"
                text = "YOUR ANSWER HERE" if cell["cell_type"] == "markdown" else None
                cell["source"] = text or SOLUTION.sub(stub, cell["source"])
        self.notebook = copy.deepcopy(self.release)
        for cell, solved in zip(self.cells, SOURCES[assignment]["cells"], strict=True):
            cell["source"] = re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", solved["source"])

    @property
    def cells(self) -> list[dict]:
        return self.notebook["cells"]

    def __getitem__(self, grade_id: str) -> dict:
        return self.cells[self.index(grade_id)]

    def index(self, grade_id: str) -> int:
        ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in self.cells]
        return ids.index(grade_id)

    def answer(self, **answers: str) -> None:
        for name, source in answers.items():
            self[name]["source"] = source

    def blank(self, *names: str) -> None:
        """Take the answers out, all without a name."""
        for cell in copy.deepcopy(self.release["cells"]):
            settings = cell["metadata"].get("nbgrader", {})
            if settings.get("solution") and (not names or settings["grade_id"] in names):
                self[settings["grade_id"]]["source"] = cell["source"]

    def add(self, source: str, before: str | None = None, after: str | None = None) -> None:
        """Put a code cell of one's own beside another; without one, right after the setup."""
        at = self.index(before) if before else self.index(after or "setup") + 1
        self.cells.insert(at, _cell("code", source))

    def remove(self, *grade_ids: str) -> None:
        for grade_id in grade_ids:
            del self.cells[self.index(grade_id)]

    def try_to_see(self, attempt: str) -> None:
        """Let ``attempt`` fill the list ``seen``; only who sees nothing has the size right."""
        self.add(f"seen = []\n{attempt}", before="size")
        self.answer(size=f"if seen:\n    size = repr(seen)\nelse:\n    {SIZE}")

    def __bytes__(self) -> bytes:
        return json.dumps(self.notebook, ensure_ascii=False).encode("utf-8", "surrogatepass")

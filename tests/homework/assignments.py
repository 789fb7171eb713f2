"""The assignments, what is drawn for a class or a student, and what is right in them."""

import ast
import copy
from collections.abc import Iterator

import lessons
from nbformat import NotebookNode
from release import HOMEWORK

from course import questions
from course.grading.assignment import draw, word
from course.grading.release import strip
from course.questions.exercises import BuildModel
from course.questions.layers import bill, network
from course.questions.mending import Mend, single_changes
from course.questions.question import picker

NAMES = ("padding", "stride", "design")
SECRETS = [f"a secret of class {number}" for number in range(20)]


def read(kind: str, name: str) -> NotebookNode:
    return lessons.read(HOMEWORK / kind / name / f"{name}.ipynb")


SOURCES = {name: read("source", name) for name in NAMES}
RELEASES = {name: read("release", name) for name in NAMES}


def of_class(name: str, secret: str, student: str = "") -> NotebookNode:
    """The source with the settings of a class, or of one student; the public one's without."""
    notebook = copy.deepcopy(SOURCES[name])
    if secret:
        draw(notebook.cells, word(secret, name, student))
    return notebook


def about(cell: NotebookNode) -> dict:
    """What nbgrader knows about a cell."""
    return cell.metadata.get("nbgrader", {})


def solutions(name: str) -> dict[str, str]:
    """What the source has in the cells that students fill in, by grade id."""
    cells = [cell for cell in SOURCES[name].cells if about(cell).get("solution")]
    return {about(cell)["grade_id"]: cell.source for cell in cells}


def run(notebook: NotebookNode, answers: dict[str, str]) -> tuple[dict[str, bool], dict]:
    """Which checks pass when a student writes this, and the namespace in the end."""
    namespace: dict = {"__name__": "__main__"}
    passed = {}
    for where, cell in lessons.cells(notebook, "code"):
        grade_id = about(cell).get("grade_id")
        source = answers.get(grade_id, cell.source) if about(cell).get("solution") else cell.source
        try:
            value = lessons.run_cell(source, where, namespace)
        except Exception:  # as in a notebook, the next cell can be run all the same
            value = False
        if about(cell).get("grade"):
            passed[grade_id] = bool(value)
    return passed, namespace


def asked(notebook: NotebookNode) -> Iterator[tuple[str, str, str, str]]:
    """Each part: its grade id, that of the cell to fill in, the question, the answer's name."""
    to_fill_in = ""
    for _, cell in lessons.cells(notebook, "code"):
        if about(cell).get("solution"):
            to_fill_in = about(cell)["grade_id"]
        if about(cell).get("grade"):
            calls = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Call)]
            (check,) = (call for call in calls if ast.unparse(call.func) == "check")
            question, answer = map(ast.unparse, check.args)
            yield about(cell)["grade_id"], to_fill_in, question, answer


def drawn(notebook: NotebookNode) -> dict[str, questions.Question]:
    """The questions of the cells that are drawn, by their names."""
    made: dict = {}
    for cell in notebook.cells:
        if "drawn" in cell.metadata.get("tags", ()):
            exec(cell.source, {"questions": questions}, made)
    return made


def of_design(question: questions.Question, seed: str) -> tuple[dict, ...]:
    """The layers that a drawn question was made of, or, of one to mend, mended layers."""
    if not isinstance(question, Mend):
        pick = picker(f"design {seed}")
        for _ in range(1000):
            shape, layers = network(pick)
            if question.input_shape == shape and not question.unfulfilled(bill(shape, layers)):
                return bill(shape, layers)["layers"]
    swapped = []
    for one in range(len(question.broken)):
        for other in range(one):
            layers = [dict(layer) for layer in question.broken]
            strides = layers[one]["strides"], layers[other]["strides"]
            layers[other]["strides"], layers[one]["strides"] = strides
            swapped.append(layers)
    for layers in [*single_changes(question.broken), *swapped]:
        try:
            if not question.unfulfilled(bill(question.input_shape, layers)):
                return bill(question.input_shape, layers)["layers"]
        except ValueError:  # Keras would not build it
            continue
    raise AssertionError(f"nothing mends {question}")


def right_answers(name: str, notebook: NotebookNode, seed: str) -> dict[str, str]:
    """What is right in a notebook with drawn settings, by the grade ids of the cells."""
    answers, made = solutions(name), drawn(notebook)
    for _, to_fill_in, question, answer in asked(notebook):
        if question in made and isinstance(made[question], BuildModel):
            each = made[question]
            layers = of_design(each, f"{question} {seed}")
            code = questions.mend(each.input_shape, each.output_shape, layers=layers).code
            answers[to_fill_in] = f"{answer} = {code}"
        elif question in made:
            (case,) = made[question].cases
            answers[to_fill_in] = f"{answer} = {made[question].expected(case)!r}"
    return answers


def path(name: str):
    return HOMEWORK / "source" / name / f"{name}.ipynb"


def handed_in(name: str, answers: dict[str, str], secret: str = "", student: str = "") -> bytes:
    """What a student got, with these answers in its cells of code."""
    notebook = strip(of_class(name, secret, student))
    for cell in notebook.cells:
        if about(cell).get("solution") and cell.cell_type == "code":
            cell.source = answers.get(about(cell)["grade_id"], cell.source)
    return lessons.nbformat.writes(notebook).encode()

"""An assignment as its teacher wrote it: what counts, what is right, and what is drawn for whom."""

import ast
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field

from course import questions
from course.questions.exercises import Write

REGION = re.compile(r"( *)### BEGIN SOLUTION\n.*?### END SOLUTION", re.DOTALL)
STUB = "# YOUR CODE HERE\n{0}raise NotImplementedError()"  # nbgrader's


class AssignmentError(ValueError):
    """An assignment that cannot be graded. The message is meant for its teacher."""


@dataclass(frozen=True, eq=False)
class Part:
    """A graded cell: the question, and the name of the student's answer to it."""

    grade_id: str
    points: float
    question: questions.Question
    name: str
    answers: frozenset[str]  # grade ids of the cells to write in
    source: str  # of the graded cell


@dataclass
class Assignment:
    """The parts of an assignment, and what is given."""

    name: str
    parts: list[Part] = field(default_factory=list)
    texts: dict[str, float] = field(default_factory=dict)  # points of what a teacher reads
    setup: list[str] = field(default_factory=list)  # locked cells, run before all others
    locked: set[str] = field(default_factory=set)  # grade ids of what is never the student's
    given: set[str] = field(default_factory=set)  # the same by its text, and unwritten answers
    drawn: dict[str, str] = field(default_factory=dict)  # cells without white space, by grade id

    @property
    def modules(self) -> list[str]:
        """What the locked cells import."""
        names = []
        for statement in (each for source in self.setup for each in ast.parse(source).body):
            if isinstance(statement, ast.Import):
                names += [alias.name for alias in statement.names]
            elif isinstance(statement, ast.ImportFrom):
                names += [str(statement.module)]
        return names


def squeezed(source: str) -> str:
    """A text without its white space, by which an untouched cell is known again."""
    return "".join(source.split())


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def word(secret: str, assignment: str, student: str = "") -> str:
    """What everything that is drawn for a student depends on; without one, for a class."""
    message = f"{assignment}\0{student}".encode(errors="surrogateescape")
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def draw(cells: list[dict], seed: str) -> None:
    """Give each cell with the tag "drawn" another setting: it is a single ``name = questions.…``.

    What is handed out is made of these cells, with the `word` for a seed.
    """
    for cell in cells:
        if not _is_drawn(cell):
            continue
        match ast.parse(source := "".join(cell["source"])).body:
            case [ast.Assign(targets=[ast.Name(id=name)], value=value)]:
                drawn = _evaluated(value, {"questions": questions}).another(f"{name} {seed}")
                settings = [f"    {key}={_lines(value)},\n" for key, value in drawn.setting.items()]
                cell["source"] = f"{name} = questions.{drawn.kind}(\n{''.join(settings)})"
            case _:
                raise AssignmentError(f"a cell to draw is one line, name = questions.…: {source}")


def _is_drawn(cell: dict) -> bool:
    return "drawn" in cell["metadata"].get("tags", ())


def _lines(value: object) -> str:
    """A value as code, each layer of a network in a line of its own."""
    if not isinstance(value, tuple) or not all(isinstance(each, dict) for each in value):
        return repr(value)
    return "".join(["(\n", *(f"        {layer!r},\n" for layer in value), "    )"])


def read(
    name: str, source: str, secret: str = "", student: str = "", notebook: bytes = b""
) -> Assignment:
    """Read a source notebook; with a secret, all that is hidden or drawn comes from it.

    Hidden cases are others for each ``notebook``: who gets one to tell them learns nothing.
    """
    cells = json.loads(source)["cells"]
    made = Assignment(name)
    made.given = _given(cells)
    seed, hidden = word(secret, name, student), word(secret, name, f"{student}\0{digest(notebook)}")
    if secret:
        draw(cells, seed)
        made.given |= _given(cells)
    known: dict[str, object] = {"questions": questions}
    answers: set[str] = set()  # to the next part, or to all until the next cell to write in
    begun = False
    for cell in cells:
        ours, text = cell["metadata"].get("nbgrader"), "".join(cell["source"])
        if not ours:
            continue
        grade_id = ours["grade_id"]
        if ours["solution"]:
            if cell["cell_type"] == "code":
                answers = {grade_id, *(answers if begun else ())}
                begun = True
            elif ours["grade"]:
                made.texts[grade_id] = ours["points"]
            continue
        made.locked.add(grade_id)
        if _is_drawn(cell):
            made.drawn[grade_id] = squeezed(text)
        if ours["grade"]:
            question, answer = _checked(text, grade_id, known)
            if secret and isinstance(question, Write):
                question = question.make(**question.setting | {"seed": f"{grade_id} {hidden}"})
            part = Part(grade_id, ours["points"], question, answer, frozenset(answers), text)
            made.parts.append(part)
            begun = False
        elif cell["cell_type"] == "code":
            made.setup.append(text)
            _learn(text, known)
    return made


def _given(cells: list[dict]) -> set[str]:
    """What is handed out in the cells, without white space."""
    nbgraders = [cell for cell in cells if "nbgrader" in cell["metadata"]]
    texts = [("".join(cell["source"]), cell["metadata"]["nbgrader"]) for cell in nbgraders]
    return {squeezed(_stub(text) if ours["solution"] else text) for text, ours in texts}


def _stub(source: str) -> str:
    """What nbgrader hands out in place of a solution."""
    if "### BEGIN SOLUTION" not in source:
        return STUB.format("")
    return REGION.sub(lambda found: found[1] + STUB.format(found[1]), source)


def _evaluated(expression: ast.expr, known: dict):
    """What an expression of the teacher's comes to, if it needs nothing but known questions."""
    names = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
    if not names <= known.keys():
        raise AssignmentError(f"{ast.unparse(expression)} is not made of course.questions alone")
    return eval(compile(ast.Expression(expression), "assignment", "eval"), dict(known))


def _learn(source: str, known: dict) -> None:
    """Keep the questions that a locked cell gives a name."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                known[statement.targets[0].id] = _evaluated(statement.value, known)
            except AssignmentError:  # something else
                continue


def _checked(source: str, grade_id: str, known: dict) -> tuple[questions.Question, str]:
    """The question and the name in the one call of check in a graded cell."""
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "check"
    ]
    match calls:
        case [ast.Call(args=[question, ast.Name(id=name)])]:
            return _evaluated(question, known), name
    raise AssignmentError(f"{grade_id}: a graded cell has one call check(question, name)")

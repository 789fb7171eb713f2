"""An assignment as its teacher wrote it: what counts, what is right, and what is drawn for whom."""

import ast
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

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


@dataclass(frozen=True)
class Text:
    """A cell whose text a teacher reads."""

    grade_id: str
    points: float


@dataclass
class Assignment:
    """The parts of an assignment, and what is given."""

    name: str
    parts: list[Part] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    setup: list[str] = field(default_factory=list)  # locked cells, run before all others
    locked: set[str] = field(default_factory=set)  # grade ids of what is never the student's
    given: set[str] = field(default_factory=set)  # the same by its text, and unwritten answers

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


def read(path: Path, secret: str = "", student: str = "") -> Assignment:
    """Read a source notebook; all that is hidden or drawn comes from the secret.

    The name of the assignment is its file's. With a ``student``, settings are this student's own.
    Without a secret they are those of the source, which everybody can read.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    made = Assignment(path.stem)
    known: dict[str, object] = {"questions": questions}
    answers: set[str] = set()  # to the next part, or to all until the next cell to write in
    begun = False

    def word(name: str) -> str:
        message = "\0".join((made.name, name, student))
        return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()[:12]

    for cell in cells:
        ours, source = cell["metadata"].get("nbgrader"), "".join(cell["source"])
        if not ours:
            continue
        grade_id = ours["grade_id"]
        if ours["solution"]:
            if cell["cell_type"] == "code":
                answers = {grade_id, *(answers if begun else ())}
                begun = True
                made.given.add(squeezed(_stub(source)))
            elif ours["grade"]:
                made.texts.append(Text(grade_id, ours["points"]))
            continue
        made.locked.add(grade_id)
        made.given.add(squeezed(source))
        if ours["grade"]:
            question, name = _checked(source, grade_id, known)
            if isinstance(question, Write):
                question = question.make(seed=word(grade_id))
            part = Part(grade_id, ours["points"], question, name, frozenset(answers), source)
            made.parts.append(part)
            begun = False
        elif cell["cell_type"] == "code":
            if secret and "drawn" in cell["metadata"].get("tags", ()):
                name, statement = _assigned(source)
                drawn = _evaluated(statement.value, known).another(int(word(name), 16))
                source = f"{name} = {drawn!r}"
                made.given.add(squeezed(source))
            made.setup.append(source)
            _learn(source, known)
    return made


def _assigned(source: str) -> tuple[str, ast.Assign]:
    """The name in a cell that is a single assignment, and the assignment."""
    match ast.parse(source).body:
        case [ast.Assign(targets=[ast.Name(id=name)]) as statement]:
            return name, statement
    raise AssignmentError(f"a cell to draw is one line, name = questions.…, not {source}")


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

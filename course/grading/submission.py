"""A notebook that was handed in: which of its cells answers what.

Nothing of it is run or believed here. What was copied, split, moved, renamed, deleted or written
by another program is found by grade id, by its place beside a cell that is known, or by name.
"""

import json
import re
from dataclasses import dataclass, field
from itertools import islice

from course.grading.assignment import Assignment, Part, squeezed
from course.grading.messages import Ask, Run
from course.questions.exercises import Write

MOST_BYTES = 100_000_000
MOST_SOURCE = 10_000_000
MOST_TEXT = 100_000  # characters to be read on a page
MOST_VALUES = 4_000_000  # each may take 60 bytes
VALUE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{,]', re.DOTALL)  # about one each in JSON


class AsideError(ValueError):
    """Why a file cannot be graded. The message is meant for the teacher."""


@dataclass(frozen=True)
class Cell:
    """A cell, as far as it matters."""

    kind: str
    source: str
    grade_id: str | None


@dataclass
class Submission:
    """What to run and to ask, in order, and the texts to be read by a teacher."""

    steps: list[Run | Ask] = field(default_factory=list)
    asked: dict[int, Part] = field(default_factory=dict)  # by which step
    texts: dict[str, str] = field(default_factory=dict)
    lost: set[Part] = field(default_factory=set)  # no cell of theirs was found
    others: bool = False  # whether it shows other settings than were drawn


def cells_of(data: bytes) -> list[Cell]:
    """The cells of a notebook; ``AsideError`` says why it has none."""
    if len(data) > MOST_BYTES:
        raise AsideError(f"The file is too large ({len(data) // 10**6} MB).")
    text = data.decode(json.detect_encoding(data), "replace").lstrip("\ufeff")
    if not text.strip(" \0\r\n\t"):
        raise AsideError("The file is empty.")
    if text.lstrip().startswith("<"):
        raise AsideError("The file is a web page, perhaps one that asked to log in.")
    if any(islice(VALUE.finditer(text), MOST_VALUES, None)):
        raise AsideError("There is too much in the file: millions of values.")
    try:
        # No number in a notebook matters here, and one may be too long to be read or kept.
        notebook = json.loads(text, parse_int=bool, parse_float=bool, parse_constant=bool)
    except RecursionError:
        raise AsideError("The file is nested too deeply.") from None
    except ValueError:
        raise AsideError("The file is not a notebook, or only a part of one.") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise AsideError("The file has no cells.")
    found = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    if sum(len(cell.source) for cell in found) > MOST_SOURCE:
        raise AsideError("There is too much code in it.")
    return found


def _cell(cell: dict) -> Cell:
    source, metadata = cell.get("source"), cell.get("metadata")
    lines = source if isinstance(source, list) else [source]
    ours = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = ours.get("grade_id") if isinstance(ours, dict) else None
    return Cell(
        str(cell.get("cell_type")),
        "".join(line for line in lines if isinstance(line, str)),
        grade_id if isinstance(grade_id, str) else None,
    )


def plan(assignment: Assignment, cells: list[Cell]) -> Submission:
    """What to run and to ask, in order."""
    made = Submission(steps=[Run(source) for source in assignment.setup])
    asked: dict[int, list[tuple[Part, int | None]]] = {}
    for part in assignment.parts:
        place, answer = _place(part, cells)
        asked.setdefault(place, []).append((part, answer))
        if place == len(cells):
            made.lost.add(part)
    ran: dict[int | None, int] = {}  # the step of each cell
    answers: dict[Part, int | None] = {}

    def ask(part: Part, last: bool = False) -> None:
        made.asked[len(made.steps)] = part
        made.steps.append(Ask(part.grade_id, part.name, _calls(part), answers[part], last))

    for at, cell in enumerate([*cells, None]):
        if cell and _is_the_students(cell, assignment):
            ran[at] = len(made.steps)
            made.steps.append(Run(cell.source))
        for part, answer in asked.get(at, ()):
            answers[part] = ran.get(answer)
            ask(part)
    for part in assignment.parts:
        ask(part, last=True)
    made.texts = _texts(assignment, cells)
    made.others = bool(shows_others(assignment, cells))
    return made


def shows_others(assignment: Assignment, cells: list[Cell]) -> bool | None:
    """Whether a notebook shows other settings than were drawn; None if it shows none."""
    drawn = assignment.drawn
    shown = {(c.grade_id, squeezed(c.source)) for c in cells if c.grade_id in drawn}
    return not shown <= drawn.items() if shown else None


def _place(part: Part, cells: list[Cell]) -> tuple[int, int | None]:
    """After which cell a part is asked, and which is the answer's."""
    written = [at for at, cell in enumerate(cells) if cell.grade_id in part.answers]
    graded = [at for at, cell in enumerate(cells) if cell.grade_id == part.grade_id]
    if not graded:  # perhaps it lost its id
        known = squeezed(part.source)
        graded = [at for at, cell in enumerate(cells) if squeezed(cell.source) == known]
    last = max(written, default=-1)
    after = [at for at in graded if at > last]
    place = after[0] if after else max(written + graded, default=len(cells))
    return place, last if written else None


def _is_the_students(cell: Cell, assignment: Assignment) -> bool:
    """Whether a cell is to be run: code, not the teacher's, not left as it was handed out."""
    if cell.kind != "code" or cell.grade_id in assignment.locked:
        return False
    return squeezed(cell.source) not in assignment.given


def _calls(part: Part) -> str:
    if not isinstance(part.question, Write):
        return ""
    return repr([tuple(case.values()) for case in part.question.cases])


def _texts(assignment: Assignment, cells: list[Cell]) -> dict[str, str]:
    """What was written in words, by grade id."""
    texts: dict[str, list[str]] = {grade_id: [] for grade_id in assignment.texts}
    for cell in cells:
        if cell.grade_id in texts and cell.source.strip() != "YOUR ANSWER HERE":
            texts[cell.grade_id].append(cell.source)
    return {grade_id: _bounded("\n\n".join(found)) for grade_id, found in texts.items()}


def _bounded(text: str) -> str:
    """A text that can be shown on a page."""
    more = " …\n\nThere is more in the file."
    return f"{text[:MOST_TEXT]}{more}" if len(text) > MOST_TEXT else text

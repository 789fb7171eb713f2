"""What is said about an answer, and how it shows itself in a cell."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from course.geometry import Window
from course.mistakes import MISTAKES
from course.questions import Diagnosis, Question
from course.questions.answers import show
from course.text import rich

# Below which row of `figures.axis` a quantity is drawn, and what is said about it.
ROWS = {
    "output_size": ("output", "o = {:.4g}"),
    "same_pads": ("input", "padding {:.4g} + {:.4g}"),
    "usage": ("usage", ""),
    "unread": ("usage", "✗: never"),
}


@dataclass(eq=False, repr=False)
class Check:
    """What is to be said about an answer, and the picture for it; true when all is right."""

    correct: bool
    message: str  # for the student
    mistake: str | None = None  # the misconception, as in `course.mistakes`, if it is certain
    notes: list[str] = field(default_factory=list)  # what is worth saying besides
    failing: tuple[Question, Any] | None = None  # the answer to it that is not right
    table: str = ""  # html
    answered: bool = True  # not as long as the three dots stand there

    @classmethod
    def of(cls, diagnosis: Diagnosis, **details) -> "Check":
        """What a question says about an answer."""
        return cls(diagnosis.correct, diagnosis.message, diagnosis.mistake, **details)

    def __bool__(self) -> bool:
        return self.correct

    def __repr__(self) -> str:
        return " ".join([self.message, *self.notes])

    @cached_property
    def picture(self):
        """The first failing case as a `Picture`, drawn when it is looked at; None without one."""
        return None if self.correct or not self.failing else _draw(*self.failing)

    def _repr_html_(self) -> str:
        mark = "○" if not self.answered else "✓" if self.correct else "✗"
        parts = [f"<p><strong>{mark}</strong> {rich(self.message)}</p>"]
        parts += [f"<p>{rich(note)}</p>" for note in self.notes]
        parts.append(self.table)
        if self.picture:
            parts.append(self.picture.html())
        if self.mistake:
            parts.append(f"<p>To read again: {rich(MISTAKES[self.mistake].where)}.</p>")
        return f'<div role="status">{"".join(parts)}</div>'


def _draw(question, yours):
    """One axis with what is right, and beside it a row of what the student says."""
    from course import figures

    if question.kind not in ROWS or yours == "error":
        return None
    below, note = ROWS[question.kind]
    settings = {"padding": "same"} | question.setting
    n, window = settings.pop("n"), Window(**settings)
    wrong, right = (_cells(question.kind, each, n, window) for each in (yours, question.answer))
    cells = {at: (wrong.get(at, ""), wrong.get(at) != right.get(at)) for at in wrong | right}
    numbers = yours if isinstance(yours, tuple) else [yours]
    row = figures.Row(below, "yours", note.format(*numbers).replace("-", "−"), cells)
    try:
        picture = figures.axis(window, n, beside=row)
    except ValueError:  # too long for a picture
        return None
    picture.alt = f"Yours: {show(yours)}. Right: {show(question.answer)}. {picture.alt}"
    return picture


def _cells(quantity, answer, n, window):
    """What an answer says of which pixel of the input; far out not all of it, for it is too much.

    A pixel may be half: an output stands below the middle of its window.
    """
    if quantity == "usage":
        return {pixel: show(times) for pixel, times in enumerate(answer)}
    if quantity == "unread":
        return dict.fromkeys(answer, "✗")

    def parts(count):
        return enumerate(min(count - i, 1) for i in range(math.ceil(min(count, 4 * n))))

    if quantity == "same_pads":
        before, after = map(parts, answer)
        sides = [(-1 - zero, part) for zero, part in before] + [(n + z, part) for z, part in after]
        return {pixel: "0" if part == 1 else "part" for pixel, part in sides}
    middle = window.span / 2 - 0.5 - window.pads(n)[0]
    return {
        middle + unit * window.strides: str(unit) if part == 1 else "part"
        for unit, part in parts(answer)
    }

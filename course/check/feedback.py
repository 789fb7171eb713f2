"""What is said about an answer, and how it shows itself in a cell."""

from dataclasses import dataclass, field
from functools import cached_property

from course.check.picture import Failing, draw
from course.mistakes import MISTAKES
from course.questions.markdown import rich


@dataclass(eq=False, repr=False)
class Check:
    """What is to be said about an answer, and the picture for it; true when all is right.

    Attributes
    ----------
    correct : bool
    message : str
        What to say to the student.
    mistake : str or None
        The misconception, by its name in `course.mistakes`, if it is certain.
    notes : list of str
        What is worth saying besides.
    answered : bool
        False as long as the three dots stand there.
    """

    correct: bool
    message: str
    mistake: str | None = None
    notes: list[str] = field(default_factory=list)
    failing: Failing | None = None  # what there is to draw
    table: str = ""  # html
    answered: bool = True

    def __bool__(self) -> bool:
        return self.correct

    def __repr__(self) -> str:
        return " ".join([self.message, *self.notes])

    @cached_property
    def picture(self):
        """The first failing case as a `Picture`; None where there is nothing to draw.

        It is drawn when it is first looked at.
        """
        return self.failing and draw(self.failing)

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

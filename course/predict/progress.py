"""What a student's answers tell: how well they know what they know, and what is still to learn."""

import html
from collections.abc import Iterable
from dataclasses import dataclass

from course.figures.kit import MARGIN, Page, Picture, text_width
from course.figures.style import GREEN, GREEN_TINT, GREY, GREY_TEXT, INK, ORANGE, PAPER
from course.mistakes import MISTAKES
from course.predict import record
from course.predict.prediction import SURE

# A misconception that was met counts as mastered when so many questions in a row, in which it
# could have shown itself, were answered right at first go.
MASTERED = 3

NOTHING = (
    "No predictions yet: answer a question in a lesson, and this page will show how often you "
    "are right, how sure you were, and what to look at again."
)
LEFT, BAR, ROW = 140, 270, 34  # CSS pixels


@dataclass
class Met:
    """A misconception in a student's answers: how often, and right answers in a row since."""

    name: str
    times: int = 0
    since: int = 0

    @property
    def mastered(self) -> bool:
        """Whether it has been overcome."""
        return self.since >= MASTERED

    def __str__(self) -> str:
        times = "once" if self.times == 1 else f"{self.times} times"
        if self.mastered:
            return f"met {times}, and mastered: {self.since} right in a row since"
        return f"met {times}; {self.since} of {MASTERED} right in a row since"


def first_goes(entries: Iterable[dict]) -> list[dict]:
    """The first answer to each question: after that, the student has seen what is right."""
    first = {}
    for entry in entries:
        first.setdefault(entry["question"], entry)
    return list(first.values())


def calibration(entries: list[dict]) -> dict[int, tuple[int, int]]:
    """For each way of being sure, in per cent: how many first answers were right, of how many."""
    answers = first_goes(entries)
    right = {sure: [e["correct"] for e in answers if e["sure"] == sure] for sure in SURE}
    return {sure: (sum(each), len(each)) for sure, each in right.items()}


def misconceptions(entries: list[dict]) -> list[Met]:
    """The misconceptions that were met, in the order of the first time."""
    met, asked = {}, set()
    for entry in entries:
        first = entry["question"] not in asked
        asked.add(entry["question"])
        for name in entry["tells"] if first else ():
            if name in met:
                met[name].since = met[name].since + 1 if entry["correct"] else 0
        if entry["mistake"] in MISTAKES:  # an older record may know others
            name = entry["mistake"]
            met.setdefault(name, Met(name)).times += 1
            met[name].since = 0
    return list(met.values())


class Progress:
    """The progress page; it shows itself at the end of a cell, and its ``repr`` is its text."""

    def __init__(self, entries: list[dict], notice: str = ""):
        self.entries, self.notice = entries, notice
        self.calibration = calibration(entries)
        self.misconceptions = misconceptions(entries)

    def next_sections(self) -> dict[str, str]:
        """Where the course shows what is not yet mastered, the most frequent mistakes first.

        Links, each with its words: ``see`` and ``where`` of `course.mistakes.Mistake`.
        """
        open_ones = [each for each in self.misconceptions if not each.mastered]
        open_ones.sort(key=lambda each: -each.times)
        return {MISTAKES[each.name].see: MISTAKES[each.name].where for each in open_ones}

    def picture(self) -> Picture:
        """How sure, and how often right: a bar for each of the answers to "How sure are you?"."""
        page = Page()
        notes = ["bar: how often right at first go; orange line: how often you expected it"]
        top = page.heading(["How sure you were, and how often right"], notes) + 18
        for row, (sure, (right, asked)) in enumerate(self.calibration.items()):
            y = top + row * ROW
            page.text(MARGIN, y + 10, SURE[sure], 12, INK, ha="left")
            page.cells([(LEFT, y)], BAR, 20, PAPER, GREY)
            if right:
                page.cells([(LEFT, y)], BAR * right / asked, 20, GREEN_TINT, GREEN, gid="right")
            page.line([LEFT + BAR * sure / 100] * 2, [y - 5, y + 25], ORANGE, 3, gid="expected")
            counts = f"{right} of {asked} right" if asked else "no answers"
            page.text(LEFT + BAR + 12, y + 10, counts, 12, INK, ha="left", gid="counts")
            page.right = max(page.right, LEFT + BAR + 12 + text_width(counts, 12))
        y = top + len(SURE) * ROW + 2
        for share in (0, 50, 100):
            page.text(LEFT + BAR * share / 100, y, f"{share} %", 11, GREY_TEXT)
        return page.picture(page.right, y + 6, self._calibration_text())

    def _calibration_text(self) -> str:
        parts = [
            f"when {sure} % sure, right in {right} of {asked}"
            for sure, (right, asked) in self.calibration.items()
            if asked
        ]
        return f"How sure you were, and how often right: {'; '.join(parts)}."

    def __repr__(self) -> str:
        if not self.entries:
            return "\n".join(filter(None, [NOTHING, self.notice]))
        lines = [self._calibration_text()]
        for each in self.misconceptions:
            lines.append(f"“{MISTAKES[each.name].believes}” {each}.")
        lines += [f"Next: {where}" for where in self.next_sections().values()]
        return "\n".join(filter(None, [*lines, self.notice]))

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        notice = f"<p>{html.escape(self.notice)}</p>" if self.notice else ""
        if not self.entries:
            return {"text/plain": repr(self), "text/html": f"<p>{NOTHING}</p>{notice}"}
        parts = [self.picture().html()]
        parts += _listed(
            f"Misconceptions you met (mastered: {MASTERED} later questions right at first go)",
            [
                f"“{html.escape(MISTAKES[each.name].believes)}” <strong>{each}</strong>"
                for each in self.misconceptions
            ],
        )
        parts += _listed(
            "Look at next",
            [
                f'<a href="{html.escape(see)}">{html.escape(where)}</a>'
                for see, where in self.next_sections().items()
            ],
        )
        return {"text/plain": repr(self), "text/html": "\n".join([*parts, notice])}


def progress() -> Progress:
    """Show what your predictions tell: how sure you were and how often right, and what is next."""
    kept = record.here()
    entries = kept.entries()
    return Progress(entries, kept.notice)


def _listed(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    return [f"<h4>{title}</h4>", "<ul>", *(f"<li>{item}</li>" for item in items), "</ul>"]

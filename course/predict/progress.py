"""What a student's answers tell: how well they know what they know, and what is still to learn."""

import html
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from course.explore.base import modules
from course.figures.kit import DENSITY, Picture
from course.figures.style import GREEN, GREEN_TINT, GREY, GREY_TEXT, ORANGE
from course.mistakes import MISTAKES, Mistake
from course.predict import record
from course.predict.prediction import SURE
from course.questions import Question
from course.text import rich

# A misconception that was met counts as mastered when so many questions in a row, in which it
# could have shown itself, were answered right at first go.
MASTERED = 3

NOTHING = (
    "No predictions yet: answer a question in a lesson, and this page will show how often you "
    "are right, how sure you were, and what to look at again."
)
LEAD = 'modules["land.js"].lead(document.currentScript.previousElementSibling);'
SCRIPT = f"(() => {{\n{modules('land.js')}{LEAD}\n}})();"


@dataclass
class Met:
    """A misconception in a student's answers: how often, and right answers in a row since."""

    mistake: Mistake
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


def calibration(entries: Sequence[dict]) -> dict[int, tuple[int, int]]:
    """For each way of being sure, in per cent: how many first answers were right, of how many."""
    # The first answer to each question: after that, the student has seen what is right.
    first = {entry["question"]: entry for entry in reversed(entries)}.values()
    right = {sure: [e["correct"] for e in first if e["sure"] == sure] for sure in SURE}
    return {sure: (sum(each), len(each)) for sure, each in right.items()}


def first_goes(entries: Sequence[dict]) -> tuple[int, int]:
    """How many first answers were right, of how many."""
    right, asked = zip(*calibration(entries).values(), strict=True)
    return sum(right), sum(asked)


def misconceptions(entries: Sequence[dict]) -> list[Met]:
    """The misconceptions that were met, in the order of the first time."""
    met: dict[str, Met] = {}
    asked = set()
    for entry in entries:
        for name in met.keys() & entry["tells"] if entry["question"] not in asked else ():
            met[name].since = met[name].since + 1 if entry["correct"] else 0
        asked.add(entry["question"])
        if mistake := MISTAKES.get(entry["mistake"]):  # an older record may know others
            met.setdefault(mistake.name, Met(mistake)).times += 1
            met[mistake.name].since = 0
    return list(met.values())


def ranked(students: Iterable[Iterable[Mistake]]) -> list[tuple[Mistake, int]]:
    """What a class believes, the most frequent first; each student counts once for each."""
    return Counter(each for met in students for each in dict.fromkeys(met)).most_common()


def share(part: int, whole: int) -> str:
    """How many of how many."""
    return f"{part} of {whole}" if whole else "–"


class Progress:
    """The progress page; it shows itself at the end of a cell, and its ``repr`` is its text."""

    def __init__(self, entries: Sequence[dict], notice: str = ""):
        self.entries, self.notice = entries, notice
        self.calibration, self.misconceptions = calibration(entries), misconceptions(entries)
        told = [
            f"when {sure} % sure, right in {right} of {asked}"
            for sure, (right, asked) in self.calibration.items()
            if asked
        ]
        summary = f"How sure you were, and how often right: {'; '.join(told)}."
        self.summary = summary if entries else NOTHING
        self.done = []
        for lesson in sorted({entry["lesson"] for entry in entries}):
            right, asked = first_goes([entry for entry in entries if entry["lesson"] == lesson])
            name = Path(lesson).stem.replace("_", " ") or "other questions"
            self.done.append(f"{name}: {right} of {asked} right at first go")
        # Where the course shows what is not yet mastered, the most frequent mistakes first.
        still = [each for each in self.misconceptions if not each.mastered]
        still.sort(key=lambda each: -each.times)
        self.next_sections = {each.mistake.see: each.mistake.where for each in still}

    def picture(self) -> Picture:
        """How sure, and how often right: a bar for each of the answers to "How sure are you?"."""
        rows, answers = list(SURE.values()), self.calibration.values()
        shares = [100 * right / asked if right else math.nan for right, asked in answers]
        counts = [
            f"{right} of {asked} right" if asked else "no answers" for right, asked in answers
        ]
        notes = "bar: how often right at first go; orange line: how often you expected it"
        layout = ConstrainedLayoutEngine(w_pad=0.2, h_pad=0.12)
        figure = Figure((7, 2.8), dpi=72 * DENSITY, layout=layout)
        figure.suptitle("How sure you were, and how often right", x=0.03, ha="left", size=16)
        figure.supxlabel(notes, x=0.03, ha="left", size=12, color=GREY_TEXT)
        axes = figure.subplots()
        frames = axes.barh(rows, 100, 0.6, color="none", edgecolor=GREY)
        axes.bar_label(frames, counts, padding=10, size=12)
        axes.barh(rows, shares, 0.6, color=GREEN_TINT, edgecolor=GREEN)
        axes.plot(list(SURE), rows, "|", color=ORANGE, markersize=28, markeredgewidth=3)
        axes.set_xticks([0, 50, 100], ["0 %", "50 %", "100 %"])
        axes.tick_params(length=0, labelsize=12)
        axes.spines[:].set_visible(False)
        axes.invert_yaxis()
        return Picture(figure, self.summary)

    def __repr__(self) -> str:
        lines = [self.summary, *(f"{lesson}." for lesson in self.done)]
        lines += [f"“{each.mistake.believes}” {each}." for each in self.misconceptions]
        lines += [f"Next: {where}" for where in self.next_sections.values()]
        return "\n".join(filter(None, [*lines, self.notice]))

    def _repr_html_(self) -> str:
        lists = {
            "What you have done": map(html.escape, self.done),
            f"Misconceptions you met (mastered: {MASTERED} later questions right at first go)": [
                rich(f"“{each.mistake.believes}” **{each}**") for each in self.misconceptions
            ],
            "Look at next": [
                f'<a href="{html.escape(see)}">{html.escape(where)}</a>'
                for see, where in self.next_sections.items()
            ],
        }
        parts = ["<div data-course-progress>"]  # for a page without a kernel
        parts.append(self.picture().html() if self.entries else f"<p>{NOTHING}</p>")
        for title, texts in lists.items():
            if items := [f"<li>{text}</li>" for text in texts]:
                parts += [f"<h4>{title}</h4>", "<ul>", *items, "</ul>"]
        if self.next_sections:
            parts.append(f"<script>\n{SCRIPT}\n</script>")
        if self.notice:
            parts.append(f"<p>{html.escape(self.notice)}</p>")
        parts.append("</div>")
        return "\n".join(parts)


def progress() -> Progress:
    """Show what your predictions tell: how sure you were and how often right, and what is next."""
    kept = record.here()
    return Progress(kept.entries(), kept.notice)


def weakest(*asked: Question, count: int = 2) -> list[Question]:
    """Of these questions, those most worth asking again; without a record, the first ones.

    A question is worth it if it can tell a misconception that was met and is not yet mastered.
    """
    met = misconceptions(record.here().entries())
    times = {each.mistake.name: each.times for each in met if not each.mastered}

    def weakness(question: Question) -> int:
        return sum(times.get(name, 0) for name in question.told_apart)

    return sorted(asked, key=weakness, reverse=True)[:count]

"""A student's page: what was right, what was not, what was believed, and what to read again."""

import contextlib
import functools
import re
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from course.check import Check
from course.figures import style
from course.grading.assignment import Assignment, Part
from course.grading.collect import HandedIn
from course.grading.judge import tuples
from course.mistakes import MISTAKES, Mistake
from course.predict.prediction import explorer_of
from course.questions import Question
from course.questions.answers import show
from course.questions.exercises import BuildModel, Write
from course.questions.question import sentence
from course.questions.windows import FindWindow, receptive_field
from course.text import number, rich

MOVING = ("border", "network", "window")  # explorers that say too little here as long as they stand
LONGEST = 200  # characters of an answer that are shown
MOST_LAYERS, LARGEST = 8, 50  # pixels of a window; a picture of more takes its time, and says less
PATH = re.compile(r"(?<![\w./])/(?:[^\s/'\"`()<>]+/)+")  # up to the name of a file


def told(text: str) -> Markup:
    """What a student is told, as html; of a file of this machine no more than its name."""
    return Markup(rich(PATH.sub("", text)))


PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("pages")),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
PAGES.filters |= {"told": told, "number": number}
PAGES.globals |= {"style": style}


def feedback(assignment: Assignment, sections: dict, handed_in: HandedIn, result: dict) -> str:
    """The page, in html.

    The homework is over when it goes out. So it shows what is right in the questions that were
    answered by hand, and in the cases of a function that its author saw in the notebook too. Of the
    other cases it says how many were right, and no more; of a model, what was wanted.
    ``sections`` are the headings of the assignment, by grade id.
    """
    parts = {part.grade_id: part for part in assignment.parts}
    shown: dict[str, dict] = {
        verdict["grade_id"]: _shown(parts[verdict["grade_id"]], verdict)
        for verdict in result.get("verdicts", ())
    }
    for grade_id, text in result.get("texts", {}).items():
        shown[grade_id] = {"text": text.strip(), "most": assignment.texts[grade_id]}
        shown[grade_id]["answered"] = text.strip()
    points, read = points_of(result), result.get("read", {})
    for grade_id, part in shown.items():
        part["decided"] = "text" not in part and part["points"] != points[grade_id]
        part |= {"points": points[grade_id], "comment": read.get("comments", {}).get(grade_id)}
        part["mark"] = mark(part["points"], part["most"], part["answered"])
    ours = [grade_id for grade_id in sections if grade_id in shown]
    return PAGES.get_template("student.html").render(
        name=assignment.name,
        handed_in=handed_in,
        aside=result.get("aside"),
        others=result.get("others"),
        shown=shown,
        sections=[(title, [*each]) for title, each in groupby(ours, key=sections.__getitem__)],
        believed=believed(result),
        penalty=read.get("penalty"),
    )


def points_of(result: dict) -> dict[str, float | None]:
    """The points of each part, a teacher's before ours; None as long as a teacher has to look."""
    points = {verdict["grade_id"]: verdict["points"] for verdict in result.get("verdicts", ())}
    points |= {name: None if text.strip() else 0 for name, text in result.get("texts", {}).items()}
    return points | result.get("read", {}).get("points", {})


def believed(result: dict) -> list[Mistake]:
    """The misconceptions in a result that are certain."""
    names = dict.fromkeys(verdict["mistake"] for verdict in result.get("verdicts", ()))
    return [MISTAKES[name] for name in names if name]


def mark(points: float | None, most: float, answered: object) -> str:
    """How a part went, in a word; "open" where a teacher has to look."""
    match points:
        case None:
            return "open"
        case 0:
            return "wrong" if answered else "blank"
    return "right" if points >= most else "partly"


def is_answered(verdict: dict) -> bool:
    """Whether something was written; where a cell stopped, something was."""
    return verdict["given"] is not None or bool(verdict["notes"])


def _shown(part: Part, verdict: dict) -> dict:
    """A part as the page shows it."""
    question, given, cases = part.question, verdict["given"], verdict["cases"]
    prompt, _, code = question.prompt.partition("\n\n```python\n")
    shown = verdict | {"most": part.points, "answered": is_answered(verdict)}
    shown |= {"prompt": prompt, "code": code.removesuffix("\n```")}
    shown["hidden"] = cases[question.visible :] if isinstance(question, Write) else ()
    if verdict["points"] == part.points:
        return shown
    head: tuple[str, ...] = "yours", "right"
    rows: list[tuple] = []
    about, value = question, _value(question, given)
    match question, given:
        case Write(), list():
            head = "call", "yours", "right"
            for at, (each, case) in enumerate(zip(given, question.parts, strict=False)):
                rows.append((question.call(at), _words(case, each), show(case.answer), cases[at]))
            if not all(cases[: len(given)]):
                about, given = question.parts[cases.index(False)], given[cases.index(False)]
                value = _value(about, given)
        case BuildModel(), {"params": _}:
            head, value = ("wanted", "yours"), tuples(given)
            rows = [(each.wanted, each.found, not each.missed) for each in question.wishes(value)]
        case (Write() | BuildModel(), _) | (_, None):
            pass
        case _:
            if isinstance(question, FindWindow):
                head = "yours", "one that is right"
            rows = [(_words(question, given), show(question.answer), False)]
    why = sentence(about.why) if about.why and given is not None else ""
    shown |= {
        "head": head,
        "rows": [*dict.fromkeys(rows)],
        "why": "" if why in verdict["message"] else why,
    }
    again = _again(about, value, verdict["mistake"]) or _again(question)
    shown["again"] = list({mistake.see: mistake for mistake in again}.values())
    shown["picture"] = None
    if isinstance(question, BuildModel):
        if value and (seen := _seen(value)):
            shown["picture"] = "Your network, along one axis", _explored(seen, None)
    elif given is not None:
        shown["picture"] = _picture(about, value, verdict["mistake"])
    return shown


def _words(question: Question, given: object) -> str:
    """What was given, in words."""
    match given:
        case None:
            text = "nothing"
        case {"error": said}:
            text = f"stops with {said}"
        case {"what": said}:
            text = said
        case _:
            text = show(question.read(given))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _value(question: Question, given: object) -> Any:
    """What was given, as the question has it; None if that is no answer to it."""
    if given is None or isinstance(given, dict) or isinstance(question, Write):
        return None
    return question.read(given)


def _seen(built: dict) -> Question | None:
    """The question whose picture is what the last units of a model see, if it is a short chain."""
    if len(built["layers"]) > MOST_LAYERS or built["window"] > LARGEST:
        return None
    windows = [{n: v for n, v in layer.items() if n != "filters"} for layer in built["layers"]]
    with contextlib.suppress(ValueError):
        return receptive_field(windows, built["input_shape"][0])
    return None


def _picture(question: Question, value: Any, mistake: str | None) -> tuple[str, Markup] | None:
    """A title and the picture of a wrong answer, if the course has one."""
    if value is not None and (picture := _beside(question, value)):
        return "Yours, and what is right", picture
    picture = _explored(question, mistake)
    return ("How the course shows it", picture) if picture else None


@functools.lru_cache(maxsize=500)
def _beside(question: Question, value: Any) -> Markup | None:
    picture = Check(False, "", failing=(question, value)).picture
    return picture and Markup(picture.html())


@functools.lru_cache(maxsize=500)
def _explored(question: Question, mistake: str | None) -> Markup | None:
    shown = question.explorer or (mistake and MISTAKES[mistake].explorer) or {}
    if shown.get("explorer") in MOVING or not (explorer := explorer_of(question, mistake)):
        return None
    with contextlib.closing(explorer):
        return Markup(explorer.picture().html())


def _again(question: Question, value: Any = None, mistake: str | None = None) -> list[Mistake]:
    """What the course says of this mistake, of those it may have been, or of the most common."""
    if mistake:
        return [MISTAKES[mistake]]
    if value is not None:
        return [MISTAKES[name] for name in question.judge(value).candidates[:2]]
    return list(getattr(question, "parts", [question])[0].mistakes[:1])

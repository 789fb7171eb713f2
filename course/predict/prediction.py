"""A question in a lesson: answer it, commit, and only then see what is right, and why."""

import contextlib
import html
import itertools
import os
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import anywidget
import traitlets

from course import explore, questions
from course.explore.base import STYLE, Explorer, bundle
from course.mistakes import MISTAKES
from course.predict import record
from course.questions import answers
from course.questions.question import sentence
from course.text import rich

SURE = {50: "50 %: I guess", 75: "75 %: fairly sure", 95: "95 %: certain"}


# The view comes with the kernel's model, so a page without a kernel shows the question alone.
SCRIPT = """(() => {{
const key = "{key}";
const place = document.currentScript.previousElementSibling;
const join = () => {{
  const model = globalThis.courseModels?.get(key);
  if (!model) return;
  document.removeEventListener("course-model", join);
  globalThis.coursePrediction({{ model, el: place }});
}};
document.addEventListener("course-model", join);
join();
}})();"""


class Prediction(anywidget.AnyWidget):
    """A question; see `ask`. Before commit its state knows nothing but the question."""

    _esm = bundle("predict")
    _css = STYLE
    _key = traitlets.Unicode().tag(sync=True)  # by which the page finds this widget

    prompt = traitlets.Unicode().tag(sync=True)  # html, as all texts here
    fields = traitlets.Dict().tag(sync=True)  # what is asked for, and how
    sure = traitlets.List([[percent, text] for percent, text in SURE.items()]).tag(sync=True)
    attempt = traitlets.Int(0).tag(sync=True)
    earlier = traitlets.Dict().tag(sync=True)  # an answer given before the kernel started
    shown = traitlets.Dict().tag(sync=True)  # the reveal
    says = traitlets.Unicode().tag(sync=True)  # what is right, and why
    picture = traitlets.Unicode().tag(sync=True)  # an explorer
    notice = traitlets.Unicode().tag(sync=True)  # about the record

    def __init__(self, question: questions.Question):
        self.question = self._first = question
        self._explorer: Explorer | None = None  # alive as long as it is shown
        key, prompt = uuid.uuid4().hex, rich(question.prompt)
        super().__init__(_key=key, prompt=prompt, fields=_fields(question))
        self.on_msg(self._hear)

    def __repr__(self) -> str:
        return self.question.prompt

    def _repr_mimebundle_(self, **kwargs):
        text = f"<p>{rich(self.question.prompt)}</p>\n<p><em>Run this cell to answer.</em></p>"
        script = SCRIPT.format(key=self._key)
        question = html.escape(repr(self.question))  # for a page without a kernel
        place = f'<div data-course-prediction="{question}">\n{text}\n</div>'
        page = f"{place}\n<script>\n{script}\n</script>"
        return {"text/plain": repr(self), "text/html": page}, {}

    def _hear(self, _: "Prediction", message: dict, buffers: list) -> None:
        """Do what the student wants. All that a view sends comes here."""
        try:
            getattr(self, f"_{message['action']}")(**message.get("with", {}))
        except Exception as error:  # nobody sees the traceback of a message's handler
            problem = f"The kernel stopped with {type(error).__name__}: {error}"
            if self.shown:
                self.says = rich(problem)
            else:
                self.send({"problem": problem})

    def _look(self) -> None:
        """Somebody sees the question: show the answer that was given in an earlier session.

        Not before: notebooks are also run where nobody looks.
        """
        if self.attempt or self.shown:
            return
        entries = [e for e in record.here().entries() if e["question"] == repr(self.question)]
        if entries:
            self.earlier = {name: entries[-1][name] for name in ("answer", "sure", "correct")}
        self.notice = record.here().notice

    def _commit(self, answer: str, sure: int | None, attempt: int) -> None:
        if self.shown or attempt != self.attempt:
            return  # committed already, in another view
        try:
            value = self.question.parse(answer)
        except questions.AnswerError as error:
            self.send({"problem": str(error), "field": "answer"})
            return
        if sure not in SURE:
            self.send({"problem": "Say how sure you are, too.", "field": "sure"})
            return
        diagnosis = self.question.judge(value)
        record.here().add(
            {
                "question": repr(self.question),
                "lesson": Path(os.environ.get("JPY_SESSION_NAME", "")).name,
                "time": datetime.now(UTC).isoformat(timespec="seconds"),
                "answer": answer,
                "sure": sure,
                "correct": diagnosis.correct,
                "mistake": diagnosis.mistake,
                "tells": list(self.question.told_apart),
            }
        )
        self._reveal(answer, sure, diagnosis)

    def _explain(self) -> None:
        """Reveal again what belongs to an earlier answer; that is no new attempt."""
        answer, sure = self.earlier["answer"], self.earlier["sure"]
        self._reveal(answer, sure, self.question.diagnose(answer))

    def _reveal(self, answer: str, sure: int, diagnosis: questions.Diagnosis) -> None:
        with self.hold_sync():
            self.shown = {
                "answer": answer,
                "sure": sure,
                "correct": diagnosis.correct,
                "message": rich(diagnosis.message),
                "see": _see(diagnosis.candidates),
            }
            self.notice = record.here().notice
        self._explorer = explorer_of(self.question, diagnosis.mistake)
        if self._explorer:
            self.picture = self._explorer.html()
        self.says = rich(says(self.question, diagnosis.message))

    def _again(self) -> None:
        self._ask(self.question)

    def _another(self) -> None:
        answered = {entry["question"] for entry in record.here().entries()}
        more = map(self._first.another, itertools.count(1))
        self._ask(next(question for question in more if repr(question) not in answered))

    def _ask(self, question: questions.Question) -> None:
        if self._explorer:
            self._explorer.close()
        self.question, self._explorer = question, None
        with self.hold_sync():
            self.prompt, self.fields = rich(question.prompt), _fields(question)
            self.shown, self.earlier, self.says, self.picture = {}, {}, "", ""
            self.attempt += 1


def ask(question: questions.Question) -> Prediction:
    """Ask for a prediction: the student answers, commits, and then sees what is right, and why.

    Nothing of the answer is in the notebook, or in the widget's state, before the commit, and
    no record is read or written before somebody looks. A ``ValueError`` is raised for a function or
    a model, which `course.check` looks at, and for what is no question.
    """
    if not isinstance(question, questions.Question):
        raise ValueError(f"give a question, such as questions.output_size(n=28), not {question!r}")
    return Prediction(question)


def _fields(question: questions.Question) -> dict:
    kind = question.answer_type
    if type(kind) is answers.Answer:
        raise ValueError(f"the answer to {question!r} is {kind.asks}: use course.check for it")
    if isinstance(kind, answers.Choice):
        return {"kind": "choice", "options": list(kind.options)}
    if isinstance(kind, answers.Pixels):
        return {"kind": "pixels", "n": question.setting["n"]}
    return {"kind": "text", "asks": kind.asks}


def says(question: questions.Question, message: str = "") -> str:
    """What is right, in Markdown, and why, unless ``message`` has said so.

    Keras is asked only where it is loaded anyway: it takes seconds and 500 MB.
    """
    right, who = question.answer, "The right answer is"
    if question.keras_says and (keras := sys.modules.get("keras")):
        right, who = question.keras_says(keras), "Keras says"
    why = sentence(question.why)
    return f"{who} {answers.show(right)}." + (f" {why}" if why not in message else "")


def _see(mistakes: Sequence[str]) -> str:
    """Where the course shows what was mistaken, or may have been; links, in html."""
    shown = {MISTAKES[name].see: MISTAKES[name].where for name in mistakes[:2]}
    links = [f'<a href="{html.escape(see)}">{html.escape(at)}</a>' for see, at in shown.items()]
    return f"The course shows it in {' and in '.join(links)}." if links else ""


def explorer_of(question: questions.Question, mistake: str | None) -> Explorer | None:
    """The explorer set to the case; if it cannot draw that, set to one that shows the mistake."""
    case, wrong = question.explorer, MISTAKES[mistake].explorer if mistake else None
    if case and wrong and case["explorer"] == wrong["explorer"]:
        # What the mistake's picture shows besides, such as how often each pixel is read.
        case = case | {"settings": wrong["settings"] | case["settings"]}
    for shown in filter(None, (case, wrong)):
        with contextlib.suppress(traitlets.TraitError, ValueError):  # such as too many pixels
            return getattr(explore, shown["explorer"])(**shown["settings"])
    return None

"""From what a student's code gave to points. Everything in here is the grader's own."""

from dataclasses import dataclass

from course.grading.assignment import Part
from course.grading.messages import Built, Described, Failed, Missing, Unreadable, unknown
from course.questions import AnswerError, Diagnosis, Question
from course.questions.answers import what
from course.questions.exercises import BuildModel, Write


@dataclass(frozen=True)
class Verdict:
    """What a part earned, and why. ``points`` is None where a teacher has to look."""

    grade_id: str
    points: float | None
    message: str  # for the student
    mistake: str | None = None  # the misconception, as in `course.mistakes`, if it is certain
    cases: tuple[bool, ...] = ()  # which were right
    notes: tuple[str, ...] = ()  # for the teacher


def judge(part: Part, answer: object, notes: tuple[str, ...] = ()) -> Verdict:
    """The verdict on an answer, of the kinds in `course.grading.messages`.

    A function with a branch for each padding earns a share of the points for each that is right
    in all its cases. All else is right or not.
    """
    question, name = part.question, f"`{part.name}`"

    def verdict(diagnosis: Diagnosis, points: float | None, *right: bool) -> Verdict:
        said, mistake = diagnosis.message, diagnosis.mistake
        return Verdict(part.grade_id, points, said, mistake, right, notes)

    def wrong(message: str, points: float | None = 0) -> Verdict:
        return verdict(Diagnosis(False, None, message), points)

    if isinstance(answer, Missing):
        return wrong(" ".join((f"There is no {name} yet.", *notes)))
    if isinstance(answer, Failed):
        return wrong(f"{name} {answer.said}.")
    if isinstance(question, Write):
        if not isinstance(answer, list) or len(answer) != len(question.cases):
            return wrong(f"{name} is {_in_words(answer)}, not a function.")
        right = list(map(_is_right, question.parts, answer))
        branches: dict[object, list[bool]] = {}
        for case, each in zip(question.cases, right, strict=True):
            branches.setdefault(case.get("padding"), []).append(each)
        share = sum(map(all, branches.values())) / len(branches)
        return verdict(_diagnosis(question, answer), part.points * share, *right)
    if isinstance(question, BuildModel):
        if isinstance(answer, Built):  # and nobody could build it anew
            kind = unknown(answer.plain)
            why = f"what a layer of kind {kind} does" if kind else "what it does"
            return wrong(f"The course cannot tell {why}.", None)
        if not isinstance(answer, Described):
            return wrong(f"{name} is {_in_words(answer)}, not a Keras model.")
        diagnosis = question.judge(answer.plain)
        if diagnosis.message.startswith("The course cannot tell"):
            return verdict(diagnosis, None)
    elif isinstance(answer, Unreadable | Built | Described):
        return wrong(f"{name} is {_in_words(answer)}, not {question.answer_type.asks}.")
    else:
        diagnosis = question.diagnose(answer)
    return verdict(diagnosis, part.points * diagnosis.correct, diagnosis.correct)


def _diagnosis(question: Write, answers: list) -> Diagnosis:
    """What is to be said about a function, from what it gave in all cases."""
    for number, answer in enumerate(answers):
        seen = number < question.visible
        call = question.call(number) if seen else "In a case that you do not see, it"
        if isinstance(answer, Failed):
            if answer.said.startswith("NotImplementedError"):
                return Diagnosis(False, None, "It is not written yet.")
            return Diagnosis(False, None, f"Not right yet. {call} stops with {answer.said}.")
        if isinstance(answer, Unreadable):
            return Diagnosis(False, None, f"Not right yet. {call} gives {answer.what}.")
    return question.diagnose_outputs(answers)


def _is_right(part: Question, answer: object) -> bool:
    try:
        return part.answer_type.read(answer) == part.answer
    except AnswerError:
        return False


def _in_words(answer: object) -> str:
    """What an answer is that is of another kind than was asked for."""
    if isinstance(answer, Built | Described):
        return "a Keras model"
    return answer.what if isinstance(answer, Unreadable) else what(answer)

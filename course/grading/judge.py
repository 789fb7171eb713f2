"""From what a student's code gave to points. Everything in here is the grader's own."""

from dataclasses import dataclass, field

from course.grading.assignment import Part
from course.grading.messages import Built, Described, Failed, Missing, Unreadable, unknown
from course.questions import AnswerError, Diagnosis
from course.questions.answers import Function, Model


@dataclass(frozen=True)
class Verdict:
    """What a part earned, and why. ``points`` is None where a teacher has to look."""

    grade_id: str
    points: float | None
    message: str  # for the student
    mistake: str | None = None  # the misconception, as in `course.mistakes`, if it is certain
    cases: tuple[bool, ...] = ()  # which were right
    notes: tuple[str, ...] = field(default=())  # for the teacher


def judge(part: Part, answer: object, notes: tuple[str, ...] = ()) -> Verdict:
    """The verdict on an answer, of the kinds in `course.grading.messages`.

    A function with a branch for each padding earns a share of the points for each that is right
    in all its cases. All else is right or not.
    """

    def nothing(message: str, points: float | None = 0) -> Verdict:
        return Verdict(part.grade_id, points, message, notes=notes)

    def verdict(diagnosis: Diagnosis, right: tuple[bool, ...], share: float) -> Verdict:
        points = part.points * share
        return Verdict(part.grade_id, points, diagnosis.message, diagnosis.mistake, right, notes)

    question = part.question
    if isinstance(answer, Missing):
        return nothing(f"There is no `{part.name}` yet.")
    if isinstance(answer, Failed):
        return nothing(f"`{part.name}` {answer.said}.")
    if isinstance(question.answer_type, Function):
        if not isinstance(answer, list) or len(answer) != len(question.cases):
            return nothing(f"`{part.name}` is no function{_in_words(answer)}.")
        outputs = [_output(each) for each in answer]
        right = tuple(map(_is_right, [question] * len(outputs), question.cases, outputs))
        branches: dict[object, list[bool]] = {}
        for case, each in zip(question.cases, right, strict=True):
            branches.setdefault(case.get("padding"), []).append(each)
        share = sum(map(all, branches.values())) / len(branches)
        return verdict(question.diagnose_outputs(outputs), right, share)
    if isinstance(question.answer_type, Model):
        if isinstance(answer, Built):
            kind = unknown(answer.plain)
            return nothing(f"The course cannot tell what a layer of kind {kind} does.", None)
        if not isinstance(answer, Described):
            return nothing(f"`{part.name}` is no Keras model{_in_words(answer)}.")
        diagnosis = question.judge([answer.plain])
        if diagnosis.message.startswith("The course cannot tell"):
            return nothing(diagnosis.message, None)
    elif isinstance(answer, Unreadable | Built):
        return nothing(f"`{part.name}` is {answer.what}, not {question.answer_type.asks}.")
    else:
        diagnosis = question.diagnose(answer)
    return verdict(diagnosis, (diagnosis.correct,), diagnosis.correct)


def _output(answer: object) -> object:
    """What `diagnose_outputs` takes for one call."""
    if isinstance(answer, Failed):
        return {"error": answer.said}
    if isinstance(answer, Unreadable):
        return {"error": f"no number: it returns {answer.what}"}
    return answer


def _is_right(question, case: dict, output: object) -> bool:
    if isinstance(output, dict):
        return False
    try:
        return question.answer_of(case).read(output) == question.expected(case)
    except AnswerError:
        return False


def _in_words(answer: object) -> str:
    return f", but {answer.what}" if isinstance(answer, Unreadable) else ""

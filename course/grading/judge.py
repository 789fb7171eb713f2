"""From what a student's code gave to points. Everything in here is the grader's own."""

import json
import operator
from dataclasses import dataclass
from typing import Any

from course.grading.assignment import Part
from course.grading.messages import unknown
from course.questions import AnswerError, Diagnosis, Question
from course.questions.answers import what
from course.questions.exercises import BuildModel, Write
from course.questions.layers import bill
from course.questions.question import not_yet

NOT_WRITTEN = Diagnosis(False, None, "It is not written yet.")


@dataclass(frozen=True)
class Verdict:
    """What a part earned, and why. ``points`` is None where a teacher has to look."""

    grade_id: str
    points: float | None
    message: str  # for the student
    mistake: str | None = None  # the misconception, as in `course.mistakes`, if it is certain
    cases: tuple[bool, ...] = ()  # which were right
    notes: tuple[str, ...] = ()  # for the teacher
    given: object = None  # what was answered, as `_given` has it


def judge(part: Part, answer: object, notes: tuple[str, ...] = ()) -> Verdict:
    """The verdict on an answer, of the kinds in `course.grading.messages`.

    A function with a branch for each padding earns a share of the points for each that is right
    in all its cases. All else is right or not.
    """
    question, name = part.question, f"`{part.name}`"
    words = answer.get("what", "a Keras model") if isinstance(answer, dict) else what(answer)

    def verdict(diagnosis: Diagnosis, points: float | None, *right: bool) -> Verdict:
        said, mistake = diagnosis.message, diagnosis.mistake
        unwritten = diagnosis is NOT_WRITTEN and not any(right)
        given = None if unwritten else _given(question, answer)
        return Verdict(part.grade_id, points, said, mistake, right, notes, given)

    def wrong(message: str, points: float | None = 0) -> Verdict:
        return verdict(Diagnosis(False, None, message), points)

    match question, answer:
        case _, {"missing": _}:
            return wrong(" ".join((f"There is no {name} yet.", *notes)))
        case _, {"error": said}:
            return wrong(f"{name} {said}.")
        case Write(), list() if len(answer) == len(question.cases):
            values = list(map(_read, question.parts, answer))
            right = list(map(operator.eq, values, question.answer))
            points = part.points * _share(question, right)
            return verdict(_diagnosis(question, answer, values), points, *right)
        case BuildModel(), {"model": plain}:  # and nobody could build it anew
            kind = unknown(plain)
            why = f"what a layer of kind {kind} does" if kind else "what it does"
            return wrong(f"The course cannot tell {why}.", None)
        case BuildModel(), {"described": built}:
            diagnosis = question.judge(tuples(built))
            if diagnosis.message.startswith("The course cannot tell"):
                return verdict(diagnosis, None)
        case (Write() | BuildModel(), _) | (_, dict()):
            return wrong(f"{name} is {words}, not {question.answer_type.asks}.")
        case _:
            diagnosis = question.diagnose(answer)
    return verdict(diagnosis, part.points * diagnosis.correct, diagnosis.correct)


def _given(question: Question, answer: object) -> object:
    """An answer as plain data to be shown, None if there is none.

    Of a function it is what it gave in each case that its author sees, and of a model what a
    question reads in it. What cannot be read is in words: ``{"what": …}`` or ``{"error": …}``.
    """
    match question, answer:
        case BuildModel(), {"described": built}:
            return built
        case _, dict():
            return answer if answer.keys() <= {"what", "error"} else None
        case Write(), list() if len(answer) == len(question.cases):
            return list(map(_given, question.parts[: question.visible], answer))
        case Write() | BuildModel(), _:
            return {"what": what(answer)}
    try:
        value = question.read(answer)
    except AnswerError:
        return {"what": what(answer)}
    return json.loads(json.dumps(value, default=sorted))  # a set of pixels, in order


def tuples(value: Any) -> Any:
    """Plain data as questions have it: where they have tuples, a message has lists."""
    match value:
        case list():
            return tuple(map(tuples, value))
        case dict():
            return {name: tuples(each) for name, each in value.items()}
    return value


USUAL = {"data_format": "channels_last", "groups": 1, "use_bias": True, "dilation_rate": [1, 1]}
MOST_LAYERS, LARGEST = 20, 50  # a kernel's pixels; beyond these it is not for us to work out


def worked_out(question: Question, model: dict) -> dict | None:
    """What the course says of a model that is right: a plain chain of square Conv2D layers.

    It takes no Keras, which takes a hundred times as long. None of any other model, and of one that
    is not right: Keras can tell more about those.
    """
    shape, layers = question.setting.get("input_shape", ()), model["layers"]
    chain = [[number, [number], [number + 1]] for number in range(len(layers))]
    is_chain = [chain, [len(chain)]] == [model["calls"], model["outputs"]]
    if not (isinstance(question, BuildModel) and is_chain and len(chain) <= MOST_LAYERS):
        return None
    if model["inputs"] != [[None, *shape]] or shape[0] != shape[1]:
        return None
    found = []
    for layer in layers:
        match layer:
            case "Conv2D", {
                "filters": int(filters),
                "kernel_size": [int(size), int(again)],
                "strides": [int(strides), int(likewise)],
                "padding": "same" | "valid" as padding,
                "activation": "linear" | "relu",
                **rest,
            } if (size, strides) == (again, likewise) and size <= LARGEST:
                if not USUAL.items() <= rest.items():
                    return None
                found.append({"filters": filters, "kernel_size": size})
                found[-1] |= {"strides": strides, "padding": padding}
            case _:
                return None
    try:
        built = bill(shape, found)
        return built if question.judge(built).correct else None
    except (ArithmeticError, ValueError):
        return None


def _share(question: Write, right: list[bool]) -> float:
    """The share of the branches, one for each padding, that are right in all their cases."""
    branches: dict[object, list[bool]] = {}
    for case, each in zip(question.cases, right, strict=True):
        branches.setdefault(case.get("padding"), []).append(each)
    return sum(map(all, branches.values())) / len(branches)


def _read(part: Question, answer: object) -> object:
    """What an answer to one of the cases is, or why it is none, which is equal to nothing."""
    try:
        return part.answer_type.read(answer)
    except AnswerError as error:
        return error


def _diagnosis(question: Write, answers: list, values: list) -> Diagnosis:
    """What is to be said about a function, from what it gave; of a hidden case, no word of it."""
    for number, (answer, value) in enumerate(zip(answers, values, strict=True)):
        if not isinstance(value, AnswerError):
            continue
        call = question.call(number)
        match answer:
            case _ if number >= question.visible:
                return not_yet("In a case that you do not see, it gives no answer.")
            case {"error": str(said)} if said.startswith("NotImplementedError"):
                return NOT_WRITTEN
            case {"error": said}:
                return not_yet(f"{call} stops with {said}.")
            case {"what": words}:
                return not_yet(f"{call} gives {words}.")
        return not_yet(f"{call}: {value}")
    return question.judge(tuple(values))

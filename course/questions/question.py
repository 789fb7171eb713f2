"""What a question is, whatever it asks."""

import functools
import math
import operator
import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from course.geometry import SettingError
from course.mistakes import MISTAKES, Mistake
from course.questions.answers import AnswerError, Integer, show


@dataclass(frozen=True)
class Diagnosis:
    """What is to be said about an answer.

    ``mistake`` is the name of the one mistake of the question that leads to this answer. When
    several do, nobody can tell which one it was: then it is None, and ``candidates`` names them,
    the most common first. When none does, both are empty. ``message`` is for the student.
    """

    correct: bool
    mistake: str | None
    message: str
    candidates: tuple[str, ...] = ()


def same(answer: object, wrong: object) -> bool:
    """Whether an answer is this one, written exactly or rounded to some decimals."""
    if isinstance(wrong, tuple):
        return (
            isinstance(answer, tuple)
            and len(answer) == len(wrong)
            and all(map(same, answer, wrong))
        )
    if isinstance(wrong, Fraction) and wrong.denominator > 1 and isinstance(answer, float):
        rounded = any(answer == round(float(wrong), digits) for digits in (1, 2, 3))
        return rounded or math.isclose(answer, wrong, rel_tol=1e-9)
    return answer == wrong


def tidy(value: object) -> object:
    """A setting as plain data, alike however it was written: 'Same', np.int64(28), [1, 1]."""
    if isinstance(value, str):
        return value.lower()  # a padding; Keras takes capitals too
    if isinstance(value, list | tuple):
        return tuple(map(tidy, value))
    if isinstance(value, dict):
        return {name: tidy(part) for name, part in value.items()}
    if hasattr(value, "__index__") and not isinstance(value, bool):
        return operator.index(value)
    return value


def need_whole(least: int = 1, **settings: object) -> None:
    """Raise ``SettingError`` for a setting that is no whole number of at least ``least``."""
    for name, value in settings.items():
        if type(value) is not int or value < least:
            raise SettingError(name, value, f"it must be a whole number, at least {least}", least)


IMAGE = range(3, 4)  # axes of an image: rows, columns, channels


def need_shape(name: str, value: object, *, axes: range, like: tuple[int, ...]) -> None:
    """Raise ``SettingError`` for what is no shape with one of these numbers of axes."""
    fits = isinstance(value, tuple) and len(value) in axes
    if not fits or not all(type(size) is int and size > 0 for size in value):
        what = "rows, columns, channels" if axes == IMAGE else "a tuple of whole numbers"
        raise SettingError(name, value, f"it must be {what}, without the batch", like)


class Pick:
    """Choose by a seed, the same on every machine.

    Of Python's generator only ``random()`` is promised to stay as it is in later versions.
    """

    def __init__(self, seed: str):
        self._random = random.Random(seed).random

    def __call__(self, options: Sequence) -> object:
        """One of the options."""
        return options[int(self._random() * len(options))]


class Question:
    """A question about a setting.

    Attributes
    ----------
    kind : str
        The function of this module that makes it.
    setting : dict
        What it was made for; plain data.
    prompt : str
        The question, in Markdown that reads as plain text too.
    answer_type
        `Integer`, `Numbers`, `Shape`, `Shapes`, `Pixels`, `Choice`, `Function` or `Model`;
        ``answer_type.asks`` says what to type.
    cases : tuple of dict
        The settings it is tried on: one, or for a function many. A function is called with the
        values of a case, in order: ``function(*case.values())``.
    visible : int
        How many of the cases, from the first, a student may see.
    """

    kind = ""
    quantity = ""  # what `course.mistakes` calls it
    known: tuple[str, ...] = ()  # names of mistakes, the most common first
    worth = 2  # mistakes that `another` must be able to tell apart
    visible = 1
    answer_type: object = Integer()
    defaults: dict = {}  # noqa: RUF012 (never changed): what the formulas need and a case may omit

    def __init__(self, **setting):
        self.setting = tidy(setting)
        self.cases = (self.setting,)

    def __repr__(self) -> str:
        setting = ", ".join(f"{name}={value!r}" for name, value in self.setting.items())
        return f"questions.{self.kind}({setting})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.setting == other.setting

    __hash__ = None

    # What each kind has of its own

    @property
    def prompt(self) -> str:
        """The question."""
        raise NotImplementedError

    def right(self, **case) -> object:
        """What is right in a case."""
        raise NotImplementedError

    def fact(self, case: dict, answer: object) -> str:
        """The fact nearest to an answer that no mistake explains, not the answer itself."""
        raise NotImplementedError

    def draw(self, pick: Pick) -> dict:
        """Another setting, perhaps impossible."""
        raise NotImplementedError

    def numbers(self, case: dict) -> dict:
        """The numbers of a case that a correction may use."""
        return {name: value for name, value in case.items() if isinstance(value, int | str)}

    @property
    def explorer(self) -> dict | None:
        """The picture of the setting, as in `course.mistakes.Mistake.explorer`."""
        return None

    # What all have in common

    def wrong(self, mistake: Mistake, case: dict) -> object:
        """The answer to a case that the mistake leads to; where it cannot err, what is right."""
        answer = mistake.answer(self.quantity, self.right, **self.defaults | case)
        return self.right(**case) if answer is None else answer

    def expected(self, case: dict) -> object:
        """What is right in one of the cases, as plain data."""
        return self._expected[self.cases.index(case)]

    @functools.cached_property
    def _expected(self) -> tuple:
        return tuple(self.right(**case) for case in self.cases)

    @functools.cached_property
    def _wrong(self) -> dict[str, tuple]:
        """The answers to all cases that each mistake leads to, if one of them is wrong."""
        answers = {
            name: tuple(self.wrong(MISTAKES[name], case) for case in self.cases)
            for name in self.known
        }
        return {name: wrong for name, wrong in answers.items() if wrong != self._expected}

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The mistakes that lead to a wrong answer here, the most common first."""
        return tuple(MISTAKES[name] for name in self._wrong)

    @property
    def coincide(self) -> tuple[tuple[str, ...], ...]:
        """Names of mistakes that lead to the same answers here, so that nobody can tell them."""
        groups = {}
        for name, wrong in self._wrong.items():
            groups.setdefault(wrong, []).append(name)
        return tuple(tuple(names) for names in groups.values() if len(names) > 1)

    @property
    def told_apart(self) -> tuple[str, ...]:
        """Names of the mistakes that can be diagnosed for certain."""
        together = {name for names in self.coincide for name in names}
        return tuple(name for name in self._wrong if name not in together)

    def another(self, seed: int | str) -> "Question":
        """A question of the same kind with another setting, the same one for the same seed.

        It is never impossible, and wrong ideas are told apart by its answer.
        """
        pick = Pick(f"{self.kind} {seed}")
        while True:
            try:
                question = type(self)(**self.draw(pick))
                if question != self and len(question.told_apart) >= self.worth:
                    return question
            except SettingError:
                continue

    def parse(self, text: str) -> object:
        """A typed answer as a value of the answer type.

        Raises
        ------
        AnswerError
            A ``ValueError`` whose message says, to the student, what to type.
        """
        return self.answer_type.parse(text)

    def diagnose(self, answer: object) -> Diagnosis:
        """Say whether an answer is right, and if not, which mistake it shows.

        Anything may be given: what cannot be read is not right yet, and a text is parsed.
        """
        try:
            if isinstance(answer, str):
                answer = self.parse(answer)
            return self.diagnose_outputs([self.answer_type.read(answer)])
        except AnswerError as error:
            return Diagnosis(False, None, f"Not right yet. {error}")

    def diagnose_outputs(self, outputs: list) -> Diagnosis:
        """Diagnose answers to all ``cases``, in their order.

        Parameters
        ----------
        outputs : list
            Plain data. A function that failed in a case has ``{"error": "what it said"}`` there.
        """
        answers, trouble = [], None
        kind = getattr(self.answer_type, "result", self.answer_type)
        for case, output in zip(self.cases, outputs, strict=True):
            try:
                if isinstance(output, dict) and "error" in output:
                    raise AnswerError(f"It stops with {output['error']}.")
                answers.append(self._result(case, kind).read(output))
            except AnswerError as error:
                answers.append(None)
                trouble = trouble or (case, error)
        if trouble:
            return Diagnosis(False, None, f"Not right yet. {self._unreadable(*trouble)}")
        if tuple(answers) == self._expected:
            return Diagnosis(True, None, self._praise())
        candidates = tuple(
            name for name, wrong in self._wrong.items() if self._explains(wrong, answers)
        )
        wrong_cases = map(operator.ne, answers, self._expected)
        first = list(wrong_cases).index(True)
        if candidates:
            corrections = [
                MISTAKES[name].correction(**self.numbers(self.cases[first])) for name in candidates
            ]
            if len(candidates) == 1:
                return Diagnosis(False, *candidates, f"Not right yet. {corrections[0]}", candidates)
            several = " Or: ".join(corrections[:3])
            message = f"Not right yet. More than one slip leads there. Perhaps: {several}"
            return Diagnosis(False, None, message, candidates)
        return Diagnosis(False, None, f"Not right yet. {self._nearest(first, answers)}")

    def _result(self, case: dict, kind: object) -> object:
        """The type of the answer to a case."""
        return kind

    def _unreadable(self, case: dict, error: AnswerError) -> str:
        return str(error)

    def _praise(self) -> str:
        return f"Yes, {show(self._expected[0])}."

    def _nearest(self, first: int, answers: list) -> str:
        return self.fact(self.cases[first], answers[first])

    def _explains(self, wrong: tuple, answers: list) -> bool:
        return all(map(same, answers, wrong))

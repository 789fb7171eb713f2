"""What a question is, whatever it asks."""

import functools
import math
import operator
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import ClassVar, dataclass_transform

from course.geometry import SettingError
from course.mistakes import MISTAKES, Mistake
from course.questions.answers import Answer, AnswerError, Integer, show


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


def same(answer, wrong) -> bool:
    """Whether an answer is this one, written exactly or rounded to some decimals."""
    if isinstance(wrong, tuple):
        alike = isinstance(answer, tuple) and len(answer) == len(wrong)
        return alike and all(map(same, answer, wrong))
    if isinstance(wrong, Fraction) and wrong.denominator > 1 and isinstance(answer, float):
        rounded = any(answer == round(float(wrong), digits) for digits in (1, 2, 3))
        return rounded or math.isclose(answer, wrong, rel_tol=1e-9)
    return answer == wrong


def tidy(value):
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


def need_shape(name: str, value, axes: Sequence[int] = (3,), like=(28, 28, 1)) -> None:
    """Raise ``SettingError`` for what is no shape with one of these numbers of axes."""
    right = isinstance(value, tuple) and all(type(size) is int and size > 0 for size in value)
    if not right or len(value) not in axes:
        what = "rows, columns, channels" if len(axes) == 1 else "a tuple of whole numbers"
        raise SettingError(name, value, f"it must be {what}, without the batch", like)


MOST_WORDS = 40  # of what is said about several mistakes


def not_yet(said: str, names: Sequence[str] = (), numbers: dict | None = None) -> Diagnosis:
    """The diagnosis of a wrong answer: what is said, and what sets these mistakes right.

    The ``numbers`` of the case are put into what is said about a single mistake.
    """
    sure, text = len(names) == 1, f"Not right yet. {said}".strip()
    if sure:
        text += f" {MISTAKES[names[0]].correction(**numbers or {})}"
    for number, name in enumerate(() if sure else names):
        longer = f"{text} {'Or' if number else 'Perhaps'}: {MISTAKES[name].correction()}"
        if number and len(longer.split()) > MOST_WORDS:
            break
        text = longer
    return Diagnosis(False, names[0] if sure else None, text, tuple(names))


def picker(seed: str) -> Callable:
    """A function that chooses one of some options, alike on every machine.

    Of Python's generator only ``random()`` is promised to stay as it is in later versions.
    """
    draw = random.Random(seed).random
    return lambda options: options[int(draw() * len(options))]


@dataclass_transform(eq_default=False)
class Question:
    """A question about a setting: a dataclass of what it is made for.

    ``kind`` is its name in `course.questions`, and ``setting`` what it was made for, as plain data.
    ``cases`` are the settings it is tried on: one, or for a function many, of which a student may
    see the first ``visible``. A function is called ``function(*case.values())``.
    """

    kind: ClassVar[str]
    asked: ClassVar[str]  # the prompt, where {0} is the question
    takes: ClassVar[Answer] = Integer()  # the type of its answer
    drawn: ClassVar[dict] = {}  # options for another setting
    worth: ClassVar[int] = 2  # mistakes that `another` must be able to tell apart
    visible: ClassVar[int] = 1

    def __init_subclass__(cls):
        dataclass(cls, eq=False, repr=False)
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __post_init__(self):
        self.setting = self.plain()
        vars(self).update(self.setting)

    def __repr__(self) -> str:
        setting = ", ".join(f"{name}={value!r}" for name, value in self.setting.items())
        return f"questions.{self.kind}({setting})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.setting == other.setting

    # What each kind has of its own

    def plain(self) -> dict:
        """The setting as plain data; one that nothing can have raises ``SettingError``."""
        return {each.name: tidy(getattr(self, each.name)) for each in fields(self)}  # type: ignore[arg-type]

    @functools.cached_property
    def cases(self) -> tuple[dict, ...]:
        return (self.setting,)

    @property
    def prompt(self) -> str:
        """The question, in Markdown that reads as plain text too."""
        return self.asked.format(self)

    def right(self, **case) -> object:
        """What is right in a case."""
        raise NotImplementedError

    def why(self, case: dict) -> str:
        """Why it is right, in a clause that does not give the answer away."""
        raise NotImplementedError

    def fact(self, case: dict, answer: object) -> str:
        """The fact nearest to an answer that no mistake explains, not the answer itself."""
        return sentence(self.why(case))

    def draw(self, pick: Callable) -> dict:
        """Another setting, perhaps impossible."""
        return {name: pick(self.drawn[name]) for name in self.drawn if name in self.setting}

    def numbers(self, case: dict) -> dict:
        """The numbers of a case that a correction may use."""
        return {}

    @property
    def explorer(self) -> dict | None:
        """The picture of the setting, as in `course.mistakes.Mistake.explorer`."""
        return None

    def keras_says(self) -> object:
        """What Keras makes of the setting; None where it has no word for what is asked."""
        return None

    def answer_of(self, case: dict) -> Answer:
        """The type of the answer to a case."""
        return self.takes

    def wrong(self, mistake: Mistake, case: dict) -> list:
        """The answers to a case that the mistake leads to, one for each way; None if to none."""
        return mistake.answers(self.kind, self.right, **case)

    # What all have in common

    @property
    def answer_type(self) -> Answer:
        """One of `course.questions.answers`; ``answer_type.asks`` says what to type."""
        return self.answer_of(self.setting)

    def expected(self, case: dict) -> object:
        """What is right in one of the cases, as plain data."""
        return self.right(**case)

    @functools.cached_property
    def _expected(self) -> tuple:
        return tuple(map(self.expected, self.cases))

    @functools.cached_property
    def _wrong(self) -> dict[str, list[tuple]]:
        """Each mistake's answers to all cases, one tuple for each way, as far as any is wrong."""
        wrong: dict[str, list[tuple]] = {}
        for name, mistake in MISTAKES.items():
            of_cases = [self.wrong(mistake, case) for case in self.cases]
            for way in zip(*of_cases, strict=True):
                # Where the mistake cannot err, the answer is right.
                pairs = zip(way, self._expected, strict=True)
                answers = tuple(right if answer is None else answer for answer, right in pairs)
                if answers != self._expected:
                    wrong.setdefault(name, []).append(answers)
        return wrong

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The mistakes that lead to a wrong answer here, the most common first."""
        return tuple(MISTAKES[name] for name in self._wrong)

    @property
    def told_apart(self) -> tuple[str, ...]:
        """Names of the mistakes that can be diagnosed for certain: no other gives their answers."""
        times = Counter(answers for ways in self._wrong.values() for answers in set(ways))
        return tuple(
            name for name, ways in self._wrong.items() if all(times[each] == 1 for each in ways)
        )

    def another(self, seed: int | str) -> "Question":
        """A question of the same kind with another setting, the same one for the same seed.

        It is never impossible, and wrong ideas are told apart by its answer.
        """
        pick = picker(f"{self.kind} {seed}")
        for _ in range(1000):  # a handful will do
            try:
                question = type(self)(**self.draw(pick))
            except SettingError:
                continue
            if question != self and len(question.told_apart) >= self.worth:
                return question
        raise RuntimeError(f"no other {self.kind} was found")

    def parse(self, text: str) -> object:
        """A typed answer as a value of the answer type.

        Raises ``AnswerError``, a ``ValueError`` that says, to the student, what to type.
        """
        return self.answer_type.parse(text)

    def read(self, answer: object) -> object:
        """As `parse`, of what a cell has computed; a text is parsed."""
        return self.parse(answer) if isinstance(answer, str) else self.answer_type.read(answer)

    def diagnose(self, answer: object) -> Diagnosis:
        """Say whether an answer is right, and if not, which mistake it shows.

        Anything may be given: what cannot be read is not right yet.
        """
        try:
            return self.judge([self.read(answer)])
        except AnswerError as error:
            return not_yet(str(error))

    def diagnose_outputs(self, outputs: list) -> Diagnosis:
        """Diagnose answers to all ``cases``, in their order, from plain data.

        A function that failed in a case has ``{"error": "what it said"}`` there.
        """
        answers = []
        for case, output in zip(self.cases, outputs, strict=True):
            try:
                if isinstance(output, dict) and "error" in output:
                    raise AnswerError(f"It stops with {output['error']}.")
                answers.append(self.answer_of(case).read(output))
            except AnswerError as error:
                return not_yet(f"{self._where(case)}{error}")
        return self.judge(answers)

    def judge(self, answers: Iterable) -> Diagnosis:
        """Diagnose answers to all ``cases`` that have been read or parsed."""
        answers = tuple(answers)
        if answers == self._expected:
            return Diagnosis(True, None, self._praise())
        first = first_different(answers, self._expected)
        names = tuple(
            name
            for name, ways in self._wrong.items()
            if any(self._explains(way, answers) for way in ways)
        )
        said = "" if names else self._nearest(first, answers)
        return not_yet(said, names, self.numbers(self.cases[first]))

    def _where(self, case: dict) -> str:
        return ""

    def _praise(self) -> str:
        return f"Yes, {show(self._expected[0])}."

    def _nearest(self, first: int, answers: tuple) -> str:
        return self.fact(self.cases[first], answers[first])

    def _explains(self, wrong: tuple, answers: tuple) -> bool:
        return all(map(same, answers, wrong))


def first_different(answers: Iterable, others: Iterable) -> int:
    """The index of the first answer that differs from the one in the same place."""
    return list(map(operator.ne, answers, others)).index(True)


def sentence(text: str) -> str:
    """The text as a sentence; a name in backticks keeps its case."""
    return f"{text[0].upper()}{text[1:]}."

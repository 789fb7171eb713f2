"""What a question is, whatever it asks."""

import functools
import math
import operator
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import ClassVar

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


MOST_WORDS = 40  # of what is said about several mistakes


def perhaps(start: str, names: Sequence[str], numbers: dict) -> str:
    """Say what sets mistakes right that lead to the same answer, the most common first."""
    if not names:
        return start
    first, *more = (MISTAKES[name].correction(**numbers) for name in names)
    if not more:
        return f"{start} {first}"
    text = f"{start} More than one slip leads there. Perhaps: {first}"
    for each in more:
        if len(f"{text} Or: {each}".split()) > MOST_WORDS:
            break
        text += f" Or: {each}"
    return text


class Pick:
    """Choose by a seed, the same on every machine.

    Of Python's generator only ``random()`` is promised to stay as it is in later versions.
    """

    def __init__(self, seed: str):
        self._random = random.Random(seed).random

    def __call__(self, options: Sequence) -> object:
        """One of the options."""
        return options[int(self._random() * len(options))]


@dataclass(eq=False, repr=False)
class Question:
    """A question about a setting: a dataclass of what it is made for.

    Attributes
    ----------
    kind : str
        Its name in `course.questions`.
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

    kind: ClassVar[str]
    quantities: ClassVar[tuple[str, ...]] = ()  # what `course.mistakes` calls it
    worth: ClassVar[int] = 2  # mistakes that `another` must be able to tell apart
    visible: ClassVar[int] = 1
    usual: ClassVar[dict] = {}  # what the formulas need and a case may omit
    answer_type = Integer()

    def __init_subclass__(cls):
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __post_init__(self):
        self.setting = self.plain()
        vars(self).update(self.setting)

    def __repr__(self) -> str:
        setting = ", ".join(f"{name}={value!r}" for name, value in self.setting.items())
        return f"questions.{self.kind}({setting})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.setting == other.setting

    __hash__ = None

    # What each kind has of its own

    def plain(self) -> dict:
        """The setting as plain data; one that nothing can have raises ``SettingError``."""
        return {each.name: tidy(getattr(self, each.name)) for each in fields(self)}

    @functools.cached_property
    def cases(self) -> tuple[dict, ...]:
        return (self.setting,)

    @property
    def prompt(self) -> str:
        """The question."""
        raise NotImplementedError

    def right(self, **case) -> object:
        """What is right in a case."""
        raise NotImplementedError

    def why(self, case: dict) -> str:
        """Why it is right, in a clause that does not give the answer away."""
        raise NotImplementedError

    def fact(self, case: dict, answer: object) -> str:
        """The fact nearest to an answer that no mistake explains, not the answer itself."""
        return sentence(self.why(case))

    def draw(self, pick: Pick) -> dict:
        """Another setting, perhaps impossible."""
        raise NotImplementedError

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

    def answer_of(self, case: dict) -> object:
        """The type of the answer to a case."""
        return self.answer_type

    def wrong(self, mistake: Mistake, case: dict) -> list:
        """The answers to a case that the mistake leads to, one for each way; None if to none."""
        setting = self.usual | case
        return [a for q in self.quantities for a in mistake.answers(q, self.right, **setting)]

    # What all have in common

    @property
    def known(self) -> tuple[str, ...]:
        """Names of the mistakes that have a formula for this, the most common first."""
        return tuple(
            name
            for name, each in MISTAKES.items()
            if not each.formulas.keys().isdisjoint(self.quantities)
        )

    def expected(self, case: dict) -> object:
        """What is right in one of the cases, as plain data."""
        return self._expected[self.cases.index(case)]

    @functools.cached_property
    def _expected(self) -> tuple:
        return tuple(self.right(**case) for case in self.cases)

    @functools.cached_property
    def _wrong(self) -> dict[str, list[tuple]]:
        """Each mistake's answers to all cases, one tuple for each way, as far as any is wrong."""
        wrong = {}
        for name in self.known:
            of_cases = [self.wrong(MISTAKES[name], case) for case in self.cases]
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
    def coincide(self) -> tuple[tuple[str, ...], ...]:
        """Names of mistakes that lead to the same answers here, so that nobody can tell them."""
        groups = {}
        for name, ways in self._wrong.items():
            for answers in dict.fromkeys(ways):
                groups.setdefault(answers, []).append(name)
        return tuple(dict.fromkeys(tuple(names) for names in groups.values() if len(names) > 1))

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

        Raises
        ------
        AnswerError
            A ``ValueError`` whose message says, to the student, what to type.
        """
        return self.answer_type.parse(text)

    def read(self, answer: object) -> object:
        """As `parse`, of what a cell has computed."""
        return self.answer_type.read(answer)

    def diagnose(self, answer: object) -> Diagnosis:
        """Say whether an answer is right, and if not, which mistake it shows.

        Anything may be given: what cannot be read is not right yet, and a text is parsed.
        """
        try:
            read = self.parse(answer) if isinstance(answer, str) else self.read(answer)
        except AnswerError as error:
            return Diagnosis(False, None, f"Not right yet. {error}")
        return self.judge([read])

    def diagnose_outputs(self, outputs: list) -> Diagnosis:
        """Diagnose answers to all ``cases``, in their order.

        Parameters
        ----------
        outputs : list
            Plain data. A function that failed in a case has ``{"error": "what it said"}`` there.
        """
        answers = []
        for case, output in zip(self.cases, outputs, strict=True):
            try:
                if isinstance(output, dict) and "error" in output:
                    raise AnswerError(f"It stops with {output['error']}.")
                answers.append(self.answer_of(case).read(output))
            except AnswerError as error:
                return Diagnosis(False, None, f"Not right yet. {self._unreadable(case, error)}")
        return self.judge(answers)

    def judge(self, answers: Iterable) -> Diagnosis:
        """Diagnose answers to all ``cases`` that have been read or parsed."""
        answers = tuple(answers)
        if answers == self._expected:
            return Diagnosis(True, None, self._praise())
        first = list(map(operator.ne, answers, self._expected)).index(True)
        candidates = tuple(
            name
            for name, ways in self._wrong.items()
            if any(self._explains(way, answers) for way in ways)
        )
        if not candidates:
            return Diagnosis(False, None, f"Not right yet. {self._nearest(first, answers)}")
        message = perhaps("Not right yet.", candidates, self.numbers(self.cases[first]))
        mistake = candidates[0] if len(candidates) == 1 else None
        return Diagnosis(False, mistake, message, candidates)

    def _unreadable(self, case: dict, error: AnswerError) -> str:
        return str(error)

    def _praise(self) -> str:
        return f"Yes, {show(self._expected[0])}."

    def _nearest(self, first: int, answers: tuple) -> str:
        return self.fact(self.cases[first], answers[first])

    def _explains(self, wrong: tuple, answers: tuple) -> bool:
        return all(map(same, answers, wrong))


def sentence(text: str) -> str:
    """The text as a sentence; a name in backticks keeps its case."""
    return f"{text[0].upper()}{text[1:]}."

"""What a question is, whatever it asks."""

import functools
import inspect
import math
import operator
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

from course.geometry import SettingError
from course.mistakes import MISTAKES, Mistake
from course.questions.answers import Answer, AnswerError, Integer, plain, show


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
    value = plain(value)
    if isinstance(value, str):
        return value.lower()  # a padding; Keras takes capitals too
    if isinstance(value, list | tuple | range):
        return tuple(map(tidy, value))
    if isinstance(value, dict):
        return {name: tidy(part) for name, part in value.items()}
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


LETTERS = {"kernel_size": "k", "strides": "s", "dilation_rate": "d"}  # in corrections
PLAINEST = {"strides": 1, "padding": "valid", "dilation_rate": 1}


@dataclass(eq=False, repr=False)
class Question:
    """What is asked in one setting, what is right, and why: made by a function of its `kind`.

    ``setting`` is what it was made for, as plain data, and each of its parts an attribute too.
    ``cases`` are the settings it is tried on: one, or for a function many. Of these,
    ``right(**case)`` gives what is right, as plain data, and of any other.
    """

    prompt: str  # Markdown that reads as plain text too
    right: Callable
    why: str  # a clause that does not give the answer away
    takes: Answer = field(default_factory=Integer)  # the type of its answer
    explorer: dict | None = None  # the picture, as in `course.mistakes.Mistake.explorer`
    numbers: dict = field(default_factory=dict)  # what a correction may use besides the setting
    fact: Callable | None = None  # (answer) → the fact nearest to one that no mistake explains
    keras_says: Callable | None = None  # (keras) → what it makes of it, if it has a word for that
    wrong: Callable | None = None  # (mistake) → the answers it leads to, if it takes no formula
    draw: Callable | None = None  # (pick) → another setting, if its parts depend on one another
    worth: int = 2  # mistakes that `another` must be able to tell apart
    setting: dict = field(default_factory=dict)
    cases: tuple[dict, ...] = ()

    kind = ""  # the name of the function that made it
    make: ClassVar[Callable]
    options: ClassVar[dict]  # among which another setting is drawn

    def __repr__(self) -> str:
        setting = ", ".join(f"{name}={value!r}" for name, value in self.setting.items())
        return f"questions.{self.kind}({setting})"

    def _repr_markdown_(self) -> str:
        return self.prompt

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Question) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def expected(self, case: dict) -> Any:
        """What is right in one of the cases."""
        return self.right(**case)

    @functools.cached_property
    def answer(self) -> Any:
        """What is right."""
        return self.expected(self.cases[0])

    @property
    def answer_type(self) -> Answer:
        """One of `course.questions.answers`; ``answer_type.asks`` says what to type."""
        return self.takes.like(self.answer)

    def ways(self, mistake: Mistake) -> list:
        """The answers that a mistake leads to, one for each way; None if to none."""
        if self.wrong:
            return self.wrong(mistake)
        return mistake.answers(self.kind, self.right, **self.cases[0])

    @functools.cached_property
    def _wrong(self) -> dict[str, list]:
        """The answers that each mistake leads to, as far as they are wrong."""
        found = {
            name: [each for each in self.ways(mistake) if each not in (None, self.answer)]
            for name, mistake in MISTAKES.items()
        }
        return {name: answers for name, answers in found.items() if answers}

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The mistakes that lead to a wrong answer here, the most common first."""
        return tuple(MISTAKES[name] for name in self._wrong)

    @property
    def told_apart(self) -> tuple[str, ...]:
        """Names of the mistakes that can be diagnosed for certain: no other gives their answers."""
        times = Counter(answer for answers in self._wrong.values() for answer in set(answers))
        found = self._wrong.items()
        return tuple(name for name, answers in found if all(times[each] == 1 for each in answers))

    def another(self, seed: int | str) -> "Question":
        """A question of the same kind with another setting, the same one for the same seed.

        It is never impossible, and wrong ideas are told apart by its answer.
        """
        pick = picker(f"{self.kind} {seed}")
        for _ in range(1000):  # a handful will do
            try:
                question = self.make(**(self.draw or self.drawn)(pick))
            except SettingError:
                continue
            if question != self and len(question.told_apart) >= self.worth:
                return question
        raise RuntimeError(f"no other {self.kind} was found")

    def drawn(self, pick: Callable) -> dict:
        """Another setting, out of the options of its kind."""
        drawn, mine = dict(self.setting), self.setting
        for name, options in self.options.items():
            drawn[name] = options(pick, mine[name]) if callable(options) else pick(options)
        if {"kernel_size", "strides"} <= drawn.keys():  # a window
            # What the question does without may not have been explained yet.
            drawn |= {name: plain for name, plain in PLAINEST.items() if mine.get(name) == plain}
            if mine.get("padding") == "same" and drawn["padding"] != "valid":
                drawn["padding"] = "same"
            if "dilation_rate" in drawn and drawn["strides"] > 1:  # Keras has one of the two
                drawn["dilation_rate"] = 1
        return drawn

    def parse(self, text: str) -> object:
        """A typed answer as a value of the answer type.

        Raises ``AnswerError``, a ``ValueError`` that says, to the student, what to type.
        """
        return self.answer_type.parse(text)

    def read(self, answer: object) -> Any:
        """As `parse`, of what a cell has computed; a text is parsed."""
        return self.parse(answer) if isinstance(answer, str) else self.answer_type.read(answer)

    def diagnose(self, answer: object) -> Diagnosis:
        """Say whether an answer is right, and if not, which mistake it shows.

        Anything may be given: what cannot be read is not right yet.
        """
        try:
            return self.judge(self.read(answer))
        except AnswerError as error:
            return not_yet(str(error))

    def judge(self, answer: Any) -> Diagnosis:
        """Diagnose an answer that has been read or parsed."""
        if answer == self.answer:
            return Diagnosis(True, None, f"Yes, {show(self.answer)}.")
        found = self._wrong.items()
        names = [name for name, ways in found if any(same(answer, wrong) for wrong in ways)]
        fact = "" if names else self.fact(answer) if self.fact else sentence(self.why)
        return not_yet(fact, names, self.letters)

    @property
    def letters(self) -> dict:
        """The numbers that a correction may use."""
        return {LETTERS.get(name, name): n for name, n in self.setting.items()} | self.numbers


KINDS: dict[str, Callable] = {}  # all kinds of questions, by name


def kind(**options) -> Callable:
    """Make a function a kind of question: it is called with a setting, and says what is asked.

    ``options`` are those among which a setting of another question is drawn, or a function of
    ``pick`` and the setting of this one. What nothing can have raises ``SettingError``.
    """

    def decorate(make: Callable) -> Callable:
        signature = inspect.signature(make)

        @functools.wraps(make)
        def made(*args, **settings):
            given = signature.bind(*args, **settings)
            given.apply_defaults()
            setting = {
                name: value if name == "seed" else tidy(value)  # a seed keeps its capitals
                for name, value in given.arguments.items()
                if value is not None
            }
            question = make(**setting)
            question.kind, question.make, question.options = make.__name__, made, options
            question.setting = question.setting or setting
            question.cases = question.cases or (question.setting,)
            vars(question).update(question.setting)
            return question

        KINDS[make.__name__] = made
        return made

    return decorate


def first_different(answers: Iterable, others: Iterable) -> int:
    """The index of the first answer that differs from the one in the same place."""
    return list(map(operator.ne, answers, others)).index(True)


def sentence(text: str) -> str:
    """The text as a sentence; a name in backticks keeps its case."""
    return f"{text[0].upper()}{text[1:]}."

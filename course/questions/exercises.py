"""Exercises: a function to write, a model to build."""

import ast
import functools
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from course.geometry import SettingError, Window, whole
from course.questions.answers import Answer, AnswerError, show
from course.questions.layers import bill, describe, examine, network, output_shape
from course.questions.question import (
    Diagnosis,
    Question,
    first_different,
    kind,
    need_shape,
    not_yet,
    picker,
    same,
)
from course.questions.values import FILLS, padded
from course.questions.windows import output_size, receptive_field, same_pads, usage

# All of these are in the lessons, or at the limit of what is possible.
CLASSIC = (
    *((28, 3, 2, "valid"), (28, 3, 2, "same"), (7, 3, 1, "valid"), (7, 3, 1, "same")),
    *((6, 3, 2, "valid"), (27, 3, 2, "same"), (8, 2, 3, "valid"), (6, 4, 1, "same")),
)


def _draw_window(pick: Callable) -> tuple:
    # From the smallest input that a kernel of 7 fits, so that both paddings are possible.
    case = (pick(range(7, 33)), pick(range(1, 8)), pick(range(1, 5)))
    return *case, pick(("valid", "same"))


@functools.lru_cache(maxsize=10_000)  # of all windows that are drawn there are not many more
def _made(part: Callable, call: str) -> Question:
    """The question of a case: the same ones come again with every seed."""
    return part(*ast.literal_eval(call))


def _has(setting: dict, only: dict) -> bool:
    """Whether a setting, or each window of a stack, has this."""
    windows = setting.get("windows", [setting])
    return all(only.items() <= window.items() for window in windows)


class Write(Question):
    """A function to write: many questions at once, ``parts``, one for each of its ``cases``.

    It is called ``function(*case.values())``. A student may see the first, ``classic`` cases; the
    others are drawn by a seed. ``part`` makes the question of a case. With ``only``, such as
    ``{"padding": "valid"}``, the cases are those that have this.
    """

    def __init__(
        self,
        name: str,
        seed: int | str,
        only: dict | None,
        returns: str,
        part: Callable,
        arguments: tuple[str, ...] = ("n", "kernel_size", "strides", "padding"),
        classic: tuple[tuple, ...] = CLASSIC,
        draw_case: Callable = _draw_window,
    ):
        pick = picker(f"write_{name} {seed}")
        calls = [*classic, *(draw_case(pick) for _ in range(60))]
        cases = [dict(zip(arguments, call, strict=False)) for call in calls]
        parts = [_made(part, repr((*case.values(),))) for case in cases]
        wanted = [number for number, each in enumerate(parts) if _has(each.setting, only or {})]
        self.name, self.visible = name, sum(number < len(classic) for number in wanted)
        self.cases = tuple(cases[number] for number in wanted)
        self.parts = [parts[number] for number in wanted]
        example = f"{self.call(0)} is `{show(self.answer[0])}`"
        super().__init__(
            f"**Write `{name}({', '.join(arguments)})`.** {returns} For example, {example}.",
            right=lambda **case: part(*case.values()).answer,
            why="",
            takes=Answer("a function"),
            draw=lambda pick: {"seed": pick(range(10**9)), "only": only},
            cases=self.cases,
        )

    @property
    def answer(self):
        """What is right in each case."""
        return tuple(part.answer for part in self.parts)

    def ways(self, mistake):
        """As of any question; where the mistake cannot err, the answer is right."""
        of_parts = (mistake.answers(self.name, each.right, **each.setting) for each in self.parts)
        ways = zip(*of_parts, strict=True)
        return [
            tuple(right if answer is None else answer for answer, right in pairs)
            for pairs in (zip(way, self.answer, strict=True) for way in ways)
        ]

    def diagnose(self, answer):
        """Call the function in every case, here and now: without limits, so trust it first."""
        outputs = []
        for case in self.cases:
            try:
                outputs.append(answer(*case.values()))
            except (Exception, SystemExit) as error:
                text = f"{error}" or "no message"
                outputs.append({"error": f"{type(error).__name__}: {text}"})
        return self.diagnose_outputs(outputs)

    def diagnose_outputs(self, outputs: list) -> Diagnosis:
        """Diagnose the results of all ``cases``, in their order, from plain data.

        A function that failed in a case has ``{"error": "what it said"}`` there.
        """
        answers = []
        for number, (part, output) in enumerate(zip(self.parts, outputs, strict=True)):
            try:
                if isinstance(output, dict) and "error" in output:
                    raise AnswerError(f"It stops with {output['error']}.")
                answers.append(part.answer_type.read(output))
            except AnswerError as error:
                seen = number < self.visible
                where = self.call(number) if seen else "In a case that you do not see"
                return not_yet(f"{where}: {error}")
        return self.judge(tuple(answers))

    def judge(self, answers: Any) -> Diagnosis:
        """Diagnose the answers to all cases."""
        if answers == self.answer:
            return Diagnosis(True, None, f"Yes, in all {len(self.cases)} cases.")
        first = first_different(answers, self.answer)
        found = self._wrong.items()
        names = [name for name, ways in found if any(self._made(way, answers) for way in ways)]
        fact = "" if names else self._nearest(first, answers)
        return not_yet(fact, names, self.parts[first].letters)

    def call(self, number: int) -> str:
        """The function called in a case, in Markdown."""
        return f"`{self.name}({', '.join(map(repr, self.cases[number].values()))})`"

    def gives(self, number: int, answer: object) -> str:
        """What the function gives in a case, and what would be right."""
        right = show(self.parts[number].answer)
        return f"{self.call(number)} gives {show(answer)}, and {right} is right."

    def _nearest(self, first: int, answers: tuple) -> str:
        if first < self.visible:
            return self.gives(first, answers[first])
        failing = sum(map(operator.ne, answers, self.answer))
        return (
            f"Every case that you see is right, but {failing} of the {len(self.cases)} cases are "
            "not: does it hold for any input?"
        )

    def _made(self, wrong: tuple, answers: tuple) -> bool:
        """Whether the mistake was made everywhere, or everywhere with one of the paddings.

        A function has a branch for each padding, and one of them may well be right.
        """
        branches: dict = {}
        for case, *three in zip(self.cases, answers, wrong, self.answer, strict=True):
            branches.setdefault(case.get("padding"), []).append(three)
        return all(
            all(same(mine, mistaken) for mine, mistaken, _ in branch)
            or all(mine == right for mine, _, right in branch)
            for branch in branches.values()
        )


@kind()
def write_output_size(seed=0, only=None):
    """Write ``output_size(n, kernel_size, strides, padding)``."""
    returns = "It returns the size of the output along one axis, for `'valid'` and `'same'`."
    return Write("output_size", seed, only, returns, output_size)


@kind()
def write_same_pads(seed=0, only=None):
    """Write ``same_pads(n, kernel_size, strides)``."""
    returns = "It returns how many zeros `padding='same'` adds before and after the input, a pair."
    return Write("same_pads", seed, only, returns, same_pads, ("n", "kernel_size", "strides"))


@kind()
def write_usage(seed=0, only=None):
    """Write ``usage(n, kernel_size, strides, padding)``."""
    returns = "It returns a list: how often each of the n pixels is read."
    return Write("usage", seed, only, returns, usage, classic=((7, 3, 2, "valid"), *CLASSIC))


@kind()
def write_padded(seed=0, only=None):
    """Write ``padded(values, p, padding)``."""

    def draw_case(pick):
        return tuple(padded().drawn(pick).values())

    returns = "It returns the row of numbers with p more at each side, filled as `padding` says."
    classic = tuple(([1, 2, 3, 4, 5], 2, padding) for padding in FILLS)
    arguments = ("values", "p", "padding")
    return Write("padded", seed, only, returns, padded, arguments, classic, draw_case)


@kind()
def write_receptive_field(seed=0, only=None):
    """Write ``receptive_field(layers)``; a layer is (kernel size, stride, dilation)."""

    def draw_case(pick):
        windows = _stack([(1, 1, 1)]).drawn(pick)["windows"]
        return ([(w["kernel_size"], w["strides"], w["dilation_rate"]) for w in windows],)

    returns = "It returns how many pixels one unit of the last layer sees, from first to last."
    classic = (
        ([(3, 1, 1), (3, 1, 1)],),
        ([(3, 2, 1), (3, 1, 1)],),
        ([(3, 1, 2), (3, 1, 1)],),
        ([(5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1)],),
    )
    return Write("receptive_field", seed, only, returns, _stack, ("layers",), classic, draw_case)


def _stack(layers: list) -> Question:
    return receptive_field([Window(k, s, "same", d) for k, s, d in layers])


LIMITS = {  # what `describe` calls it, what is wished, and what is said if it is missed
    "max_params": ("params", "at most {:,} parameters", "It has {:,} parameters, more than {:,}."),
    "max_macs": ("macs", "at most {:,} MACs", "It takes {2}{0:,} MACs, and {1:,} are allowed."),
    "min_field": (
        "field",
        "units of the last layer that see at least {} pixels",
        "Its last units see {} pixels, and {} are wanted.",
    ),
    "max_kernel_size": (
        "window",
        "windows of at most {0}×{0}",
        "It has a window of {0} pixels, and at most {1}×{1} is allowed.",
    ),
    "max_pooling": (
        "pooling",
        "at most {} pooling layers",
        "It has {} pooling layers, and {} are allowed.",
    ),
}


class Wish(NamedTuple):
    """Something that is wished of a model, and what it is in this one."""

    name: str  # of the setting, or of the layer that misses it
    wanted: str
    found: str
    missed: str  # a sentence, if it is not fulfilled for certain


def first_missed(wishes: Iterable[Wish]) -> tuple[str, str] | None:
    """The name of the first wish that is not fulfilled for certain, and a sentence about it."""
    return next(((wish.name, wish.missed) for wish in wishes if wish.missed), None)


class BuildModel(Question):
    """A Keras model to build; its setting is what the model must keep to."""

    def read(self, answer):
        try:
            return describe(answer)
        except (TypeError, ValueError) as error:
            raise AnswerError(f"{error}.") from None

    def judge(self, built):
        if missed := self.unfulfilled(built):
            return not_yet(missed[1], self._believed(built))
        if doubt := self._doubt(built):
            return Diagnosis(False, None, f"The course cannot tell. {doubt}")
        return Diagnosis(True, None, "Yes, the model does all that it should.")

    def unfulfilled(self, built: dict) -> tuple[str, str] | None:
        """The first wish that a model does not fulfil for certain, and a sentence about it."""
        return first_missed(self.wishes(built))

    def wishes(self, built: dict) -> Iterator[Wish]:
        """All that is wished of a model, in the order in which it is told."""
        for name, what in (("input_shape", "takes"), ("output_shape", "makes")):
            wanted, found = show(self.setting[name]), show(tuple(built[name]))
            missed = "" if found == wanted else f"It {what} {found}, not {wanted}."
            yield Wish(name, f"{what} {wanted}", found, missed)
        for name, (of, words, said) in LIMITS.items():
            amount, limit = built[of], self.setting.get(name)
            if limit is None:
                continue
            if amount is None:
                yield Wish(name, words.format(limit), "not known", "")
                continue
            more = "at least " if name == "max_macs" and built["uncounted"] else ""
            misses = amount < limit if name == "min_field" else amount > limit
            missed = said.format(amount, limit, more) if misses else ""
            yield Wish(name, words.format(limit), f"{more}{amount:,}", missed)

    def _doubt(self, built: dict) -> str:
        """Why nobody knows whether the model fulfils a wish; "" if somebody does."""
        if "max_macs" in self.setting and built["uncounted"]:
            names = [*built["uncounted"]]
            names[3:] = [f"{len(names) - 3} more"] if len(names) > 3 else []
            return (
                f"Without the MACs of {', '.join(names)}, which are not counted, it takes "
                f"{built['macs']:,} of the {self.setting['max_macs']:,} that are allowed."
            )
        if "min_field" in self.setting and not built["field"]:
            return "It does not know how many pixels the units of the last layer see."
        return ""

    def _believed(self, built: dict) -> tuple[str, ...]:
        """The mistakes by which a model of the wrong shape would have had the right one."""
        wanted = self.setting
        if tuple(built["input_shape"]) != wanted["input_shape"] or not built["layers"]:
            return ()
        try:
            question = output_shape(built["layers"], wanted["input_shape"])
        except SettingError:  # Keras takes more than a question does, such as filters=True
            return ()
        if question.answer != tuple(built["output_shape"]):  # more than a map
            return ()
        return question.judge(wanted["output_shape"]).candidates


def _with_room(amount: int) -> int:
    """A twentieth more, and rounded up to two digits."""
    step = 10 ** (len(str(amount)) - 2)
    return -(-amount * 21 // (20 * step)) * step


class Design(BuildModel):
    """A network to design; what `describe` and `examine` find must keep to its setting."""

    def drawn(self, pick):
        return self.asked_of(bill(*network(pick)))

    def asked_of(self, built: dict) -> dict:
        """The setting that asks for a network like this one, with a little room in the budget."""
        setting = self.setting | {name: built[name] for name in ("input_shape", "output_shape")}
        for name in setting.keys() & {"max_params", "max_macs"}:
            setting[name] = _with_room(built[LIMITS[name][0]])
        if "min_field" in setting:
            setting["min_field"] = built["field"]
        setting["min_numbers"] = 100 * (built["squeezed"][1] // 100)
        if missed := first_missed(Design.wishes(self.make(**setting), built)):
            raise SettingError("input_shape", built["input_shape"], missed[1], None)
        return setting

    def read(self, answer):
        built = super().read(answer)
        return built if None in built["input_shape"] else built | examine(answer)

    def wishes(self, built):
        yield from super().wishes(built)
        wanted = self.setting["min_numbers"]
        all_read, listens = "every pixel of every map is read", "something else for another picture"
        enough = f"maps of at least {wanted:,} numbers"
        if "deaf" not in built:  # it is of no size, and was not examined
            yield from (Wish("", words, "not known", "") for words in (all_read, enough, listens))
            return
        for name, unread, pixels in built["unread"][:1]:
            amount = f"{unread:,} of {pixels:,} pixels"
            missed = f"Of the map of {name}, {amount} are never read."
            yield Wish(name, all_read, f"not {amount} of {name}", missed)
        if not built["unread"]:
            yield Wish("unread", all_read, "yes", "")
        name, numbers = built["squeezed"]
        more = f"and {wanted:,} are wanted: what is squeezed out does not come back"
        missed = f"The map of {name} holds {numbers:,} numbers, {more}." if numbers < wanted else ""
        yield Wish(name, enough, f"{numbers:,} in {name}" if missed else f"{numbers:,}", missed)
        missed = "It makes the same of different pictures: it does not read them."
        yield Wish("deaf", listens, *(("no", missed) if built["deaf"] else ("yes", "")))

    def _believed(self, built):
        missed, _ = self.unfulfilled(built)
        if missed in [name for name, *_ in built.get("unread", [])]:
            return ("everything_is_read",)
        return super()._believed(built)


def _to_build(sort: type, input_shape, output_shape, limits: dict, also: str = "") -> BuildModel:
    need_shape("input_shape", input_shape)
    need_shape("output_shape", output_shape, range(1, 5), like=(10,))
    given = {name: limit for name, limit in limits.items() if limit is not None}
    for name, limit in given.items():
        whole(name, limit, least=0)
    if "min_field" in given and len(output_shape) != 3:
        why = "only the units of a map have a receptive field, and the output is none"
        raise SettingError("min_field", given["min_field"], why, None)
    shapes = ["×".join(map(str, shape)) for shape in (input_shape, output_shape)]
    wishes = ", ".join(LIMITS[name][1].format(limit) for name, limit in given.items())
    wishes = " and ".join(wishes.replace("at most 0 ", "no ").rsplit(", ", 1))
    extra = f", with {wishes}" if wishes else ""
    return sort(
        f"**Build a Keras model** that turns {shapes[0]} into {shapes[1]}{extra}.{also}",
        right=lambda **setting: setting,
        why="",
        takes=Answer("a Keras model"),
        worth=0,  # no mistake leads to a model
    )


@kind()
def build_model(
    input_shape,
    output_shape,
    max_params=None,
    max_macs=None,
    min_field=None,
    max_kernel_size=None,
    max_pooling=None,
):
    """Build a Keras model that turns one shape into another and keeps to the limits.

    Shapes are without the batch; ``min_field`` is a receptive field in pixels, and
    ``max_kernel_size`` limits what kernels and pooling windows reach over, both along both axes.
    """
    limits = {"max_params": max_params, "max_macs": max_macs, "min_field": min_field}
    limits |= {"max_kernel_size": max_kernel_size, "max_pooling": max_pooling}
    return _to_build(BuildModel, input_shape, output_shape, limits)


@kind()
def design(
    input_shape,
    output_shape,
    max_params=None,
    max_macs=None,
    min_field=None,
    max_kernel_size=3,
    max_pooling=None,
    min_numbers=1,
):
    """Design a network under a budget: `build_model` without a way round it.

    Every pixel of every map is read, no map holds fewer than ``min_numbers``, and
    ``max_kernel_size`` limits layers that look at the whole map, too.
    """
    limits = {"max_params": max_params, "max_macs": max_macs, "min_field": min_field}
    limits |= {"max_kernel_size": max_kernel_size, "max_pooling": max_pooling}
    return to_design(Design, input_shape, output_shape, limits, min_numbers)


def to_design(sort: type, input_shape, output_shape, limits: dict, min_numbers) -> Any:
    """A network to design that keeps to the limits, or one to mend."""
    whole("min_numbers", min_numbers)
    also = (
        f" Every pixel of every map is read, and no map holds fewer than {min_numbers:,} numbers."
    )
    return _to_build(sort, input_shape, output_shape, limits, also)

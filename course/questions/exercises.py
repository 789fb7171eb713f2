"""Exercises: a function to write, a model to build."""

import functools
import operator
from collections.abc import Callable
from typing import ClassVar

from course.geometry import SettingError, whole
from course.questions.answers import AnswerError, Function, Model, show
from course.questions.layers import OutputShape, describe, examine
from course.questions.question import Diagnosis, Question, need_shape, not_yet, picker, same
from course.questions.windows import OutputSize, ReceptiveField, SamePads, Usage


class Write(Question):
    """A function to write, tried on cases that a student sees and on others, drawn by a seed."""

    seed: int | str = 0

    topic: ClassVar[Question] = OutputSize()
    arguments: ClassVar[tuple[str, ...]] = ("n", "kernel_size", "strides", "padding")
    # All of these are in the lessons, or at the limit of what is possible.
    classic: ClassVar[tuple[tuple, ...]] = (
        *((28, 3, 2, "valid"), (28, 3, 2, "same"), (7, 3, 1, "valid"), (7, 3, 1, "same")),
        *((6, 3, 2, "valid"), (27, 3, 2, "same"), (8, 2, 3, "valid"), (6, 4, 1, "same")),
    )
    visible = len(classic)
    returns: ClassVar[str]
    answer_type = Function()

    def plain(self):
        return {"seed": self.seed}  # a text keeps its capitals

    @functools.cached_property
    def cases(self):
        pick = picker(f"{self.kind} {self.seed}")
        cases = [*self.classic, *(self.draw_case(pick) for _ in range(60))]
        return tuple(dict(zip(self.arguments, case, strict=False)) for case in cases)

    def draw_case(self, pick: Callable) -> tuple:
        """One more case."""
        # From the smallest input that a kernel of 7 fits, so that both paddings are possible.
        case = (pick(range(7, 33)), pick(range(1, 8)), pick(range(1, 5)))
        return *case, pick(("valid", "same"))

    @property
    def prompt(self):
        example = f"{self.call(self.cases[0])} is `{show(self._expected[0])}`"
        name, arguments = self.topic.kind, ", ".join(self.arguments)
        return f"**Write `{name}({arguments})`.** {self.returns} For example, {example}."

    def right(self, **case):
        return self.topic.right(**case)

    def wrong(self, mistake, case):
        return mistake.answers(self.topic.kind, self.right, **case)

    def numbers(self, case):
        return self.topic.numbers(case)

    def draw(self, pick):
        return {"seed": pick(range(10**9))}

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

    def answer_of(self, case):
        return self.topic.answer_of(case)

    def call(self, case: dict) -> str:
        """The function called in a case, in Markdown."""
        return f"`{self.topic.kind}({', '.join(map(repr, case.values()))})`"

    def gives(self, case: dict, answer: object) -> str:
        """What the function gives in a case, and what would be right."""
        right = show(self.expected(case))
        return f"{self.call(case)} gives {show(answer)}, and {right} is right."

    def _praise(self):
        return f"Yes, in all {len(self.cases)} cases."

    def _where(self, case):
        if self.cases.index(case) < self.visible:
            return f"{self.call(case)}: "
        return "In a case that you do not see: "

    def _nearest(self, first, answers):
        if first < self.visible:
            return self.gives(self.cases[first], answers[first])
        failing = sum(map(operator.ne, answers, self._expected))
        return (
            f"Every case that you see is right, but {failing} of the {len(self.cases)} cases are "
            "not: does it hold for any input?"
        )

    def _explains(self, wrong, answers):
        """Whether the mistake was made everywhere, or everywhere with one of the paddings.

        A function has a branch for each padding, and one of them may well be right.
        """
        branches: dict = {}
        for case, *answer in zip(self.cases, answers, wrong, self._expected, strict=True):
            branches.setdefault(case.get("padding"), []).append(answer)
        return all(
            all(same(mine, mistaken) for mine, mistaken, _ in branch)
            or all(mine == right for mine, _, right in branch)
            for branch in branches.values()
        )


class WriteOutputSize(Write):
    """Write ``output_size(n, kernel_size, strides, padding)``."""

    returns = "It returns the size of the output along one axis, for `'valid'` and `'same'`."


class WriteSamePads(Write):
    """Write ``same_pads(n, kernel_size, strides)``."""

    topic = SamePads()
    arguments = ("n", "kernel_size", "strides")
    returns = "It returns how many zeros `padding='same'` adds before and after the input, a pair."


class WriteUsage(Write):
    """Write ``usage(n, kernel_size, strides, padding)``."""

    topic = Usage()
    classic = ((7, 3, 2, "valid"), *Write.classic)
    visible = len(classic)
    returns = "It returns a list: how often each of the n pixels is read."


class WriteReceptiveField(Write):
    """Write ``receptive_field(layers)``; a layer is (kernel size, stride, dilation)."""

    topic = ReceptiveField([{}])
    arguments = ("layers",)
    classic = (
        ([(3, 1, 1), (3, 1, 1)],),
        ([(3, 2, 1), (3, 1, 1)],),
        ([(3, 1, 2), (3, 1, 1)],),
        ([(5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1)],),
    )
    visible = len(classic)
    returns = "It returns how many pixels one unit of the last layer sees, from first to last."

    @staticmethod
    def _stack(layers):
        settings = ("kernel_size", "strides", "dilation_rate")
        windows = [dict(zip(settings, each, strict=True), padding="same") for each in layers]
        return {"windows": windows, "n": ReceptiveField.n}

    def draw_case(self, pick):
        windows = self.topic.draw(pick)["windows"]
        return ([(w["kernel_size"], w["strides"], w["dilation_rate"]) for w in windows],)

    def right(self, layers):
        return self.topic.right(**self._stack(layers))

    def wrong(self, mistake, case):
        return mistake.answers(self.topic.kind, self.topic.right, **self._stack(case["layers"]))


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
}


class BuildModel(Question):
    """Build a Keras model that turns one shape into another and keeps to the limits.

    Shapes are without the batch; ``min_field`` is a receptive field in pixels, and
    ``max_kernel_size`` limits kernels and pooling windows, both along both axes.
    """

    input_shape: tuple[int, int, int]
    output_shape: tuple[int, ...]
    max_params: int | None = None
    max_macs: int | None = None
    min_field: int | None = None
    max_kernel_size: int | None = None

    takes = Model()

    def plain(self):
        setting = {name: value for name, value in super().plain().items() if value is not None}
        need_shape("input_shape", setting.get("input_shape"))
        need_shape("output_shape", setting.get("output_shape"), range(1, 5), like=(10,))
        for name in LIMITS:
            whole(name, setting.get(name, 0), least=0)
        if "min_field" in setting and len(setting["output_shape"]) != 3:
            why = "only the units of a map have a receptive field, and the output is none"
            raise SettingError("min_field", setting["min_field"], why, None)
        return setting

    @property
    def prompt(self):
        shapes = ["×".join(map(str, shape)) for shape in (self.input_shape, self.output_shape)]
        given = [(wish, self.setting.get(name)) for name, (_, wish, _) in LIMITS.items()]
        wishes = [wish.format(number) for wish, number in given if number is not None]
        extra = f", with {' and '.join(wishes)}" if wishes else ""
        return f"**Build a Keras model** that turns {shapes[0]} into {shapes[1]}{extra}."

    def right(self, **setting):
        """The setting itself: what the model must keep to."""
        return setting

    def read(self, answer):
        try:
            return describe(answer)
        except (TypeError, ValueError) as error:
            raise AnswerError(f"{error}.") from None

    def judge(self, answers):
        (built,) = answers
        if missed := self.unfulfilled(built):
            return not_yet(missed[1], self._believed(built))
        if doubt := self._doubt(built):
            return Diagnosis(False, None, f"The course cannot tell. {doubt}")
        return Diagnosis(True, None, "Yes, the model does all that it should.")

    def unfulfilled(self, built: dict) -> tuple[str, str] | None:
        """The first wish that a model does not fulfil for certain, and a sentence about it."""
        for name, what in (("input_shape", "takes"), ("output_shape", "makes")):
            wanted = self.setting[name]
            if tuple(built[name]) != wanted:
                return name, f"It {what} {show(tuple(built[name]))}, not {show(wanted)}."
        for name, (of, _, missed) in LIMITS.items():
            amount, wanted = built[of], self.setting.get(name)
            if None in (amount, wanted):
                continue
            if amount < wanted if name == "min_field" else amount > wanted:
                more = "at least " if name == "max_macs" and built["uncounted"] else ""
                return name, missed.format(amount, wanted, more)
        return None

    def _doubt(self, built: dict) -> str:
        """Why nobody knows whether the model fulfils a wish; "" if somebody does."""
        if "max_macs" in self.setting and built["uncounted"]:
            names = [f"`{name}`" for name in built["uncounted"]]
            names[3:] = [f"{len(names) - 3} more"] if len(names) > 3 else []
            return (
                f"Without the MACs of {', '.join(names)}, which are not counted, it takes "
                f"{built['macs']:,} of the {self.max_macs:,} that are allowed."
            )
        if "min_field" in self.setting and not built["field"]:
            return "It does not know how many pixels the units of the last layer see."
        return ""

    def _believed(self, built: dict) -> tuple[str, ...]:
        """The mistakes by which a model of the wrong shape would have had the right one."""
        if tuple(built["input_shape"]) != self.input_shape or not built["layers"]:
            return ()
        question = OutputShape(built["layers"], self.input_shape)
        if question.right(**question.setting) != tuple(built["output_shape"]):  # more than a map
            return ()
        return question.judge([self.output_shape]).candidates


class Design(BuildModel):
    """Design a network under a budget: `build_model` without a way round it.

    Every pixel of every map is read, no map holds fewer than ``min_numbers``, and
    ``max_kernel_size`` limits windows with their gaps, and layers that look at the whole map.
    """

    max_kernel_size: int = 3
    min_numbers: int = 1

    @property
    def prompt(self):
        return (
            f"{super().prompt} Every pixel of every map is read, and no map holds fewer than "
            f"{self.min_numbers:,} numbers."
        )

    def read(self, answer):
        built = super().read(answer)
        return built if None in built["input_shape"] else built | examine(answer)

    def unfulfilled(self, built):
        if missed := super().unfulfilled(built):
            return missed
        if built["span"] > self.max_kernel_size:
            spans = f"A window spans {built['span']} pixels, gaps included"
            most = f"and at most {self.max_kernel_size}×{self.max_kernel_size} is allowed"
            return "span", f"{spans}, {most}. What looks at a whole map has one as large."
        for name, unread, pixels in built["unread"]:
            return name, f"Of the map of `{name}`, {unread:,} of {pixels:,} pixels are never read."
        name, numbers = built["squeezed"]
        if numbers < self.min_numbers:
            wanted = f"and {self.min_numbers:,} are wanted: what is squeezed out does not come back"
            return name, f"Layer `{name}` makes {numbers:,} numbers, {wanted}."
        if built["deaf"]:
            return "deaf", "It makes the same of different pictures: it does not read them."
        return None

    def _believed(self, built):
        missed, _ = self.unfulfilled(built)
        if missed in [name for name, *_ in built.get("unread", [])]:
            return ("everything_is_read",)
        return super()._believed(built)

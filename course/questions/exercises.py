"""Exercises: a function to write, a model to build."""

import functools
import math
import operator

from course.geometry import SettingError
from course.mistakes import MISTAKES
from course.questions.answers import AnswerError, Function, Model, show
from course.questions.layers import ModelShapes, OutputShape, describe, draw_stack, keras_layer
from course.questions.question import (
    IMAGE,
    Diagnosis,
    Pick,
    Question,
    need_shape,
    need_whole,
    same,
)
from course.questions.windows import Axis, OutputSize, SamePads, Usage


class Write(Question):
    """A function to write, tried on cases that a student sees and on others, drawn by a seed."""

    of: type[Axis]
    arguments = ("n", "kernel_size", "strides", "padding")
    classic = (  # all of them are in the lessons, or at the limit of what is possible
        *((28, 3, 2, "valid"), (28, 3, 2, "same"), (7, 3, 1, "valid"), (7, 3, 1, "same")),
        *((6, 3, 2, "valid"), (27, 3, 2, "same"), (8, 2, 3, "valid"), (6, 4, 1, "same")),
    )
    drawn = 60
    defaults = {"dilation_rate": 1}  # noqa: RUF012

    def __init__(self, seed: int | str = 0):
        self.setting = {"seed": seed}
        pick = Pick(f"{self.kind} {seed}")
        cases = list(self.classic)
        while len(cases) < len(self.classic) + self.drawn:
            # From the smallest input that a kernel of 7 fits, so that both paddings are possible.
            case = (pick(range(7, 33)), pick(range(1, 8)), pick(range(1, 5)))
            cases.append((*case, pick(("valid", "same"))))
        self.visible = len(self.classic)
        self.cases = tuple(dict(zip(self.arguments, case, strict=False)) for case in cases)
        self._topic = self.of(**self.cases[0])
        self.quantity = self._topic.quantity
        # A function gets no dilation, and the name of its padding.
        apart = {"ignored_dilation", "dilation_adds_d_holes", "dilation_scales_kernel"}
        apart |= {"forgot_padding", "padding_once"}
        self.known = tuple(name for name in self._topic.known if name not in apart)

    @property
    def answer_type(self):
        return Function(self._topic.answer_type)

    @property
    def prompt(self):
        return (
            f"**Write `{self.of.kind}({', '.join(self.arguments)})`.** {self.returns} For example, "
            f"`{self._call(self.cases[0])}` is `{show(self._expected[0])}`."
        )

    def right(self, **case):
        return self._topic.right(**case)

    def numbers(self, case):
        return self._topic.numbers(case)

    def draw(self, pick):
        return {"seed": pick(range(10**9))}

    def diagnose(self, answer):
        """Call the function in every case, here and now: without limits, so trust it first."""
        try:
            function = self.answer_type.read(answer)
        except AnswerError as error:
            return Diagnosis(False, None, f"Not right yet. {error}")
        outputs = []
        for case in self.cases:
            try:
                outputs.append(function(*case.values()))
            except (Exception, SystemExit) as error:
                text = f"{error}" or "no message"
                outputs.append({"error": f"{type(error).__name__}: {text}"})
        return self.diagnose_outputs(outputs)

    def _result(self, case, kind):
        return self._topic._result(case, kind)

    def _call(self, case):
        return f"{self.of.kind}({', '.join(map(repr, case.values()))})"

    def _praise(self):
        return f"Yes, in all {len(self.cases)} cases."

    def _unreadable(self, case, error):
        return f"{self._where(case)}: {error}"

    def _where(self, case):
        if self.cases.index(case) < self.visible:
            return f"`{self._call(case)}`"
        return "In a case that you do not see"

    def _nearest(self, first, answers):
        case = self.cases[first]
        if first < self.visible:
            gives, right = show(answers[first]), show(self._expected[first])
            return f"`{self._call(case)}` gives {gives}, and {right} is right."
        failing = sum(map(operator.ne, answers, self._expected))
        return (
            f"Every case that you see is right, but {failing} of the {len(self.cases)} cases are "
            "not: does it hold for any input?"
        )

    def _explains(self, wrong, answers):
        """Whether the mistake was made everywhere, or everywhere with one of the paddings.

        A function has a branch for each padding, and one of them may well be right.
        """
        branches = {}
        for case, *answer in zip(self.cases, answers, wrong, self._expected, strict=True):
            branches.setdefault(case.get("padding"), []).append(answer)
        return all(
            all(same(mine, mistaken) for mine, mistaken, _ in branch)
            or all(mine == right for mine, _, right in branch)
            for branch in branches.values()
        )


class WriteOutputSize(Write):
    kind = "write_output_size"
    of = OutputSize
    returns = "It returns the size of the output along one axis, for `'valid'` and `'same'`."


class WriteSamePads(Write):
    kind = "write_same_pads"
    of = SamePads
    arguments = ("n", "kernel_size", "strides")
    returns = "It returns how many zeros `padding='same'` adds before and after the input, a pair."


class WriteUsage(Write):
    kind = "write_usage"
    of = Usage
    classic = ((7, 3, 2, "valid"), *Write.classic)
    returns = "It returns a list: how often each of the n pixels is read."


class BuildModel(Question):
    kind = "build_model"
    known = OutputShape.known
    answer_type = Model()
    worth = 0  # what can be told apart depends on the model that is built

    def __init__(self, input_shape, output_shape, **limits):
        limits = {name: value for name, value in limits.items() if value is not None}
        super().__init__(input_shape=input_shape, output_shape=output_shape, **limits)
        need_shape("input_shape", self.setting["input_shape"], like=(28, 28, 1), axes=IMAGE)
        need_shape("output_shape", self.setting["output_shape"], like=(10,), axes=range(1, 5))
        need_whole(0, **{name: self.setting[name] for name in limits})
        if "min_field" in limits and len(self.setting["output_shape"]) not in IMAGE:
            why = "only the units of a map have a receptive field, and the output is none"
            raise SettingError("min_field", limits["min_field"], why, None)

    @property
    def prompt(self):
        shapes = [
            "×".join(map(str, self.setting[name])) for name in ("input_shape", "output_shape")
        ]
        limits = {
            "max_params": "at most {:,} parameters",
            "max_macs": "at most {:,} MACs",
            "min_field": "units of the last layer that see at least {} pixels",
        }
        wishes = [
            wish.format(self.setting[name]) for name, wish in limits.items() if name in self.setting
        ]
        extra = f", with {' and '.join(wishes)}" if wishes else ""
        return f"**Build a Keras model** that turns {shapes[0]} into {shapes[1]}{extra}."

    @property
    def mistakes(self):
        """The mistakes that it knows; which of them can be told depends on the model."""
        return tuple(MISTAKES[name] for name in self.known)

    @functools.cached_property
    def _wrong(self):
        return {}

    def expected(self, case):
        """The setting itself: what the model must keep to."""
        return case

    def diagnose_outputs(self, outputs):
        """Diagnose ``[describe(model)]``, or ``[{"error": "…"}]``."""
        (built,) = outputs
        if "error" in built:
            return Diagnosis(False, None, f"Not right yet. It stops with {built['error']}.")
        unfulfilled = self.unfulfilled(built)
        if not unfulfilled:
            return Diagnosis(True, None, "Yes, the model does all that it should.")
        candidates = self._believed(built)
        mistake = candidates[0] if len(candidates) == 1 else None
        said = " Or: ".join(MISTAKES[name].correction() for name in candidates[:3])
        return Diagnosis(
            False, mistake, f"Not right yet. {unfulfilled[1]} {said}".strip(), candidates
        )

    def unfulfilled(self, built: dict) -> tuple[str, str] | None:
        """The first wish that a model does not fulfil, and a sentence about it."""
        wanted = self.setting
        for name, what in (("input_shape", "takes"), ("output_shape", "makes")):
            if tuple(built[name]) != wanted[name]:
                return name, f"It {what} {show(tuple(built[name]))}, not {show(wanted[name])}."
        if built["params"] > wanted.get("max_params", math.inf):
            said = f"It has {built['params']:,} parameters, more than {wanted['max_params']:,}."
            return "max_params", said
        if "max_macs" in wanted and not (built["macs"] or math.inf) <= wanted["max_macs"]:
            known = "an unknown number of" if built["macs"] is None else f"{built['macs']:,}"
            return "max_macs", f"It takes {known} MACs, and {wanted['max_macs']:,} are allowed."
        if "min_field" in wanted and not min(built["field"] or (0,)) >= wanted["min_field"]:
            seen = min(built["field"]) if built["field"] else "no known number of"
            said = f"Its last units see {seen} pixels, and {wanted['min_field']} are wanted."
            return "min_field", said
        return None

    def _believed(self, built: dict) -> tuple[str, ...]:
        """The mistakes by which a model of the wrong shape would have had the right one."""
        wanted, layers = self.setting, tuple(built["layers"])
        shapes = tuple(built["input_shape"]), tuple(built["output_shape"])
        if shapes[0] != wanted["input_shape"] or shapes[1] == wanted["output_shape"] or not layers:
            return ()
        question = OutputShape(input_shape=shapes[0], layers=layers)
        if question.right(**question.setting) != shapes[1]:  # the map is not the output
            return ()
        believed = {m: question.wrong(MISTAKES[m], question.setting) for m in self.known}
        return tuple(name for name, shape in believed.items() if shape == wanted["output_shape"])

    def draw(self, pick):
        # Build one, and ask for what it is: so there is a way.
        import keras

        stack = draw_stack(pick, depth=pick((1, 2, 3)))
        ModelShapes(**stack)  # impossible ones stop here
        layers = [keras.Input(stack["input_shape"]), *map(keras_layer, stack["layers"])]
        built = describe(keras.Sequential(layers))
        shapes = {name: built[name] for name in ("input_shape", "output_shape")}
        return shapes | {"max_params": max(built["params"], 1)}

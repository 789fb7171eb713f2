"""Questions about windows on one axis: nothing here needs Keras."""

import math
import operator
from collections.abc import Callable

from course import geometry
from course import receptive_field as fields
from course.geometry import Window
from course.mistakes import Mistake
from course.questions.answers import Choice, Numbers, Pixels, show
from course.questions.question import Question, need_whole

AXIS = (
    *("ceil_for_valid", "no_floor", "forgot_plus_one", "same_means_same_size", "floor_for_same"),
    *("ignored_stride", "other_padding", "forgot_padding", "padding_once", "ignored_kernel"),
    *("plus_one_divided", "stride_is_a_gap", "windows_never_overlap"),
    *("ignored_dilation", "dilation_adds_d_holes", "dilation_scales_kernel"),
)


def in_words(kernel_size, strides, padding, dilation_rate=1) -> str:
    """A window in words."""
    name = f"padding `{padding!r}`"
    dilation = f", dilation {dilation_rate}" if dilation_rate > 1 else ""
    return f"kernel size {kernel_size}, stride {strides}, {name}{dilation}"


def formula(n, kernel_size, strides, padding, dilation_rate=1) -> str:
    """The formula of the output size with the numbers put in."""
    if padding == "same":
        return f"`same` promises ⌈{n} / {strides}⌉ outputs"
    window = Window(kernel_size, strides, padding, dilation_rate)
    before, after = window.pads(n)
    padded = f"{n} + {before} + {after}" if before or after else f"{n}"
    return f"the places are ⌊({padded} − {window.span}) / {strides}⌋ + 1"


def sentence(text: str) -> str:
    """The text as a sentence; a name in backticks keeps its case."""
    return f"{text[0].upper()}{text[1:]}."


class Axis(Question):
    """A question about one window on one axis."""

    defaults = {"dilation_rate": 1}  # noqa: RUF012

    def __init__(self, **setting):
        super().__init__(**setting)
        self._window(**setting).output_size(setting["n"])  # impossible settings stop here

    @staticmethod
    def _window(n, **window) -> Window:
        return Window(**window)

    @property
    def explorer(self):
        return {"explorer": "window", "settings": dict(self.setting)}

    def numbers(self, case):
        window, n = self._window(**{"padding": "same"} | case), case["n"]
        before, after = window.pads(n)
        fields = {"n": n, "k": window.kernel_size, "s": window.strides, "d": window.dilation_rate}
        fields |= {"padding": case.get("padding", "same"), "span": window.span}
        if before or after:
            fields |= {"before": before, "after": after}
        if fields["padding"] != "same":
            fields["room"] = n + before + after - window.span
        return fields

    def draw(self, pick):
        setting = {"n": pick(range(6, 65)), "kernel_size": pick(range(2, 8))}
        setting |= {"strides": pick((1, 2, 2, 3, 4)), "padding": pick(("valid", "same", 1, 2))}
        return setting | {"dilation_rate": pick((1, 2, 3)) if setting["strides"] == 1 else 1}

    def _place(self, case: dict) -> str:
        window = self._window(**case)
        starts = list(window.positions(case["n"]))
        shown = ", ".join(map(str, starts[:2])) + (f", …, {starts[-1]}" if len(starts) > 2 else "")
        return f"the windows begin at {shown} and each reaches over {window.span} pixels"


class OutputSize(Axis):
    kind = quantity = "output_size"
    known = AXIS

    @property
    def prompt(self):
        n, window = self.setting["n"], {k: v for k, v in self.setting.items() if k != "n"}
        return f"An input of {n} pixels, {in_words(**window)}. **How large is the output?**"

    def right(self, n, **window):
        return Window(**window).output_size(n)

    def fact(self, case, answer):
        return sentence(formula(**case))


class SamePads(Axis):
    kind = quantity = "same_pads"
    known = (
        *("symmetric_same", "pads_swapped", "pads_ignore_stride", "total_on_each_side"),
        *("other_padding", "ignored_dilation", "dilation_adds_d_holes"),
    )
    answer_type = Numbers(2, "two numbers, before and after, such as 4 | 7")

    @staticmethod
    def _window(n, **window):
        return Window(**window | {"padding": "same"})

    @property
    def prompt(self):
        n, window = self.setting["n"], {k: v for k, v in self.setting.items() if k != "n"}
        window = in_words(**window, padding="same")
        return f"An input of {n} pixels, {window}. **How many zeros are added before and after?**"

    @property
    def explorer(self):
        return {"explorer": "window", "settings": self.setting | {"padding": "same"}}

    def right(self, **setting):
        return geometry.same_pads(**setting)

    def fact(self, case, answer):
        window = self._window(**case)
        n, s, o = case["n"], case["strides"], window.output_size(case["n"])
        need = f"({o} − 1)·{s} + {window.span} = {(o - 1) * s + window.span} pixels"
        return (
            f"{o} windows reach over {need} and the input has {n}: share out what is missing, "
            "and put the odd zero after the input."
        )

    def draw(self, pick):
        setting = super().draw(pick)
        del setting["padding"]
        return setting


class Usage(Axis):
    kind = quantity = "usage"
    known = (
        *("read_equally", "windows_never_overlap", "stride_skips_pixels", "ignored_stride"),
        *("other_padding", "symmetric_same", "pads_swapped"),
        *("ignored_dilation", "dilation_adds_d_holes"),
    )

    @property
    def answer_type(self):
        return self._result(self.setting, None)

    def _result(self, case, kind):
        n = case["n"]
        return Numbers(n, f"{n} numbers, one for each pixel")

    @property
    def prompt(self):
        n, window = self.setting["n"], {k: v for k, v in self.setting.items() if k != "n"}
        return f"{n} pixels, {in_words(**window)}. **How often is each pixel read?**"

    def right(self, n, **window):
        return tuple(Window(**window).usage(n))

    def numbers(self, case):
        usage = self.right(**case)
        rare, often = usage.index(min(usage)), usage.index(max(usage))
        return super().numbers(case) | {"rare": rare, "often": often}

    def fact(self, case, answer):
        pixel = list(map(operator.ne, answer, self.right(**case))).index(True)
        return sentence(f"look at pixel {pixel} again: {self._place(case)}")

    def draw(self, pick):
        return super().draw(pick) | {"n": pick(range(5, 12)), "kernel_size": pick(range(2, 6))}


class Unread(Axis):
    kind = quantity = "unread"
    known = (
        *("everything_is_read", "counted_from_one", "stride_skips_pixels"),
        *("left_over_at_the_start", "other_padding"),
    )
    answer_type = Pixels()

    @property
    def prompt(self):
        n, window = self.setting["n"], {k: v for k, v in self.setting.items() if k != "n"}
        return (
            f"{n} pixels, numbered from 0 to {n - 1}, {in_words(**window)}. "
            "**Which pixels are never read?**"
        )

    def right(self, n, **window):
        return frozenset(Window(**window).unread(n))

    def fact(self, case, answer):
        outside = [pixel for pixel in answer if not 0 <= pixel < case["n"]]
        if outside:
            return f"There is no pixel {show(min(outside))}: they are numbered from 0."
        return sentence(self._place(case))

    def draw(self, pick):
        setting = super().draw(pick) | {"n": pick(range(6, 15)), "kernel_size": pick(range(1, 5))}
        return setting | {"strides": pick((2, 3, 4)), "dilation_rate": 1}


class WhichPadding(Axis):
    kind = "which_padding"
    quantity = "output_size"
    known = (  # those that four answers can tell from the others in some setting
        *("ceil_for_valid", "same_means_same_size", "forgot_plus_one", "floor_for_same"),
        *("other_padding", "ignored_kernel", "plus_one_divided", "stride_is_a_gap"),
    )
    answer_type = Choice(("valid", "same", "both", "neither"))
    worth = 1  # four answers cannot tell many mistakes apart

    def __init__(self, **setting):
        super().__init__(**setting)
        need_whole(output=self.setting["output"])

    @staticmethod
    def _window(n, output, **window):
        return Window(**window)

    @property
    def prompt(self):
        n, output = self.setting["n"], self.setting["output"]
        return (
            f"A window with kernel size {self.setting['kernel_size']} and stride "
            f"{self.setting['strides']} turned {n} pixels into {output}. "
            "**Was the padding `valid` or `same`?** Or could it be both, or neither?"
        )

    @property
    def explorer(self):
        settings = {k: v for k, v in self.setting.items() if k != "output"}
        return {"explorer": "window", "settings": settings | {"padding": "same"}}

    @staticmethod
    def _choose(size: Callable, n, output, **window) -> str:
        fits = [p for p in ("valid", "same") if size(n=n, padding=p, **window) == output]
        return {0: "neither", 2: "both"}.get(len(fits)) or fits[0]

    def _size(self, n, **window):
        return Window(**window).output_size(n)

    def right(self, **case):
        return self._choose(self._size, **case)

    def wrong(self, mistake, case):
        return self._choose(believed_size(mistake), **case)

    def numbers(self, case):
        return {"n": case["n"], "k": case["kernel_size"], "s": case["strides"]}

    def fact(self, case, answer):
        window = {k: v for k, v in case.items() if k != "output"}
        valid, same = (formula(**window, padding=padding) for padding in ("valid", "same"))
        return sentence(f"with `valid` {valid}, and {same}")

    def draw(self, pick):
        n, k, s = pick(range(6, 65)), pick(range(2, 8)), pick((1, 2, 2, 3, 4))
        size = Window(k, s, pick(("valid", "same"))).output_size(n) + pick((-1, 0, 0, 0))
        return {"n": n, "kernel_size": k, "strides": s, "output": size}


def believed_size(mistake: Mistake) -> Callable:
    """The output size of one axis as somebody works it out who makes this mistake."""

    def right(n, **window):
        return Window(**window).output_size(n)

    def size(**axis):
        axis = {"dilation_rate": 1} | axis
        answer = mistake.answer("output_size", right, **axis)
        return right(**axis) if answer is None else answer

    return size


class ReceptiveField(Question):
    kind = "receptive_field"
    quantity = "receptive_field"
    known = (
        *("adds_kernel_sizes", "ignores_earlier_strides", "counts_own_stride"),
        *("last_window_only", "field_starts_at_zero", "multiplies_kernel_sizes"),
        *("ignored_dilation", "dilation_adds_d_holes"),
    )

    def __init__(self, windows, n):
        super().__init__(windows=windows, n=n)
        if not windows:
            raise ValueError("there are no windows: give at least one")
        self.right(**self.setting)

    @property
    def prompt(self):
        layers = "; ".join(in_words(**window) for window in self.setting["windows"])
        return (
            f"{self.setting['n']} pixels go through these layers: {layers}. **How many pixels, "
            "from the first to the last, can one unit of the last layer see** (padding included)?"
        )

    @property
    def explorer(self):
        layers = [dict(window) for window in self.setting["windows"]]
        return {"explorer": "receptive_field", "settings": {"layers": layers}}

    def numbers(self, case):
        return {}

    def right(self, windows, n):
        return fields.of_windows([Window(**window) for window in windows], n)[-1].size

    def fact(self, case, answer):
        strides = [window["strides"] for window in case["windows"]]
        jumps = [str(math.prod(strides[:layer])) for layer in range(len(strides))]
        return (
            "Start from one pixel; each layer adds (its span − 1) times the jump before it, and "
            f"the jumps are {', '.join(jumps)}."
        )

    def draw(self, pick):
        windows = []
        for _ in range(pick((2, 3, 3, 4))):
            s = pick((1, 1, 2, 3))
            window = {"kernel_size": pick((2, 3, 3, 5)), "strides": s, "padding": "same"}
            windows.append(window | {"dilation_rate": pick((1, 1, 2)) if s == 1 else 1})
        return {"windows": tuple(windows), "n": pick((32, 64, 128))}

"""Questions about numbers: what stands outside a row of pixels, and what comes out of it."""

import functools
from collections.abc import Sequence
from typing import ClassVar

from course.geometry import SettingError, Window, whole
from course.mistakes import filled
from course.questions.answers import Numbers, show
from course.questions.exercises import Write
from course.questions.question import Question, picker

WHY = {
    "zero": "outside, every pixel is zero",
    "reflect": "the mirror stands on the edge pixel, which is not repeated",
    "symmetric": "the mirror stands behind the edge pixel, which is repeated",
    "replicate": "outside, every pixel is the edge pixel again",
    "circular": "the row goes on at its other end",
}


def _row(values: Sequence) -> str:
    return " ".join(map(show, values))


class Padded(Question):
    """What stands there when ``p`` pixels are added at each side of a row of ``values``?"""

    values: Sequence[int] = (1, 2, 3, 4, 5)
    p: int = 2
    padding: str = "reflect"  # one of `WHY`

    asked = (
        "The pixels {0.row} get p = {0.p} more at each side, with `{0.padding!r}` padding. **Which "
        "numbers stand there now**, from the first to the last?"
    )

    def plain(self):
        self.values = tuple(self.values)
        setting = super().plain()
        if setting["padding"] not in WHY:
            why = f"the border is filled by {', '.join(WHY)}"
            raise SettingError("padding", setting["padding"], why, "reflect")
        whole("p", setting["p"])
        # A mirror that stands on the edge pixel has one pixel less to show.
        room = len(setting["values"]) - (setting["padding"] == "reflect")
        if setting["p"] > room:
            raise SettingError("p", setting["p"], f"there are only {room} pixels to copy", room)
        return setting

    @property
    def row(self) -> str:
        """The pixels in words."""
        return _row(self.values)

    @property
    def explorer(self):
        image = [self.values] * len(self.values)
        shown = {"image": image, "fill": self.padding, "width": self.p, "layers": 0}
        return {"explorer": "border", "settings": shown | {"contaminated": False}}

    def answer_of(self, case):
        many = len(case["values"]) + 2 * case["p"]
        return Numbers(many, f"{many} numbers, those outside too")

    def right(self, values, p, padding):
        return filled(values, p, padding)

    def why(self, case):
        return WHY[case["padding"]]

    def numbers(self, case):
        return {"padding": case["padding"]}

    def draw(self, pick):
        values = tuple(pick(range(1, 10)) for _ in range(pick((4, 5, 6))))
        return {"values": values, "p": pick((2, 3)), "padding": pick(tuple(WHY)[1:])}


class Outputs(Question):
    """Which numbers come out when a ``kernel`` slides over a row of ``values``?"""

    values: Sequence[int] = (1, 2, 3, 4, 5, 6)
    kernel: Sequence[int] = (1, 1, 1)
    padding: str | int = "same"

    takes = Numbers(None, "the numbers in order, one for each place of the window")
    asked = (
        "A window with the weights {0.weights} slides over the pixels {0.row}, with padding "
        "`{0.padding!r}`. **Which numbers come out?**"
    )

    def plain(self):
        self.values, self.kernel = tuple(self.values), tuple(self.kernel)
        setting = super().plain()
        Window(len(setting["kernel"]), 1, setting["padding"]).output_size(len(setting["values"]))
        return setting

    row = Padded.row

    @property
    def weights(self) -> str:
        """The kernel in words."""
        return _row(self.kernel)

    @property
    def explorer(self):
        window = {"n": len(self.values), "kernel_size": len(self.kernel), "padding": self.padding}
        return {"explorer": "window", "settings": window}

    def right(self, values, kernel, padding, outside="zero"):
        before, after = Window(len(kernel), 1, padding).pads(len(values))
        most = max(before, after)
        padded = filled(values, most, outside)[most - before : most + len(values) + after]
        places = range(len(padded) - len(kernel) + 1)
        return tuple(
            sum(w * x for w, x in zip(kernel, padded[first:], strict=False)) for first in places
        )

    def why(self, case):
        before, after = Window(len(case["kernel"]), 1, case["padding"]).pads(len(case["values"]))
        padded = _row((*[0] * before, *case["values"], *[0] * after))
        return f"the window slides over {padded}, from the first number to the last"

    def numbers(self, case):
        return {"padding": case["padding"]}

    def draw(self, pick):
        padding = self.padding if self.padding in ("causal", "full") else "same"
        values = tuple(pick(range(1, 10)) for _ in range(pick((5, 6, 7))))
        kernel = pick(((1, 1, 1), (1, 0, -1), (1, 2, 1), (1, 2, 3), (0, 1, -1)))
        return {"values": values, "kernel": kernel, "padding": padding}


class Spread(Question):
    """After how many layers with ``same`` padding has every output on one axis seen padding?"""

    n: int = 28
    kernel_size: int = 3

    asked = (
        "On one axis, {0.n} pixels go through layers with kernel size {0.kernel_size}, stride 1 "
        "and padding `'same'`. **After how many layers has every output seen padding?**"
    )
    drawn: ClassVar = {"n": range(12, 65), "kernel_size": (3, 5, 7)}

    def plain(self):
        setting = super().plain()
        Window(setting["kernel_size"]).output_size(setting["n"])
        whole("kernel_size", setting["kernel_size"], least=2)  # a smaller one sees no padding
        return setting

    def right(self, n, kernel_size):
        return -(-n // (kernel_size - 1))  # rounded up

    def why(self, case):
        return (
            f"each layer carries padding {case['kernel_size'] - 1} outputs further in, both sides "
            f"counted, until none of the {case['n']} is clean"
        )

    def numbers(self, case):
        return {"n": case["n"], "k": case["kernel_size"]}


class WritePadded(Write):
    """Write ``padded(values, p, padding)``."""

    topic = Padded()  # type: ignore[assignment]
    arguments = ("values", "p", "padding")
    classic = tuple(((1, 2, 3, 4, 5), 2, padding) for padding in WHY)  # type: ignore[assignment]
    visible = len(classic)
    returns = "It returns the row of numbers with p more at each side, filled as `padding` says."

    @functools.cached_property
    def cases(self):
        pick = picker(f"{self.kind} {self.seed}")
        cases = [dict(zip(self.arguments, case, strict=True)) for case in self.classic]
        cases += [self.topic.draw(pick) for _ in range(self.more)]
        return tuple(case | {"values": list(case["values"])} for case in cases)

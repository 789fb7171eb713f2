"""Questions about numbers: what stands outside a row of pixels, and what comes out of a window."""

import math
import re
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from course.geometry import SettingError, Window, whole
from course.questions.answers import Choice, Numbers, YesNo, plain, show
from course.questions.exercises import Write
from course.questions.question import Question, first_different, tidy

# What may stand outside: the mode of numpy.pad that puts it there, and why it stands there.
FILLS: dict[str, tuple[Any, str]] = {  # NumPy's types want a mode spelt out
    "zero": ("constant", "outside, every pixel is zero"),
    "reflect": ("reflect", "the mirror stands on the edge pixel, which is not repeated"),
    "symmetric": ("symmetric", "the mirror stands behind the edge pixel, which is repeated"),
    "replicate": ("edge", "outside, every pixel is the edge pixel again"),
    "circular": ("wrap", "the row goes on at its other end"),
}


def _row(values: Sequence) -> str:
    return " ".join(map(show, values))


class Padded(Question):
    """What stands there when ``p`` pixels are added at each side of a row of ``values``?"""

    values: Sequence[int] = (1, 2, 3, 4, 5)
    p: int = 2
    padding: str = "reflect"  # one of `FILLS`

    asked = (
        "The pixels {0.row} get p = {0.p} more at each side, with `{0.padding!r}` padding. **Which "
        "numbers stand there now**, from the first to the last?"
    )

    def plain(self):
        self.values = tuple(self.values)
        setting = super().plain()
        if setting["padding"] not in FILLS:
            why = f"the border is filled by {', '.join(FILLS)}"
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
        return tuple(np.pad(values, p, FILLS[padding][0]).tolist())

    def why(self, case):
        return FILLS[case["padding"]][1]

    def numbers(self, case):
        return {"padding": case["padding"]}

    def draw(self, pick):
        values = tuple(pick(range(1, 10)) for _ in range(pick((4, 5, 6))))
        return {"values": values, "p": pick((2, 3)), "padding": pick(tuple(FILLS)[1:])}


class Outputs(Question):
    """Which numbers come out when a ``kernel`` slides over ``values``?

    Both are rows of numbers, or a single row.
    """

    values: Sequence = (1, 2, 3, 4, 5, 6)
    kernel: Sequence = (1, 1, 1)
    padding: str | int | tuple[int, int] = "valid"

    worth = 1  # other slips are as many as there are numbers
    takes = Numbers(None, "the numbers in order, row by row")
    asked = (
        "The kernel `{0.shown[1]}` slides over `{0.shown[0]}`, stride 1, padding `{0.padding!r}`. "
        "**Which numbers come out?**{0.order}"
    )

    def plain(self):
        rows = {name: _rows(getattr(self, name)) for name in ("values", "kernel")}
        setting = rows | {"padding": tidy(self.padding)}
        _windows(**setting)
        return setting

    @property
    def order(self) -> str:
        """In which order to give what comes out, if it is more than a row."""
        return " Give them row by row." if len(self.values) > 1 else ""

    @property
    def shown(self) -> list[str]:
        """Values and kernel, with a stroke between two rows."""
        return [" / ".join(map(_row, rows)) for rows in (self.values, self.kernel)]

    @property
    def explorer(self):
        if len(self.values) == 1:
            window = {"n": len(self.values[0]), "kernel_size": len(self.kernel[0])}
            return {"explorer": "window", "settings": window | {"padding": self.padding}}
        if any(len(rows) != len(rows[0]) for rows in (self.values, self.kernel)):
            return None  # it draws squares
        values, kernel = ([list(row) for row in rows] for rows in (self.values, self.kernel))
        settings = {"values": values, "kernel": kernel, "padding": self.padding}
        return {"explorer": "window", "settings": settings}

    def parse(self, text):
        # Rows may come in brackets of their own.
        return super().parse(re.sub(r"[\[\]]", " ", text) if isinstance(text, str) else text)

    def read(self, answer):
        rows = plain(answer)
        if isinstance(rows, list) and rows and all(isinstance(row, list) for row in rows):
            answer = [number for row in rows for number in row]
        return super().read(answer)

    def right(self, values, kernel, padding, outside="zero"):
        windows = _windows(values, kernel, padding, outside)
        return tuple((windows * np.array(kernel)).sum(axis=(2, 3)).ravel().tolist())

    def fact(self, case, answer):
        right = self.right(**case)
        if len(answer) != len(right):
            return (
                f"Give as many numbers as the window has places, {len(right)}, not {len(answer)}."
            )
        place = first_different(answer, right)
        nth = ("first", "second", "third")[place] if place < 3 else f"{place + 1}th"
        return f"Look at the {nth} output again: {self.why(case)}."

    def why(self, case):
        sums = "at each place, multiply each pixel by the weight that lies on it, and add up"
        if len(case["values"]) > 1:
            return sums
        shown = _windows(**case)[0]
        padded = _row([*shown[:-1, 0, 0].tolist(), *shown[-1, 0].tolist()])
        return f"the window slides over {padded}, and {sums}"

    def numbers(self, case):
        numbers = {"padding": case["padding"]}
        if len(case["values"]) == 1:
            n, k = len(case["values"][0]), len(case["kernel"][0])
            before, after = Window(k, padding=case["padding"]).pads(n)
            numbers |= {"n": n, "before": before, "after": after}
        return numbers

    def draw(self, pick):
        def rows(like, numbers):
            return tuple(tuple(pick(numbers) for _ in row) for row in like)

        both = {"values": rows(self.values, range(5)), "kernel": rows(self.kernel, range(-1, 3))}
        return both | {"padding": self.padding}


def _rows(numbers: Sequence) -> tuple:
    """Rows of numbers, also of a single row."""
    rows = tidy(plain(numbers if not isinstance(numbers, range) else [*numbers]))
    return rows if isinstance(rows[0], tuple) else (rows,)


def _windows(values, kernel, padding, outside="zero") -> np.ndarray:
    """What the window shows at each place: (places, places, rows, columns)."""
    shapes = np.shape(values), np.shape(kernel)
    both = ("valid" if len(values) == 1 else padding, padding)  # nothing above a single row
    sides = [(Window(k, 1, p), n) for n, k, p in zip(*shapes, both, strict=True)]
    for window, n in sides:
        window.output_size(n)  # an impossible one stops here
    mode = FILLS[outside][0]
    padded = np.pad(values, [window.pads(n) for window, n in sides], mode)
    return np.lib.stride_tricks.sliding_window_view(padded, shapes[1])


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


PAGES = {
    "dot": "a black page with a white dot near its first or its last corner. It is trained to say "
    "which corner",
    "blank": "a page on which all pixels are alike. It is trained to say the column of each pixel",
}


class Tells(Question):
    """With which paddings can a network learn to say where something is, or where a pixel is?"""

    page: str = "dot"  # one of `PAGES`
    paddings: Sequence[str] = ("valid", "same", "reflect", "circular")

    takes = YesNo(4, "four numbers, each 1 for yes or 0 for no")
    asked = (
        "A stack of 3×3 convolutions{0.head} sees {0.task}. **Can it learn that**, with "
        "padding {0.names}? Write, in this order, 1 for yes and 0 for no."
    )

    def plain(self):
        setting = super().plain()
        if setting["page"] not in PAGES:
            raise SettingError("page", setting["page"], "it is one of dot, blank", "dot")
        known = ["valid", "same", *FILLS]
        if len(setting["paddings"]) != 4 or not set(setting["paddings"]) <= {*known}:
            why = f"take four of {', '.join(known)}"
            raise SettingError("paddings", setting["paddings"], why, ("valid", "same", *known[3:5]))
        return setting

    @property
    def head(self) -> str:
        return ", then global average pooling," if self.page == "dot" else ""

    @property
    def task(self) -> str:
        return PAGES[self.page]

    @property
    def names(self) -> str:
        """The paddings in words."""
        return ", ".join(f"`{padding}`" for padding in self.paddings)

    def right(self, page, paddings):
        def sums(row, padding):
            outside = padding if padding in FILLS else "zero"
            inside = "valid" if padding == "valid" else "same"
            outputs = Outputs((row,), ((1, 2, 4),)).right((row,), ((1, 2, 4),), inside, outside)
            return {sum(outputs)} if page == "dot" else {*outputs}

        rows = ((1, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 1)) if page == "dot" else ((1,) * 6,)
        # Where the numbers that come out are all alike, nothing is there to learn from.
        return tuple(
            int(len(set().union(*(sums(row, padding) for row in rows))) > 1) for padding in paddings
        )

    def why(self, case):
        if case["page"] == "dot":
            return (
                "ask which weights read the dot near each corner: where the same ones do, the mean "
                "of a map is the same number"
            )
        return "ask what a window reads at the edge, and whether it differs from what is inside"

    def draw(self, pick):
        more = list(FILLS)[1:]
        four = ["valid", "same", *(more.pop(pick(range(len(more)))) for _ in range(2))]
        paddings = [four.pop(pick(range(len(four)))) for _ in range(4)]
        return {"page": self.page, "paddings": paddings}


class Kept(Question):
    """Which numbers does a stride keep of a row that was moved, perhaps blurred too?"""

    values: Sequence[int] = (0, 1, 0, 1, 0, 1, 0, 1)
    strides: int = 2
    shift: int = 1
    blur: bool = False

    asked = (
        "The row `{0.row}` is moved to the right by {0.shift}. What leaves it comes in on the left."
        "{0.blurred} Then a stride of {0.strides} keeps the first number and goes on from there. "
        "**Which numbers are kept?**"
    )

    def plain(self):
        self.values = tuple(self.values)
        setting = super().plain()
        whole("strides", setting["strides"])
        n = len(setting["values"])
        if n % setting["strides"] or n < 3:
            why = f"{n} numbers that go round are no whole number of steps"
            raise SettingError("strides", setting["strides"], why, 1)
        return setting

    @property
    def row(self) -> str:
        """The numbers in words."""
        return _row(self.values)

    @property
    def blurred(self) -> str:
        """The blur in words."""
        how = " Then each number becomes (its left neighbour + 2 · itself + its right one) / 4."
        return how if self.blur else ""

    @property
    def explorer(self):
        image = [self.values] * len(self.values)
        settings = {"image": image, "shift": self.shift, "strides": self.strides}
        seen = {*self.values} <= {0, 1} and self.shift <= 8
        return {"explorer": "shift", "settings": settings | {"blur": self.blur}} if seen else None

    def answer_of(self, case):
        many = len(case["values"]) // case["strides"]
        return Numbers(many, f"the {many} numbers in order")

    def right(self, values, strides, shift, blur):
        row = np.roll(values, shift)
        return tuple((_blurred(row) if blur else row)[::strides].tolist())

    def why(self, case):
        blurred = ", then blur it," if case["blur"] else ""
        return (
            f"write down the moved row{blurred} and strike out what the steps of {case['strides']} "
            "leave out"
        )

    def draw(self, pick):
        values = tuple(pick(range(5)) for _ in range(pick((6, 12))))
        return {"values": values, "strides": pick((2, 3)), "shift": pick((1, 3)), "blur": self.blur}


def _blurred(row: np.ndarray) -> np.ndarray:
    return (np.roll(row, 1) + 2 * row + np.roll(row, -1)) / 4


class Survives(Question):
    """Which shifts of a picture does a network with these strides surely not notice?"""

    strides: Sequence[int] = (2, 2, 1)
    shifts: Sequence[int] = (1, 2, 3, 4)

    takes = YesNo(4, "four numbers, each 1 for yes or 0 for no")
    asked = (
        "A network has 3×3 convolutions with the strides {0.steps}, circular padding, and then "
        "global average pooling. Its picture goes round and is moved by {0.pixels} pixels. **Is "
        "its answer surely the same?** Write, in this order, 1 for yes and 0 for no."
    )

    def plain(self):
        setting = super().plain()
        for strides in setting["strides"]:
            whole("strides", strides)
        if len(setting["shifts"]) != 4:
            raise SettingError("shifts", setting["shifts"], "ask for four", (1, 2, 3, 4))
        return setting

    @property
    def steps(self) -> str:
        return ", ".join(map(show, self.strides))

    @property
    def pixels(self) -> str:
        return ", ".join(map(show, self.shifts))

    def right(self, strides, shifts):
        return tuple(int(shift % math.prod(strides) == 0) for shift in shifts)

    def why(self, case):
        return (
            "follow the picture down: each layer divides the way by its stride, and only a whole "
            "number of steps brings all maps along unchanged"
        )

    def draw(self, pick):
        strides = tuple(pick((1, 2, 2, 3)) for _ in range(3))
        many = math.prod(strides)
        shifts = [max(strides), sum(strides), many, many + 1]
        return {
            "strides": strides,
            "shifts": [shifts.pop(pick(range(len(shifts)))) for _ in "1234"],
        }


class Better(Question):
    """Which padding is better, after some runs with each? The numbers are shares of right answers.

    A difference of the means counts if it is larger than twice the larger spread.
    """

    valid: Sequence[float] = (0.9,)
    same: Sequence[float] = (0.92,)

    takes = Choice("valid", "same", "unclear")
    worth = 1  # three answers cannot tell many mistakes apart
    asked = (
        "Two networks differ in their padding only. Shares of right answers, one for each run: "
        "with `valid` {0.rows[0]}; with `same` {0.rows[1]}. **Which padding is better here:** "
        "`valid`, `same`, or is it `unclear`?"
    )

    def plain(self):
        return {name: _shares(name, getattr(self, name)) for name in ("valid", "same")}

    @property
    def rows(self) -> list[str]:
        """The numbers in words."""
        return [", ".join(f"{share:.3f}" for share in row) for row in (self.valid, self.same)]

    def right(self, valid, same):
        spread = 2 * max(np.std(valid), np.std(same))
        if min(len(valid), len(same)) < 2 or abs(np.mean(valid) - np.mean(same)) <= spread:
            return "unclear"
        return "valid" if np.mean(valid) > np.mean(same) else "same"

    def why(self, case):
        if min(map(len, case.values())) < 2:
            return "one run has no spread, so nobody knows how far another would lie from it"
        means, spreads = zip(*((np.mean(row), np.std(row)) for row in case.values()), strict=True)
        return (
            f"the means differ by {abs(means[0] - means[1]):.3f}, and the larger of the spreads is "
            f"{max(spreads):.3f}; what counts is more than twice that"
        )

    def draw(self, pick):
        spread, gain = pick((8, 16, 24)), pick((-60, -20, 0, 0, 20, 60))

        def shares(mean):
            return tuple((mean + pick(range(-spread, spread + 1))) / 1000 for _ in range(5))

        return {"valid": shares(880), "same": shares(880 + gain)}


def _shares(name: str, row: Sequence[float]) -> tuple[float, ...]:
    shares = tuple(round(float(share), 3) for share in row)
    if not shares or not all(0 <= share <= 1 for share in shares):
        raise SettingError(name, row, "give one share or more, each from 0 to 1", (0.9,))
    return shares


class WritePadded(Write):
    """Write ``padded(values, p, padding)``."""

    topic = Padded()
    arguments = ("values", "p", "padding")
    classic = tuple(([1, 2, 3, 4, 5], 2, padding) for padding in FILLS)
    visible = len(classic)
    returns = "It returns the row of numbers with p more at each side, filled as `padding` says."

    def draw_case(self, pick):
        values, *more = self.topic.draw(pick).values()
        return [*values], *more

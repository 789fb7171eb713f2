"""Questions about windows on one axis: nothing here needs Keras."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import ClassVar

from course import geometry
from course.geometry import SettingError, Window, whole
from course.mistakes import Mistake
from course.questions.answers import Choice, Integer, Numbers, Pixels, show
from course.questions.question import Question, first_different, tidy
from course.stack import walk

SETTINGS = ("kernel_size", "strides", "padding", "dilation_rate")
PLAINEST = {"strides": 1, "padding": "valid", "dilation_rate": 1}


def window_of(case: dict) -> Window:
    """The window of a case; where the padding is not named, it is ``same``."""
    return Window(**{"padding": "same"} | {name: case[name] for name in SETTINGS if name in case})


def in_words(kernel_size, strides, padding="same", dilation_rate=1, **others) -> str:
    """A window in words."""
    name = f"padding `{padding!r}`"
    dilation = f", dilation {dilation_rate}" if dilation_rate > 1 else ""
    return f"kernel size {kernel_size}, stride {strides}, {name}{dilation}"


def formula(case: dict) -> str:
    """The formula of the output size with the numbers put in."""
    window, n = window_of(case), case["n"]
    if window.padding == "same":
        return f"`same` promises ⌈{n} / {window.strides}⌉ outputs"
    before, after = window.pads(n)
    padded = f"{n} + {before} + {after}" if before or after else f"{n}"
    return f"the places are ⌊({padded} − {window.span}) / {window.strides}⌋ + 1"


def places(case: dict) -> str:
    """Where the window begins, in words."""
    starts = list(map(show, window_of(case).positions(case["n"])))
    return ", ".join(starts if len(starts) < 5 else [*starts[:2], "…", starts[-1]])


def numbers_of(case: dict) -> dict:
    """What a correction may say about the window of a case."""
    window, n = window_of(case), case["n"]
    before, after = window.pads(n)
    numbers = {"k": window.kernel_size, "s": window.strides, "d": window.dilation_rate}
    numbers |= {"span": window.span, "padding": "same"} | case
    if before or after:
        numbers |= {"before": before, "after": after}
    if window.padding != "same":
        numbers["room"] = n + before + after - window.span
    return numbers


class OneWindow(Question):
    """A question about one window on one axis."""

    n: int = 28
    kernel_size: int = 3
    strides: int = 1

    shows: ClassVar[dict] = {}  # what the picture shows besides
    drawn: ClassVar[dict] = {
        "n": range(6, 65),
        "kernel_size": range(2, 8),
        "strides": (1, 2, 2, 3, 4),
        "padding": ("valid", "same", 1, 2),
        "dilation_rate": (1, 2, 3),
    }

    def plain(self):
        setting = super().plain()
        window_of(setting).output_size(setting["n"])  # impossible settings stop here
        return setting

    @property
    def words(self) -> str:
        """The window in words."""
        return in_words(**self.setting)

    @property
    def explorer(self):
        shown = {name: self.setting[name] for name in ("n", *SETTINGS) if name in self.setting}
        return {"explorer": "window", "settings": {"padding": "same"} | shown | self.shows}

    def draw(self, pick):
        setting = super().draw(pick)
        # What the question does without may not have been explained yet.
        setting |= PLAINEST.items() & self.setting.items()
        if self.setting.get("padding") == "same" and setting["padding"] != "valid":
            setting["padding"] = "same"
        if setting["strides"] > 1:  # Keras has one of the two
            setting.pop("dilation_rate", None)
        return setting

    def numbers(self, case):
        return numbers_of(case)

    def why(self, case):
        return formula(case)


class Axis(OneWindow):
    padding: str | int | tuple[int, int] = "valid"
    dilation_rate: int = 1


class OutputSize(Axis):
    """How large is the output along one axis? All of these take what `Window` takes.

    Every question about a setting that no window can have raises ``SettingError``.
    """

    takes = Integer("a number, in digits, or error", error=True)
    asked = "An input of {0.n} pixels, {0.words}. **How large is the output?**"

    def right(self, **case):
        return true_size(**case)

    def wrong(self, mistake, case):
        return super().wrong(mistake, case) + mistake.answers("refusal", **case)

    def why(self, case):
        if case["padding"] == "same":
            return formula(case)
        return f"the window can begin at {places(case)}"

    def fact(self, case, answer):
        start = "The window fits. " if answer == "error" else ""
        return start + super().fact(case, answer)

    def keras_says(self):
        if self.padding not in ("valid", "same", "causal"):
            return None
        import keras

        window = {name: self.setting[name] for name in SETTINGS}
        return keras.layers.Conv1D(1, **window).compute_output_shape((1, self.n, 1))[1]


class SamePads(OneWindow):
    """How many zeros does ``padding="same"`` add, before and after?"""

    dilation_rate: int = 1

    takes = Numbers(2, "two numbers, before and after, such as 4 | 7")
    asked = "An input of {0.n} pixels, {0.words}. **How many zeros are added before and after?**"

    def right(self, **setting):
        return geometry.same_pads(**setting)

    def why(self, case):
        window, n = window_of(case), case["n"]
        o, s, span = window.output_size(n), window.strides, window.span
        need = f"({o} − 1)·{s} + {span} = {(o - 1) * s + span} pixels"
        return (
            f"{o} windows reach over {need} and the input has {n}: share out what is missing, "
            "and put the odd zero after the input"
        )


class Reading(Axis):
    """A question about what the windows read."""

    shows: ClassVar = {"usage": True}

    def why(self, case):
        reach = geometry.pixels(window_of(case).span)
        return f"the windows begin at {places(case)} and each reaches over {reach}"


class Usage(Reading):
    """How often is each pixel read?"""

    n: int = 7

    asked = "{0.n} pixels, {0.words}. **How often is each pixel read?**"
    drawn: ClassVar = OneWindow.drawn | {"n": range(5, 12), "kernel_size": range(2, 6)}

    def answer_of(self, case):
        return Numbers(case["n"], f"{case['n']} numbers, one for each pixel")

    def right(self, n, **window):
        return tuple(Window(**window).usage(n))

    def numbers(self, case):
        usage = self.right(**case)
        rare, often = usage.index(min(usage)), usage.index(max(usage))
        return super().numbers(case) | {"rare": rare, "often": often}

    def fact(self, case, answer):
        pixel = first_different(answer, self.right(**case))
        return f"Look at pixel {pixel} again: {self.why(case)}."


class Unread(Reading):
    """Which pixels are never read?"""

    strides: int = 2

    takes = Pixels()
    asked = "{0.n} pixels, numbered from 0 to {0.last}, {0.words}. **Which pixels are never read?**"
    drawn: ClassVar = OneWindow.drawn | {
        "n": range(6, 15),
        "kernel_size": range(1, 5),
        "strides": (2, 3, 4),
    }

    @property
    def last(self) -> int:
        """The number of the last pixel."""
        return self.n - 1

    def right(self, n, **window):
        return frozenset(Window(**window).unread(n))

    def fact(self, case, answer):
        outside = [pixel for pixel in answer if not 0 <= pixel < case["n"]]
        if outside:
            return f"There is no pixel {show(min(outside))}: they are numbered from 0."
        return super().fact(case, answer)


class WhichPadding(OneWindow):
    """Which padding turned ``n`` pixels into ``output``: valid, same, both or neither?"""

    strides: int = 2
    output: int = 14

    takes = Choice("valid", "same", "both", "neither")
    worth = 1  # four answers cannot tell many mistakes apart
    asked = (
        "A window with kernel size {0.kernel_size} and stride {0.strides} turned {0.n} pixels into "
        "{0.output}. **Was the padding `valid` or `same`?** Or could it be both, or neither?"
    )

    def plain(self):
        setting = super().plain()
        whole("output", setting["output"])
        window_of(setting | {"padding": "valid"}).output_size(setting["n"])
        return setting

    @staticmethod
    def _choose(size: Callable, n, output, **window) -> str:
        fits = [p for p in ("valid", "same") if size(n=n, padding=p, **window) == output]
        return {0: "neither", 2: "both"}.get(len(fits)) or fits[0]

    def right(self, **case):
        return self._choose(true_size, **case)

    def wrong(self, mistake, case):
        return [self._choose(believed_size(mistake), **case)]

    def numbers(self, case):
        return {"n": case["n"], "k": case["kernel_size"], "s": case["strides"]}

    def why(self, case):
        valid, same = (formula(case | {"padding": padding}) for padding in ("valid", "same"))
        return f"with `valid` {valid}, and {same}"

    def draw(self, pick):
        setting = super().draw(pick)
        window = window_of(setting | {"padding": pick(("valid", "same"))})
        return setting | {"output": window.output_size(setting["n"]) + pick((-1, 0, 0, 0))}


class Depth(Question):
    """How many layers with the same kernel can be stacked, without padding?"""

    n: int = 28
    kernel_size: int = 3

    asked = (
        "{0.n} pixels, kernel size {0.kernel_size}, stride 1, padding `'valid'`. **How many such "
        "layers can follow one another** before the kernel no longer fits?"
    )
    drawn: ClassVar = {"n": range(12, 65), "kernel_size": range(3, 10)}

    def plain(self):
        setting = super().plain()
        whole("kernel_size", setting["kernel_size"], least=2)  # one of 1 takes nothing
        Window(setting["kernel_size"]).output_size(setting["n"])  # impossible ones stop here
        return setting

    @property
    def explorer(self):
        return {"explorer": "window", "settings": dict(self.setting)}

    def right(self, n, kernel_size):
        return (n - 1) // (kernel_size - 1)

    def numbers(self, case):
        return {"n": case["n"], "k": case["kernel_size"]}

    def why(self, case):
        n, k = case["n"], case["kernel_size"]
        return f"each layer takes {k} − 1 pixels from {n}, and the last needs a map of at least {k}"


class Conv2DWindow(OneWindow):
    """A question about a window that Conv2D may have along both axes."""

    padding: str = "valid"

    drawn: ClassVar = OneWindow.drawn | {"kernel_size": (2, 3, 3, 5), "padding": ("valid", "same")}

    def plain(self):
        setting = super().plain()
        need_conv_padding(setting["padding"])
        return setting


def need_conv_padding(padding: object) -> None:
    """Raise ``SettingError`` for a padding that Keras has on one axis only, or not at all."""
    if padding not in ("valid", "same"):
        raise SettingError("padding", padding, "Conv2D has valid and same only", "same")


def true_size(n, **window) -> int:
    return Window(**window).output_size(n)


def believed_size(mistake: Mistake) -> Callable:
    """The output size of one axis as somebody works it out who makes this mistake."""

    def size(**axis):
        answer = mistake.answer("output_size", true_size, **axis)
        return true_size(**axis) if answer is None else answer

    return size


class ReceptiveField(Question):
    """How many pixels can one unit see, after all windows of a stack?"""

    windows: Iterable  # of `Window`, or of dicts of its settings
    n: int = 28

    asked = (
        "{0.n} pixels go through these layers: {0.words}. **How many pixels, from the first to the "
        "last, can one unit of the last layer see** (padding included)?"
    )

    def plain(self):
        windows = list(self.windows)
        if odd := [window for window in windows if not isinstance(window, Window | dict)]:
            raise ValueError(
                f"a window is a Window or a dict such as {{'kernel_size': 3}}, not {odd[0]!r}"
            )
        if not windows:
            raise ValueError("there are no windows: give at least one")
        walked = walk(windows, self.n)
        if walked.problem:
            raise walked.problem
        return tidy({"windows": tuple(map(asdict, walked.windows)), "n": self.n})

    @property
    def words(self) -> str:
        """The windows in words."""
        return "; ".join(in_words(**window) for window in self.windows)

    @property
    def explorer(self):
        middle = walk(self.windows, self.n).sizes[-1] // 2  # a unit in a corner sees less
        shown = {"layers": self.windows, "n": self.n, "unit": middle}
        return {"explorer": "receptive_field", "settings": shown}

    def right(self, windows, n):
        return walk(windows, n).fields[-1].size

    def why(self, case):
        walked = walk(case["windows"], case["n"])
        spans = ", ".join(str(window.span) for window in walked.windows)
        jumps = [field.jump for field in walked.fields[:-1]]
        if max(jumps) == 1:
            return f"start from one pixel; each layer adds its span − 1, and the spans are {spans}"
        return (
            "start from one pixel; each layer adds (its span − 1) times the jump before it: the "
            f"spans are {spans}, and the jumps {', '.join(map(str, jumps))}"
        )

    def draw(self, pick):
        windows = []
        for _ in range(pick((2, 3, 3, 4))):
            s = pick((1, 1, 2, 3))
            window = {"kernel_size": pick((2, 3, 3, 5)), "strides": s, "padding": "same"}
            windows.append(window | {"dilation_rate": pick((1, 1, 2)) if s == 1 else 1})
        return {"windows": tuple(windows), "n": pick((32, 64, 128))}


class Unseen(ReceptiveField):
    """How many pixels of something, which ``begins`` here or there, does no last unit see?"""

    size: int = 20
    begins: Sequence[int] = (0, 4, 8)

    asked = (
        "{0.n} pixels go through these layers: {0.words}. In them stands something of {0.size} "
        "pixels: it begins at pixel {0.where}. **How many of its pixels does no unit of the last "
        "layer see**, at each of these places?"
    )

    def plain(self):
        setting = super().plain() | {"size": whole("size", self.size, least=1)}
        last = setting["n"] - setting["size"]
        for place in self.begins:
            if not 0 <= place <= last:
                raise SettingError("begins", place, f"it must fit into {self.n} pixels", last)
        return setting | {"begins": tidy(self.begins)}

    @property
    def where(self) -> str:
        """The places in words."""
        *first, last = map(str, self.begins)
        return f"{', '.join(first)} or {last}" if first else last

    def answer_of(self, case):
        many = len(case["begins"])
        return Numbers(many, f"{many} numbers, one for each place")

    def right(self, windows, n, size, begins):
        walked = walk(windows, n)
        seen = {*range(walked.sizes[-1])}
        for window, pixels in zip(walked.windows[::-1], walked.sizes[-2::-1], strict=True):
            starts = window.positions(pixels)
            reach = range(0, window.span, window.dilation_rate)
            seen = {starts[unit] + pixel for unit in seen for pixel in reach} & {*range(pixels)}
        return tuple(len({*range(place, place + size)} - seen) for place in begins)

    def why(self, case):
        walked = walk(case["windows"], case["n"])
        sizes = " → ".join(map(str, walked.sizes))
        return f"the sizes are {sizes}: ask of each map where its last window ends, from the top"

    def draw(self, pick):
        windows = [Window(3, pick((1, 2, 2)), pick(("valid", "valid", "same"))) for _ in range(3)]
        n = pick(range(24, 41))
        return {"windows": windows, "n": n, "size": 20, "begins": (0, (n - 20) // 2, n - 20)}

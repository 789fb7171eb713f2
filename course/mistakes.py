"""What learners believe: each misconception, written as the wrong formula it is.

A mistake is a function from a setting to the wrong answer it leads to, one for each quantity that
it spoils, together with what there is to say about it::

    >>> from course.mistakes import MISTAKES
    >>> no_floor = MISTAKES["no_floor"]
    >>> no_floor.answer("output_size", n=28, kernel_size=3, strides=2, padding="valid")
    Fraction(27, 2)
    >>> no_floor.see
    '05_stride.ipynb#Half-a-window?'

They stand here in the order of frequency, judged by public threads, as far as they can spoil the
same quantity. In this order a question knows them, and names those that lead to the same answer.

The quantities and the settings they depend on::

    output_size      n, kernel_size, strides, padding, and dilation_rate if it is not 1
    refusal          the same: "error" where somebody expects Keras to refuse the setting
    usage, unread    the same
    same_pads        n, kernel_size, strides, dilation_rate likewise
    depth            n, kernel_size: how many layers without padding can follow one another
    outputs          values, kernel (rows of numbers), padding: what comes out of a window
    padded           values, p, padding: what stands in a row and outside it
    spread           n, kernel_size: layers until every output has seen padding
    tells            page, paddings: with which of these a network can learn where something is
    kept             values, strides, shift, blur: what a stride keeps of a row that was moved
    survives         strides, shifts: which shifts a network surely does not notice
    better           valid, same: numbers of several trainings each; which padding is better
    unseen           windows, n, size, begins: what no unit of the last layer sees of something
    one_number       patch, kernel (rows, columns, channels), bias: one output of a filter
    params, macs     n, kernel_size, strides, padding, channels, filters, bias: one Conv2D layer
                     on n × n pixels
    channels         channels, filters: the last number of a Conv2D layer's output shape
    shape            shape: rows, columns, channels
    receptive_field  windows (a dict with all settings of a `Window` for each layer), n
    transposed_size  n, kernel_size, strides, padding, original: a convolution took ``original``
                     pixels to n, and a transposed convolution with the same setting follows

A formula takes a `Case`. A belief that can be worked out in several ways has a list of formulas.
`course.questions` says what is right.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from statistics import fmean

from course.geometry import SettingError, Window
from course.stack import walk

OTHER = {"valid": "same", "same": "valid"}
MAP = ("output_size", "usage", "unread")


class NothingWrongError(Exception):
    """In this setting the mistake leads to no wrong answer."""


class Case:
    """A setting by its names, such as ``case.strides``, and what follows from it.

    A mistake is often the right computation of a setting that was misread:
    ``case.right(strides=1)`` is what would be right with another stride.
    """

    def __init__(self, right: Callable | None, setting: dict):
        self._right, self._setting = right, setting

    def __getattr__(self, name: str):
        return {"dilation_rate": 1, **self._setting}[name]

    def but(self, **changes) -> "Case":
        """The case with another setting."""
        return Case(self._right, self._setting | changes)

    def right(self, **changes):
        """The true answer, here or with another setting."""
        return self._right(**self._setting | changes)

    @property
    def window(self) -> Window:
        return Window(self.kernel_size, self.strides, self.padding, self.dilation_rate)

    @property
    def pads(self) -> tuple[int, int]:
        return self.window.pads(self.n)

    @property
    def room(self) -> Fraction:
        """Pixels that the window can move on; with ``same`` they are not what counts."""
        if self.padding == "same":
            raise NothingWrongError
        # No other padding depends on n, which is a fraction where one was believed along a chain.
        return Fraction(self.n + sum(self.window.pads(1)) - self.window.span)

    @property
    def places(self) -> int:
        """Places of the window on an image."""
        return self.window.output_size(self.n) ** 2

    @property
    def spread(self) -> bool:
        """Whether a transposed convolution ends with its last kernel: nothing cut or filled up."""
        return self.padding == "valid" and self.kernel_size >= self.strides

    @property
    def depth(self) -> int:
        """How many channels a filter reads."""
        return len(self.patch[0][0])

    @property
    def spans(self) -> list[int]:
        """What each window of a stack reaches over."""
        return [Window(**window).span for window in self.windows]


class Mistake:
    """A misconception.

    What it ``believes`` is a sentence, and so is what ``sets_right``; there ``{…}`` are numbers of
    the case, and a part in ``[…]`` is left out when the case has no such numbers. ``see`` is where
    the course shows it: a lesson, "#", and the section as JupyterLab calls it. ``explorer`` is a
    picture of it, ``{"explorer": "window", "settings": {"n": 6, …}}``: a function of
    `course.explore` and its arguments, or None. ``formulas`` are the wrong formulas for each
    quantity.
    """

    name: str

    def __init__(self, believes: str, sets_right: str, shown: dict, **formulas):
        self.believes, self.sets_right, self.formulas = believes, sets_right, formulas
        self.see, self.explorer = shown["see"], shown["explorer"]

    @property
    def where(self) -> str:
        """``see`` in words: lesson 05_stride, “Half a window?”."""
        lesson, _, section = self.see.partition(".ipynb#")
        return f"lesson {lesson}, “{section.replace('-', ' ')}”"

    def answers(self, quantity: str, right: Callable | None = None, **setting) -> list:
        """The wrong answers, one for each way; None, or what is right, where nothing goes wrong.

        ``right`` gives the true answer for a setting, for formulas that start from it.
        """
        formulas, answers = self.formulas.get(quantity, []), []
        for formula in formulas if isinstance(formulas, list) else [formulas]:
            try:
                answers.append(formula(Case(right, setting)))
            except (NothingWrongError, SettingError):  # nobody gets a number from the impossible
                answers.append(None)
        return answers

    def answer(self, quantity: str, right: Callable | None = None, **setting) -> object:
        """The wrong answer by the most common way, or None; arguments as in `answers`."""
        return next(iter(self.answers(quantity, right, **setting)), None)

    def correction(self, **numbers) -> str:
        """``sets_right`` with the numbers of a case in it, as far as the case has them."""
        text = ""
        for part in self.sets_right.replace("]", "[").split("["):
            # Odd parts were in brackets; those outside hold no fields.
            try:
                text += part.format(**numbers)
            except KeyError:
                continue
        return text


def _window(n: int, kernel_size: int, strides: int = 1, **more) -> dict:
    settings = {"n": n, "kernel_size": kernel_size, "strides": strides, **more}
    return {"explorer": {"explorer": "window", "settings": settings}}


def _layers(explorer: str, *strides: int, **more) -> dict:
    layer = {"kernel_size": 3, "padding": "same", **more}
    layers = [{"strides": s, **layer} for s in strides]
    return {"explorer": {"explorer": explorer, "settings": {"layers": layers}}}


def _channels() -> dict:
    return {"explorer": {"explorer": "channels", "settings": {}}}


def _transposed() -> dict:
    return {"explorer": {"explorer": "transposed", "settings": {}}}


def _shift(**settings) -> dict:
    return {"explorer": {"explorer": "shift", "settings": {"shift": 1, **settings}}}


def _border(**settings) -> dict:
    return {"explorer": {"explorer": "border", "settings": settings}}


# Where the course shows it: a section, and a picture of it, in whose place there may be another
HALF = {"see": "05_stride.ipynb#Half-a-window?"} | _window(6, 3, 2)
SAME_STRIDED = {"see": "05_stride.ipynb#What-same-promises"} | _window(6, 3, 2, padding="same")
COUNT = {"see": "01_sliding_window.ipynb#Count-the-places"} | _window(7, 3)
STEPS = {"see": "05_stride.ipynb#Larger-steps"} | _window(7, 3, 2)
EATEN = {"see": "02_padding.ipynb#The-window-eats-the-image"} | _window(7, 5)
OVERHANG = {"see": "02_padding.ipynb#Let-the-window-hang-over"} | _window(7, 3, padding="same")
WITH_SAME = {"see": "03_channels.ipynb#Who-pays-for-the-padding?"} | _layers("network", 1, 1)
SKIPPED = {"see": "05_stride.ipynb#Does-stride-2-skip-pixels?"} | _window(7, 3, 2, usage=True)
DILATED = {"see": "07_receptive_field.ipynb#See-more-without-a-stride"} | _window(
    9, 3, dilation_rate=2
)
ZEROS = {"see": "02_padding.ipynb#How-many-zeros?"} | _window(6, 3, 2, padding="same")
ODD = {"see": "06_which_side.ipynb#One-pixel-less"} | _window(8, 3, 2, padding="same")
BUDGET = {"see": "02_padding.ipynb#The-depth-budget"} | _window(7, 3)
FAIRER = {"see": "02_padding.ipynb#What-a-textbook-says"} | _window(
    7, 3, padding="same", usage=True
)
TURNED = {"see": "01_sliding_window.ipynb#Two-meanings-of-one-word"} | _window(5, 3)
OUTSIDE = {"see": "04_border.ipynb#What-else-could-stand-there?"} | _border(
    fill="reflect", layers=0
)
FRAME = {"see": "04_border.ipynb#What-the-window-read"} | _window(7, 3, padding="same")
EARLIER = {"see": "04_border.ipynb#Padding-without-a-name"} | _window(6, 3, padding="causal")
SPREAD = {"see": "04_border.ipynb#How-far-does-it-spread?"} | _border(layers=3)
PYTORCH = {"see": "06_which_side.ipynb#And-PyTorch?"} | _window(8, 3, 2, padding=1, usage=True)
PLACE = {"see": "09_where_is_the_dot.ipynb#What-each-place-leaves-behind"} | _window(6, 3)
BLANK = {"see": "09_where_is_the_dot.ipynb#One-column-a-layer"} | _border(layers=2)
ALIASED = {"see": "10_one_pixel.ipynb#What-the-stride-keeps"} | _shift()
BLURRED = {"see": "10_one_pixel.ipynb#What-is-honest?"} | _shift(blur=True)
PERIOD = {"see": "10_one_pixel.ipynb#A-whole-jump"} | _shift(shift=2)
COMPARED = {"see": "12_does_it_matter.ipynb#How-far-do-runs-lie-apart?", "explorer": None}
CORNER = {"see": "12_does_it_matter.ipynb#Into-the-corner"} | _layers(
    "receptive_field", 2, 2, 2, padding="valid"
)
FILTERS = {"see": "03_channels.ipynb#One-filter,-one-map"} | _layers("network", 1)
ALL_CHANNELS = {"see": "03_channels.ipynb#One-filter,-all-channels"} | _channels()
TWO_AXES = {"see": "01_sliding_window.ipynb#Two-axes,-two-windows"} | _window(7, 3)
STRIDED = {"see": "05_stride.ipynb#The-strided-classifier"} | _layers("network", 2)
ONE_WINDOW = {"see": "01_sliding_window.ipynb#One-window,-one-number"} | _layers("network", 1)
COST = {"see": "08_the_bill.ipynb#Weights-and-places"} | _layers("network", 1)
FLOPS = {"see": "08_the_bill.ipynb#MACs-or-FLOPs?"} | _layers("network", 1)
GROWS = {"see": "07_receptive_field.ipynb#One-layer-at-a-time"} | _layers("receptive_field", 1, 1)
JUMPS = {"see": "07_receptive_field.ipynb#After-a-stride"} | _layers("receptive_field", 2, 2, 1)
STAMPS = {"see": "11_going_back_up.ipynb#Turned-round"} | _transposed()
SAID = {"see": "11_going_back_up.ipynb#You-have-to-say-it"} | _transposed()
FORGOTTEN = {"see": "11_going_back_up.ipynb#What-rounding-forgets"} | _transposed()


# What formulas have in common, and those of several lines


def _read_once(case: Case, starts: range) -> tuple | None:
    return tuple(int(pixel in starts) for pixel in range(case.n)) if case.strides > 1 else None


def _never_read(case: Case, starts: range) -> frozenset | None:
    return frozenset(range(case.n)).difference(starts) if case.strides > 1 else None


def _widened_by_own_strides(case: Case) -> float:
    jumps = [field.jump for field in walk(case.windows, case.n).fields[1:]]
    return 1 + sum((span - 1) * jump for span, jump in zip(case.spans, jumps, strict=True))


def _in_channel(case: Case, channel: int) -> int:
    """What a filter makes of one channel, as if there were no other."""
    both = {"patch": case.patch, "kernel": case.kernel}
    alone = {
        name: tuple(tuple((pixel[channel],) for pixel in row) for row in rows)
        for name, rows in both.items()
    }
    return case.right(**alone)


def _in_each_channel(case: Case) -> tuple:
    return tuple(_in_channel(case, channel) for channel in range(case.depth))


def _in_the_other_mirror(case: Case) -> tuple | None:
    other = {"reflect": "symmetric", "symmetric": "reflect"}.get(case.padding)
    return case.right(padding=other) if other and case.p < len(case.values) else None


def _copied_in_order(case: Case) -> tuple:
    edge = int(case.padding == "reflect")  # a mirror that stands on the edge pixel leaves it out
    inside, last = case.values, len(case.values) - edge
    return (*inside[edge : edge + case.p], *inside, *inside[last - case.p : last])


def _moved(row: tuple, shift: int) -> tuple:
    return tuple(row[(i - shift) % len(row)] for i in range(len(row)))


def _blurred(row: tuple) -> tuple:
    sides = zip(_moved(row, 1), row, _moved(row, -1), strict=True)
    return tuple((left + 2 * here + right) / 4 for left, here, right in sides)


def _padding_once(case: Case) -> int | None:
    before, after = case.pads
    once = case.padding not in OTHER and before == after
    return case.right(padding=(before, 0)) if once else None


def _lost_on_both_sides(case: Case) -> tuple:
    (lost,) = case.right(size=case.n, begins=(0,))
    before = lost // 2
    return tuple(
        max(before - place, 0) + max(place + case.size - (case.n - lost + before), 0)
        for place in case.begins
    )


def _as_same(case: Case) -> object:
    before, after = case.pads
    earlier = before == after > case.but(padding="same").pads[0]
    return case.right(padding="same") if earlier and case.padding not in OTHER else None


def _strides_first(case: Case) -> int:
    strides = sorted((window["strides"] for window in case.windows), reverse=True)
    pairs = zip(case.windows, strides, strict=True)
    return case.right(windows=[window | {"strides": s} for window, s in pairs])


def _d_holes(dilation_rate: int) -> int:
    return dilation_rate + 1 if dilation_rate > 1 else 1


MISTAKES = {
    # What comes out
    "outside_is_more_of_the_edge": Mistake(
        "Outside, the picture goes on as it is at its edge.",
        "The edge does not go on outside by itself[, and here the padding is {padding}]: ask what "
        "that puts there.",
        FRAME,
        outputs=lambda case: case.right(outside="replicate"),
    ),
    "kernel_is_turned": Mistake(
        "A convolution turns the kernel, or gives it back as it is where it meets a dot.",
        "That comes out if the kernel is turned first, as in mathematics: Keras lays it down "
        "as it is.",
        TURNED,
        outputs=lambda case: case.right(kernel=tuple(row[::-1] for row in case.kernel[::-1])),
    ),
    "causal_looks_ahead": Mistake(
        "Causal padding stands on both sides, or behind the input.",
        "Causal puts all its zeros before the input, so that no output reads what comes later.",
        EARLIER,
        outputs=[
            lambda case: case.right(padding="same") if case.padding == "causal" else None,
            lambda case: (
                case.right(padding=(0, len(case.kernel[0]) - 1))
                if case.padding == "causal"
                else None
            ),
        ],
    ),
    # What stands outside
    "mirrors_mixed_up": Mistake(
        "Reflect and symmetric are the same mirror.",
        "There are two mirrors: with symmetric the edge pixel is seen in it once more, with "
        "reflect it is not[, and here the padding is {padding}].",
        OUTSIDE,
        padded=_in_the_other_mirror,
    ),
    "outside_in_its_order": Mistake(
        "Outside stand the pixels next to the edge, in the order that they have inside.",
        "A mirror turns the order round, and circular takes its pixels from the other end.",
        OUTSIDE,
        padded=_copied_in_order,
    ),
    "outside_is_zero": Mistake(
        "Outside the picture there are zeros, whatever the padding is called.",
        "Zeros are only one way to fill the border: every other padding copies pixels from inside.",
        OUTSIDE,
        padded=lambda case: case.right(padding="zero"),
    ),
    "goes_round": Mistake(
        "Outside, the picture begins again at its other end, whatever the padding is called.",
        "That is circular, which goes on at the other end[, and here the padding is {padding}].",
        OUTSIDE,
        padded=lambda case: case.right(padding="circular"),
    ),
    "repeats_the_edge": Mistake(
        "Outside stands the edge pixel again, whatever the padding is called.",
        "That is replicate, which repeats the edge pixel[, and here the padding is {padding}].",
        OUTSIDE,
        padded=lambda case: case.right(padding="replicate"),
    ),
    # Who knows where it is
    "only_zeros_tell": Mistake(
        "Only zeros can tell a network where something is.",
        "Zeros are not all that marks a place: near the edge of a picture fewer windows read a "
        "pixel, or a mirror shows it again.",
        PLACE,
        tells=lambda case: tuple(int(padding == "same") for padding in case.paddings),
    ),
    "convolution_is_blind": Mistake(
        "A convolution does the same everywhere, so no network knows where something is.",
        "It does the same everywhere inside, but at the border a window has no place, or it reads "
        "what is outside.",
        PLACE,
        tells=lambda case: (0,) * len(case.paddings),
    ),
    "every_edge_tells": Mistake(
        "A picture ends somewhere, whatever the padding, and that tells a network where it is.",
        "An end tells only if something comes out differently there.",
        PLACE,
        tells=lambda case: (1,) * len(case.paddings),
    ),
    "all_padding_tells": Mistake(
        "It is padding that tells, whatever stands in it.",
        "Ask what stands in the padding: a copy of the picture can look just as it does inside, "
        "and without any the border can still leave a mark.",
        PLACE,
        tells=lambda case: tuple(int(padding != "valid") for padding in case.paddings),
    ),
    "blank_page_with_a_dot": Mistake(
        "What tells a network where a dot is also tells it where a pixel of a blank page is.",
        "That was the page with a dot: here all pixels are alike, so ask what a mirror, or a "
        "missing window, could change.",
        BLANK,
        tells=lambda case: case.right(page="dot") if case.page == "blank" else None,
    ),
    # What a shift changes
    "shifts_are_never_noticed": Mistake(
        "A convolution is equivariant, so a shift changes nothing.",
        "Only without a stride does a map move along: a stride keeps other pixels of a moved "
        "picture.",
        ALIASED,
        kept=lambda case: case.right(shift=0),
        survives=lambda case: (1,) * len(case.shifts),
    ),
    "moved_after_the_stride": Mistake(
        "The output moves by as many places as the input by pixels.",
        "First the picture moves, then the stride keeps some pixels: the other way round, "
        "other ones.",
        ALIASED,
        kept=lambda case: _moved(case.right(shift=0), case.shift),
    ),
    "blurred_after_the_stride": Mistake(
        "It does not matter whether the blur comes before the stride or after it.",
        "Blur first: what the stride has left out can no longer be mixed in.",
        BLURRED,
        kept=lambda case: _blurred(case.right(blur=False)) if case.blur else None,
    ),
    "one_stride_counts": Mistake(
        "A network does not notice a shift that its largest stride divides.",
        "All strides count, one after another: multiply them.",
        PERIOD,
        survives=lambda case: tuple(int(shift % max(case.strides) == 0) for shift in case.shifts),
    ),
    "strides_add_up": Mistake(
        "The strides of a network add up.",
        "A step of a later layer is made of steps of the layers before, so multiply the strides.",
        PERIOD,
        survives=lambda case: tuple(int(shift % sum(case.strides) == 0) for shift in case.shifts),
    ),
    "every_shift_is_noticed": Mistake(
        "With a stride, every shift changes something.",
        "A shift by a whole step of the last map moves all maps along: their mean stays.",
        PERIOD,
        survives=lambda case: (0,) * len(case.shifts),
    ),
    # Which choice is better
    "higher_mean_wins": Mistake(
        "The setting with the higher mean is better.",
        "Ask how far the runs lie apart: a mean moves with the seeds, and a difference that is not "
        "larger than twice the spread may be luck.",
        COMPARED,
        better=lambda case: max(("valid", "same"), key=lambda name: fmean(getattr(case, name))),
    ),
    "best_run_wins": Mistake(
        "The best run shows what a setting can do.",
        "The best run is the luckiest one: compare the means of all, and how far they lie apart.",
        COMPARED,
        better=lambda case: max(("valid", "same"), key=lambda name: max(getattr(case, name))),
    ),
    "runs_prove_nothing": Mistake(
        "Runs differ by luck, so nothing can be said.",
        "Luck has a size, the spread: a difference that is larger than twice the spread counts.",
        COMPARED,
        better=lambda case: "unclear",
    ),
    "flatten_sees_everything": Mistake(
        "With a dense head every pixel counts.",
        "A head reads the last map only: what no unit of that map sees has been lost before.",
        CORNER,
        unseen=lambda case: (0,) * len(case.begins),
    ),
    "first_layer_decides": Mistake(
        "What the first layer reads is not lost any more.",
        "Every layer can leave something out at its end: go through the sizes of all maps.",
        CORNER,
        unseen=lambda case: case.right(windows=case.windows[:1]),
    ),
    "lost_on_both_sides": Mistake(
        "What is not seen lies at both ends alike.",
        "The first window stands at the first pixel, so what is left over lies at the end only.",
        CORNER,
        unseen=_lost_on_both_sides,
    ),
    "spreads_from_one_side": Mistake(
        "Padding comes in from one side only.",
        "Padding comes in from both sides at once, so there is only half of the way[ of {n} "
        "pixels] to go from each.",
        SPREAD,
        spread=lambda case: math.ceil(Fraction(2 * case.n, case.kernel_size - 1)),
    ),
    "last_clean_layer": Mistake(
        "What is asked for is the last layer that still has a clean output.",
        "You counted as long as an output is clean: one layer more, and padding has reached all"
        "[ {n}].",
        SPREAD,
        spread=lambda case: case.right() - 1,
    ),
    "spreads_by_a_whole_kernel": Mistake(
        "Each layer carries the padding in by the size of its kernel.",
        "The middle of a window stands on the picture, so a layer carries padding in by k − 1 "
        "pixels[, not {k}], both sides together.",
        SPREAD,
        spread=lambda case: math.ceil(Fraction(case.n, case.kernel_size)),
    ),
    # How deep
    "layer_takes_a_kernel": Mistake(
        "Each layer takes as many pixels as its kernel has.",
        "A layer takes k − 1 pixels from the size, not k: there are n − k + 1 places for its "
        "window.",
        BUDGET,
        depth=lambda case: case.n // case.kernel_size,
    ),
    "down_to_nothing": Mistake(
        "The layers go on until no pixel is left.",
        "The last layer of yours finds no place: a map needs at least as many pixels as the kernel"
        "[, here {k}].",
        BUDGET,
        depth=lambda case: case.n // (case.kernel_size - 1),
    ),
    # Who gets read
    "read_equally": Mistake(
        "Every pixel is read equally often.",
        "Not every pixel is read equally often, with padding too[: count the windows that reach "
        "pixel {rare}, and those that reach pixel {often}].",
        FAIRER,
        usage=lambda case: (max(case.right()),) * case.n,
    ),
    "everything_is_read": Mistake(
        "The windows cover the whole input.",
        "The last window may stop before the end, and steps longer than the window leave gaps.",
        HALF | _window(6, 3, 2, usage=True),
        unread=lambda case: frozenset(),
    ),
    "counted_from_one": Mistake(
        "The first pixel has number 1.",
        "You counted from 1, and Python counts from 0: the last[ of {n}] pixels has number n − 1.",
        COUNT | _window(6, 3, 2, usage=True),
        unread=lambda case: frozenset(pixel + 1 for pixel in case.right()),
    ),
    "stride_skips_pixels": Mistake(
        "A stride skips the pixels between two places.",
        "A stride skips places: at each place the window still reads all of its[ {k}] pixels.",
        SKIPPED,
        usage=[
            lambda case: _read_once(case, case.window.positions(case.n)),
            lambda case: _read_once(case, range(0, case.n, case.strides)),
        ],
        unread=[
            lambda case: _never_read(case, case.window.positions(case.n)),
            lambda case: _never_read(case, range(0, case.n, case.strides)),
        ],
    ),
    "left_over_at_the_start": Mistake(
        "What does not fit is left over at the beginning.",
        "The first window stands at the very beginning, so what is left over lies at the end.",
        HALF | _window(6, 3, 2, usage=True),
        unread=lambda case: frozenset(case.n - 1 - pixel for pixel in case.right()),
    ),
    "number_is_same": Mistake(
        "Padding by a number begins where same begins.",
        "That is Keras' same, and here zeros stand before the input too[, {before} of them], so "
        "all windows begin earlier.",
        PYTORCH,
        **dict.fromkeys(("usage", "unread"), _as_same),
    ),
    # What same adds
    "symmetric_same": Mistake(
        "Padding 'same' adds equally many pixels on both sides.",
        "An odd number of zeros cannot be shared out: the one left over goes after the input.",
        ODD,
        same_pads=lambda case: (max(case.right()),) * 2,
        usage=lambda case: case.right(padding=max(case.pads)) if case.padding == "same" else None,
    ),
    "pads_swapped": Mistake(
        "When the number of zeros is odd, the one left over goes before the input.",
        "You have the two sides swapped: Keras puts the zero that is left over after the input.",
        ODD,
        same_pads=lambda case: case.right()[::-1],
        # Seen from the other end, the zeros have changed sides.
        usage=lambda case: case.right()[::-1] if case.padding == "same" else None,
    ),
    "pads_ignore_stride": Mistake(
        "Padding 'same' adds k − 1 zeros, whatever the stride.",
        "Adding k − 1 zeros is right at stride 1 only: with larger steps[, here of {s},] fewer "
        "will do.",
        SAME_STRIDED,
        same_pads=lambda case: case.right(strides=1),
    ),
    "total_on_each_side": Mistake(
        "All the zeros that same needs are added on each side.",
        "What you added on each side is what both sides get together, so share it out.",
        ZEROS | _window(7, 5, padding="same"),
        same_pads=lambda case: (sum(case.right()),) * 2,
    ),
    # Parameters and work
    "macs_at_input_size": Mistake(
        "The window does its work at every pixel of the input.",
        "The window works at each output, not at each of the[ {n}·{n}] input pixels: count the "
        "outputs.",
        STEPS | _layers("network", 2, 2, 1),
        macs=lambda case: case.right() // case.places * case.n**2,
    ),
    "forgot_bias": Mistake(
        "A filter has weights only.",
        "You forgot the bias: each filter has one[, and there are {filters} filters].",
        FILTERS,
        params=lambda case: case.right(bias=False),
        one_number=lambda case: case.right(bias=0),
    ),
    "reads_one_channel": Mistake(
        "A filter reads one channel.",
        "A filter has weights for every channel, so add up the products of all channels.",
        ALL_CHANNELS,
        one_number=[lambda case: _in_channel(case, 0), lambda case: _in_channel(case, -1)],
    ),
    "one_number_per_channel": Mistake(
        "A filter makes a number for each channel.",
        "A filter makes one number: it adds up the sums of all channels.",
        ALL_CHANNELS,
        one_number=[_in_each_channel, lambda case: _in_each_channel(case.but(bias=0))],
    ),
    "averages_channels": Mistake(
        "A filter takes the mean of the channels.",
        "The sums of the channels are added up, and nothing is divided.",
        ALL_CHANNELS,
        one_number=lambda case: Fraction(case.right(bias=0), case.depth) + case.bias,
    ),
    "bias_for_each_channel": Mistake(
        "Each channel has a bias of its own.",
        "A filter has one bias, however many channels it reads: add it once, at the end.",
        ALL_CHANNELS,
        one_number=lambda case: case.right(bias=case.bias * case.depth),
    ),
    "forgot_channels": Mistake(
        "A filter is a flat square of k·k weights, whatever it reads.",
        "You forgot the channels: a filter has a k·k square of weights for each "
        "channel that it reads[, here {channels}].",
        FILTERS,
        params=lambda case: case.right(channels=1),
        macs=lambda case: case.right(channels=1),
    ),
    "forgot_filters": Mistake(
        "A layer has one filter.",
        "That is one filter, and the layer has several[: {filters}].",
        FILTERS,
        params=lambda case: case.right(filters=1),
        macs=lambda case: case.right(filters=1),
    ),
    "macs_at_one_place": Mistake(
        "Each weight is multiplied once.",
        "That is the work at one place: each weight is used again at every place of the window.",
        COST,
        macs=lambda case: case.right() // case.places,
    ),
    "forgot_second_axis": Mistake(
        "A kernel of size k has k weights.",
        "An image has two axes, so a kernel of size k has k·k weights[, here {k} · {k}].",
        TWO_AXES,
        params=lambda case: case.right(bias=False) // case.kernel_size + case.filters * case.bias,
        macs=lambda case: case.right() // case.kernel_size,
    ),
    "one_bias": Mistake(
        "A layer has one bias.",
        "Each[ of the {filters}] filters has a bias of its own, not one for all.",
        FILTERS,
        params=lambda case: case.right(bias=False) + case.bias,
    ),
    "stride_changes_parameters": Mistake(
        "A stride of s leaves only every s-th parameter, along both axes.",
        "Stride changes no parameters: the same filters[, with {k}·{k} weights a channel,] visit "
        "fewer places.",
        STRIDED,
        params=lambda case: Fraction(case.right(), case.strides**2),
    ),
    "padding_adds_parameters": Mistake(
        "The zeros of the padding are parameters.",
        "Padding adds no parameters: the zeros are data, not weights, and the same filters slide "
        "over them.",
        WITH_SAME,
        params=lambda case: (
            case.right() + ((case.n + sum(case.pads)) ** 2 - case.n**2) * case.channels
        ),
    ),
    "weights_at_each_place": Mistake(
        "Each place of the window has weights of its own.",
        "A filter takes the same weights to every place, so count them once, not at each of the "
        "places.",
        ONE_WINDOW,
        params=lambda case: case.right() * case.places,
    ),
    "macs_are_parameters": Mistake(
        "A layer takes as many multiply-accumulates as it has parameters.",
        "Those are the parameters: each weight is used at every place, and a bias in no product.",
        COST,
        macs=lambda case: case.right() // case.places + case.filters,
    ),
    "bias_is_a_mac": Mistake(
        "Adding the bias is a multiply-accumulate.",
        "A multiply-accumulate is a product that is added up, and a bias is added without a "
        "product: leave it out.",
        FLOPS,
        macs=lambda case: case.right() + case.places * case.filters,
    ),
    "products_and_sums": Mistake(
        "The product and the sum count as one each, and perhaps the bias as one more.",
        "You counted products and sums apart, as TensorFlow's profiler does, but a "
        "multiply-accumulate is one of each together, and a bias is none.",
        FLOPS,
        macs=[
            lambda case: 2 * case.right(),
            lambda case: 2 * case.right() + case.places * case.filters,
        ],
    ),
    # The receptive field
    "adds_kernel_sizes": Mistake(
        "A unit sees as many pixels as the kernels have together.",
        "Start from one pixel: each kernel adds k − 1 steps to it, not k pixels.",
        GROWS,
        receptive_field=lambda case: sum(case.spans),
    ),
    "ignores_earlier_strides": Mistake(
        "Strides do not change what a unit sees.",
        "After a stride, later steps are longer: multiply k − 1 by all the strides before.",
        JUMPS,
        receptive_field=lambda case: 1 + sum(span - 1 for span in case.spans),
    ),
    "counts_own_stride": Mistake(
        "A layer's own stride widens what its units see.",
        "A stride widens the steps of later layers, so that of the last layer widens nothing.",
        JUMPS | _layers("receptive_field", 1, 2),
        receptive_field=[_widened_by_own_strides, _strides_first],
    ),
    "last_window_only": Mistake(
        "A unit sees what the window of its own layer covers.",
        "That is the last window alone, and each unit in it already sees several pixels of the "
        "image.",
        GROWS | _layers("receptive_field", 1, 1, 1),
        receptive_field=lambda case: case.spans[-1],
    ),
    "field_starts_at_zero": Mistake(
        "A unit sees as many pixels as there are steps.",
        "You added up the steps; add 1 for the pixel you start from.",
        GROWS,
        receptive_field=lambda case: case.right() - 1,
    ),
    "multiplies_kernel_sizes": Mistake(
        "Each layer multiplies what a unit sees by its kernel size.",
        "Kernel sizes do not multiply: each layer adds k − 1 steps to what the one before it sees.",
        GROWS,
        receptive_field=lambda case: math.prod(case.spans),
    ),
    # Transposed convolutions
    "transposed_inverts_size": Mistake(
        "A transposed convolution undoes a convolution, and gives back its input size.",
        "A transposed convolution turns the connections round, but cannot know the size from "
        "before[, {original}]: rounding takes several sizes to the same one[, {n}].",
        FORGOTTEN,
        transposed_size=lambda case: case.original,
    ),
    "transposed_shrinks": Mistake(
        "A transposed convolution is a convolution with another name.",
        "You let the map shrink once more, but a transposed convolution spreads each pixel out, "
        "and the map grows.",
        STAMPS,
        transposed_size=lambda case: case.window.output_size(case.n),
    ),
    "spreads_no_pixel": Mistake(
        "A transposed convolution moves the pixels apart, and that is all.",
        "You left out the kernel: every pixel is spread over a whole kernel, the last one too.",
        FORGOTTEN,
        transposed_size=lambda case: (case.n - 1) * case.strides + 1 if case.spread else None,
    ),
    "counts_a_step_too_many": Mistake(
        "Each input pixel takes a whole step, and the last kernel comes on top.",
        "From the first to the last[ of {n}] pixels there is one step less than pixels: count the "
        "gaps.",
        FORGOTTEN,
        transposed_size=lambda case: (
            case.n * case.strides + case.kernel_size if case.spread else None
        ),
    ),
    "stamps_lie_side_by_side": Mistake(
        "Each input pixel makes k output pixels of its own.",
        "The stamps do not lie side by side, but a stride apart[, here {s} pixels]: they overlap.",
        STAMPS,
        transposed_size=lambda case: case.n * case.kernel_size if case.spread else None,
    ),
    "starts_from_the_original": Mistake(
        "A transposed convolution enlarges the size from before the convolution.",
        "You started from the size before the convolution, but the transposed one gets the small "
        "map[, {n} pixels].",
        FORGOTTEN,
        transposed_size=[
            lambda case: case.original * case.strides,
            lambda case: case.right(n=case.original),
        ],
    ),
    "stamps_cut_or_not": Mistake(
        "The padding makes no difference to the size of a transposed convolution.",
        "That is the other padding: valid keeps all stamps whole, same cuts them to n · s.",
        SAID,
        transposed_size=lambda case: case.right(padding=OTHER[case.padding]),
    ),
    # How many places: rounding, counting, and what was left out of the setting or misread
    "ceil_for_valid": Mistake(
        "A window that only partly fits still counts.",
        "A last window that does not fit is left out, so round [{room} / {s} ]down, not up.",
        HALF | _window(6, 3, 2, compare=True),
        output_size=lambda case: math.ceil(case.room / case.strides) + 1,
    ),
    "no_floor": Mistake(
        "The formula gives the size, even when it is no whole number.",
        "There is no half window[: {room} / {s} is no whole number of steps], so round down with "
        "valid or numeric padding, and up with same.",
        HALF,
        output_size=lambda case: (
            Fraction(case.n, case.strides)
            if case.padding == "same"
            else case.room / case.strides + 1
        ),
    ),
    "uneven_is_an_error": Mistake(
        "A setting whose steps do not come out even is an error.",
        "Keras builds the layer without a word: what is left over at the end is not read, and the "
        "number of steps[, {room} / {s},] is rounded down.",
        HALF,
        refusal=lambda case: "error" if case.room % case.strides else None,
    ),
    "forgot_plus_one": Mistake(
        "The number of outputs is the number of steps.",
        "You counted steps: add 1 for the first place, as fences have one post more than gaps.",
        COUNT,
        output_size=lambda case: case.right() - 1,
    ),
    "same_means_same_size": Mistake(
        "Padding 'same' means that the output has the size of the input.",
        "Same keeps the size only at stride 1: what it promises is n / s, rounded up[, here {n} / "
        "{s}].",
        SAME_STRIDED,
        output_size=lambda case: case.n if case.padding == "same" else None,
    ),
    "size_stays": Mistake(
        "A convolution keeps the size of the image.",
        "All of the window must fit into the image, so the last places fall away.",
        EATEN,
        output_size=lambda case: case.n if case.padding != "same" else None,
    ),
    "floor_for_same": Mistake(
        "Every size is rounded down, that of same as well.",
        "Same also counts the last, incomplete step, so round [{n} / {s} ]up.",
        SAME_STRIDED | _window(7, 3, 2, padding="same"),
        output_size=lambda case: case.n // case.strides if case.padding == "same" else None,
    ),
    "ignored_stride": Mistake(
        "The window moves one pixel at a time, whatever the stride.",
        "You left out the stride: each step is longer than one pixel[, here {s} pixels].",
        STEPS,
        # With ``same`` the size would stay, and that has a name of its own: same_means_same_size.
        output_size=lambda case: case.right(strides=1) if case.padding != "same" else None,
        **dict.fromkeys(("usage", "macs", "transposed_size"), lambda case: case.right(strides=1)),
    ),
    "other_padding": Mistake(
        "Padding 'valid' is as good as 'same': whether zeros are added does not matter.",
        "That is the answer for the other padding: valid adds nothing, same adds zeros[, and here "
        "it is {padding}].",
        OVERHANG,
        **dict.fromkeys(
            (*MAP, "macs", "outputs"),
            lambda case: case.right(padding=OTHER[case.padding]) if case.padding in OTHER else None,
        ),
        same_pads=lambda case: (0, 0),
    ),
    "forgot_padding": Mistake(
        "The padding makes no difference.",
        "That is valid, which adds nothing: here the window slides over the padded input[ of "
        "{before} + {n} + {after} pixels].",
        ZEROS | _window(7, 3, padding=1),
        **dict.fromkeys(
            ("output_size", "outputs"),
            lambda case: case.right(padding="valid") if case.padding not in OTHER else None,
        ),
    ),
    "padding_once": Mistake(
        "Padding p adds p pixels in all.",
        "Padding goes on both sides[: {before} before and {after} after], so count it twice.",
        ZEROS | _window(7, 3, padding=1),
        output_size=_padding_once,
    ),
    "half_a_kernel_on_each_side": Mistake(
        "Padding 'same' adds k // 2 pixels on both sides.",
        "Adding k // 2 on both sides is right for odd kernels at stride 1 only[: here same "
        "adds {before} before and {after} after].",
        ZEROS,
        output_size=lambda case: (
            case.right(padding=case.window.span // 2) if case.padding == "same" else None
        ),
    ),
    "ignored_kernel": Mistake(
        "Only the stride decides the size: it is the input's, divided by the stride.",
        "You left out the kernel: all of its[ {k}] pixels must fit, so the last places fall away.",
        EATEN,
        output_size=lambda case: (case.but(kernel_size=1).room + 1) // case.strides,
    ),
    "plus_one_divided": Mistake(
        "The places at stride 1 are shared out among the steps, the first place too.",
        "Divide first and add 1 afterwards[: only the room of {room} pixels is divided by {s}], "
        "because the place where the window starts costs no step.",
        HALF,
        output_size=lambda case: (case.room + 1) // case.strides,
    ),
    "stride_is_a_gap": Mistake(
        "Stride s leaves s pixels out between two places.",
        "The stride is the whole step[, {s} pixels], not what is left out in between.",
        STEPS,
        output_size=lambda case: case.right(strides=case.strides + 1) if case.strides > 1 else None,
    ),
    "windows_never_overlap": Mistake(
        "The windows lie side by side, like tiles.",
        "Windows need not lie side by side: the step is the stride[ of {s}], not the kernel size[ "
        "of {k}].",
        SKIPPED,
        output_size=lambda case: case.room // case.kernel_size + 1,
        usage=lambda case: tuple(min(times, 1) for times in case.right()),
    ),
    # Dilation
    "ignored_dilation": Mistake(
        "Dilation changes what is read, not how far the window reaches.",
        "You left out the dilation: the kernel spans d·(k−1)+1 pixels[, here {span}, not {k}].",
        DILATED,
        **dict.fromkeys((*MAP, "same_pads"), lambda case: case.right(dilation_rate=1)),
        receptive_field=lambda case: case.right(
            windows=[w | {"dilation_rate": 1} for w in case.windows]
        ),
    ),
    "dilation_adds_d_holes": Mistake(
        "Dilation d puts d holes between two neighbouring weights.",
        "Dilation d is the distance between two neighbouring weights, so there are d − 1 holes "
        "between them[: the window spans {span} pixels].",
        DILATED,
        **dict.fromkeys(
            (*MAP, "same_pads"),
            lambda case: case.right(dilation_rate=_d_holes(case.dilation_rate)),
        ),
        receptive_field=lambda case: case.right(
            windows=[w | {"dilation_rate": _d_holes(w["dilation_rate"])} for w in case.windows],
            n=10**9,  # the size does not depend on n, if all windows fit
        ),
    ),
    "dilation_scales_kernel": Mistake(
        "A dilated kernel is d times as long.",
        "Only the k − 1 distances grow: a dilated kernel spans d·(k−1)+1 pixels[, here {span}], "
        "not d·k.",
        DILATED,
        output_size=lambda case: case.right(
            kernel_size=case.dilation_rate * case.kernel_size, dilation_rate=1
        ),
    ),
    # Shapes
    "kept_channels": Mistake(
        "A convolution keeps the number of channels.",
        "Each filter makes one output channel, so the last number is the number of filters[, "
        "{filters}].",
        FILTERS | _layers("network", 1, filters=8),
        channels=lambda case: case.channels,
    ),
    "channels_times_filters": Mistake(
        "Each filter makes an output channel from each input channel.",
        "A filter adds up what it finds in all[ {channels}] input channels and makes one output "
        "channel of it, so do not multiply.",
        FILTERS | _layers("network", 1, 1, filters=8),
        channels=lambda case: case.channels * case.filters,
    ),
    "axes_swapped": Mistake(
        "A shape names the columns first.",
        "You have rows and columns swapped: Keras names the rows first.",
        TWO_AXES | _layers("network", 1),
        shape=lambda case: (case.shape[1], case.shape[0], case.shape[2]),
    ),
}
for _name, _mistake in MISTAKES.items():
    _mistake.name = _name

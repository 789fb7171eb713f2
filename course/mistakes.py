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

A quantity is a kind of question in `course.questions` and depends on what that takes. Besides::

    refusal          as output_size: "error" where somebody expects Keras to refuse the setting
    transposed_size  also ``original``: so many pixels had the convolution that made n of them
    channels         channels, filters: the last number of a Conv2D layer's output shape
    shape            shape: rows, columns, channels

A formula takes a `Case`. A belief that can be worked out in several ways has a list of formulas.
"""

import functools
import math
from collections.abc import Callable
from fractions import Fraction
from statistics import fmean

import numpy as np

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

    def __init__(
        self, believes: str, sets_right: str, *, see: str, explorer: dict | None, **formulas
    ):
        self.believes, self.sets_right, self.formulas = believes, sets_right, formulas
        self.see, self.explorer = see, explorer

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


def _picture(explorer: str, **settings) -> dict:
    return {"explorer": explorer, "settings": settings}


def _window(n: int, kernel_size: int, strides: int = 1, **more) -> dict:
    return _picture("window", n=n, kernel_size=kernel_size, strides=strides, **more)


def _layers(explorer: str, *strides: int, **more) -> dict:
    layer = {"kernel_size": 3, "padding": "same", **more}
    return _picture(explorer, layers=[{"strides": s, **layer} for s in strides])


def _shown(lesson: str, section: str, explorer: dict | None) -> Callable[..., Mistake]:
    """What makes a mistake that the course shows there."""
    see = f"{lesson}.ipynb#{section.replace(' ', '-')}"
    return functools.partial(Mistake, see=see, explorer=explorer)


# Where the course shows it: a section, and a picture of it, in whose place there may be another
HALF = _shown("05_stride", "Half a window?", _window(6, 3, 2))
SAME_STRIDED = _shown("05_stride", "What same promises", _window(6, 3, 2, padding="same"))
COUNT = _shown("01_sliding_window", "Count the places", _window(7, 3))
STEPS = _shown("05_stride", "Larger steps", _window(7, 3, 2))
EATEN = _shown("02_padding", "The window eats the image", _window(7, 5))
OVERHANG = _shown("02_padding", "Let the window hang over", _window(7, 3, padding="same"))
WITH_SAME = _shown("03_channels", "Who pays for the padding?", _layers("network", 1, 1))
SKIPPED = _shown("05_stride", "Does stride 2 skip pixels?", _window(7, 3, 2, usage=True))
DILATED = _shown("07_receptive_field", "See more without a stride", _window(9, 3, dilation_rate=2))
ZEROS = _shown("02_padding", "How many zeros?", _window(6, 3, 2, padding="same"))
ODD = _shown("06_which_side", "One pixel less", _window(8, 3, 2, padding="same"))
BUDGET = _shown("02_padding", "The depth budget", _window(7, 3))
FAIRER = _shown("02_padding", "What a textbook says", _window(7, 3, padding="same", usage=True))
TURNED = _shown("01_sliding_window", "Two meanings of one word", _window(5, 3))
OUTSIDE = _shown(
    "04_border", "What else could stand there?", _picture("border", fill="reflect", layers=0)
)
FRAME = _shown("04_border", "What the window read", _window(7, 3, padding="same"))
EARLIER = _shown("04_border", "Padding without a name", _window(6, 3, padding="causal"))
SPREAD = _shown("04_border", "How far does it spread?", _picture("border", layers=3))
PYTORCH = _shown("06_which_side", "And PyTorch?", _window(8, 3, 2, padding=1, usage=True))
PLACE = _shown("09_where_is_the_dot", "What each place leaves behind", _window(6, 3))
BLANK = _shown("09_where_is_the_dot", "One column a layer", _picture("border", layers=2))
ALIASED = _shown("10_one_pixel", "What the stride keeps", _picture("shift", shift=1))
BLURRED = _shown("10_one_pixel", "What is honest?", _picture("shift", shift=1, blur=True))
PERIOD = _shown("10_one_pixel", "A whole jump", _picture("shift", shift=2))
COMPARED = _shown("12_does_it_matter", "How far do runs lie apart?", None)
CORNER = _shown(
    "12_does_it_matter", "Into the corner", _layers("receptive_field", 2, 2, 2, padding="valid")
)
FILTERS = _shown("03_channels", "One filter, one map", _layers("network", 1))
ALL_CHANNELS = _shown("03_channels", "One filter, all channels", _picture("channels"))
TWO_AXES = _shown("01_sliding_window", "Two axes, two windows", _window(7, 3))
STRIDED = _shown("05_stride", "The strided classifier", _layers("network", 2))
ONE_WINDOW = _shown("01_sliding_window", "One window, one number", _layers("network", 1))
COST = _shown("08_the_bill", "Weights and places", _layers("network", 1))
FLOPS = _shown("08_the_bill", "MACs or FLOPs?", _layers("network", 1))
GROWS = _shown("07_receptive_field", "One layer at a time", _layers("receptive_field", 1, 1))
JUMPS = _shown("07_receptive_field", "After a stride", _layers("receptive_field", 2, 2, 1))
STAMPS = _shown("11_going_back_up", "Turned round", _picture("transposed"))
SAID = _shown("11_going_back_up", "You have to say it", _picture("transposed"))
FORGOTTEN = _shown("11_going_back_up", "What rounding forgets", _picture("transposed"))


# What formulas have in common, and those of several lines


def _read_once(case: Case, starts: range) -> tuple | None:
    return tuple(int(pixel in starts) for pixel in range(case.n)) if case.strides > 1 else None


def _never_read(case: Case, starts: range) -> frozenset | None:
    return frozenset(range(case.n)).difference(starts) if case.strides > 1 else None


def _widened_by_own_strides(case: Case) -> float:
    jumps = [field.jump for field in walk(case.windows, case.n).fields[1:]]
    return 1 + sum((span - 1) * jump for span, jump in zip(case.spans, jumps, strict=True))


def _in_each_channel(case: Case, **changes) -> tuple:
    """What a filter makes of each channel, as if there were no other."""
    patch, kernel = np.array(case.patch), np.array(case.kernel)
    each = [{"patch": patch[..., [c]], "kernel": kernel[..., [c]]} for c in range(case.depth)]
    return tuple(case.right(**alone, **changes) for alone in each)


def _in_the_other_mirror(case: Case) -> tuple | None:
    other = {"reflect": "symmetric", "symmetric": "reflect"}.get(case.padding)
    return case.right(padding=other) if other and case.p < len(case.values) else None


def _copied_in_order(case: Case) -> tuple:
    edge = int(case.padding == "reflect")  # a mirror that stands on the edge pixel leaves it out
    inside, last = case.values, len(case.values) - edge
    return (*inside[edge : edge + case.p], *inside, *inside[last - case.p : last])


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
    "outside_is_more_of_the_edge": FRAME(
        "Outside, the picture goes on as it is at its edge.",
        "The edge does not go on outside by itself[, and here the padding is {padding}]: ask what "
        "that puts there.",
        outputs=lambda case: case.right(outside="replicate"),
    ),
    "kernel_is_turned": TURNED(
        "A convolution turns the kernel, or gives it back as it is where it meets a dot.",
        "That comes out if the kernel is turned first, as in mathematics: Keras lays it down "
        "as it is.",
        outputs=lambda case: case.right(kernel=tuple(row[::-1] for row in case.kernel[::-1])),
    ),
    "causal_looks_ahead": EARLIER(
        "Causal padding stands on both sides, or behind the input.",
        "Causal puts all its zeros before the input, so that no output reads what comes later.",
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
    "mirrors_mixed_up": OUTSIDE(
        "Reflect and symmetric are the same mirror.",
        "There are two mirrors: with symmetric the edge pixel is seen in it once more, with "
        "reflect it is not[, and here the padding is {padding}].",
        padded=_in_the_other_mirror,
    ),
    "outside_in_its_order": OUTSIDE(
        "Outside stand the pixels next to the edge, in the order that they have inside.",
        "A mirror turns the order round, and circular takes its pixels from the other end.",
        padded=_copied_in_order,
    ),
    "outside_is_zero": OUTSIDE(
        "Outside the picture there are zeros, whatever the padding is called.",
        "Zeros are only one way to fill the border: every other padding copies pixels from inside.",
        padded=lambda case: case.right(padding="zero"),
    ),
    "goes_round": OUTSIDE(
        "Outside, the picture begins again at its other end, whatever the padding is called.",
        "That is circular, which goes on at the other end[, and here the padding is {padding}].",
        padded=lambda case: case.right(padding="circular"),
    ),
    "repeats_the_edge": OUTSIDE(
        "Outside stands the edge pixel again, whatever the padding is called.",
        "That is replicate, which repeats the edge pixel[, and here the padding is {padding}].",
        padded=lambda case: case.right(padding="replicate"),
    ),
    # Who knows where it is
    "only_zeros_tell": PLACE(
        "Only zeros can tell a network where something is.",
        "Zeros are not all that marks a place: near the edge of a picture fewer windows read a "
        "pixel, or a mirror shows it again.",
        tells=lambda case: tuple(int(padding == "same") for padding in case.paddings),
    ),
    "convolution_is_blind": PLACE(
        "A convolution does the same everywhere, so no network knows where something is.",
        "It does the same everywhere inside, but at the border a window has no place, or it reads "
        "what is outside.",
        tells=lambda case: (0,) * len(case.paddings),
    ),
    "every_edge_tells": PLACE(
        "A picture ends somewhere, whatever the padding, and that tells a network where it is.",
        "An end tells only if something comes out differently there.",
        tells=lambda case: (1,) * len(case.paddings),
    ),
    "all_padding_tells": PLACE(
        "It is padding that tells, whatever stands in it.",
        "Ask what stands in the padding: a copy of the picture can look just as it does inside, "
        "and without any the border can still leave a mark.",
        tells=lambda case: tuple(int(padding != "valid") for padding in case.paddings),
    ),
    "blank_page_with_a_dot": BLANK(
        "What tells a network where a dot is also tells it where a pixel of a blank page is.",
        "That was the page with a dot: here all pixels are alike, so ask what a mirror, or a "
        "missing window, could change.",
        tells=lambda case: case.right(page="dot") if case.page == "blank" else None,
    ),
    # What a shift changes
    "shifts_are_never_noticed": ALIASED(
        "A convolution is equivariant, so a shift changes nothing.",
        "Only without a stride does a map move along: a stride keeps other pixels of a moved "
        "picture.",
        kept=lambda case: case.right(shift=0),
        survives=lambda case: (1,) * len(case.shifts),
    ),
    "moved_after_the_stride": ALIASED(
        "The output moves by as many places as the input by pixels.",
        "First the picture moves, then the stride keeps some pixels: the other way round, "
        "other ones.",
        kept=lambda case: case.right(values=case.right(shift=0), strides=1, blur=False),
    ),
    "blurred_after_the_stride": BLURRED(
        "It does not matter whether the blur comes before the stride or after it.",
        "Blur first: what the stride has left out can no longer be mixed in.",
        kept=lambda case: case.right(values=case.right(blur=False), strides=1, shift=0),
    ),
    "one_stride_counts": PERIOD(
        "A network does not notice a shift that its largest stride divides.",
        "All strides count, one after another: multiply them.",
        survives=lambda case: tuple(int(shift % max(case.strides) == 0) for shift in case.shifts),
    ),
    "strides_add_up": PERIOD(
        "The strides of a network add up.",
        "A step of a later layer is made of steps of the layers before, so multiply the strides.",
        survives=lambda case: tuple(int(shift % sum(case.strides) == 0) for shift in case.shifts),
    ),
    "every_shift_is_noticed": PERIOD(
        "With a stride, every shift changes something.",
        "A shift by a whole step of the last map moves all maps along: their mean stays.",
        survives=lambda case: (0,) * len(case.shifts),
    ),
    # Which choice is better
    "higher_mean_wins": COMPARED(
        "The setting with the higher mean is better.",
        "Ask how far the runs lie apart: a mean moves with the seeds, and a difference that is not "
        "larger than twice the spread may be luck.",
        better=lambda case: max(("valid", "same"), key=lambda name: fmean(getattr(case, name))),
    ),
    "best_run_wins": COMPARED(
        "The best run shows what a setting can do.",
        "The best run is the luckiest one: compare the means of all, and how far they lie apart.",
        better=lambda case: max(("valid", "same"), key=lambda name: max(getattr(case, name))),
    ),
    "runs_prove_nothing": COMPARED(
        "Runs differ by luck, so nothing can be said.",
        "Luck has a size, the spread: a difference that is larger than twice the spread counts.",
        better=lambda case: "unclear",
    ),
    "flatten_sees_everything": CORNER(
        "With a dense head every pixel counts.",
        "A head reads the last map only: what no unit of that map sees has been lost before.",
        unseen=lambda case: (0,) * len(case.begins),
    ),
    "first_layer_decides": CORNER(
        "What the first layer reads is not lost any more.",
        "Every layer can leave something out at its end: go through the sizes of all maps.",
        unseen=lambda case: case.right(windows=case.windows[:1]),
    ),
    "lost_on_both_sides": CORNER(
        "What is not seen lies at both ends alike.",
        "The first window stands at the first pixel, so what is left over lies at the end only.",
        unseen=_lost_on_both_sides,
    ),
    "spreads_from_one_side": SPREAD(
        "Padding comes in from one side only.",
        "Padding comes in from both sides at once, so there is only half of the way[ of {n} "
        "pixels] to go from each.",
        spread=lambda case: math.ceil(Fraction(2 * case.n, case.kernel_size - 1)),
    ),
    "last_clean_layer": SPREAD(
        "What is asked for is the last layer that still has a clean output.",
        "You counted as long as an output is clean: one layer more, and padding has reached all"
        "[ {n}].",
        spread=lambda case: case.right() - 1,
    ),
    "spreads_by_a_whole_kernel": SPREAD(
        "Each layer carries the padding in by the size of its kernel.",
        "The middle of a window stands on the picture, so a layer carries padding in by k − 1 "
        "pixels[, not {k}], both sides together.",
        spread=lambda case: math.ceil(Fraction(case.n, case.kernel_size)),
    ),
    # How deep
    "layer_takes_a_kernel": BUDGET(
        "Each layer takes as many pixels as its kernel has.",
        "A layer takes k − 1 pixels from the size, not k: there are n − k + 1 places for its "
        "window.",
        depth=lambda case: case.n // case.kernel_size,
    ),
    "down_to_nothing": BUDGET(
        "The layers go on until no pixel is left.",
        "The last layer of yours finds no place: a map needs at least as many pixels as the kernel"
        "[, here {k}].",
        depth=lambda case: case.n // (case.kernel_size - 1),
    ),
    # Who gets read
    "read_equally": FAIRER(
        "Every pixel is read equally often.",
        "Not every pixel is read equally often, with padding too[: count the windows that reach "
        "pixel {rare}, and those that reach pixel {often}].",
        usage=lambda case: (max(case.right()),) * case.n,
    ),
    "everything_is_read": HALF(
        "The windows cover the whole input.",
        "The last window may stop before the end, and steps longer than the window leave gaps.",
        explorer=_window(6, 3, 2, usage=True),
        unread=lambda case: frozenset(),
    ),
    "lists_what_is_read": HALF(
        "What is asked for are the pixels that are read.",
        "Those are the pixels that are read: give the others.",
        explorer=_window(6, 3, 2, usage=True),
        unread=lambda case: frozenset(range(case.n)) - case.right(),
    ),
    "counted_from_one": COUNT(
        "The first pixel has number 1.",
        "You counted from 1, and Python counts from 0: the last[ of {n}] pixels has number n − 1.",
        explorer=_window(6, 3, 2, usage=True),
        unread=lambda case: frozenset(pixel + 1 for pixel in case.right()),
    ),
    "stride_skips_pixels": SKIPPED(
        "A stride skips the pixels between two places.",
        "A stride skips places: at each place the window still reads all of its[ {k}] pixels.",
        usage=[
            lambda case: _read_once(case, case.window.positions(case.n)),
            lambda case: _read_once(case, range(0, case.n, case.strides)),
        ],
        unread=[
            lambda case: _never_read(case, case.window.positions(case.n)),
            lambda case: _never_read(case, range(0, case.n, case.strides)),
        ],
    ),
    "left_over_at_the_start": HALF(
        "What does not fit is left over at the beginning.",
        "The first window stands at the very beginning, so what is left over lies at the end.",
        explorer=_window(6, 3, 2, usage=True),
        unread=lambda case: frozenset(case.n - 1 - pixel for pixel in case.right()),
    ),
    "number_is_same": PYTORCH(
        "Padding by a number begins where same begins.",
        "That is Keras' same, and here zeros stand before the input too[, {before} of them], so "
        "all windows begin earlier.",
        **dict.fromkeys(("usage", "unread"), _as_same),
    ),
    # What same adds
    "symmetric_same": ODD(
        "Padding 'same' adds equally many pixels on both sides.",
        "An odd number of zeros cannot be shared out: the one left over goes after the input.",
        same_pads=lambda case: (max(case.right()),) * 2,
        usage=lambda case: case.right(padding=max(case.pads)) if case.padding == "same" else None,
    ),
    "pads_swapped": ODD(
        "When the number of zeros is odd, the one left over goes before the input.",
        "You have the two sides swapped: Keras puts the zero that is left over after the input.",
        same_pads=lambda case: case.right()[::-1],
        # Seen from the other end, the zeros have changed sides.
        usage=lambda case: case.right()[::-1] if case.padding == "same" else None,
    ),
    "pads_ignore_stride": SAME_STRIDED(
        "Padding 'same' adds k − 1 zeros, whatever the stride.",
        "Adding k − 1 zeros is right at stride 1 only: with larger steps[, here of {s},] fewer "
        "will do.",
        same_pads=lambda case: case.right(strides=1),
    ),
    "total_on_each_side": ZEROS(
        "All the zeros that same needs are added on each side.",
        "What you added on each side is what both sides get together, so share it out.",
        explorer=_window(7, 5, padding="same"),
        same_pads=lambda case: (sum(case.right()),) * 2,
    ),
    # Parameters and work
    "macs_at_input_size": STEPS(
        "The window does its work at every pixel of the input.",
        "The window works at each output, not at each of the[ {n}·{n}] input pixels: count the "
        "outputs.",
        explorer=_layers("network", 2, 2, 1),
        macs=lambda case: case.right() // case.places * case.n**2,
    ),
    "forgot_bias": FILTERS(
        "A filter has weights only.",
        "You forgot the bias: each filter has one[, and there are {filters} filters].",
        params=lambda case: case.right(bias=False),
        one_number=lambda case: case.right(bias=0),
    ),
    "reads_one_channel": ALL_CHANNELS(
        "A filter reads one channel.",
        "A filter has weights for every channel, so add up the products of all channels.",
        one_number=[
            lambda case: _in_each_channel(case)[0],
            lambda case: _in_each_channel(case)[-1],
        ],
    ),
    "one_number_per_channel": ALL_CHANNELS(
        "A filter makes a number for each channel.",
        "A filter makes one number: it adds up the sums of all channels.",
        one_number=[_in_each_channel, lambda case: _in_each_channel(case, bias=0)],
    ),
    "averages_channels": ALL_CHANNELS(
        "A filter takes the mean of the channels.",
        "The sums of the channels are added up, and nothing is divided.",
        one_number=lambda case: Fraction(case.right(bias=0), case.depth) + case.bias,
    ),
    "bias_for_each_channel": ALL_CHANNELS(
        "Each channel has a bias of its own.",
        "A filter has one bias, however many channels it reads: add it once, at the end.",
        one_number=lambda case: case.right(bias=case.bias * case.depth),
    ),
    "forgot_channels": FILTERS(
        "A filter is a flat square of k·k weights, whatever it reads.",
        "You forgot the channels: a filter has a k·k square of weights for each "
        "channel that it reads[, here {channels}].",
        params=lambda case: case.right(channels=1),
        macs=lambda case: case.right(channels=1),
    ),
    "forgot_filters": FILTERS(
        "A layer has one filter.",
        "That is one filter, and the layer has several[: {filters}].",
        params=lambda case: case.right(filters=1),
        macs=lambda case: case.right(filters=1),
    ),
    "macs_at_one_place": COST(
        "Each weight is multiplied once.",
        "That is the work at one place: each weight is used again at every place of the window.",
        macs=lambda case: case.right() // case.places,
    ),
    "forgot_second_axis": TWO_AXES(
        "A kernel of size k has k weights.",
        "An image has two axes, so a kernel of size k has k·k weights[, here {k} · {k}].",
        params=lambda case: case.right(bias=False) // case.kernel_size + case.filters * case.bias,
        macs=lambda case: case.right() // case.kernel_size,
    ),
    "one_bias": FILTERS(
        "A layer has one bias.",
        "Each[ of the {filters}] filters has a bias of its own, not one for all.",
        params=lambda case: case.right(bias=False) + case.bias,
    ),
    "stride_changes_parameters": STRIDED(
        "A stride of s leaves only every s-th parameter, along both axes.",
        "Stride changes no parameters: the same filters[, with {k}·{k} weights a channel,] visit "
        "fewer places.",
        params=lambda case: Fraction(case.right(), case.strides**2),
    ),
    "padding_adds_parameters": WITH_SAME(
        "The zeros of the padding are parameters.",
        "Padding adds no parameters: the zeros are data, not weights, and the same filters slide "
        "over them.",
        params=lambda case: (
            case.right() + ((case.n + sum(case.pads)) ** 2 - case.n**2) * case.channels
        ),
    ),
    "weights_at_each_place": ONE_WINDOW(
        "Each place of the window has weights of its own.",
        "A filter takes the same weights to every place, so count them once, not at each of the "
        "places.",
        params=lambda case: case.right() * case.places,
    ),
    "macs_are_parameters": COST(
        "A layer takes as many multiply-accumulates as it has parameters.",
        "Those are the parameters: each weight is used at every place, and a bias in no product.",
        macs=lambda case: case.right() // case.places + case.filters,
    ),
    "bias_is_a_mac": FLOPS(
        "Adding the bias is a multiply-accumulate.",
        "A multiply-accumulate is a product that is added up, and a bias is added without a "
        "product: leave it out.",
        macs=lambda case: case.right() + case.places * case.filters,
    ),
    "products_and_sums": FLOPS(
        "The product and the sum count as one each, and perhaps the bias as one more.",
        "You counted products and sums apart, as TensorFlow's profiler does, but a "
        "multiply-accumulate is one of each together, and a bias is none.",
        macs=[
            lambda case: 2 * case.right(),
            lambda case: 2 * case.right() + case.places * case.filters,
        ],
    ),
    # The receptive field
    "adds_kernel_sizes": GROWS(
        "A unit sees as many pixels as the kernels have together.",
        "Start from one pixel: each kernel adds k − 1 steps to it, not k pixels.",
        receptive_field=lambda case: sum(case.spans),
    ),
    "ignores_earlier_strides": JUMPS(
        "Strides do not change what a unit sees.",
        "After a stride, later steps are longer: multiply k − 1 by all the strides before.",
        receptive_field=lambda case: 1 + sum(span - 1 for span in case.spans),
    ),
    "counts_own_stride": JUMPS(
        "A layer's own stride widens what its units see.",
        "A stride widens the steps of later layers, so that of the last layer widens nothing.",
        explorer=_layers("receptive_field", 1, 2),
        receptive_field=[_widened_by_own_strides, _strides_first],
    ),
    "last_window_only": GROWS(
        "A unit sees what the window of its own layer covers.",
        "That is the last window alone, and each unit in it already sees several pixels of the "
        "image.",
        explorer=_layers("receptive_field", 1, 1, 1),
        receptive_field=lambda case: case.spans[-1],
    ),
    "field_starts_at_zero": GROWS(
        "A unit sees as many pixels as there are steps.",
        "You added up the steps; add 1 for the pixel you start from.",
        receptive_field=lambda case: case.right() - 1,
    ),
    "multiplies_kernel_sizes": GROWS(
        "Each layer multiplies what a unit sees by its kernel size.",
        "Kernel sizes do not multiply: each layer adds k − 1 steps to what the one before it sees.",
        receptive_field=lambda case: math.prod(case.spans),
    ),
    # Transposed convolutions
    "transposed_inverts_size": FORGOTTEN(
        "A transposed convolution undoes a convolution, and gives back its input size.",
        "A transposed convolution turns the connections round, but cannot know the size from "
        "before[, {original}]: rounding takes several sizes to the same one[, {n}].",
        transposed_size=lambda case: case.original,
    ),
    "transposed_shrinks": STAMPS(
        "A transposed convolution is a convolution with another name.",
        "You let the map shrink once more, but a transposed convolution spreads each pixel out, "
        "and the map grows.",
        transposed_size=lambda case: case.window.output_size(case.n),
    ),
    "spreads_no_pixel": FORGOTTEN(
        "A transposed convolution moves the pixels apart, and that is all.",
        "You left out the kernel: every pixel is spread over a whole kernel, the last one too.",
        transposed_size=lambda case: (case.n - 1) * case.strides + 1 if case.spread else None,
    ),
    "counts_a_step_too_many": FORGOTTEN(
        "Each input pixel takes a whole step, and the last kernel comes on top.",
        "From the first to the last[ of {n}] pixels there is one step less than pixels: count the "
        "gaps.",
        transposed_size=lambda case: (
            case.n * case.strides + case.kernel_size if case.spread else None
        ),
    ),
    "stamps_lie_side_by_side": STAMPS(
        "Each input pixel makes k output pixels of its own.",
        "The stamps do not lie side by side, but a stride apart[, here {s} pixels]: they overlap.",
        transposed_size=lambda case: case.n * case.kernel_size if case.spread else None,
    ),
    "starts_from_the_original": FORGOTTEN(
        "A transposed convolution enlarges the size from before the convolution.",
        "You started from the size before the convolution, but the transposed one gets the small "
        "map[, {n} pixels].",
        transposed_size=[
            lambda case: case.original * case.strides,
            lambda case: case.right(n=case.original),
        ],
    ),
    "stamps_cut_or_not": SAID(
        "The padding makes no difference to the size of a transposed convolution.",
        "That is the other padding: valid keeps all stamps whole, same cuts them to n · s.",
        transposed_size=lambda case: case.right(padding=OTHER[case.padding]),
    ),
    # How many places: rounding, counting, and what was left out of the setting or misread
    "ceil_for_valid": HALF(
        "A window that only partly fits still counts.",
        "A last window that does not fit is left out, so round [{room} / {s} ]down, not up.",
        explorer=_window(6, 3, 2, compare=True),
        output_size=lambda case: math.ceil(case.room / case.strides) + 1,
    ),
    "no_floor": HALF(
        "The formula gives the size, even when it is no whole number.",
        "There is no half window[: {room} / {s} is no whole number of steps], so round down with "
        "valid or numeric padding, and up with same.",
        output_size=lambda case: (
            Fraction(case.n, case.strides)
            if case.padding == "same"
            else case.room / case.strides + 1
        ),
    ),
    "uneven_is_an_error": HALF(
        "A setting whose steps do not come out even is an error.",
        "Keras builds the layer without a word: what is left over at the end is not read, and the "
        "number of steps[, {room} / {s},] is rounded down.",
        refusal=lambda case: "error" if case.room % case.strides else None,
    ),
    "forgot_plus_one": COUNT(
        "The number of outputs is the number of steps.",
        "You counted steps: add 1 for the first place, as fences have one post more than gaps.",
        output_size=lambda case: case.right() - 1,
    ),
    "same_means_same_size": SAME_STRIDED(
        "Padding 'same' means that the output has the size of the input.",
        "Same keeps the size only at stride 1: what it promises is n / s, rounded up[, here {n} / "
        "{s}].",
        output_size=lambda case: case.n if case.padding == "same" else None,
    ),
    "size_stays": EATEN(
        "A convolution keeps the size of the image.",
        "All of the window must fit into the image, so the last places fall away.",
        output_size=lambda case: case.n if case.padding != "same" else None,
    ),
    "floor_for_same": SAME_STRIDED(
        "Every size is rounded down, that of same as well.",
        "Same also counts the last, incomplete step, so round [{n} / {s} ]up.",
        explorer=_window(7, 3, 2, padding="same"),
        output_size=lambda case: case.n // case.strides if case.padding == "same" else None,
    ),
    "ignored_stride": STEPS(
        "The window moves one pixel at a time, whatever the stride.",
        "You left out the stride: each step is longer than one pixel[, here {s} pixels].",
        # With ``same`` the size would stay, and that has a name of its own: same_means_same_size.
        output_size=lambda case: case.right(strides=1) if case.padding != "same" else None,
        **dict.fromkeys(("usage", "macs", "transposed_size"), lambda case: case.right(strides=1)),
    ),
    "other_padding": OVERHANG(
        "Padding 'valid' is as good as 'same': whether zeros are added does not matter.",
        "That is the answer for the other padding: valid adds nothing, same adds zeros[, and here "
        "it is {padding}].",
        **dict.fromkeys(
            (*MAP, "macs", "outputs"),
            lambda case: case.right(padding=OTHER[case.padding]) if case.padding in OTHER else None,
        ),
        same_pads=lambda case: (0, 0),
    ),
    "forgot_padding": ZEROS(
        "The padding makes no difference.",
        "That is valid, which adds nothing: here the window slides over the padded input[ of "
        "{before} + {n} + {after} pixels].",
        explorer=_window(7, 3, padding=1),
        **dict.fromkeys(
            ("output_size", "outputs"),
            lambda case: case.right(padding="valid") if case.padding not in OTHER else None,
        ),
    ),
    "padding_once": ZEROS(
        "Padding p adds p pixels in all.",
        "Padding goes on both sides[: {before} before and {after} after], so count it twice.",
        explorer=_window(7, 3, padding=1),
        output_size=_padding_once,
    ),
    "half_a_kernel_on_each_side": ZEROS(
        "Padding 'same' adds k // 2 pixels on both sides.",
        "Adding k // 2 on both sides is right for odd kernels at stride 1 only[: here same "
        "adds {before} before and {after} after].",
        output_size=lambda case: (
            case.right(padding=case.window.span // 2) if case.padding == "same" else None
        ),
    ),
    "ignored_kernel": EATEN(
        "Only the stride decides the size: it is the input's, divided by the stride.",
        "You left out the kernel: all of its[ {k}] pixels must fit, so the last places fall away.",
        output_size=lambda case: (case.but(kernel_size=1).room + 1) // case.strides,
    ),
    "plus_one_divided": HALF(
        "The places at stride 1 are shared out among the steps, the first place too.",
        "Divide first and add 1 afterwards[: only the room of {room} pixels is divided by {s}], "
        "because the place where the window starts costs no step.",
        output_size=lambda case: (case.room + 1) // case.strides,
    ),
    "stride_is_a_gap": STEPS(
        "Stride s leaves s pixels out between two places.",
        "The stride is the whole step[, {s} pixels], not what is left out in between.",
        output_size=lambda case: case.right(strides=case.strides + 1) if case.strides > 1 else None,
    ),
    "windows_never_overlap": SKIPPED(
        "The windows lie side by side, like tiles.",
        "Windows need not lie side by side: the step is the stride[ of {s}], not the kernel size[ "
        "of {k}].",
        output_size=lambda case: case.room // case.kernel_size + 1,
        usage=lambda case: tuple(min(times, 1) for times in case.right()),
    ),
    # Dilation
    "ignored_dilation": DILATED(
        "Dilation changes what is read, not how far the window reaches.",
        "You left out the dilation: the kernel spans d·(k−1)+1 pixels[, here {span}, not {k}].",
        **dict.fromkeys((*MAP, "same_pads"), lambda case: case.right(dilation_rate=1)),
        receptive_field=lambda case: case.right(
            windows=[w | {"dilation_rate": 1} for w in case.windows]
        ),
    ),
    "dilation_adds_d_holes": DILATED(
        "Dilation d puts d holes between two neighbouring weights.",
        "Dilation d is the distance between two neighbouring weights, so there are d − 1 holes "
        "between them[: the window spans {span} pixels].",
        **dict.fromkeys(
            (*MAP, "same_pads"),
            lambda case: case.right(dilation_rate=_d_holes(case.dilation_rate)),
        ),
        receptive_field=lambda case: case.right(
            windows=[w | {"dilation_rate": _d_holes(w["dilation_rate"])} for w in case.windows],
            n=10**9,  # the size does not depend on n, if all windows fit
        ),
    ),
    "dilation_scales_kernel": DILATED(
        "A dilated kernel is d times as long.",
        "Only the k − 1 distances grow: a dilated kernel spans d·(k−1)+1 pixels[, here {span}], "
        "not d·k.",
        output_size=lambda case: case.right(
            kernel_size=case.dilation_rate * case.kernel_size, dilation_rate=1
        ),
    ),
    # Shapes
    "kept_channels": FILTERS(
        "A convolution keeps the number of channels.",
        "Each filter makes one output channel, so the last number is the number of filters[, "
        "{filters}].",
        explorer=_layers("network", 1, filters=8),
        channels=lambda case: case.channels,
    ),
    "channels_times_filters": FILTERS(
        "Each filter makes an output channel from each input channel.",
        "A filter adds up what it finds in all[ {channels}] input channels and makes one output "
        "channel of it, so do not multiply.",
        explorer=_layers("network", 1, 1, filters=8),
        channels=lambda case: case.channels * case.filters,
    ),
    "axes_swapped": TWO_AXES(
        "A shape names the columns first.",
        "You have rows and columns swapped: Keras names the rows first.",
        explorer=_layers("network", 1),
        shape=lambda case: (case.shape[1], case.shape[0], case.shape[2]),
    ),
}
for _name, _mistake in MISTAKES.items():
    _mistake.name = _name

"""What learners believe: each misconception, written as the wrong formula it is.

A mistake is a function from a setting to the wrong answer it leads to, one for each quantity that
it spoils, together with what there is to say about it::

    >>> from course import mistakes
    >>> mistakes.no_floor.answer("output_size", n=28, kernel_size=3, strides=2, padding="valid")
    Fraction(27, 2)
    >>> mistakes.no_floor.see
    '05_stride.ipynb#Half-a-window?'

They stand here in the order of frequency, judged by public threads, as far as they can spoil the
same quantity. In this order a question knows them, and names those that lead to the same answer.

The quantities and the settings they depend on::

    output_size      n, kernel_size, strides, padding, and dilation_rate if it is not 1
    refusal          the same: "error" where somebody expects Keras to refuse the setting
    usage, unread    the same
    same_pads        n, kernel_size, strides, dilation_rate likewise
    one_number       patch, kernel (rows, columns, channels), bias: one output of a filter
    params, macs     n, kernel_size, strides, padding, channels, filters, bias: one Conv2D layer
                     on n × n pixels
    channels         channels, filters: the last number of a Conv2D layer's output shape
    shape            shape: rows, columns, channels
    receptive_field  windows (a dict with all settings of a `Window` for each layer), n
    transposed_size  n, kernel_size, strides, padding, original: a convolution took ``original``
                     pixels to n, and a transposed convolution with the same setting follows

Every formula gets ``right`` first, the function that computes the true answer: a mistake is often
the right computation of a setting that was misread. It returns None where there is nothing to get
wrong. A belief that can be worked out in several ways has a formula for each. `course.questions`
says what is right.
"""

import itertools
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from course.geometry import SettingError, Window, same_pads

OTHER = {"valid": "same", "same": "valid"}
MAP = ("output_size", "usage", "unread")


@dataclass(frozen=True, eq=False)
class Mistake:
    """A misconception.

    What it ``believes`` is a sentence, and so is what ``sets_right``; there ``{…}`` are numbers of
    the case, and a part in ``[…]`` is left out when the case has no such numbers. ``see`` is where
    the course shows it: a lesson, "#", and the section as JupyterLab calls it. ``explorer`` is a
    picture of it, ``{"explorer": "window", "settings": {"n": 6, …}}``: a function of
    `course.explore` and its arguments. ``formulas`` are the wrong formulas for each quantity.
    """

    name: str
    believes: str
    sets_right: str
    see: str
    explorer: dict
    formulas: dict[str, list[Callable]] = field(default_factory=dict, repr=False)

    @property
    def where(self) -> str:
        """``see`` in words: lesson 05_stride, “Half a window?”."""
        lesson, _, section = self.see.partition(".ipynb#")
        return f"lesson {lesson}, “{section.replace('-', ' ')}”"

    def of(self, *quantities: str) -> Callable:
        """Decorate a wrong formula for some quantities: one more, or another way to work it out."""

        def register(formula: Callable) -> Callable:
            for quantity in quantities:
                self.formulas.setdefault(quantity, []).append(formula)
            return formula

        return register

    def answers(self, quantity: str, right: Callable | None = None, **setting) -> list:
        """The wrong answers, one for each way; None where there is nothing to get wrong.

        ``right`` gives the true answer for a setting, for formulas that start from it.
        """
        answers = []
        for formula in self.formulas.get(quantity, ()):
            try:
                answers.append(formula(right, **setting))
            except SettingError:  # misread, it is impossible: nobody gets a number from it
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


MISTAKES: dict[str, Mistake] = {}


def _mistake(*quantities: str, see: tuple, explorer: tuple | None = None):
    """Make the decorated wrong formula a `Mistake` of its name.

    The first paragraph of its docstring is what is believed, the second what sets it right.
    ``see`` is a section and its picture, in whose place there may be another.
    """
    section, (name, settings) = see[0], explorer or see[1]
    shown = {"explorer": name, "settings": settings}

    def make(formula: Callable) -> Mistake:
        told = (" ".join(each.split()) for each in (formula.__doc__ or "").split("\n\n"))
        believes, sets_right = told
        mistake = Mistake(formula.__name__, believes, sets_right, section, shown)
        mistake.of(*quantities)(formula)
        MISTAKES[mistake.name] = mistake
        return mistake

    return make


def _window(n: int, kernel_size: int, strides: int = 1, **more) -> tuple[str, dict]:
    return "window", {"n": n, "kernel_size": kernel_size, "strides": strides, **more}


def _layers(explorer: str, *strides: int, **more) -> tuple[str, dict]:
    layer = {"kernel_size": 3, "padding": "same", **more}
    return explorer, {"layers": [{"strides": s, **layer} for s in strides]}


def _room(n, kernel_size, padding, dilation_rate=1):
    """Pixels that the window can move on; None for ``same``, which is counted in another way."""
    if padding == "same":
        return None
    window = Window(kernel_size, 1, padding, dilation_rate)
    return n + sum(window.pads(1)) - window.span  # no padding but ``same`` depends on n


# Where the course shows it: a section, and a picture of it
HALF = ("05_stride.ipynb#Half-a-window?", _window(6, 3, 2))
SAME_STRIDED = ("05_stride.ipynb#same,-but-not-the-same-size", _window(6, 3, 2, padding="same"))
COUNT = ("01_sliding_window.ipynb#Count-the-places", _window(7, 3))
STEPS = ("05_stride.ipynb#Larger-steps", _window(7, 3, 2))
EATEN = ("02_padding.ipynb#The-window-eats-the-image", _window(7, 5))
OVERHANG = ("02_padding.ipynb#Let-the-window-hang-over", _window(7, 3, padding=1))
WITH_SAME = ("03_channels.ipynb#Who-pays-for-the-padding?", _layers("network", 1, 1))
SKIPPED = ("05_stride.ipynb#Does-stride-2-skip-pixels?", _window(7, 3, 2, usage=True))
DILATED = ("02_padding.ipynb#Who-gets-read?", _window(9, 3, dilation_rate=2))
ZEROS = ("02_padding.ipynb#How-many-zeros?", _window(6, 3, 2, padding="same"))
FILTERS = ("03_channels.ipynb#One-filter,-one-map", _layers("network", 1))
ALL_CHANNELS: tuple = ("03_channels.ipynb#One-filter,-all-channels", ("channels", {}))
TWO_AXES = ("01_sliding_window.ipynb#Two-axes,-two-windows", _window(7, 3))
STRIDED = ("05_stride.ipynb#The-strided-classifier", _layers("network", 2))
ONE_WINDOW = ("01_sliding_window.ipynb#One-window,-one-number", _layers("network", 1))
COST = ("03_channels.ipynb#One-filter,-all-channels", _layers("network", 1))
DESIGN = ("05_stride.ipynb#Three-networks,-one-design", _layers("receptive_field", 1, 1))


# Who gets read


@_mistake("usage", see=DILATED, explorer=_window(7, 3, padding="same", usage=True))
def read_equally(right, **window):
    """Every pixel is read equally often.

    Not every pixel is read equally often, with padding too[: count the windows that reach pixel
    {rare}, and those that reach pixel {often}].
    """
    usage = right(**window)
    return (max(usage),) * len(usage)


@_mistake("unread", see=HALF, explorer=_window(6, 3, 2, usage=True))
def everything_is_read(right, **window):
    """The windows cover the whole input.

    The last window may stop before the end, and steps longer than the window leave gaps: look where
    each window begins and ends.
    """
    return frozenset()


@_mistake("unread", see=COUNT, explorer=_window(6, 3, 2, usage=True))
def counted_from_one(right, **window):
    """The first pixel has number 1.

    You counted from 1, and Python counts from 0: the last[ of {n}] pixels has number n − 1.
    """
    return frozenset(pixel + 1 for pixel in right(**window))


@_mistake("usage", see=SKIPPED)
def stride_skips_pixels(right, n, **window):
    """A stride skips the pixels between two places.

    A stride skips places: at each place the window still reads all of its[ {k}] pixels.
    """
    starts = set(Window(**window).positions(n))
    return tuple(int(pixel in starts) for pixel in range(n)) if window["strides"] > 1 else None


@stride_skips_pixels.of("usage")
def _(right, n, strides, **window):
    return tuple(int(pixel % strides == 0) for pixel in range(n)) if strides > 1 else None


@stride_skips_pixels.of("unread")
def _(right, n, **window):
    starts = set(Window(**window).positions(n))
    return frozenset(range(n)) - starts if window["strides"] > 1 else None


@stride_skips_pixels.of("unread")
def _(right, n, strides, **window):
    return frozenset(pixel for pixel in range(n) if pixel % strides) if strides > 1 else None


@_mistake("unread", see=HALF, explorer=_window(6, 3, 2, usage=True))
def left_over_at_the_start(right, n, **window):
    """What does not fit is left over at the beginning.

    The first window stands at the very beginning, padding included, so what is left over lies at
    the other end.
    """
    return frozenset(n - 1 - pixel for pixel in right(n=n, **window))


# What same adds


@_mistake("same_pads", see=ZEROS)
def symmetric_same(right, **setting):
    """Padding 'same' adds equally many pixels on both sides.

    The zeros are shared out as evenly as whole numbers allow: when their number is odd, the one
    left over goes after the input alone.
    """
    return (max(right(**setting)),) * 2


@symmetric_same.of("usage")
def _(right, padding, **window):
    # same_pads takes what is left of the setting: n, kernel_size, strides, dilation_rate.
    return right(padding=max(same_pads(**window)), **window) if padding == "same" else None


@_mistake("same_pads", see=ZEROS)
def pads_swapped(right, **setting):
    """When the number of zeros is odd, the one left over goes before the input.

    You have the two sides swapped: Keras puts the zero that is left over after the input.
    """
    before, after = right(**setting)
    return after, before


@pads_swapped.of("usage")
def _(right, padding, **window):
    # Seen from the other end, the zeros have changed sides.
    return right(padding=padding, **window)[::-1] if padding == "same" else None


@_mistake("same_pads", see=SAME_STRIDED)
def pads_ignore_stride(right, **setting):
    """Padding 'same' adds k − 1 zeros, whatever the stride.

    Adding k − 1 zeros is right at stride 1 only: with larger steps[, here of {s},] the last window
    begins sooner, and fewer zeros will do.
    """
    return right(**setting | {"strides": 1})


@_mistake("same_pads", see=ZEROS, explorer=_window(7, 5, padding="same"))
def total_on_each_side(right, **setting):
    """All the zeros that same needs are added on each side.

    What you added on each side is what both sides get together, so share it out.
    """
    return (sum(right(**setting)),) * 2


# Parameters and work


@_mistake("macs", see=STEPS, explorer=_layers("network", 2, 2, 1))
def macs_at_input_size(right, **layer):
    """The window does its work at every pixel of the input.

    The window works at each output, not at each of the[ {n}·{n}] input pixels: count the outputs.
    """
    return right(**layer) // _places(layer) * layer["n"] ** 2


@_mistake("params", see=FILTERS)
def forgot_bias(right, **layer):
    """A filter has weights only.

    You forgot the bias: each filter has one[, and there are {filters} filters].
    """
    return right(**layer | {"bias": False})


@_mistake("params", "macs", see=FILTERS)
def forgot_channels(right, **layer):
    """A filter is a flat square of k·k weights, whatever it reads.

    You forgot the channels: a filter has a k·k square of weights for each[ of the {channels}]
    channels it reads.
    """
    return right(**layer | {"channels": 1})


@forgot_bias.of("one_number")
def _(right, **filter):
    return right(**filter | {"bias": 0})


@_mistake("one_number", see=ALL_CHANNELS)
def reads_one_channel(right, patch, kernel, bias):
    """A filter reads one channel.

    A filter has weights for every channel, so add up the products of all channels.
    """
    return right(_channel(patch, 0), _channel(kernel, 0), bias)


@reads_one_channel.of("one_number")
def _(right, patch, kernel, bias):
    return right(_channel(patch, -1), _channel(kernel, -1), bias)


@_mistake("one_number", see=ALL_CHANNELS)
def one_number_per_channel(right, patch, kernel, bias):
    """A filter makes a number for each channel.

    A filter makes one number: it adds up the sums of all channels.
    """
    return _each_channel(right, patch, kernel, bias)


@one_number_per_channel.of("one_number")
def _(right, patch, kernel, bias):
    return _each_channel(right, patch, kernel, 0)


@_mistake("one_number", see=ALL_CHANNELS)
def averages_channels(right, patch, kernel, bias):
    """A filter takes the mean of the channels.

    The sums of the channels are added up, and nothing is divided.
    """
    return Fraction(right(patch, kernel, 0), len(patch[0][0])) + bias


@_mistake("one_number", see=ALL_CHANNELS)
def bias_for_each_channel(right, patch, kernel, bias):
    """Each channel has a bias of its own.

    A filter has one bias, however many channels it reads: add it once, at the end.
    """
    return right(patch, kernel, bias * len(patch[0][0]))


@_mistake("params", "macs", see=FILTERS)
def forgot_filters(right, **layer):
    """A layer has one filter.

    That is one filter, and the layer has several[: {filters}].
    """
    return right(**layer | {"filters": 1})


@_mistake("macs", see=COST)
def macs_at_one_place(right, **layer):
    """Each weight is multiplied once.

    That is the work at one place: each weight is used again at every place of the window.
    """
    return right(**layer) // _places(layer)


@_mistake("params", see=TWO_AXES)
def forgot_second_axis(right, **layer):
    """A kernel of size k has k weights.

    An image has two axes, so a kernel of size k has k·k weights[, here {k} · {k}].
    """
    biases = layer["filters"] * layer["bias"]
    return (right(**layer) - biases) // layer["kernel_size"] + biases


@forgot_second_axis.of("macs")
def _(right, **layer):
    return right(**layer) // layer["kernel_size"]


@_mistake("params", see=FILTERS)
def one_bias(right, **layer):
    """A layer has one bias.

    Each[ of the {filters}] filters has a bias of its own, not one for all.
    """
    return right(**layer | {"bias": False}) + 1 if layer["bias"] else None


@_mistake("params", see=STRIDED)
def stride_changes_parameters(right, **layer):
    """A stride of s leaves only every s-th parameter, along both axes.

    Stride changes no parameters: the same filters[, with {k}·{k} weights a channel,] visit fewer
    places.
    """
    return Fraction(right(**layer), layer["strides"] ** 2)


@_mistake("params", see=WITH_SAME)
def padding_adds_parameters(right, **layer):
    """The zeros of the padding are parameters.

    Padding adds no parameters: the zeros are data, not weights, and the same filters slide over
    them.
    """
    added = sum(_window_of(layer).pads(layer["n"]))
    zeros = (layer["n"] + added) ** 2 - layer["n"] ** 2
    return right(**layer) + zeros * layer["channels"]


@_mistake("params", see=ONE_WINDOW)
def weights_at_each_place(right, **layer):
    """Each place of the window has weights of its own.

    A filter takes the same weights to every place, so count them once, not at each of the places.
    """
    return right(**layer) * _places(layer)


@_mistake("macs", see=COST)
def bias_is_a_mac(right, **layer):
    """Adding the bias is a multiply-accumulate.

    A multiply-accumulate is a product that is added up, and a bias is added without a product:
    leave it out.
    """
    return right(**layer) + _places(layer) * layer["filters"]


@_mistake("macs", see=COST)
def products_and_sums(right, **layer):
    """The product and the sum count as one each, and perhaps the bias as one more.

    You counted products and sums apart, as TensorFlow's profiler does, but a multiply-accumulate is
    one of each together, and a bias is none.
    """
    return 2 * right(**layer)


@products_and_sums.of("macs")
def _(right, **layer):
    return 2 * right(**layer) + _places(layer) * layer["filters"]


# The receptive field


@_mistake("receptive_field", see=DESIGN)
def adds_kernel_sizes(right, windows, n):
    """A unit sees as many pixels as the kernels have together.

    You start from one pixel, and each kernel adds k − 1 steps to it, not k pixels.
    """
    return sum(_spans(windows))


@_mistake("receptive_field", see=DESIGN, explorer=_layers("receptive_field", 2, 2, 1))
def ignores_earlier_strides(right, windows, n):
    """Strides do not change what a unit sees.

    After a stride, a step in a later layer is a longer way on the image: multiply k − 1 by all the
    strides before it.
    """
    return 1 + sum(span - 1 for span in _spans(windows))


@_mistake("receptive_field", see=DESIGN, explorer=_layers("receptive_field", 1, 2))
def counts_own_stride(right, windows, n):
    """A layer's own stride widens what its units see.

    A stride moves the next window, so it counts for the layers after it and not for its own.
    """
    jumps = itertools.accumulate((window["strides"] for window in windows), operator.mul)
    return 1 + sum((span - 1) * jump for span, jump in zip(_spans(windows), jumps, strict=True))


@_mistake("receptive_field", see=DESIGN, explorer=_layers("receptive_field", 1, 1, 1))
def last_window_only(right, windows, n):
    """A unit sees what the window of its own layer covers.

    That is the last window alone, and each unit in it already sees several pixels of the image.
    """
    return _spans(windows)[-1]


@_mistake("receptive_field", see=COUNT, explorer=_layers("receptive_field", 1, 1))
def field_starts_at_zero(right, **stack):
    """A unit sees as many pixels as there are steps.

    You added up the steps; add 1 for the pixel you start from.
    """
    return right(**stack) - 1


@_mistake("receptive_field", see=DESIGN)
def multiplies_kernel_sizes(right, windows, n):
    """Each layer multiplies what a unit sees by its kernel size.

    Kernel sizes do not multiply: each layer adds k − 1 steps to what the one before it sees.
    """
    return math.prod(_spans(windows))


# Transposed convolutions


@_mistake("transposed_size", see=HALF)
def transposed_inverts_size(right, original, **setting):
    """A transposed convolution undoes a convolution, and gives back its input size.

    A transposed convolution turns the connections round, but cannot know the size from before[,
    {original}]: rounding takes several sizes to the same one[, {n}].
    """
    return original


@_mistake("transposed_size", see=STEPS)
def transposed_shrinks(right, n, original, **window):
    """A transposed convolution is a convolution with another name.

    You let the map shrink once more, but a transposed convolution spreads each pixel out, and the
    map grows.
    """
    return Window(**window).output_size(n)


@_mistake("transposed_size", see=STEPS)
def spreads_no_pixel(right, n, kernel_size, strides, padding, **setting):
    """A transposed convolution moves the pixels apart, and that is all.

    You left out the kernel: every pixel is spread over a whole kernel, the last one too.
    """
    return (n - 1) * strides + 1 if _spread(kernel_size, strides, padding) else None


@_mistake("transposed_size", see=COUNT, explorer=_window(7, 3, 2))
def counts_a_step_too_many(right, n, kernel_size, strides, padding, **setting):
    """Each input pixel takes a whole step, and the last kernel comes on top.

    From the first to the last[ of {n}] pixels there is one step less than pixels: count the gaps.
    """
    return n * strides + kernel_size if _spread(kernel_size, strides, padding) else None


# How many places: rounding, counting, and what was left out of the setting or misread


@_mistake("output_size", see=HALF, explorer=_window(6, 3, 2, compare=True))
def ceil_for_valid(right, n, strides, **window):
    """A window that only partly fits still counts.

    A last window that does not fit is left out, so round [{room} / {s} ]down, not up.
    """
    room = _room(n, **window)
    return None if room is None else math.ceil(Fraction(room) / strides) + 1


@_mistake("output_size", see=HALF)
def no_floor(right, n, strides, **window):
    """The formula gives the size, even when it is no whole number.

    There is no half window[: {room} / {s} is no whole number of steps], so round down with valid or
    numeric padding, and up with same.
    """
    room = _room(n, **window)
    return Fraction(n) / strides if room is None else Fraction(room) / strides + 1


@_mistake("refusal", see=HALF)
def uneven_is_an_error(right, n, strides, **window):
    """A setting whose steps do not come out even is an error.

    Keras builds the layer without a word: what is left over at the end is not read, and the number
    of steps[, {room} / {s},] is rounded down.
    """
    room = _room(n, **window)
    return None if room is None or room % strides == 0 else "error"


@_mistake("output_size", see=COUNT)
def forgot_plus_one(right, **window):
    """The number of outputs is the number of steps.

    You counted the steps: add 1 for the first place, as a fence has one post more than gaps.
    """
    return right(**window) - 1


@_mistake("output_size", see=SAME_STRIDED)
def same_means_same_size(right, n, padding, **window):
    """Padding 'same' means that the output has the size of the input.

    Same keeps the size only at stride 1: what it promises is n / s, rounded up[, here {n} / {s}].
    """
    return n if padding == "same" else None


@_mistake("output_size", see=EATEN)
def size_stays(right, n, padding, **window):
    """A convolution keeps the size of the image.

    All of the window must fit into the image, so the last places fall away; a stride leaves out
    more.
    """
    return None if padding == "same" else n


@_mistake("output_size", see=SAME_STRIDED, explorer=_window(7, 3, 2, padding="same"))
def floor_for_same(right, n, strides, padding, **window):
    """Every size is rounded down, that of same as well.

    Same also counts the last, incomplete step, so round [{n} / {s} ]up.
    """
    return math.floor(Fraction(n) / strides) if padding == "same" else None


@_mistake("usage", "macs", "transposed_size", see=STEPS)
def ignored_stride(right, **setting):
    """The window moves one pixel at a time, whatever the stride.

    You left out the stride: each step is longer than one pixel[, here {s} pixels].
    """
    return right(**setting | {"strides": 1})


@ignored_stride.of("output_size")
def _(right, **window):
    # With ``same`` the size would stay, and that has a name of its own: same_means_same_size.
    return None if window["padding"] == "same" else right(**window | {"strides": 1})


@_mistake(*MAP, "macs", "transposed_size", see=OVERHANG, explorer=_window(7, 3, padding="same"))
def other_padding(right, **setting):
    """Padding 'valid' is as good as 'same': whether zeros are added does not matter.

    That is the answer for the other padding: valid adds nothing, same adds zeros[, and here it is
    {padding}].
    """
    padding = OTHER.get(setting["padding"])
    return right(**setting | {"padding": padding}) if padding else None


@other_padding.of("same_pads")
def _(right, **setting):
    return 0, 0


@_mistake("output_size", see=OVERHANG)
def forgot_padding(right, padding, **window):
    """The padding makes no difference to the size.

    You left out the padding: the window slides over the padded input[ of {n} + {before} + {after}
    pixels].
    """
    return None if padding in OTHER else right(**window, padding="valid")


@_mistake("output_size", see=OVERHANG)
def padding_once(right, n, padding, **window):
    """Padding p adds p pixels in all.

    Padding goes on both sides[: {before} before and {after} after], so count it twice.
    """
    if padding in OTHER:
        return None
    before, after = Window(**window, padding=padding).pads(n)
    return right(n=n, **window, padding=(before, 0)) if before == after else None


@_mistake("output_size", see=ZEROS)
def half_a_kernel_on_each_side(right, n, padding, **window):
    """Padding 'same' adds k // 2 pixels on both sides.

    Adding k // 2 on both sides is right for odd kernels at stride 1: same adds no more than ⌈n / s⌉
    places need[, here {before} before and {after} after].
    """
    half = Window(**window).span // 2
    return right(n=n, padding=half, **window) if padding == "same" else None


@_mistake("output_size", see=EATEN)
def ignored_kernel(right, n, kernel_size, strides, padding, **window):
    """Only the stride decides the size: it is the input's, divided by the stride.

    You left out the kernel: all of its[ {k}] pixels must fit, so the last places fall away.
    """
    room = _room(n, 1, padding)  # a kernel of one pixel
    return None if room is None else math.floor(Fraction(room + 1) / strides)


@_mistake("output_size", see=HALF)
def plus_one_divided(right, n, strides, **window):
    """The places at stride 1 are shared out among the steps, the first place too.

    Divide first and add 1 afterwards[: only the room of {room} pixels is divided by {s}], because
    the place where the window starts costs no step.
    """
    room = _room(n, **window)
    return None if room is None else math.floor(Fraction(room + 1) / strides)


@_mistake("output_size", see=STEPS)
def stride_is_a_gap(right, **window):
    """Stride s leaves s pixels out between two places.

    The stride is the whole step from one place to the next[, {s} pixels], not what is left out in
    between.
    """
    s = window["strides"]
    return right(**window | {"strides": s + 1}) if s > 1 else None


@_mistake("output_size", see=SKIPPED)
def windows_never_overlap(right, n, kernel_size, strides, padding, **window):
    """The windows lie side by side, like tiles.

    Windows need not lie side by side: the step is the stride[ of {s}], not the kernel size[ of
    {k}].
    """
    room = _room(n, kernel_size, padding, **window)
    return None if room is None else math.floor(Fraction(room) / kernel_size) + 1


@windows_never_overlap.of("usage")
def _(right, **window):
    return tuple(min(times, 1) for times in right(**window))


# Dilation


@_mistake(*MAP, "same_pads", see=DILATED)
def ignored_dilation(right, **setting):
    """Dilation changes what is read, not how far the window reaches.

    You left out the dilation: the kernel spans d·(k−1)+1 pixels[, here {span}, not {k}].
    """
    return right(**setting | {"dilation_rate": 1})


@ignored_dilation.of("receptive_field")
def _(right, windows, n):
    return right(windows=[window | {"dilation_rate": 1} for window in windows], n=n)


@_mistake(*MAP, "same_pads", see=DILATED)
def dilation_adds_d_holes(right, **setting):
    """Dilation d puts d holes between two neighbouring weights.

    Dilation d is the distance between two neighbouring weights, so there are d − 1 holes between
    them[: the window spans {span} pixels].
    """
    d = setting.get("dilation_rate", 1)
    return right(**setting | {"dilation_rate": d + 1}) if d > 1 else None


@dilation_adds_d_holes.of("receptive_field")
def _(right, windows, n):
    holes = [window["dilation_rate"] + (window["dilation_rate"] > 1) for window in windows]
    wider = [w | {"dilation_rate": d} for w, d in zip(windows, holes, strict=True)]
    return right(windows=wider, n=10**9)  # the size does not depend on n, if all windows fit


@_mistake("output_size", see=DILATED)
def dilation_scales_kernel(right, kernel_size, dilation_rate=1, **window):
    """A dilated kernel is d times as long.

    Only the k − 1 distances between the weights grow: a dilated kernel spans d·(k−1)+1 pixels[,
    here {span}], not d·k.
    """
    window |= {"kernel_size": dilation_rate * kernel_size, "dilation_rate": 1}
    return right(**window) if dilation_rate > 1 else None


# Shapes


@_mistake("channels", see=FILTERS, explorer=_layers("network", 1, filters=8))
def kept_channels(right, channels, filters):
    """A convolution keeps the number of channels.

    Each filter makes one output channel, so the last number is the number of filters[, {filters}].
    """
    return channels


@_mistake("channels", see=FILTERS, explorer=_layers("network", 1, 1, filters=8))
def channels_times_filters(right, channels, filters):
    """Each filter makes an output channel from each input channel.

    A filter adds up what it finds in all[ {channels}] input channels and makes one output channel
    of it, so do not multiply.
    """
    return channels * filters


@_mistake("shape", see=TWO_AXES, explorer=_layers("network", 1))
def axes_swapped(right, shape):
    """A shape names the columns first.

    You have rows and columns swapped: Keras names the rows first.
    """
    rows, columns, channels = shape
    return columns, rows, channels


def _spread(kernel_size: int, strides: int, padding: str) -> bool:
    """Whether a transposed convolution ends with its last kernel: nothing cut off or filled up."""
    return padding == "valid" and kernel_size >= strides


def _channel(numbers: tuple, channel: int) -> tuple:
    """One channel of a patch or of a kernel, as if there were no other."""
    return tuple(tuple((pixel[channel],) for pixel in row) for row in numbers)


def _each_channel(right, patch: tuple, kernel: tuple, bias: int) -> tuple:
    channels = range(len(patch[0][0]))
    return tuple(right(_channel(patch, c), _channel(kernel, c), bias) for c in channels)


def _window_of(layer: dict) -> Window:
    return Window(layer["kernel_size"], layer["strides"], layer["padding"])


def _places(layer: dict) -> int:
    """Places of the window on the image of a Conv2D layer's setting."""
    return _window_of(layer).output_size(layer["n"]) ** 2


def _spans(windows: list[dict]) -> list[int]:
    return [Window(**window).span for window in windows]

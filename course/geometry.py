"""One window on one axis: where it stands, what it reads, what comes out.

This is the ground floor of the course. It needs nothing but the standard library, and every
number in it is the number Keras computes (or PyTorch, for integer padding). An image has two
axes, so an image needs two windows.

The letters are the ones the lessons use: n = input size, k = kernel size, s = stride,
d = dilation, p = padding, o = output size. All sizes are in pixels.
"""

import difflib
import numbers
import operator
from dataclasses import dataclass
from typing import Any

PADDINGS = ("valid", "same", "causal", "full")


class SettingError(ValueError):
    """A setting that no convolution can have.

    ``setting`` is the name of the argument to change, ``nearest`` the value nearest to the one
    given for which everything else can stay as it is.
    """

    def __init__(self, setting: str, value: object, why: str, nearest: Any):
        self.setting, self.value, self.why, self.nearest = setting, value, why, nearest
        super().__init__(f"{setting}={value!r} is impossible: {why}. Try {setting}={nearest!r}.")

    def __reduce__(self):  # exceptions are pickled by their message, which is not enough here
        return type(self), (self.setting, self.value, self.why, self.nearest)


@dataclass(frozen=True)
class Window:
    """A window that slides along one axis.

    Parameters
    ----------
    kernel_size : int
        Number of pixels the window reads at each stop, at least 1.
    strides : int
        Number of pixels from one stop to the next, at least 1.
    padding : str, int or (int, int)
        ``"valid"`` adds nothing. ``"same"`` adds as much as gives ⌈n/s⌉ outputs, the odd pixel
        after the input. ``"causal"`` (Keras ``Conv1D``) adds everything before the input.
        ``"full"`` adds k−1 (dilated: d·(k−1)) on both sides. An integer adds that many pixels on
        both sides and a pair adds (before, after), as in PyTorch and ``ZeroPadding2D``.
    dilation_rate : int
        Distance between two neighbouring pixels that the window reads, at least 1.

    Raises
    ------
    SettingError
        A ``ValueError`` that names the setting, says why, and gives the nearest one that works.
        Like Keras' ``Conv1D`` and ``Conv2D``, the named paddings refuse ``strides > 1`` together
        with ``dilation_rate > 1``; integer padding, which is PyTorch's, allows it.

    Examples
    --------
    >>> Window(kernel_size=3, strides=2, padding="same").output_size(28)
    14
    >>> Window(kernel_size=3, strides=2, padding="same").pads(28)
    (0, 1)

    Source: Keras 3 ``compute_conv_output_shape`` and TensorFlow's note on convolution; the
    output-size formula in the documentation of PyTorch's ``Conv1d``.
    """

    kernel_size: int = 3
    strides: int = 1
    padding: str | int | tuple[int, int] = "valid"
    dilation_rate: int = 1

    def __post_init__(self):
        for setting in ("kernel_size", "strides", "dilation_rate"):
            value = whole(setting, getattr(self, setting), least=1)
            object.__setattr__(self, setting, value)  # the dataclass is frozen
        object.__setattr__(self, "padding", _padding(self.padding))
        if isinstance(self.padding, str) and self.strides > 1 and self.dilation_rate > 1:
            why = f"Keras refuses strides > 1 (here {self.strides}) together with dilation_rate > 1"
            raise SettingError("dilation_rate", self.dilation_rate, why, 1)

    @property
    def span(self) -> int:
        """Pixels from the first to the last one read, d·(k−1)+1: the effective kernel size."""
        return self.dilation_rate * (self.kernel_size - 1) + 1

    @property
    def _smallest(self) -> int:
        """Pixels of the smallest input that the window fits."""
        if isinstance(self.padding, tuple):
            return max(self.span - sum(self.padding), 1)
        return self.span if self.padding == "valid" else 1

    def pads(self, n: int) -> tuple[int, int]:
        """Pixels added (before, after) an input of ``n`` pixels."""
        n = whole("n", n, least=1, fits=self._smallest)
        if isinstance(self.padding, tuple):
            return self.padding
        if self.padding == "valid":
            return 0, 0
        if self.padding == "same":
            return same_pads(n, self.kernel_size, self.strides, self.dilation_rate)
        if self.padding == "causal":
            return self.span - 1, 0
        return self.span - 1, self.span - 1  # full

    def output_size(self, n: int) -> int:
        """Number of stops on an input of ``n`` pixels: ⌊(n + pads − span) / s⌋ + 1.

        Raises ``SettingError`` when the window is larger than the padded input.
        """
        n = whole("n", n, least=1, fits=self._smallest)
        padded = n + sum(self.pads(n))
        if self.span <= padded:
            return (padded - self.span) // self.strides + 1
        why = f"the input has only {pixels(padded)}" + (" with its padding" if padded > n else "")
        if self.dilation_rate > 1:
            why = f"the window spans {pixels(self.span)} and {why}"
        if self.kernel_size <= padded:  # undilated, it would fit
            widest = (padded - 1) // (self.kernel_size - 1)
            raise SettingError("dilation_rate", self.dilation_rate, why, widest)
        longest = (padded - 1) // self.dilation_rate + 1
        raise SettingError("kernel_size", self.kernel_size, why, longest)

    def positions(self, n: int) -> range:
        """First input index of every window; a negative one lies in the padding.

        >>> list(Window(kernel_size=3, padding="same").positions(4))
        [-1, 0, 1, 2]
        """
        before, _ = self.pads(n)
        return range(-before, self.output_size(n) * self.strides - before, self.strides)

    def usage(self, n: int) -> list[int]:
        """How often each of the ``n`` input pixels is read.

        >>> Window(kernel_size=3).usage(7)
        [1, 2, 3, 3, 3, 2, 1]
        """
        positions = self.positions(n)
        times = [0] * n
        for first in positions:
            inside = (
                first if first >= 0 else first % self.dilation_rate
            )  # the first that is a pixel
            for pixel in range(inside, min(first + self.span, n), self.dilation_rate):
                times[pixel] += 1
        return times

    def unread(self, n: int) -> list[int]:
        """Indices of the input pixels that no window reads.

        >>> Window(kernel_size=3, strides=2).unread(28)
        [27]
        """
        return [pixel for pixel, times in enumerate(self.usage(n)) if times == 0]


def same_pads(
    n: int, kernel_size: int, strides: int = 1, dilation_rate: int = 1
) -> tuple[int, int]:
    """Pixels that ``padding="same"`` adds (before, after) an input of ``n`` pixels.

    Enough for ⌈n/s⌉ windows. When the number is odd, the extra pixel goes after the input, so
    the padding depends on ``n`` and is lopsided half of the time.

    >>> same_pads(28, kernel_size=3, strides=2), same_pads(27, kernel_size=3, strides=2)
    ((0, 1), (1, 1))
    """
    n = whole("n", n, least=1)
    windows = -(-n // strides)  # ⌈n/s⌉ in whole numbers
    span = dilation_rate * (kernel_size - 1) + 1
    total = max((windows - 1) * strides + span - n, 0)
    return total // 2, total - total // 2


def pixels(count: int) -> str:
    return f"{count} pixel" if count == 1 else f"{count} pixels"


def whole(setting: str, value: Any, least: int = 1, fits: int = 0) -> int:
    """Return ``value`` as an int that is at least ``least``, or say what to write instead.

    What it says is at least ``fits`` too.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        if isinstance(value, tuple | list) and value:
            why = "it must be one whole number; an image takes two windows, one for each axis"
            raise SettingError(setting, value, why, max(whole(setting, value[0], least), fits))
        why = "it must be a whole number"
        raise SettingError(setting, value, why, max(_rounded(value), least, fits))
    if number < least:
        raise SettingError(setting, number, f"it must be at least {least}", max(least, fits))
    return number


def _rounded(value: object) -> int:
    """The whole number nearest to what was meant, or 0 if that is no number."""
    try:
        return round(float(value)) if isinstance(value, str | numbers.Real) else 0
    except (ValueError, OverflowError):  # "three", NaN, infinity
        return 0


def _padding(value: object) -> str | tuple[int, int]:
    """Return ``value`` as a known name or a pair (before, after), or say what to write instead."""
    if isinstance(value, str):
        name = value.lower()  # as Keras does
        if name in PADDINGS:
            return name
        nearest = (difflib.get_close_matches(name, PADDINGS, n=1) or ["valid"])[0]
        why = f"it must be one of {', '.join(PADDINGS)}, a number of pixels, or (before, after)"
        raise SettingError("padding", value, why, nearest)
    if isinstance(value, tuple | list):
        sides, trouble = [], None
        for side in value:
            try:
                sides.append(whole("padding", side, least=0))
            except SettingError as error:
                sides.append(error.nearest)
                trouble = error.why
        if len(sides) == 2 and not trouble:
            return sides[0], sides[1]
        why = trouble or "a pair (before, after) has two numbers"
        first, second, *_ = sides * 2 or [0, 0]
        raise SettingError("padding", tuple(value), why, (first, second))
    pixels = whole("padding", value, least=0)
    return pixels, pixels

"""Windows one after another, along one axis: the sizes, the receptive fields, the first problem.

Going one layer up, with a window that spans k pixels (d·(k−1)+1 when dilated)::

    size  += (span − 1) · jump
    start += ((span − 1) / 2 − pad_before) · jump
    jump  *= strides

A field is a hull: it runs from the first pixel a unit reads to the last. With dilation, or with
strides larger than the kernel, there may be pixels in between that the unit does not read.

Source: A. Araujo, W. Norris, J. Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill 2019, doi 10.23915/distill.00021.
"""

from collections.abc import Iterable
from typing import NamedTuple

from course.geometry import SettingError, Window


class Field(NamedTuple):
    """The receptive field of the units of one layer, along one axis, in input pixels.

    ``size`` counts the pixels from the first to the last that a unit depends on, padding included.
    ``jump`` is the distance between the fields of two neighbouring units. ``start`` is the centre
    of the first unit's field, where 0 is the centre of the first input pixel; it is None where
    it depends on an input size that is not known yet.

    After a transposed convolution units take turns in what they read. Then ``size`` is the largest
    of the turns, and ``start`` and ``jump`` place the mean of their centres.
    """

    size: int
    jump: int | float
    start: float | None

    def edges(self, unit: int) -> tuple[float, float]:
        """First and last pixel in the field of ``unit``; outside the input lies padding.

        Raises ``ValueError`` if ``start`` is not known.
        """
        if self.start is None:
            raise ValueError("start is not known: give keras.Input a number of rows and columns")
        centre, half = self.start + unit * self.jump, (self.size - 1) / 2
        return centre - half, centre + half


PIXEL = Field(size=1, jump=1, start=0.0)  # an input pixel depends on itself


class StackError(SettingError):
    """A layer that does not fit the map it gets.

    ``layer`` is its index, from 0, ``error`` what is wrong with its window, and ``sizes`` are those
    of the input and of the maps up to it.
    """

    def __init__(self, layer: int, error: SettingError, sizes: list[int]):
        super().__init__(error.setting, error.value, error.why, error.nearest)
        self.layer, self.error, self.sizes = layer, error, sizes

    def __str__(self) -> str:
        sizes = " → ".join(map(str, self.sizes))
        return f"Layer {self.layer + 1}: {self.error} The sizes: {sizes}."

    def __reduce__(self):
        return type(self), (self.layer, self.error, self.sizes)


class Walk(NamedTuple):
    """What happens along a stack, up to the first problem.

    ``sizes`` and ``fields`` begin with those of the input, so they have one more than ``windows``.
    """

    windows: list[Window]
    sizes: list[int]
    fields: list[Field]
    problem: StackError | None


def walk(stack: Iterable[Window | dict], n: int) -> Walk:
    """Go through windows, or their settings, on an input of ``n`` pixels.

    >>> walk([Window(3, 2, "same"), {"strides": 2, "padding": "same"}], 28).sizes
    [28, 14, 7]
    """
    windows: list[Window] = []
    sizes, fields = [n], [PIXEL]
    reach, jump, start = 1, 1, 0.0
    for layer, window in enumerate(stack):
        try:
            window = window if isinstance(window, Window) else Window(**window)
            size = window.output_size(sizes[-1])
        except SettingError as error:
            return Walk(windows, sizes, fields, StackError(layer, error, sizes))
        before, _ = window.pads(sizes[-1])
        reach += (window.span - 1) * jump
        start += ((window.span - 1) / 2 - before) * jump
        jump *= window.strides
        fields.append(Field(reach, jump, start))
        windows.append(window)
        sizes.append(size)
    return Walk(windows, sizes, fields, None)

"""One number of a convolution over several channels, worked out by hand."""

import contextlib
import re
from collections.abc import Iterator

import numpy as np

from course.geometry import SettingError
from course.questions.answers import Integer, _number, _parse_numbers, _tidy, plain
from course.questions.question import Question, tidy


class OneOrMore(Integer):
    """A number; several are a legal answer, and a wrong one."""

    def parse(self, text):
        text = _tidy(text)
        if not re.search(r"[,;|]|\band\b", text):
            return super().parse(text)
        return self.read(_parse_numbers(text.strip("()[]"), self.asks))

    def read(self, value):
        several = plain(value)
        if not isinstance(several, list | tuple) or not several:
            return super().read(value)
        numbers = tuple(map(_number, several))
        return numbers if len(numbers) > 1 else numbers[0]


def sums(patch: tuple, kernel: tuple, channels: int) -> Iterator[int]:
    """What the products in each channel add up to."""
    pairs = [
        (pixel, weights)
        for pixels, row in zip(patch, kernel, strict=True)
        for pixel, weights in zip(pixels, row, strict=True)
    ]
    for channel in range(channels):
        yield sum(pixel[channel] * weights[channel] for pixel, weights in pairs)


class OneNumber(Question):
    """Which number does a filter make of what its window shows?

    ``patch`` and ``kernel`` are rows of columns of channels, as Keras has them: whole numbers.
    """

    patch: tuple
    kernel: tuple
    bias: int = 0

    takes = OneOrMore()
    asked = "{0.words} **Which number does the filter write?**"

    def plain(self):
        setting = {name: tidy(plain(getattr(self, name))) for name in ("patch", "kernel", "bias")}
        shapes = [_shape(name, setting[name]) for name in ("patch", "kernel")]
        if shapes[0] != shapes[1]:
            why = f"its rows, columns and channels must be those of the patch, {shapes[0]}"
            raise SettingError("kernel", self.kernel, why, None)
        return setting

    @property
    def words(self) -> str:
        """The numbers, channel by channel, rows with a stroke between them."""
        rows, columns, channels = _shape("patch", self.patch)
        said = [
            f"in channel {c} it sees `{_grid(self.patch, c)}` and has the weights "
            f"`{_grid(self.kernel, c)}`"
            for c in range(channels)
        ]
        return (
            f"A filter of {rows}×{columns} on {channels} channels, with bias {self.bias}: "
            f"{'; '.join(said)}.".replace("-", "−")
        )

    def right(self, patch, kernel, bias):
        return sum(sums(patch, kernel, len(patch[0][0]))) + bias

    def why(self, case):
        each = enumerate(sums(case["patch"], case["kernel"], len(case["patch"][0][0])))
        said = " and ".join(f"to {total} in channel {c}" for c, total in each).replace("-", "−")
        return f"the products add up {said}, and the bias comes on top, once"

    @property
    def explorer(self):
        kernel = [[[[weight] for weight in pixel] for pixel in row] for row in self.kernel]
        settings = {"values": self.patch, "kernel": kernel, "bias": [self.bias]}
        return {"explorer": "channels", "settings": settings}

    def keras_says(self):
        from keras import ops

        image = np.array([self.patch], float)
        made = ops.conv(image, np.array(self.kernel, float)[..., None], padding="valid")
        return round(float(np.squeeze(made))) + self.bias

    def draw(self, pick):
        rows, columns, channels = _shape("patch", self.patch)

        def numbers(options):
            return [[[pick(options) for _ in range(channels)] for _ in range(columns)]
                    for _ in range(rows)]  # fmt: skip

        weights = (-1, 0, 0, 1, 2)
        return {"patch": numbers(range(4)), "kernel": numbers(weights), "bias": pick((1, 2, 3))}


def _shape(name: str, numbers: tuple) -> tuple:
    """Rows, columns and channels of whole numbers."""
    with contextlib.suppress(ValueError):  # rows of several lengths
        array = np.array(numbers)
        if array.ndim == 3 and array.size and array.dtype.kind == "i":
            return array.shape
    raise SettingError(name, numbers, "it must be whole numbers, rows by columns by channels", None)


def _grid(numbers: tuple, channel: int) -> str:
    rows = ("\u00a0".join(str(pixel[channel]) for pixel in row) for row in numbers)
    return " / ".join(rows)  # a line may end between rows, not within one

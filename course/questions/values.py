"""Questions about numbers: what stands outside a row of pixels, and what comes out of a window."""

import contextlib
import math
from collections.abc import Callable, Sequence
from statistics import stdev
from typing import Any

import numpy as np

from course.geometry import SettingError, Window, whole
from course.questions.answers import Choice, Numbers, OneOrMore, Rows, YesNo, show
from course.questions.question import Question, first_different, kind
from course.questions.windows import numbers_of

# What may stand outside: the mode of numpy.pad that puts it there, and why it stands there.
FILLS: dict[str, tuple[Any, str]] = {  # NumPy's types want a mode spelt out
    "zero": ("constant", "outside, every pixel is zero"),
    "reflect": ("reflect", "the mirror stands on the edge pixel, which is not repeated"),
    "symmetric": ("symmetric", "the mirror stands behind the edge pixel, which is repeated"),
    "replicate": ("edge", "outside, every pixel is the edge pixel again"),
    "circular": ("wrap", "the row goes on at its other end"),
}
YES_OR_NO = "four numbers, each 1 for yes or 0 for no"


def _row(values: Sequence, between: str = " ") -> str:
    return between.join(map(show, values))


def _shuffled(options: list, pick: Callable) -> list:
    return [options.pop(pick(range(len(options)))) for _ in range(len(options))]


@kind(
    values=lambda pick, mine: [pick(range(1, 10)) for _ in range(pick((4, 5, 6)))],
    p=(2, 3),
    padding=tuple(FILLS)[1:],
)
def padded(values=(1, 2, 3, 4, 5), p=2, padding="reflect"):
    """What stands there when ``p`` pixels are added at each side of a row of ``values``?

    ``padding`` is one of `FILLS`.
    """
    if padding not in FILLS:
        why = f"the border is filled by {', '.join(FILLS)}"
        raise SettingError("padding", padding, why, "reflect")
    whole("p", p)
    # A mirror that stands on the edge pixel has one pixel less to show.
    room = len(values) - (padding == "reflect")
    if p > room:
        raise SettingError("p", p, f"there are only {room} pixels to copy", room)
    picture = {"image": [values] * len(values), "fill": padding, "width": p}
    picture |= {"layers": 0, "contaminated": False}
    return Question(
        f"The pixels {_row(values)} get p = {p} more at each side, with `{padding!r}` padding. "
        "**Which numbers stand there now**, from the first to the last?",
        takes=Numbers("{} numbers, those outside too"),
        right=lambda values, p, padding: tuple(np.pad(values, p, FILLS[padding][0]).tolist()),
        why=FILLS[padding][1],
        explorer={"explorer": "border", "settings": picture},
    )


@kind(
    values=lambda pick, mine: [[pick(range(5)) for _ in row] for row in mine],
    kernel=lambda pick, mine: [[pick(range(-1, 3)) for _ in row] for row in mine],
)
def outputs(values=(1, 2, 3, 4, 5, 6), kernel=(1, 1, 1), padding="valid"):
    """Which numbers come out when a ``kernel`` slides over ``values``?

    Both are rows of numbers, or a single row.
    """
    values, kernel = (each if isinstance(each[0], tuple) else (each,) for each in (values, kernel))
    shown = _windows(values, kernel, padding)
    places = len(shown) * len(shown[0])
    why = "at each place, multiply each pixel by the weight that lies on it, and add up"
    order, numbers = " Give them row by row.", {}
    if len(values) == 1:
        n, window = len(values[0]), Window(len(kernel[0]), padding=padding)
        order, numbers = "", {"n": n} | numbers_of(window, n)
        row = _row([*shown[0, :-1, 0, 0].tolist(), *shown[0, -1, 0].tolist()])
        why = f"the window slides over {row}, and {why}"
        picture = {"n": n, "kernel_size": len(kernel[0]), "padding": padding}
    else:
        picture = {"values": values, "kernel": kernel, "padding": padding}
    square = all(len(rows) in (1, len(rows[0])) for rows in (values, kernel))

    def fact(answer):
        if len(answer) != places:
            return f"Give as many numbers as the window has places, {places}, not {len(answer)}."
        place = first_different(answer, _outputs(values, kernel, padding))
        nth = ("first", "second", "third")[place] if place < 3 else f"{place + 1}th"
        return f"Look at the {nth} output again: {why}."

    return Question(
        f"The kernel `{_row_by_row(kernel)}` slides over `{_row_by_row(values)}`, stride 1, "
        f"padding `{padding!r}`. **Which numbers come out?**{order}",
        takes=Rows("the numbers in order, row by row"),
        right=_outputs,
        why=why,
        numbers=numbers,
        fact=fact,
        explorer={"explorer": "window", "settings": picture} if square else None,
        worth=1,  # other slips are as many as there are numbers
        setting={"values": values, "kernel": kernel, "padding": padding},
    )


def _row_by_row(rows: Sequence) -> str:
    return " / ".join(map(_row, rows))


def _outputs(values, kernel, padding, outside="zero") -> tuple:
    windows = _windows(values, kernel, padding, outside)
    return tuple((windows * np.array(kernel)).sum(axis=(2, 3)).ravel().tolist())


def _windows(values, kernel, padding, outside="zero") -> np.ndarray:
    """What the window shows at each place: (places, places, rows, columns)."""
    shapes = np.shape(values), np.shape(kernel)
    both = ("valid" if len(values) == 1 else padding, padding)  # nothing above a single row
    sides = [(Window(k, 1, p), n) for n, k, p in zip(*shapes, both, strict=True)]
    for window, n in sides:
        window.output_size(n)  # an impossible one stops here
    mode = FILLS[outside][0]
    around = np.pad(values, [window.pads(n) for window, n in sides], mode)
    return np.lib.stride_tricks.sliding_window_view(around, shapes[1])


@kind(
    patch=lambda pick, mine: _drawn_like(mine, pick, range(4)),
    kernel=lambda pick, mine: _drawn_like(mine, pick, (-1, 0, 0, 1, 2)),
    bias=(1, 2, 3),
)
def one_number(patch, kernel, bias=0):
    """Which number does a filter make of what its window shows?

    ``patch`` and ``kernel`` are rows of columns of channels, as Keras has them: whole numbers.
    """
    rows, columns, channels = _shape("patch", patch)
    if _shape("kernel", kernel) != (rows, columns, channels):
        why = f"its rows, columns and channels must be those of the patch, {np.shape(patch)}"
        raise SettingError("kernel", kernel, why, None)

    def shown(numbers, channel):
        # A line may end between rows, not within one.
        return " / ".join(_row([pixel[channel] for pixel in row], "\u00a0") for row in numbers)

    seen = "; ".join(
        f"in channel {c} it sees `{shown(patch, c)}` and has the weights `{shown(kernel, c)}`"
        for c in range(channels)
    )
    sums = np.multiply(patch, kernel).sum(axis=(0, 1)).tolist()
    said = " and ".join(f"to {show(total)} in channel {c}" for c, total in enumerate(sums))
    weights = [[[[weight] for weight in pixel] for pixel in row] for row in kernel]
    picture = {"values": patch, "kernel": weights, "bias": [bias]}

    def keras_says(keras):
        image, weights = (np.array(numbers, float) for numbers in (patch, kernel))
        made = keras.ops.conv(image[None], weights[..., None], padding="valid")
        return round(float(np.squeeze(made))) + bias

    return Question(
        f"A filter of {rows}×{columns} on {channels} channels, with bias {show(bias)}: {seen}. "
        "**Which number does the filter write?**",
        takes=OneOrMore(),
        right=lambda patch, kernel, bias: int(np.sum(np.multiply(patch, kernel))) + bias,
        why=f"the products add up {said}, and the bias comes on top, once",
        explorer={"explorer": "channels", "settings": picture},
        keras_says=keras_says,
    )


def _drawn_like(patch, pick: Callable, options: Sequence) -> list:
    return [[[pick(options) for _ in pixel] for pixel in row] for row in patch]


def _shape(name: str, numbers: tuple) -> tuple:
    """Rows, columns and channels of whole numbers."""
    with contextlib.suppress(ValueError):  # rows of several lengths
        array = np.array(numbers)
        if array.ndim == 3 and array.size and array.dtype.kind == "i":
            return array.shape
    raise SettingError(name, numbers, "it must be whole numbers, rows by columns by channels", None)


def _draw_paddings(pick, mine) -> list[str]:
    more = list(FILLS)[1:]
    two = [more.pop(pick(range(len(more)))) for _ in range(2)]
    return _shuffled(["valid", "same", *two], pick)


@kind(paddings=_draw_paddings)
def tells(page="dot", paddings=("valid", "same", "reflect", "circular")):
    """With which paddings can a network learn to say where a dot is, or on a blank page a pixel?"""
    if page not in ("dot", "blank"):
        raise SettingError("page", page, "it is one of dot, blank", "dot")
    known = ["valid", "same", *FILLS]
    if len(paddings) != 4 or not set(paddings) <= {*known}:
        why = f"take four of {', '.join(known)}"
        raise SettingError("paddings", paddings, why, ("valid", "same", *known[3:5]))
    if page == "dot":
        sees = (
            ", then global average pooling, sees a black page with a white dot near its first or "
            "its last corner. It is trained to say which corner"
        )
        why = (
            "ask which weights read the dot near each corner: where the same ones do, the mean "
            "of a map is the same number"
        )
    else:
        sees = (
            " sees a page on which all pixels are alike. It is trained to say the column of each "
            "pixel"
        )
        why = "ask what a window reads at the edge, and whether it differs from what is inside"
    names = ", ".join(f"`{padding}`" for padding in paddings)

    return Question(
        f"A stack of 3×3 convolutions{sees}. **Can it learn that**, with padding {names}? Write, "
        "in this order, 1 for yes and 0 for no.",
        takes=YesNo(YES_OR_NO),
        right=lambda page, paddings: tuple(int(_tells(page, padding)) for padding in paddings),
        why=why,
    )


def _tells(page: str, padding: str) -> bool:
    """Whether different numbers come out: if all are alike, nothing is there to learn from."""
    inside = "valid" if padding == "valid" else "same"
    outside = padding if padding in FILLS else "zero"
    rows = ((1, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 1)) if page == "dot" else ((1,) * 6,)
    maps = [_outputs((row,), ((1, 2, 4),), inside, outside) for row in rows]
    return len({sum(map) for map in maps} if page == "dot" else {*maps[0]}) > 1


@kind(
    values=lambda pick, mine: [pick(range(5)) for _ in range(pick((6, 12)))],
    strides=(2, 3),
    shift=(1, 3),
)
def kept(values=(0, 1, 0, 1, 0, 1, 0, 1), strides=2, shift=1, blur=False):
    """Which numbers does a stride keep of a row that was moved, perhaps blurred too?"""
    whole("strides", strides)
    n = len(values)
    if n % strides or n < 3:
        why = f"{n} numbers that go round are no whole number of steps"
        raise SettingError("strides", strides, why, 1)
    blurred = " Then each number becomes (its left neighbour + 2 · itself + its right one) / 4."
    picture = {"image": [values] * n, "shift": shift, "strides": strides, "blur": blur}
    drawable = {*values} <= {0, 1} and shift <= 8

    def right(values, strides, shift, blur):
        row = np.roll(values, shift)
        if blur:
            row = (np.roll(row, 1) + 2 * row + np.roll(row, -1)) / 4
        return tuple(row[::strides].tolist())

    return Question(
        f"The row `{_row(values)}` is moved to the right by {shift}. What leaves it comes in on "
        f"the left.{blurred if blur else ''} Then a stride of {strides} keeps the first number and "
        "goes on from there. **Which numbers are kept?**",
        takes=Numbers("the {} numbers in order"),
        right=right,
        why=f"write down the moved row{', then blur it,' if blur else ''} and strike out what the "
        f"steps of {strides} leave out",
        explorer={"explorer": "shift", "settings": picture} if drawable else None,
    )


@kind()
def survives(strides=(2, 2, 1), shifts=(1, 2, 3, 4)):
    """Which shifts of a picture does a network with these strides surely not notice?"""
    for stride in strides:
        whole("strides", stride)
    if len(shifts) != 4:
        raise SettingError("shifts", shifts, "ask for four", (1, 2, 3, 4))

    def draw(pick):
        strides = [pick((1, 2, 2, 3)) for _ in range(3)]
        many = math.prod(strides)
        shifts = [max(strides), sum(strides), many, many + 1]
        return {"strides": strides, "shifts": _shuffled(shifts, pick)}

    return Question(
        f"A network has 3×3 convolutions with the strides {_row(strides, ', ')}, circular padding, "
        "and then global average pooling. Its picture goes round and is moved by "
        f"{_row(shifts, ', ')} pixels. **Is its answer surely the same?** Write, in this order, 1 "
        "for yes and 0 for no.",
        takes=YesNo(YES_OR_NO),
        right=lambda strides, shifts: tuple(int(by % math.prod(strides) == 0) for by in shifts),
        why="follow the picture down: each layer divides the way by its stride, and only a whole "
        "number of steps brings all maps along unchanged",
        draw=draw,
    )


@kind()
def better(valid=(0.9,), same=(0.92,)):
    """Which padding is better, after some runs with each? The numbers are shares of right answers.

    A difference of the means counts if it is larger than twice the larger spread.
    """
    valid, same = _shares("valid", valid), _shares("same", same)
    shown = [", ".join(f"{share:.3f}" for share in row) for row in (valid, same)]

    def draw(pick):
        spread, gain = pick((8, 16, 24)), pick((-60, -20, 0, 0, 20, 60))

        def shares(mean):
            return [(mean + pick(range(-spread, spread + 1))) / 1000 for _ in range(5)]

        return {"valid": shares(880), "same": shares(880 + gain)}

    return Question(
        "Two networks differ in their padding only. Shares of right answers, one for each run: "
        f"with `valid` {shown[0]}; with `same` {shown[1]}. **Which padding is better here:** "
        "`valid`, `same`, or is it `unclear`?",
        takes=Choice("valid", "same", "unclear"),
        right=lambda valid, same: _compared(valid, same)[0],
        why=_compared(valid, same)[1],
        draw=draw,
        worth=1,  # three answers cannot tell many mistakes apart
        setting={"valid": valid, "same": same},
    )


def _shares(name: str, row: Sequence[float]) -> tuple[float, ...]:
    shares = tuple(round(float(share), 3) for share in row)
    if not shares or not all(0 <= share <= 1 for share in shares):
        raise SettingError(name, row, "give one share or more, each from 0 to 1", (0.9,))
    return shares


def _compared(valid: Sequence[float], same: Sequence[float]) -> tuple[str, str]:
    """Which is better, and why."""
    if min(len(valid), len(same)) < 2:
        return "unclear", "one run has no spread, so nobody knows how far another would lie from it"
    gap, spread = np.mean(valid) - np.mean(same), max(stdev(valid), stdev(same))
    why = (
        f"the means differ by {abs(gap):.3f}, and the larger of the spreads is {spread:.3f}; what "
        "counts is more than twice that"
    )
    return "unclear" if abs(gap) <= 2 * spread else "valid" if gap > 0 else "same", why

"""The picture of a failing case."""

import math
from dataclasses import dataclass

from course.geometry import Window
from course.questions.answers import show


@dataclass(frozen=True)
class Failing:
    """A case with two answers."""

    quantity: str
    case: dict
    yours: object
    expected: object


def draw(failing: Failing):
    """One axis with what is right, and beside it a row of what the student says."""
    from course import figures

    if failing.quantity not in ROWS:
        return None
    n = failing.case["n"]
    window = Window(**{"padding": "same"} | {k: v for k, v in failing.case.items() if k != "n"})
    below, note, cells = ROWS[failing.quantity](failing.yours, failing.expected, n, window)
    texts = {pixel: text for pixel, text, _ in cells}
    wrong = {pixel for pixel, _, wrong in cells if wrong}
    try:
        picture = figures.axis(window, n, beside=figures.Row(below, "yours", note, texts, wrong))
    except ValueError:  # too long for a picture
        return None
    answers = f"Yours: {show(failing.yours)}. Right: {show(failing.expected)}."
    return figures.Picture(picture.figure, f"{answers} {picture.alt}")


# Each gives the row of the axis to compare with, a note, and the cells: where, in pixels of the
# input, what is in it, and whether it is wrong.


def _output_size(yours, expected, n, window):
    middle = window.span / 2 - 0.5 - window.pads(n)[0]
    cells = []
    for unit in range(_most(yours, expected, n)):
        part = "" if unit >= yours else str(unit) if unit + 1 <= yours else "part"
        cells.append((middle + unit * window.strides, part, bool(part) != (unit < expected)))
    return "output", f"o = {yours:.6g}", cells


def _same_pads(yours, expected, n, window):
    cells = []
    for side, start, step in ((0, -1, -1), (1, n, 1)):
        for zero in range(_most(yours[side], expected[side], n)):
            mine = zero < yours[side]
            wrong = mine != (zero < expected[side])
            cells.append((start + step * zero, "0" if mine else "", wrong))
    return "input", "p = {:.6g} + {:.6g}".format(*yours), cells


def _usage(yours, expected, n, window):
    pairs = enumerate(zip(yours, expected, strict=True))
    return "usage", "", [(pixel, show(mine), mine != right) for pixel, (mine, right) in pairs]


def _unread(yours, expected, n, window):
    cells = [
        (pixel, "✗" if pixel in yours else "", (pixel in yours) != (pixel in expected))
        for pixel in sorted(yours | expected)
    ]
    return "usage", "✗: never", cells


def _most(mine: float, right: int, n: int) -> int:
    """How many cells to give; more would not fit on the page."""
    return math.ceil(min(max(mine, right, 0), 4 * n))


ROWS = {
    "output_size": _output_size,
    "same_pads": _same_pads,
    "usage": _usage,
    "unread": _unread,
}

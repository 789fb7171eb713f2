"""The picture of a failing case."""

import math
from dataclasses import dataclass

from course.geometry import Window
from course.questions.answers import show

# Below which row of `figures.axis` a quantity is drawn, and what is said about it.
ROWS = {
    "output_size": ("output", "o = {:.4g}"),
    "same_pads": ("input", "p = {:.4g} + {:.4g}"),
    "usage": ("usage", ""),
    "unread": ("usage", "✗: never"),
}


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

    if failing.quantity not in ROWS or failing.yours == "error":
        return None
    n = failing.case["n"]
    window = Window(**{"padding": "same"} | {k: v for k, v in failing.case.items() if k != "n"})
    below, note = ROWS[failing.quantity]
    numbers = failing.yours if isinstance(failing.yours, tuple) else [failing.yours]
    yours, expected = (
        _cells(failing.quantity, answer, n, window) for answer in (failing.yours, failing.expected)
    )
    cells = {
        pixel: (yours.get(pixel, ""), yours.get(pixel) != expected.get(pixel))
        for pixel in yours | expected
    }
    row = figures.Row(below, "yours", note.format(*numbers).replace("-", "−"), cells)
    try:
        picture = figures.axis(window, n, beside=row)
    except ValueError:  # too long for a picture
        return None
    answers = f"Yours: {show(failing.yours)}. Right: {show(failing.expected)}."
    return figures.Picture(picture.figure, f"{answers} {picture.alt}")


def _cells(quantity: str, answer: object, n: int, window: Window) -> dict[float, str]:
    """What an answer says of which pixel of the input; far out not all of it, for it is too much.

    A pixel may be half: an output stands below the middle of its window.
    """
    if quantity == "usage":
        return {pixel: show(times) for pixel, times in enumerate(answer)}
    if quantity == "unread":
        return dict.fromkeys(answer, "✗")

    def parts(count):
        return enumerate(min(count - i, 1) for i in range(math.ceil(min(count, 4 * n))))

    if quantity == "same_pads":
        before, after = map(parts, answer)
        sides = [(-1 - zero, part) for zero, part in before] + [(n + z, part) for z, part in after]
        return {pixel: "0" if part == 1 else "part" for pixel, part in sides}
    middle = window.span / 2 - 0.5 - window.pads(n)[0]
    return {
        middle + unit * window.strides: str(unit) if part == 1 else "part"
        for unit, part in parts(answer)
    }

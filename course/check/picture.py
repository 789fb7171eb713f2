"""The picture of a failing case."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from course.check.plain import short
from course.geometry import Window

MORE = "≠ and more"  # beyond the page


@dataclass(frozen=True)
class Failing:
    """A case with two answers: what was asked for, and plain data."""

    quantity: str
    case: dict
    yours: object
    expected: object


def draw(failing: Failing):
    """One axis with what is right, and below it a row of what the student says."""
    from course import figures

    kind, case = failing.quantity, failing.case
    if kind not in ("output_size", "same_pads", "usage", "unread"):
        return None
    n = case["n"]
    window = Window(**{"padding": "same"} | {k: v for k, v in case.items() if k != "n"})
    try:
        picture = figures.axis(window, n)
    except ValueError:  # too long for a picture
        return None
    return _mark(picture, failing, window)


def _mark(picture, failing: Failing, window: Window):
    """Add the row "yours" to a picture of `figures.axis`."""
    from course.figures.kit import MARGIN, WIDTH, Page, text_width
    from course.figures.style import GREEN, GREEN_TINT, INK, UNREAD

    page = Page()
    page.figure, (page.axes,) = picture.figure, picture.figure.axes
    (pixels,) = (cells for cells in page.axes.collections if cells.get_gid() == "input")
    boxes = [path.get_extents() for path in pixels.get_paths()]
    wide, high = boxes[0].width, boxes[0].height
    bottom = page.axes.get_ylim()[0] - MARGIN
    top, right = bottom + 26, page.axes.get_xlim()[1] - MARGIN
    left, more = MARGIN + text_width(MORE, 11) + 4, ""
    for pixel, text, wrong in _claims(failing, window):
        x = boxes[0].x0 + pixel * wide
        if not left <= x <= WIDTH - MARGIN - wide:
            more = MORE  # only wrong ones can be so far out
            continue
        paint = (GREEN_TINT, GREEN) if not wrong else ("white", UNREAD)
        texts = [text] if text else []
        page.cells([(x, top)], wide, high, *paint, texts, width=2.5 if wrong else 1, gid="yours")
        if wrong:
            page.text(x + wide / 2, top + high + 9, "≠", 11, UNREAD, gid="wrong")
        right = max(right, x + wide)
    page.label(top + high / 2, "yours", more, INK)
    y, says = top + high + 30, []
    for name, value in (("Yours", failing.yours), ("Right", failing.expected)):
        says.append(f"{name}: {short(value)}.")
        page.text(MARGIN, y, says[-1], 13, INK, ha="left", weight="bold", gid="answers")
        right = max(right, MARGIN + text_width(says[-1], 13, "bold"))
        y += 20
    return page.picture(right, y - 10, f"{' '.join(says)} {picture.alt}")


def _claims(failing: Failing, window: Window) -> Iterator[tuple[float, str, bool]]:
    """The cells of the row "yours": where, in pixels of the input, what is in it, is it wrong."""
    yours, expected, n = failing.yours, failing.expected, failing.case["n"]

    def most(mine, right):  # more would not fit on the page
        return math.ceil(min(max(mine, right, 0), 4 * n))

    if failing.quantity == "usage":
        for pixel, (mine, right) in enumerate(zip(yours, expected, strict=True)):
            yield pixel, short(mine), mine != right
    elif failing.quantity == "unread":
        for pixel in sorted(yours | expected):
            yield pixel, "✗" if pixel in yours else "", (pixel in yours) != (pixel in expected)
    elif failing.quantity == "same_pads":
        for side, start, step in ((0, -1, -1), (1, n, 1)):
            for zero in range(most(yours[side], expected[side])):
                mine = zero < yours[side]
                yield start + step * zero, "0" if mine else "", mine != (zero < expected[side])
    else:
        before, _ = window.pads(n)
        middle = window.span / 2 - 0.5 - before
        for unit in range(most(yours, expected)):
            part = "" if unit >= yours else str(unit) if unit + 1 <= yours else "part"
            yield middle + unit * window.strides, part, bool(part) != (unit < expected)

"""The explorer of what a stride does to a symmetric picture: Keras beside PyTorch."""

import numpy as np

from course.explore.base import Explorer, bundle
from course.explore.settings import Setting
from course.figures import style
from course.figures.kit import MARGIN, SMALLEST, WIDTH, Page, grid
from course.geometry import Window
from course.stack import walk
from course.text import by, number

KERNEL_SIZE = 3
PADDINGS = {"Keras, padding='same'": "same", "PyTorch, padding=1": 1}
LEGEND = (
    "line: the middle of the picture; orange dots: the centres of what the outputs",
    "read; cross: their middle; hatched: differs from the output on the other side",
)
TINY = 1e-9  # differences below it are rounding


def letter(n: int) -> np.ndarray:
    """A white H on black, n × n pixels: its own mirror image on both axes, whatever n is."""
    at = np.abs(2 * np.arange(n) + 1 - n) / n  # from the middle: 0, to the edge: 1
    down, across = np.meshgrid(at, at, indexing="ij")
    posts = (across > 0.34) & (across < 0.56) & (down < 0.7)
    bar = (across <= 0.34) & (down < 0.1)
    return (posts | bar).astype(float)


def through(image: np.ndarray, windows: list[Window]) -> np.ndarray:
    """What is left of a square image after the mean under each window, zeros around it."""
    for window in windows:
        for _ in (0, 1):  # each axis in its turn
            before, after = window.pads(len(image))
            padded = np.pad(image, ((before, after), (0, 0)))
            stops = np.array(window.positions(len(image)))[:, None] + before
            image = padded[stops + np.arange(window.kernel_size)].mean(axis=1).T
    return image


class WhichSideExplorer(Explorer):
    """Send a symmetric picture through layers with a stride, in Keras and in PyTorch.

    The picture is a white H. Each layer takes the mean of 3 × 3 pixels, Keras with
    ``padding="same"``, PyTorch with ``padding=1``, and both get maps of the same size. Dots mark
    the centres of what the outputs read, a cross their middle; lines mark the picture's middle.
    An output that differs from the one on the other side is hatched.
    """

    _esm = bundle("which_side")
    controls = ("n", "strides", "layers")

    n = Setting(28, least=5, most=256, help="The pixels of a side.")
    strides = Setting(2, most=4, help="The step of each layer.")
    layers = Setting(1, most=6, help="How many layers.")

    def draw(self, n, strides, layers, **_):
        """Both libraries, one above the other: where they read, and what they get."""
        image, page = letter(n), Page()
        side, right, top = 190, WIDTH / 2, MARGIN + 38
        alt = [f"A white H of {n} × {n} pixels, its own mirror image."]
        for name, padding in PADDINGS.items():
            walked = walk([Window(KERNEL_SIZE, strides, padding)] * layers, n)
            *_, field = walked.fields
            result = through(image, walked.windows)
            crooked = np.abs(result - result[:, ::-1]) > TINY
            alt.append(_sentence(name, walked, result))
            cell, wide = side / n, side / len(result)
            page.caption(MARGIN, top, name, f"{n} × {n}, with the centres", style.INK)
            page.caption(right, top, "", by(result.shape), style.INK)
            for x, array in ((MARGIN, image), (right, result)):
                page.image(array, x, top, side, side)
                page.line([x + side / 2] * 2, [top, top + side], style.BLUE, 2)
            centres = (field.start + field.jump * np.arange(len(result)) + 0.5) * cell
            dot = min(4, 0.4 * field.jump * cell)
            inside = centres[(centres > 0) & (centres < side)]
            corners = grid(MARGIN + inside - dot / 2, top + inside - dot / 2)
            if field.jump * cell >= 4:  # others would cover the picture
                page.cells(corners, dot, dot, style.ORANGE, style.ORANGE, gid="centre")
            middle = centres.mean()
            across, down, arm = MARGIN + middle, top + middle, np.array([-9, 9])
            for colour, width in ((style.INK, 4), (style.ORANGE, 2)):
                page.line([across, across], down + arm, colour, width)
                page.line(across + arm, [down, down], colour, width)
            rows, columns = np.nonzero(crooked)
            page.cells(
                np.stack([right + columns * wide, top + rows * wide], axis=1),
                *(wide, wide, "none", style.ORANGE), hatch="////", gid="crooked",
            )  # fmt: skip
            top += side + 58
        for line in LEGEND:
            page.text(MARGIN, top - 38, line, SMALLEST, style.GREY_TEXT, ha="left")
            top += 18
        return page.picture(right + side, top - 48, " ".join(alt))


def _sentence(name: str, walked, result: np.ndarray) -> str:
    """What is to be said about one library, as the view says it."""
    sizes = walked.sizes
    pads = ["|".join(map(str, w.pads(n))) for w, n in zip(walked.windows, sizes, strict=False)]
    *_, field = walked.fields
    last = field.start + field.jump * (sizes[-1] - 1)
    off = (field.start + last) / 2 - (sizes[0] - 1) / 2
    where = "in the middle of the picture"
    if off:
        side = "right and down" if off > 0 else "left and up"
        where = f"{number(abs(off))} pixels too far {side}"
    difference = np.abs(result - result[:, ::-1]).max()
    mirror = "its own mirror image"
    if difference > TINY:
        mirror = f"crooked, up to {number(difference)} apart from its mirror image"
    return (
        f"{name}: sizes {' → '.join(map(str, sizes))}, zeros {', '.join(pads)}. The centres "
        f"{number(field.start)} … {number(last)} are {where}. The result is {mirror}."
    )

"""The explorer of a picture that moves by a pixel: what a stride keeps of it, blurred or not."""

import numpy as np
import traitlets

from course.explore.base import Explorer, bundle
from course.explore.settings import Array, Setting
from course.figures import style
from course.figures.kit import MARGIN, SMALLEST, WIDTH, Page, grid
from course.text import by, number

SIDE = 190  # CSS pixels
ANSWERS = "What networks answer to the picture: by name a list, for each shift from 0 on."
GREYS = "2 × 2 to 32 × 32 numbers from 0 to 1, such as images[0] / 255"
TINY = 1e-9  # differences below it are rounding


def kept(image: np.ndarray, shift: int, strides: int, blur: bool) -> tuple[np.ndarray, np.ndarray]:
    """The image moved to the right, perhaps blurred, as if it went round; what a stride keeps."""
    image = np.roll(image, shift, axis=1)
    for axis in (1, 0) if blur else ():
        image = (np.roll(image, 1, axis) + 2 * image + np.roll(image, -1, axis)) / 4
    return image, image[::strides, ::strides]


class ShiftExplorer(Explorer):
    """Move a picture to the right, and see what a stride keeps of it.

    What leaves the picture on the right comes in on the left. A blur replaces each pixel by the
    mean of itself, counted twice, and its two neighbours, along both axes.
    """

    _esm = bundle("shift")
    controls = ("shift", "strides", "blur")

    image = Array([[0, 1] * 4] * 8, GREYS, most=(32, 32), least=2, square=True, limits=(0, 1))
    shift = Setting(0, least=0, most=8, help="By how many pixels it is moved.")
    strides = Setting(2, most=4, help="Every so many pixels one is kept, the first one too.")
    blur = traitlets.Bool(False, help="Whether it is blurred before.")
    answers = traitlets.Dict(value_trait=traitlets.List(), help=ANSWERS)

    def draw(self, image, shift, strides, blur, answers, **_):
        """The picture with what is kept, and what networks answer to it, wherever it is moved."""
        page, top = Page(), MARGIN + 38
        now, after = kept(np.array(image), shift, strides, blur)
        titles = f"moved by {shift}" + ", and blurred" * blur, f"what stride {strides} keeps (dots)"
        for x, title, array in zip((MARGIN, WIDTH / 2), titles, (now, after), strict=True):
            page.caption(x, top, title, "", style.INK)
            page.image(array, x, top, SIDE, SIDE)
        at = MARGIN + (np.arange(0, len(image), strides) + 0.5) * SIDE / len(image) - 1.5
        page.cells(grid(at, at - MARGIN + top), 3, 3, style.ORANGE, style.INK, gid="dot")
        y = top + SIDE + 12
        for name, each in answers.items():
            page.text(MARGIN, y + 12, name, SMALLEST, ha="left")
            for step, answer in enumerate(each):
                fill, text = (style.PAPER, "") if answer == each[0] else (style.ORANGE_TINT, "≠ ")
                edge, width = (style.ORANGE, 2.5) if step == shift else (style.GREY, 1)
                place = [(MARGIN + 120 + 40 * step, y)]
                page.cells(place, 36, 20, fill, edge, [text + f"{answer}"], width=width)
            y += 26
        alt = " ".join(said(np.array(image), shift, strides, blur, answers))
        return page.picture(WIDTH / 2 + SIDE, y, f"A picture is moved to the right. {alt}")


def said(image: np.ndarray, shift: int, strides: int, blur: bool, answers: dict) -> list[str]:
    """What is to be said about a setting, as the view says it."""
    (_, before), (_, after) = (kept(image, each, strides, blur) for each in (0, shift))
    far = [np.abs(np.roll(before, step, 1) - after).max() for step in range(before.shape[1])]
    along = next(step for step, each in enumerate(far) if each <= min(far) + TINY)
    apart = f"However the unmoved ones are moved along, they are up to {number(min(far))} apart."
    return [
        f"{by(image.shape)} pixels, moved by {shift}{', blurred' * blur}, stride {strides}: "
        f"{by(after.shape)} are kept. Their mean is {number(after.mean())}, "
        f"unmoved {number(before.mean())}.",
        f"They are the unmoved ones, moved along by {along}." if min(far) < TINY else apart,
        *(f"{n}: {a[shift]}, unmoved {a[0]}." for n, a in answers.items() if shift < len(a)),
    ]

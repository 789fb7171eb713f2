"""The explorer of a transposed convolution: stamps that overlap, and the size that comes back."""

from itertools import product

import numpy as np
import traitlets
from matplotlib.colors import to_rgb

from course.explore.base import Explorer, bundle
from course.explore.settings import Place, Setting
from course.figures import style
from course.figures.kit import MARGIN, WIDTH, Page, cell_size, grid
from course.geometry import Window

GAP, STEP = 32, 10  # CSS pixels between the pictures, and from one stamp to the next


def stamps(n: int, kernel_size: int, strides: int, padding: str) -> tuple[np.ndarray, int, int]:
    """How many stamps fall on each pixel of an axis; how many pixels are cut off before and after.

    What is cut off is what a convolution with the same setting pads on its way down.
    """
    times = np.zeros(max((n - 1) * strides + kernel_size, n * strides), int)
    for first in range(0, n * strides, strides):
        times[first : first + kernel_size] += 1
    return times, *Window(kernel_size, strides, padding).pads(n * strides)


class TransposedExplorer(Explorer):
    """Let a transposed convolution stamp its kernel for each pixel, and count what overlaps.

    The pixels and the weights are all 1, so an output is the number of stamps on it. Bars show the
    stamps of a row, one for each column. What ``same`` cuts off is hatched, and a pixel without a
    stamp is crossed out.
    """

    _esm = bundle("transposed")
    controls = ("n", "kernel_size", "strides", "padding")

    n = Setting(4, most=14, help="The pixels of a side of the input.")
    kernel_size = Setting(3, most=7, help="The side of a stamp.")
    strides = Setting(2, most=4, help="How far the next stamp is away.")
    padding = traitlets.Enum(["valid", "same"], "valid")
    at = Place([0, 0], help="The input pixel whose stamp is outlined.")

    def draw(self, n, kernel_size, strides, padding, at, **_):
        """The input, the stamps of one row, and how often each output is stamped."""
        times, before, after = stamps(n, kernel_size, strides, padding)
        row, column = (min(each, n - 1) for each in at)
        cell = cell_size(WIDTH - 2 * MARGIN - GAP, n + len(times), largest=28)
        page, size = Page(), len(times) - before - after
        title = f"{n} × {n} pixels become {size} × {size}"
        settings = f'k = {kernel_size}, s = {strides}, padding = "{padding}"'
        bars = page.heading([title], [settings]) + 46
        left, top = MARGIN + n * cell + GAP, bars + n * STEP + 8
        page.caption(MARGIN, top, "input", "ones", style.BLUE)
        page.caption(left, bars, "stamps of a row", "below: overlaps", style.INK)
        pixels = grid(MARGIN + np.arange(n) * cell, top + np.arange(n) * cell)
        page.cells(pixels, cell, cell, *style.INPUT, ["1"] * n**2, gid="input")
        for i in range(n):
            fill = style.ORANGE if i == column else style.ORANGE_TINT
            corner = [(left + i * strides * cell, bars + i * STEP)]
            page.cells(corner, kernel_size * cell, STEP - 3, fill, style.ORANGE, gid="stamp")
        whole = [(left, top)]
        page.cells(whole, *[len(times) * cell] * 2, style.PAPER, style.GREY, hatch="////")
        kept = times[before : before + size]
        counts = np.outer(kept, kept).ravel()
        places = (np.arange(size) + before) * cell
        corners = grid(left + places, top + places)
        share = 0.1 + 0.5 * counts[:, None] / max(counts)
        fills = np.where(counts[:, None] > 0, 1 - share * (1 - np.array(to_rgb(style.GREEN))), 1)
        page.cells(corners, cell, cell, fills, style.GREEN, list(map(str, counts)), gid="output")
        never = corners[counts == 0]
        page.cells(never, cell, cell, "none", style.UNREAD, crossed=True, gid="never")
        stamp = (left + column * strides * cell, top + row * strides * cell)
        pixel = (MARGIN + column * cell, top + row * cell)
        for corner, side in (pixel, cell), (stamp, kernel_size * cell):
            page.outline([corner], side, side, gid="window")
        alt = " ".join(said(n, kernel_size, strides, padding))
        right, bottom = left + len(times) * cell, top + len(times) * cell
        return page.picture(right, bottom, f"A transposed convolution of ones by ones. {alt}")


def said(n: int, k: int, s: int, padding: str) -> list[str]:
    """What is to be said about a setting, as the view says it."""
    times, before, after = stamps(n, k, s, padding)
    size = len(times) - before - after
    cut = f"; {before} before and {after} after are cut off" if before + after else ""
    said = [
        f"{n} × {n} pixels stamp {k} × {k} weights each, {s} apart{cut}: {size} × {size} come out.",
        f"Stamps along a row: {' '.join(map(str, times[before : before + size]))}.",
    ]
    inside = times[k - 1 : (n - 1) * s + 1]  # where no stamp is missing because the input ends
    if len(inside) >= s:
        numbers = sorted({a * b for a, b in product(inside.tolist(), repeat=2)})
        tartan = f"all outputs have {numbers[0]}: even"
        if len(numbers) > 1:
            tartan = f"outputs have {', '.join(map(str, numbers))}: a tartan"
        said.append(f"Inside, {tartan}.")
    first = (n - 1) * s + (k if padding == "valid" else 1)
    down = " or ".join(map(str, range(first, first + s)))
    said.append(f"A convolution with this setting makes {n} of {down} pixels.")
    return said

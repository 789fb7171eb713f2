"""The explorer of one number of a convolution: a filter spans all channels."""

import numpy as np
import traitlets

from course.explore.base import Explorer, bundle
from course.explore.settings import Array, Setting
from course.figures import style
from course.figures.kit import MARGIN, SMALLEST, WIDTH, Page, Picture, cell_size, grid, text_width
from course.text import by, number

LARGEST = 9  # a number, a weight or a bias, so that it has room and can be worked out by hand
GAP = 26  # CSS pixels

VALUES = [  # two channels of 5 × 5 pixels
    [[0, 1], [1, 0], [2, 0], [1, 3], [0, 2]],
    [[1, 0], [3, 1], [1, 0], [0, 2], [2, 1]],
    [[0, 2], [1, 1], [2, 3], [3, 0], [1, 0]],
    [[2, 0], [0, 1], [1, 2], [0, 0], [0, 3]],
    [[1, 1], [0, 3], [0, 1], [2, 0], [1, 2]],
]
KERNEL = [  # three filters; the first finds edges in one channel, and sums in the other
    [[[1, 0, 0], [0, 0, 0]], [[0, 1, 1], [1, 0, 0]], [[-1, 0, 0], [0, -1, 1]]],
    [[[1, 1, 1], [1, 0, 0]], [[0, 1, 0], [0, -1, 0]], [[-1, 0, 0], [1, -1, 1]]],
    [[[1, 0, 0], [0, 0, 0]], [[0, 0, 1], [1, 0, 0]], [[-1, 0, 0], [0, -1, 1]]],
]
BIAS = [2, 0, -2]


def _whole_numbers(default: list, **most: int) -> Array:
    """Numbers with these axes, named as Keras has them, and how many there may be of each."""
    axes, shape = ", ".join(f"{size} {axis}" for axis, size in most.items()), ", ".join(most)
    give = f"whole numbers from −{LARGEST} to {LARGEST}, ({shape}), at most {axes}"
    limits = -LARGEST, LARGEST
    return Array(default, give, most=(*most.values(),), limits=limits, kind=int)


class ChannelsExplorer(Explorer):
    """See one number of a convolution made: products in each channel, their sums, and the bias.

    Weights are as Keras has them, and the window need not be square. If only the kernel is given,
    all of its filters are used, with biases of 0.
    """

    _esm = bundle("channels")
    controls = ("filters", "filter", "row", "column")

    values = _whole_numbers(VALUES, rows=6, columns=6, channels=3)
    kernel = _whole_numbers(KERNEL, rows=6, columns=6, channels=3, filters=4)
    bias = _whole_numbers(BIAS, filters=4)
    filters = Setting(2, help="How many of the filters are used, the first ones.")
    filter = Setting(0, least=0, help="The filter whose number is shown.")
    row = Setting(0, least=0, help="The row of that number in its map.")
    column = Setting(0, least=0, help="Its column.")

    def completed(self, given):
        """A kernel says how many filters there are, and needs no bias."""
        if given.get("kernel") is None:
            return given
        filters = max(np.shape(given["kernel"])[3:] or [1])
        return {"bias": [0] * filters, "filters": filters} | given

    @traitlets.validate("values", "kernel", "bias", "filters")
    def _together(self, proposal):
        names = "values", "kernel", "bias", "filters"
        state = {name: getattr(self, name) for name in names}
        state[proposal["trait"].name] = proposal["value"]
        values, kernel, bias = (np.shape(state[name]) for name in names[:3])
        if values[2] != kernel[2]:
            why = f"values has {values[2]} channels, and kernel reads {kernel[2]}"
            raise traitlets.TraitError(f"{why}: make a new explorer with both")
        if kernel[0] > values[0] or kernel[1] > values[1]:
            raise traitlets.TraitError("kernel is larger than values: no window fits")
        if bias != kernel[3:]:
            why = f"bias has the shape {bias}, and kernel has {kernel[3]} filters"
            raise traitlets.TraitError(f"{why}: make a new explorer with both")
        if state["filters"] > kernel[3]:
            why = f"the kernel has {kernel[3]}, so give at most that"
            raise traitlets.TraitError(f"filters={state['filters']}: {why}")
        return proposal["value"]

    def draw(self, values, kernel, bias, filters, filter, row, column, **_) -> Picture:
        """One output, opened up."""
        values, kernel = np.array(values), np.array(kernel)[..., :filters]
        rows, columns, channels = kernel.shape[:3]
        windows = np.lib.stride_tricks.sliding_window_view(values, kernel.shape[:3])[:, :, 0]
        maps = np.einsum("yxijc,ijcf->fyx", windows, kernel) + np.array(bias)[:filters, None, None]
        filter, row, column = np.minimum([filter, row, column], np.subtract(maps.shape, 1)).tolist()
        weights = kernel[..., filter]
        products = windows[row, column] * weights
        sums = products.sum(axis=(0, 1)).tolist()

        across = channels * values.shape[1] + maps.shape[2]
        cell = cell_size(WIDTH - 2 * MARGIN - GAP * channels, across, largest=28)
        page = Page()
        headings = {"filter": 0, "input": rows, "products": rows + len(values)}
        tops = [MARGIN + 78 + cell * cells + 44 * i for i, cells in enumerate(headings.values())]
        total = " + ".join(number(each) if each >= 0 else f"({number(each)})" for each in sums)
        terms = f"{total} + bias {number(bias[filter])}"
        result = number(maps[filter, row, column])
        page.heading(
            [f"filter {filter}, row {row}, column {column}: {result}"], [f"{terms} = {result}"]
        )
        each_wide = max(values.shape[1] * cell, 104) + GAP
        for channel in range(channels):
            x = MARGIN + channel * each_wide
            grids = weights[..., channel], values[..., channel], products[..., channel]
            paints = style.WINDOW, style.INPUT, (style.PAPER, style.ORANGE)
            for name, top, numbers, paint in zip(headings, tops, grids, paints, strict=True):
                whose = f" {filter}" if name == "filter" else ""
                _grid(page, x, top, cell, f"{name}{whose}", f"channel {channel}", numbers, paint)
            at = [(x + column * cell, tops[1] + row * cell)]
            page.outline(at, columns * cell, rows * cell, gid="window")
            bottom = tops[2] + rows * cell
            page.text(x, bottom + 14, f"sum {number(sums[channel])}", 13, ha="left", weight="bold")
        x, top, bottom = MARGIN + channels * each_wide, tops[0], bottom + 24
        for index, result_map in enumerate(maps):
            _grid(page, x, top, cell, f"map {index}", "", result_map, style.OUTPUT)
            if index == filter:
                at = [(x + column * cell, top + row * cell)]
                page.outline(at, cell, cell, gid="output unit")
            top += len(result_map) * cell + 44
        alt = [
            f"A filter of {rows} × {columns} on {channels} channels makes one number. "
            f"{filters} of them make {filters} maps of {by(maps.shape[1:])}. "
            f"Filter {filter}, row {row}, column {column}:"
        ]
        for channel in range(channels):
            read = windows[row, column, ..., channel].flat, weights[..., channel].flat
            written = " + ".join(f"{number(v)}·{number(w)}" for v, w in zip(*read, strict=True))
            alt.append(f"channel {channel}: {written} = {number(sums[channel])}.")
        alt.append(f"Together {terms} = {result}.")
        right = x + maps.shape[2] * cell
        return page.picture(right, max(bottom, top - 44), " ".join(alt))


def _grid(page: Page, x, y, cell: float, name: str, note: str, numbers, paint: tuple) -> None:
    """Numbers in their cells, with a name and a note above."""
    page.text(x, y - 13, name, 13, ha="left", weight="bold")
    beside = x + text_width(name, 13, "bold") + 8
    page.text(beside, y - 13, note, SMALLEST, style.GREY_TEXT, ha="left")
    high, wide = numbers.shape
    corners = grid(x + np.arange(wide) * cell, y + np.arange(high) * cell)
    (fill, edge), texts = paint, [number(each) for each in numbers.flat]
    page.cells(corners, cell, cell, fill, edge, texts)

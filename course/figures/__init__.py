"""Static pictures of windows, feature maps and models, each with a text alternative.

Every function returns a ``Picture``. As the last line of a cell it shows itself; its ``repr`` is
the text alternative, which says in words the numbers that the picture draws. One visual language
throughout: input blue, padding grey and hatched, window orange, output green.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from statistics import stdev
from typing import NamedTuple

import numpy as np
from matplotlib import style as looks

from course.figures import style
from course.figures.kit import (
    CROSSED,
    LONGEST,
    MARGIN,
    SMALLEST,
    WIDTH,
    Page,
    Picture,
    cell_size,
    font_size,
    grid,
    ink,
    text_width,
)
from course.geometry import Window
from course.text import by, number

FAR = 0.1  # of a share: more than that is another result, however small the spread
GAP = 24  # CSS pixels between two pictures side by side
HATCHES = ("", "////", "....", "xxxx", "----", "\\\\\\\\")


class Row(NamedTuple):
    """A row of cells to put into `axis`, such as an answer. One without a text is missing."""

    below: str  # the row to compare it with: "input", "output" or "usage"
    name: str
    note: str
    cells: dict[float, tuple[str, bool]]  # where, in pixels: its text, is it wrong


@looks.context("default")
def axis(
    window: Window,
    n: int,
    values: Sequence[float] | None = None,
    kernel: Sequence[float] | None = None,
    beside: Row | None = None,
) -> Picture:
    """One axis: the padded input, every stop of the window, the output and the usage.

    Parameters
    ----------
    window, n : Window, int
        The window and the number of input pixels it slides over.
    values, kernel : sequences of ``n`` and of ``kernel_size`` numbers, optional
        Written into the input and into the window, where there is room. Given both, the output
        shows its values too.
    beside : Row, optional
        One more row. Cells of it too far from the input for the page are left out, with dots.
    """
    _check((window, n))
    outputs, positions, usage = window.output_size(n), window.positions(n), window.usage(n)
    (before, after), span, s = window.pads(n), window.span, window.strides
    taps = np.arange(0, span, window.dilation_rate)  # the pixels read, counted from the first
    inputs = _numbers("values", values, "n", n)
    weights = _numbers("kernel", kernel, "kernel_size", window.kernel_size)
    results = np.empty(0)
    if inputs.size and weights.size:
        padded = np.pad(inputs, (before, after))  # with zeros, as Keras does
        results = np.array([padded[first + before + taps] @ weights for first in positions])

    places = beside.cells if beside else ()
    # What there is room for on both sides of the input.
    lead = min(max([before, *(-place for place in places)]), before + 3)
    trail = min(max([after, *(place + 1 - n for place in places)]), after + 3)
    left = MARGIN + 116
    room = WIDTH - MARGIN - left - (6 if beside else 0)  # for dots
    cell = cell_size(room, lead + n + trail, largest=44)
    row = min(max(cell, 22), 32)
    # A staircase shows how the window slides. Where it would be too tall, windows that do not
    # touch share a step.
    steps = outputs if outputs <= 14 else min(outputs, span // s + 1)
    pitch = min(max(200 / steps, 17), 25)
    page = Page()
    top = page.heading([_formula(window, n)], [_settings(window, n)]) + 22
    extra = {beside.below: row + 32} if beside else {}
    windows_top = top + row + 12 + extra.get("input", 0)
    outputs_top = windows_top + steps * pitch + 14
    usage_top = outputs_top + row + 30 + extra.get("output", 0)
    bottom = usage_top + row + extra.get("usage", 0)

    def x(pixel):
        return left + (pixel + lead) * cell

    for edge in range(-before, n + after + 1):  # guides from the input down to the usage
        page.line([x(edge)] * 2, [top, bottom - row], style.GUIDE, 0.8)
    page.label(top + row / 2, "input", f"n = {n}", style.BLUE)
    page.ticks(x(np.arange(n) + 0.5), top - 8, style.BLUE, cell)
    page.padding(grid(x(np.r_[-before:0, n : n + after]), top), cell, row)
    pixels = x(np.arange(n))
    page.cells(grid(pixels, top), cell, row, *style.INPUT, _texts(inputs), gid="input")

    dilation = f", d = {window.dilation_rate}" if window.dilation_rate > 1 else ""
    settings = f"k = {taps.size}, s = {s}{dilation}"
    page.label(windows_top + steps * pitch / 2, "window", settings, style.ORANGE_TEXT)
    middles = x(np.array(positions) + span / 2)
    tops = windows_top + np.arange(outputs) % steps * pitch
    bar = pitch - 5
    for middle, y in zip(middles, tops, strict=True):
        page.line([middle] * 2, [y + bar / 2, outputs_top - 5], style.ORANGE, marker="v")
    for first, y in zip(positions, tops, strict=True):
        through = [x(first), x(first + span)]  # the gaps of a dilated window
        page.line(through, [y + bar / 2] * 2, style.ORANGE, 1.5)
        at = grid(x(first + taps), y)
        page.cells(at, cell, bar, *style.WINDOW, _texts(weights), width=1.5, gid="window")

    page.label(outputs_top + row / 2, "output", f"o = {outputs}", style.GREEN_TEXT)
    at = grid(middles - cell / 2, outputs_top)
    page.cells(at, cell, row, *style.OUTPUT, _texts(results), gid="output")
    page.ticks(middles, outputs_top + row + 9, style.GREEN_TEXT, cell * s)
    note = CROSSED if 0 in usage else ""
    if not note and not font_size([str(max(usage))], cell, row):  # no room for the numbers
        note = f"pale {min(usage)}, dark {max(usage)}"
    page.label(usage_top + row / 2, "read … times", note, style.INK)
    page.usage(grid(pixels, usage_top), cell, row, np.array(usage), max(usage))
    if beside:
        below = {"input": windows_top, "output": usage_top, "usage": bottom}[beside.below]
        _beside(page, beside, x, below - row - 18, row, (-lead, n + trail))

    alt = [
        f"A window slides along one axis: {_settings(window, n)}. {_formula(window, n)}.",
        f"Padding: {before} before and {after} after the input.",
        f"First pixel of each window: {_listed(positions)}.",
        f"Times each input pixel is read: {_listed(usage)}.",
        f"Never read: {_listed(window.unread(n)) or 'none'}.",
    ]
    shown = {"Input": inputs, "Kernel": weights, "Output": results}
    alt += [f"{name} values: {_listed(v)}." for name, v in shown.items() if v.size]
    return page.picture(x(n + trail), bottom, " ".join(alt))


def _beside(page: Page, row: Row, x, y: float, high: float, ends: tuple[float, float]) -> None:
    """Draw one more row into an axis whose pixels begin at ``x(pixel)``."""
    page.label(y + high / 2, row.name, row.note, style.INK)
    cell = x(1) - x(0)
    for is_wrong, edge, width in ((False, style.GREEN, None), (True, style.UNREAD, 2.5)):
        cells = {p: text for p, (text, wrong) in row.cells.items() if wrong == is_wrong}
        cells = {p: text for p, text in cells.items() if ends[0] <= p <= ends[1] - 1}
        corners, texts = grid(x(np.array(list(cells))), y), list(cells.values())
        fills = [style.GREEN_TINT if text else style.PAPER for text in texts]
        page.cells(corners, cell, high, fills, edge, texts, width=width, gid="beside")
        for pixel in cells if is_wrong and cell >= 9 else ():  # room for the mark
            page.text(x(pixel + 0.5), y + high + 9, "≠", SMALLEST, style.UNREAD, gid="wrong")
    dots = {"y": y + high / 2, "text": "…", "size": SMALLEST, "color": style.UNREAD, "gid": "more"}
    if min(row.cells) < ends[0]:
        page.text(x(ends[0]) - 4, ha="right", **dots)
    if max(row.cells) > ends[1] - 1:
        page.text(x(ends[1]) + 4, ha="left", **dots)
        page.right = max(page.right, x(ends[1]) + 6)


@looks.context("default")
def window(
    window: Window | tuple[Window, Window],
    n: int | tuple[int, int],
    at: tuple[int, int] = (0, 0),
) -> Picture:
    """Two axes: one stop of the window on the padded input, the usage, and the output.

    Parameters
    ----------
    window, n : Window, int, or pairs of them
        The window and the number of input pixels, for both axes or as (rows, columns).
    at : (int, int)
        Row and column of the output unit whose window is outlined.
    """
    windows = window if isinstance(window, tuple | list) else (window, window)
    sizes = n if isinstance(n, tuple | list) else (n, n)
    if len(windows) != 2 or len(sizes) != 2:
        raise ValueError("an image has two axes: give one window or two, and one n or two.")
    axes = list(zip(windows, sizes, strict=True))
    _check(*axes)
    outputs = tuple(w.output_size(n) for w, n in axes)
    if np.shape(at) != (2,) or not all(u in range(o) for u, o in zip(at, outputs, strict=True)):
        first, second = (f"0 to {o - 1}" for o in outputs)
        why = f"at={at} is outside the output of {by(outputs)}"
        raise ValueError(f"{why}: take a row from {first} and a column from {second}.")
    (above, below), (before, after) = (w.pads(n) for w, n in axes)
    padded = above + sizes[0] + below, before + sizes[1] + after
    at = int(at[0]), int(at[1])
    firsts = [w.positions(n)[unit] for (w, n), unit in zip(axes, at, strict=True)]
    reads = [
        f + np.arange(0, w.span, w.dilation_rate) for f, w in zip(firsts, windows, strict=True)
    ]
    down, across = (w.usage(n) for w, n in axes)
    usage = np.outer(down, across)

    if axes[0] == axes[1]:
        formulas, settings = [_formula(*axes[0])], [f"{_settings(*axes[0])}, on both axes"]
    else:
        formulas, settings = (
            [f"rows: {says(*axes[0])}", f"columns: {says(*axes[1])}"]
            for says in (_formula, _settings)
        )
    page = Page()
    top = page.heading(formulas, settings) + 46
    cell = cell_size((WIDTH - 2 * MARGIN - GAP) / 2, max(*padded, *outputs), largest=34)
    square = cell, cell
    left = MARGIN + before * cell
    right = MARGIN + max(padded[1] * cell, 150) + GAP
    below_top = top + max(padded[0], outputs[0]) * cell + 50  # below the input, its usage

    def x(pixels):
        return left + np.asarray(pixels) * cell

    def y(pixels):
        return top + (above + np.asarray(pixels)) * cell

    rows, columns = (np.arange(size) for size in sizes)
    page.caption(MARGIN, top, "input", by(sizes), style.BLUE)
    outside = np.r_[-above:0, sizes[0] : sizes[0] + below]
    page.padding(grid(x(np.arange(-before, sizes[1] + after)), y(outside)), *square)
    page.padding(grid(x(np.r_[-before:0, sizes[1] : sizes[1] + after]), y(rows)), *square)
    page.cells(grid(x(columns), y(rows)), *square, *style.INPUT, gid="input")
    if all(w.dilation_rate == 1 for w in windows):  # one outline around all that is read
        spans = [w.span * cell for w in windows]
        page.outline(grid(x(firsts[1]), y(firsts[0])), spans[1], spans[0], gid="window")
    else:
        page.outline(grid(x(reads[1]), y(reads[0])), *square, gid="window")

    page.caption(MARGIN, below_top, "read … times", CROSSED * (0 in usage), style.INK)
    page.usage(grid(x(columns), below_top + rows * cell), *square, usage.ravel(), usage.max())
    bottom = below_top + sizes[0] * cell
    times = np.unique(usage)
    if not font_size([str(usage.max())], *square):  # too small for numbers: a key beside
        times = times[:: -(-times.size // 9)]
        keys = grid(right + np.arange(times.size) * 24, below_top)
        page.usage(keys, 24, 20, times, usage.max())

    page.caption(right, top, "output", by(outputs), style.GREEN_TEXT)
    xs, ys = (start + np.arange(o) * cell for start, o in ((right, outputs[1]), (top, outputs[0])))
    page.cells(grid(xs, ys), *square, *style.OUTPUT, gid="output")
    page.outline(grid(xs[at[1]], ys[at[0]]), *square, gid="output unit")

    alt = [
        f"A window slides along two axes: {'; '.join(settings)}. {'; '.join(formulas)}.",
        f"Padding: {above} above, {below} below, {before} left, {after} right.",
        f"Output unit {at} reads rows {_listed(reads[0])} and columns {_listed(reads[1])}.",
        f"Times each row is read: {_listed(down)}.",
        f"Times each column is read: {_listed(across)}.",
        f"A pixel's times are its row's × its column's, from {usage.min()} to {usage.max()};",
        f"{np.count_nonzero(usage == 0)} of {usage.size} pixels are never read.",
    ]
    return page.picture(right + max(outputs[1] * cell, 60), bottom, " ".join(alt))


@looks.context("default")
def maps(
    images: Sequence[np.ndarray] | Mapping[str, np.ndarray],
    titles: Sequence[str] | None = None,
    values: bool = False,
    scale: str | tuple[float, float] = "each",
) -> Picture:
    """Images or feature maps side by side, every pixel of the same size, wrapped into rows.

    An image, which is what has numbers from 0 to 1, or from 0 to 255 as digits are loaded
    (uint8), is shown in grey from black to white. All other numbers are shown in viridis, which
    gets lighter evenly and is safe for colour-blind readers.

    Parameters
    ----------
    images : sequence or dict of 2-D arrays
        The keys of a dict are the titles.
    titles : sequence of str, optional
        One per image.
    values : bool
        Write the numbers into the pixels, if no image is larger than 9 × 9.
    scale : "each", "shared" or (black, white)
        Whether every image has its own range of colours or all have the same; a pair is the
        range of greys for all.
    """
    if isinstance(images, Mapping):
        titles, images = titles or list(images), list(images.values())
    images = list(images)
    arrays = [_plane(index, image) for index, image in enumerate(images)]
    numbered = [f"map {index}" for index in range(len(arrays))]
    titles = [str(title) for title in (numbered if titles is None else titles)]
    if not arrays:
        raise ValueError("images is empty: give at least one 2-D array.")
    if len(titles) != len(arrays):
        raise ValueError(f"{len(titles)} titles for {len(arrays)} images: give one per image.")
    whites = [_white(*each) for each in zip(images, arrays, strict=True)]
    ranges: list = [
        (0, w) if w else (a.min(), a.max()) for w, a in zip(whites, arrays, strict=True)
    ]
    if scale == "shared":
        lows, highs = zip(*ranges, strict=True)
        ranges = [(min(lows), max(highs))] * len(arrays)
        whites = [len(set(whites)) == 1 and whites[0]] * len(arrays)
    elif np.shape(scale) == (2,):
        ranges, whites = [scale] * len(arrays), [True] * len(arrays)
    elif scale != "each":
        raise ValueError(f"scale={scale!r} is unknown: take 'each', 'shared' or (black, white).")

    longest = max(max(array.shape) for array in arrays)
    room = (WIDTH - 2 * MARGIN + GAP) / min(len(arrays), 4) - GAP
    written = values and longest <= 9
    cell = 50 if written else cell_size(min(room, 170), longest, 32)  # 50: room for −0.123
    bars = [text_width("    ".join(map(number, limits)), SMALLEST) for limits in ranges]
    least = max(90, *bars, *(text_width(title, 13, "bold") for title in titles))
    page = Page()
    x, top, bottom = MARGIN, MARGIN + 38, 0
    for array, title, limits, white in zip(arrays, titles, ranges, whites, strict=True):
        high, wide = np.multiply(array.shape, cell)
        if x > MARGIN and x + max(wide, least) > WIDTH - MARGIN:
            x, top = MARGIN, bottom + 38 + GAP
        page.caption(x, top, title, by(array.shape), style.INK)
        image = page.image(array, x, top, wide, high, limits, "gray" if white else "viridis")
        image.set_gid("map")
        image.axes.spines[:].set(color=style.GREY, linewidth=0.5)
        size = font_size(_texts(array.flat), cell, cell) if written else 0
        for (row, column), value in np.ndenumerate(array) if size else ():
            at = x + (column + 0.5) * cell, top + (row + 0.5) * cell
            paint = image.to_rgba(value)
            page.text(*at, number(value), size, ink(paint), halo=paint, gid="value")
        bottom = max(bottom, top + high)
        if scale == "each":
            page.scale(image, x, top + high + 8, max(wide, *bars))
            bottom = max(bottom, top + high + 28)
        x += max(wide, least) + GAP
        page.right = max(page.right, x - GAP)
    if scale != "each":
        page.scale(image, MARGIN, bottom + 12, max(150, *bars))
        bottom += 32
    alt = []
    for array, title in zip(arrays, titles, strict=True):
        low, high = map(number, (array.min(), array.max()))
        rows = f": {'; '.join(map(_listed, array))}" if longest <= 9 else ""
        alt.append(f"{title}, {by(array.shape)}, values from {low} to {high}{rows}.")
    return page.picture(0, bottom, " ".join(alt))


@looks.context("default")
def summary(
    ledgers: Mapping[str, Iterable],
    quantities: Sequence[str] = ("params", "macs"),
    seconds: Mapping[str, float] | None = None,
) -> Picture:
    """Compare models by parameters and by multiply-accumulates (MACs), layer by layer.

    Parameters
    ----------
    ledgers : dict of str to Ledger
        Each model's name and its ledger, as ``course.ledger`` makes it.
    quantities : sequence of str
        What to compare: ``"params"``, ``"macs"`` or both.
    seconds : dict of str to float, optional
        How long each model takes: one more bar, without its layers.
    """
    if not isinstance(ledgers, Mapping) or not ledgers:
        raise ValueError("give a dict of at least one model: {name: ledger}.")
    for name, ledger in ledgers.items():
        if not hasattr(ledger, "total_macs"):
            raise ValueError(f"{name!r} is no ledger: give {{{name!r}: ledger(model)}}.")
    ledgers = {str(name): ledger for name, ledger in ledgers.items()}
    rows = {row.name: row for ledger in ledgers.values() for row in ledger}
    paints = _paints([row for row in rows.values() if row.params or row.macs])
    left = MARGIN + max(text_width(name, 12) for name in ledgers) + 12
    room = WIDTH - MARGIN - left - 100  # for the bars; the rest is for the totals
    page = Page()
    y, alt = MARGIN, []

    headings = {"params": "parameters", "macs": "multiply-accumulates (MACs)"}
    whole = {q: {n: getattr(each, f"total_{q}") for n, each in ledgers.items()} for q in quantities}
    if seconds:
        headings["seconds"], whole["seconds"] = "milliseconds", {n: seconds[n] for n in ledgers}
    plain = {"fill": style.GREY, "edge": style.PAPER}
    for quantity, totals in whole.items():
        page.text(left, y + 8, headings[quantity], 13, weight="bold", ha="left")
        page.line([left, left], [y + 22, y + 26 + 34 * len(ledgers)], style.GREY, 1)
        y += 28
        for name, total in totals.items():
            page.text(left - 12, y + 13, name, 12, ha="right")
            timed, x, said = quantity == "seconds", left, []
            parts = {row.name: getattr(row, quantity, None) for row in ledgers[name]}
            for part, amount in ({"": total} if timed else parts).items():
                if not amount:  # nothing to draw, or nothing that is known
                    continue
                share, wide = amount / total, room * amount / max(totals.values())
                labels = [f"{part} {share:.1%}", f"{share:.1%}"] if part and share >= 0.05 else []
                label = [text for text in labels if font_size([text], wide, 26)][:1]
                paint = paints.get(part, plain)
                page.cells([(x, y)], wide, 26, **paint, texts=label, gid=f"{quantity} {name}")
                said.append(f"{part} {amount:,} = {share:.1%}")
                x += wide
            least = "≥ " if None in parts.values() else ""
            written = f"{1000 * total:.1f}" if timed else f"{least}{total:,}"
            page.text(x + 8, y + 13, written, 12, ha="left", gid=f"total {quantity}")
            shares = "" if timed else f" ({', '.join(said) or 'none'})"
            alt.append(f"{name}: {written} {headings[quantity]}{shares}.")
            y += 34
        y += 22
    x = left
    for name, paint in paints.items():  # the legend
        wide = 30 + text_width(name, SMALLEST) + 20
        if x + wide > WIDTH - MARGIN:
            x, y = left, y + 24
        page.cells([(x, y)], 22, 14, **paint)
        page.text(x + 28, y + 7, name, SMALLEST, ha="left")
        x += wide
    return page.picture(WIDTH - MARGIN, y + 14, " ".join(alt))


@looks.context("default")
def seeds(
    results: Mapping[str, Sequence[float]],
    stored: Mapping[str, Sequence[float]] | None = None,
    only: str = "",
    low: float = 0,
) -> Picture:
    """A line of dots for each setting: a dot for each training, with mean and standard deviation.

    Beside ``results``, the numbers of this kernel, stand those that were ``stored``, of more seeds.
    The text alternative says those, and which of the results are far from them, because new ones
    differ a little from machine to machine. Settings are shown if their name has ``only`` in it.
    The numbers are shares. The axis begins at ``low``, or at the lowest number. A finer axis has
    finer numbers.
    """
    alone = stored is None
    stored = {name: line for name, line in (stored or results).items() if only in name}
    results = {name: line for name, line in results.items() if name in stored}
    every = [number for line in (*stored.values(), *results.values()) for number in line]
    low, high = min(low, *every), max(1, *every)
    left = MARGIN + max(text_width(name, 12) for name in stored) + 20
    decimals, room = (3, 96) if low > 0 else (2, 80)
    wide, page, y, alt = WIDTH - MARGIN - left - room, Page(), MARGIN + 36, []

    def x(numbers):
        return left + (np.asarray(numbers) - low) / (high - low) * wide

    page.text(left - 20, y - 28, "share", SMALLEST, style.GREY_TEXT, ha="right")
    for tick in np.linspace(low, high, 5):
        page.line(x([tick] * 2), [y - 20, y + 34 * len(stored) - 16], style.GUIDE)
        page.text(x(tick), y - 28, number(tick), SMALLEST, style.GREY_TEXT)
    for name, line in stored.items():
        mean = float(np.mean(line))
        spread = stdev(line) if len(line) > 1 else 0.0
        page.text(left - 20, y, name, 12, ha="right")
        page.dots(x(line), y, "o", "none", style.BLUE, 7, gid="stored")
        page.line(x([mean - spread, mean + spread]), [y + 12] * 2, style.INK, 2)
        page.line(x([mean] * 2), [y + 9, y + 15], style.INK, 2)
        said = f"{mean:.{decimals}f} ± {spread:.{decimals}f}"
        page.text(WIDTH - MARGIN, y, said, 12, ha="right", gid="mean")
        alt.append(f"{name}: {said} over {len(line)} seeds.")
        if not alone and name in results:
            page.dots(x(results[name]), y, "D", style.ORANGE, style.INK, 6, gid="yours")
            far = [each for each in results[name] if abs(each - mean) > max(3 * spread, FAR)]
            where = f"far from that: {_listed(far)}" if far else "close to that"
            alt.append(f"Yours, {len(results[name])}, {where}.")
        y += 34
    page.dots([left], y, "o", "none", style.BLUE, 7)
    page.text(left + 10, y, "one training each, below them mean and spread", SMALLEST, ha="left")
    if not alone:
        page.dots([left], y + 20, "D", style.ORANGE, style.INK, 6)
        page.text(left + 10, y + 20, "yours", SMALLEST, ha="left")
        y += 20
    return page.picture(WIDTH - MARGIN, y + 8, " ".join(alt))


def _paints(rows) -> dict[str, dict[str, str]]:
    """How to paint each layer: a colour for each kind of layer, a hatch within the kind."""
    hues = dict(zip(dict.fromkeys(row.kind for row in rows), cycle(style.LAYERS), strict=False))
    hatches = {kind: cycle(HATCHES) for kind in hues}
    return {
        row.name: {"fill": hues[row.kind], "edge": style.PAPER, "hatch": next(hatches[row.kind])}
        for row in rows
    }


def _check(*axes: tuple[Window, int]) -> None:
    """Refuse what is no window or is too long, before anything of that length is computed."""
    for window, n in axes:
        if not isinstance(window, Window):
            raise ValueError(f"{window!r} is no window: give a Window, as in Window(3).")
        window.output_size(n)  # raises where nothing fits
        padded = n + sum(window.pads(n))
        if padded > LONGEST:
            raise ValueError(
                f"{padded:,} pixels with padding are too many for one picture: draw at most "
                f"{LONGEST}."
            )


def _numbers(name: str, numbers, size_name: str, size: int) -> np.ndarray:
    """As many numbers as the size says, or none."""
    if numbers is not None and np.shape(numbers) != (size,):
        given = f"{name} has the shape {np.shape(numbers)}"
        raise ValueError(f"{given}: give {size} numbers, as {size_name}={size}.")
    return np.asarray([] if numbers is None else numbers, float)


def _white(image, array: np.ndarray) -> int | None:
    """The number that is white in an image; None for other numbers than an image's."""
    if getattr(image, "dtype", None) == np.uint8:
        return 255
    return 1 if array.min() >= 0 and array.max() <= 1 else None


def _plane(index: int, image) -> np.ndarray:
    array = np.asarray(image, dtype=float)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(
            f"image {index} has the shape {array.shape}, not (rows, columns): give a list of "
            "2-D arrays, each one example and one channel, like [batch[0, :, :, 0]]."
        )
    if not np.isfinite(array).all():
        raise ValueError(f"image {index} has values that are not finite: replace NaN and infinity.")
    return array


def _texts(numbers: Iterable[float]) -> list[str]:
    return list(map(number, numbers))


def _listed(numbers: Iterable[float]) -> str:
    texts = _texts(numbers)
    if len(texts) > 32:
        return f"{', '.join(texts[:8])}, …, {', '.join(texts[-8:])} ({len(texts)} numbers)"
    return ", ".join(texts)


def _formula(window: Window, n: int) -> str:
    before, after = window.pads(n)
    inside = f"({n} + {before} + {after} − {window.span}) / {window.strides}"
    return f"o = ⌊{inside}⌋ + 1 = {window.output_size(n)}"


def _settings(window: Window, n: int) -> str:
    k, s, d, p = window.kernel_size, window.strides, window.dilation_rate, window.padding
    padding = f'"{p}"' if isinstance(p, str) else p
    dilation = f", d = {d}, so it spans {d}·({k} − 1) + 1 = {window.span}" if d > 1 else ""
    return f"n = {n}, k = {k}, s = {s}{dilation}, padding = {padding}"

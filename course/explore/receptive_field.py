"""The explorer of what one unit of a stack of windows reads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import traitlets
from matplotlib.patches import Polygon

from course.explore import settings as checked
from course.explore.base import Explorer, Setting, bundle
from course.figures.kit import MARGIN, WIDTH, Page, Picture, grid, text_width
from course.figures.style import BLUE, BLUE_TINT, GREEN, GREEN_TINT, ORANGE_TINT
from course.geometry import Window
from course.models import PRESETS
from course.stack import Walk, walk
from course.text import number

if TYPE_CHECKING:
    import keras

CONTROLS = ("n", *checked.WINDOW, "layers")
LARGEST = 512  # pixels of a map with its padding; a screen has room for hardly more
FAR = 4  # times the input: beyond it, units lie too far outside the image to draw them there


class ReceptiveFieldExplorer(Explorer):
    """A stack of windows on one axis; see `receptive_field`."""

    _esm = bundle("receptive_field")
    controls = CONTROLS

    # Any: geometry checks them, and its errors say what to write instead.
    n = Setting(28).tag(sync=True)
    layers = Setting().tag(sync=True)
    selected = Setting(0).tag(sync=True)
    unit = Setting(0).tag(sync=True)

    @traitlets.default("layers")
    def _strided(self):
        return _stack(PRESETS["strided"])

    @traitlets.validate("n", "layers")
    def _possible(self, proposal):
        """Refuse what no stack can be. A layer that merely does not fit is shown as such."""
        name, value = proposal["trait"].name, proposal["value"]
        settings = {"n": self.n, "layers": self.layers, name: value}  # may be new and unchecked
        checked = {"n": _pixels(settings["n"]), "layers": _stack(settings["layers"])}
        _drawable(**checked)
        return checked[name]

    @traitlets.validate("selected", "unit")
    def _index(self, proposal):
        return checked.index(proposal["trait"].name, proposal["value"])

    def picture(self) -> Picture:
        """The unit's cone through the layers, up to the first layer that does not fit."""
        return _draw(walk(self.layers, self.n), self.unit)


def receptive_field(
    layers: "Sequence[Window | dict] | keras.Model" = PRESETS["strided"],
    n: int | None = None,
    *,
    unit: int = 0,
    selected: int = 0,
    fixed: Sequence[str] = (),
    hidden: Sequence[str] = (),
) -> ReceptiveFieldExplorer:
    """Pick a unit of the last layer and see the pixels behind it, through every layer.

    The picture is of one axis. The other is alike, and the square below the picture shows both.

    Parameters
    ----------
    layers
        The windows from the input on; in a dict, a setting that is missing is as in `Window`. Of a
        model, the rows of its convolutions, poolings and ``ZeroPadding2D`` up to the first layer
        that slides no window over a map; layers that look at one pixel at a time, such as
        activations, leave the field as it is and are passed over.
    n
        Number of input pixels; by default 28, or the rows of the model's input.
    unit
        Index of the unit of the last layer, along both axes.
    selected
        Index of the layer whose settings the controls show.
    fixed, hidden
        Names of settings that cannot be moved, and of those that have no control; "layers" stands
        for the buttons that add and remove one.

    Raises
    ------
    traitlets.TraitError
        For a setting that no window can have, naming the layer and saying what to write instead.
        A stack in which a layer does not fit is shown as impossible.
    ValueError
        If the model branches, begins with no window, or has no graph or no input size to follow.
    """
    if hasattr(layers, "layers"):  # a Keras model, without importing Keras to ask
        layers, rows = _chain(layers)
        n = rows if n is None else n
        if n is None:
            raise ValueError("the model's input has no number of rows: give one, such as n=28")
    return ReceptiveFieldExplorer(
        layers=layers,
        n=28 if n is None else n,
        unit=unit,
        selected=selected,
        fixed=fixed,
        hidden=hidden,
    )


def _pixels(n: object) -> int:
    n = checked.setting("n", n)
    if n > LARGEST:
        raise traitlets.TraitError(f"n={n} is too large to draw: choose at most {LARGEST}")
    return n


def _stack(layers: object) -> list[dict]:
    """The settings of every layer, each of which is possible by itself."""
    if isinstance(layers, list | tuple) and layers:
        return [checked.layer(f"layer {row}", each) for row, each in enumerate(layers, start=1)]
    raise traitlets.TraitError(
        f"layers={layers!r}: give a list of at least one window, such as "
        "layers=[Window(3, strides=2), Window(3)], or a Keras model"
    )


def _drawable(n: int, layers: list[dict]) -> None:
    """Refuse maps that are too large to draw, up to the first layer that does not fit."""
    windows, sizes, _, _ = walk(layers, n)
    for index, (window, n) in enumerate(zip(windows, sizes, strict=False), start=1):
        padded = n + sum(window.pads(n))
        if padded > LARGEST:
            raise traitlets.TraitError(
                f"layer {index} gets {padded} pixels, padding included, which are too many to "
                f"draw: choose n and layers so that there are at most {LARGEST}"
            )


def _chain(model) -> tuple[list[Window], int | None]:
    """The windows along the rows of a model, one after the other, and its number of rows."""
    from course.keras_graph import WHOLE_MAP, chain, is_pixelwise, map_size, windows_of

    windows, rows, layer = [], None, None
    for layer, inputs, _ in chain(model):
        shape = inputs[0].shape
        found = not isinstance(layer, WHOLE_MAP) and windows_of(layer, shape)
        if found:
            rows = rows or map_size(layer, shape)[0]
            windows.append(found[0])
        elif not is_pixelwise(layer, shape):
            break
    if not windows:
        why = f"begins with {layer.name!r}, which slides no window" if layer else "has no layer"
        raise ValueError(f"model {model.name!r} {why}: give one that begins with Conv2D or pooling")
    return windows, rows


def _cone(windows: list[Window], sizes: list[int], unit: int) -> list[list[int]]:
    """What a unit of the last map reads in every map, the input first, padding included."""
    rows = [[unit]]
    for window, n, size in zip(windows[::-1], sizes[-2::-1], sizes[:0:-1], strict=True):
        positions = window.positions(n)
        firsts = [positions[u] for u in rows[0] if 0 <= u < size]  # padding itself reads nothing
        taps = range(0, window.span, window.dilation_rate)
        rows.insert(0, sorted({first + tap for first in firsts for tap in taps}))
    return rows


def _draw(walked: Walk, unit: int) -> Picture:
    """Draw one row of cells for each map, the input at the bottom, and the unit's cone."""
    windows, sizes, fields, problem = walked
    unit = min(unit, sizes[-1] - 1)
    trouble = f"Layer {problem.layer + 1}: {problem.error}" if problem else ""
    rows = _cone(windows, sizes, unit)
    pads = [*(w.pads(n) for w, n in zip(windows, sizes[:-1], strict=True)), (0, 0)]
    ends = [(-before, n + after) for (before, after), n in zip(pads, sizes, strict=True)]
    # A unit stands over the centre of its field and is as wide as the jump, so that units tile.
    lefts, wides = zip(*((each.start - each.jump / 2, each.jump) for each in fields), strict=True)
    low = min(left + end[0] * wide for left, wide, end in zip(lefts, wides, ends, strict=True))
    high = max(left + end[1] * wide for left, wide, end in zip(lefts, wides, ends, strict=True))
    if high - low > FAR * sizes[0] + 32:  # then each row gets a scale of its own
        low, high = 0, 32
        wides = [32 / (end - first) for first, end in ends]
        lefts = [-first * wide for (first, _), wide in zip(ends, wides, strict=True)]
    scale = min(38, (WIDTH - 2 * MARGIN) / (high - low))

    def x(row, units):
        return MARGIN + (lefts[row] + np.asarray(units) * wides[row] - low) * scale

    page, height, pitch = Page(), 22, 58
    top = page.heading([_title(unit, windows)], [trouble] if trouble else []) + 28
    labels = [_label(row, walked) for row in range(len(sizes))]
    for row in reversed(range(len(sizes))):
        y = top + (len(windows) - row) * pitch
        (first, end), n, wide = ends[row], sizes[row], wides[row] * scale
        if row < len(windows) and rows[row]:
            reading = [u for u in rows[row + 1] if 0 <= u < sizes[row + 1]]
            corners = [(each, y) for each in x(row, [rows[row][-1] + 1, rows[row][0]])]
            above_y = y - pitch + height
            corners += [(each, above_y) for each in x(row + 1, [reading[0], reading[-1] + 1])]
            page.add(Polygon(corners, facecolor=ORANGE_TINT, alpha=0.6))
        page.padding(grid(x(row, np.r_[first:0, n:end]), y), wide, height)
        fill, edge = (GREEN_TINT, GREEN) if row else (BLUE_TINT, BLUE)
        page.cells(grid(x(row, np.arange(n)), y), wide, height, fill, edge, gid=f"map {row}")
        for run in _runs(rows[row]):
            page.outline([(x(row, run[0]), y)], wide * len(run), height, gid=f"cone {row}")
        page.text(MARGIN, y - 11, labels[row], 12, ha="left", gid="label")
        page.right = max(page.right, MARGIN + text_width(labels[row], 12))
    pixels = [pixel for pixel in rows[0] if 0 <= pixel < sizes[0]]
    listed = ", ".join(f"{r[0]}–{r[-1]}" if len(r) > 1 else f"{r[0]}" for r in _runs(pixels))
    alt = [f"{_title(unit, windows)}, on one axis. {'. '.join(labels)}.", trouble]
    alt += [f"It reads {len(pixels)} of {sizes[0]} pixels: {listed or 'only padding'}."]
    right = max(x(row, end) for row, (_, end) in enumerate(ends))
    bottom = top + len(windows) * pitch
    return page.picture(right, bottom + height, " ".join(filter(None, alt)))


def _runs(units: list[int]) -> list[np.ndarray]:
    """Sorted units, cut where there are gaps."""
    return np.split(units, np.flatnonzero(np.diff(units) > 1) + 1) if units else []


def _title(unit: int, windows: list[Window]) -> str:
    return f"What unit {unit} of {f'layer {len(windows)}' if windows else 'the input'} reads"


def _label(row: int, walked: Walk) -> str:
    """Settings, size and field of a layer, in one line."""
    windows, sizes, fields, _ = walked
    if row == 0:
        return f"input: n = {sizes[0]}"
    window, field = windows[row - 1], fields[row]
    before, after = window.pads(sizes[row - 1])
    dilation = f", d = {window.dilation_rate}" if window.dilation_rate > 1 else ""
    settings = f"k = {window.kernel_size}, s = {window.strides}{dilation}, p = {before} + {after}"
    place = f"r = {field.size}, jump = {field.jump}, start = {number(field.start)}"
    return f"layer {row}: {settings}, o = {sizes[row]}; {place}"

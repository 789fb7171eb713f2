"""The explorer of what one unit of a stack of windows reads."""

import numpy as np
import traitlets
from matplotlib.patches import Polygon

from course.explore.base import Explorer, bundle
from course.explore.settings import WINDOW, Layers, Setting
from course.figures.kit import MARGIN, WIDTH, Page, grid, text_width
from course.figures.style import INPUT, ORANGE_TINT, OUTPUT
from course.geometry import Window
from course.models import PRESETS
from course.stack import walk
from course.text import number

SOME = "at least one window, such as layers=[Window(3, strides=2), Window(3)], or a Keras model"
LARGEST = 512  # pixels of a map with its padding; a screen has room for hardly more
FAR = 4  # times the input: beyond it, units lie too far outside the image to draw them there


class ReceptiveFieldExplorer(Explorer):
    """Pick a unit of the last layer and see the pixels behind it, through every layer.

    The picture is of one axis. The other is alike, and the square below the picture shows both.

    ``layers`` are windows from the input on, by default those of `course.models.strided`; in a
    dict, a setting that is missing is as in `Window`. Of a model, they are the rows of its
    convolutions, poolings and ``ZeroPadding2D`` up to the first layer that slides no window over a
    map; layers that look at one pixel at a time, such as activations, leave the field as it is and
    are passed over. A ``ValueError`` says what cannot be followed.
    """

    _esm = bundle("receptive_field")
    controls = ("n", *WINDOW, "layers")

    layers = Layers("layer ", SOME, help='"layers" are also the buttons that add and remove one.')
    n = Setting(28, help="Number of input pixels; by default 28, or the rows of the model's input.")
    selected = Setting(0, least=0, help="The layer whose settings the controls show.")
    unit = Setting(0, least=0, help="The unit of the last layer, along both axes.")

    def completed(self, given):
        """A Keras model brings its windows and its rows."""
        layers, n = given.pop("layers", PRESETS["strided"]), 28
        if hasattr(layers, "layers"):  # without importing Keras to ask
            layers, n = _chain(layers)
        if (n := given.get("n", n)) is None:
            raise ValueError("the model's input has no number of rows: give one, such as n=28")
        return given | {"layers": layers, "n": n}

    @traitlets.validate("n", "layers")
    def _possible(self, proposal):
        """Refuse what no stack can be. A layer that merely does not fit is shown as such."""
        state = {"n": self.n, "layers": self.layers, proposal["trait"].name: proposal["value"]}
        windows, sizes, _, _ = walk(state["layers"], state["n"])
        padded = [n + sum(w.pads(n)) for w, n in zip(windows, sizes, strict=False)] + sizes[-1:]
        # Up to one that does not fit.
        for layer, pixels in enumerate(padded[: len(state["layers"])], start=1):
            if pixels > LARGEST:
                raise traitlets.TraitError(
                    f"layer {layer} gets {pixels} pixels, padding included, which are too many to "
                    f"draw: choose n and layers so that there are at most {LARGEST}"
                )
        return state[proposal["trait"].name]

    def draw(self, layers, n, unit, **_):
        """A row of cells for each map, the input at the bottom, and the unit's cone.

        It ends with the first layer that does not fit.
        """
        windows, sizes, fields, problem = walk(layers, n)
        unit = min(unit, sizes[-1] - 1)
        rows = _cone(windows, sizes, unit)
        pads = [*(w.pads(n) for w, n in zip(windows, sizes[:-1], strict=True)), (0, 0)]
        ends = np.array(
            [(-before, n + after) for (before, after), n in zip(pads, sizes, strict=True)]
        )
        # A unit stands over the centre of its field and is as wide as the jump, so that units tile.
        lefts, wides = np.array([(each.start - each.jump / 2, each.jump) for each in fields]).T
        edges = lefts[:, None] + ends * wides[:, None]
        low, high = edges.min(), edges.max()
        if high - low > FAR * n + 32:  # then each row gets a scale of its own
            low, high = 0, 32
            wides = 32 / np.ptp(ends, axis=1)
            lefts = -ends[:, 0] * wides
        scale = min(38, (WIDTH - 2 * MARGIN) / (high - low))

        def x(row, units):
            return MARGIN + (lefts[row] + np.asarray(units) * wides[row] - low) * scale

        labels = [f"input: n = {n}"]
        for index, (window, field) in enumerate(zip(windows, fields[1:], strict=True), start=1):
            dilation = f", d = {window.dilation_rate}" if window.dilation_rate > 1 else ""
            labels.append(
                f"layer {index}: k = {window.kernel_size}, s = {window.strides}{dilation}, "
                f"padding {pads[index - 1][0]} + {pads[index - 1][1]}, o = {sizes[index]}; "
                f"r = {field.size}, jump = {field.jump}, start = {number(field.start)}"
            )
        title = f"What unit {unit} of {f'layer {len(windows)}' if windows else 'the input'} reads"
        trouble = [f"Layer {problem.layer + 1}: {problem.error}"] if problem else []
        page, height, pitch = Page(), 22, 58
        bottom = page.heading([title], trouble) + 28 + len(windows) * pitch
        for row in reversed(range(len(sizes))):
            y, (first, end), wide = bottom - row * pitch, ends[row], wides[row] * scale
            if row < len(windows) and rows[row]:
                above = [u for u in rows[row + 1] if 0 <= u < sizes[row + 1]]
                corners = [(each, y) for each in x(row, [rows[row][-1] + 1, rows[row][0]])]
                foot = y - pitch + height
                corners += [(each, foot) for each in x(row + 1, [above[0], above[-1] + 1])]
                page.add(Polygon(corners, facecolor=ORANGE_TINT, alpha=0.6))
            page.padding(grid(x(row, np.r_[first:0, sizes[row] : end]), y), wide, height)
            cells = grid(x(row, np.arange(sizes[row])), y)
            page.cells(cells, wide, height, *(OUTPUT if row else INPUT), gid=f"map {row}")
            for run in _runs(rows[row]):
                page.outline([(x(row, run[0]), y)], wide * len(run), height, gid=f"cone {row}")
            page.text(MARGIN, y - 11, labels[row], 12, ha="left", gid="label")
            page.right = max(page.right, MARGIN + text_width(labels[row], 12), x(row, end))
        pixels = [pixel for pixel in rows[0] if 0 <= pixel < n]
        listed = ", ".join(f"{r[0]}–{r[-1]}" if len(r) > 1 else f"{r[0]}" for r in _runs(pixels))
        alt = [f"{title}, on one axis. {'. '.join(labels)}.", *trouble]
        alt.append(f"It reads {len(pixels)} of {n} pixels: {listed or 'only padding'}.")
        return page.picture(0, bottom + height, " ".join(alt))


def _chain(model) -> tuple[list[Window], int | None]:
    """The windows along the rows of a model, one after the other, and its number of rows."""
    from course.keras_graph import chain, map_size, windows_of

    windows, rows = [], None
    for layer, inputs, _ in chain(model):
        found = windows_of(layer, inputs[0].shape)
        if not found:
            raise ValueError(
                f"model {model.name!r} has {layer.name!r} ({type(layer).__name__}), which the "
                "picture cannot show: give the windows before it, such as layers=[Window(3)]"
            )
        rows = rows or map_size(layer, inputs[0].shape)[0]
        windows.append(found[0])
    if not windows:
        why = f"model {model.name!r} slides no window over a map"
        raise ValueError(f"{why}: give one that begins with Conv2D or pooling")
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


def _runs(units: list[int]) -> list[np.ndarray]:
    """Sorted units, cut where there are gaps."""
    return np.split(units, np.flatnonzero(np.diff(units) > 1) + 1) if units else []

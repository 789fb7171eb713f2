"""A white page to draw on, and the picture that it becomes: the drawing kit of `course.figures`.

A picture is laid out by hand on a page measured in CSS pixels from its top left corner. At
matplotlib's 72 points per inch one point is one CSS pixel, so text of size 12 is as large as the
text around the picture.
"""

import base64
import html
import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PatchCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from PIL import Image

# Okabe and Ito's colours, which colour-blind readers can tell apart. As words on white, orange
# and green would be too pale (contrast below 4.5 : 1), so words take a darker shade.
BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#E69F00", "#009E73", "#999999", "#222222"
ORANGE_TEXT, GREEN_TEXT, GREY_TEXT = "#8A5D00", "#006B4E", "#666666"
BLUE_TINT, ORANGE_TINT, GREEN_TINT = "#CFE5F2", "#FBE9C7", "#CCECE3"
UNREAD, CROSSED = "#A63F00", "crossed out: never"
USAGE = LinearSegmentedColormap.from_list("usage", ["#EDF6FB", "#7DBADD", BLUE])

WIDTH = 860  # CSS pixels that a cell's output has room for on a laptop
MARGIN = 20
DENSITY = 2  # image pixels per CSS pixel
LONGEST = 128  # pixels on one axis; beyond it a cell is hardly wider than its outline


class Picture:
    """A matplotlib figure and its text alternative.

    It reaches the reader as html, because JupyterLab shows no text alternative for an image
    output.
    """

    def __init__(self, figure: Figure, alt: str):
        self.figure, self.alt = figure, alt

    def __repr__(self) -> str:
        return self.alt

    def png(self) -> bytes:
        """The picture as a PNG of at most 256 colours, without a date or other metadata."""
        canvas = FigureCanvasAgg(self.figure)
        canvas.draw()
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
        file = io.BytesIO()
        image.quantize(256, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        return file.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the PNG to ``path``."""
        Path(path).write_bytes(self.png())

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        alt, width = html.escape(self.alt), round(self.figure.get_figwidth() * 72)
        data = base64.b64encode(self.png()).decode()
        image = f'<img alt="{alt}" width="{width}" src="data:image/png;base64,{data}">'
        return {"text/html": image, "text/plain": self.alt}


class Page:
    """A white page; lengths in CSS pixels from its top left corner, sized when it is finished."""

    def __init__(self):
        self.figure = Figure(dpi=72 * DENSITY, facecolor="white")
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.right = 0

    def picture(self, right: float, bottom: float, alt: str) -> Picture:
        width, height = round(max(right, self.right) + MARGIN), round(bottom + MARGIN)
        self.figure.set_size_inches(width / 72, height / 72)
        self.axes.set(xlim=(0, width), ylim=(height, 0), aspect="auto")
        return Picture(self.figure, alt)

    def add(self, artist):
        self.axes.add_artist(artist)  # unlike add_patch and plot it works out no data limits
        artist.set(clip_on=False, zorder=len(self.axes.get_children()))  # later ones on top

    def text(self, x, y, text, size, color=INK, ha="center", weight="normal", halo=None, gid=None):
        around = {"facecolor": halo, "edgecolor": "none", "boxstyle": "round,pad=0.1"}
        text = Text(
            x, y, text, size=size, color=color, ha=ha, va="center_baseline", weight=weight,
            family="DejaVu Sans", parse_math=False, bbox=around if halo else None, gid=gid,
        )  # fmt: skip
        self.add(text)

    def line(self, xs, ys, color, width=1.0, marker=None, gid=None):
        ends = {"marker": marker, "markevery": [-1], "markersize": 4.5, "gid": gid}
        self.add(Line2D(xs, ys, color=color, linewidth=width, solid_capstyle="butt", **ends))

    def cells(
        self, corners, wide, high, fill, edge, texts=(), hatch=None, *,
        crossed=False, width=None, gid=None,
    ):  # fmt: skip
        """Draw a cell at every corner, with its text if there is room for all the texts.

        ``fill`` is one colour, or an array with one colour per corner.
        """
        boxes = [Rectangle(corner, wide, high) for corner in corners]
        width = width or (1 if min(wide, high) >= 13 else 0.5)
        paint = {"facecolor": fill, "edgecolor": edge, "hatch": hatch, "linewidth": width}
        self.add(PatchCollection(boxes, **paint, gid=gid))
        for x, y in corners if crossed else ():
            self.line([x, x + wide], [y, y + high], edge)
            self.line([x, x + wide], [y + high, y], edge)
        size = font_size(texts, wide, high)
        fills = [fill] * len(corners) if isinstance(fill, str) else fill
        for (x, y), text, behind in zip(corners, texts, fills, strict=True) if size else ():
            halo = behind if hatch or crossed else None  # keeps the lines off the text
            self.text(x + wide / 2, y + high / 2, text, size, ink(behind), halo=halo, gid=gid)

    def padding(self, corners, wide, high):
        self.zeros(corners, wide, high, GREY, hatch="////", gid="padding")

    def zeros(self, corners, wide, high, edge, **look):
        # In a narrower cell the zero would hide the hatch or the cross.
        texts = ["0"] * len(corners) if min(wide, high) >= 13 else ()
        self.cells(corners, wide, high, "white", edge, texts, **look)

    def outline(self, corners, wide, high, gid):
        self.cells(corners, wide, high, "none", "white", width=4.5)  # sets it off from the grid
        self.cells(corners, wide, high, "none", ORANGE, width=2.5, gid=gid)

    def usage(self, corners, wide, high, times, most):
        """A heat map: darker where a pixel is read more often, crossed out where never."""
        read, never = corners[times > 0], corners[times == 0]
        texts = [str(count) for count in times[times > 0]]
        self.cells(read, wide, high, USAGE(times[times > 0] / most), "white", texts, gid="usage")
        hatch = ".." if min(wide, high) >= 20 else None
        self.zeros(never, wide, high, UNREAD, hatch=hatch, crossed=True, gid="never read")

    def image(self, x, y, wide, high, array, cmap, limits, gid="map"):
        image = AxesImage(
            self.axes, cmap=cmap, norm=Normalize(*limits), interpolation="nearest",
            extent=(x, x + wide, y + high, y), origin="upper", gid=gid,
        )  # fmt: skip
        image.set_data(array)
        self.add(image)

    def scale(self, x, y, wide, cmap, limits):
        """A bar of colours above the two numbers that its ends stand for."""
        low, high = map(number, limits)
        if low == high:
            self.text(x, y + 4, extent(limits), 11, GREY_TEXT, ha="left")
            return
        self.image(x, y, wide, 6, np.linspace(0, 1, 256)[None], cmap, (0, 1), gid="scale")
        if text_width(low, 11) + 12 + text_width(high, 11) > wide:
            self.text(x, y + 16, extent(limits), 11, GREY_TEXT, ha="left", gid="range")
            return
        self.text(x, y + 16, low, 11, GREY_TEXT, ha="left", gid="low")
        self.text(x + wide, y + 16, high, 11, GREY_TEXT, ha="right", gid="high")

    def heading(self, titles, notes) -> float:
        """Write lines of title and lines of notes; return the y at which they end."""
        y = MARGIN + 8
        for lines, size, step, color in ((titles, 16, 24, INK), (notes, 12, 18, GREY_TEXT)):
            for line in lines:
                self.text(MARGIN, y, line, size, color, ha="left", gid="heading")
                self.right = max(self.right, MARGIN + text_width(line, size))
                y += step
        return y - 6

    def label(self, y, name, note, color):
        """Name a row, to the left of it, around the height ``y``."""
        self.text(MARGIN, y - 8 * bool(note), name, 13, color, ha="left", weight="bold")
        self.text(MARGIN, y + 9, note, 11, GREY_TEXT, ha="left")

    def caption(self, x, y, name, note, color):
        """Name a grid, above its top left corner."""
        self.text(x, y - 30, name, 13, color, ha="left", weight="bold")
        self.text(x, y - 13, note, 11, GREY_TEXT, ha="left")

    def ticks(self, xs, y, color, room):
        """Number the cells, each one or as many as there is room for."""
        widest = text_width(str(len(xs) - 1), 10) + 4
        step = next(step for step in (1, 2, 5, 10, 20, 50) if step * room >= widest)
        for index in range(0, len(xs), step):
            self.text(xs[index], y, str(index), 10, color, gid="index")


@lru_cache(maxsize=1024)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    if not text.strip():  # TextPath cannot be empty
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight=weight)
    return TextPath((0, 0), text, size=size, prop=font).get_extents().width


def font_size(texts: Sequence[str], wide: float, high: float) -> float:
    """The font size at which every text fits into its cell, or 0 if it would be too small."""
    size = min(13, 0.64 * high, *(8 * wide / (text_width(text, 10) or 1) for text in texts))
    return size if texts and size >= 7.5 else 0


def grid(xs, ys) -> np.ndarray:
    """The corners (x, y) of a grid of cells, row by row."""
    return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)


def cell_size(room: float, count: int, largest: float) -> float:
    """Side of a cell so that ``count`` fit into ``room``, in whole pixels of the image."""
    if count > LONGEST:
        raise ValueError(
            f"{count} pixels with padding are too many for one picture: draw at most {LONGEST}."
        )
    return min(largest, room * DENSITY // count / DENSITY)


def ink(fill) -> str:
    """Black or white, whichever has more contrast on ``fill`` (always at least 4.5 : 1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(fill)]
    luminance = np.dot([0.2126, 0.7152, 0.0722], linear)  # as WCAG 2.2 defines it
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"


def number(value: float) -> str:
    """At most three decimals, or three digits if it is tiny, and a true minus sign."""
    text = f"{value:.3g}" if 0 < abs(value) < 0.001 else f"{value:.3f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


def extent(limits: Sequence[float]) -> str:
    """A range of values in words."""
    low, high = map(number, limits)
    return f"all {low}" if low == high else f"{low} to {high}"

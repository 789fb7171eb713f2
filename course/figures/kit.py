"""The drawing kit of `course.figures`: a white page to draw on, and the picture that it becomes.

A picture is laid out by hand on a page measured in CSS pixels from its top left corner. At
matplotlib's 72 points per inch one point is one CSS pixel, so text of size 12 is as large as the
text around the picture.
"""

import base64
import html
import io
import pathlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from matplotlib import style as looks
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap, to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, Bbox
from PIL import Image

from course.figures.style import GREY, GREY_TEXT, INK, ORANGE, PAPER, UNREAD, USAGE
from course.text import number

# At 900 px, with the side bar open, JupyterLab shows a picture of this width at 448 px; text of
# the smallest size is 9 px high there.
WIDTH = 544  # CSS pixels
SMALLEST = 11
MARGIN = 10
DENSITY = 2  # image pixels per CSS pixel
LONGEST = 128  # pixels on one axis; beyond it a cell is hardly wider than its outline
CROSSED = "crossed out: never"
HEAT = LinearSegmentedColormap.from_list("usage", USAGE)


class Picture:
    """A matplotlib figure and its text alternative.

    It reaches the reader as html, because JupyterLab shows no text alternative for an image
    output.
    """

    def __init__(self, figure: Figure, alt: str):
        self.figure, self.alt = figure, alt

    def __repr__(self) -> str:
        return self.alt

    @looks.context("default")
    def png(self) -> bytes:
        """The picture as a PNG of at most 256 colours, without a date or other metadata."""
        canvas = FigureCanvasAgg(self.figure)
        canvas.draw()
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
        file = io.BytesIO()
        few = image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(file, "PNG", compress_level=8)  # 9 takes twice as long for 2 % less
        return file.getvalue()

    def save(self, path: str | pathlib.Path) -> None:
        """Write the PNG to ``path``."""
        pathlib.Path(path).write_bytes(self.png())

    def html(self) -> str:
        """The picture as an element that needs no other file."""
        alt, width = html.escape(self.alt), round(self.figure.get_figwidth() * 72)
        data = base64.b64encode(self.png()).decode()
        return f'<img alt="{alt}" width="{width}" src="data:image/png;base64,{data}">'

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.alt}


class Page:
    """A white page; lengths in CSS pixels from its top left corner, sized when it is finished."""

    @looks.context("default")
    def __init__(self):
        self.figure = Figure(dpi=72 * DENSITY, facecolor=PAPER)
        self.inches = Affine2D()  # for CSS pixels; with axes, laying out would take twice as long
        self.place = self.inches + self.figure.dpi_scale_trans
        self.right = 0

    def picture(self, right: float, bottom: float, alt: str) -> Picture:
        width, height = round(max(right, self.right) + MARGIN), round(bottom + MARGIN)
        self.figure.set_size_inches(width / 72, height / 72)
        self.inches.scale(1, -1).translate(0, height).scale(1 / 72)
        return Picture(self.figure, alt)

    def add(self, artist):
        artist.set(transform=self.place, zorder=1 + len(self.figure.artists))  # later ones on top
        self.figure.add_artist(artist)

    def text(self, x, y, text, size, color=INK, ha="center", weight="normal", halo=None, gid=None):
        look = {"size": size, "color": color, "weight": weight, "family": "DejaVu Sans"}
        self.add(Words(x, y, text, halo=halo, ha=ha, va="center_baseline", gid=gid, **look))

    def line(self, xs, ys, color, width=1.0, marker=None):
        end = {"marker": marker, "markevery": [-1], "markersize": 4.5}
        self.add(Line2D(xs, ys, color=color, linewidth=width, solid_capstyle="butt", **end))

    def dots(self, xs, y, marker, fill, edge, size, gid=None):
        look = {"markerfacecolor": fill, "markeredgecolor": edge, "markersize": size}
        ys = y + 3 * (np.arange(len(xs)) - (len(xs) - 1) / 2)  # so that none hides another
        self.add(Line2D(xs, ys, linestyle="none", marker=marker, gid=gid, **look))

    def cells(
        self, corners, wide, high, fill, edge, texts=(), hatch=None, *,
        crossed=False, width=None, gid=None,
    ):  # fmt: skip
        """Draw a cell at every corner, with its text if there is room for all the texts.

        ``fill`` is one colour, or an array with one colour per corner.
        """
        box = [(0, 0), (wide, 0), (wide, high), (0, high)]
        boxes = np.reshape(corners, (-1, 1, 2)) + box
        width = width or (1 if min(wide, high) >= 13 else 0.5)
        paint = {"facecolor": fill, "edgecolor": edge, "hatch": hatch, "linewidth": width}
        self.add(PolyCollection(boxes, **paint, gid=gid))  # far quicker than as many Rectangles
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
        self.cells(corners, wide, high, PAPER, edge, texts, **look)

    def outline(self, corners, wide, high, gid):
        self.cells(corners, wide, high, "none", PAPER, width=4.5)  # sets it off from the grid
        self.cells(corners, wide, high, "none", ORANGE, width=2.5, gid=gid)

    def usage(self, corners, wide, high, times, most):
        """A heat map: darker where a pixel is read more often, crossed out where never."""
        read, never = corners[times > 0], corners[times == 0]
        texts = [str(count) for count in times[times > 0]]
        self.cells(read, wide, high, HEAT(times[times > 0] / most), PAPER, texts, gid="usage")
        hatch = ".." if min(wide, high) >= 20 else None
        self.zeros(never, wide, high, UNREAD, hatch=hatch, crossed=True, gid="never read")

    def plot(self, x, y, wide, high) -> Axes:
        """Axes of their own for what matplotlib draws by itself."""
        place = Bbox([[x, y + high], [x + wide, y]])
        axes = self.figure.add_axes((0, 0, 1, 1))
        axes.set_axes_locator(lambda *_: place.transformed(self.place - self.figure.transFigure))
        return axes

    def image(self, array, x, y, wide, high, limits=(0, 1), colours="gray") -> AxesImage:
        axes = self.plot(x, y, wide, high)
        axes.set(xticks=(), yticks=())
        image = axes.imshow(array, colours, aspect="auto", interpolation="nearest")
        image.set_clim(*limits)
        return image

    def scale(self, image: AxesImage, x, y, wide):
        """A bar of an image's colours above the numbers that its ends stand for."""
        low, high = image.get_clim()
        if low == high:
            self.text(x, y + 8, f"all {number(low)}", SMALLEST, GREY_TEXT, ha="left")
            return
        self.right = max(self.right, x + wide)
        bar = self.figure.colorbar(image, cax=self.plot(x, y, wide, 6), orientation="horizontal")
        bar.set_ticks([low, high], labels=[number(low), number(high)])
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=0, pad=4, labelsize=SMALLEST, labelcolor=GREY_TEXT)
        for label, side in zip(bar.ax.get_xticklabels(), ("left", "right"), strict=True):
            label.set_ha(side)

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
        self.caption(MARGIN, y + (22 if note else 30), name, note, color)

    def caption(self, x, y, name, note, color):
        """Name a grid, above its top left corner."""
        self.text(x, y - 30, name, 13, color, ha="left", weight="bold")
        self.text(x, y - 13, note, SMALLEST, GREY_TEXT, ha="left")

    def ticks(self, xs, y, color, room):
        """Number the cells, each one or as many as there is room for."""
        widest = text_width(str(len(xs) - 1), SMALLEST) + 4
        step = next(step for step in (1, 2, 5, 10, 20, 50) if step * room >= widest)
        for index in range(0, len(xs), step):
            self.text(xs[index], y, str(index), SMALLEST, color, gid="index")


class Words(Text):
    """A line of text, drawn as a shape: to set it in type takes ten times as long.

    A line in the colour of ``halo`` around it keeps a hatch off the text.
    """

    def __init__(self, *args, halo=None, **look):
        super().__init__(*args, parse_math=False, **look)
        self.halo = halo

    def draw(self, renderer):
        text, size, weight = self.get_text(), self.get_size(), self.get_weight()
        if not text.strip():
            return
        scale = renderer.points_to_pixels(1)
        part = {"left": 0, "center": 0.5, "right": 1}[self.get_ha()]
        x, y = self.get_transform().transform(self.get_position())
        x, y = x - part * text_width(text, size, weight) * scale, y - 0.38 * size * scale
        place = Affine2D().scale(scale).translate(round(x), round(y))  # equal texts, equal pixels
        gc, shape = renderer.new_gc(), outline(text, size, weight)
        if self.halo is not None:
            gc.set_foreground(self.halo)
            gc.set_linewidth(4 * scale)
            renderer.draw_path(gc, shape, place)
        gc.set_linewidth(0)
        renderer.draw_path(gc, shape, place, to_rgba(self.get_color()))


@lru_cache(maxsize=1024)
def outline(text: str, size: float, weight: str) -> Path:
    font = FontProperties(family="DejaVu Sans", weight=weight)
    path = TextPath((0, 0), text, size=size, prop=font)
    return Path(path.vertices, path.codes)  # a TextPath works these out anew each time


@lru_cache(maxsize=1024)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    if not text.strip():  # TextPath cannot be empty
        return 0.0
    path = outline(text, size, weight)
    # As get_extents() says, ten times as quickly: the curves of this font turn at its points.
    points = np.asarray(path.vertices)[np.asarray(path.codes) != Path.CLOSEPOLY]
    return float(np.ptp(points[:, 0]))


def font_size(texts: Sequence[str], wide: float, high: float) -> float:
    """The font size at which every text fits into its cell, or 0 if it would be too small."""
    size = min(13, 0.92 * high, *(8 * wide / (text_width(text, 10) or 1) for text in texts))
    return size if texts and size >= SMALLEST else 0


def grid(xs, ys) -> np.ndarray:
    """The corners (x, y) of a grid of cells, row by row."""
    return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)


def cell_size(room: float, count: float, largest: float) -> float:
    """Side of a cell so that ``count`` fit into ``room``, in whole pixels of the image."""
    return min(largest, max(room * DENSITY // count, 1) / DENSITY)


def ink(fill) -> str:
    """Black or white, whichever has more contrast on ``fill`` (always at least 4.5 : 1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(fill)]
    luminance = np.dot([0.2126, 0.7152, 0.0722], linear)  # as WCAG 2.2 defines it
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"

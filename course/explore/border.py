"""The explorer of what fills the border of an image."""

import numpy as np
import traitlets
from matplotlib.patches import Polygon

from course import digits, figures
from course.explore.base import Explorer, bundle
from course.explore.settings import Array, Place, Setting
from course.figures.style import GREY
from course.geometry import SettingError
from course.questions.values import FILLS

LARGEST = 1e6  # a longer number has no room in a pixel


class BorderExplorer(Explorer):
    """Fill the border of an image, see what each pixel copies, and how far it spreads.

    Beside the image with its border stands what some layers of 3 × 3 box blur make of it. Each
    layer pads with the same fill, by one pixel, so its output is as large as the image; an output
    that saw padding, directly or through the layers before, is hatched.

    The fills are called as in PyTorch; numpy.pad calls them ``"constant"``, ``"reflect"``,
    ``"symmetric"``, ``"edge"`` and ``"wrap"``::

        "zero"         0 0 | 1 2 3 4 5 | 0 0
        "reflect"      3 2 | 1 2 3 4 5 | 4 3
        "symmetric"    2 1 | 1 2 3 4 5 | 5 4
        "replicate"    1 1 | 1 2 3 4 5 | 5 5
        "circular"     4 5 | 1 2 3 4 5 | 1 2

    A border too wide for a small image to be mirrored is shown as impossible, as TensorFlow and
    PyTorch refuse it; numpy.pad would mirror the mirror image. Up to 9 × 9 numbers are written into
    the pixels. With no image there is a built-in digit in dark ink (0) on white paper (255): on it,
    a border of zeros is seen to be made up.
    """

    _esm = bundle("border")
    controls = ("fill", "width", "layers", "contaminated")

    image = Array(
        traitlets.Undefined,
        "one channel of one image, rows by columns, with 2 to 64 pixels a side and numbers up to "
        f"±{LARGEST:,.0f}, such as batch[0, :, :, 0]",
        most=(64, 64),
        least=2,
        limits=(-LARGEST, LARGEST),
    )
    fill = traitlets.Unicode("zero", help="What fills the border.")
    width = Setting(2, least=0, most=4, help="Pixels of border shown; the result is the same.")
    layers = Setting(1, least=0, most=6, help="Number of blurs.")
    contaminated = traitlets.Bool(True, help="Whether to hatch the outputs that saw padding.")
    at = Place([-1, 1], least=-np.inf, help="The pixel picked, outside the image in the border.")

    @traitlets.default("image")
    def _digit(self):
        (images, _), _ = digits.load("builtin")
        return (255 - images[0]).tolist()

    @traitlets.validate("fill")
    def _known(self, proposal):
        fill = proposal["value"]
        if fill in FILLS:
            return fill
        theirs = {mode: ours for ours, (mode, _) in FILLS.items()}.get(fill)
        hint = f"numpy's {fill!r} is fill={theirs!r} here" if theirs else f"take one of {[*FILLS]}"
        raise traitlets.TraitError(f"fill={fill!r} is unknown: {hint}")

    def draw(self, image, fill, width, layers, **_):
        """The image, its border and the blurred result, as numpy computes them."""
        image, (mode, _) = np.array(image), FILLS[fill]
        n = min(image.shape)
        nearest = {"reflect": n - 1, "symmetric": n}.get(fill, width)
        if width > nearest:
            why = f"{fill} finds only {nearest} to copy on a side of {n}"
            raise SettingError("width", width, why, nearest)
        blurred = image
        for _ in range(layers):
            padded = np.pad(blurred, 1, mode)
            blurred = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).mean(axis=(2, 3))
        clean = np.prod([max(n - 2 * layers, 0) for n in image.shape])
        blurs = f"{layers} layer" + "s" * (layers != 1)
        maps = {
            "image": image,
            f"{fill}, width={width}": np.pad(image, width, mode),
            f"after layer {layers}": blurred,
        }
        ends = min(image.min(), 0), max(image.max(), 0)  # 0 may be filled in
        picture = figures.maps(maps, values=True, scale=ends)
        corners = np.array([(0, 0), (0, 1), (1, 1), (1, 0), (0, 0)])
        inner = corners * image.shape[::-1] + width - 0.5
        ring = [*(corners * np.add(image.shape, 2 * width)[::-1] - 0.5), *inner[::-1]]
        look = {"fill": False, "edgecolor": GREY, "linewidth": 0, "gid": "padding"}
        picture.figure.axes[1].add_patch(Polygon(ring, hatch="//", **look))
        share = f"{1 - clean / image.size:.1%}".replace("%", " %")
        picture.alt = (
            f"What fills the border of an image: {fill}. After {blurs} of 3 × 3 box "
            f"blur, each padded by 1 pixel, {share} of the outputs saw padding. {picture.alt}"
        )
        return picture

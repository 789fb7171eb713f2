"""The explorer of one window on an image."""

import contextlib

import traitlets

from course import figures
from course.explore.base import Explorer, bundle
from course.explore.settings import WINDOW, Array, Place, Setting
from course.figures.kit import LONGEST
from course.geometry import SettingError, Window

CONTROLS = ("n", *WINDOW)
SQUARE = "a square of finite numbers, rows by columns, such as numpy.ones((3, 3))"
SIZED_BY = {"n": "values", "kernel_size": "kernel"}  # if they are given


class WindowExplorer(Explorer):
    """Slide a window over an image of n × n pixels: drag it, step it, point at an output.

    Numbers of the image, ``values``, bring ``n``; weights of the window, ``kernel``, bring
    ``kernel_size``. Given both, the picture shows the products and their sum. The window is the
    same on both axes, as in `course.geometry.Window`.
    """

    _esm = bundle("window")
    controls = CONTROLS

    n = Setting(7, help="The pixels of a side of the image.")
    kernel_size = Setting(3)
    strides = Setting(1)
    padding = Setting("valid")
    dilation_rate = Setting(1)
    values = Array(None, SQUARE, most=(LONGEST, LONGEST), square=True, kind=float)
    kernel = Array(None, SQUARE, most=(LONGEST, LONGEST), square=True, kind=float)
    at = Place([0, 0], help="The output whose window is shown.")
    usage = traitlets.Bool(False, help="Whether to show how often each pixel is read.")
    compare = traitlets.Bool(False, help="Whether to show PyTorch and rounding up beside Keras.")

    def completed(self, given):
        """An image and a kernel bring their sizes, see `_resize`."""
        return {n: each for n, each in given.items() if given.get(SIZED_BY.get(n)) is None}

    @traitlets.validate(*CONTROLS)
    def _possible(self, proposal):
        """Refuse what no window can be. A window that merely does not fit is shown as such."""
        name, value = proposal["trait"].name, proposal["value"]
        given = SIZED_BY.get(name)
        rows = given and getattr(self, given)
        if rows and len(rows) != value:
            raise traitlets.TraitError(
                f"{name}={value} does not fit {given}, which has {len(rows)} rows. "
                f"Set {given} to an array of the new size, or to None"
            )
        settings = {each: getattr(self, each) for each in CONTROLS} | {name: value}
        with contextlib.suppress(SettingError):  # impossible together, which the view explains
            n, window = settings.pop("n"), Window(**settings)
            if n + sum(window.pads(n)) > LONGEST:
                raise traitlets.TraitError(
                    f"n={n} with {window} has {n + sum(window.pads(n))} pixels, padding included: "
                    f"choose settings with at most {LONGEST}"
                )
        return value

    @traitlets.observe("values", "kernel")
    def _resize(self, change):
        """An image brings its size, and a kernel that of the window."""
        for size, given in SIZED_BY.items():
            if change["name"] == given and change["new"] is not None:
                setattr(self, size, len(change["new"]))

    def draw(self, n, at, **state):
        """One stop of the window."""
        window = Window(*(state[name] for name in WINDOW))
        last = window.output_size(n) - 1
        return figures.window(window, n, at=tuple(min(unit, last) for unit in at))

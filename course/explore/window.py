"""The explorer of one window on an image."""

import contextlib
import operator

import numpy as np
import traitlets

from course import figures
from course.explore.base import Explorer, bundle
from course.explore.settings import WINDOW, Anything, Setting
from course.figures.kit import LONGEST
from course.geometry import SettingError, Window

CONTROLS = ("n", *WINDOW)
SIZED_BY = {"n": "values", "kernel_size": "kernel"}  # if they are given


class WindowExplorer(Explorer):
    """Slide a window over an image of n × n pixels: drag it, step it, point at an output.

    Parameters
    ----------
    n, kernel_size, strides, padding, dilation_rate
        As in `course.geometry.Window`, for both axes.
    values : array (n, n), optional
        Numbers of the image, which bring ``n``. With ``kernel``, the picture shows the products
        and their sum.
    kernel : array (kernel_size, kernel_size), optional
        Weights of the window, which bring ``kernel_size``.
    at : (int, int)
        The output, row and column, whose window is shown.
    usage, compare : bool
        Whether to show how often each pixel is read, and Keras beside PyTorch and rounding up.
    fixed, hidden : lists of str
        Names of settings that cannot be moved, and of those that have no control.

    Raises
    ------
    traitlets.TraitError
        For a setting that no window can have, saying what to write instead. A kernel that is
        larger than the image is shown as impossible.
    """

    _esm = bundle("window")
    controls = CONTROLS

    n = Setting(7).tag(sync=True)
    kernel_size = Setting(3).tag(sync=True)
    strides = Setting(1).tag(sync=True)
    padding = Setting("valid").tag(sync=True)
    dilation_rate = Setting(1).tag(sync=True)
    values = traitlets.Any(None).tag(sync=True)
    kernel = traitlets.Any(None).tag(sync=True)
    at = Anything([0, 0]).tag(sync=True)
    usage = traitlets.Bool(False).tag(sync=True)
    compare = traitlets.Bool(False).tag(sync=True)

    def completed(self, given):
        """An image and a kernel bring their sizes, see `_resize`."""
        return {n: each for n, each in given.items() if given.get(SIZED_BY.get(n)) is None}

    @traitlets.validate(*CONTROLS)
    def _possible(self, proposal):
        """Refuse what no window can be. A window that merely does not fit is shown as such."""
        name, value = proposal["trait"].name, proposal["value"]
        given = SIZED_BY.get(name)
        rows = _numbers(given and getattr(self, given)).shape[:1]
        if rows not in ((), (value,)):
            raise traitlets.TraitError(
                f"{name}={value} does not fit {given}, which has {rows[0]} rows. "
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

    @traitlets.validate("at")
    def _unit(self, proposal):
        with contextlib.suppress(TypeError, ValueError):
            row, column = map(operator.index, proposal["value"])
            if min(row, column) >= 0:
                return [row, column]
        raise traitlets.TraitError(
            f"at={proposal['value']!r} is no output: give its (row, column), such as at=(0, 0)"
        )

    @traitlets.validate("values", "kernel")
    def _square(self, proposal):
        name, rows = proposal["trait"].name, proposal["value"]
        if rows is None:
            return None
        array = _numbers(rows)
        if array.ndim != 2 or array.shape[0] != array.shape[1] or not np.isfinite(array).all():
            raise traitlets.TraitError(
                f"{name} has shape {array.shape}: give a square of finite numbers, rows by "
                f"columns, such as {name}=numpy.ones((3, 3))"
            )
        return array.tolist()

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


window = WindowExplorer


def _numbers(rows: object) -> np.ndarray:
    """Rows as an array; of shape () if they are none."""
    try:
        return np.asarray(rows, float)
    except (TypeError, ValueError):
        return np.empty(())

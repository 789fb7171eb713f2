"""The explorer of one window on an image."""

import contextlib
import operator
from collections.abc import Sequence

import numpy as np
import traitlets

from course import figures
from course.explore import settings as checked
from course.explore.base import Explorer, Setting, bundle
from course.figures.kit import LONGEST
from course.geometry import SettingError, Window

CONTROLS = ("n", *checked.WINDOW)
SIZED_BY = {"n": "values", "kernel_size": "kernel"}  # if they are given


class WindowExplorer(Explorer):
    """One window on an image; see `window`."""

    _esm = bundle("window")
    controls = CONTROLS

    # Any: geometry checks them, and its errors say what to write instead.
    n = Setting(7).tag(sync=True)
    kernel_size = Setting(3).tag(sync=True)
    strides = Setting(1).tag(sync=True)
    padding = Setting("valid").tag(sync=True)
    dilation_rate = Setting(1).tag(sync=True)
    at = Setting([0, 0]).tag(sync=True)
    usage = traitlets.Bool(False).tag(sync=True)
    compare = traitlets.Bool(False).tag(sync=True)
    values = traitlets.Any(None).tag(sync=True)
    kernel = traitlets.Any(None).tag(sync=True)

    @traitlets.validate(*CONTROLS)
    def _possible(self, proposal):
        """Refuse what no window can be. A window that merely does not fit is shown as such."""
        name, value = proposal["trait"].name, proposal["value"]
        value = checked.setting(name, value)
        given = SIZED_BY.get(name)
        if given and getattr(self, given) is not None and _side(getattr(self, given)) != value:
            raise traitlets.TraitError(
                f"{name}={value} does not fit {given}, which has {_side(getattr(self, given))} "
                f"rows. Set {given} to an array of the new size, or to None"
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
        try:
            row, column = map(operator.index, proposal["value"])
        except (TypeError, ValueError):
            row = column = -1
        if min(row, column) < 0:
            raise traitlets.TraitError(
                f"at={proposal['value']!r} is no output: give its (row, column), such as at=(0, 0)"
            )
        return [row, column]

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

    def picture(self) -> figures.Picture:
        """The window where it stands, or, when it fits nowhere, the nearest one that does."""
        settings, trouble = {name: getattr(self, name) for name in checked.WINDOW}, ""
        try:
            Window(**settings).output_size(self.n)
        except SettingError as error:
            settings[error.setting] = error.nearest
            trouble = f"{error} The picture shows {error.setting}={error.nearest}. "
        drawn = Window(**settings)
        at = tuple(min(unit, drawn.output_size(self.n) - 1) for unit in self.at)
        picture = figures.window(drawn, self.n, at=at)
        picture.alt = trouble + picture.alt
        return picture


def window(
    n: int = 7,
    kernel_size: int = 3,
    strides: int = 1,
    padding: str | int | tuple[int, int] = "valid",
    dilation_rate: int = 1,
    values: np.ndarray | None = None,
    kernel: np.ndarray | None = None,
    *,
    at: tuple[int, int] = (0, 0),
    usage: bool = False,
    compare: bool = False,
    fixed: Sequence[str] = (),
    hidden: Sequence[str] = (),
) -> WindowExplorer:
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
    at
        The output, row and column, whose window is shown.
    usage, compare
        Whether to show how often each pixel is read, and Keras beside PyTorch and rounding up.
    fixed, hidden
        Names of settings that cannot be moved, and of those that have no control.

    Raises
    ------
    traitlets.TraitError
        For a setting that no window can have, saying what to write instead. A kernel that is
        larger than the image is shown as impossible.
    """
    return WindowExplorer(
        n=n if values is None else _side(values),
        kernel_size=kernel_size if kernel is None else _side(kernel),
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        values=values,
        kernel=kernel,
        at=at,
        usage=usage,
        compare=compare,
        fixed=fixed,
        hidden=hidden,
    )


def _numbers(rows: object) -> np.ndarray:
    """Rows as an array; of shape () if they are none."""
    try:
        return np.asarray(rows, float)
    except (TypeError, ValueError):
        return np.empty(())


def _side(rows: object) -> int:
    """Number of rows."""
    return len(np.atleast_1d(_numbers(rows)))

"""Checking what Python sets: settings as geometry takes them and as the browser gets them.

Every error is a ``traitlets.TraitError`` that says what to write instead.
"""

import contextlib
import operator
from dataclasses import asdict

import numpy as np
import traitlets

from course.geometry import SettingError, Window, whole

WINDOW = asdict(Window())  # the settings of a window, with their defaults


class Anything(traitlets.Any):
    """A trait whose validator is asked about whatever Python sets, None included."""

    allow_none = False


class Setting(Anything):
    """One setting of a window by itself, or a whole number of something, such as filters."""

    def __init__(self, default, least: int = 1, most: int | None = None, **more):
        super().__init__(default, **more)
        self.least, self.most = least, most

    def info(self) -> str:
        """What it may be."""
        if isinstance(self.default_value, str):  # a padding
            return "str, int or (int, int)"
        return f"{self.least} to {self.most}" if self.most else f"int, at least {self.least}"

    def validate(self, obj, value):
        """The setting as plain data."""
        return setting(self.name, value, self.least, self.most)


class Place(Anything):
    """The (row, column) of a pixel, each at least ``least``."""

    info_text = "(row, column)"

    def __init__(self, default: list[int], least: float = 0, **more):
        super().__init__(default, **more)
        self.least = least

    def validate(self, obj, value):
        """The place as a list of two ints."""
        with contextlib.suppress(TypeError, ValueError):
            row, column = map(operator.index, value)
            if min(row, column) >= self.least:
                return [row, column]
        example = f"{self.info()}, such as {self.name}=(0, 0)"
        raise traitlets.TraitError(f"{self.name}={value!r}: give a {example}")


class Array(Anything):
    """Numbers, of which ``give`` says in words how many and how large they may be.

    None stands for the default; `kind` is what they become, if they do not stay as they are.
    """

    def __init__(self, default, give, most, least=1, square=False, limits=None, kind=None, **more):
        super().__init__(default, allow_none=default is None, **more)
        self.info_text, self.most, self.least, self.square = give, most, least, square
        self.limits, self.kind = limits or (-np.inf, np.inf), kind

    def validate(self, obj, value):
        """The numbers as lists."""
        try:
            array = np.asarray(obj.trait_defaults(self.name) if value is None else value)
        except (TypeError, ValueError):
            array = np.empty(0, object)
        low, high = self.limits
        if array.dtype.kind not in "biuf":  # truth values, whole numbers, floating-point numbers
            fault = "is no array of numbers, in rows of equal length"
        elif (
            array.ndim != len(self.most)
            or min(array.shape) < self.least
            or any(np.greater(array.shape, self.most))
            or (self.square and len(set(array.shape)) > 1)
        ):
            fault = f"has the shape {array.shape}"
        elif not (np.isfinite(array) & (array >= low) & (array <= high)).all():
            fault = f"has numbers from {array.min():g} to {array.max():g}"
        elif self.kind is int and (array != np.round(array)).any():
            fault = "has fractions"
        else:
            return array.astype(self.kind or array.dtype).tolist()
        raise traitlets.TraitError(f"{self.name} {fault}: give {self.info()}")


def setting(name: str, value, least: int = 1, most: int | None = None):
    """A setting, of this name, as plain data."""
    window = name in WINDOW
    try:
        value = getattr(Window(**{name: value}), name) if window else whole(name, value, least)
        if most is not None and value > most:
            raise SettingError(name, value, f"it must be at most {most}", most)
    except SettingError as error:
        raise traitlets.TraitError(str(error)) from None
    return list(value) if isinstance(value, tuple) else value


class Layers(Anything):
    """Settings of layers, each of which is possible by itself; ``called`` and a number names one.

    ``give`` says in words how many there may be and of what.
    """

    def __init__(self, called: str, give: str, most=None, defaults: dict = WINDOW, **more):
        super().__init__(**more)
        self.called, self.info_text, self.most, self.defaults = called, give, most, defaults

    def validate(self, obj, value):
        """All settings of each layer, as dicts."""
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= (self.most or len(value)):
            raise traitlets.TraitError(f"{self.name}={value!r}: give a list of {self.info()}")
        return [self.layer(f"{self.called}{i}", each) for i, each in enumerate(value, start=1)]

    def layer(self, where: str, layer: object) -> dict:
        """All settings of one layer."""
        layer = asdict(layer) if isinstance(layer, Window) else layer
        if not isinstance(layer, dict) or not set(layer) <= set(self.defaults):
            some = f"a dict with any of {', '.join(self.defaults)}, such as {self.defaults}"
            raise traitlets.TraitError(f"{where} is {layer!r}: give {some}")
        try:
            return {name: setting(name, each) for name, each in (self.defaults | layer).items()}
        except traitlets.TraitError as error:
            raise traitlets.TraitError(f"{where}: {error}") from None

"""Checking what Python sets: settings as geometry takes them and as the browser gets them.

Every error is a ``traitlets.TraitError`` that says what to write instead.
"""

import contextlib
import operator
from dataclasses import asdict

import traitlets

from course.geometry import SettingError, Window, whole

WINDOW = asdict(Window())  # the settings of a window, with their defaults


class Anything(traitlets.Any):
    """A trait whose validator is asked about whatever Python sets, None included."""

    allow_none = False


class Setting(Anything):
    """One setting of a window by itself, or how many there are of something, such as filters."""

    def validate(self, obj, value):
        """The setting as plain data."""
        return setting(self.name, value)


class Index(Anything):
    """The index of one of several things."""

    def validate(self, obj, value):
        """The index as an int."""
        with contextlib.suppress(TypeError):
            if operator.index(value) >= 0:
                return operator.index(value)
        raise traitlets.TraitError(f"{self.name}={value!r}: give a whole number; the first is 0")


def setting(name: str, value):
    """A setting, of this name, as plain data."""
    try:
        value = getattr(Window(**{name: value}), name) if name in WINDOW else whole(name, value)
    except SettingError as error:
        raise traitlets.TraitError(str(error)) from None
    return list(value) if isinstance(value, tuple) else value


def layer(where: str, layer: object, defaults: dict = WINDOW) -> dict:
    """All settings of a layer, of which each is possible by itself; ``where`` names it."""
    if isinstance(layer, Window):
        layer = asdict(layer)
    if not isinstance(layer, dict) or not set(layer) <= set(defaults):
        raise traitlets.TraitError(
            f"{where} is {layer!r}: give a dict with any of {', '.join(defaults)}, "
            f"such as {defaults}"
        )
    try:
        return {name: setting(name, value) for name, value in (defaults | layer).items()}
    except traitlets.TraitError as error:
        raise traitlets.TraitError(f"{where}: {error}") from None

"""What a student's code returns, as plain data: numbers in lists, which cannot lie."""

import re
import sys
import types
from fractions import Fraction

from course.questions.answers import LARGEST

MOST = 10_000  # items of an answer that are looked at


class OddError(Exception):
    """Something that is no plain value; the message says what it is."""


def plain(value: object, room: list | None = None, depth: int = 0) -> object:
    """The value as numbers, texts, lists and sets of Python's own types, which cannot lie.

    An object of any other class may answer ``==`` and ``repr`` as it likes, so it is asked nothing.
    """
    room = [MOST] if room is None else room
    room[0] -= 1
    if "numpy" in sys.modules:
        import numpy as np

        if _is(value, *np.sctypeDict.values()):
            value = value.item()
        elif _is(value, np.ndarray):
            _within(value.size, room)
            value = value.tolist()
    if _is(value, getattr(sys.modules.get("tensorflow"), "TensorShape", None)):
        value = tuple(value)
    if _is(value, int, float, bool, str, Fraction):
        return value
    if value is None and depth:  # the batch in a shape
        return value
    if _is(value, list, tuple, range, set, frozenset):
        _within(len(value), room)
        if depth > 3:
            raise OddError("a list in a list in a list")
        items = [plain(item, room, depth + 1) for item in value]
        if not _is(value, set, frozenset):
            return items
        if not any(_is(item, list) for item in items):
            return frozenset(items)
    raise OddError(what(type(value)))


def _is(value: object, *kinds: type) -> bool:
    """Whether a value is exactly of one of the types; ``in`` would ask its class, which may lie."""
    return any(type(value) is kind for kind in kinds)


def _within(length: int, room: list) -> None:
    if length > room[0]:
        raise OddError(f"a list of {length:,} items")


def what(kind: type) -> str:
    """A type in words."""
    if kind is types.NoneType:
        return "nothing (None)"
    if issubclass(kind, types.GeneratorType | map | filter | zip):
        return "a generator, which has no numbers yet; list(…) makes a list of it"
    if issubclass(kind, types.CoroutineType):
        return "a coroutine; write def without async"
    if issubclass(kind, types.FunctionType | types.MethodType | types.BuiltinFunctionType):
        return "a function; call it, with brackets"
    name = type.__dict__["__name__"].__get__(kind)  # what the class itself cannot change
    return f"an object of type {name[:40]}"


def is_number(value: object) -> bool:
    """Whether a plain value is a number that can be shown and compared."""
    return type(value) in (int, float, Fraction) and abs(value) <= LARGEST


def trouble_with(value: object, expected: object) -> str | None:
    """Why a plain value cannot be compared with what is expected, if so."""
    if type(value) is str:
        return f"returns the text {short(value)}: a number has no quotes"
    if not isinstance(expected, tuple):
        if type(value) in (list, frozenset):
            return "returns several values, where one number is wanted"
        return None if is_number(value) else f"returns {short(value)}, where a number is wanted"
    if type(value) is not list:
        given = "a set, which has no order" if type(value) is frozenset else short(value)
        return f"returns {given}, where a list of {len(expected)} numbers is wanted"
    if len(value) != len(expected):
        return f"returns {len(value):,} values, where {len(expected)} numbers are wanted"
    strange = [item for item in value if not is_number(item)]
    if strange:
        return f"returns {short(strange[0])} among its values, where a number is wanted"
    return None


def short(value: object) -> str:
    """A plain value in a few characters."""
    if type(value) is str:
        line = re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(value[:400].split()))
        line = line.replace("`", "'")
        return f"“{line[:77]}…”" if len(line) > 78 else f"“{line}”"
    if type(value) in (list, tuple, frozenset):
        items = sorted(value) if type(value) is frozenset else value
        inside = ", ".join([short(item) for item in items[:32]] + ["…"] * (len(items) > 32))
        return f"{{{inside}}}" if type(value) is frozenset else f"({inside})"
    if type(value) is int and not is_number(value):
        return "a number that is out of all proportion"
    return f"{float(value):.6g}" if type(value) in (float, Fraction) else str(value)

"""Reading what a student answers: typed into a box, or returned by a function."""

import ast
import numbers
import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

LARGEST = 10**15  # no answer of this course comes near it


class AnswerError(ValueError):
    """An answer that cannot be read. The message is meant for the student."""


def plain(value):
    """What NumPy and TensorFlow make of numbers and shapes, as Python's own; all else as it is."""
    if type(value).__name__ == "TensorShape":
        return tuple(value)
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()  # also of a scalar
    return value


def _number(value: object) -> int | float:
    """Return ``value`` as a finite int or float; whole numbers become int."""
    number = plain(value)
    if not _is_number(number):
        raise AnswerError(f"{_short(value)} is no number.")
    if not -LARGEST <= number <= LARGEST:  # false for nan as well
        raise AnswerError("That number is out of all proportion: look at its digits again.")
    return int(number) if number == int(number) else float(number)


SIGNS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}
SIGNS |= {ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv}
SUM = re.compile(r"[\d\s.()+*/-]{3,60}")


def _computed(text: str) -> float | None:
    """What a sum such as (28 − 3) / 2 + 1 comes to; None if the text is none, or is below 1.

    Whoever types 13-14 or 13/14 is rather between two answers.
    """

    def value(node):
        if isinstance(node, ast.BinOp):
            return SIGNS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        return operator.pos(node.value)

    try:
        result = value(ast.parse(text.strip(), mode="eval").body) if SUM.fullmatch(text) else 0
    except (SyntaxError, KeyError, AttributeError, TypeError, ArithmeticError):
        return None
    return result if result >= 1 else None


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def quoted(text: str, most: int = 40) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text[: 5 * most].split()).replace("`", "'")  # a backquote would begin code
    return f"“{line[: most - 3]}…”" if len(line) > most else f"“{line}”"


def what(value: object) -> str:
    """Any value in a few words: 13, the text “13”, a list of 7 numbers, an object of type dict."""
    kind, value = type(value), plain(value)
    if value is None:
        return "nothing (None)"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, int) and abs(value) > LARGEST:
        return "a number out of all proportion"
    if isinstance(value, bool | numbers.Real):
        return str(value)
    if not isinstance(value, list | tuple | range | set | frozenset):
        return "a function" if callable(value) else f"an object of type {kind.__name__}"
    name = "array" if kind.__name__ == "ndarray" else kind.__name__
    name = f"an {name}" if name[0] in "aeiou" else f"a {name}"
    if len(value) > 1000:  # not looked through
        return f"{name} of {len(value):,} items"
    for item in value:
        if isinstance(item, list | tuple | set):  # not looked into: it may hold itself
            return f"{name} with a {type(item).__name__} in it"
        if not _is_number(item) or not -LARGEST <= item <= LARGEST:
            return f"{name} with {what(item)} in it"
    return f"{name} of one number" if len(value) == 1 else f"{name} of {len(value)} numbers"


def _short(value: object) -> str:
    words = quoted(value) if isinstance(value, str) else what(value)
    return words[0].upper() + words[1:]


# Minus signs, brackets and spaces as keyboards, word processors and web pages have them.
PLAIN = str.maketrans("−–﹣－（）［］｛｝，；｜．", "----()[]{},;|.", "\u200b\u2060\ufeff")
QUOTES = "`$\"'“”„‘’«»"
NUMERAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,_' \u2009\u202f]\d{3})+")
DECIMAL_COMMA = re.compile(r"[+-]?(\d+),(?!\1$)\d+")  # "13,13" is rather rows and columns
SEPARATOR = re.compile(
    r"\s*(?:[,;|×*·/&]|(?<![^\W\d])x(?![^\W\d])|\band\b)\s*|\s+", re.IGNORECASE
)  # an x between letters, as in "px", is none

BATCH = re.compile(r"\bnone\b|\?", re.IGNORECASE)  # what Keras writes first in a shape
DOTTED = re.compile(r"\d{1,3}(?:\.\d{3})+")  # thousands, as much of Europe writes them
SQUARE = re.compile(r"(\d+)\s*[x×]\s*\1", re.IGNORECASE)  # the size along both axes
ERROR = re.compile(r"(?:an? )?(?:value ?)?error|impossible", re.IGNORECASE)


def _tidy(text: object) -> str:
    if not isinstance(text, str):
        raise AnswerError("Type your answer as text.")
    text = text.translate(PLAIN).strip().strip(QUOTES).strip().rstrip(".")
    if not text:
        raise AnswerError("There is no answer yet.")
    return text


def _parse_number(text: str) -> int | float:
    if not text:
        raise AnswerError("There is no answer yet.")
    if THOUSANDS.fullmatch(text):
        text = re.sub(r"[^\d+-]", "", text)
    elif DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    if NUMERAL.fullmatch(text):
        whole = len(text) < 40 and not re.search(r"[.eE]", text)
        return _number(int(text) if whole else float(text))
    found = re.findall(r"\d+(?:\.\d+)?", text)
    hint = "Give one number." if found else "Write it in digits."
    if len(found) == 1 and len(text) < 40:
        hint = f"Write the number alone: {found[0]}?"
    raise AnswerError(f"{_short(text)} cannot be read. {hint}")


def _parse_numbers(text: str, asks: str) -> list:
    """Numbers, however separated; ``asks`` says what to write if there is anything else."""
    numbers = []
    for part in filter(None, SEPARATOR.split(text)):
        try:
            numbers.append(_parse_number(part))
        except AnswerError:
            if NUMERAL.fullmatch(part):  # out of all proportion
                raise
            raise AnswerError(f"{_short(part)} cannot be read. Give {asks}.") from None
    return numbers


def _inside(text: str, brackets: Sequence[str] = ("()", "[]")) -> str:
    """The text without the pair of brackets around it."""
    while text[:1] + text[1:][-1:] in brackets:
        text = text[1:-1].strip()
    return text.strip(", ")


def _sequence(value: object) -> list:
    """A list of what a tuple, a list, a range, a NumPy array or a TensorFlow shape holds."""
    values = plain(value)
    if not isinstance(values, list | tuple | range):
        raise AnswerError(f"{_short(value)} is not a list of numbers.")
    return list(values)


def show(value: object) -> str:
    """An answer as a student writes it."""
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return " → ".join(map(show, value))
    if isinstance(value, tuple):
        return f"({', '.join(map(show, value))})"
    if isinstance(value, frozenset):
        return f"{{{', '.join(map(show, sorted(value)))}}}" if value else "none"
    if isinstance(value, Fraction | float):
        value = f"{float(value):.4g}"
    return str(value).replace("-", "−")


@dataclass
class Answer:
    """A type of answer, here one that is made in a cell. ``asks`` says what to type."""

    asks: str

    def like(self, right) -> "Answer":
        """The type of an answer as long as the right one."""
        return self

    def parse(self, text: str) -> object:
        """The answer that a student typed; ``AnswerError`` says why it cannot be read."""
        raise AnswerError(f"This answer is {self.asks}: make it in a cell.")

    def read(self, value: object) -> object:
        """The answer that a Python object is; ``AnswerError`` says why it is none."""
        return value


@dataclass
class Integer(Answer):
    """A number; a half is a legal answer, and a wrong one.

    A ``count`` of many things may have dots between its thousands, and 3×3 is a product in it; in
    a size it means both axes. With ``error``, that word is an answer too.
    """

    asks: str = "a number, in digits"
    count: bool = False
    error: bool = False

    def parse(self, text):
        text = _tidy(text)
        if self.error and ERROR.fullmatch(text):
            return "error"
        if self.count and DOTTED.fullmatch(text):
            text = text.replace(".", "")
        if not self.count and (square := SQUARE.fullmatch(_inside(text))):
            text = square[1]
        computed = _computed(re.sub("[x×·]" if self.count else "·", "*", text))
        return _parse_number(_inside(text)) if computed is None else _number(computed)

    def read(self, value):
        return _number(value)


class OneOrMore(Integer):
    """A number; several are a legal answer, and a wrong one."""

    def parse(self, text):
        text = _tidy(text)
        if not re.search(r"[,;|]|\band\b", text):
            return super().parse(text)
        return self.read(_parse_numbers(text.strip("()[]"), self.asks))

    def read(self, value):
        several = plain(value)
        if not isinstance(several, list | tuple) or not several:
            return super().read(value)
        numbers = tuple(map(_number, several))
        return numbers if len(numbers) > 1 else numbers[0]


@dataclass
class Numbers(Answer):
    """Some numbers in order, however separated: a pair, one a pixel; without a length, any."""

    length: int | None = None

    def like(self, right):
        return type(self)(self.asks.format(len(right)), len(right))

    def parse(self, text):
        return self.read(_parse_numbers(_inside(_tidy(text)), self.asks))

    def read(self, value):
        values = _sequence(value)
        if self.length not in (None, len(values)):
            raise AnswerError(f"Give {self.asks}, not {len(values)}.")
        return tuple(map(_number, values))


class YesNo(Numbers):
    """Numbers, each 1 for yes or 0 for no; the words will do."""

    def parse(self, text):
        text = _tidy(text)
        for number, words in enumerate(("no?|false", "y(?:es)?|true")):
            text = re.sub(rf"\b(?:{words})\b", str(number), text, flags=re.IGNORECASE)
        return super().parse(text)


class Rows(Numbers):
    """Any number of numbers, perhaps with brackets around each row."""

    def like(self, right):
        return self

    def parse(self, text):
        return super().parse(re.sub(r"[\[\]]", " ", text) if isinstance(text, str) else text)

    def read(self, value):
        rows = plain(value)
        if isinstance(rows, list) and rows and all(isinstance(row, list) for row in rows):
            value = [number for row in rows for number in row]
        return super().read(value)


@dataclass
class Shape(Answer):
    """28x28x1, (28, 28, 1) or (None, 28, 28, 1): rows, columns, channels."""

    asks: str = "a shape: rows, columns, channels, such as 5x6x7"

    def parse(self, text):
        shape, *more = self.parse_all(_tidy(text))
        return shape if not more else self.read(())

    def parse_all(self, text: str) -> list[tuple]:
        """Some shapes with nothing between them but what may stand between numbers."""
        sizes = _parse_numbers(BATCH.sub(" ", _inside(text)), self.asks)
        return [self.read(sizes[first : first + 3]) for first in range(0, len(sizes) or 1, 3)]

    def read(self, value):
        values = _sequence(value)
        if len(values) == 4 and values[0] is None:
            values = values[1:]
        if len(values) != 3:
            raise AnswerError(f"Give {self.asks}.")
        return tuple(map(_number, values))


class Shapes(Numbers):
    """Shapes with arrows, semicolons or new lines between them, in brackets, or just so."""

    def parse(self, text):
        text = _tidy(text)
        parts = re.findall(r"[(\[][^()\[\]]*[)\]]", text)  # in brackets
        if len(parts) < 2:
            parts = list(filter(None, re.split(r"\s*(?:→|->|=>|;|\n)\s*", _inside(text))))
        return self.read([shape for part in parts for shape in Shape().parse_all(part)])

    def read(self, value):
        values = _sequence(value)
        shapes = (values,) if any(map(_is_number, values)) else tuple(map(Shape().read, values))
        if len(shapes) != self.length:
            raise AnswerError(f"Give {self.asks}, not {len(shapes)}.")
        return shapes


@dataclass
class Pixels(Answer):
    """A set of pixels, by their numbers, from 0: {0, 6}, 0 6, or none."""

    asks: str = "the numbers of the pixels, with commas between them, or none"

    def parse(self, text):
        text = _inside(_tidy(text).removeprefix("set"), ("()", "[]", "{}"))
        if text.casefold() in ("", "none", "empty", "nothing", "no pixel", "no pixels", "∅"):
            return frozenset()
        return self.read(_parse_numbers(text, self.asks))

    def read(self, value):
        values = value if isinstance(value, set | frozenset) else _sequence(value)
        pixels = frozenset(map(_number, values))
        if not all(isinstance(pixel, int) for pixel in pixels):
            raise AnswerError("A pixel has a whole number.")
        return pixels


class Choice(Answer):
    """One of a few words, in capitals or not."""

    def __init__(self, *options: str):
        self.options, self.asks = options, f"one of {', '.join(options)}"

    def parse(self, text):
        return self.read(_tidy(text))

    def read(self, value):
        word = value.strip().casefold() if isinstance(value, str) else None
        if word not in self.options:
            raise AnswerError(f"Choose {self.asks}.")
        return word


class Setting(Answer):
    """What a window is made with, each as Python has it."""

    def __init__(self):
        self.asks = "kernel size, stride and padding, such as (7, 9, 'same')"

    def read(self, value):
        setting = plain(value)
        if not isinstance(setting, list | tuple) or len(setting) != 3:
            raise AnswerError(f"Give {self.asks}.")
        return *map(_number, setting[:2]), Choice("valid", "same").read(setting[2])

"""Numbers and sentences as a reader sees them."""

import html
import re
import sys
from collections.abc import Callable, Iterable


def number(value: float) -> str:
    """At most three decimals, or three digits if it is tiny, and a true minus sign.

    >>> number(2 / 3), number(-1.5), number(7)
    ('0.667', '−1.5', '7')
    """
    value += 0.0  # of −0.0, too, makes 0
    text = f"{value:.3g}" if 0 < abs(value) < 0.001 else f"{value:.3f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


def by(shape: Iterable[int]) -> str:
    """Rows by columns: "28 × 28"."""
    return " × ".join(map(str, shape))


def rich(text: str) -> str:
    """A line of Markdown as html: **strong** and `code`, nothing else."""

    def code(found: re.Match) -> str:
        return f"<code>{found[1].replace('*', '&#42;')}</code>"  # a power is not strong

    text = re.sub(r"`([^`]+)`", code, html.escape(text))
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)


def first_sentence(error: Exception) -> str:
    """The first sentence of an error, without the colours of a terminal."""
    text = re.sub(r"\x1b\[\d*m", "", str(error)).strip() or type(error).__name__
    return re.split(r"(?<=\.)\s|\n", text)[0]


def refusal(call: Callable[[], object]) -> Exception | None:
    """What a call raises, and in print its first sentence.

    Where Keras says what went wrong between where it did and with which arguments, that is bold.

    >>> error = refusal(lambda: int("one half. Or so"))
    invalid literal for int() with base 10: 'one half.
    """
    try:
        call()
    except Exception as error:
        bold = re.search(r"\x1b\[1m(.+?)\x1b\[0m", str(error), re.DOTALL)
        print(re.split(r"(?<=\.)\s", bold[1] if bold else str(error))[0])
        return error
    print("No objection.")
    return None


def for_any_terminal() -> None:
    """Print a question mark for a letter that a terminal has not, such as − on many a Windows."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]

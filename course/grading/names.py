"""Names that students chose, as a terminal, a page and a spreadsheet can take them."""

import re
from typing import Any


def readable(name: object) -> str:
    """A name that may not be UTF-8, or hold what moves a terminal's cursor."""
    text = str(name).encode(errors="backslashreplace").decode()
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


MARKUP = str.maketrans('<>&"', "‹›＆”")


def tame(name: object) -> str:
    """A name as it can be put on nbgrader's pages, which take it for HTML and JavaScript."""
    return readable(name).translate(MARKUP)


COMPUTED = re.compile(r"'*[=+\-@\t\r＝＋－＠]")  # so begins what a spreadsheet computes


def harmless(cell: Any) -> Any:
    """What a spreadsheet does not compute."""
    return f"'{cell}" if isinstance(cell, str) and COMPUTED.match(cell) else cell


def meant(cell: str) -> str:
    """What was made harmless."""
    return cell[1:] if cell[:1] == "'" and COMPUTED.match(cell) else cell

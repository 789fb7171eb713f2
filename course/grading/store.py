"""The results that are kept, in ``grades.sqlite``; one process writes them."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any


class Store:
    """Results by key; a key that has one keeps it for good."""

    def __init__(self, path: Path):
        self.file = sqlite3.connect(path, timeout=60)  # another command may be at it
        columns = "key TEXT PRIMARY KEY, student TEXT, file TEXT, result TEXT"
        self.file.execute(f"CREATE TABLE IF NOT EXISTS results ({columns})")

    def get(self, key: str) -> dict | None:
        found = self.file.execute("SELECT result FROM results WHERE key = ?", [key]).fetchone()
        return json.loads(found[0]) if found else None

    def add(self, key: str, student: str, path: Path, result: dict) -> dict:
        """Keep a result, unless the key has one; return the one that is kept."""
        row = [key, readable(student), readable(path), json.dumps(result)]
        with self.file:
            self.file.execute("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)", row)
        return self.get(key) or result


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

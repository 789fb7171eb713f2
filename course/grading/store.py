"""The results that are kept, in ``grades.sqlite``; one process writes them."""

import json
import sqlite3
from pathlib import Path

from course.grading.names import readable


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

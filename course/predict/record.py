"""The student's answers, one JSON object a line, in one small file beside the notebook.

A line is only ever appended, in one write. So several notebooks may write at once, and what is
damaged costs itself only. (Windows may mix two lines that are written in the very same instant.)
``Record.notice`` says, in one line, what went wrong: no answer is lost without a word.
"""

import contextlib
import functools
import json
import os
from pathlib import Path

NAME = "my_progress.jsonl"
PLACE = "COURSE_RECORD"  # a variable that names another file: tests leave a student's alone
OLD_NAME = "my_progress.json"  # one JSON document, of which each answer was a line too
OLD_MARKS = ('{"version": 1, "answers": [', "]}")

FIELDS = {
    "question": str,  # how to make it again: questions.output_size(n=28, …)
    "lesson": str,  # file name of the notebook, "" where Jupyter does not say
    "time": str,  # ISO 8601, UTC
    "answer": str,  # as it was typed
    "sure": int,  # per cent
    "correct": bool,
    "mistake": str | None,  # the diagnosis
    "tells": list,  # names of the mistakes that this question can tell for certain
}


class Record:
    """The answers in one file; ``notice`` is what the student should know about it, if anything."""

    def __init__(self, path: Path):
        self.path, self.notice = path, ""
        self._unsaved: list[dict] = []

    def entries(self) -> list[dict]:
        """All answers that can be read, in the order in which they were given."""
        self.notice, lines = "", []
        try:
            try:
                self._save()
            finally:
                lines = self._lines()
        except OSError as error:
            self.notice = (
                f"{self.path.name} cannot be used here ({error.strerror or error}): your answers "
                "are remembered only until the kernel stops. "
            )
        entries = list(filter(None, map(_entry, lines)))
        if strange := len(lines) - len(entries):
            self.notice += (
                f"In {self.path.name}, {strange} of {len(lines)} answers cannot be read: damaged, "
                "or written by a newer version of the course. They stay in the file. "
            )
        return entries + self._unsaved

    def add(self, entry: dict) -> None:
        """Keep an answer, here as long as it cannot be written."""
        self._unsaved.append(entry)
        self.entries()

    def _save(self) -> None:
        old = self.path.with_name(OLD_NAME)
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            content = old.read_bytes()
            with open(self.path, "xb") as file:
                file.write(content)
        while self._unsaved:
            # A new line begins with its end of line, for the last one may be without it.
            with open(self.path, "ab") as file:
                file.write(b"\n" + json.dumps(self._unsaved[0]).encode())
            del self._unsaved[0]

    def _lines(self) -> list[str]:
        try:
            text = self.path.read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return []
        lines = (line.strip().rstrip(",") for line in text.split("\n"))
        return [line for line in lines if line not in (*OLD_MARKS, "")]


@functools.cache
def here() -> Record:
    """The record of the folder in which this kernel works, or the one that ``PLACE`` names."""
    return Record(Path(os.environ.get(PLACE) or NAME).expanduser().absolute())


def _entry(line: str) -> dict | None:
    """The answer in a line, or None if it is none."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    valid = (
        isinstance(entry, dict)
        and all(isinstance(entry.get(name), kind) for name, kind in FIELDS.items())
        and all(isinstance(name, str) for name in entry["tells"])
    )
    return entry if valid else None

"""The student's answers, in one small JSON file beside the notebook.

Several notebooks may write to it at once, and it may be deleted, damaged or impossible to write:
no answer is lost without a word. ``Record.notice`` says, in one line, what went wrong.
"""

import contextlib
import functools
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

NAME = "my_progress.json"
VERSION = 1

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


class _UnreadableError(Exception):
    """A file that is no record of this version; ``entries`` are those that can be read."""

    def __init__(self, label: str, why: str, entries: list[dict]):
        super().__init__(why)
        self.label, self.entries = label, entries


class Record:
    """The answers in one file.

    Attributes
    ----------
    notice : str
        What the student should know about the file, if anything.
    """

    def __init__(self, path: Path):
        self.path, self.notice = path, ""
        self._unsaved: list[dict] = []

    def entries(self) -> list[dict]:
        """All answers, in the order in which they were given."""
        try:
            return _read(self.path) + self._unsaved
        except _UnreadableError:
            self._save()  # which sets the file aside
        except OSError as error:
            self._stay_in_memory(error)
        with contextlib.suppress(_UnreadableError, OSError):
            return _read(self.path) + self._unsaved
        return list(self._unsaved)

    def add(self, entry: dict) -> None:
        """Keep an answer, with those that other notebooks have added in the meantime."""
        self._unsaved.append(entry)
        self.notice = ""
        self._save()

    def _save(self) -> None:
        try:
            with _locked(self.path):
                try:
                    entries = _read(self.path)
                except _UnreadableError as trouble:
                    aside = _aside(self.path, trouble.label)
                    os.replace(self.path, aside)
                    self.notice = f"{self.path.name} {trouble}. It is kept as {aside.name}."
                    entries, self._unsaved = [], trouble.entries + self._unsaved
                if self._unsaved:
                    _write(self.path, entries + self._unsaved)
            self._unsaved = []
        except OSError as error:
            self._stay_in_memory(error)

    def _stay_in_memory(self, error: OSError) -> None:
        self.notice = (
            f"{self.path.name} cannot be used here ({error.strerror or error}): your answers are "
            "remembered only until the kernel stops."
        )


@functools.cache
def here() -> Record:
    """The record of the folder in which this kernel works."""
    return Record(Path(os.curdir).absolute() / NAME)


def _valid(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(name), kind) for name, kind in FIELDS.items())
        and all(isinstance(name, str) for name in entry["tells"])
    )


def _read(path: Path) -> list[dict]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return []
    except (ValueError, RecursionError):  # no JSON, or no text
        raise _UnreadableError("damaged", "is damaged and could not be read", []) from None
    version = content.get("version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise _UnreadableError(
            f"version-{version}", "was written by a newer version of the course", []
        )
    answers = content.get("answers") if version == VERSION else None
    entries = [entry for entry in answers if _valid(entry)] if isinstance(answers, list) else []
    if not isinstance(answers, list) or len(entries) < len(answers):
        raise _UnreadableError("damaged", "is damaged and could not be read entirely", entries)
    return entries


def _write(path: Path, entries: list[dict]) -> None:
    """Write a new file, one line an answer, and put it in the old one's place in one step."""
    lines = ",\n".join(map(json.dumps, entries))
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(f'{{"version": {VERSION}, "answers": [\n{lines}\n]}}\n', encoding="utf-8")
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def _aside(path: Path, label: str) -> Path:
    """A free name for a file that cannot be used: my_progress.damaged-2030-01-31-120000.json."""
    stem = f"{path.stem}.{label}-{datetime.now():%Y-%m-%d-%H%M%S}"
    aside, number = path.with_name(f"{stem}{path.suffix}"), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{stem}-{number}{path.suffix}")
    return aside


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other kernels away from the file. The lock goes with the process, however it ends."""
    with open(path.with_name(f".{path.name}.lock"), "a") as lock:
        with contextlib.suppress(OSError):  # some network drives know no locks
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
            else:
                import fcntl

                fcntl.flock(lock, fcntl.LOCK_EX)
        yield

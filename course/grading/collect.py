"""What a class handed in: put into nbgrader's folders, and found there again.

    python -m course.grading.collect padding submissions.zip more.zip folder/

It is run in the folder of a class. From what Moodle or Canvas pack, or from folders or files that
are named after the students, each notebook comes to ``submitted/ada/padding/``. Of several attempts
the latest is there, and those before it in ``earlier-1``, ``earlier-2`` and so on. Nothing is
overwritten, and doing it again changes nothing.

A student is called by the number or name that Moodle (of a participant) or Canvas have in their
tables. Where ``students.csv``, which ``nbgrader db student import`` reads, has that as an
``lms_user_id``, its ``id`` is taken. A new number goes to the one row that has its full name, after
a semicolon if another is there, for Moodle has other numbers for each assignment. Canvas' stay, so
theirs goes to a row without one. Who is not in there yet is added.
"""

import argparse
import os
import re
import shutil
import stat
import sys
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from io import FileIO
from itertools import count, takewhile
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from course.grading.names import readable, tame
from course.grading.roster import LMS, CollectError, names, remember, students
from course.grading.submission import MOST_BYTES, AsideError, cells_of
from course.text import for_any_terminal

SUBMITTED, STAMP = Path("submitted"), "timestamp.txt"
LATE = "late.txt"  # beside what Canvas calls late, for it does not say by how much
EARLIER = "earlier-"
NOTEBOOK = re.compile(r"(.+)\.ipynb(\.txt|\.json)?", re.IGNORECASE)  # as browsers save it too
# Moodle leaves no _ in a name. Canvas does, and makes its letters small; an anonymous one has none.
MOODLE = r"(?P<who>[^_]*)(_(?P<id>[0-9]+))?_assignsubmission_[a-z]+(_(?P<file>.*))?"
CANVAS = r"(\A(?=(LATE_)?anon)|_(?=(LATE_)?[0-9]))(?P<late>LATE_)?(?P<id>[0-9]+|anon_[^_]+)_"
CANVAS += r"((?P<order>[0-9]+)_(?P<file>.+)|(text|link)\.html)"
NOTHING = "Nothing was handed in."
COPIED = 60  # seconds between files that were copied together, or unpacked; that is no order
PACKED = 3600  # seconds that it may take to make a zip; then its times are not the students'
FIRST_DAY = (1980, 1, 1)  # that a zip knows, which stands for none
LONGEST, LONGEST_PATH = 255, 4096  # bytes of a name, and of a path
OUTSIDE, HIDDEN, LONG = "leads out of the zip", "is hidden", "has too long a path"  # nobody's
OTHER, TIME = "is not a notebook", "tells when"  # the latter needs no word
UNREAD = "cannot be read"
WHOSE = "does not tell whose it is: put it into a folder with the student's name"
SEVERAL = (
    "each number is taken for another student. If one is in students.csv already, write the number "
    f"into its {LMS} (after a ; if it has one), delete the new row and folder, and collect again"
)


@dataclass(frozen=True)
class HandedIn:
    """What a student handed in; ``besides`` are files that are not graded, with the reason."""

    student: str
    path: Path
    when: datetime | None = None
    late: float | None = None  # seconds after the due date; None if one of the two is not known
    besides: tuple[str, ...] = ()
    name: str = ""  # as in ``students.csv``
    called_late: bool = False  # by Canvas

    @property
    def who(self) -> str:
        """Whose it is, for people."""
        return f"{self.name} ({self.student})" if self.name else self.student

    @property
    def lateness(self) -> str:
        """How late it was, for people; "" if it was not, or nothing is known."""
        if self.late is None:
            return "late, by how much is not known" if self.called_late else ""
        return f"{-(-self.late // 36) / 100:g} hours late" if self.late else ""


def source_of(name: str) -> Path:
    """The notebook of an assignment; who mistypes its name is told which there are."""
    path = Path("source", name, f"{name}.ipynb")
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in Path("source").glob("*/*.ipynb")))
        why = f", only {there}" if there else ": run this in the folder of your class"
        raise CollectError(f"There is no {path} here{why}.")
    return path


def handed_in(name: str, due: datetime | None = None) -> list[HandedIn]:
    """Each student's notebook: of several one with the right content, the latest, the right name.

    Where there is none, ``path`` leads nowhere.
    """
    ours = _grade_ids(Path("source", name, f"{name}.ipynb"))
    people, found = names(), []
    for folder in sorted(each / name for each in SUBMITTED.glob("*")):
        if folder.is_dir():
            try:
                each = _handed_in(folder, ours, due)
            except OSError as error:  # it may not be read, or has just gone
                nothing = folder / f"{name}.ipynb"
                each = HandedIn(folder.parent.name, nothing, besides=(str(error),))
            found.append(replace(each, name=people.get(each.student, "")))
    return found


def absent(name: str, found: list[HandedIn]) -> dict[str, tuple[HandedIn, dict]]:
    """Who is in ``students.csv`` and not among those who handed in, and that as the result."""
    there = {_alike(each.student) for each in found}
    missing = {each: who for each, who in names().items() if _alike(each) not in there}
    result = {"aside": NOTHING}
    return {s: (HandedIn(s, SUBMITTED / s / name, name=who), result) for s, who in missing.items()}


def _handed_in(folder: Path, ours: set[str], due: datetime | None) -> HandedIn:
    found: list[Path] = []
    besides, when, called_late = [], None, False
    for path in sorted(folder.iterdir()):
        why = ""
        if path.is_dir() and path.name.startswith(EARLIER):
            why = "is an earlier attempt"
        elif path.is_symlink() or not path.is_file():
            why = "is no plain file"
        elif path.name == STAMP:
            when = stamp(path)
            why = "" if when else "tells no time"
        elif path.name == LATE:
            called_late = True
        elif path.suffix.lower() == ".ipynb":
            found.append(path)
        else:
            why = OTHER
        besides += [f"{readable(path.name)}: {why}"] if why else []

    path = folder / f"{folder.name}.ipynb"
    if found:
        several = found if len(found) > 1 else []
        right = [p for p in several if 2 * len(_grade_ids(p) & ours) > len(ours)] or found
        times = {each: each.stat().st_mtime for each in right}
        latest = [each for each in right if times[each] > max(times.values()) - COPIED]
        path = max(latest, key=lambda each: (each.stem == folder.name, times[each]))
        others = (each for each in found if each != path)
        besides += [f"{readable(each.name)}: {readable(path.name)} is graded" for each in others]
    late = max((when - due).total_seconds(), 0) if when and due else None
    student = folder.parent.name
    return HandedIn(student, path, when, late, tuple(besides), called_late=called_late)


def read_bytes(path: Path) -> bytes:
    """A notebook, or as much of it as shows that it is too large."""
    with open(path, "rb") as file:
        return file.read(MOST_BYTES + 1)


def _grade_ids(path: Path) -> set[str]:
    try:
        return {cell.grade_id for cell in cells_of(read_bytes(path)) if cell.grade_id}
    except (AsideError, OSError):
        return set()


def stamp(path: Path) -> datetime | None:
    """The time in nbgrader's file: its zone is a number, the name of a place, or left out."""
    with suppress(LookupError, OSError, OverflowError, ValueError):
        if path.is_file():
            with open(path, "rb") as file:
                text = file.read(100).decode(errors="replace")
            day, time, zone = [*text.split(), ""][:3]
            when = datetime.fromisoformat(f"{day} {time}{zone if zone[:1] in '+-' else ''}")
            if not when.tzinfo:
                when = when.replace(tzinfo=UTC if zone in ("", "UTC") else ZoneInfo(zone))
            return when.astimezone(UTC)  # of the first and the last day there may be none
    return None


@dataclass
class File:
    """A file that came, why it is not taken, and whose it is."""

    parts: tuple[str, ...]  # of its path
    why: str
    open: Callable[[], IO[bytes]]
    size: int = 0
    time: float = 0  # when it was written; 0 if that is not known
    when: datetime | None = None  # it was handed in, if that is known
    student: str = ""
    who: str = ""  # the student's name, if that is known
    name: str = ""  # what it is called here
    order: int = 0  # among all of theirs
    late: bool = False

    def __str__(self) -> str:
        return f"{readable('/'.join(self.parts))}: {self.why}"


def _text(raw: bytes, otherwise: str) -> str:
    """A name as it can be written anywhere, from one that may not be UTF-8."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode(otherwise)
    text = unicodedata.normalize("NFC", text)
    return "".join(each if each.isprintable() else "_" for each in text)


def _why_not(parts: tuple[str, ...], mode: int, size: int) -> str:
    """Why a file is not taken, if it is not."""
    if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
        return OUTSIDE
    if any(part.startswith((".", "__MACOSX")) for part in parts):
        return HIDDEN
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is no plain file"
    if not NOTEBOOK.fullmatch(parts[-1]):
        return OTHER
    return "is too large" if size > MOST_BYTES else ""


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _in_folder(folder: Path) -> list[File]:
    files, paths = [], list(folder.iterdir()) if folder.is_dir() else [folder]
    for path in paths:  # to which more come, at any depth
        parts = path.relative_to(folder).parts or (path.name,)
        parts = tuple(_text(os.fsencode(part), "latin-1") for part in parts)
        file = File(parts, "", partial(FileIO, path))
        try:
            known = path.lstat()
            if stat.S_ISDIR(known.st_mode):
                paths += path.iterdir()
                continue
            file.size, file.time = known.st_size, known.st_mtime
            why, file.when = _why_not(parts, known.st_mode, file.size), stamp(path.with_name(STAMP))
            file.why = TIME if file.when and path.name == STAMP and why == OTHER else why
        except OSError as error:
            file.why = f"{UNREAD} ({_reason(error)})"
        files.append(file)
    return sorted(files, key=lambda it: it.parts)


def _in_zip(path: Path) -> list[File]:
    archive = zipfile.ZipFile(path)  # it stays open as long as its files are in use
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    if sum(info.compress_size for info in infos) > path.stat().st_size:
        raise zipfile.BadZipFile("its files lie one over the other, to fill the disk")
    need, free = sum(info.file_size for info in infos), shutil.disk_usage(".").free
    if need > free:
        raise zipfile.BadZipFile(f"it needs {need >> 20} MB, and {free >> 20} MB are free here")
    times = [_time(info) for info in infos]
    known = [time for time in times if time]
    told = max(known, default=0) - min(known, default=0) > PACKED
    files = []
    for info, time in zip(infos, times, strict=True):
        raw = info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")
        parts = tuple(_text(raw[:LONGEST_PATH], "cp437").replace("\\", "/").split("/"))
        why = _why_not(parts, info.external_attr >> 16, info.file_size)
        why = LONG if len(raw) > LONGEST_PATH else why
        when = datetime.fromtimestamp(time).astimezone() if told and time else None
        files.append(File(parts, why, partial(archive.open, info), info.file_size, time, when))
    return files


def _time(info: zipfile.ZipInfo) -> float:
    with suppress(ValueError):  # a day that does not exist
        if info.date_time[:3] > FIRST_DAY:
            return datetime(*info.date_time).timestamp()
    return 0


def _paths(files: list[File], name: str) -> list[tuple[str, ...]]:
    """The paths without folders that are nobody's.

    Those are named after the assignment, as nbgrader has them, or lie around all notebooks.
    """
    paths = [(*(p for p in f.parts[:-1] if p != name), _short(f.parts[-1])) for f in files]
    taken = [path for path, file in zip(paths, files, strict=True) if not file.why]
    flat = len(taken) > 1 and not any(path[-1].startswith(name) for path in taken)
    most = min(map(len, taken), default=0) - (1 if flat else 2)  # that leaves a student's folder
    levels = takewhile(lambda level: len(set(level)) == 1, zip(*taken, strict=False))
    shared = [level[0] for level in levels][:most]
    around = tuple(takewhile(lambda part: not re.fullmatch(MOODLE, part), shared))
    return [path[len(around) :] if path[: len(around)] == around else path for path in paths]


def _short(name: str) -> str:
    """A notebook's name as it can be on a disk."""
    start = name.encode()[: LONGEST - len(".ipynb")].decode(errors="ignore")
    return f"{start}.ipynb" if len(name.encode()) > LONGEST else name


def _layout(paths: list[tuple[str, ...]]) -> str:
    """How the names are made, if a system made them: as most are, for a student writes a part."""
    tops = {path[0]: path for path in paths}.values()
    fit = {kind: sum(bool(_readings(kind, top)) for top in tops) for kind in (MOODLE, CANVAS)}
    most = max(fit, key=lambda kind: fit[kind])
    return most if 2 * fit[most] >= len(tops) else ""


def _readings(layout: str, path: tuple[str, ...]) -> list[dict[str, str | None]]:
    """All that a name may tell: a student may be called "ada_1_2", or a file "1_2_ada.ipynb"."""
    first, fits = path[0], re.compile(layout).fullmatch
    if len(first.encode()) > LONGEST or (layout == CANVAS and len(path) > 1):
        return []
    if layout == MOODLE:
        return [found.groupdict()] if (found := fits(first)) else []
    ways = [(first[:at], fits(first, at)) for at in range(len(first))]
    return [{"who": who, **it.groupdict()} for who, it in ways if it and who == who.lower()]


def _tell(file: File, path: tuple[str, ...], layout: str, assignment: str) -> None:
    """Note whose a file is, and what else its path tells."""
    student, last = path[0], path[-1]
    if layout:
        readings = _readings(layout, path)
        if not readings:
            file.why = file.why or "is not named as most are: collect it in a folder of its own"
        told = readings[0] if len(readings) == 1 else {}
        student, file.who = told.get("id") or told.get("who") or "", tame(told.get("who") or "")
        file.order, file.late = int(told.get("order") or 0), bool(told.get("late"))
        last = told.get("file") or last
        last = re.sub(r"-\d+(?=\.ipynb$)", "", last) if layout == CANVAS else last
    elif len(path) == 1:
        found = NOTEBOOK.fullmatch(student) if student == file.parts[-1] else None
        stem, around = re.sub(r"\s*\(\d+\)$", "", found[1] if found else ""), re.escape(assignment)
        student = re.sub(rf"^{around}[\W_]*|[\W_]*{around}$", "", stem)
    file.student, file.name = tame(student), NOTEBOOK.sub(r"\1", last) + ".ipynb"


def collect(name: str, files: list[File]) -> Iterator[str]:
    """Put each notebook where it belongs; say what is not taken, and why."""
    numbers = ((row["id"], (row[LMS] or row["id"]).split(";")) for row in students())
    ids = {tame(each.strip()): student for student, theirs in numbers for each in theirs}
    before, new = set(ids), {}
    SUBMITTED.mkdir(exist_ok=True)
    known = {_alike(each.name): each.name for each in SUBMITTED.iterdir()}
    taken: dict[str, list[File]] = {}
    theirs = [file for file in files if file.why not in (OUTSIDE, HIDDEN, LONG)]
    paths, called = _paths(theirs, name), defaultdict(set)
    layout = _layout(paths)
    for file, path in zip(theirs, paths, strict=True):
        _tell(file, path, layout, name)
        called[file.student].add(_alike(file.who))
    yield from _by_name(files, ids, layout, name)
    for file in files:
        student = ids.get(file.student, file.student)
        if not student or student[0] == "." or len(student.encode()) > LONGEST:
            file.why = file.why or WHOSE
        elif len(called[file.student]) > 1:
            file.why = file.why or f"has {student}'s number, and another name: it {WHOSE}"
        elif (other := known.setdefault(_alike(student), student)) != student:
            why = f"is {student}'s, which many computers take for {other}: rename one"
            file.why = file.why or why
        else:
            taken.setdefault(student, []).append(file)
            if file.who and file.student not in before:
                new[file.student] = student, file.who
        if file.why and file.why != TIME:
            yield str(file)
        elif file.late:
            yield f"{readable(student)}: late, says Canvas, but not by how much"
    if new:
        remember(new)
    for student, all_files in taken.items():
        try:
            yield from _put_all(SUBMITTED / student / name, [it for it in all_files if not it.why])
        except Exception as error:  # the others are collected
            all_files[0].why = f"{UNREAD} ({_reason(error)})"
            yield f"{readable(student)}: {all_files[0].why}"


def _by_name(files: list[File], ids: dict[str, str], layout: str, assignment: str) -> Iterator[str]:
    """Give each new number the id that has its name alone, unless they have handed in already."""
    here = {ids.get(file.student) for file in files}  # they have their numbers
    new: dict[str, list[File]] = defaultdict(list)
    known = defaultdict(set)
    for file in files:
        if file.student not in ids:
            new[_run_together(file.who)].append(file)
    for row in students():
        if row["id"] not in here and (layout == MOODLE or not row[LMS]):
            parts = [row["first_name"], row["last_name"]][:: 1 if layout == MOODLE else -1]
            known[_run_together("".join(parts))].add(row["id"])
    for who in sorted(new.keys() & known.keys() - {""}):
        fit, numbers = known[who], {file.student for file in new[who]}
        there = any((SUBMITTED / each / assignment).exists() for each in fit)
        if there or len(fit) > 1 or len(numbers) > 1:
            yield f"Several are called {readable(new[who][0].who)}: {SEVERAL}"
        else:
            ids[min(numbers)] = min(fit)


def _run_together(name: str) -> str:
    """A name as Canvas writes it: small letters and numbers only, with their accents."""
    return "".join(each for each in _alike(name) if unicodedata.category(each)[0] in "LMN")


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _put_all(folder: Path, files: list[File]) -> Iterator[str]:
    """Put a student's files into the folder, each with those that came together with it."""
    folder.mkdir(parents=True, exist_ok=True)
    attempts: dict[int, list[File]] = defaultdict(list)
    later: Counter[str] = Counter()  # files of the same name
    size = 0
    for file in sorted(files, key=lambda it: (it.order, it.time), reverse=True):
        size += file.size
        if size > MOST_BYTES:
            file.why = "is too large, with what else came of this student"
            yield str(file)
            continue
        attempts[later[_alike(file.name)]].append(file)
        later[_alike(file.name)] += 1
    for attempt in reversed(attempts.values()):
        yield from _put(folder, attempt)


def _put(folder: Path, attempt: list[File]) -> Iterator[str]:
    """Put what came together into the folder; what was there before is an earlier attempt."""
    coming = folder / ".coming"
    shutil.rmtree(coming, ignore_errors=True)  # of a run that was ended
    coming.mkdir()
    for file in attempt:
        path = coming / file.name
        try:
            with file.open() as source, open(path, "wb") as copy:
                shutil.copyfileobj(source, copy)
            os.utime(path, (file.time, file.time))
        except Exception as error:  # a packer has many ways to be broken
            path.unlink(missing_ok=True)
            file.why = f"{UNREAD} ({_reason(error)})"
            yield str(file)
    notebooks = [path.name for path in coming.iterdir()]
    when = max((file.when for file in attempt if file.when), default=None)
    if when:
        text = f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
        (coming / STAMP).write_text(text, encoding="utf-8")
    if any(file.late for file in attempt):
        (coming / LATE).write_text("So says Canvas, and not by how much.\n", encoding="utf-8")
    # The same as before may be handed in again, at another time.
    all_of_it, before = [path.name for path in coming.iterdir()], folder.glob(f"{EARLIER}*")
    if _holds(folder, coming, notebooks) or any(_holds(old, coming, all_of_it) for old in before):
        shutil.rmtree(coming)
        return
    earlier = next(old for k in count(1) if not (old := folder / f"{EARLIER}{k}").exists())
    latest = stamp(folder / STAMP)
    if when and latest and when < latest:
        coming.rename(earlier)
        return
    told = STAMP, LATE
    there = [p for p in folder.iterdir() if p.suffix.lower() == ".ipynb" or p.name in told]
    if there:
        earlier.mkdir()
    for path in there:
        path.rename(earlier / path.name)
    # The notebooks last: where these are, the next run takes all for done.
    for path in sorted(coming.iterdir(), key=lambda it: it.name not in told):
        path.rename(folder / path.name)
    coming.rmdir()


def _holds(folder: Path, coming: Path, names: list[str]) -> bool:
    """Whether the same files are in a folder already."""
    paths = [(folder / name, coming / name) for name in names]
    return all(one.is_file() and one.read_bytes() == two.read_bytes() for one, two in paths)


def main(arguments: list[str] | None = None) -> int:
    """Collect; 1 if something could not be read."""
    for_any_terminal()
    parser = argparse.ArgumentParser(prog="python -m course.grading.collect")
    parser.add_argument("assignment", help="such as padding")
    parser.add_argument("files", nargs="+", type=Path, help="zips, folders or notebooks")
    asked = parser.parse_args(arguments)
    name, failed, stamped = asked.assignment, 0, set()
    try:
        source_of(name)
    except CollectError as error:
        print(error)
        return 1
    for path in asked.files:
        if not path.exists():
            print(f"There is no {path} here.")
            failed = 1
            continue
        try:
            is_folder = path.is_dir() or NOTEBOOK.fullmatch(path.name)
            files = _in_folder(path) if is_folder else _in_zip(path)
            for said in collect(name, files):
                print(said)
            failed |= any(file.why.startswith(UNREAD) for file in files)
            stamped |= {f.student for f in files if is_folder and f.when and not f.why}
        except Exception as error:  # whatever is in one, the others are collected
            why = f"{_reason(error)}. Give a zip, a folder or a notebook that can be read."
            print(f"{readable(path)}: {why}")
            failed = 1
    if stamped:
        where = f"{STAMP} in their folders: nbgrader's exchange writes these; students could, too"
        print(f"The times of {len(stamped)} students come from {where}.")
    print(f"{len(list(SUBMITTED.glob(f'*/{name}')))} students are in {SUBMITTED}.")
    return failed


if __name__ == "__main__":
    sys.exit(main())

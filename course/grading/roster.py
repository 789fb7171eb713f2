"""The class's table, ``students.csv``, as ``nbgrader db student import`` reads it."""

import csv
import os
import shutil
from codecs import BOM_UTF8
from io import StringIO
from pathlib import Path

from course.grading.names import harmless, meant

STUDENTS = Path("students.csv")
LMS = "lms_user_id"
COLUMNS = ["id", "first_name", "last_name", "email", LMS]


class CollectError(ValueError):
    """What cannot be used. The message says what to change."""


def _table() -> list[list[str]]:
    """The class's table; its first row has the names of the columns."""
    text = STUDENTS.read_text(encoding="utf-8-sig") if STUDENTS.exists() else ""
    return list(csv.reader(StringIO(text))) or [[*COLUMNS]]


def students() -> list[dict[str, str]]:
    """The rows that have an id; what is not in them is ""."""
    header, *rows = _table()
    if "id" not in header:
        raise CollectError(f"{STUDENTS} has no column id: {','.join(COLUMNS)} are usual")
    found = [dict(zip(header, map(meant, row), strict=False)) for row in rows]
    return [{column: row.get(column, "") for column in COLUMNS} for row in found if row.get("id")]


def names() -> dict[str, str]:
    """The students' names, by id."""
    return {row["id"]: f"{row['first_name']} {row['last_name']}".strip() for row in students()}


def remember(new: dict[str, tuple[str, str]]) -> None:
    """Fill the numbers that are new into the class's table; who is not in there gets a row."""
    header, *rows = table = _table()
    header += [LMS] if LMS not in header else []
    at, number_at = header.index("id"), header.index(LMS)
    theirs = {meant(row[at]): row for row in reversed(rows) if len(row) > at}
    for number, (student, who) in new.items():
        if student not in theirs:
            first, _, last = who.rpartition(" ")
            known = {"id": student, "first_name": first, "last_name": last}
            theirs[student] = [harmless(known.get(column, "")) for column in header]
            table.append(theirs[student])
        row = theirs[student]
        row += [""] * (len(header) - len(row))
        row[number_at] = harmless(f"{meant(row[number_at])};{number}".lstrip(";"))
    STUDENTS.touch()
    marked = STUDENTS.read_bytes().startswith(BOM_UTF8)  # as spreadsheets do
    aside = shutil.copy(STUDENTS, f"{STUDENTS}.new")  # what is there stays if this is ended
    with open(aside, "w", encoding="utf-8-sig" if marked else "utf-8", newline="") as file:
        csv.writer(file).writerows(table)
    os.replace(aside, STUDENTS)

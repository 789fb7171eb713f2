"""The README's ten commands, from a clone to grades, on a class of five."""

import csv
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import lessons
import pytest
from grading.conftest import needs_sandbox
from nbgrader.api import Gradebook

from homework.assignments import about, handed_in, of_class, right_answers, word

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

README = (lessons.ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"in ten commands:\n\n```\n(.*?)```", README, re.DOTALL)[0].splitlines()
BY_HAND = "in_your_own_words"
NO_FLOOR = """
def output_size(n, kernel_size, strides, padding):
    if padding == "same":
        return -(-n // strides)
    return (n - kernel_size) / strides + 1
"""


def type_in(folder: Path, *commands: str) -> str:
    """What a teacher's commands say; the clone, and what it installs, are there already."""
    script = "\n".join(['teach() { "$@"; }', *commands])
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    home = {"HOME": str(folder.parent), "PATH": path, "PYTHONPATH": str(lessons.ROOT)}
    run = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=os.environ | home, capture_output=True, text=True
    )
    assert "Traceback" not in run.stderr, run.stderr
    return run.stdout + run.stderr


def with_words(notebook: bytes, words: str, without: str = "") -> bytes:
    """A notebook with an answer in words, and without the cell of that grade id."""
    made = lessons.nbformat.reads(notebook.decode(), as_version=4)
    made.cells = [cell for cell in made.cells if about(cell).get("grade_id", "") != without]
    for cell in made.cells:
        if about(cell).get("grade_id") == BY_HAND:
            cell.source = words
    return lessons.nbformat.writes(made).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The class's folder after all commands."""
    needs_sandbox()
    home = tmp_path_factory.mktemp("home")
    clone, install, make, alias, *_ = COMMANDS
    assert len(COMMANDS) == 10
    assert clone.startswith("git clone https://")
    assert install.startswith("sudo apt install bubblewrap && pip install uv")
    assert alias.startswith(
        "alias teach='uv run --quiet --project ../padding-and-stride --extra grading "
    )
    (home / "padding-and-stride").symlink_to(lessons.ROOT)
    type_in(home, make)
    folder = home / "my_class"
    assert type_in(folder, *COMMANDS[4:6]) == "Hand out release/padding/padding.ipynb\n"
    secret = (folder / "secret.txt").read_text().strip()
    right = right_answers("padding", of_class("padding", secret), word(secret, "padding"))
    solved = handed_in("padding", right, secret)
    half = handed_in("padding", right | {"output_size": NO_FLOOR}, secret)
    class_of = {
        "Ada Lovelace_1/padding.ipynb": with_words(solved, "An odd zero is left over."),
        "Bo Li_2/padding (1).ipynb": handed_in("padding", {}, secret),
        "Cy Young_3/padding.ipynb": with_words(half, "Why not?", without="output_size_valid"),
        "Di Vu_4/padding.ipynb": b"<html>Log in, please.</html>",
        "Ed Poe_5/homework.docx": b"PK",
    }
    (home / "Downloads").mkdir()
    with zipfile.ZipFile(home / "Downloads" / "submissions.zip", "w") as file:
        for name, data in class_of.items():
            file.writestr(name.replace("/", "_assignsubmission_file_/"), data)
    said = type_in(folder, *COMMANDS[6:8])
    assert "Ed Poe_5_assignsubmission_file_/homework.docx: is not a notebook" in said
    assert "3 of 5 are graded" in said
    assert COMMANDS[8] == "teach jupyter lab"
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        where = BY_HAND, "padding", "padding", "1"  # as the Formgrader does it
        grade = book.find_grade(*where)
        grade.manual_score, grade.needs_manual_grade = 3, False
        book.find_comment(*where).manual_comment = "Well said."
        book.db.commit()
    assert "3 of 5 are graded" in type_in(folder, COMMANDS[9])
    return folder


def test_everybody_has_the_points_that_are_deserved(folder):
    with open(folder / "reports" / "padding.csv", encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    points = {name.split()[0]: row["points"] for name, row in rows.items()}
    assert points == {"Ada": "19", "Bo": "0", "Cy": "14", "Di": "", "Ed": ""}
    assert {name for name, row in rows.items() if row["to grade"]} == {"Cy Young"}
    assert {name for name, row in rows.items() if row["not graded because"]} == {"Di Vu", "Ed Poe"}


def test_everybody_has_a_page(folder):
    pages = {path.parts[-3]: path.read_text() for path in (folder / "feedback").rglob("*.html")}
    assert pages.keys() == {"1", "2", "3", "4", "5"}
    assert "Ada Lovelace (1)" in pages["1"]
    assert "Well said." in pages["1"]
    assert "round down" in pages["3"]
    assert "could not be graded" in pages["4"]


def test_the_teacher_sees_what_the_class_believes(folder):
    page = (folder / "reports" / "padding.html").read_text(encoding="utf-8")
    assert "3 of 5 graded" in page
    assert "The formula gives the size, even when it is no whole number." in page

"""A class at once: every student has a row, and what has its result keeps it."""

import csv
import json
from pathlib import Path

import pytest

from course.grading import __main__ as command
from course.grading import read, worker
from tests.grading.conftest import SECRET, needs_sandbox
from tests.grading.homework import SOURCES, Book
from tests.grading.red_team import ROWS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

JORG = b"j\xf6rg".decode("utf-8", "surrogateescape")
CLASS = {
    **{"ada": "solution", "bo": "blank", "cy": "empty", "di": "no_floor", "ed": "quits"},
    JORG: "solution",
}
POINTS = {"ada": "6.0", "bo": "0", "cy": "", "di": "4.0", "ed": "6.0", "j\\udcf6rg": "6.0"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a class, which everything is run in."""
    monkeypatch.chdir(tmp_path)
    Path("source/padding").mkdir(parents=True)
    Path("source/padding/padding.ipynb").write_text(json.dumps(SOURCES["padding"]))
    Path("secret.txt").write_text(SECRET)
    for student, row in CLASS.items():
        hand_in(student, row)
    return tmp_path


def hand_in(student: str, row: str, name: str = "padding (1).ipynb", **answers: str) -> None:
    book = Book("padding")
    made = ROWS[row].make(book)
    book.answer(**answers)
    path = Path("submitted", student, "padding", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(book) if made is None else made)


def graded(*options: str) -> dict[str, dict]:
    assert command.main(["padding", "--secret", "secret.txt", "--workers", "1", *options]) == 0
    with open("grades.csv", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_everybody_has_a_row(folder, capfd, monkeypatch):
    needs_sandbox()
    # Each student is asked for another number: fay's is right for her alone.
    source = json.dumps(SOURCES["padding"])
    fays, gils = (read("padding", source, SECRET, name).parts[2] for name in ("fay", "gil"))
    assert fays.question.answer != gils.question.answer
    for student in ("fay", "gil"):
        hand_in(student, "solution", size=f"size = {fays.question.answer}")
    rows = graded("--own-settings", "--workers", "2")
    points = {student: row["points"] for student, row in rows.items()}
    assert points == POINTS | {"fay": "6.0", "gil": "5.0"}
    assert {s: row["not graded because"] for s, row in rows.items() if not row["points"]} == {
        "cy": "The file is empty."
    }
    # Again: nothing is graded twice, and who hands in again is graded.
    before = Path("grades.sqlite").read_bytes()
    assert graded("--own-settings") == rows
    assert Path("grades.sqlite").read_bytes() == before
    hand_in("bo", "lambdas", "padding.ipynb")
    assert graded("--own-settings")["bo"]["points"] == "6.0"
    assert "1 of 1" in capfd.readouterr().out
    # Of all that a result depends on, the course itself is a part.
    monkeypatch.setattr(command, "environment", lambda: "another course")
    assert graded("--own-settings") == rows | {"bo": rows["ada"] | {"student": "bo"}}
    assert Path("grades.sqlite").read_bytes() != before


def test_what_is_handed_in_twice_is_named(folder, capsys):
    hand_in("ada", "blank", "another.ipynb")
    hand_in("ada", "blank", "padding.ipynb")
    found = dict(command.handed_in("padding"))
    assert found["ada"].name == "padding.ipynb"
    assert "another.ipynb" in capsys.readouterr().out


def test_without_a_sandbox_nothing_is_graded_unless_the_teacher_says_so(folder, capfd, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(SystemExit):
        command.main(["padding"])
    assert "install bubblewrap, or ask for it. Nothing was graded." in capfd.readouterr().err
    assert not Path("grades.sqlite").exists()
    assert graded("--without-a-sandbox")["ada"]["points"] == "6.0"
    assert "WARNING: grade without a sandbox: what a student wrote can" in capfd.readouterr().err


def test_an_empty_secret_draws_nothing_for_anybody(folder, capsys):
    Path("secret.txt").write_text("\n")
    with pytest.raises(SystemExit):
        command.main(["padding", "--secret", "secret.txt"])
    assert "secret.txt is empty" in capsys.readouterr().err


def test_a_result_is_kept_for_good(tmp_path):
    store = command.Store(tmp_path / "grades.sqlite")
    store.add("key", "ada", Path("x"), {"points": 6})
    store.add("key", "ada", Path("x"), {"points": 0})
    assert command.Store(tmp_path / "grades.sqlite")["key"] == {"points": 6}


def test_a_sandbox_that_broke_is_replaced(assignments):
    needs_sandbox()
    modules = assignments["padding"].modules
    first = worker.sandbox_for(True, *modules)
    first.process.kill()
    task = "padding", json.dumps(SOURCES["padding"]), SECRET, False, True
    assert worker.result_of(task, "ada", bytes(Book("padding")))["verdicts"][0]["points"] == 2
    second = worker.sandbox_for(True, *modules)
    assert second is not first
    for sandbox in (first, second):
        sandbox.__exit__()
    worker.sandbox_for.cache_clear()

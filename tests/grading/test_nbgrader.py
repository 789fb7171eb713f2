"""With nbgrader: its commands, its gradebook and its Formgrader, with the grades of the course."""

import contextlib
import copy
import csv
import html
import json
import logging
import os
import re
import subprocess
import sys
import sysconfig
from datetime import datetime
from pathlib import Path

import pytest
from explore import lab
from explore.conftest import browser
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from playwright.sync_api import expect
from release import NbgraderError, nbgrader

from course import grading
from course.grading import __main__ as command
from course.grading import release, worker
from course.grading.assignment import draw, word
from course.grading.collect import HandedIn
from course.grading.nbgrader import application, shown
from grading.conftest import needs_sandbox
from grading.homework import POINTS, SOURCES, Book
from grading.red_team import ROWS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SECRET = "open sesame, and what is in here"
CONFIG = """
from course.grading.nbgrader import configure
configure(get_config(), secret="secret.txt")
"""
COMMAND = ["padding", "--secret", "secret.txt", "--workers", "1", "--gradebook"]
# One of each kind takes its time, and the others are no different for nbgrader.
LEFT_OUT = {"loops_on", "loops_in_c", "backtracks", "sleeps", "asks", "alive", "never_ends"}
LEFT_OUT |= {"fork_bomb", "memory_at_once", "memory_in_steps", "memory_in_many", "many_files"}
LEFT_OUT |= {"memory_out_of_sight", "huge_power", "loops_in_a_cell", "endless_generator"}
STUDENTS = [name for name, row in ROWS.items() if row.assignment == "padding"]
STUDENTS = [name for name in STUDENTS if name not in LEFT_OUT]
ASIDE = [name for name in STUDENTS if ROWS[name].aside]


def make(folder: Path) -> Path:
    """The folder of a class that has handed out its homework."""
    for name, source in copy.deepcopy(SOURCES).items():
        for number, cell in enumerate(source["cells"]):
            cell["id"] = f"cell-{number}"
        (folder / "source" / name).mkdir(parents=True)
        (folder / "source" / name / f"{name}.ipynb").write_text(json.dumps(source))
    (folder / "secret.txt").write_text(SECRET)
    (folder / "nbgrader_config.py").write_text(CONFIG)
    return folder


def submit(
    folder: Path, student: str, row: str, name: str = "padding.ipynb", own: bool = False, **answers
) -> Path:
    assignment = ROWS[row].assignment
    book = Book(assignment)
    draw(book.cells, word(SECRET, assignment, student if own else ""))
    made = ROWS[row].make(book)
    book.answer(**answers)
    path = folder / "submitted" / student / assignment / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(book) if made is None else made)
    return path


def gradebook(folder: Path):
    from nbgrader.api import Gradebook

    return Gradebook(f"sqlite:///{folder / 'gradebook.db'}")


def grades(folder: Path, student: str, assignment: str = "padding") -> dict:
    """The points of each part, None where a teacher has to look."""
    with gradebook(folder) as book:
        found = book.find_submission_notebook(assignment, assignment, student).grades
        return {
            each.name.removesuffix("_points"): None if each.needs_manual_grade else each.score
            for each in found
        }


def by_hand(folder: Path, student: str, grade_id: str, points: float, comment: str = "") -> None:
    """What a teacher does in the Formgrader."""
    with gradebook(folder) as book:
        where = grade_id, "padding", "padding", student
        grade = book.find_grade(*where)
        grade.manual_score, grade.needs_manual_grade = points, False
        if comment:
            book.find_comment(*where).manual_comment = comment
        book.db.commit()


def exported(folder: Path) -> dict[str, dict]:
    nbgrader(folder, "export", "--to", "scores.csv")
    with open(folder / "scores.csv", encoding="utf-8", newline="") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def table(folder: Path) -> dict[str, dict]:
    with open(folder / "reports" / "padding.csv", encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def page(folder: Path, student: str) -> str:
    return (folder / "feedback" / student / "padding" / "padding.html").read_text("utf-8")


def autograded(folder: Path, student: str) -> str:
    return (folder / "autograded" / student / "padding" / "padding.ipynb").read_text("utf-8")


def results(folder: Path, *paths: Path):
    """What the class command hands to the gradebook."""
    source = (folder / "source" / "padding" / "padding.ipynb").read_text()
    for path in paths:
        student = path.parent.parent.name
        result = worker.result_of(
            ("padding", source, SECRET, False, True), student, path.read_bytes()
        )
        yield HandedIn(student, path), result


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Path:
    """A class in which nbgrader graded all in one go."""
    needs_sandbox()
    folder = make(tmp_path_factory.mktemp("class"))
    nbgrader(folder, "generate_assignment", "padding")
    for number, row in enumerate(STUDENTS):
        submit(folder, row, row, ["padding.ipynb", "padding (1).ipynb", "mine.ipynb"][number % 3])
    (folder / "submitted" / "sends a letter" / "padding").mkdir(parents=True)
    (folder / "submitted" / "sends a letter" / "padding" / "letter.txt").write_text("Sorry!")
    with gradebook(folder) as book:
        book.add_student("silent", last_name="Smith, Jr.")
    nbgrader(folder, "autograde", "padding")
    nbgrader(folder, "generate_feedback", "padding")
    return folder


@pytest.fixture
def small(tmp_path, monkeypatch) -> Path:
    """A class of two that was graded, and the texts read."""
    needs_sandbox()
    monkeypatch.chdir(make(tmp_path))
    nbgrader(tmp_path, "generate_assignment", "padding")
    for student in ("ada", "bo"):
        submit(tmp_path, student, "half_done", "padding (1).ipynb")
    nbgrader(tmp_path, "autograde", "padding")
    for student in ("ada", "bo"):
        by_hand(tmp_path, student, "why", 2, "Well said.")
    by_hand(tmp_path, "bo", "pads_points", 0.5)
    return tmp_path


@pytest.mark.parametrize("student", sorted(set(STUDENTS) - set(ASIDE)))
def test_nbgrader_gives_the_grade_of_a_fair_teacher(graded, student):
    found = grades(graded, student)
    assert found.pop("why") in (None, 0)  # it waits for a teacher, or it was left empty
    assert found == POINTS["padding"] | ROWS[student].points


def test_who_wrote_something_in_words_waits_for_a_teacher(graded):
    assert grades(graded, "solution")["why"] is None
    assert grades(graded, "no_metadata")["why"] is None
    assert grades(graded, "blank")["why"] == 0


def test_the_export_tells_who_was_not_graded_from_who_got_nothing(graded):
    rows = exported(graded)
    nobody = {"silent", "sends a letter"}
    assert rows.keys() == {*STUDENTS, *nobody}
    assert [student for student, row in rows.items() if not row["score"]] != []
    assert {student for student, row in rows.items() if not row["score"]} == {*ASIDE, *nobody}
    for student in ASIDE:
        assert ROWS[student].aside in rows[student]["not_graded"]
    assert rows["silent"]["not_graded"] == "Nothing was handed in."
    assert rows["silent"]["last_name"] == "Smith, Jr."
    assert rows["sends a letter"]["not_graded"] == "There is no notebook in the folder."
    assert (rows["blank"]["score"], rows["blank"]["not_graded"]) == ("0.0", "")
    assert rows["solution"]["not_graded"] == "A teacher has to grade: why"
    assert (rows["solution"]["score"], rows["solution"]["max_score"]) == ("6.0", "8.0")


def test_a_spreadsheet_computes_nothing_of_the_export(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", sysconfig.get_path("scripts"), prepend=os.pathsep)
    folder, names = make(tmp_path), {"last_name": "@SUM(1)", "first_name": "+1", "email": "-1"}
    with gradebook(folder) as book:
        book.update_or_create_assignment("padding")
        book.add_student("=1+1", **names)
    (row,) = exported(folder).values()
    found = {key: row[key] for key in ("student_id", *names)}
    assert found == {key: f"'{text}" for key, text in ({"student_id": "=1+1"} | names).items()}


def test_no_hidden_case_and_nothing_of_this_machine_is_in_the_feedback(graded):
    source = json.dumps(SOURCES["padding"])
    for student in STUDENTS:
        (handed_in,) = (graded / "submitted" / student / "padding").glob("*.ipynb")
        found = grading.read("padding", source, SECRET, "", handed_in.read_bytes())
        hidden = set()
        for question in (part.question for part in found.parts[:2]):
            calls = list(map(question.call, range(len(question.cases))))
            hidden |= {*calls[question.visible :]} - {*calls[: question.visible]}
        assert len(hidden) > 20
        for said in (
            autograded(graded, student),
            (graded / "feedback" / student / "padding" / "padding.html").read_text("utf-8"),
        ):
            text = html.unescape(said)
            assert not {call for call in hidden if call in text}, student
            assert not any(word in text for word in (SECRET, str(graded), "Traceback (most"))


def test_what_stands_in_the_notebook(graded):
    cells, right = {}, Book("padding")
    for student in (
        "solution",
        "split_answer",
        "no_metadata",
        "own_cell",
        "empty",
        "cells_100_000",
    ):
        cells[student] = json.loads(autograded(graded, student))["cells"]
    for student in ("solution", "split_answer", "no_metadata"):  # each answer is in its place
        found = {
            cell["metadata"]["nbgrader"]["grade_id"]: cell
            for cell in cells[student]
            if "nbgrader" in cell["metadata"]
        }
        for name in ("output_size", "same_pads", "why"):
            assert found[name]["source"].split() == right[name]["source"].split()
        (output,) = found["output_size_points"]["outputs"]
        assert output["text"].startswith("2 of 2 points. ")
    assert len(cells["own_cell"]) == len(cells["solution"]) + 1
    assert all(len({cell["id"] for cell in each}) == len(each) for each in cells.values())
    assert len(cells["cells_100_000"]) < 400  # nbgrader takes minutes for a page of them all
    assert cells["empty"][0]["source"] == "**Not graded.** The file is empty."


def test_no_student_can_run_anything_on_the_teachers_page(graded, small):
    from course.grading.nbgrader import Gradebook

    text = "<script>alert(1)</script> `1 <2`, <b>well</b>\ud800 [x](javascript:alert(2))"
    path = submit(small, "eve", "solution", why=text)
    with Gradebook(secret="secret.txt") as book:
        for each in results(small, path):
            book.write("padding", *each)
    nbgrader(small, "generate_feedback", "padding")
    said = (small / "feedback" / "eve" / "padding" / "padding.html").read_text("utf-8")
    assert "alert(1)" in said
    assert "<script>alert" not in said
    assert "<b>well" not in said
    assert 'href="javascript' not in said


def test_the_class_command_writes_the_same(graded, tmp_path, monkeypatch):
    """Into a gradebook that is not there yet."""
    from course.grading.nbgrader import Gradebook

    sample = [*ASIDE[:2], "solution", "blank", "no_floor", "split_answer", "no_metadata", "colab"]
    monkeypatch.chdir(make(tmp_path))
    # For a new gradebook nbgrader calls alembic, which stands beside this Python, by its name.
    monkeypatch.setenv("PATH", sysconfig.get_path("scripts"), prepend=os.pathsep)
    paths = [submit(tmp_path, row, row) for row in sample]
    with Gradebook("sqlite:///gradebook.db", secret="secret.txt") as book:
        for each in results(tmp_path, *paths):
            book.write("padding", *each)
    for student in sample:
        assert autograded(tmp_path, student) == autograded(graded, student)
        assert grades(tmp_path, student) == grades(graded, student)
    rows, others = exported(tmp_path), exported(graded)
    assert rows == {student: others[student] for student in rows}
    # What nbgrader itself would have made is there.
    with gradebook(tmp_path) as ours, gradebook(graded) as theirs:
        cells = [
            sorted((c.name, c.source, c.checksum, c.locked) for c in book.source_cells)
            for book in (each.find_notebook("padding", "padding") for each in (ours, theirs))
        ]
    assert cells[0] == cells[1]


def test_a_teachers_grade_stays_and_what_is_handed_in_again_is_graded(small, capsys):
    before = {"output_size": 2, "same_pads": 0, "size": 1, "pads": 0, "why": 2}
    nbgrader(small, "autograde", "padding")
    assert grades(small, "ada") == before
    assert grades(small, "bo") == before | {"pads": 0.5}
    nbgrader(small, "generate_feedback", "padding")
    # Ada writes another text, Bo better code; no timestamp is there to tell nbgrader so.
    submit(small, "ada", "half_done", "padding (1).ipynb", why="Because.")
    submit(small, "bo", "solution", "padding (1).ipynb")
    assert {row["not_graded"] for row in exported(small).values()} == {
        "It was not graded: see what nbgrader autograde says."
    }
    nbgrader(small, "autograde", "padding")
    assert grades(small, "ada") == before | {"why": None}
    assert grades(small, "bo") == before | {"same_pads": 2, "pads": None}
    # What was given for another answer is nowhere counted or said.
    rows = exported(small)
    assert {who: (row["score"], row["not_graded"]) for who, row in rows.items()} == {
        "ada": ("3.0", "A teacher has to grade: why"),
        "bo": ("7.0", "A teacher has to grade: pads_points"),
    }
    assert command.main(COMMAND) == 0
    assert "For you to grade in nbgrader's Formgrader: 2;" in capsys.readouterr().out
    rows = table(small)
    assert {who: (row["points"], row["to grade"]) for who, row in rows.items()} == {
        "ada": ("3", "why"),
        "bo": ("7", "pads_points"),
    }
    assert "Well said." not in page(small, "ada")
    by_hand(small, "ada", "why", 1, "Why?")
    nbgrader(small, "generate_feedback", "padding")
    assert "Why?" in page(small, "ada")
    assert "4 of 8 points" in page(small, "ada")


def test_without_a_sandbox_nobody_gets_nothing(small, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NbgraderError, match="install bubblewrap"):
        nbgrader(small, "autograde", "padding")
    assert {(row["score"], row["not_graded"]) for row in exported(small).values()} == {
        ("", "It was not graded: see what nbgrader autograde says.")
    }


def test_after_the_class_command_nbgrader_runs_nobodys_code_either(tmp_path, monkeypatch):
    needs_sandbox()
    monkeypatch.chdir(make(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(command.__file__).parents[2]))
    (tmp_path / "nbgrader_config.py").unlink()
    stolen = tmp_path / "stolen"
    submit(tmp_path, "eve", "solution", size=f"size = open({str(stolen)!r}, 'w').write('')")
    assert command.main(COMMAND) == 0
    with contextlib.suppress(NbgraderError):
        nbgrader(tmp_path, "autograde", "padding", "--force")
    assert not stolen.exists()
    assert grades(tmp_path, "eve")["output_size"] == 2


def test_the_command_closes_nobodys_log(tmp_path, monkeypatch):
    monkeypatch.chdir(make(tmp_path))
    log, closed = logging.StreamHandler(), []
    monkeypatch.setattr(log, "close", lambda: closed.append(log))
    application("secret.txt")
    assert not closed


@pytest.mark.parametrize("config", ["", "get_config().CourseDirectory.course_id = 'x'", "1 / 0"])
def test_no_gradebook_beside_an_nbgrader_that_runs_what_students_write(
    tmp_path, monkeypatch, capsys, config
):
    monkeypatch.chdir(make(tmp_path))
    submit(tmp_path, "ada", "solution")
    (tmp_path / "nbgrader_config.py").write_text(config)
    assert command.main(COMMAND) == 1
    said = capsys.readouterr().err
    assert "configure(get_config(), secret='secret.txt', own_settings=False)" in said
    assert (tmp_path / "nbgrader_config.py").read_text() == config
    assert not (tmp_path / "gradebook.db").exists()


def test_the_command_and_nbgrader_draw_the_same_settings(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(make(tmp_path))
    submit(tmp_path, "ada", "solution")
    (tmp_path / "other.txt").write_text("quite another secret")
    for options in (["--secret", "other.txt"], [], ["--secret", "secret.txt", "--own-settings"]):
        assert command.main(["padding", "--gradebook", *options]) == 1
        said = capsys.readouterr().err
        assert "\nnbgrader_config.py has another secret than this command, or differs" in said
    assert not (tmp_path / "gradebook.db").exists()


def test_nbgrader_too_grades_nobody_with_other_settings_than_were_handed_out(small):
    before = autograded(small, "ada")
    (small / "secret.txt").write_text("quite another secret")
    with pytest.raises(NbgraderError, match="They were handed out with other settings than"):
        nbgrader(small, "autograde", "padding")
    assert autograded(small, "ada") == before
    (small / "submitted" / "ada" / "padding" / "padding (1).ipynb").write_text("{}")
    assert exported(small)["ada"]["score"] == ""


@pytest.mark.parametrize("secret", [None, " \n"])
def test_without_a_secret_nbgrader_does_not_begin(tmp_path, secret):
    from course.grading.nbgrader import CONFIG

    made = CONFIG.format(secret="secret.txt", own_settings=False)
    (make(tmp_path) / "nbgrader_config.py").write_text(made)
    (tmp_path / "secret.txt").unlink()
    if secret:
        (tmp_path / "secret.txt").write_text(secret)
    submit(tmp_path, "ada", "solution")
    with pytest.raises(NbgraderError, match=r":\nNothing is graded: .*secret\.txt.*\n$"):
        nbgrader(tmp_path, "autograde", "padding")


def test_what_is_handed_out_is_what_is_graded(small, capsys):
    made = small / "release" / "padding" / "padding.ipynb"
    ours = json.loads(made.read_text("utf-8"))
    assert release.main(["padding", "--secret", "secret.txt"]) == 0
    assert json.loads(made.read_text("utf-8")) == ours
    shape = grading.read("padding", json.dumps(SOURCES["padding"]), SECRET).parts[2].question
    assert f"n={shape.setting['n']}," in str(ours)


def test_no_name_can_run_anything_on_nbgraders_pages(small):
    name = "<img src=x onerror=\"alert('&')\">"
    with gradebook(small) as book:
        before = {student.id for student in book.students}
    submit(small, name, "solution")
    with pytest.raises(NbgraderError, match="rename the folder"):
        nbgrader(small, "autograde", "padding")
    (small / "students.csv").write_text('id,first_name,last_name\ncy,"<b>","A"\n')
    submit(small, "cy", "solution")
    assert command.main(COMMAND) == 0
    with gradebook(small) as book:
        new = {student.id for student in book.students} - before
        names = [f"{each.id}{each.first_name}{each.last_name}" for each in book.students]
    assert new == {"cy", "‹img src=x onerror=”alert('＆')”›"}
    assert not set('<>&"') & set("".join(names))
    assert [grades(small, student)["size"] for student in new] == [1, 1]


def test_no_heading_of_a_students_takes_the_place_of_a_teachers_field():
    for text in ("# why", "> 1. ## why", "why\n===", "- why\n  ---", "a\r# why"):
        assert "<h" in markdown2html_mistune(text)
        assert "<h" not in markdown2html_mistune(shown(text, "markdown"))


def test_extra_credit_counts(small):
    with gradebook(small) as book:
        book.find_grade("size_points", "padding", "padding", "ada").extra_credit = 0.5
        book.db.commit()
    assert exported(small)["ada"]["score"] == "5.5"
    assert command.main(COMMAND) == 0
    assert table(small)["ada"]["points"] == "5.5"


def test_late_penalties_are_nbgraders(small):
    with gradebook(small) as book:
        book.update_or_create_assignment("padding", duedate=datetime(2026, 3, 1, 12))
    config = small / "nbgrader_config.py"
    config.write_text(CONFIG + "get_config().LateSubmissionPlugin.penalty_method = 'zero'\n")
    (small / "submitted/ada/padding/timestamp.txt").write_text("2026-03-01 11:59:00 UTC")
    (small / "submitted/bo/padding/timestamp.txt").write_text("2026-03-01 12:01:00 UTC")
    (small / "submitted/ada/padding/late.txt").touch()  # as Canvas says, and not by how much
    nbgrader(small, "autograde", "padding")
    rows = exported(small)
    assert [rows[student]["score"] for student in ("ada", "bo")] == ["5.0", "0.0"]
    assert rows["bo"]["late_submission_penalty"] == "5.5"


def test_a_name_that_is_not_utf_8_stops_nobody_else(small):
    from course.grading.nbgrader import Gradebook

    name = b"j\xf6rg".decode("utf-8", "surrogateescape")
    path = submit(small, name, "solution")
    submit(small, "zoe", "solution")  # whom nbgrader does not know yet
    with pytest.raises(NbgraderError, match=r"for student 'j.udcf6rg'"):
        nbgrader(small, "autograde", "padding")
    assert grades(small, "zoe")["size"] == 1
    assert exported(small)["j\\udcf6rg"]["not_graded"].startswith("It was not graded")
    with Gradebook(secret="secret.txt") as book:
        for each in results(small, path):
            book.write("padding", *each)
    assert exported(small)["j\\udcf6rg"]["score"] == "6.0"


def test_each_students_own_settings(small):
    (small / "nbgrader_config.py").write_text(CONFIG.replace('t")', 't", own_settings=True)'))
    source = json.dumps(SOURCES["padding"])
    adas, bos = (grading.read("padding", source, SECRET, each).parts[2] for each in ("ada", "bo"))
    assert adas.question.answer != bos.question.answer
    for student in ("ada", "bo"):
        submit(small, student, "solution", own=True, size=f"size = {adas.question.answer}")
    nbgrader(small, "autograde", "padding")
    assert [grades(small, student)["size"] for student in ("ada", "bo")] == [1, 0]
    assert repr(adas.question.setting["n"]) in autograded(small, "ada")


def test_a_model_that_nobody_can_tell_waits_for_a_teacher(tmp_path):
    needs_sandbox()
    folder = make(tmp_path)
    nbgrader(folder, "generate_assignment", "design")
    for row in ("own_layer", "functional", "shortcut"):
        submit(folder, row, row, "design.ipynb")
    nbgrader(folder, "autograde", "design")
    for row in ("own_layer", "functional", "shortcut"):
        assert grades(folder, row, "design") == POINTS["design"] | ROWS[row].points
    assert exported(folder)["own_layer"]["not_graded"] == "A teacher has to grade: model_points"


@pytest.mark.browser
def test_a_teacher_grades_in_the_formgrader(small, tmp_path_factory):
    with gradebook(small) as book:
        number = book.find_submission_notebook("padding", "padding", "ada").id
    with browser() as chromium, lab.serve(small, tmp_path_factory.mktemp("own")) as address:
        page = chromium.new_page()
        page.route(re.compile("cdnjs"), lambda route: route.abort())  # its page wants MathJax
        page.goto(f"{address}/formgrader/submissions/{number}/")
        expect(page.locator("body")).to_contain_text("2 of 2 points. Yes, in all 68 cases.")
        expect(page.locator("#output_size_points")).to_have_attribute("placeholder", "2")
        expect(page.locator("#why-comment")).to_have_value("Well said.")
        page.fill("#why", "1.5")
        with page.expect_response(re.compile("/api/grade/")):
            page.fill("#why-comment", "Nearly.")
        with page.expect_response(re.compile("/api/comment/")):
            page.keyboard.press("Tab")
        # Its own button grades again.
        page.goto(f"{address}/formgrader/manage_submissions/padding")
        page.locator("tr:has-text('ada') .autograde a").click()
        said = page.locator(".modal-body:visible")
        expect(said).to_contain_text("Successfully autograded", timeout=300_000)
    assert grades(small, "ada")["why"] == 1.5
    with gradebook(small) as book:
        assert book.find_comment("why", "padding", "padding", "ada").comment == "Nearly."


def test_grading_needs_no_nbgrader():
    code = "import sys, course.grading.__main__; print('nbgrader' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

"""A homework from its source to the teacher's table of scores, with nbgrader and this grading.

Three students hand it in: one with the teacher's solution, one with nothing, and one who is half
right, and deleted a check. All are graded once, in one go, with the README's commands.
"""

import csv
import re
import shlex
import tomllib
from pathlib import Path

import lessons
import pytest
import refresh
from packaging.requirements import Requirement
from release import HOMEWORK, nbgrader
from release import release as generate

from homework.test_homework import BY_HAND, NAMES, RELEASES, SOURCES, about, solutions
from tests.grading.conftest import needs_sandbox

ASSIGNMENT = "padding"
NAME = Path(ASSIGNMENT, f"{ASSIGNMENT}.ipynb")
CONFIG = """
from course.grading.nbgrader import configure
configure(get_config())
"""
PRAISE = "Well said, and a good example."
README = (lessons.ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line)[1:] for line in re.findall(r"^nbgrader [^#\n]+", README, re.MULTILINE)
]
POINTS = {
    about(cell)["grade_id"]: about(cell)["points"]
    for cell in SOURCES[ASSIGNMENT].cells
    if about(cell).get("grade")
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

NO_FLOOR = """
def output_size(n, kernel_size, strides, padding):
    if padding == "same":
        return -(-n // strides)
    return (n - kernel_size) / strides + 1
"""
RIGHT = solutions(ASSIGNMENT)
# What each student writes, and the parts that it costs.
STUDENTS: dict[str, tuple[dict[str, str], set[str]]] = {
    "solution": (RIGHT, set()),
    "untouched": ({}, set(POINTS)),
    "half": (
        RIGHT | {"output_size": NO_FLOOR, "how_many": "how_many = 8"},
        {"output_size_valid", "depth"},
    ),
}
DELETED = {"half": "output_size_valid"}  # not every editor obeys the lock of a check
READ = {"solution": 4, "half": 3}  # the texts that the teacher has read, and their points


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """The folder of a course in which everything was done once, in a teacher's order."""
    from nbgrader.api import Gradebook  # takes seconds, which the fast tests need not wait for

    needs_sandbox()
    folder = tmp_path_factory.mktemp("course")
    (folder / "nbgrader_config.py").write_text(CONFIG)
    made, autograde, *give_back = COMMANDS
    assert made == ["generate_assignment", ASSIGNMENT]  # which is what `release` does
    for name, text in generate(folder, ASSIGNMENT).items():
        (folder / name).write_text(text, encoding="utf-8")
    for student, (answers, _) in STUDENTS.items():
        notebook = refresh.normalise(RELEASES[ASSIGNMENT], ASSIGNMENT)
        for cell in notebook.cells[:]:
            cell.source = answers.get(about(cell).get("grade_id"), cell.source).strip()
            if about(cell).get("grade_id") == DELETED.get(student, ""):
                notebook.cells.remove(cell)
        path = folder / "submitted" / student / NAME
        path.parent.mkdir(parents=True)
        path.write_text(refresh.to_text(notebook), encoding="utf-8")
    nbgrader(folder, *autograde)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for student, points in READ.items():  # as its Formgrader does
            where = (BY_HAND, NAME.stem, ASSIGNMENT, student)
            grade = gradebook.find_grade(*where)
            grade.manual_score, grade.needs_manual_grade = points, False
            gradebook.find_comment(*where).manual_comment = PRAISE
        gradebook.db.commit()
    for command in give_back:
        nbgrader(folder, *command)
    return folder


@pytest.mark.parametrize("student", STUDENTS)
def test_every_student_gets_the_points_that_are_deserved(course, student):
    from nbgrader.api import Gradebook

    answers, lost = STUDENTS[student]
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        graded = gradebook.find_submission_notebook(NAME.stem, ASSIGNMENT, student).grades
        earned = {each.name: each.auto_score for each in graded}
    deserved = {name: 0 if name in lost else points for name, points in POINTS.items()}
    # A text waits for its reader; where there is none, there is nothing to read.
    deserved[BY_HAND] = None if BY_HAND in answers else 0
    assert earned == deserved


def test_scores_are_exported(course):
    with open(course / "scores.csv", encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    scores = {student: float(row["score"]) for student, row in rows.items()}
    assert scores == {"solution": 20, "untouched": 0, "half": 15}
    assert {float(row["max_score"]) for row in rows.values()} == {sum(POINTS.values())}
    assert {row["assignment"] for row in rows.values()} == {ASSIGNMENT}


def test_feedback_names_the_mistake_and_says_what_the_teacher_says(course):
    said = {
        student: (course / "feedback" / student / NAME.with_suffix(".html")).read_text("utf-8")
        for student in STUDENTS
    }
    assert "round down" in said["half"]
    assert {student for student in STUDENTS if PRAISE in said[student]} == set(READ)


@pytest.mark.parametrize("name", NAMES)
def test_releases_are_what_nbgrader_generates(name, tmp_path):
    ((path, text),) = generate(tmp_path, name).items()
    assert (HOMEWORK / path).read_text(encoding="utf-8") == text


def test_teachers_install_what_the_tests_run():
    project = tomllib.loads((lessons.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extra = project["project"]["optional-dependencies"]["homework"]
    assert {Requirement(line).name for line in extra} == {"nbgrader"}
    assert set(extra) <= set(project["dependency-groups"]["test"])

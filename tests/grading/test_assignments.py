"""The course's own assignments, graded: whoever answers right has all points, and nobody else."""

import pytest
from homework.assignments import (
    NAMES,
    SECRETS,
    SOURCES,
    about,
    asked,
    handed_in,
    of_class,
    path,
    right_answers,
    solutions,
)

from course.grading import grade, read
from course.grading.assignment import word
from course.grading.sandbox import Sandbox
from grading.conftest import needs_sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def sandbox(name):
    needs_sandbox()
    with Sandbox(read(name, path(name).read_text(encoding="utf-8")).modules) as sandbox:
        yield sandbox


def points(name: str, sandbox: Sandbox, secret: str, student: str, answers: dict) -> dict:
    """By grade id."""
    assignment = read(name, path(name).read_text(encoding="utf-8"), secret, student)
    graded = grade(assignment, handed_in(name, answers, secret, student), sandbox)
    assert [each.grade_id for each in graded.verdicts] == [p.grade_id for p in assignment.parts]
    return {verdict.grade_id: verdict.points for verdict in graded.verdicts}


@pytest.mark.parametrize(("secret", "student"), [("", ""), (SECRETS[0], ""), (SECRETS[0], "ada")])
def test_right_answers_have_all_points(name, sandbox, secret, student):
    answers = solutions(name)
    if secret:
        drawn = of_class(name, secret, student)
        answers = right_answers(name, drawn, word(secret, name, student))
    worth = {
        about(cell)["grade_id"]: about(cell)["points"]
        for cell in SOURCES[name].cells
        if about(cell).get("grade") and cell.cell_type == "code"
    }
    assert points(name, sandbox, secret, student, answers) == worth


def test_nothing_handed_in_has_none(name, sandbox):
    assert not any(points(name, sandbox, SECRETS[0], "", {}).values())


def test_another_class_s_answers_have_none_where_numbers_are_drawn(name, sandbox):
    """Only a function is right whatever is drawn, and a network may be by chance."""
    answers = solutions(name)
    kept = points(name, sandbox, SECRETS[0], "", answers)
    written = {grade_id for grade_id, source in answers.items() if "def " in source}
    graded = [g for g, to_fill_in, _, _ in asked(SOURCES[name]) if to_fill_in not in written]
    assert sum(bool(kept[grade_id]) for grade_id in graded) <= 1, kept

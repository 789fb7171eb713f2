"""What the notes for teachers promise for a semester holds: records, questions, homework."""

import json

import promised
import pytest

from course import questions
from course.predict import record
from course.predict.record import Record

PROMISED = json.loads(promised.PROMISED.read_text(encoding="utf-8"))
BROKEN = (
    "{} was promised to teachers for a semester, in notebooks/for_teachers.md: records and grades "
    "of students who are in the middle of it depend on it. Put it back, and add beside it what is "
    "new. Between semesters you may change it: run tests/tools/promised.py, say it in the "
    "changelog, and raise the second number of the version."
).format


def test_an_answer_of_a_student_can_still_be_read(tmp_path):
    answer = PROMISED["answer"]
    path = tmp_path / record.NAME
    path.write_text("\n" + json.dumps(answer), encoding="utf-8")
    kept = Record(path)
    assert kept.entries() == [answer], BROKEN(f"The line {answer} in {record.NAME}")
    assert kept.notice == ""
    missing = answer.keys() - record.FIELDS.keys()
    assert not missing, BROKEN(f"Of each answer in {record.NAME}, {sorted(missing)}")


def test_an_answer_is_still_an_answer_to_its_question():
    answer = PROMISED["answer"]
    question = eval(answer["question"], {"questions": questions})
    assert repr(question) == answer["question"], BROKEN("How a question is written in a record")
    assert question.diagnose(answer["answer"]).mistake == answer["mistake"]


@pytest.mark.parametrize("name", PROMISED["kinds"])
def test_a_question_has_its_settings(name: str):
    settings, now = PROMISED["kinds"][name], promised.kinds()
    assert name in now, BROKEN(f"questions.{name}")
    kept = [setting for setting in now[name] if setting in settings]
    what = f"questions.{name}({', '.join(settings)}), with these settings in this order,"
    assert kept == settings, BROKEN(what)
    # What is None is not written into a record: the question stays the one that was answered.
    added = [setting for setting in now[name] if setting not in settings]
    assert all(setting.endswith("=None") for setting in added), BROKEN(f"That {what} is enough")


@pytest.mark.parametrize("name", PROMISED["homework"])
def test_homework_has_its_cells_and_points(name: str):
    cells, now = PROMISED["homework"][name], promised.homework().get(name, {})
    changed = {
        grade_id: points for grade_id, points in cells.items() if now.get(grade_id) != points
    }
    assert not changed, BROKEN(f"The cells of the homework {name} and their points, {changed},")


@pytest.mark.parametrize("name", PROMISED["homework"])
def test_a_homework_is_worth_20_points(name: str):
    assert sum(PROMISED["homework"][name].values()) == sum(promised.homework()[name].values()) == 20

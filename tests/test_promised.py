"""What the notes for teachers promise for a semester holds: records, questions, homework."""

import contextlib
import inspect
import json
from collections.abc import Iterator

import promised
import pytest

PROMISED = json.loads(promised.PROMISED.read_text(encoding="utf-8"))
BROKEN = (
    "{} was promised to teachers for a semester, in notebooks/for_teachers.md: records and grades "
    "of students who are in the middle of it depend on it. Put it back, and add beside it what is "
    "new. Between semesters you may change it: delete it from tests/promised.json, run "
    "tests/tools/promised.py, say it in the changelog, and raise the second number of the version."
).format
NEW = (
    "{} is new, and promised to nobody yet. Run "
    "`uv run --group test python tests/tools/promised.py`, which adds it to tests/promised.json."
).format


@contextlib.contextmanager
def promising(what: str) -> Iterator[None]:
    """Whatever fails in here, with whatever error, is a broken promise, and says so."""
    try:
        yield
    except Exception as error:
        raise AssertionError(BROKEN(what)) from error


@pytest.fixture(scope="module")
def now() -> dict:
    with promising("Something that tests/tools/promised.py looks up"):
        return promised.now()


@pytest.mark.parametrize("part", PROMISED)
def test_what_was_promised_holds(part: str, now: dict):
    broken = promised.broken(PROMISED[part], now.get(part), f"{part}: ")
    assert not broken, BROKEN("\n".join(broken))


def test_nothing_is_new_that_is_not_promised(now: dict):
    new = promised.broken(now, PROMISED)
    # What is changed has been said above.
    assert promised.broken(PROMISED, now) or not new, NEW("\n".join(new))


def test_answers_of_a_student_can_still_be_read_and_are_counted(tmp_path):
    name, answers = PROMISED["record"]["name"], list(PROMISED["answers"].values())
    with promising(f"A line such as {answers[0]} in {name}"):
        from course.predict.progress import first_goes
        from course.predict.record import FIELDS, Record

        path = tmp_path / name
        path.write_text("".join(f"\n{json.dumps(answer)}" for answer in answers), encoding="utf-8")
        kept = Record(path)
        assert (kept.entries(), kept.notice) == (answers, "")
        assert FIELDS.keys() >= answers[0].keys()
        assert [first_goes([answer]) for answer in answers] == [(0, 1)] * len(answers)


def test_the_record_is_where_a_teacher_looks_for_it(monkeypatch, tmp_path):
    name, variable = PROMISED["record"].values()
    with promising(f"That {name}, or the file that {variable} names, has the answers"):
        from course.predict.record import here

        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv(variable, raising=False)
        assert inspect.unwrap(here)().path == tmp_path / name
        monkeypatch.setenv(variable, "another.jsonl")
        assert inspect.unwrap(here)().path == tmp_path / "another.jsonl"


@pytest.mark.parametrize("sure", PROMISED["answers"])
def test_an_answer_is_still_an_answer_to_its_question(sure: str):
    answer = PROMISED["answers"][sure]
    with promising("How a question is written in a record"):
        from course import questions

        question = eval(answer["question"], {"questions": questions})
        assert repr(question) == answer["question"]
        assert question.diagnose(answer["answer"]).correct == answer["correct"]


@pytest.mark.parametrize("name", PROMISED["homework"])
def test_a_homework_is_worth_20_points(name: str):
    assert sum(PROMISED["homework"][name].values()) == 20


def test_what_is_broken_and_what_is_new():
    was = {"a": {"x": 1, "y": 2}, "k": ["n=28", "strides=1"]}
    assert promised.broken(was, was | {"b": {}, "k": ["n=28", "strides=1", "more=None"]}) == []
    assert promised.broken(was, {"a": {"x": 1}, "k": ["strides=1", "n=28"]}) == [
        "a: y: 2 (not None)",
        "k: ['n=28', 'strides=1'] (not ['strides=1', 'n=28'])",
    ]
    assert promised.broken(was, {"a": was["a"], "k": ["n=28", "strides=1", "more=2"]}) != []
    assert promised.broken(was, {}) != []


def test_the_command_takes_nothing_back(now, monkeypatch, tmp_path, capsys):
    path = tmp_path / "promised.json"
    path.write_text('{"record": {"name": "another.jsonl"}}', encoding="utf-8")
    monkeypatch.setattr(promised, "PROMISED", path)
    monkeypatch.setattr(promised, "now", lambda: now)
    assert promised.main() == 1
    said = "record: name: another.jsonl (not my_progress.jsonl)"
    assert said in capsys.readouterr().out
    assert "another.jsonl" in path.read_text(encoding="utf-8")
    path.write_text("{}", encoding="utf-8")  # deleted by hand
    assert promised.main() == 0
    assert json.loads(path.read_text(encoding="utf-8")) == now

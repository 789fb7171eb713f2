"""What a teacher reads about a class."""

import json
import os
import subprocess
import sys

import pytest

from course.predict import record
from course.predict.__main__ import report
from predict.test_progress import entry


@pytest.fixture
def hand_in(tmp_path):
    def write(name: str, *entries: dict, damaged: str = ""):
        path = tmp_path / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*map(json.dumps, entries), damaged]))
        return path.parents[len(path.relative_to(tmp_path / "class").parts) - 1]

    return write


def test_the_report_counts_first_answers_and_ranks_what_is_believed(hand_in):
    no_floor = {"mistake": "no_floor", "sure": 95}
    hand_in(f"ada/{record.NAME}", entry(0), entry(1, **no_floor), entry(1), entry(2, sure=95))
    hand_in(f"bob/{record.NAME}", entry(0, mistake="forgot_plus_one"), entry(1, **no_floor))
    folder = hand_in("eve.jsonl")
    table, beliefs = report(folder).split("\n\n")
    assert " ".join(table.split()) == (
        "student answered right at first go when certain "
        "ada 3 2 of 3 1 of 2 bob 2 0 of 2 0 of 1 eve 0 – –"
    )
    _, first, second = beliefs.split("\n")
    assert first.startswith("2 of 3  ")
    assert second.startswith("1 of 3  ")


def test_a_lesson_is_known_without_its_number(hand_in):
    folder = hand_in(
        "ada.jsonl",
        entry(0, lesson="04_stride.ipynb"),
        entry(1, lesson="05_stride.ipynb"),
        entry(2, lesson="02_padding.ipynb"),
    )
    for name in ("stride", "05_stride", "05_stride.ipynb"):
        assert "ada      2 " in report(folder, name)
    assert "ada      3 " in report(folder)


def test_a_copy_counts_and_a_lesson_that_nobody_answered_is_named(hand_in):
    folder = hand_in(
        "ada.jsonl",
        entry(0, lesson="05_stride (1).ipynb"),
        entry(1, lesson="project - Ada.ipynb"),
    )
    assert "ada      1 " in report(folder, "stride")
    assert "Nobody" not in report(folder, "project")
    missed = report(folder, "strid3")
    assert "Nobody answered 'strid3'. There are answers of: project - Ada, stride (1)." in missed


def test_what_cannot_be_read_is_named(hand_in):
    text = report(hand_in(f"bob/{record.NAME}", entry(0), damaged="<html>"))
    assert "bob      1 " in text
    assert "bob: In my_progress.jsonl, 1 of 2 answers cannot be read" in text


def test_the_command_says_what_is_missing(hand_in, tmp_path):
    command = [sys.executable, "-m", "course.predict"]
    there = {"capture_output": True, "text": True, "encoding": "utf-8"}
    there["env"] = os.environ | {"PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([*command, tmp_path / "nobody"], check=False, **there)
    assert done.returncode == 1
    assert "my_progress.jsonl of each student" in done.stderr
    done = subprocess.run([*command, hand_in("ada.jsonl", entry(0)), "stride"], check=True, **there)
    assert done.stdout.startswith("student  answered")

"""The student's record survives what happens to files."""

import json
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from course.predict.record import NAME, OLD_NAME, PLACE, Record, here

ENTRY = {
    "question": "questions.output_size(n=7)",
    "lesson": "05_stride.ipynb",
    "time": "2030-01-31T12:00:00+00:00",
    "answer": "3.5",
    "sure": 75,
    "correct": False,
    "mistake": "no_floor",
    "tells": ["no_floor"],
}
NAMES = "abcd"  # of kernels
WRITER = """
import sys
from pathlib import Path
from course.predict.record import Record
entry = eval(sys.stdin.read())
kept = Record(Path(sys.argv[1]))
for number in range(25):
    kept.add(entry | {"answer": f"{sys.argv[2]} {number}"})
"""


def entry(answer: str) -> dict:
    return ENTRY | {"answer": answer}


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / NAME


@pytest.fixture
def kept(path: Path) -> Record:
    return Record(path)


@pytest.mark.parametrize(
    ("named", "place"), [(None, NAME), ("", NAME), ("mine", "mine"), ("~/mine", "home/mine")]
)
def test_a_hub_can_name_its_place(folder: Path, monkeypatch, named, place):
    for variable in ("HOME", "USERPROFILE"):  # the second on Windows
        monkeypatch.setenv(variable, str(folder / "home"))
    if named is not None:
        monkeypatch.setenv(PLACE, named)
    assert here().path == folder / place


def test_an_answer_is_there_after_a_restart(kept: Record, path: Path):
    kept.add(entry("1"))
    kept.add(entry("2 “≈” \ud800"))
    assert Record(path).entries() == [entry("1"), entry("2 “≈” \ud800")]
    assert kept.notice == ""


def test_looking_writes_nothing(kept: Record, folder: Path):
    assert kept.entries() == []
    assert list(folder.iterdir()) == []


def test_a_deleted_record_starts_again(kept: Record, path: Path):
    kept.add(entry("1"))
    path.unlink()
    assert kept.entries() == []
    kept.add(entry("2"))
    assert Record(path).entries() == [entry("2")]
    assert kept.notice == ""


DAMAGED = {
    "half written": json.dumps(ENTRY)[:40].encode(),
    "no text": b"\xff\xfe\x00",
    "another file": b'{"cells": []}',
    "a number": b"3",
    "deeply nested": b"[" * 100_000,
    "a text for a number": json.dumps(ENTRY | {"sure": "very"}).encode(),
    "a number for a text": json.dumps(ENTRY | {"answer": 3}).encode(),
    "nothing for a list": json.dumps(ENTRY | {"tells": None}).encode(),
    "a list of other things": json.dumps(ENTRY | {"tells": [{}]}).encode(),
    "of a later version": b'{"version": 7, "everything": "new"}',
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("end", [b"", b"\n"], ids=["cut off", "whole"])
def test_a_damaged_line_costs_itself_only_and_is_told_at_each_look(kept, path, line, end):
    kept.add(entry("1"))
    before = path.read_bytes() + b"\n" + line + end
    path.write_bytes(before)
    kept.add(entry("2"))
    notice = f"In {NAME}, 1 of 3 answers cannot be read"
    assert kept.notice.startswith(notice)
    assert "newer version" in kept.notice
    for record in (kept, Record(path)):
        assert record.entries() == [entry("1"), entry("2")]
        assert record.notice.startswith(notice)
        assert "\n" not in record.notice
    assert path.read_bytes().startswith(before)  # nothing is taken away


def test_an_old_record_is_taken_over_once(path: Path):
    old = path.with_name(OLD_NAME)
    lines = ",\n".join(json.dumps(entry(answer)) for answer in "12")
    content = f'{{"version": 1, "answers": [\n{lines}\n]}}\n'
    assert len(json.loads(content)["answers"]) == 2
    old.write_text(content)
    kept = Record(path)
    assert kept.entries() == [entry("1"), entry("2")]
    kept.add(entry("3"))
    assert Record(path).entries() == [entry("1"), entry("2"), entry("3")]
    assert kept.notice == ""
    assert old.read_text() == content


def test_keys_that_are_not_known_stay(kept: Record, path: Path):
    richer = entry("1") | {"mood": "good"}
    path.write_text(json.dumps(richer))
    kept.add(entry("2"))
    assert Record(path).entries() == [richer, entry("2")]


def test_without_a_place_to_write_it_is_remembered(tmp_path: Path):
    (tmp_path / "file").touch()
    kept = Record(tmp_path / "file" / NAME)  # no folder: even root cannot write there
    kept.add(entry("1"))
    kept.add(entry("2"))
    assert kept.entries() == [entry("1"), entry("2")]
    assert "until the kernel stops" in kept.notice
    assert "\n" not in kept.notice


def test_a_folder_in_the_records_place_is_left_alone(kept: Record, path: Path):
    path.mkdir()
    kept.add(entry("1"))
    assert kept.entries() == [entry("1")]
    assert "until the kernel stops" in kept.notice
    assert path.is_dir()


def test_what_could_not_be_written_is_written_later(kept: Record, path: Path):
    path.mkdir()
    kept.add(entry("1"))
    path.rmdir()
    kept.add(entry("2"))
    assert Record(path).entries() == [entry("1"), entry("2")]
    assert kept.notice == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_disk_is_told_and_the_answer_remembered(path: Path):
    path.symlink_to("/dev/full")
    kept = Record(path)
    with mock.patch.object(Record, "_lines", return_value=[]):  # reading it has no end
        kept.add(entry("1"))
        assert kept.entries() == [entry("1")]
    assert "No space left" in kept.notice
    path.unlink()
    kept.add(entry("2"))
    assert Record(path).entries() == [entry("1"), entry("2")]
    assert kept.notice == ""


@pytest.mark.slow
def test_kernels_that_write_at_once_lose_nothing(path: Path):
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, text=True) for name in NAMES
    ]
    for writer in writers:
        writer.stdin.write(repr(ENTRY))
        writer.stdin.close()
    assert [writer.wait() for writer in writers] == [0] * len(NAMES)
    answers = [each["answer"] for each in Record(path).entries()]
    assert len(answers) == 25 * len(NAMES)
    for name in NAMES:
        mine = [answer for answer in answers if answer.startswith(name)]
        assert mine == [f"{name} {number}" for number in range(25)]

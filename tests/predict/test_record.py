"""The student's record survives what happens to files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from course.predict.record import NAME, VERSION, Record

ENTRY = {
    "question": "questions.output_size(n=7)",
    "lesson": "04_stride.ipynb",
    "time": "2030-01-31T12:00:00+00:00",
    "answer": "3.5",
    "sure": 75,
    "correct": False,
    "mistake": "no_floor",
    "tells": ["no_floor"],
}
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


def asides(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.stem}.*-*{path.suffix}"))


def test_an_answer_is_there_after_a_restart(kept: Record, path: Path):
    kept.add(entry("1"))
    kept.add(entry("2 “≈” \ud800"))
    assert Record(path).entries() == [entry("1"), entry("2 “≈” \ud800")]
    assert kept.notice == ""
    assert json.loads(path.read_text())["version"] == VERSION


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


BROKEN = {
    "empty": b"",
    "half written": b'{"version": 1, "answers": [{"question": "ques',
    "no text": b"\xff\xfe\x00",
    "another file": b'{"cells": []}',
    "a list": b"[1, 2]",
    "no list of answers": b'{"version": 1, "answers": 3}',
    "a version that is no number": b'{"version": "one", "answers": []}',
    "deeply nested": b"[" * 100_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("first", ["look", "add"])
def test_a_damaged_record_is_kept_aside(kept: Record, path: Path, content: bytes, first: str):
    path.write_bytes(content)
    if first == "look":
        assert kept.entries() == []
    else:
        kept.add(entry("1"))
    (aside,) = asides(path)
    assert aside.read_bytes() == content
    assert "damaged" in kept.notice
    assert aside.name in kept.notice
    assert "\n" not in kept.notice
    kept.add(entry("2"))
    assert kept.entries()[-1] == entry("2")
    assert asides(path) == [aside]
    assert json.loads(path.read_bytes())["answers"] == kept.entries()


def test_two_damaged_records_in_one_second_are_both_kept(kept: Record, path: Path):
    for content in (b"1", b"2", b"3"):
        path.write_bytes(content)
        kept.entries()
    assert sorted(aside.read_bytes() for aside in asides(path)) == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    "bad",
    [
        *(3, {}, ENTRY | {"sure": "very"}, ENTRY | {"answer": 3}),
        *(ENTRY | {"tells": None}, ENTRY | {"tells": [{}]}),
    ],
    ids=str,
)
def test_what_can_be_read_of_a_damaged_record_stays(kept: Record, path: Path, bad: object):
    content = json.dumps({"version": VERSION, "answers": [entry("1"), bad, entry("2")]})
    path.write_text(content)
    assert kept.entries() == [entry("1"), entry("2")]
    assert [aside.read_text() for aside in asides(path)] == [content]
    assert Record(path).entries() == [entry("1"), entry("2")]


def test_a_newer_version_is_kept_aside(kept: Record, path: Path):
    content = json.dumps({"version": VERSION + 1, "everything": "new"})
    path.write_text(content)
    kept.add(entry("1"))
    (aside,) = asides(path)
    assert aside.read_text() == content
    assert "newer version" in kept.notice
    assert Record(path).entries() == [entry("1")]


def test_keys_that_are_not_known_stay(kept: Record, path: Path):
    richer = entry("1") | {"mood": "good"}
    path.write_text(json.dumps({"version": VERSION, "answers": [richer]}))
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


def test_a_full_disk_leaves_the_old_record(kept: Record, path: Path, monkeypatch):
    kept.add(entry("1"))
    before = path.read_bytes()

    def full(self, text, **options):
        self.write_bytes(text[:20].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    kept.add(entry("2"))
    assert path.read_bytes() == before
    assert "No space left" in kept.notice
    assert kept.entries() == [entry("1"), entry("2")]
    assert {each.name for each in path.parent.iterdir()} == {NAME, f".{NAME}.lock"}


def test_kernels_that_write_at_once_lose_nothing(path: Path):
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, text=True) for name in "ab"
    ]
    for writer in writers:
        writer.stdin.write(repr(ENTRY))
        writer.stdin.close()
    assert [writer.wait() for writer in writers] == [0, 0]
    answers = [each["answer"] for each in Record(path).entries()]
    assert len(answers) == 50
    for name in "ab":
        mine = [answer for answer in answers if answer.startswith(name)]
        assert mine == [f"{name} {number}" for number in range(25)]

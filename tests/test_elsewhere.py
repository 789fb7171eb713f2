"""Machines unlike ours: whatever is taken away, a lesson runs, and no answer is lost silently."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from grading.conftest import needs_sandbox
from lessons import NOTEBOOKS, ROOT

from course.predict.record import NAME, PLACE, Record

pytestmark = pytest.mark.slow

# A student's hour: a whole lesson, two predictions, and a function that is checked.
HOUR = """
import sys
from pathlib import Path
import lessons
path, folder = map(Path, sys.argv[1:])
lessons.run(lessons.read(path), folder)
from course import predict, questions
from course.check import check
for answer in ("13", "13.5"):
    prediction = predict.ask(questions.output_size(n=28, kernel_size=3, strides=2))
    commit = {"answer": answer, "sure": 95, "attempt": 0}
    prediction._hear(prediction, {"action": "commit", "with": commit}, [])
    assert prediction.shown["correct"] is (answer == "13"), prediction.shown
def output_size(n, kernel_size, strides, padding):
    print("\\u2248")
    return n
result = check("output_size", output_size)
assert result.mistake == "same_means_same_size" or not result, result
page = result._repr_html_() + predict.progress()._repr_html_()
sys.stdout.buffer.write((prediction.notice + repr(result)).encode())
"""
NO_POSIX = """
import sys
for name in ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"):
    sys.modules[name] = None
"""
NO_THREADS = """
import threading
def start(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = start
"""
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LESSONS = ["00_start_here", "02_padding"]  # without Keras, and with it
each_lesson = pytest.mark.parametrize("lesson", LESSONS)


@pytest.fixture
def hour(tmp_path):
    """A function that runs the hour in another world, and returns what the student is told."""

    def run(lesson="00_start_here", before="", folder=tmp_path, course=ROOT, wrap=(), **world):
        places = os.pathsep.join(map(str, (course, ROOT / "tests" / "tools")))
        world = {name: value for name, value in os.environ.items() if name != PLACE} | world
        arguments = [NOTEBOOKS / f"{lesson}.ipynb", folder]
        done = subprocess.run(
            [*wrap, sys.executable, "-c", before + HOUR, *arguments],
            env=world | {"PYTHONPATH": places},
            cwd=folder,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run


def answers(folder: Path) -> list[str]:
    record = Record(folder / NAME)
    found = [entry["answer"] for entry in record.entries()]
    assert record.notice == ""
    return found


@each_lesson
def test_no_posix(hour, lesson, tmp_path):
    """As on Windows, and in a browser's Python."""
    hour(lesson, NO_POSIX)
    assert answers(tmp_path) == ["13", "13.5"]


def test_no_threads(hour, tmp_path):
    """As in a browser's Python, which has no TensorFlow either."""
    assert "Python has no threads here" in hour(before=NO_THREADS)
    assert answers(tmp_path) == ["13", "13.5"]


def test_with_threads_there_is_no_word_of_them(hour):
    assert "threads" not in hour()


@each_lesson
def test_no_utf_8(hour, lesson, tmp_path):
    hour(lesson, **ASCII)
    assert answers(tmp_path) == ["13", "13.5"]


COMMANDS = {
    "course.predict": ["."],
    "course.grading.collect": ["padding", "handed in", "nowhere − ≈"],
    "course.grading.release": ["padding", "--secret", "secrét.txt"],
    "course.grading": ["padding", "--secret", "secrét.txt"],
}


@pytest.mark.parametrize("encoding", ["", "ascii", "cp1252", "cp437"])
@pytest.mark.parametrize("module", COMMANDS)
def test_a_terminal_without_utf_8(hour, tmp_path, module, encoding):
    for student in ("Jörg", "Łukasz"):
        folder = tmp_path / "handed in" / student
        folder.mkdir(parents=True)
        (folder / NAME).write_text('{"question": "", "answer": ""}')
        (folder / "padding.ipynb").write_text("")
    source = tmp_path / "source" / "padding" / "padding.ipynb"
    source.parent.mkdir(parents=True)
    shutil.copy(NOTEBOOKS / "homework" / "source" / "padding" / "padding.ipynb", source)
    world = os.environ | ASCII | {"PYTHONPATH": str(ROOT)}
    world |= {"PYTHONIOENCODING": encoding} if encoding else {}
    command = [sys.executable, "-m", module, *COMMANDS[module]]
    done = subprocess.run(command, env=world, cwd=tmp_path, capture_output=True)
    assert b"Traceback" not in done.stderr
    assert b"codec" not in done.stderr
    assert done.stdout + done.stderr


@each_lesson
def test_no_home(hour, lesson, tmp_path):
    """As for a user whom a container does not know."""
    hour(lesson, HOME="/dev/null", USERPROFILE="NUL")
    assert answers(tmp_path) == ["13", "13.5"]


@pytest.mark.parametrize("name", ["my course", "Kürs", "50% #1 (copy)", "a'b"])
def test_a_folder_with_any_name(hour, tmp_path, name):
    folder = tmp_path / name
    shutil.copytree(
        ROOT / "course", folder / "course", ignore=shutil.ignore_patterns("__pycache__")
    )
    hour(folder=folder, course=folder)
    assert answers(folder) == ["13", "13.5"]


@each_lesson
def test_a_folder_that_may_only_be_read(hour, lesson, tmp_path):
    """As where a class shares one: the answers are kept while the kernel runs, and it says so."""
    needs_sandbox()
    wrap = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", "/var/tmp", "--ro-bind"]
    said = hour(lesson, wrap=[*wrap, tmp_path, tmp_path, "--ro-bind", ROOT, ROOT])
    assert "your answers are remembered only until the kernel stops" in said
    assert list(tmp_path.iterdir()) == []

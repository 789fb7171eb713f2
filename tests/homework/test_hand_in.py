"""The last cell of a homework: what it says is missing, and which file it names."""

import os
from types import SimpleNamespace

import lessons
import nbformat
import pytest
import refresh

from course.check import hand_in
from course.check.handing_in import STUBS
from homework.test_homework import RELEASES, about, solutions

ANSWERED = solutions("padding")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which a student works."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(monkeypatch):
    """A function that makes it seem that these cells were run in a kernel."""

    def run(*sources):
        history = SimpleNamespace(input_hist_raw=["", *sources, 'hand_in("padding")'])
        shell = SimpleNamespace(history_manager=history)
        monkeypatch.setattr("course.check.handing_in.get_ipython", lambda: shell)

    return run


def save(folder, answers: dict[str, str], name: str = "padding.ipynb", **kept):
    """Save the homework with these answers."""
    notebook = refresh.normalise(RELEASES["padding"], "padding")
    for cell in notebook.cells:
        cell.source = answers.get(about(cell).get("grade_id"), cell.source)
    (folder / name).write_text(refresh.to_text(notebook), **{"encoding": "utf-8"} | kept)
    return notebook


def test_what_is_ready_is_named(folder, run):
    save(folder, ANSWERED)
    run(*ANSWERED.values())
    result = hand_in("padding")
    assert result
    assert "Nothing is missing. Hand in one file, as it is saved now: `padding.ipynb`" in str(
        result
    )
    assert "**Download**" in str(result)


def test_what_is_missing_is_named_and_the_rest_can_be_handed_in(folder, run):
    half = {part: ANSWERED[part] for part in ("output_size", "usage", "row")}
    save(folder, half)
    run(*half.values())
    result = hand_in("padding")
    assert (bool(result), result.answered) == (False, False)
    missing = "Still missing: `same_pads`, `how_many`, `in_your_own_words`."
    assert result.message.startswith(missing)
    assert "`padding.ipynb`" in result.message


def test_a_release_lacks_all_of_it(folder, run):
    save(folder, {})
    run()
    assert all(f"`{part}`" in hand_in("padding").message for part in ANSWERED)


def test_what_is_not_saved_is_noticed(folder, run):
    save(folder, ANSWERED)
    better = ANSWERED["row"] + "\nrow = [0]"
    run(*(ANSWERED | {"row": better}).values())
    result = hand_in("padding")
    assert not result
    assert "`padding.ipynb` does not hold what you ran: `row`." in result.message
    assert "save (Ctrl + S)" in result.message
    save(folder, ANSWERED | {"row": better})
    assert hand_in("padding")


def test_of_several_copies_the_open_one_is_named(folder, run):
    mine = ANSWERED | {"how_many": "how_many = 10"}
    save(folder, ANSWERED, "padding-Copy1.ipynb")
    save(folder, mine, "padding (1).ipynb")
    os.utime(folder / "padding (1).ipynb", (0, 0))
    run(*mine.values())
    assert "`padding (1).ipynb`" in hand_in("padding").message
    save(folder, mine)  # of equal ones, that which was saved last
    assert "`padding.ipynb`" in hand_in("padding").message


def test_other_files_are_no_homework(folder, run):
    run(*ANSWERED.values())
    for text in ("", "{", "[]", '{"cells": 3}', '{"cells": [{"source": 3}]}', "<html>"):
        (folder / "broken.ipynb").write_text(text)
    nbformat.write(lessons.read(lessons.NOTEBOOKS / "02_padding.ipynb"), folder / "lesson.ipynb")
    save(folder, ANSWERED, "latin.ipynb", encoding="utf-16")
    result = hand_in("padding")
    assert "No file of this homework lies here" in result.message
    assert not result


def test_another_homework_is_not_this_one(folder, run):
    save(folder, ANSWERED)
    assert "No file of this homework" in hand_in("stride").message


def test_where_nobody_keeps_what_is_run_nothing_is_compared(folder, monkeypatch):
    save(folder, ANSWERED)
    assert hand_in("padding")
    shell = SimpleNamespace(history_manager=SimpleNamespace(input_hist_raw=[""]))
    monkeypatch.setattr("course.check.handing_in.get_ipython", lambda: shell)
    assert hand_in("padding")


def test_it_knows_what_nbgrader_leaves(folder):
    left = [each for each in RELEASES["padding"].cells if about(each).get("solution")]
    assert all(any(stub in cell.source for stub in STUBS) for cell in left)

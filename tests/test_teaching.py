"""The notes for teachers say of each lesson what the lesson is."""

import pytest
import teaching
from lessons import read, run

from course import questions
from course.mistakes import MISTAKES


@pytest.mark.slow
@pytest.mark.parametrize("path", teaching.LESSONS, ids=lambda path: path.stem)
def test_the_notes_are_up_to_date(path):
    notebook = read(path)
    said = teaching.notes(path.name, notebook, run(notebook, path.parent))
    page = teaching.PAGE.read_text(encoding="utf-8")
    assert said in page, "run tests/tools/teaching.py"
    assert teaching.renewed(page, path.name, said) == page


def test_a_lesson_needs_a_place_on_the_page():
    page = "### [a](01_a.ipynb)\n\nold\n\n**Discuss.** Why?\n\n**Watch for.** Haste.\n"
    assert teaching.renewed(page, "01_a.ipynb", "new\n\n") == page.replace(
        "### [a](01_a.ipynb)\n\nold", "new"
    )
    for name in ("02_b.ipynb", "01_a"):
        with pytest.raises(ValueError, match="no place"):
            teaching.renewed(page, name, "new")
    with pytest.raises(ValueError, match="no place"):
        teaching.renewed(page.replace("Watch for.", ""), "01_a.ipynb", "new")


def test_earlier_questions_are_not_the_lessons_own(write_notebook):
    path = write_notebook(
        ("code", "from course import predict, questions"),
        ("code", "first = questions.output_size(n=28, kernel_size=3)\npredict.ask(first)"),
        ("code", "own = questions.spread(n=28, kernel_size=3)\npool = questions.unread(n=9)"),
        ("code", "from course.check import check\ncheck(own, ...)"),
        execute=False,
    )
    notebook = read(path)
    told = teaching.beliefs(notebook, run(notebook, path.parent))
    own = questions.spread(n=28, kernel_size=3).told_apart
    assert told == [MISTAKES[name].believes for name in MISTAKES if name in own]

"""The tests notice what a careless hand could change in a lesson."""

import random

import lessons
import mutants
import nbformat
import prose
import pytest
from lessons import NOTEBOOKS, lesson_paths

pytestmark = pytest.mark.slow

CODE = """\
from course.geometry import Window
n = 28
Window(kernel_size=3, padding="same").pads(n)"""

SHOW = """\
from IPython.display import display
alt = f"A row of {n} pixels"
picture = f'<img alt="{alt}" src="data:image/png;base64,AAAA">'
display({"text/html": picture, "text/plain": alt}, raw=True)"""


NUMBERS = """\
cell-0 = '''
n
value("cell-1")[1]
'''
"""


@pytest.fixture
def lesson(write_notebook):
    path = write_notebook(
        ("markdown", "# A window\n\nOn 28 pixels, `same` pads 1."), ("code", CODE), ("code", SHOW)
    )
    prose.numbers_file(path).write_text(NUMBERS, encoding="utf-8")
    return path


def test_every_mutant_of_a_checked_lesson_is_killed(lesson):
    candidates = mutants.mutants(lesson)
    assert [f"{mutant.before} → {mutant.after}" for mutant in candidates] == [
        *("28 → 29", "1 → 2", "28 pixels, `same` pads 1 → 1 pixels, `same` pads 28"),
        *(" →  It is 7.", " →  There are seven of them."),
        *("28 → 29", "3 → 4", '"same" → "valid"'),
    ]
    assert mutants.survivors(candidates) == []
    assert all(map(mutants.killed_fast, candidates))


def test_survivors_need_a_reason(write_notebook, capsys, monkeypatch):
    path = write_notebook(("markdown", "Any seed does."), ("code", "import course\nseed = 7"))
    alive = mutants.survivors(mutants.mutants(path))
    monkeypatch.setattr(mutants, "survivors", lambda candidates: alive)  # it took a while
    assert mutants.main([str(path)]) == 1
    assert "lesson, cell 2 (cell-1), line 2: 7 → 8 in “seed = 7”" in capsys.readouterr().out
    monkeypatch.setitem(mutants.SURVIVORS, ("lesson", "cell-1", 2, "7 → 8"), "any seed does")
    assert mutants.main([str(path)]) == 0
    assert "any seed does" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "message"),
    [("x = 1\nassert x == 2", "fails before anything is changed"), ("x = 1", "never executed")],
)
def test_a_lesson_that_cannot_judge_its_mutants_is_refused(code, message, write_notebook):
    path = write_notebook(("code", code), execute=False)
    with pytest.raises(RuntimeError, match=message):
        mutants.survivors(mutants.mutants(path))


def test_numbers_in_the_prose_kill_what_nbval_cannot_see(write_notebook):
    path = write_notebook(("markdown", "On 28."), ("code", "n = 28"))
    prose.numbers_file(path).write_text("cell-0 = 'n'", encoding="utf-8")
    *_, code = mutants.mutants(path)
    assert code.kind == "code"
    assert mutants.killed(code)


def test_an_expression_that_computes_nothing_is_found(lesson):
    assert mutants.unmoved(lesson) == []
    for idle in ("n - n + 28", "Window(28).kernel_size", "0 * value('cell-1')[1] + 28"):
        text = NUMBERS.replace("n\n", f"{idle}\n", 1)
        prose.numbers_file(lesson).write_text(text, encoding="utf-8")
        assert prose.lesson_problems(lesson) == []
        assert mutants.unmoved(lesson) == [f"cell-0: {idle}"]


def test_an_endless_mutant_comes_to_an_end(write_notebook, monkeypatch):
    monkeypatch.setattr(mutants, "LONGEST_RUN", 0.2)
    path = write_notebook(("markdown", "5"), ("code", "n = 5\nwhile n == 6:\n    pass"))
    prose.numbers_file(path).write_text("cell-0 = 'n - n + 5'", encoding="utf-8")
    assert mutants.unmoved(path) == ["cell-0: n - n + 5"]


@pytest.mark.parametrize(
    ("old", "new", "accepted"),
    [("base64,AAAA", "base64,BBBB", True), ('alt=\\"A row of 28', 'alt=\\"A row of 27', False)],
)
def test_nbval_compares_the_words_of_a_picture_but_not_its_bytes(lesson, old, new, accepted):
    text = lesson.read_text(encoding="utf-8")
    assert old in text
    notebook = nbformat.v4.reads(text.replace(old, new))
    assert mutants.passes(lesson, notebook) is accepted


# The real lessons: all of the prose, and a sample of the code that needs no TensorFlow.

UNEXPLAINED = [
    mutant
    for path in lesson_paths()
    for mutant in mutants.mutants(path)
    if not mutants.reason(mutant)
]
PROSE = [mutant for mutant in UNEXPLAINED if mutant.kind == "markdown"]
LIGHT = [
    mutant
    for mutant in UNEXPLAINED
    if mutant.kind == "code" and not lessons.mentions_keras(mutant.lesson)
]


LESSONS = pytest.mark.parametrize(
    "path", lesson_paths(), ids=lambda path: str(path.relative_to(NOTEBOOKS))
)


@LESSONS
def test_no_lie_about_a_number_in_the_prose_is_believed(path):
    alive = [mutant for mutant in PROSE if mutant.path == path and not mutants.killed(mutant)]
    assert not alive, "\n".join(["nothing notices:", *map(str, alive)])


@LESSONS
@pytest.mark.timeout(1800)  # seconds: a lesson with TensorFlow runs a hundred times
def test_every_expression_moves_when_the_code_changes(path):
    idle = mutants.unmoved(path)
    assert not idle, "\n".join(["no change of the code changes:", *idle])


def test_sampled_code_mutants_of_real_lessons_are_killed():
    sample = random.Random(0).sample(LIGHT, min(6, len(LIGHT)))
    alive = mutants.survivors(sample)
    assert not alive, "\n".join(["nothing notices:", *map(str, alive)])

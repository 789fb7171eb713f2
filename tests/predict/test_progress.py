"""The progress page says what the answers tell."""

import contextlib
import math
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from explore import lab
from lessons import NOTEBOOKS
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import BrowserContext, expect

from course import predict, questions
from course.mistakes import MISTAKES
from course.predict import record
from course.predict.prediction import SURE
from course.predict.progress import MASTERED, NOTHING, Progress, calibration, misconceptions

# Whether an element has been in one place for a second.
STAYS = """element => {
  const now = performance.now(), { top } = element.getBoundingClientRect();
  if (globalThis.stays?.top !== top) globalThis.stays = { top, since: now };
  return now - globalThis.stays.since > 1000;
}"""
TELLS = ["no_floor", "forgot_plus_one"]


def entry(question: int, *, mistake: str | None = None, sure: int = 75, **more) -> dict:
    return {
        "question": repr(questions.output_size(n=10 + question)),
        "lesson": "",
        "time": "2030-01-31T12:00:00+00:00",
        "answer": "1",
        "sure": sure,
        "correct": mistake is None,
        "mistake": mistake,
        "tells": TELLS,
    } | more


def test_without_answers_there_is_a_kind_sentence():
    page = predict.progress()
    assert repr(page) == NOTHING
    assert page._repr_html_() == f"<div data-course-progress>\n<p>{NOTHING}</p>\n</div>"


def test_calibration_counts_first_answers():
    answers = [
        entry(0, sure=95),
        entry(1, sure=95, mistake="no_floor"),
        entry(1, sure=95),  # tried again, having seen what is right
        entry(2, sure=50, mistake="no_floor"),
    ]
    assert calibration(answers) == {50: (0, 1), 75: (0, 0), 95: (1, 2)}
    assert "when 95 % sure, right in 1 of 2" in repr(Progress(answers))


def test_a_misconception_is_mastered_by_right_first_answers_in_a_row():
    answers = [entry(0), entry(1, mistake="no_floor")]
    (met,) = misconceptions(answers)
    assert (met.mistake.name, met.times, met.since, met.mastered) == ("no_floor", 1, 0, False)
    answers += [entry(2 + each) for each in range(MASTERED)]
    (met,) = misconceptions(answers)
    assert (met.since, met.mastered) == (MASTERED, True)
    assert "mastered" in repr(Progress(answers))
    # Trying one again proves nothing, nor does a question that cannot tell.
    stalled = [*answers[:2], *[entry(1)] * MASTERED, *[entry(9, tells=[])] * MASTERED]
    assert not misconceptions(stalled)[0].mastered
    # A wrong answer, whatever the reason, interrupts the row; and it can be met again.
    wrong = entry(20, correct=False)
    assert misconceptions([*answers, wrong])[0].since == 0
    (met,) = misconceptions([*answers, entry(21, mistake="no_floor")])
    assert (met.times, met.mastered) == (2, False)


def test_sections_to_look_at_are_those_of_what_is_open():
    answers = [entry(0, mistake="forgot_plus_one")] + [
        entry(each, mistake="no_floor") for each in (1, 2)
    ]
    page = Progress(answers)
    assert list(page.next_sections) == [MISTAKES[n].see for n in ("no_floor", "forgot_plus_one")]
    assert "Next: lesson 05_stride, “Half a window?”\n" in repr(page)
    mastered = Progress([*answers, *[entry(3 + each) for each in range(MASTERED)]])
    assert mastered.next_sections == {}


def test_a_mistake_of_another_version_is_passed_over():
    assert misconceptions([entry(0, mistake="believed_in_magic")]) == []
    assert "0 of 1" in repr(Progress([entry(0, mistake="believed_in_magic")]))


def test_picture_draws_the_numbers_it_says():
    answers = [entry(0, sure=95), entry(1, sure=95, mistake="no_floor"), entry(2, sure=50)]
    picture = Progress(answers).picture()
    (axes,) = picture.figure.axes
    assert [text.get_text() for text in axes.texts] == [
        "1 of 1 right",
        "no answers",
        "1 of 2 right",
    ]
    whole, right = axes.containers
    assert [bar.get_width() for bar in whole] == [100, 100, 100]
    assert [bar.get_width() for bar in right] == pytest.approx([100, math.nan, 50], nan_ok=True)
    (expected,) = axes.lines
    assert expected.get_xdata().tolist() == [50, 75, 95]
    picture.png()  # as it is laid out
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == list(SURE.values())
    heights = [bar.get_window_extent().y0 for bar in whole]
    assert heights == sorted(heights, reverse=True), "from top to bottom"
    page = picture.figure.bbox
    shown = [*axes.texts, *axes.get_yticklabels(), *axes.get_xticklabels()]
    for text in [*shown, *picture.figure.texts]:
        box = text.get_window_extent()
        assert page.x0 < box.x0 < box.x1 < page.x1, text
        assert page.y0 < box.y0 < box.y1 < page.y1, text


def test_the_weakest_questions_are_those_with_open_misconceptions():
    pool = [
        questions.output_size(n=9, kernel_size=4),
        questions.usage(n=7, kernel_size=3),
        questions.output_size(n=29, kernel_size=4, strides=2),
    ]
    first, _, last = pool
    assert "no_floor" in last.told_apart
    assert "no_floor" not in first.told_apart
    assert predict.weakest(*pool) == pool[:2]
    record.here().add(entry(1, mistake="no_floor"))
    assert predict.weakest(*pool) == [last, first]
    for each in range(MASTERED):
        record.here().add(entry(2 + each))
    assert predict.weakest(*pool, count=1) == [first]


def test_page_shows_all_of_it():
    answers = [entry(0, mistake="no_floor"), entry(1)]
    page = Progress(answers, notice="my_progress.jsonl <b>")
    shown = page._repr_html_()
    (alt,) = re.findall(r'alt="([^"]*)"', shown)
    assert alt == repr(page).split("\n")[0]
    assert 'href="05_stride.ipynb#Half-a-window?"' in shown
    assert f"“{MISTAKES['no_floor'].believes}” <strong>met once; 1 of 3" in shown
    assert "my_progress.jsonl &lt;b&gt;" in shown
    assert shown == Progress(answers, notice="my_progress.jsonl <b>")._repr_html_()


def test_it_says_what_was_done_in_each_lesson():
    answers = [
        entry(0, lesson="05_stride.ipynb", mistake="no_floor"),
        entry(0, lesson="05_stride.ipynb"),
        entry(1, lesson="02_padding.ipynb"),
        entry(2),
    ]
    said = "02 padding: 1 of 1 right at first go.\n05 stride: 0 of 1 right at first go."
    assert f"other questions: 1 of 1 right at first go.\n{said}" in repr(Progress(answers))
    assert "<li>05 stride: 0 of 1 right at first go</li>" in Progress(answers)._repr_html_()


def test_progress_reads_the_record():
    record.here().add(entry(0))
    assert "right in 1 of 1" in repr(predict.progress())


@pytest.mark.parametrize("app", ["lab/tree", "notebooks"], ids=["JupyterLab", "Notebook 7"])
def test_a_link_leads_to_its_section_at_the_first_click(
    context: BrowserContext, tmp_path: Path, app: str
):
    folder, own = tmp_path / "a folder", tmp_path / "own"
    folder.mkdir()
    shutil.copy(NOTEBOOKS / "05_stride.ipynb", folder)
    # Far down, below pictures that JupyterLab measures when they come into view.
    page = Progress([entry(0, mistake="stride_changes_parameters")])
    shown = new_output("display_data", {"text/html": page._repr_html_()})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = new_notebook(cells=[new_code_cell(outputs=[shown])], metadata=kernel)
    nbformat.write(cells, folder / "start.ipynb")
    with lab.serve(tmp_path, own) as address, contextlib.closing(context.new_page()) as tab:
        lab.trust(folder / "start.ipynb", own)
        tab.goto(f"{address}/{app}/a folder/start.ipynb")
        link = tab.get_by_role("link", name="lesson 05_stride, “The strided classifier”")
        expect(link).to_have_attribute("href", re.compile("/files/"))  # Jupyter has taken it over
        with context.expect_page() if app == "notebooks" else contextlib.nullcontext() as opened:
            link.click()
        lesson = opened.value if opened else tab
        heading = lesson.get_by_role("heading", name="The strided classifier")
        expect(heading).to_be_in_viewport()
        lesson.wait_for_function(STAYS, arg=heading.element_handle())
        expect(heading).to_be_in_viewport(timeout=1)
        active = lesson.locator(".jp-NotebookPanel:visible .jp-Cell.jp-mod-active")
        expect(active).to_contain_text("The strided classifier")
        lesson.close()

"""Predictions where students meet them: in a real JupyterLab, by keyboard alone."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
import refresh
from explore import lab
from explore.conftest import watched
from lessons import NOTEBOOKS
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import BrowserContext, Locator, Page, expect

from course.predict.progress import NOTHING
from course.predict.record import NAME

TABS = 40  # presses of Tab that lead from anywhere to anywhere in a notebook as short as this
QUESTIONS = (
    "from course import predict, questions",
    "predict.ask(questions.output_size(n=28, kernel_size=3, strides=2))",
    "predict.ask(questions.unread(n=9, kernel_size=2, strides=2))",
    "predict.ask(questions.which_padding(n=28, kernel_size=3, strides=2, output=14))",
    "predict.progress()",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A JupyterLab: its address and its folder."""
    folder, own = tmp_path_factory.mktemp("folder"), tmp_path_factory.mktemp("own")
    with lab.serve(folder, own) as address:
        yield address, folder


@pytest.fixture
def kept(server: tuple[str, Path]) -> Path:
    """The record that the notebook's kernel keeps; there is none yet."""
    path = server[1] / NAME
    path.unlink(missing_ok=True)
    return path


@pytest.fixture(scope="module")
def jupyterlab(context: BrowserContext, server: tuple[str, Path]) -> lab.Lab:
    return lab.Lab(context, server[0])


@pytest.fixture
def notebook(
    jupyterlab: lab.Lab, server: tuple[str, Path], kept: Path, request: pytest.FixtureRequest
) -> Iterator[lab.Notebook]:
    """A notebook with three predictions and the progress page, not run yet."""
    cells = new_notebook(cells=[new_code_cell(source) for source in QUESTIONS])
    nbformat.write(refresh.normalise(cells, "lesson"), server[1] / "lesson.ipynb")
    overlooked = getattr(request, "param", lab.THEIRS)
    with contextlib.closing(jupyterlab), watched(jupyterlab.page, but=overlooked):
        yield jupyterlab.open("lesson.ipynb")


@pytest.fixture
def predictions(notebook: lab.Notebook) -> Locator:
    """The predictions of the notebook, which has been run."""
    notebook.run_all()
    found = notebook.page.locator(".course-prediction")
    expect(found).to_have_count(3)
    return found


def answers(kept: Path) -> list[tuple]:
    """What the record says: (answer, sure, mistake), oldest first."""
    entries = [json.loads(line) for line in kept.read_text().split("\n") if line]
    return [(entry["answer"], entry["sure"], entry["mistake"]) for entry in entries]


@pytest.fixture
def tab_to(notebook: lab.Notebook) -> Callable[[Locator], None]:
    """A function that presses Tab until an element has the focus."""

    def tab_to(target: Locator, key: str = "Tab") -> None:
        for _ in range(TABS):
            if target.evaluate("element => element === document.activeElement"):
                return
            notebook.page.keyboard.press(key)
        raise AssertionError(f"{key} does not lead to {target}")

    return tab_to


def test_from_first_prediction_to_progress_page_by_keyboard(notebook, kept: Path, tab_to):
    page, press = notebook.page, notebook.page.keyboard.press
    for _ in QUESTIONS:
        press("Shift+Enter")
    outputs = page.locator(".jp-OutputArea-output")
    expect(outputs.last).to_have_text(NOTHING)
    predictions = page.locator(".course-prediction")
    expect(predictions).to_have_count(3)
    one, two, three = predictions.all()
    press("Escape")
    for _ in QUESTIONS:
        press("ArrowUp")

    # A typed answer. JupyterLab has a meaning for each of the keys, and must not see them.
    tab_to(one.get_by_role("textbox"))
    page.keyboard.type("ddxx")
    press("Control+a")
    page.keyboard.type("13.5")
    press("Tab")
    press("ArrowDown")
    press("ArrowDown")
    press("Tab")
    press("Enter")
    expect(one.locator(".course-verdict")).to_be_focused()
    expect(one.locator(".course-verdict")).to_contain_text("Not right yet. There is no half window")
    expect(one).to_contain_text("Your answer: 13.5 (95 % sure).")
    expect(one).to_contain_text("The right answer is 13")
    expect(one.get_by_role("textbox")).to_be_hidden()
    expect(page.locator(".course-explorer .course-explorer")).to_have_count(1)

    # Pixels to press.
    tab_to(two.get_by_role("button", name="0", exact=True))
    press("End")
    press("ArrowLeft")
    press("Space")
    press("Tab")
    press("Space")
    press("Tab")
    press("Enter")
    expect(two.locator(".course-verdict")).to_be_focused()
    expect(two.locator(".course-verdict")).to_contain_text("Yes, {8}.")
    expect(two).to_contain_text("The right answer is {8}")

    # Radio buttons.
    tab_to(three.get_by_role("radio", name="valid"))
    press("ArrowRight")
    press("Tab")
    press("Space")
    press("ArrowRight")
    press("Enter")  # as in any form
    expect(three.locator(".course-verdict")).to_be_focused()
    expect(three.locator(".course-verdict")).to_contain_text("Yes, same.")
    assert answers(kept) == [("13.5", 95, "no_floor"), ("8", 50, None), ("same", 75, None)]

    # The progress page.
    cell = page.locator(".jp-CodeCell").nth(len(QUESTIONS) - 1)
    press("ArrowDown")
    press("Shift+Enter")
    expect(cell).to_contain_text("The formula gives the size")
    alt = cell.get_by_role("img").get_attribute("alt")
    assert "when 50 % sure, right in 1 of 1" in alt
    assert "when 95 % sure, right in 0 of 1" in alt


@pytest.mark.parametrize("answer", ["14 px", "thirteen", "", "1e400"])
def test_nonsense_gets_a_gentle_message(predictions: Locator, kept: Path, answer: str):
    one = predictions.first
    box = one.get_by_role("textbox")
    box.fill(answer)
    one.get_by_role("radio", name="certain").check()
    one.get_by_role("button", name="Commit").click()
    alert = one.get_by_role("alert")
    expect(alert).not_to_be_empty()
    expect(box).to_be_focused()
    expect(box).to_have_value(answer)
    expect(box).to_have_attribute("aria-invalid", "true")
    assert alert.get_attribute("id") in box.get_attribute("aria-describedby").split()
    assert not kept.exists()
    box.fill("13")
    box.press("Enter")
    expect(one.locator(".course-verdict")).to_contain_text("Yes, 13.")
    assert answers(kept) == [("13", 95, None)]


def test_how_sure_is_asked_for(predictions: Locator):
    one = predictions.nth(1)
    one.get_by_role("button", name="8").click()
    one.get_by_role("button", name="none").click()
    expect(one.get_by_role("button", name="8")).to_have_attribute("aria-pressed", "false")
    one.get_by_role("button", name="Commit").click()
    expect(one.get_by_role("alert")).to_have_text("Say how sure you are, too.")
    expect(one.get_by_role("radio", name="guess")).to_be_focused()
    expect(one.get_by_role("button", name="none")).to_have_attribute("aria-pressed", "true")


def commit(one: Locator, answer: str) -> None:
    one.get_by_role("textbox").fill(answer)
    one.get_by_role("radio", name="fairly").check()
    one.get_by_role("button", name="Commit").click()


def test_a_restart_keeps_the_record(notebook, predictions: Locator, kept: Path):
    one = predictions.first
    commit(one, "13.5")
    expect(one.locator(".course-verdict")).to_be_focused()
    notebook.restart()
    notebook.run_all()
    expect(one).to_contain_text("You have answered this: not right yet.")
    expect(one).to_contain_text("Your answer: 13.5 (75 % sure).")
    expect(one.get_by_role("textbox")).to_be_hidden()
    assert "half window" not in notebook.page.locator("body").inner_text()
    one.get_by_role("button", name="Show the explanation").click()
    expect(one.locator(".course-verdict")).to_contain_text("half window")
    expect(one).to_contain_text("The right answer is 13")
    one.get_by_role("button", name="Try again").click()
    expect(one.get_by_role("textbox")).to_be_focused()
    expect(one.get_by_role("textbox")).to_have_value("")
    commit(one, "13")
    expect(one.locator(".course-verdict")).to_contain_text("Yes, 13.")
    assert answers(kept) == [("13.5", 75, "no_floor"), ("13", 75, None)]
    one.get_by_role("button", name="Another one").click()
    expect(one.get_by_role("textbox")).to_be_focused()
    expect(one).not_to_contain_text("An input of 28 pixels, kernel size 3, stride 2")


def test_a_busy_kernel_is_waited_for(notebook, predictions: Locator):
    one = predictions.first
    notebook.start("import time; time.sleep(600)")
    commit(one, "13")
    expect(one.get_by_role("status").first).to_contain_text(re.compile("waiting", re.IGNORECASE))
    notebook.interrupt()
    expect(one.locator(".course-verdict")).to_contain_text("Yes, 13.")
    expect(one.get_by_role("status").first).to_be_empty()


# Sooner or later JupyterLab asks the kernel that has gone for the widgets that it knew.
GONE = re.compile(f"{lab.THEIRS.pattern}|Failed to initialize model")


@pytest.mark.parametrize("notebook", [GONE], indirect=True, ids=["gone"])
def test_without_a_kernel_it_says_so(notebook, predictions: Locator, kept: Path):
    one = predictions.first
    notebook.shut_down()
    commit(one, "13")
    # Really waited for: a clock that is stopped here would stand in the next tests' pages too.
    expect(one.get_by_role("status").first).to_contain_text("a running kernel")
    assert not kept.exists()


def test_saved_notebook_gives_nothing_away(notebook, predictions: Locator, server):
    notebook.save()
    text = (server[1] / "lesson.ipynb").read_text()
    assert text.count("Run this cell to answer.") == 3
    assert "half window" not in text
    assert "right answer" not in text


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing(notebook, predictions: Locator, violations, theme: str):
    page: Page = notebook.page
    one, two, three = predictions.all()
    with notebook.theme(theme):
        assert violations(page) == []
        two.get_by_role("button", name="8").click()
        two.get_by_role("button", name="Commit").click()
        expect(two.get_by_role("alert")).not_to_be_empty()
        commit(one, "13.5")
        expect(one).to_contain_text("The right answer is 13")
        assert violations(page) == []
        for width in (360, 1600):
            page.set_viewport_size({"width": width, "height": 900})
            for each in (one, two, three):
                assert each.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_the_reveal_leads_to_the_section(notebook, predictions: Locator, server):
    lesson = "05_stride.ipynb"
    (server[1] / lesson).write_bytes((NOTEBOOKS / lesson).read_bytes())
    commit(predictions.first, "13.5")
    predictions.first.get_by_role("link", name="lesson 05_stride, “Half a window?”").click()
    heading = notebook.page.get_by_role("heading", name="Half a window?")
    expect(heading).to_be_in_viewport(timeout=60_000)

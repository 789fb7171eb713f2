"""Explorers where students meet them: in a real JupyterLab, with a real kernel or without."""

import contextlib
import copy
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import lessons
import nbformat
import pytest
import refresh
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import BrowserContext, Locator, Page, expect

from course import explore
from explore import lab
from explore.conftest import watched

EVERYTHING = (
    "from course import explore, predict, questions",
    *(f"explore.{name}()" for name in explore.__all__),
    "predict.ask(questions.output_size(n=28, kernel_size=3))",
    "predict.ask(questions.unread(n=9, kernel_size=2, strides=2))",
    "predict.ask(questions.which_padding(n=28, kernel_size=3, strides=2, output=14))",
)
# Each does something to a notebook whose cell, and not a control in it, has the focus.
KEYS = (
    *("a", "b", "d", "d", "m", "r", "x", "y", "0", "1", "Delete", "Space", "Escape"),
    *("ArrowUp", "ArrowDown", "PageDown", "Shift+M", "Shift+ArrowDown", "Control+b"),
)
# The first of each kind of element that Tab leads to, and what the notebook is like.
KINDS = """() => {
  const kinds = {};
  for (const each of document.querySelectorAll(".course-explorer *")) {
    if (each.tabIndex === 0 && !each.disabled && each.getClientRects().length) {
      kinds[[each.tagName, each.type, each.role]] ??= each;
    }
  }
  return Object.values(kinds);
}"""
CELLS = """() => {
  const { content } = jupyterapp.shell.currentWidget;
  const cells = content.widgets.map(({ model, inputHidden, outputHidden }) =>
    [model.type, model.sharedModel.source, inputHidden, outputHidden]);
  const selected = content.selectedCells.length;
  return [content.mode, content.activeCellIndex, selected, jupyterapp.shell.leftCollapsed, cells];
}"""
TWICE = ["from course import explore\nw = explore.window(n=8)", "w", "w"]
HERE = lessons.lesson_paths()
PICTURE = re.compile(refresh.SANITIZE["pictures"]["regex"])
VERSION = re.compile(r',\n   "version": "[0-9.]+"')  # Python's, which JupyterLab writes down


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, Path]]:
    """A JupyterLab: its address, its folder, with a copy of the lessons, and its settings'."""
    folder, own = tmp_path_factory.mktemp("folder"), tmp_path_factory.mktemp("own")
    shutil.copytree(lessons.NOTEBOOKS, folder, dirs_exist_ok=True)
    with lab.serve(folder, own) as address:
        yield address, folder, own


def fresh(sources: tuple[str, ...]) -> NotebookNode:
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    return refresh.normalise(notebook, "lesson")


@functools.cache
def executed(sources: tuple[str, ...], folder: Path) -> NotebookNode:
    notebook = fresh(sources)
    refresh.execute(notebook, folder)
    return notebook


@pytest.fixture
def write(server) -> Callable[..., str]:
    """A function that writes a notebook of code cells for JupyterLab and returns its name.

    It is not run yet, or as a run leaves it, or as a refresh does, which is how one is committed.
    """
    _, folder, own = server

    def write(name: str, *sources: str, left_by: str | None = None, trusted: bool = False) -> str:
        notebook = copy.deepcopy(executed(sources, folder) if left_by else fresh(sources))
        if left_by != "run":
            notebook = refresh.normalise(notebook, name)
        notebook.metadata.title = name  # to trust one is not to trust another that is alike
        nbformat.write(notebook, folder / name)
        if trusted:
            lab.trust(folder / name, own)
        return name

    return write


@pytest.fixture(scope="module")
def jupyterlab(context: BrowserContext, server) -> lab.Lab:
    return lab.Lab(context, server[0])


@pytest.fixture
def open_notebook(jupyterlab: lab.Lab) -> Iterator[Callable[..., lab.Notebook]]:
    """A function that opens a notebook in JupyterLab; the test fails on errors."""
    with contextlib.closing(jupyterlab), watched(jupyterlab.page, but=lab.THEIRS):
        yield jupyterlab.open


@pytest.fixture
def load_notebook(context: BrowserContext, server) -> Iterator[Callable[..., lab.Notebook]]:
    """A function that loads JupyterLab anew, with a notebook, whose kernel ends with the test."""
    opened = []
    with contextlib.closing(context.new_page()) as page, watched(page, but=lab.THEIRS):

        def load_notebook(name: str, app: str = "doc") -> lab.Notebook:
            opened.append(lab.Notebook(page, f"{server[0]}/{app}/tree/{name}"))
            return opened[-1]

        yield load_notebook
        if opened:
            opened[-1].shut_down()


def picture(page: Page, name: str = "Input", index: int = 0) -> Locator:
    return page.get_by_role("application", name=re.compile(f"^{name}")).nth(index)


def expect_unit(page: Page, row: int, column: int, index: int = 0) -> None:
    expect(picture(page, index=index)).to_have_accessible_name(
        re.compile(f"row {row}, column {column} of")
    )


def expect_in_kernel(notebook: lab.Notebook, expression: str, value: object) -> None:
    """Changes travel while the picture has long been drawn."""
    deadline = time.monotonic() + lab.PATIENCE
    while (printed := notebook.ask(f"print({expression})")) != str(value):
        assert time.monotonic() < deadline, f"{expression} is {printed}, not {value}"


def drag(page: Page, row: int, column: int, index: int = 0) -> None:
    """Drag the window of an 8 × 8 input to where output (row, column) is made."""
    box = picture(page, index=index).locator("svg").bounding_box()
    cell = box["width"] / 8
    page.mouse.move(box["x"] + 1.5 * cell, box["y"] + 1.5 * cell)
    page.mouse.down()
    page.mouse.move(box["x"] + (column + 1.5) * cell, box["y"] + (row + 1.5) * cell, steps=5)
    page.mouse.up()


def expect_alive(page: Page, count: int = 1) -> None:
    """Every explorer answers to the mouse, the arrow keys and a slider."""
    expect(page.locator(".course-explorer")).to_have_count(count)
    for index in range(count):
        picture(page, index=index).scroll_into_view_if_needed()
        drag(page, 3, 4, index)
        expect_unit(page, 3, 4, index)
        picture(page, index=index).press("ArrowUp")
        expect_unit(page, 2, 4, index)
        slider = page.get_by_role("slider", name="s, strides").nth(index)
        slider.press("ArrowRight")
        expect(page.locator("figcaption", has_text="output 3 × 3")).to_have_count(1)
        slider.press("ArrowLeft")
        expect(page.locator("figcaption", has_text="output 3 × 3")).to_have_count(0)
        picture(page, index=index).press("Home")
        expect_unit(page, 2, 0, index)


# With a kernel


def test_keys_are_those_of_what_has_the_focus(write, open_notebook):
    """Typing does not cut a cell, arrows move a slider and no cell, and Ctrl+S still saves."""
    notebook = open_notebook(write("keys.ipynb", *EVERYTHING))
    page = notebook.page
    notebook.run_all()
    expect(page.locator(".course-explorer form")).to_have_count(3)
    kinds = page.evaluate_handle(KINDS).get_properties().values()
    assert len(kinds) >= 9
    for kind in (each.as_element() for each in kinds):
        kind.focus()
        before = page.evaluate(CELLS)
        for key in KEYS:
            kind.press(key)
        assert page.evaluate(CELLS) == before, kind.evaluate("each => each.outerHTML")
    slider = page.get_by_role("slider", name="n, input size").first
    slider.press("Home")
    expect(slider).to_have_value("1")
    slider.press("ArrowRight")
    expect(slider).to_have_value("2")
    page.evaluate("jupyterapp.shell.currentWidget.context.model.dirty = true")
    slider.press("Control+s")
    page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")


def test_kernel_knows_what_was_dragged_and_both_pictures_follow(write, open_notebook):
    notebook = open_notebook(write("twice.ipynb", *TWICE))
    page = notebook.page
    notebook.run_all()
    expect(page.locator(".course-explorer")).to_have_count(2)
    drag(page, 2, 4)
    for index in (0, 1):
        expect_unit(page, 2, 4, index)
    expect_in_kernel(notebook, "w.at", [2, 4])
    picture(page, "Output", 1).press("ArrowDown")
    for index in (0, 1):
        expect_unit(page, 3, 4, index)
    expect_in_kernel(notebook, "w.at", [3, 4])
    page.get_by_role("slider", name="k, kernel_size").first.press("ArrowRight")
    expect_in_kernel(notebook, "w.kernel_size", 4)
    page.get_by_label("padding", exact=True).nth(1).select_option("3")
    expect_in_kernel(notebook, "w.padding", [3, 3])
    assert page.locator(".jp-Notebook .jp-mod-selected").count() == 1  # the keys moved no cell


def test_what_python_sets_the_pictures_show_in_motion(write, open_notebook):
    notebook = open_notebook(write("set.ipynb", *TWICE))
    page = notebook.page
    notebook.run_all()
    expect(page.locator(".course-explorer")).to_have_count(2)
    page.evaluate(
        """() => {
             window.moved = new Set();
             document.addEventListener("transitionrun", ({ target }) => moved.add(target));
           }"""
    )
    notebook.ask("w.at = (3, 2)")
    for index in (0, 1):
        expect_unit(page, 3, 2, index)
    page.wait_for_function("moved.size === 4")  # in the input and the output of both
    notebook.ask("w.n, w.padding = 10, 'same'")
    expect(page.locator("figcaption", has_text="input 10 × 10, padding 1 before")).to_have_count(2)
    assert "Try padding='same'" in notebook.ask("w.padding = 'sme'")
    expect(page.locator("figcaption", has_text="input 10 × 10, padding 1 before")).to_have_count(2)
    notebook.ask("w.fixed, w.hidden = ['n'], ['strides']")
    for index in (0, 1):
        expect(page.get_by_label("n, input size").nth(index)).to_be_disabled()
        expect(page.get_by_label("s, strides").nth(index)).to_be_hidden()


def test_picture_answers_while_the_kernel_is_busy(write, open_notebook):
    notebook = open_notebook(write("busy.ipynb", *TWICE[:2]))
    notebook.run_all()
    expect_unit(notebook.page, 0, 0)
    notebook.start("import time; time.sleep(600)")
    expect_alive(notebook.page)
    drag(notebook.page, 5, 1)
    expect_unit(notebook.page, 5, 1)
    notebook.wait_for("busy")  # still
    notebook.interrupt()
    expect_in_kernel(notebook, "w.at", [5, 1])


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_in_either_theme(write, open_notebook, violations, theme: str):
    calls = "window(n=9, kernel_size=11)", "border()", "receptive_field()", "network()"
    shown = [f"explore.{call}" for call in calls]
    notebook = open_notebook(write("themes.ipynb", "from course import explore", *shown))
    page = notebook.page
    with notebook.theme(theme):
        notebook.run_all()
        expect(page.locator(".course-explorer")).to_have_count(len(calls))
        assert violations(page) == []


def test_network_is_built_in_the_kernel(write, open_notebook):
    notebook = open_notebook(write("build.ipynb", "from course import explore\nexplore.network()"))
    notebook.run_all()
    notebook.page.get_by_role("button", name="Build in Keras").click()
    agrees = notebook.page.get_by_text(re.compile("Keras agrees"))
    expect(agrees).to_be_visible(timeout=120_000)  # milliseconds: TensorFlow loads


# Without


@pytest.mark.parametrize("end", ["shut down", "restarted", "crashed"])
def test_picture_answers_when_the_kernel_has_gone(write, open_notebook, end: str):
    notebook = open_notebook(write("gone.ipynb", *TWICE[:2]))
    notebook.run_all()
    expect_unit(notebook.page, 0, 0)
    if end == "shut down":
        notebook.shut_down()
    elif end == "restarted":
        notebook.restart()
    else:
        notebook.begin("import os; os._exit(1)")
        told = notebook.page.locator(".jp-Dialog-button")
        told.click()
        notebook.page.add_locator_handler(told, lambda button: button.click())  # told once more
        notebook.wait_for("idle")
        picture(notebook.page).hover()
        notebook.page.remove_locator_handler(told)
    expect_alive(notebook.page)
    if end == "restarted":
        notebook.run_all()
        expect_unit(notebook.page, 0, 0)
        drag(notebook.page, 2, 4)
        expect_in_kernel(notebook, "w.at", [2, 4])


def test_saved_and_reopened_it_is_alive(write, load_notebook):
    name = write("saved.ipynb", *TWICE)
    notebook = load_notebook(name)
    notebook.run_all()
    drag(notebook.page, 2, 4)
    expect_in_kernel(notebook, "w.at", [2, 4])
    notebook.save()

    again = load_notebook(name)  # the kernel has gone on
    for index in (0, 1):
        expect_unit(again.page, 2, 4, index)
    drag(again.page, 1, 5)
    expect_in_kernel(again, "w.at", [1, 5])
    again.save()
    again.shut_down()

    later = load_notebook(name)  # a new kernel knows nothing of it
    assert "NameError" in later.ask("w")
    expect_alive(later.page, 2)
    expect(later.page.get_by_text(re.compile("Error displaying|not found"))).to_have_count(0)


def expect_picture(page: Page) -> None:
    image = page.locator(".jp-OutputArea-output img")
    expect(image).to_have_attribute("alt", re.compile("n = 8, k = 3"))
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100  # pixels
    expect(page.locator(".course-explorer")).to_have_count(0)


@pytest.mark.parametrize("trusted", [False, True], ids=["not trusted", "trusted"])
def test_a_committed_notebook_shows_a_picture_before_it_is_run(write, open_notebook, trusted):
    name = write("committed.ipynb", TWICE[0], "w", left_by="refresh", trusted=trusted)
    expect_picture(open_notebook(name).page)


def test_a_notebook_that_was_run_elsewhere_keeps_a_picture(write, open_notebook):
    expect_picture(open_notebook(write("run.ipynb", TWICE[0], "w", left_by="run")).page)


def test_a_notebook_that_was_run_elsewhere_is_alive_if_it_is_trusted(write, load_notebook):
    name = write("trusted.ipynb", TWICE[0], "w", left_by="run", trusted=True)
    expect_alive(load_notebook(name).page)


def test_two_notebooks_do_not_take_each_others_place(write, load_notebook):
    """One is not trusted and keeps its picture; the other one's explorer stays in its own cell."""
    write("run.ipynb", TWICE[0], "w", left_by="run")
    notebook = load_notebook(write("other.ipynb", *TWICE[:2]), app="lab")
    page = notebook.page
    show = "path => jupyterapp.commands.execute('docmanager:open', { path }).then(() => null)"
    page.evaluate(show, "run.ipynb")
    expect(page.locator(".jp-OutputArea-output img")).to_have_count(1)
    page.evaluate(show, "other.ipynb")
    notebook.wait_for("idle")
    notebook.run_all()
    expect(page.locator(".course-explorer")).to_have_count(1)
    expect(page.locator(".jp-OutputArea-output img")).to_have_count(1)


@pytest.fixture
def exported(chromium, server) -> Callable[[str], contextlib.AbstractContextManager[Page]]:
    """A function that exports a notebook and shows the page, without kernel and network."""

    @contextlib.contextmanager
    def exported(name: str) -> Iterator[Page]:
        page = server[1] / "export.html"
        page.write_text(HTMLExporter().from_filename(server[1] / name)[0], encoding="utf-8")
        context = chromium.new_context(offline=True)
        with contextlib.closing(context), watched(context.new_page(), but=lab.THEIRS) as shown:
            shown.goto(page.as_uri())
            yield shown

    return exported


@pytest.mark.parametrize("saved_by", ["nbclient", "JupyterLab"])
def test_exported_after_a_run_it_is_alive(write, open_notebook, exported, saved_by: str):
    name = write("export.ipynb", *TWICE, left_by="run" if saved_by == "nbclient" else None)
    if saved_by == "JupyterLab":
        notebook = open_notebook(name)
        notebook.run_all()
        expect(notebook.page.locator(".course-explorer")).to_have_count(2)
        notebook.save()
    with exported(name) as page:
        expect_alive(page, 2)


def test_exported_before_a_run_it_is_a_picture(write, exported):
    with exported(write("committed.ipynb", TWICE[0], "w", left_by="refresh")) as page:
        expect_picture(page)


# The lessons


@pytest.mark.parametrize("lesson", HERE, ids=[path.stem for path in HERE])
def test_lesson(server, open_notebook, lesson: Path):
    """It can be saved, its pictures have an alternative text, it runs, and no hand breaks it."""
    name = lesson.relative_to(lessons.NOTEBOOKS).as_posix()
    path, committed = server[1] / name, lesson.read_text(encoding="utf-8")
    expected = committed.count("<div data-course-explorer=")
    notebook = open_notebook(name, fresh=True)
    page = notebook.page
    notebook.save()
    assert VERSION.sub("", path.read_text(encoding="utf-8")) == committed
    without = page.locator(".jp-Notebook img:not([alt]), .jp-Notebook img[alt='']")
    expect(without).to_have_count(0)
    notebook.run_all()
    expect(without).to_have_count(0)
    complaints = page.locator(
        "[data-mime-type='application/vnd.jupyter.stderr'],"
        "[data-mime-type='application/vnd.jupyter.error']"
    )
    assert complaints.all_inner_texts() == []
    notebook.save()  # a refresh takes back all that a run leaves, but for the bytes of pictures
    refreshed = refresh.normalise(lessons.read(path), lesson.stem)
    refreshed = refresh.to_text(refresh.settled(refreshed, lessons.read(lesson)))
    assert PICTURE.sub("", refreshed) == PICTURE.sub("", committed)
    explorers = page.locator("[data-course-explorer] .course-explorer")
    expect(explorers).to_have_count(expected)
    for explorer in explorers.all():
        for control in explorer.locator("input[type=range]:enabled").all():
            control.press("ArrowRight")
        page.evaluate(
            "() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))"
        )
        mend = explorer.get_by_role("button", name=re.compile("^Use "))
        if mend.count():  # together the settings are impossible now, and there is less to draw
            mend.click()
            expect(mend).to_have_count(0)
        for drawing in explorer.get_by_role("application").all():
            drawing.press("ArrowDown")
            drawing.scroll_into_view_if_needed()
            box = drawing.bounding_box()
            page.mouse.move(box["x"] + 9, box["y"] + 9)
            page.mouse.down()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
            page.mouse.up()
        expect(explorer).to_be_visible()
        assert not re.search(r"NaN|Infinity|undefined", explorer.inner_html())


@pytest.mark.skipif(os.name == "nt", reason="it takes signals")
def test_a_server_that_does_not_end_itself_is_ended():
    deaf = "import signal; signal.signal(15, signal.SIG_IGN); print('.'); signal.pause()"
    command = [sys.executable, "-uc", deaf]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout.read(1)  # it hears no signal from now on
        lab.end(server, patience=0.1)
        assert server.returncode == -signal.SIGKILL


NO_FOOTER = "const error = new TypeError(\"Cannot read properties of null (reading 'footer')\");"


@pytest.mark.parametrize("how", ["console.error(error.stack)", "setTimeout(() => { throw error })"])
@pytest.mark.parametrize("function", ["_ensureFocus", "draw"])
def test_only_jupyterlabs_own_errors_are_overlooked(chromium, how, function):
    page = chromium.new_page()
    outcome = (
        contextlib.nullcontext()
        if function == "_ensureFocus"
        else pytest.raises(AssertionError, match="footer")
    )
    with outcome, watched(page):
        page.evaluate(f"(function {function}() {{ {NO_FOOTER} {how} }})()")
        page.evaluate("new Promise((done) => setTimeout(done))")  # timers go off in their order
    page.close()

"""Every test, and every kernel a test starts, sees the same surroundings.

This runs before the first kernel starts, in each xdist worker too.
"""

import signal
from collections import Counter
from pathlib import Path

import lessons
import pytest
import refresh
from hypothesis import settings
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

lessons.neutral_environment()
# What a shell runs in its background ignores interrupts, and so would all that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
settings.load_profile("unhurried")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what needs a browser; a kernel of a lesson, or the site, is slow; the rest is fast."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        if item.path.suffix == ".ipynb" or "site" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
        if not any(map(item.get_closest_marker, ("browser", "slow"))):
            item.add_marker("fast")
    # A worker takes a file after the other: first those that take long, or one ends much later.
    counts = Counter(item.path for item in items)
    for item in items:
        if not item.get_closest_marker("fast"):
            counts[item.path] = len(items)
    items.sort(key=lambda item: -counts[item.path])


def pytest_terminal_summary(terminalreporter):
    """Say why tests were skipped, once for each reason and not for each test."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, count in Counter(report.longrepr[2] for report in skipped).items():
        terminalreporter.line(f"{count} × {reason}")


@pytest.fixture(autouse=True)
def same_folder():
    """No test leaves the folder for those after it: notebooks are found from here."""
    before = Path.cwd()
    yield
    assert Path.cwd() == before


@pytest.fixture
def write_notebook(tmp_path: Path):
    """A function that writes a notebook of (kind, source) cells and, if asked, executes it."""

    def write(*sources: tuple[str, str], name: str = "lesson.ipynb", execute: bool = True) -> Path:
        new = {"code": new_code_cell, "markdown": new_markdown_cell}
        notebook = new_notebook(cells=[new[kind](source) for kind, source in sources])
        for counter, cell in enumerate(notebook.cells):
            cell.id = f"cell-{counter}"
        path = tmp_path / name
        text = refresh.to_text(refresh.normalise(notebook, path.stem))
        path.write_text(text, encoding="utf-8")
        if execute:
            refresh.refresh(path)
        return path

    return write

"""Every test, and every kernel a test starts, sees the same surroundings.

This runs before the first kernel starts, in each xdist worker too.
"""

from collections import Counter
from pathlib import Path

import lessons
import pytest
import refresh
from hypothesis import settings
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

lessons.neutral_environment()
settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
settings.load_profile("unhurried")


def pytest_terminal_summary(terminalreporter):
    """Say why tests were skipped, once for each reason and not for each test."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, count in Counter(report.longrepr[2] for report in skipped).items():
        terminalreporter.line(f"{count} × {reason}")


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

"""Every test works in a folder of its own, so that it has a record of its own."""

from pathlib import Path

import pytest
from explore.conftest import chromium, context, violations  # noqa: F401 (fixtures)

from course.predict import record


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which this test's kernel works."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(record.PLACE)
    record.here.cache_clear()
    yield tmp_path
    record.here.cache_clear()

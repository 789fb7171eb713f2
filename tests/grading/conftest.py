"""The sandbox as its tests want it: one for each assignment, and limits that are soon reached."""

import json
import os
import shutil

import pytest

from course import grading
from course.grading.sandbox import Limits, Sandbox
from grading.homework import SOURCES

SECRET = "open sesame"
LIMITS = Limits(step_work=2, idle=10, step_clock=20)


def needs_sandbox() -> None:
    """Skip where there is no sandbox; in CI that is a failure."""
    if not shutil.which("bwrap") and not os.environ.get("CI"):
        pytest.skip("bubblewrap is not installed")


@pytest.fixture(scope="session")
def assignments() -> dict[str, grading.Assignment]:
    return {
        name: grading.read(name, json.dumps(source), SECRET) for name, source in SOURCES.items()
    }


@pytest.fixture(scope="session")
def sandbox():
    needs_sandbox()
    with Sandbox(["course.questions"], LIMITS) as sandbox:
        yield sandbox

"""The site, built once, and its script alone."""

import warnings
from collections.abc import Callable
from pathlib import Path

import build
import pytest
from explore.conftest import chromium, context, page  # noqa: F401 (fixtures)


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The folder of a site."""
    folder = tmp_path_factory.mktemp("site") / "here"
    with warnings.catch_warnings(action="ignore"):  # of what Sphinx will change one day
        build.build(folder)
    return folder


@pytest.fixture
def in_browser(page) -> Callable:  # noqa: F811
    """A function that evaluates a function of JavaScript, of one argument, among the modules."""

    def evaluate(function: str, argument: object) -> object:
        inside = build.script().replace("(() => {\n", "(argument) => {\n", 1)
        inside = inside.removesuffix("})();\n") + f"return ({function})(argument);\n}}"
        return page.evaluate(inside, argument)

    return evaluate

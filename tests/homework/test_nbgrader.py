"""What is handed out is what nbgrader generates."""

import tomllib

import lessons
import pytest
from release import HOMEWORK
from release import release as generate

from homework.assignments import NAMES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("name", NAMES)
def test_releases_are_what_nbgrader_generates(name, tmp_path):
    ((path, text),) = generate(tmp_path, name).items()
    assert (HOMEWORK / path).read_text(encoding="utf-8") == text


def test_teachers_install_what_the_tests_run():
    project = tomllib.loads((lessons.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    assert extras.keys() == {"grading", "homework"}
    tests = [line for line in project["dependency-groups"]["test"] if isinstance(line, str)]
    assert {*extras["grading"], *extras["homework"]} <= {*tests}

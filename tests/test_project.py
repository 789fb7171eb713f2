"""What the repository promises to whoever clones it: its commands, its links, what it installs."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from lessons import ROOT, lesson_paths
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BINDER = ROOT / "binder"
PINS = (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
PYTHON = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")

# What dependency markers see on Binder. Others, such as the kernel's version, we do not use.
ON_BINDER = default_environment() | {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": f"{PYTHON}.0",
    "python_version": PYTHON,
    "sys_platform": "linux",
}

HEAVY = {"ipywidgets", "keras", "matplotlib", "numpy", "tensorflow"}

TOP_LEVEL = {
    *("notebooks", "course", "tests", "binder", ".ci", ".github"),
    *("pyproject.toml", "README.md", "CONTRIBUTING.md", "LICENSE"),
    *(".gitignore", ".gitattributes"),
}

# Put together here, so that this file does not name them either.
REGISTRIES = [f"{name}.org" for name in ("pypi", "pythonhosted", "npmjs", "anaconda")]


def student_requirements() -> list[Requirement]:
    return [Requirement(line) for line in PROJECT["project"]["dependencies"]]


def applies(requirement: Requirement) -> bool:
    """Whether Binder, of all machines, needs the package."""
    return requirement.marker is None or requirement.marker.evaluate(ON_BINDER)


def pinned(lines: list[str]) -> dict[str, str]:
    return dict(line.split("==") for line in lines)


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Names of all files that a clone contains."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone: only git knows which files belong to the repository")
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    names = listed.stdout.rstrip("\0").split("\0")
    return [name for name in names if (ROOT / name).is_file()]  # not what is about to be deleted


def matching(pattern: str, tracked: list[str]) -> list[str]:
    """The files in which the pattern occurs, in capitals or not."""
    found = re.compile(pattern.encode(), re.IGNORECASE).search
    return [name for name in tracked if found((ROOT / name).read_bytes())]


# The README and the commands it gives


def commands(start: str) -> list[str]:
    return re.findall(rf"^{re.escape(start)}.*$", README, re.MULTILINE)


def test_ci_runs_the_test_command_of_the_readme():
    script = ROOT / ".ci" / "run"
    opening, testing = commands("pip install uv && uv run ")
    assert "jupyter lab" in opening
    assert testing.endswith(" pytest")
    assert script.read_text(encoding="utf-8").splitlines()[-1] == testing


@pytest.mark.parametrize("script", [".ci/run", "binder/postBuild"])
def test_scripts_can_be_run_and_stop_at_the_first_error(script: str):
    text = (ROOT / script).read_text(encoding="utf-8")
    assert text.startswith("#!/bin/bash\n")
    assert re.search(r"^set -e", text, re.MULTILINE)
    if os.name == "posix":  # Windows has no such bit
        assert os.access(ROOT / script, os.X_OK)


def test_links_of_the_readme_resolve():
    links = [link for link in re.findall(r"\]\(([^)\s]+)", README) if "://" not in link]
    missing = [link for link in links if not (ROOT / link).exists()]
    assert links
    assert not missing


def test_readme_opens_and_lists_the_lessons_that_exist():
    start = "notebooks/00_start_here.ipynb"
    assert re.findall(r"(?:jupyter lab |urlpath=lab/tree/)([^\s)]+)", README) == [start, start]
    listed = re.findall(r"^\| \[\w+\]\((\S+\.ipynb)\)", README, re.MULTILINE)
    lessons = [path for path in lesson_paths() if path.parent == ROOT / "notebooks"]
    assert listed == [path.relative_to(ROOT).as_posix() for path in lessons]


def test_commands_of_the_readme_run_files_that_exist():
    files = re.findall(r"\bpython (\S+\.py)\b", README)
    missing = [file for file in files if not (ROOT / file).is_file()]
    assert files
    assert not missing


# What a student installs


def test_import_course_costs_next_to_nothing():
    code = f"import sys, course; print(*({HEAVY!r} & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert printed.split() == []


def test_students_install_no_test_tools():
    groups = PROJECT["dependency-groups"]
    tools = {Requirement(line).name for line in groups["test"]}
    assert tools.isdisjoint(requirement.name for requirement in student_requirements())
    # What uv would install without being asked.
    assert "dev" not in groups
    assert "default-groups" not in PROJECT["tool"]["uv"]


# How the code is written


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_has_nothing_to_say(command: list[str]):
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "--quiet"]
    done = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# Binder


def test_binder_pins_and_nothing_else():
    """No option, no local reference, no address, no hash: ``name==version`` on every line."""
    odd = [line for line in PINS if not re.fullmatch(r"[a-z0-9][a-z0-9-]*==[0-9][0-9a-z.]*", line)]
    assert not odd
    assert len(pinned(PINS)) == len(PINS)


def test_binder_has_the_python_that_the_course_asks_for():
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(PYTHON)
    (renewal,) = commands("uv pip compile ")
    assert f" --python-version {PYTHON} " in renewal


@pytest.mark.parametrize("requirement", student_requirements(), ids=str)
def test_binder_installs_what_a_student_does(requirement: Requirement):
    version = pinned(PINS).get(requirement.name)
    if applies(requirement):
        assert version is not None
        assert requirement.specifier.contains(version)
    else:
        assert version is None


def test_binder_pins_are_what_the_project_resolves_to():
    """``uv run`` has just resolved the project for all platforms into uv.lock; take Binder's share.

    This covers every package, on any machine, and needs no network. What is installed here would
    be no such reference: another system or another Python has other packages and versions.
    """
    uv = os.environ.get("UV") or shutil.which("uv")
    if not uv or not (ROOT / "uv.lock").exists():
        pytest.skip("there is no uv.lock to compare with: run the tests with `uv run`")
    command = [uv, "export", "--quiet", "--frozen", "--no-default-groups", "--no-emit-project"]
    plain = ["--no-header", "--no-annotate", "--no-hashes"]
    exported = subprocess.run(
        [*command, *plain], cwd=ROOT, check=True, capture_output=True, encoding="utf-8"
    ).stdout
    requirements = map(Requirement, exported.splitlines())
    resolved = [f"{r.name}{r.specifier}" for r in requirements if applies(r)]
    assert pinned(PINS) == pinned(resolved)


# What git tracks


def test_top_level_holds_nothing_unexpected(tracked: list[str]):
    assert {name.partition("/")[0] for name in tracked} <= TOP_LEVEL


def test_no_file_names_a_package_registry(tracked: list[str]):
    """Such an address comes from a lock file or a resolver's header, and fits one network only."""
    assert matching("|".join(map(re.escape, REGISTRIES)), tracked) == []


def test_no_file_names_a_place_on_this_machine(tracked: list[str]):
    here = [f"{folder}{os.sep}" for folder in (ROOT, Path.home()) if folder.name]
    assert matching("|".join(map(re.escape, here)), tracked) == []


def test_no_file_names_somebodys_home(tracked: list[str]):
    """As homes look on Linux, macOS and Windows; only tests quote one, as a bad example."""
    shown = [name for name in tracked if not name.startswith("tests/")]
    assert matching(r"(?<!\w)(/home/|/Users/|[a-z]:\\+Users\\+)\w", shown) == []


def test_no_lock_file(tracked: list[str]):
    """``exclude-newer`` gives everyone the same versions; a lock would name its registry."""
    assert [name for name in tracked if Path(name).name == "uv.lock"] == []

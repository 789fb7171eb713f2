"""What the repository promises to whoever clones it: its commands, its links, what it installs."""

import ast
import graphlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest
import yaml
from lessons import ROOT, lesson_paths
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HEAVY = {"ipywidgets", "keras", "matplotlib", "numpy", "tensorflow"}

TOP_LEVEL = {
    *("notebooks", "course", "tests", "binder", ".ci", ".github", ".devcontainer"),
    *("pyproject.toml", "README.md", "CONTRIBUTING.md", "LICENSE", "CHANGELOG.md", "CITATION.cff"),
    *(".gitignore", ".gitattributes"),
}

# Put together here, so that this file does not name them either.
REGISTRIES = [f"{name}.org" for name in ("pypi", "pythonhosted", "npmjs", "anaconda")]


def student_requirements() -> list[Requirement]:
    return [Requirement(line) for line in PROJECT["project"]["dependencies"]]


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


# How the package is built


def test_no_module_imports_one_that_imports_it():
    """Nor does any import, in a function or not, lead back in a circle."""
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (ROOT / "course").rglob("*.py")
    }
    uses = {}
    for module, path in files.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = {f"{node.module}.{each.name}" for each in node.names}
                found = {name if name in files else node.module for name in names}
                uses.setdefault(module, set()).update(found - {module})
    assert uses["course.stack"] >= {"course.geometry"}
    graphlib.TopologicalSorter(uses).prepare()  # a CycleError names the circle


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


def anchors(page: Path) -> set[str]:
    """What GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def test_links_of_the_pages_resolve(tracked: list[str]):
    missing, followed = [], set()
    for page in [ROOT / name for name in tracked if name.endswith(".md")]:
        for link in re.findall(r"\]\(([^)\s]+)", page.read_text(encoding="utf-8")):
            if "://" in link:
                continue
            name, _, anchor = link.partition("#")
            target = page.parent / name if name else page
            if not target.exists() or (anchor and anchor not in anchors(target)):
                missing.append((page.name, link))
            followed.add(page.relative_to(ROOT).as_posix())
    assert followed >= {
        "README.md",
        "CHANGELOG.md",
        "binder/README.md",
        "notebooks/for_teachers.md",
    }
    assert missing == []


def test_readme_opens_and_lists_the_lessons_that_exist():
    start = "notebooks/00_start_here.ipynb"
    assert re.findall(r"(?:jupyter lab |urlpath=lab/tree/)([^\s)]+)", README) == [start, start]
    listed = re.findall(r"^\| \[\w+\]\((\S+\.ipynb)\)", README, re.MULTILINE)
    lessons = [path for path in lesson_paths() if path.parent == ROOT / "notebooks"]
    assert listed == [path.relative_to(ROOT).as_posix() for path in lessons]


def test_commands_of_the_pages_run_files_that_exist():
    files = re.findall(r"\bpython (\S+\.py)\b", PAGES)
    missing = [file for file in files if not (ROOT / file).is_file()]
    assert files
    assert not missing


# What a student installs


def test_import_course_costs_next_to_nothing():
    code = f"import sys, course; print(*({HEAVY!r} & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert printed.split() == []


@pytest.mark.slow
def test_tensorflow_starts_without_a_word():
    """A student would see it in pink, a refresh would fail, and nbgrader would take points."""
    code = """
        import os, course, keras, numpy
        keras.layers.Conv2D(1, 3)(numpy.ones((1, 8, 8, 1)))
        print(os.environ["TF_ENABLE_ONEDNN_OPTS"])
    """
    own = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, env=own, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    # Many processors would leave oneDNN off anyway, and stay silent: the course must have done it.
    assert done.stdout.split() == ["0"]


def test_python_starts_in_any_folder():
    """A .pth file with the folder's path stops Python up to 3.12, if the path is not ASCII and the
    locale is. So ours must not hold one, here neither."""
    installed = importlib.metadata.distribution(PROJECT["project"]["name"]).files
    lines = [
        line for file in installed if file.suffix == ".pth" for line in file.read_text().split("\n")
    ]
    assert lines
    assert [line for line in lines if not line.startswith("import ")] == []


def test_students_install_no_test_tools():
    groups = PROJECT["dependency-groups"]
    tools = {Requirement(line).name for line in groups["test"] if isinstance(line, str)}
    assert tools.isdisjoint(requirement.name for requirement in student_requirements())
    # What uv would install without being asked.
    assert "dev" not in groups
    assert PROJECT["tool"]["uv"]["default-groups"] == ["lab"]
    assert [Requirement(line).name for line in groups["lab"]] == ["jupyterlab"]


def test_the_package_brings_no_jupyterlab():
    """Whoever reads lessons in VS Code, or on a hub, has one; it is half of all packages."""
    assert "jupyterlab" not in {requirement.name for requirement in student_requirements()}


# How the code is written


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_has_nothing_to_say(command: list[str]):
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "--quiet"]
    done = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_fit_together():
    """Mypy remembers in .mypy_cache: the first time takes longer."""
    done = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# Binder


def test_binder_has_a_python_that_the_course_supports():
    runtime = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    supported = SpecifierSet(PROJECT["project"]["requires-python"])
    assert supported.contains(runtime.removeprefix("python-"))


# Who cites it, and what a version is


def test_citation_is_of_this_version_and_of_nobody_invented():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = PROJECT["project"]
    assert citation["cff-version"] == "1.2.0"
    assert citation.keys() >= {"message", "title"}
    assert citation["authors"] == [{"name": "The padding-and-stride contributors"}]
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["repository-code"] == project["urls"]["Repository"]
    assert citation["url"] == project["urls"]["Homepage"]


def test_changelog_begins_with_what_is_unreleased_and_has_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, *released = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.MULTILINE)
    assert first == ("Unreleased", "")
    assert released[0][0] == PROJECT["project"]["version"]
    assert all(day for _, day in released)
    repository = PROJECT["project"]["urls"]["Repository"]
    links = dict(re.findall(r"^\[(.+?)\]: (\S+)$", text, re.MULTILINE))
    assert links == {
        "Unreleased": f"{repository}/compare/v{released[0][0]}...HEAD",
        **{version: f"{repository}/releases/tag/v{version}" for version, _ in released},
    }, "one link for each version, [Unreleased] from the newest on"


# Codespaces


def test_codespaces_do_what_the_readme_says():
    folder = ROOT / ".devcontainer"
    container = json.loads((folder / "devcontainer.json").read_text(encoding="utf-8"))
    image, _, python = container["image"].partition(":")
    assert image
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(python)
    install, start = commands("pip install uv && uv run ")[0].split(" && ")
    assert container["postCreateCommand"] == f"{install} && uv sync"
    assert container["postAttachCommand"].startswith(f"{start} ")
    (port,) = container["forwardPorts"]
    assert f" --port {port} " in container["postAttachCommand"]
    assert container["customizations"]["vscode"]["extensions"]


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
    """Pins give everyone the same versions; a lock would name its registry."""
    assert [name for name in tracked if Path(name).name == "uv.lock"] == []

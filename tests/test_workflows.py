"""What runs on GitHub: pinned, with few rights, and the commands that the pages give."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from lessons import ROOT, lesson_paths
from packaging.specifiers import SpecifierSet

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SUPPORTED = SpecifierSet(PROJECT["project"]["requires-python"])
VERSIONS = [f"3.{minor}" for minor in range(50) if SUPPORTED.contains(f"3.{minor}")]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))  # minute, hour, day, month, day of the week

each_workflow = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


class Loader(yaml.SafeLoader):
    """Reads `on` as GitHub does, as a word."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(path: Path) -> dict:
    return yaml.load(path.read_text(encoding="utf-8"), Loader)


def steps(path: Path) -> list[dict]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def lines(path: Path) -> list[str]:
    """The commands of a workflow."""
    return [line for step in steps(path) for line in step.get("run", "").splitlines()]


def test_there_are_workflows():
    assert {path.name for path in FILES} >= {"tests.yml", "weekly.yml", "mutants.yml", "pages.yml"}


@each_workflow
def test_actions_are_pinned_or_say_why_not(path: Path):
    text = path.read_text(encoding="utf-8").splitlines()
    used = [(number, line) for number, line in enumerate(text) if "uses:" in line]
    assert len(used) == len([step for step in steps(path) if "uses" in step])
    for number, line in used:
        pinned = re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)
        assert pinned or text[number - 1].strip().startswith("# Not pinned: "), line


@each_workflow
def test_rights_are_few(path: Path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    more = {
        name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job
    }
    deploys = {"deploy": {"pages": "write", "id-token": "write"}}
    assert more == (deploys if path.stem == "pages" else {})
    assert "secrets." not in path.read_text(encoding="utf-8")
    assert "pull_request_target" not in workflow["on"]
    checkouts = [
        step for step in steps(path) if step.get("uses", "").startswith("actions/checkout")
    ]
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


@each_workflow
def test_every_job_ends_and_none_runs_twice(path: Path):
    workflow = read(path)
    assert workflow["concurrency"].keys() == {"group", "cancel-in-progress"}
    assert all(0 < int(job["timeout-minutes"]) < 360 for job in workflow["jobs"].values())


@each_workflow
def test_every_python_is_supported(path: Path):
    for step in steps(path):
        if step.get("uses", "").startswith("actions/setup-python"):
            assert step["with"] in (
                {"python-version-file": "pyproject.toml"},
                {"python-version": "${{ matrix.python }}"},
            )
    for job in read(path)["jobs"].values():
        listed = job.get("strategy", {}).get("matrix", {}).get("python", VERSIONS)
        assert set(listed) <= set(VERSIONS)
        assert {VERSIONS[0], VERSIONS[-1]} <= set(listed)


def test_a_commit_is_tested_once_and_on_main_to_the_end():
    tests = read(ROOT / ".github/workflows/tests.yml")
    assert tests["on"] == {"push": {"branches": ["main"]}, "pull_request": None}
    expected = "${{ github.ref != 'refs/heads/main' }}"
    assert tests["concurrency"]["cancel-in-progress"] == expected


def test_the_site_shows_only_what_has_passed():
    pages, tests = (read(ROOT / f".github/workflows/{name}.yml") for name in ("pages", "tests"))
    passed = {"workflows": [tests["name"]], "types": ["completed"], "branches": ["main"]}
    assert pages["on"] == {"workflow_run": passed, "workflow_dispatch": None}
    build = pages["jobs"]["build"]
    run = "github.event.workflow_run"
    # A pull request may come from another's branch that is called main.
    assert build["if"] == (
        "github.event_name == 'workflow_dispatch' || "
        f"{run}.conclusion == 'success' && {run}.event == 'push'"
    )
    assert build["steps"][0]["with"]["ref"] == f"${{{{ {run}.head_sha || github.sha }}}}"
    assert pages["jobs"]["deploy"]["needs"] == "build"


def test_tests_run_on_each_system_and_skip_nothing_on_linux():
    (job,) = read(FILES[[path.stem for path in FILES].index("tests")])["jobs"].values()
    matrix = job["strategy"]["matrix"]
    assert [name.partition("-")[0] for name in matrix["os"]] == ["ubuntu", "macos", "windows"]
    assert matrix["python"] == [VERSIONS[0], VERSIONS[-1]]
    *_, linux, others = job["steps"]
    assert (linux["if"], linux["run"]) == ("runner.os == 'Linux'", ".ci/run")
    assert (others["if"], others["env"]) == ("runner.os != 'Linux'", {"CI": ""})
    assert (
        others["run"] == re.findall(r"^pip install uv && uv run .*pytest$", README, re.MULTILINE)[0]
    )
    assert "env" not in linux
    assert "CI" not in job["env"]
    assert "\nexport CI=true" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@each_workflow
def test_commands_exist_and_are_those_of_the_pages(path: Path):
    ours = [line for line in lines(path) if line.startswith(("pip ", "uv ", ".ci/"))]
    assert ours
    for line in ours:
        assert line == ".ci/run" or line.startswith("pip install uv && uv run ")
        for group in re.findall(r"--group (\w+)", line):
            assert group in PROJECT["dependency-groups"]
        for tool in re.findall(r"\buv run .*?python \S+\.py", line):
            assert (ROOT / tool.split()[-1]).is_file()
            assert tool in PAGES


@pytest.mark.skipif(os.name == "nt" or not shutil.which("jq"), reason="no bash, or no jq")
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only git knows which files there are")
def test_every_notebook_has_its_job():
    (listing,) = [line for line in lines(ROOT / ".github/workflows/mutants.yml") if "jq" in line]
    script = f'{listing}\necho "$notebooks"'
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, check=True, capture_output=True)
    paths = [path.relative_to(ROOT).as_posix() for path in lesson_paths()]
    assert sorted(json.loads(done.stdout)) == sorted(paths)


@each_workflow
def test_times_can_be_read(path: Path):
    triggers = read(path)["on"]
    if "schedule" not in triggers:
        assert triggers.keys() & {"push", "workflow_run"}
        return
    assert "workflow_dispatch" in triggers  # by hand, too
    for each in triggers["schedule"]:
        fields = each["cron"].split()
        assert len(fields) == 5
        for field, (least, most) in zip(fields, FIELDS, strict=True):
            assert field == "*" or least <= int(field) <= most
        assert fields[4] != "*"  # no more than weekly: most days nothing has changed
        assert fields[0] != "0"  # at full hours all the world starts its jobs

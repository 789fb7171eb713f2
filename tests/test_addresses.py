"""The course can be moved to a fork, and back, by one command: no address is left behind."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import addresses
import pytest
import yaml
from lessons import ROOT
from tool import copy_repository

HERE = addresses.of_project()
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Put together here: where an address stands already, the course cannot move.
FORK = addresses.Addresses(
    "/".join(("Some-Body", "conv-course")), "/".join(("https:/", "x.edu", "c"))
)
ELSEWHERE = addresses.given("/".join(("ada", "lessons")))


def texts(folder: Path) -> dict[str, bytes]:
    """What git would show of a folder."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=folder, check=True, capture_output=True)
    names = listed.stdout.decode().rstrip("\0").split("\0")
    return {name: (folder / name).read_bytes() for name in names}


def move(folder: Path, *arguments: str) -> str:
    command = [sys.executable, str(folder / "tests" / "tools" / "addresses.py"), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A clone, with all that is new in it."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone: only git knows which files belong to the repository")
    folder = tmp_path_factory.mktemp("fork")
    copy_repository(folder)
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", "-c", "core.autocrlf=false", *command], cwd=folder, check=True)
    return folder


def test_readme_leads_to_the_addresses_of_the_project():
    assert re.findall(r"mybinder\.org/v2/gh/([\w.-]+/[\w.-]+)/HEAD", README) == [HERE.repository]
    clones = re.findall(r"^git clone (\S+)", README, re.MULTILINE)
    assert clones == [addresses.GITHUB + HERE.repository]


def test_no_file_of_a_fork_shows_where_it_comes_from():
    if foreign := {*addresses.of_upstream()} - {*HERE}:
        shown = addresses.showing(foreign)
        assert not shown, (
            f"{foreign} came by a merge: run tests/tools/addresses.py OWNER/NAME again"
        )


def test_the_link_for_a_hub_opens_the_start_page_of_the_clone():
    page = (ROOT / "binder" / "README.md").read_text(encoding="utf-8")
    link = urlsplit(re.findall(r"^https://HUB/.*$", page, re.MULTILINE)[0])
    assert link.path == "/hub/user-redirect/git-pull"
    options = dict(parse_qsl(link.query))
    assert options["repo"] == addresses.GITHUB + HERE.repository
    opens = options["urlpath"].removeprefix(f"lab/tree/{options['targetPath']}/")
    assert (ROOT / opens).is_file()


@pytest.mark.slow
def test_a_fork_has_only_its_own_addresses(copy: Path):
    before = texts(copy)
    said = move(copy, *FORK)
    after = texts(copy)
    owner = HERE.repository.partition("/")[0]
    old = [*HERE, *(quote(each, safe="") for each in HERE), f"{owner}.github.io"]
    shown = {
        name: addresses.UPSTREAM.sub("", text.decode(errors="ignore"))
        for name, text in after.items()
    }
    assert [name for name, text in shown.items() for each in old if each in text] == []
    changed = {name for name in after if after[name] != before[name]}
    assert changed >= {"README.md", "CITATION.cff", "CHANGELOG.md", "pyproject.toml"}
    assert changed <= {line.strip() for line in said.splitlines()}
    readme = after["README.md"].decode()
    assert f"](https://mybinder.org/v2/gh/{FORK.repository}/HEAD?urlpath=" in readme
    assert f"\ngit clone https://github.com/{FORK.repository} " in readme

    # All of them can still be read, and say it.
    urls = tomllib.loads(after["pyproject.toml"].decode())["project"]["urls"]
    assert urls == {
        "Homepage": f"{FORK.site}/",
        "Repository": f"https://github.com/{FORK.repository}",
    }
    assert yaml.safe_load(after["CITATION.cff"])["url"] == urls["Homepage"]
    read = {".ipynb": json.loads, ".json": json.loads, ".yml": yaml.safe_load}
    for name in changed:
        read.get(Path(name).suffix, bytes)(after[name])

    # Again changes nothing but what a merge brought. Another move is like the first, and the way
    # back leads home.
    assert "0 files changed" in move(copy, *FORK)
    assert texts(copy) == after
    for address, its in zip(addresses.of_upstream(), FORK, strict=True):
        page = copy / "CONTRIBUTING.md"
        page.write_text(f"{address}\n", encoding="utf-8")
        assert "1 files changed" in move(copy, *FORK)
        assert page.read_text(encoding="utf-8") == f"{its}\n"
    page.write_bytes(after[page.name])
    move(copy, ELSEWHERE.repository)
    assert f'Homepage = "{ELSEWHERE.site}/"' in (copy / "pyproject.toml").read_text("utf-8")
    move(copy, *HERE)
    assert texts(copy) == before


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["somebody"], "is not OWNER/NAME"),
        (["https://github.com/ada/shapes"], "is not OWNER/NAME"),
        (["ada/shapes", "shapes"], "is no address of a site"),
        (["tests/tools"], "tests/tools stands in"),
    ],
)
def test_what_is_no_address_changes_nothing(copy: Path, arguments: list[str], problem: str):
    before = texts(copy)
    with pytest.raises(AssertionError, match=problem):
        move(copy, *arguments)
    assert texts(copy) == before


def test_without_arguments_it_says_where_the_course_lives(copy: Path):
    first, second, *files = move(copy).splitlines()
    assert [first, second] == [addresses.GITHUB + HERE.repository, f"{HERE.site}/"]
    assert "    README.md" in files

"""Say where the course lives, or move it: to a fork, with an owner and addresses of its own.

    uv run python tests/tools/addresses.py
    uv run python tests/tools/addresses.py OWNER/NAME [SITE]

The first says where it lives, and which files show that. The second moves it to the repository
OWNER/NAME on GitHub, and its site to an address, by default the one that GitHub Pages gives. It
writes both into ``[project.urls]`` of ``pyproject.toml``, where they stand, and then into every
file that git tracks and that shows them: badges, links, commands. To move twice is to move once,
but for what a merge from upstream has brought in between: in a fork, do so after each.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from tool import ROOT, print_anywhere

GITHUB = "https://github.com/"
UPSTREAM = re.compile("^upstream = .*", re.MULTILINE)  # the line in which its addresses stay


class Addresses(NamedTuple):
    """Where the course lives: OWNER/NAME on GitHub, and its site without a slash at the end."""

    repository: str
    site: str


def project() -> dict:
    """What ``pyproject.toml`` says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def of_upstream() -> Addresses:
    """Where the course comes from, for a fork, and else where it lives."""
    return Addresses(*project()["tool"]["course"]["upstream"])


def of_project() -> Addresses:
    """Where the course lives now."""
    urls = project()["project"]["urls"]
    return Addresses(urls["Repository"].removeprefix(GITHUB), urls["Homepage"].rstrip("/"))


def given(repository: str, site: str = "") -> Addresses:
    """Addresses that somebody types.

    >>> given("Ada/shapes")
    Addresses(repository='Ada/shapes', site='https://ada.github.io/shapes')
    >>> given("ada/ada.github.io").site
    'https://ada.github.io'
    """
    if not re.fullmatch(r"[A-Za-z0-9-]+/[\w.-]+", repository, re.ASCII):
        raise ValueError(f"{repository!r} is not OWNER/NAME")
    owner, name = repository.split("/")
    home = f"{owner.lower()}.github.io"
    usual = f"https://{home}" + ("" if name.lower() == home else f"/{name}")
    site = (site or usual).rstrip("/")
    if not re.fullmatch(r"https?://[\w.:-]+[^\s\"'<>()\[\]|]*", site, re.ASCII):
        raise ValueError(f"{site!r} is no address of a site")
    return Addresses(repository, site)


def pattern(address: str) -> str:
    """Finds an address, within a longer one too, as it is written there, but no part of a word.

    >>> found = re.compile(pattern("a/b"))
    >>> [bool(found.search(text)) for text in ("x.org/a/b.git", "repo=x.org%2Fa%2Fb&", "aa/b a/bb")]
    [True, True, False]
    """
    forms = "|".join(map(re.escape, dict.fromkeys([address, quote(address, safe="")])))
    return rf"(?:(?<![\w.%-])|(?<=%2F))(?:{forms})(?![\w-])"


def files() -> dict[Path, str]:
    """The text of each file that git tracks, if it is text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    texts = {}
    for name in listed.stdout.decode().rstrip("\0").split("\0"):
        path = ROOT / name
        if path.is_file() and b"\0" not in (data := path.read_bytes()):
            texts[path] = data.decode(errors="surrogateescape")
    return texts


def showing(addresses: Iterable[str]) -> list[Path]:
    """The files in which one of the addresses stands."""
    found = re.compile("|".join(map(pattern, addresses)))
    return [path for path, text in files().items() if found.search(UPSTREAM.sub("", text))]


def move(new: Addresses) -> list[Path]:
    """Write other addresses in the place of today's and upstream's; return what files changed."""
    old = [*of_project(), *of_upstream()]
    texts = files()
    for will_be in new:
        if will_be in old:
            continue
        # Else nobody could tell later which ones were addresses, and move the course once more.
        if taken := [path for path, text in texts.items() if re.search(pattern(will_be), text)]:
            raise ValueError(f"{will_be} stands in {taken[0].relative_to(ROOT)} already")
    # The longer one first: a site may hold OWNER/NAME.
    pairs = sorted(zip(old, [*new, *new], strict=True), key=lambda pair: -len(pair[0]))
    forms = [f"({pattern(was)})" for was, _ in pairs]
    any_of = re.compile("|".join([UPSTREAM.pattern, *forms]), re.MULTILINE)

    def replaced(found: re.Match) -> str:
        if not found.lastindex:
            return found[0]
        was, will_be = pairs[found.lastindex - 1]
        return will_be if found[0] == was else quote(will_be, safe="")

    changed = []
    for path, text in texts.items():
        if (moved := any_of.sub(replaced, text)) != text:
            path.write_bytes(moved.encode(errors="surrogateescape"))
            changed.append(path)
    return changed


def main() -> int:
    """Say where the course lives, or move it."""
    parser = argparse.ArgumentParser(usage="addresses.py [OWNER/NAME [SITE]]")
    parser.add_argument("repository", nargs="?")
    parser.add_argument("site", nargs="?", default="")
    options = parser.parse_args()
    if not (ROOT / ".git").exists():
        parser.error("this is no clone, and only git knows which files belong to the course")
    if options.repository:
        try:
            changed = move(given(options.repository, options.site))
        except ValueError as error:
            parser.error(str(error))
        print(f"{len(changed)} files changed")
    now = of_project()
    print(f"{GITHUB}{now.repository}\n{now.site}/")
    for path in showing(now):
        print(f"    {path.relative_to(ROOT).as_posix()}")
    return 0


if __name__ == "__main__":
    print_anywhere()
    sys.exit(main())

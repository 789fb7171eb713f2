"""Renew the versions that everybody gets, or try the course with others.

    uv run --no-project python tests/tools/pins.py

resolves the project anew, as of the date ``exclude-newer`` in ``pyproject.toml``: for every system
and every Python, with all extras and groups. It writes the versions into ``pyproject.toml``, those
that ``uv run`` installs and those that build the package, and Binder's share of both into
``binder/requirements.txt``. From then on it makes no difference what a package index adds, hides
or dates back.

    uv run --no-project python tests/tools/pins.py --try newest [pytest argument ...]
    uv run --no-project python tests/tools/pins.py --try lowest [pytest argument ...]

runs the tests in a copy without pins, with the newest release of everything, or with the lowest of
every direct dependency on the lowest Python. Prints the versions.

Without the project, because a floor that has been raised above its pin leaves none to run.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tool import ROOT, copy_repository, print_anywhere

UV = os.environ.get("UV", "uv")
PROJECT = ROOT / "pyproject.toml"
BINDER = ROOT / "binder"
RUN, BUILD = "constraint-dependencies", "build-constraint-dependencies"
ON_BINDER = ["--python-platform", "x86_64-unknown-linux-gnu", "--python-version"]
PLAIN = ["--quiet", "--no-header", "--no-annotate"]


def with_pins(text: str, key: str, pins: list[str]) -> str:
    """The text of a ``pyproject.toml`` with other pins, one a line, under a key that it has."""
    lines = "".join(f"    {json.dumps(pin)},\n" for pin in pins)
    before, start, rest = text.partition(f"\n{key} = [\n")
    _, end, after = rest.partition("]\n")
    return f"{before}{start}{lines}{end}{after}"


def without_pins(text: str) -> str:
    """The text of a ``pyproject.toml`` that leaves every version to the resolver."""
    return with_pins(with_pins(text, RUN, []), BUILD, [])


def uv(*arguments: str, folder: Path, stdin: str | None = None) -> list[str]:
    """The lines that a uv command prints."""
    done = subprocess.run(
        [UV, *arguments], cwd=folder, input=stdin, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.splitlines()


def resolve(text: str) -> tuple[list[str], list[str], list[str]]:
    """Pins for what ``uv run`` installs, for what builds the package, and for Binder."""
    text = without_pins(text)
    # One resolution for all three: what builds the package becomes a group like any other.
    # For an editable package, hatchling asks for editables besides.
    requires = json.dumps([*tomllib.loads(text)["build-system"]["requires"], "editables"])
    text = text.replace("[dependency-groups]\n", f"[dependency-groups]\nbuild = {requires}\n")
    python = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    with tempfile.TemporaryDirectory(prefix="pins-") as name:
        folder = Path(name)
        (folder / PROJECT.name).write_text(text, encoding="utf-8")
        export = ["export", *PLAIN, "--no-hashes", "--no-emit-project"]
        everything = ["--all-extras", "--all-groups", "--no-group", "build"]
        run = uv(*export, *everything, folder=folder)
        build = uv(*export, "--only-group", "build", folder=folder)
        # On Binder pip installs, which would fetch, in any version, what is left out here.
        text = re.sub(r"^override-dependencies = .*\n", "", text, flags=re.MULTILINE)
        (folder / PROJECT.name).write_text(text, encoding="utf-8")
        share = "\n".join(uv(*export, "--group", "build", folder=folder))
        compile_ = ["pip", "compile", *PLAIN, "--no-deps", *ON_BINDER, python, "-"]
        return run, build, uv(*compile_, folder=folder, stdin=share)


def renew() -> None:
    """Write all pins."""
    text = PROJECT.read_text(encoding="utf-8")
    run, build, binder = resolve(text)
    text = with_pins(with_pins(text, RUN, run), BUILD, build)
    PROJECT.write_text(text, encoding="utf-8", newline="\n")
    lines = "".join(f"{pin}\n" for pin in binder)
    (BINDER / "requirements.txt").write_text(lines, encoding="utf-8", newline="\n")
    print(f"{len(run)} pins, {len(build)} to build with, {len(binder)} on Binder")


def try_versions(resolution: str, arguments: list[str]) -> int:
    """Run pytest in a copy without pins; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="pins-") as name:
        folder = Path(name)
        copy_repository(folder)
        text = without_pins(PROJECT.read_text(encoding="utf-8"))
        text = re.sub(r"^exclude-newer = .*\n", "", text, flags=re.MULTILINE)
        (folder / PROJECT.name).write_text(text, encoding="utf-8")
        options = []
        if resolution == "lowest":
            python = re.search(r"[0-9.]+", tomllib.loads(text)["project"]["requires-python"])[0]
            options = ["--resolution", "lowest-direct", "--python", python]
        variables = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
        for command in (
            ["sync", "--quiet", "--all-extras", "--all-groups", *options],
            ["tree", "--quiet", "--frozen", "--depth", "1", "--all-groups"],
            ["run", "--no-sync", "pytest", "--ignore=tests/test_pins.py", *arguments],
        ):
            done = subprocess.run([UV, *command], cwd=folder, env=variables)
            if done.returncode:
                return done.returncode
    return 0


def main() -> int:
    """Renew the pins, or try the course without them."""
    parser = argparse.ArgumentParser(usage="pins.py [--try {newest,lowest} [pytest argument ...]]")
    parser.add_argument("--try", dest="resolution", choices=["newest", "lowest"])
    options, rest = parser.parse_known_args()
    if options.resolution:
        return try_versions(options.resolution, rest)
    if rest:
        parser.error(f"unknown: {' '.join(rest)}")
    renew()
    return 0


if __name__ == "__main__":
    print_anywhere()
    sys.exit(main())

"""Everybody gets the same versions, on any day: what ``pins.py`` wrote fits what it was made from.

No test here asks a package index, which may change its mind from one day to the next.
"""

import re
import tomllib
from itertools import product

import pins
import pytest
from lessons import ROOT
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

TEXT = pins.PROJECT.read_text(encoding="utf-8")
PROJECT = tomllib.loads(TEXT)
RUN = [Requirement(pin) for pin in PROJECT["tool"]["uv"][pins.RUN]]
BUILD = [Requirement(pin) for pin in PROJECT["tool"]["uv"][pins.BUILD]]
BINDER = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
PYTHON = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()[len("python-") :]

STUDENT = PROJECT["project"]["dependencies"]
DIRECT = [
    *STUDENT,
    *(line for extra in PROJECT["project"]["optional-dependencies"].values() for line in extra),
    *(
        line
        for group in PROJECT["dependency-groups"].values()
        for line in group
        if isinstance(line, str)
    ),
]


def environment(python: str, os_name: str, system: str, machine: str) -> dict[str, str]:
    """What dependency markers see there. Others, such as the kernel's version, we do not use."""
    return default_environment() | {
        "implementation_name": "cpython",
        "os_name": os_name,
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "python_full_version": f"{python}.9",
        "python_version": python,
        "sys_platform": system,
    }


ON_BINDER = environment(PYTHON, "posix", "linux", "x86_64")
EVERYWHERE = [
    environment(python, *machine)
    for python, machine in product(
        ["3.11", "3.12", "3.13"],
        [
            ("posix", "linux", "x86_64"),
            ("posix", "linux", "aarch64"),
            ("posix", "darwin", "arm64"),
            ("nt", "win32", "AMD64"),
        ],
    )
]


SHOWN = ("python_version", "sys_platform", "platform_machine")


def applies(requirement: Requirement, there: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(there)


def pinned(requirements: list[Requirement], there: dict[str, str]) -> dict[str, str]:
    """The version of each package in an environment; it must be one."""
    chosen = [pin for pin in requirements if applies(pin, there)]
    assert len({pin.name for pin in chosen}) == len(chosen)
    return {pin.name: str(pin.specifier).removeprefix("==") for pin in chosen}


def test_every_python_of_the_course_is_among_the_environments():
    supported = SpecifierSet(PROJECT["project"]["requires-python"])
    expected = {f"3.{minor}" for minor in range(30) if supported.contains(f"3.{minor}")}
    assert {there["python_version"] for there in EVERYWHERE} == expected


@pytest.mark.parametrize("lines", [pins.RUN, pins.BUILD, "binder"])
def test_pins_are_exact_sorted_and_nothing_else(lines: str):
    """No option, no local reference, no address, no hash."""
    listed = BINDER if lines == "binder" else PROJECT["tool"]["uv"][lines]
    marker = "" if lines == "binder" else "( ; [a-z0-9_ '()<>=!.*A-Z]+)?"
    odd = [x for x in listed if not re.fullmatch(rf"[a-z0-9-]+==[0-9][0-9a-z.]*{marker}", x)]
    assert listed
    assert not odd
    names = [line.partition("==")[0] for line in listed]
    assert names == sorted(names)


@pytest.mark.parametrize("there", EVERYWHERE, ids=lambda t: "-".join(map(t.get, SHOWN)))
def test_every_direct_dependency_is_pinned_to_what_it_asks_for(there: dict[str, str]):
    versions = pinned(RUN, there)
    for requirement in map(Requirement, DIRECT):
        if applies(requirement, there):
            assert requirement.specifier.contains(versions[requirement.name]), requirement


def test_every_direct_dependency_has_a_floor():
    bare = [line for line in DIRECT if ">=" not in str(Requirement(line).specifier)]
    assert not bare


def test_what_builds_the_package_is_pinned_to_what_it_asks_for():
    versions = pinned(BUILD, ON_BINDER)
    for requirement in map(Requirement, PROJECT["build-system"]["requires"]):
        assert requirement.specifier.contains(versions[requirement.name])


def test_binder_has_the_versions_of_everybody_else():
    """And, as pip installs there, what the override leaves out elsewhere."""
    left_out = [pin for pin in RUN if not any(applies(pin, there) for there in EVERYWHERE)]
    known = {pin.name: str(pin.specifier).removeprefix("==") for pin in left_out}
    known |= pinned(RUN, ON_BINDER) | pinned(BUILD, ON_BINDER)
    assert {**known, **dict(line.split("==") for line in BINDER)} == known


@pytest.mark.parametrize("line", STUDENT)
def test_binder_installs_what_a_student_does(line: str):
    requirement = Requirement(line)
    version = dict(line.split("==") for line in BINDER).get(requirement.name)
    if applies(requirement, ON_BINDER):
        assert version is not None
        assert requirement.specifier.contains(version)
    else:
        assert version is None


def test_uv_run_took_the_pins_for_everything():
    """``uv run`` resolves the project into uv.lock. A package without a pin may change any day."""
    lock = ROOT / "uv.lock"
    if not lock.exists():
        pytest.skip("there is no uv.lock to compare with: run the tests with `uv run`")
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    locked = {(p["name"], p["version"]) for p in packages if p["name"] != "padding-and-stride"}
    assert locked <= {(pin.name, str(pin.specifier).removeprefix("==")) for pin in RUN}


def test_renewing_touches_the_pins_and_nothing_else():
    bare = pins.without_pins(TEXT)
    assert len(bare.splitlines()) == len(TEXT.splitlines()) - len(RUN) - len(BUILD)
    for key in (pins.RUN, pins.BUILD):
        bare = pins.with_pins(bare, key, PROJECT["tool"]["uv"][key])
    assert bare == TEXT

"""What a worker does: from a notebook to its result, in a sandbox of its own."""

import functools
import sys
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import course
from course.grading import AsideError, Assignment, Sandbox, SandboxError, grade

PACKAGES = ("numpy", "keras", "tensorflow-cpu", "tensorflow")


@functools.cache
def sandbox_for(modules: tuple[str, ...]) -> Sandbox:
    """The one sandbox of a worker process; it ends with the process."""
    return Sandbox([*modules]).__enter__()


def result_of(assignment: Assignment, notebook: bytes) -> dict:
    """From a notebook to plain data, on any worker; a sandbox that broke is replaced once."""
    for last in (False, True):
        try:
            sandbox = sandbox_for(tuple(assignment.modules))
            return asdict(grade(assignment, notebook, sandbox))
        except AsideError as error:
            return {"aside": str(error)}
        except SandboxError:
            sandbox_for.cache_clear()
            if last:
                raise
    raise AssertionError


def environment() -> str:
    """What a result depends on besides notebook and assignment: the course and its libraries."""
    found = [sys.version]
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    sources = sorted(Path(course.__file__).parent.rglob("*.py"))
    return "\0".join([*found, *(path.read_text(encoding="utf-8") for path in sources)])

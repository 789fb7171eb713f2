"""What a worker does: from a notebook to its result, in a sandbox of its own."""

import functools
import sys
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import course
from course.grading import AsideError, Sandbox, SandboxError, grade, read

PACKAGES = ("numpy", "keras", "tensorflow-cpu", "tensorflow")


@functools.cache
def sandbox_for(walls: bool, *modules: str) -> Sandbox:
    """The one sandbox of a worker process; it ends with the process."""
    return Sandbox(list(modules), walls=walls).__enter__()


def result_of(task: tuple[str, str, str, bool, bool], student: str, notebook: bytes) -> dict:
    """From a notebook to plain data, on any worker; a sandbox that broke is replaced once.

    The ``task`` is the same for all: the assignment's name, its source, the secret, whether each
    student has settings of their own, and whether there are walls.
    """
    name, source, secret, own, walls = task
    assignment = read(name, source, secret, student if own else "")
    try:
        try:
            return asdict(grade(assignment, notebook, sandbox_for(walls, *assignment.modules)))
        except SandboxError:
            sandbox_for.cache_clear()
            return asdict(grade(assignment, notebook, sandbox_for(walls, *assignment.modules)))
    except AsideError as error:
        return {"aside": str(error)}


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

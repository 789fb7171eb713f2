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
def sandbox_for(*modules: str) -> Sandbox:
    """The one sandbox of a worker process; it ends with the process."""
    return Sandbox(list(modules)).__enter__()


def result_of(assignment: str, source: str, secret: str, student: str, notebook: bytes) -> dict:
    """From a notebook to plain data, on any worker; a sandbox that broke is replaced once."""
    asked = read(assignment, source, secret, student)
    try:
        try:
            return asdict(grade(asked, notebook, sandbox_for(*asked.modules)))
        except SandboxError:
            sandbox_for.cache_clear()
            return asdict(grade(asked, notebook, sandbox_for(*asked.modules)))
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

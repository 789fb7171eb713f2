"""From a notebook to its result, in a sandbox of its own: what a worker does."""

import functools
import hashlib
import sys
from contextlib import suppress
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from threading import RLock

import course
from course.grading import AsideError, Sandbox, SandboxError, grade, read
from course.grading.collect import CollectError, HandedIn, read_bytes
from course.grading.sandbox import BrokenError
from course.grading.submission import cells_of, shows_others

PACKAGES = ("numpy", "keras", "tensorflow-cpu", "tensorflow")
SAMPLE = 20  # notebooks that show what was drawn for them
BREAKS = (
    "It is not graded yet: each sandbox that tried has ended. A teacher has to look at what it "
    "does, and to grade it again, or by hand."
)
ALONE = RLock()  # a worker may have several threads; it has one sandbox

Task = tuple[str, str, str, bool, bool]
"""What is the same for all: the assignment's name, its source, the secret, whether each student has
settings of their own, and whether there are walls.
"""


def check_settings(task: Task, found: list[HandedIn]) -> None:
    """Compare what was drawn with what the notebooks show, or a whole class would be wrong."""
    name, source, secret, own, _ = task
    others: list[bool] = []
    if not read(name, source, secret).drawn:  # and no notebook needs to be read
        return
    for handed in found:
        assignment = read(name, source, secret, handed.student if own else "")
        with suppress(AsideError, OSError):
            shown = shows_others(assignment, cells_of(read_bytes(handed.path)))
            others += [] if shown is None else [shown]
        if len(others) == SAMPLE:
            break
    if 2 * sum(others) > len(others):
        drawn = "this secret draws" if secret else "the source has"
        raise CollectError(
            f"They were handed out with other settings than {drawn}: so say {sum(others)} of "
            f"{len(others)} notebooks. Give the secret that you released with (--secret), and "
            "--own-settings if each student had their own, and only then. If you did, the course "
            "has changed since: grade with the version of the course that you released with. "
            "Nothing was graded."
        )


@functools.lru_cache(maxsize=1)
def sandbox_for(walls: bool, *modules: str) -> Sandbox:
    """The one sandbox of a worker process; it ends with the process."""
    return Sandbox(list(modules), walls=walls).__enter__()


def why_not(task: Task, here: str) -> str:
    """Start this worker's sandbox; "", or why it can grade nothing for an environment."""
    name, source, secret, _, walls = task
    if here != environment():
        return "It has another version of the course, Python, NumPy, Keras or TensorFlow."
    try:
        with ALONE:
            sandbox_for(walls, *read(name, source, secret).modules)
    except SandboxError as error:
        return str(error)
    return ""


def work(task: Task, here: str, some: dict[str, tuple[str, bytes]]) -> dict[str, dict]:
    """The results of some, by key, on any worker, also one that came after `why_not` was asked."""
    if why := why_not(task, here):
        raise SandboxError(why)
    return {key: result_of(task, *each) for key, each in some.items()}


def result_of(task: Task, student: str, notebook: bytes) -> dict:
    """From a notebook to plain data; a sandbox that broke is replaced once.

    If that breaks too, it is the notebook: it is put aside, for now, as others are to be graded.
    """
    name, source, secret, own, walls = task
    assignment = read(name, source, secret, student if own else "", notebook)
    with ALONE:
        for last in (False, True):
            try:
                return asdict(grade(assignment, notebook, sandbox_for(walls, *assignment.modules)))
            except AsideError as error:
                return {"aside": str(error)}
            except SandboxError as error:
                sandbox_for.cache_clear()
                if last and not isinstance(error, BrokenError):
                    raise
    return {"aside": BREAKS, "again": True}


@functools.cache
def environment() -> str:
    """What a result depends on besides notebook and assignment: the course and its libraries."""
    found = [sys.version]
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    sources = sorted(Path(course.__file__).parent.rglob("*.py"))
    found += [path.read_text(encoding="utf-8") for path in sources]
    return hashlib.sha256("\0".join(found).encode()).hexdigest()

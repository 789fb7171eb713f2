"""Every submission of the red team gets its grade, and has no other effect."""

import contextlib
import functools
import os
import socket
import threading
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from course import grading
from course.grading.sandbox import Sandbox
from grading.conftest import LIMITS, SECRET, needs_sandbox
from grading.homework import POINTS, Book
from grading.red_team import ROWS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

FILES = {
    "gradebook.db": "ada: 6 of 6",
    "secret": SECRET,
    "submitted/ada/padding.ipynb": "the right answers",
}


class World(NamedTuple):
    """What there is outside, to be stolen or spoilt."""

    folder: Path
    port: int
    calls: list  # who called


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder, calls = tmp_path_factory.mktemp("class"), []
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        (folder / name).chmod(0o666)
    servers = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)]
    port = servers[0].getsockname()[1]
    servers[1].bind(f"\0grading-red-team-{port}")  # another run of these tests has its own
    servers[1].listen()

    def listen(server):
        while True:
            try:
                calls.append(server.accept())
            except OSError:
                return

    for server in servers:
        threading.Thread(target=listen, args=[server], daemon=True).start()
    os.environ["SECRET"] = "open sesame"
    yield World(folder, port, calls)
    del os.environ["SECRET"]
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


@pytest.fixture(scope="module")
def sandboxes(assignments, world):
    needs_sandbox()
    with contextlib.ExitStack() as stack:
        yield functools.cache(
            lambda name: stack.enter_context(Sandbox(assignments[name].modules, LIMITS))
        )


def processes(sandbox: Sandbox) -> set[int]:
    return {child.pid for child in psutil.Process(sandbox.process.pid).children(recursive=True)}


@pytest.mark.parametrize("name", ROWS)
def test_row(name, assignments, sandboxes, world):
    row = ROWS[name]
    book = Book(row.assignment, str(world.folder), world.port)
    made = row.make(book)
    sandbox = sandboxes(row.assignment)
    alive = processes(sandbox)
    notebook = bytes(book) if made is None else made
    if row.aside:
        with pytest.raises(grading.AsideError, match=row.aside):
            grading.grade(assignments[row.assignment], notebook, sandbox)
    else:
        graded = grading.grade(assignments[row.assignment], notebook, sandbox)
        points = {each.grade_id.removesuffix("_points"): each.points for each in graded.verdicts}
        assert points == POINTS[row.assignment] | row.points, graded
        assert row.says in repr(graded)
    # Nobody is left, nothing was touched, nobody called, and the sandbox is the same as before.
    assert processes(sandbox) == alive
    assert {file: (world.folder / file).read_text() for file in FILES} == FILES
    assert world.calls == []


@pytest.mark.parametrize("assignment", POINTS)
def test_after_all_that_the_next_is_graded_as_ever(assignment, assignments, sandboxes):
    sandbox = sandboxes(assignment)
    graded = grading.grade(assignments[assignment], bytes(Book(assignment)), sandbox)
    assert sum(each.points for each in graded.verdicts) == sum(POINTS[assignment].values())

"""What the sandbox promises: two submissions know nothing of each other, nor of us."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from course.grading import grade
from course.grading import sandbox as module
from course.grading.messages import Ask, Run, request
from course.grading.sandbox import Limits, Sandbox, SandboxError, walls, why_not
from grading.conftest import needs_sandbox
from grading.homework import Book


def processes(sandbox: Sandbox) -> list:
    return psutil.Process(sandbox.process.pid).children(recursive=True)


def said(sandbox: Sandbox, source: str) -> object:
    """What ``answer`` is after a cell was run."""
    outcome = sandbox.run(request([Run(source), Ask("part", "answer")]))
    assert outcome.troubles == {}, source
    return outcome.answers.get(1, outcome.ended)


STAY = """
import os, signal
if not os.fork():
    os.setsid()
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    while True:
        signal.pause()
open("left", "w").write("mine")
answer = os.listdir(".")
"""
LOOK = """
import os, signal
def reaches(pid):
    try:
        os.kill(pid, 0)
        return True
    except OSError:
        return False
answer = [[pid for pid in range(2, 2000) if reaches(pid)], os.listdir("."), os.listdir("/proc")]
"""


def test_of_two_siblings_neither_sees_signals_or_outlives_the_other(sandbox):
    assert said(sandbox, STAY) == ["left"]
    assert said(sandbox, LOOK) == [[], [], ["self"]]


def test_signals_do_not_leave(sandbox):
    everybody = "import os, signal\nfor each in (0, -1, os.getppid() or 2):\n    try:\n"
    everybody += "        os.kill(each, signal.SIGKILL)\n    except OSError: pass\nanswer = 1"
    said(sandbox, everybody)
    assert said(sandbox, "answer = 2") == 2


def test_the_child_has_its_channel_and_nothing_else_open(sandbox):
    look = "import os\nanswer = []\nfor fd in range(1024):\n    try:\n"
    look += "        answer.append(oct(os.fstat(fd).st_mode))\n    except OSError: pass"
    null, channel = "0o20666", "0o140777"
    assert said(sandbox, look) == [null, null, null, channel]


def test_the_child_is_nobody_and_alone(sandbox):
    assert said(sandbox, "import os\nanswer = [os.getuid(), os.getpid()]") == [65534, 1]


def test_there_is_no_file_of_ours(sandbox):
    look = "import os\nanswer = [os.path.exists(path) for path in PATHS]"
    paths = [__file__, "/etc/passwd", "/var", "/home", "/bin/sh", "/usr/bin/env", "/sys"]
    assert said(sandbox, look.replace("PATHS", repr(paths))) == [False] * len(paths)


FILL = """
import contextlib, os, socket
answer, kept = 0, []
with contextlib.suppress(OSError):
    while True:
        kept += socket.socketpair()
for each in kept:
    each.setblocking(False)
    with contextlib.suppress(OSError):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    with contextlib.suppress(OSError):
        while True:
            answer += each.send(bytes(30_000))
"""


def test_the_kernel_keeps_little_that_was_sent_and_not_heard(sandbox):
    assert said(sandbox, FILL) < 15_000_000  # the memory of no process; and there may be many


@pytest.mark.parametrize("prefix", ["/usr", "/usr/local"])
def test_with_a_python_of_the_system_s_no_more_is_seen(monkeypatch, prefix):
    monkeypatch.setattr("shutil.which", lambda name: name)
    for name in ("prefix", "base_prefix"):
        monkeypatch.setattr(sys, name, prefix)
    command = walls()
    shown = [after for each, after in pairwise(command) if each.startswith("--ro-bind")]
    assert f"{prefix}/lib" in shown
    assert not [path for path in shown if Path("/usr/local/bin/env").is_relative_to(path)]
    assert not [path for path in shown if Path("/usr/bin/env").is_relative_to(path)]


def test_what_is_random_is_the_same_for_all(sandbox):
    look = "import random, numpy\nanswer = [random.random(), numpy.random.rand(), hash('a') % 1000]"
    assert said(sandbox, look) == said(sandbox, look)


def test_a_module_that_is_missing_is_said():
    needs_sandbox()
    with pytest.raises(SandboxError, match="no_such_module"), Sandbox(["no_such_module"]):
        pass


SETTINGS = "setting up uid map: Permission denied"
PROBES = [
    ("bwrap: not found", {}, "apt install bubblewrap"),
    ("OSError: libseccomp.so.2: cannot open", {}, "apt install libseccomp2"),
    ("bwrap: execvp /x/python: Permission denied", {}, "everybody may read"),
    (SETTINGS, {"kernel/apparmor_restrict_unprivileged_userns": "1"}, "AppArmor"),
    (
        "bwrap: No permissions to create new namespace",
        {"user/max_user_namespaces": "0"},
        "user.max_user_namespaces=10000",
    ),
    (
        "bwrap: No permissions to create new namespace",
        {"kernel/unprivileged_userns_clone": "0"},
        "unprivileged_userns_clone=1",
    ),
    ("bwrap: Creating new namespace failed: Operation not permitted", {"Seccomp": "2"}, "docker"),
    ("something else", {}, "something else"),
]


@pytest.mark.parametrize(("error", "settings", "advice"), PROBES)
def test_each_way_to_fail_has_its_sentence(error, settings, advice, monkeypatch):
    monkeypatch.setattr(module, "setting", lambda name: settings.get(name, ""))
    assert advice in why_not(error)


# What a container's usual seccomp profile, as Docker has it, forbids.
CONTAINER = """
import ctypes, errno, sys
from course.grading.sandbox import Sandbox, SandboxError

seccomp = ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
ALLOW, ERROR = 0x7FFF0000, 0x00050000 | errno.EPERM
rules = ctypes.c_void_p(seccomp.seccomp_init(ALLOW))
for name in (b"unshare", b"mount", b"umount2", b"pivot_root", b"setns", b"clone3"):
    number = seccomp.seccomp_syscall_resolve_name(name)
    assert not seccomp.seccomp_rule_add(rules, ERROR, number, 0)
assert not ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)  # no new privileges
assert not seccomp.seccomp_load(rules)
try:
    Sandbox([]).__enter__()
except SandboxError as error:
    print(error)
"""


def test_in_a_container_that_forbids_it_there_is_advice():
    needs_sandbox()
    made = subprocess.run([sys.executable, "-c", CONTAINER], capture_output=True, text=True)
    assert made.stdout.startswith("This container forbids a sandbox in it: start it with"), made


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_are_told_what_to_do(system, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    assert "Linux" in why_not("")


def test_limits_hold_for_a_whole_program():
    needs_sandbox()
    limits = Limits(step_work=60, work=1)
    with Sandbox([], limits) as sandbox:
        outcome = sandbox.run(request([Run("while True: pass")]))
    assert outcome.ended == "takes too long"


BURN = "import time\nwhile time.process_time() < 1: pass"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "limits"),
    [(BURN, {"work": 1.5}), ("import time\ntime.sleep(5)", {"clock": 9})],
)
def test_all_tries_of_a_submission_share_the_time(cell, limits, assignments, monkeypatch):
    needs_sandbox()
    tries, run = [], Sandbox.run
    monkeypatch.setattr(Sandbox, "run", lambda *given: tries.append(run(*given)) or tries[-1])
    book = Book("padding")
    for _ in range(12):
        book.add("import os\nos._exit(0)")
    book.add(cell)
    with Sandbox(assignments["padding"].modules, Limits(**limits)) as sandbox:
        tries.clear()
        graded = grade(assignments["padding"], bytes(book), sandbox)
    assert [each.ended for each in tries][1:] == ["takes too long"]
    assert {each.points for each in graded.verdicts} == {0}
    assert "was not tried" in graded.verdicts[0].message


NO_WALL = """
import os, pathlib, socket
pathlib.Path(PATH).write_text("changed")
try:
    socket.socket()
    answer = "the network"
except PermissionError:
    answer = "files"
"""


def test_without_walls_there_are_limits_and_no_network(tmp_path):
    path, others = tmp_path / "mine", subprocess.Popen(["sleep", "600"])
    with Sandbox(["course.questions"], Limits(step_work=1), walls=False) as sandbox:
        assert said(sandbox, NO_WALL.replace("PATH", repr(str(path)))) == "files"
        assert path.read_text() == "changed"
        assert said(sandbox, STAY) == ["left"]
        assert said(sandbox, "import os\nanswer = os.listdir('.')") == []
        home = said(sandbox, "import os\nanswer = os.environ['HOME']")
        assert os.path.exists(home)
        assert sandbox.run(request([Run("while True: pass")])).ended == "takes too long"
        assert processes(sandbox) == []
    assert not os.path.exists(home)
    assert others.poll() is None
    others.kill()
    others.wait()

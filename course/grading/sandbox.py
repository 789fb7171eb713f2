"""The sandbox: bubblewrap around a fork server, and the grader's end of it.

A student's code has no network, no files but the interpreter's, and limits for everything. All
that it does is measured by the server, and judged here.
"""

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic

import course
from course.grading import messages


class SandboxError(RuntimeError):
    """There is no sandbox, or it broke. The message says why, and what to do."""


class BrokenError(SandboxError):
    """There was a sandbox, and it ended before it was told to."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    step_work: float = 5  # seconds of the processor, for one cell or one question
    work: float = 60  # for all
    idle: float = 20  # on the clock, with nothing to do; a busy machine costs nobody points
    step_clock: float = 60  # whatever it does; much, as what works may have to wait
    clock: float = 300
    memory: int = 1_500_000_000  # more than the server has
    disk: int = 32_000_000
    processes: int = 64  # threads too
    talk: int = 50_000_000  # bytes


@dataclass
class Outcome:
    """What came of a request."""

    answers: dict[int, object] = field(default_factory=dict)  # by step
    troubles: dict[int, str] = field(default_factory=dict)
    step: int = -1  # the last that began
    ended: str = ""  # "done", or why it ended before
    work: float = 0  # seconds, with what came before
    clock: float = 0
    spent: bool = False  # there is no time left for all


class Sandbox:
    """A fork server in bubblewrap, started when it is first needed; use it with ``with``.

    Without ``walls`` there is a server, but no sandbox: limits and no network, and that is all.
    """

    def __init__(self, modules: list[str], limits: Limits | None = None, walls: bool = True):
        self.modules, self.limits, self.walls = modules, limits or Limits(), walls

    def __enter__(self) -> "Sandbox":
        if sys.platform != "linux":
            raise SandboxError(why_not(""))
        around = walls() if self.walls else []
        self.open = contextlib.ExitStack()
        self.log = self.open.enter_context(tempfile.TemporaryFile())
        places = {"HOME": "/scratch", "TMPDIR": "/scratch", "PYTHONPATH": "/srv"}
        if not self.walls:
            folder = self.open.enter_context(tempfile.TemporaryDirectory(prefix="grading-"))
            places = dict.fromkeys(places, folder) | {"PYTHONPATH": str(COURSE.parent)}
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        server = [sys.executable, "-P", "-m", "course.grading.server", str(theirs.fileno())]
        with theirs:
            self.process = subprocess.Popen(
                [*around, *server],
                env=ENVIRONMENT | places,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self.log,
            )
        settings = {"modules": self.modules, "limits": asdict(self.limits), "walls": self.walls}
        self.control.settimeout(1800)  # seconds; importing TensorFlow may take its time
        with contextlib.suppress(OSError, SandboxError):
            self.control.send(json.dumps(settings).encode())
            self.control.recv(100)  # it is ready
            if self.run(messages.request([])).ended == "done":
                return self
        self.__exit__()
        raise SandboxError(why_not(self.said))

    def __exit__(self, *error) -> None:
        self.control.close()  # it ends itself then
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.seek(0)
        self.said = self.log.read().decode(errors="replace")
        self.open.close()

    def run(self, request: bytes, before: Outcome | None = None) -> Outcome:
        """Let a fork do what is asked, and kill it when it is done or goes too far.

        It has as much time as what came ``before`` left.
        """
        self.over = False
        channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with channel, theirs, os.fdopen(os.memfd_create("request"), "wb") as file:
                file.write(request)
                file.flush()
                file.seek(0)
                socket.send_fds(self.control, [b"fork"], [theirs.fileno(), file.fileno()])
                theirs.close()
                outcome = self._listen(channel, before or Outcome())
            self.control.send(b"kill")
            while not self.over:
                self._uses()
        except (OSError, ValueError):
            raise BrokenError("The sandbox was ended from outside.") from None
        return outcome

    def _uses(self) -> tuple[float, int, bool]:
        """What the server says: seconds, bytes, whether anything runs; or that all is over."""
        kind, *used = json.loads(self.control.recv(1000))
        self.over = kind == "ended"
        return (0, 0, True) if self.over else tuple(used)

    def _listen(self, channel: socket.socket, earlier: Outcome) -> Outcome:
        """Hear what a fork answers, until it has said enough."""
        outcome, limits = Outcome(), self.limits
        work = step_work = memory = talk = idle = 0.0
        begun = step_begun = heard = monotonic()
        while not outcome.ended:
            ready = select.select([channel, self.control], [], [], 1)[0]
            if channel in ready:
                packet = channel.recv(messages.MOST_BYTES + 1)
                talk += len(packet)
                if _note(packet, outcome):
                    step_work, step_begun = work, monotonic()
            elif self.control in ready:
                work, memory, runs = self._uses()
                before, heard = heard, monotonic()
                idle += 0 if runs else heard - before
            now = monotonic()
            outcome.work, outcome.clock = earlier.work + work, earlier.clock + now - begun
            outcome.spent = outcome.work > limits.work or outcome.clock > limits.clock
            # Not all work is seen: not that of a process of which nobody awaits the end.
            too_long = work - step_work > limits.step_work or now - step_begun > limits.step_clock
            if too_long or outcome.spent or idle > limits.idle:
                outcome.ended = outcome.ended or "takes too long"
            if memory > limits.memory:
                outcome.ended = outcome.ended or "takes too much memory"
            if talk > limits.talk:
                outcome.ended = outcome.ended or "writes where it should not"
        return outcome


def _note(packet: bytes, outcome: Outcome) -> bool:
    """Take down a message; return whether a step began.

    What is about another step than the one that runs comes from a second process, and is nothing.
    """
    if not packet:
        outcome.ended = "ends the program (an exit, or a crash)"
        return False
    try:
        kind, number, said = messages.parse(packet)
    except messages.MessageError:
        outcome.ended = "writes where it should not"
        return False
    if kind == "step" and number == outcome.step + 1:
        outcome.step = number
        return True
    if kind == "done" and number == outcome.step + 1:
        outcome.ended = "done"
    if kind == "answer" and number == outcome.step:
        outcome.answers.setdefault(number, said)
    if kind == "trouble" and number == outcome.step:
        outcome.troubles.setdefault(number, str(said))
    return False


COURSE = Path(course.__file__).resolve().parent
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "MPLBACKEND": "agg",
    "LANG": "C.UTF-8",
}
APART = "--unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try "
APART += "--die-with-parent --new-session"
FOLDERS = "--proc /proc --dir /srv --dir /dev --symlink /scratch /dev/shm "
FOLDERS += "--perms 1777 --tmpfs /scratch --chdir /scratch"


def walls() -> list[str]:
    """The command line up to the command that is to run in a sandbox."""
    bwrap = shutil.which("bwrap")
    if not bwrap:
        raise SandboxError(why_not("bwrap: not found"))
    # Of Python's own folders only these: its prefix may be /usr, with all that is in there.
    places = {sys.prefix, sys.base_prefix, "/usr", "/usr/local"}
    seen = [f"{place}/{name}" for place in sorted(places) for name in ("lib", "lib32", "lib64")]
    seen += ["/etc/ld.so.cache", "/lib", "/lib64", f"{sys.prefix}/pyvenv.cfg"]
    seen += sorted({sys.executable, os.path.realpath(sys.executable)})
    folders = {folder for path in seen for folder in Path(path).parents} - {Path("/")}
    # Made by --dir, everybody may enter a folder; made by the way, only root.
    shown = [part for folder in sorted(folders) for part in ("--dir", str(folder))]
    shown += [part for path in seen for part in ("--ro-bind-try", path, path)]
    if Path("/tmp") not in folders:  # where Python itself may be
        shown += ["--symlink", "/scratch", "/tmp"]
    shown += ["--ro-bind", str(COURSE), "/srv/course"]
    # Without zero: mapped, it is memory that no process may seem to have.
    devices = [f"/dev/{name}" for name in ("null", "random", "urandom")]
    shown += [part for device in devices for part in ("--dev-bind", device, device)]
    as_root = "--cap-add CAP_SETUID --cap-add CAP_SETGID" if os.getuid() == 0 else "--unshare-user"
    return [bwrap, *f"{as_root} {APART} {FOLDERS}".split(), *shown, "--remount-ro", "/"]


def setting(name: str) -> str:
    """A setting of the kernel's, "" where it has none; or what it says of this process."""
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    if name in (known := dict(line.split(":\t", 1) for line in status if ":\t" in line)):
        return known[name]
    path = Path("/proc/sys", name)
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


MISSING = {  # by what is said then
    "not found": "bubblewrap is missing: install it, with apt install bubblewrap, or ask for it.",
    "libseccomp": "libseccomp is missing: install it, with apt install libseccomp2, or ask for it.",
    "execvp": f"The sandbox cannot start Python ({sys.executable}): it must be in a folder that "
    "everybody may read.",
}
NO_NAMESPACES = (
    "The kernel is set to allow no user namespaces: sudo sysctl user.max_user_namespaces=10000 "
    "kernel.unprivileged_userns_clone=1, or grade as root."
)
FORBIDDEN = {  # by a setting, and its value
    ("kernel/apparmor_restrict_unprivileged_userns", "1"): "AppArmor forbids the sandbox (Ubuntu "
    "24.04 and later): allow it with a profile for /usr/bin/bwrap, or until the next start with "
    "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0.",
    ("user/max_user_namespaces", "0"): NO_NAMESPACES,
    ("kernel/unprivileged_userns_clone", "0"): NO_NAMESPACES,
    ("Seccomp", "2"): "This container forbids a sandbox in it: start it with docker run "
    "--security-opt seccomp=unconfined --security-opt systempaths=unconfined --cap-add SYS_ADMIN, "
    "or grade outside.",
}


def why_not(said: str) -> str:
    """Why there is no sandbox, and what to do, from what was said when it was tried."""
    if sys.platform != "linux":
        return (
            "Only Linux has such a sandbox: grade on a Linux machine, or in a Linux container "
            "or virtual machine on this one."
        )
    reasons = [advice for words, advice in MISSING.items() if words in said]
    if any(words in said for words in ("ermission", "not permitted", "namespace")):
        reasons += [advice for (name, bad), advice in FORBIDDEN.items() if setting(name) == bad]
    said = said.strip()[-500:] or "it says nothing"
    return reasons[0] if reasons else f"The sandbox does not start: {said}."

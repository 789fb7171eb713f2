"""The fork server, inside the sandbox: imports what an assignment needs, and forks for each answer.

It never sees what a student wrote: each fork is handed its own two descriptors, reads its request
itself, and answers to the grader directly. What the server does meanwhile is measure, and kill.
It computes nothing before it forks: TensorFlow hangs in a fork of a process that did.
"""

import contextlib
import ctypes
import errno
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import traceback
import types
from pathlib import Path

NOBODY = 65534
NEW_USER = 0x10000000
NEW_NAMESPACES = NEW_USER | 0x20000000 | 0x20000 | 0x8000000 | 0x40000000  # pid, mount, ipc, net
QUIET_MOUNT = 2 | 4 | 8  # no suid, devices, programs
SET_DUMPABLE = 4
ALLOW, REFUSE, NOT, MASKED = 0x7FFF0000, 0x00050000, 1, 7  # libseccomp's
REFUSED = (
    "unshare setns mount umount2 pivot_root chroot move_mount open_tree fsopen fsmount fsconfig "
    "mount_setattr ptrace process_vm_readv process_vm_writev kcmp keyctl add_key request_key bpf "
    "perf_event_open userfaultfd io_uring_setup memfd_create memfd_secret shmget msgget semget "
    "mq_open open_by_handle_at personality pidfd_getfd"
)
LIBC = ctypes.CDLL(None, use_errno=True)


def must(result: int) -> None:
    """Stop where the kernel refused something."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def serve(control: socket.socket) -> None:
    """Fork for each pair of descriptors that comes: a channel, and a file with the request."""
    if os.getuid() == 0:  # to root, limits do not apply
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        must(LIBC.prctl(SET_DUMPABLE, 1, 0, 0, 0))
    settings = json.loads(control.recv(60_000))
    stub = types.ModuleType("course.check")  # what it says, nobody reads, and it takes its time
    vars(stub)["__getattr__"] = lambda name: lambda *answers: None
    sys.modules["course.check"] = stub
    for module in ["course.grading.child", *settings["modules"]]:
        importlib.import_module(module)
    control.send(b'["ready"]')
    while True:
        word, descriptors, _, _ = socket.recv_fds(control, 10, 2)
        if not word:
            return
        if descriptors:
            keeper = os.fork()
            if not keeper:
                try:
                    keep(descriptors[0], descriptors[1], settings)
                except Exception:
                    traceback.print_exc()
                finally:
                    os._exit(0)
            for each in descriptors:
                os.close(each)
            watch(control, keeper, settings["limits"]["memory"])


def watch(control: socket.socket, keeper: int, enough: int) -> None:
    """Tell the grader what the forks use, until they end or it says so; leave none alive."""
    ended = os.pidfd_open(keeper)
    either = [control.fileno(), ended]
    while not (ready := select.select(either, [], [], 0.1)[0]):
        control.send(json.dumps(["uses", *uses(enough)]).encode())
    with contextlib.suppress(ProcessLookupError):
        while True:  # everybody in the sandbox but its first process and this one
            os.kill(-1, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)
            select.select([], [], [], 0.001)
    os.close(ended)
    if ended not in ready and not control.recv(10):
        sys.exit()
    control.send(b'["ended"]')


def uses(enough: int) -> tuple[float, int, bool]:
    """Of all processes but the server's: seconds of work, bytes of memory, whether any runs.

    Memory that several share is counted for each, unless that makes more than ``enough``.
    """
    ticks, memory, runs, others = 0, 0, False, []
    for process in Path("/proc").glob("[0-9]*"):
        if process.name not in ("1", str(os.getpid())):
            with contextlib.suppress(OSError):  # it has ended
                stat = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, stat[11:15]))
                runs |= stat[0] in "RD"  # or would, if it were its turn
                memory += int(stat[21]) * resource.getpagesize()
                others.append(process)
    if memory > enough:
        memory = sum(map(_share, others))
    return ticks / os.sysconf("SC_CLK_TCK"), memory, runs


def _share(process: Path) -> int:
    """The memory of a process, with its share of what it has in common with others."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        try:
            rollup = (process / "smaps_rollup").read_text().splitlines()
            return int(rollup[2].split()[1]) * 1024
        except PermissionError:  # it hides
            return int((process / "statm").read_text().split()[1]) * resource.getpagesize()
    return 0


def keep(channel: int, request: int, settings: dict) -> None:
    """Enter namespaces of one's own, in which the next process is the first."""
    uid, gid = os.getuid(), os.getgid()
    must(LIBC.unshare(NEW_NAMESPACES))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    os.setsid()  # signals to one's own process group pass all walls
    from course.grading.child import Child

    with open(request, "rb") as file:
        asked = json.load(file)
    shut_in(channel, settings["limits"])
    Child(socket.socket(fileno=channel)).work(asked)


def shut_in(channel: int, limits: dict) -> None:
    """Give up all that a student's code does not need."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    disk = f"size={limits['disk']},nr_inodes=2000".encode()
    must(LIBC.mount(b"tmpfs", b"/scratch", b"tmpfs", QUIET_MOUNT, disk))
    must(LIBC.mount(b"tmpfs", b"/proc", b"tmpfs", QUIET_MOUNT, b"size=4k,nr_inodes=4"))
    os.mkdir("/proc/self")
    os.symlink("nothing", "/proc/self/exe")  # where TensorFlow looks for its name
    os.chdir("/scratch")
    nothing = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, channel)
    os.closerange(channel + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    for name, most in {
        "AS": pages * resource.getpagesize() + limits["memory"],
        "FSIZE": limits["disk"],
        "NPROC": limits["processes"],
        "NOFILE": 256,
        "CORE": 0,
    }.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    must(LIBC.capset(header, none))
    must(SECCOMP.seccomp_load(FILTER))


SECCOMP = ctypes.CDLL("libseccomp.so.2")
SECCOMP.seccomp_init.restype = ctypes.c_void_p


class _Compared(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint32),
        ("how", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    )


def refusals() -> ctypes.c_void_p:
    """The system calls that no homework needs, as libseccomp has them."""
    rules = ctypes.c_void_p(SECCOMP.seccomp_init(ALLOW))

    def refuse(name: str, error: int = errno.EPERM, *when: _Compared) -> None:
        number = SECCOMP.seccomp_syscall_resolve_name(name.encode())
        only = (_Compared * 1)(*when)
        added = SECCOMP.seccomp_rule_add_array(rules, REFUSE | error, number, len(when), only)
        must(-1 if added < 0 and number >= 0 else 0)  # a negative one, this machine does not have

    for name in REFUSED.split():
        refuse(name)
    refuse("clone3", errno.ENOSYS)  # its flags cannot be seen; clone is used in its place
    refuse("clone", errno.EPERM, _Compared(0, MASKED, NEW_USER, NEW_USER))
    refuse("socket", errno.EPERM, _Compared(0, NOT, socket.AF_UNIX))
    return rules


FILTER = refusals()

if __name__ == "__main__":
    descriptor, outside = sys.argv[1:]
    if os.readlink("/proc/self/ns/pid") == outside:
        sys.exit("not in a sandbox")  # it kills everybody it sees
    serve(socket.socket(fileno=int(descriptor)))

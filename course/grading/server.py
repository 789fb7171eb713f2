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
import mmap
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import traceback
import types
from pathlib import Path

NOBODY = 65534
NEW_USER = 0x10000000
NEW_NAMESPACES = NEW_USER | 0x20000000 | 0x20000 | 0x8000000 | 0x40000000  # pid, mount, ipc, net
QUIET_MOUNT = 2 | 4 | 8  # no suid, devices, programs
SET_DUMPABLE, ADOPT = 4, 36  # prctl: be seen by others; get the orphans of all below
SHARED = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS
ALLOW, REFUSE, NOT, MASKED = 0x7FFF0000, 0x00050000, 1, 7  # libseccomp's
REFUSED = (
    "unshare setns mount umount2 pivot_root chroot move_mount open_tree fsopen fsmount fsconfig "
    "mount_setattr ptrace process_vm_readv process_vm_writev kcmp keyctl add_key request_key bpf "
    "perf_event_open userfaultfd io_uring_setup memfd_create memfd_secret shmget msgget semget "
    "mq_open open_by_handle_at personality pidfd_getfd setsockopt vmsplice io_setup inotify_init "
    "inotify_init1 fanotify_init landlock_create_ruleset"
)
LIBC = ctypes.CDLL(None, use_errno=True)


def must(result: int) -> None:
    """Stop where the kernel refused something."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def serve(control: socket.socket) -> None:
    """Fork for each pair of descriptors that comes: a channel, and a file with the request."""
    settings = json.loads(control.recv(60_000))
    if settings["walls"] and os.getuid() == 0:  # to root, limits do not apply
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        must(LIBC.prctl(SET_DUMPABLE, 1, 0, 0, 0))
    must(LIBC.prctl(ADOPT, 1, 0, 0, 0))
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
                    keep(descriptors, settings)
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
    with contextlib.suppress(ChildProcessError):  # there is none left
        while True:
            for process in below():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            select.select([], [], [], 0.001)
    os.close(ended)
    if ended not in ready and not control.recv(10):
        sys.exit()
    control.send(b'["ended"]')


def below() -> dict[int, list[bytes]]:
    """What the kernel says of each process that this one began, or one of these."""
    said, found = {}, {os.getpid()}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            said[int(process.name)] = (process / "stat").read_bytes().rpartition(b")")[2].split()
    while more := {each for each, stat in said.items() if int(stat[1]) in found} - found:
        found |= more
    return {each: said[each] for each in found - {os.getpid()}}


def uses(enough: int) -> tuple[float, int, bool]:
    """Of all processes below: seconds of work, bytes of memory, whether any runs.

    Memory that several share is counted for each, unless that makes more than ``enough``. What a
    process maps and has not touched is not counted: so there is none that others could touch.
    """
    processes = below()
    ticks = sum(int(each) for stat in processes.values() for each in stat[11:15])
    memory = sum(int(stat[21]) for stat in processes.values()) * resource.getpagesize()
    if memory > enough:
        memory = sum(map(_share, processes))
    runs = any(stat[0] in b"RD" for stat in processes.values())  # or would, if it were their turn
    return ticks / os.sysconf("SC_CLK_TCK"), memory, runs


def _share(number: int) -> int:
    """The memory of a process, with its share of what it has in common with others."""
    process = Path(f"/proc/{number}")
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        try:
            rollup = (process / "smaps_rollup").read_text().splitlines()
            return int(rollup[2].split()[1]) * 1024
        except PermissionError:  # it hides
            return int((process / "statm").read_text().split()[1]) * resource.getpagesize()
    return 0


def keep(descriptors: list[int], settings: dict) -> None:
    """Enter namespaces of one's own, in which the next process is the first."""
    if settings["walls"]:
        uid, gid = os.getuid(), os.getgid()
        must(LIBC.unshare(NEW_NAMESPACES))
        Path("/proc/self/setgroups").write_text("deny", encoding="utf-8")
        Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1", encoding="utf-8")
        Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1", encoding="utf-8")
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    os.setsid()  # signals to one's own process group pass all walls
    from course.grading.child import Child

    channel, request = descriptors
    with open(request, "rb") as file:
        asked = json.load(file)
    shut_in(channel, settings["limits"], settings["walls"])
    Child(socket.socket(fileno=channel)).work(asked)


def shut_in(channel: int, limits: dict, walls: bool) -> None:
    """Give up all that a student's code does not need."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
    most = {"AS": pages * resource.getpagesize() + limits["memory"], "FSIZE": limits["disk"]}
    most |= {"NOFILE": 64, "CORE": 0}  # what is sent and not heard is the memory of no process
    if walls:  # without, all of its user's count
        most |= {"NPROC": limits["processes"], "SIGPENDING": 64}  # timers, too
        disk = f"size={limits['disk']},nr_inodes=2000".encode()
        must(LIBC.mount(b"tmpfs", b"/scratch", b"tmpfs", QUIET_MOUNT, disk))
        must(LIBC.mount(b"tmpfs", b"/proc", b"tmpfs", QUIET_MOUNT, b"size=4k,nr_inodes=4"))
        os.mkdir("/proc/self")
        os.symlink("nothing", "/proc/self/exe")  # where TensorFlow looks for its name
    os.chdir(tempfile.mkdtemp())
    nothing = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, channel)
    os.closerange(channel + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    for name, limit in most.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))
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
    refuse("mmap", errno.EPERM, _Compared(3, MASKED, SHARED, SHARED))
    refuse("socket", errno.EPERM, _Compared(0, NOT, socket.AF_UNIX))
    return rules


FILTER = refusals()

if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))

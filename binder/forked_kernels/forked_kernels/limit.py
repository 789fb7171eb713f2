"""Shuts down kernels that idle, before a session has used up its memory.

At its limit Linux ends nothing for minutes: it drops the pages of programs, and reads them again
and again. Nothing answers any more, and Binder ends the whole session.
"""

import contextlib
from pathlib import Path
from typing import Any

from tornado.ioloop import PeriodicCallback

SHARE = 0.75  # of the limit, for the memory of processes; programs need some, too, read from files
SECONDS = 5  # between two looks
GROUPS, OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def memory(folder: Path) -> tuple[int, float]:
    """What the processes of a cgroup take, and may take, in bytes.

    As version 1 of cgroups says it (https://docs.kernel.org/admin-guide/cgroup-v1/memory.html), or
    version 2 (https://docs.kernel.org/admin-guide/cgroup-v2.html).
    """
    lines = (folder / "memory.stat").read_text(encoding="utf-8").splitlines()
    stat = {name: int(value) for name, value in map(str.split, lines)}
    if "hierarchical_memory_limit" in stat:
        return stat["total_rss"] + stat["total_shmem"], stat["hierarchical_memory_limit"]
    most = (folder / "memory.max").read_text(encoding="utf-8").strip()
    return stat["anon"] + stat["shmem"], float("inf" if most == "max" else most)


def group() -> Path | None:
    """The folder of the cgroup that may limit this process's memory; None where there is none."""
    with contextlib.suppress(OSError):
        for line in OWN.read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            # A container has its own group at the top, and may be told a path that it cannot see.
            for folder in (GROUPS / controllers / path[1:], GROUPS / controllers):
                if controllers in ("", "memory"):
                    with contextlib.suppress(OSError):
                        memory(folder)
                        return folder
    return None


async def shut_down_one(manager: Any, folder: Path, log: Any) -> None:
    """Shut down the kernel that has idled longest, if too much is taken; never the last one used.

    A lesson's page and all answers stay. Its next cell starts a new kernel.
    """
    taken, most = memory(folder)
    if taken < SHARE * most:
        return
    by_use = sorted(manager.list_kernels(), key=lambda kernel: kernel["last_activity"])
    for kernel in by_use[:-1]:
        if kernel["execution_state"] == "idle":
            log.warning("Kernel %s shut down: %d of %.0f bytes taken", kernel["id"], taken, most)
            await manager.shutdown_kernel(kernel["id"])
            return


def watch(app: Any) -> None:
    """Look at the memory of a Jupyter server from now on, if something limits it."""
    if folder := group():
        look = PeriodicCallback(
            lambda: shut_down_one(app.kernel_manager, folder, app.log), SECONDS * 1000
        )
        look.start()

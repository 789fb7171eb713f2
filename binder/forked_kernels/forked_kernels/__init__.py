"""Jupyter kernels that share one TensorFlow, because Binder ends a session that takes 2 GB.

The Jupyter server starts a helper, ``helper.py``, which imports TensorFlow and waits. A kernel is
a fork of it: what TensorFlow takes is there once for all kernels, and loaded before it is asked
for. Whatever is unusual is started as Jupyter always does it, and so is a kernel that is wanted
before the helper is ready, because nobody shall wait for what a lesson may not need.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from forked_kernels import limit

NAME = "forked-kernels"  # as in pyproject.toml
# What is read while Python starts or the helper imports: a fork can no longer change it.
EARLY = (
    *("PYTHON", "LD_", "LC_", "LANG", "TZ", "HOME", "XDG_", "MPL", "MATPLOTLIB"),
    *("TF_", "XLA_", "KERAS_", "OMP_", "OPENBLAS_", "MALLOC_"),
)
PATIENCE = 5  # seconds for a fork to say that it runs; it takes a few hundredths


class UnusualError(Exception):
    """Why a kernel is started as Jupyter always does it."""


def early(variables: dict[str, str]) -> dict[str, str]:
    """Those of the variables that count before a fork is made."""
    return {name: value for name, value in variables.items() if name.startswith(EARLY)}


def number(stream: Any, standard: int, nothing: int) -> int:
    """The file descriptor of what ``Popen`` would take as a standard stream."""
    if stream is None:
        return standard
    if stream == subprocess.DEVNULL:
        return nothing
    # PIPE and STDOUT are no descriptors: the system refuses to send them, and there is no fork.
    return stream if isinstance(stream, int) else stream.fileno()


class ForkedKernel:
    """What Jupyter uses of a ``Popen``, for a process that is the helper's child and not ours.

    The helper says through a socket, of which each kernel has its own, how the kernel ended.
    """

    stdin = stdout = stderr = None
    returncode: int | None = None

    def __init__(self, line: socket.socket) -> None:
        word, _, pid = line.recv(64).decode().partition(" ")
        if word != "runs":
            raise UnusualError("the fork did not come to life")
        self.pid = int(pid)
        self.line = line
        line.setblocking(False)

    def poll(self) -> int | None:
        """The exit status, or None while it runs. If the helper is gone, so is the kernel."""
        if self.returncode is None:
            with contextlib.suppress(BlockingIOError):
                said = self.line.recv(64).decode()
                self.returncode = int(said.removeprefix("ended ") or -signal.SIGKILL)
                self.line.close()
        return self.returncode

    wait = poll  # Jupyter asks once it has ended

    def send_signal(self, signum: int) -> None:
        """Jupyter sends signals to the process group; this is for when there is none any more."""
        if self.poll() is None:
            os.kill(self.pid, signum)


class Helper:
    """The process of which kernels are forks. It ends with this one: then its socket closes."""

    current: ClassVar["Helper | None"] = None

    def __init__(self) -> None:
        self.early = early(dict(os.environ))
        self.ready = False
        self.line, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self.line.setblocking(False)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("helper.py"), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl + C in the terminal is for the Jupyter server
            )

    @classmethod
    def get(cls) -> "Helper":
        """The helper, if it is ready. One that has died since is replaced, for later kernels."""
        if sys.platform != "linux":
            raise UnusualError("only Linux forks")
        if cls.current is None:
            cls.current = cls()
        helper = cls.current
        with contextlib.suppress(BlockingIOError):
            helper.ready = bool(helper.line.recv(64)) or helper.ready
        if helper.process.poll() is not None:
            cls.current = cls() if helper.ready else helper  # or it would only fail again
            raise UnusualError("the helper has died")
        if not helper.ready:
            raise UnusualError("the helper is not ready yet")
        return helper

    def fork(
        self,
        cmd: list[str],
        env: dict[str, str] | None = None,
        cwd: str | None = None,
        stdin: Any = subprocess.DEVNULL,
        stdout: Any = None,
        stderr: Any = None,
        **others: Any,
    ) -> ForkedKernel:
        """Start a kernel with what Jupyter gives to ``Popen``."""
        python, *options = cmd
        here = Path(sys.executable)
        if Path(python).parent != here.parent or not here.samefile(python):
            raise UnusualError(f"another Python, {python}")
        if len(options) != 4 or options[:3] != ["-m", "ipykernel_launcher", "-f"]:
            raise UnusualError(f"another command, {cmd}")
        if others:
            raise UnusualError(f"other options, {others}")
        env = dict(os.environ if env is None else env)
        if differ := early(env).items() ^ self.early.items():
            names = ", ".join(sorted({name for name, _ in differ}))
            raise UnusualError(f"other environment variables: {names}")
        request = {"argv": options[2:], "cwd": str(cwd or Path.cwd()), "env": env}
        mine, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        mine.settimeout(PATIENCE)
        with theirs, open(os.devnull, "r+b") as devnull:
            streams = enumerate((stdin, stdout, stderr))
            files = [number(stream, which, devnull.fileno()) for which, stream in streams]
            message = json.dumps(request).encode()
            socket.send_fds(self.line, [message], [theirs.fileno(), *files])
        return ForkedKernel(mine)


class ForkedProvisioner(LocalProvisioner):
    """Starts kernels as forks of the helper, and all else as Jupyter does."""

    process: Any = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """A fork, or a kernel as usual; which, and why, is in the log."""
        try:
            self.process = Helper.get().fork(cmd, **self._scrub_kwargs(kwargs))
        except (UnusualError, OSError, ValueError) as reason:
            self.log.info("Kernel started without a fork: %s", reason)
            return await super().launch_kernel(cmd, **kwargs)
        self.log.info("Kernel started as a fork")
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info


def _load_jupyter_server_extension(app: Any) -> None:
    """Import TensorFlow while the browser loads the page, and start kernels of this server so.

    Not in the kernelspec, where each nbconvert would start a helper for its one kernel, and where
    the name of a package that is gone would leave no kernel at all.
    """
    factory = KernelProvisionerFactory.instance(parent=app)
    if factory.default_provisioner_name == "local-provisioner":  # no administrator chose another
        factory.default_provisioner_name = NAME
        with contextlib.suppress(UnusualError):
            Helper.get()
    limit.watch(app)

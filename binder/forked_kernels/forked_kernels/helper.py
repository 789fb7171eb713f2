"""The process of which kernels are forks: it imports TensorFlow and Keras, and runs nothing.

Only a process with one thread can be forked safely, so importing must start none, and TensorFlow
does so at its first operation. ``course`` is not imported, because a student may edit it.
"""

import contextlib
import ctypes
import gc
import importlib.util
import json
import os
import runpy
import select
import signal
import socket
import sys

PR_SET_PDEATHSIG = 1  # from linux/prctl.h
MORE_LIKELY = 100  # of 1,000; when memory runs out, rather a kernel goes than this, and all with it


def imports() -> None:
    """Import what kernels share, as it would be imported in a kernel with a lesson."""
    if course := importlib.util.find_spec("course"):
        runpy.run_path(str(course.origin))  # its settings for TensorFlow stay in the environment
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # with more, it starts threads
    # Keras imports Matplotlib, which chooses where it draws: as ipykernel tells it.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    import keras  # noqa: F401
    import tensorflow  # noqa: F401

    if len(os.listdir("/proc/self/task")) > 1:
        sys.exit("forked_kernels: importing TensorFlow started a thread, so nothing is forked.")
    os.close(os.pidfd_open(os.getpid()))  # some systems refuse it: rather now than later
    gc.collect()
    gc.freeze()  # or a kernel's first collection would copy what is shared


def become_kernel(request: dict, line: socket.socket, streams: list[int], helper: int) -> None:
    """Make this fork what ``python -m ipykernel_launcher`` would be, and run the kernel."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != helper:
        sys.exit(1)  # it died before that
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    os.environ["JPY_PARENT_PID"] = str(helper)  # ipykernel watches whether it still is
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "r+b", 0) as score:
        score.write(b"%d" % min(int(score.read()) + MORE_LIKELY, 1000))
    if numpy_random := sys.modules.get("numpy.random"):  # NumPy imports it when it is asked for
        numpy_random.seed()  # random does so by itself
    sys.argv[1:] = request["argv"]
    line.send(f"runs {os.getpid()}".encode())
    line.close()
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)


def main() -> None:
    """Fork when asked, and tell how each kernel ended, until the Jupyter server is gone."""
    del sys.path[0]  # the folder of this file; IPython adds that of the notebook
    orders = socket.socket(fileno=int(sys.argv[1]))
    imports()
    orders.send(b"ready")
    helper = os.getpid()
    kernels: dict[int, tuple[int, socket.socket]] = {}  # by a descriptor that tells of their end
    while True:
        told, _, _ = select.select([orders.fileno(), *kernels], [], [])
        for ended in kernels.keys() & set(told):
            pid, line = kernels.pop(ended)
            os.close(ended)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            with line, contextlib.suppress(OSError):  # maybe nobody wants to know any more
                line.send(f"ended {status}".encode())
        if orders.fileno() not in told:
            continue
        message, descriptors, _, _ = socket.recv_fds(orders, 2**22, 4)
        if not message:
            return
        line = socket.socket(fileno=descriptors.pop(0))
        try:
            pid = os.fork()
        except OSError:  # no memory, or too many processes: the kernels that run shall go on
            for descriptor in (line.detach(), *descriptors):
                os.close(descriptor)
            continue
        if not pid:
            orders.close()
            for ended, (_, others_line) in kernels.items():
                os.close(ended)
                others_line.close()
            return become_kernel(json.loads(message), line, descriptors, helper)
        kernels[os.pidfd_open(pid)] = pid, line
        for descriptor in descriptors:
            os.close(descriptor)


if __name__ == "__main__":
    main()

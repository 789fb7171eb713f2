"""What lessons take on Binder, which ends a session at 2 GB: with and without forked kernels.

    uv run --group test python tests/benchmarks/memory.py [lesson ...]

Runs whole lessons through a Jupyter server, as JupyterLab does: one after another, each closed
before the next, and then so that all stay open. Prints megabytes of the server and everything that
it started, each page that several share counted once (PSS), and the seconds from opening a lesson
until its first cell is done.

Files that uv links from its cache are shared with the programs of other environments, which makes
the numbers smaller while these run; ``UV_LINK_MODE=copy uv sync`` links none. To measure within a
limit, on a Linux with systemd, begin the command with
``systemd-run --user --scope -p MemoryMax=2G -p MemorySwapMax=0``.
"""

import contextlib
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import websocket

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import lessons
from tool import ROOT, copy_repository, print_anywhere

PACKAGE = ROOT / "binder" / "forked_kernels"
EXTENSION = json.loads((PACKAGE / "jupyter_server_config.json").read_text(encoding="utf-8"))
FIRST = 8  # lessons that somebody may have open at once
PAUSE = 0.3  # seconds between two looks
PAGE = 4  # seconds that a browser takes to show JupyterLab


def megabytes(server: psutil.Process) -> float:
    """The memory of a server and all that it started, which no process but these maps."""
    total = 0
    for process in (server, *server.children(recursive=True)):
        with contextlib.suppress(OSError, psutil.NoSuchProcess):
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="utf-8")
            total += int(rollup.split("\nPss:")[1].split()[0])
    return total * 1024 / 1e6


class Server:
    """A Jupyter server in a copy of the repository."""

    def __init__(self, folder: Path, forked: bool) -> None:
        copy_repository(folder / "repository")
        site, settings = folder / "site", folder / "config"
        info = site / "forked_kernels-0.dist-info"
        info.mkdir(parents=True)
        settings.mkdir()
        (site / "forked_kernels").symlink_to(PACKAGE / "forked_kernels")
        (info / "METADATA").write_text("Name: forked-kernels\nVersion: 0\n")
        (info / "entry_points.txt").write_text(
            "[jupyter_client.kernel_provisioners]\n"
            "forked-kernels = forked_kernels:ForkedProvisioner\n"
        )
        (settings / "jupyter_server_config.json").write_text(
            json.dumps(EXTENSION if forked else {})
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.place = f"127.0.0.1:{free.getsockname()[1]}"
        self.token = secrets.token_hex()
        options = ["--allow-root", "--no-browser", f"--port={self.place.partition(':')[2]}"]
        self.process = psutil.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                *options,
                f"--IdentityProvider.token={self.token}",
            ],
            cwd=folder / "repository",
            env=os.environ | {"PYTHONPATH": str(site), "JUPYTER_CONFIG_PATH": str(settings)},
            stderr=(folder / "log").open("w"),
        )
        self.peak = 0.0
        threading.Thread(target=self.watch, daemon=True).start()
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                self.ask("GET", "status")
                break
            if time.monotonic() > deadline:
                sys.exit("The Jupyter server did not start.")
            time.sleep(0.1)
        time.sleep(PAGE)

    def watch(self) -> None:
        """Notice the highest use."""
        with contextlib.suppress(psutil.NoSuchProcess):
            while True:
                self.peak = max(self.peak, megabytes(self.process))
                time.sleep(PAUSE)

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        """What the server answers."""
        request = urllib.request.Request(
            f"http://{self.place}/api/{path}",
            method=method,
            headers={"Authorization": f"token {self.token}"},
            data=body and json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")

    def run(self, lesson: Path) -> tuple[str, float, websocket.WebSocket]:
        """Open a lesson and run it: its session, the seconds of its first cell, and its line."""
        start = time.perf_counter()
        path = lesson.relative_to(ROOT).as_posix()
        body = {
            "path": path,
            "name": lesson.name,
            "type": "notebook",
            "kernel": {"name": "python3"},
        }
        session = self.ask("POST", "sessions", body)
        line = websocket.create_connection(
            f"ws://{self.place}/api/kernels/{session['kernel']['id']}/channels?token={self.token}",
            timeout=600,
        )
        seconds = 0.0
        for _, cell in lessons.cells(lessons.read(lesson), "code"):
            execute(line, cell.source)
            seconds = seconds or time.perf_counter() - start
        return session["id"], seconds, line

    def close(self, session: str, line: websocket.WebSocket) -> None:
        """Close a lesson, which stops its kernel."""
        line.close()
        self.ask("DELETE", f"sessions/{session}")


def execute(line: websocket.WebSocket, source: str) -> None:
    """Run a cell, until its kernel has answered and is idle."""
    header = {
        **{"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"},
        **{"username": "", "session": "memory", "date": "2000-01-01T00:00:00Z"},
    }
    content = {"code": source, "silent": False, "allow_stdin": False, "stop_on_error": True}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    line.send(json.dumps({**message, "channel": "shell", "buffers": []}))
    missing = {"execute_reply", "status"}
    while missing:
        frame = line.recv()
        if isinstance(frame, bytes):  # with buffers: their places, then the message
            first, second = (int.from_bytes(frame[place : place + 4], "big") for place in (4, 8))
            frame = frame[first : second if int.from_bytes(frame[:4], "big") > 1 else None]
        said = json.loads(frame)
        if said["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        kind, content = said["msg_type"], said["content"]
        if kind == "execute_reply" and content["status"] != "ok":
            sys.exit(f"A cell fails with {content.get('evalue')}:\n{source}")
        if kind == "execute_reply" or content.get("execution_state") == "idle":
            missing.discard(kind)


@contextlib.contextmanager
def serve(forked: bool) -> Iterator[Server]:
    """A server that is gone afterwards, with all it started."""
    with tempfile.TemporaryDirectory(prefix="memory-") as folder:
        server = Server(Path(folder), forked)
        try:
            yield server
        finally:
            started = server.process.children(recursive=True)
            server.process.send_signal(signal.SIGTERM)
            psutil.wait_procs([server.process, *started], timeout=20)


def measure(paths: list[Path], forked: bool) -> None:
    """Print what lessons take one after another, and all at once."""
    print(f"\n{'Forked' if forked else 'Usual'} kernels", flush=True)
    print("lesson                first cell       MB, alone    MB, with all before", flush=True)
    alone, seconds = [], []
    with serve(forked) as server:
        print(f"none yet {megabytes(server.process):36.0f}", flush=True)
        for path in paths:
            session, first, line = server.run(path)
            alone.append(megabytes(server.process))
            seconds.append(first)
            server.close(session, line)
        peak = server.peak
    with serve(forked) as server:
        for number, path in enumerate(paths):
            _, _, line = server.run(path)
            row = (
                f"{seconds[number]:8.2f} s {alone[number]:15.0f} {megabytes(server.process):15.0f}"
            )
            print(f"{path.stem:20} {row}", flush=True)
            if number + 1 in (FIRST, len(paths)):
                print(f"  peak with {number + 1} open: {server.peak:.0f} MB", flush=True)
    print(f"  peak one after another: {peak:.0f} MB", flush=True)


def main() -> None:
    lessons.neutral_environment()
    paths = [path for path in lessons.lesson_paths() if path.parent == lessons.NOTEBOOKS]
    paths = [Path(name).resolve() for name in sys.argv[1:]] or paths
    for forked in (False, True):
        measure(paths, forked)


if __name__ == "__main__":
    print_anywhere()
    main()

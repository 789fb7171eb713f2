"""A real JupyterLab with settings of its own, and a notebook in it, as a browser shows it."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary
from playwright.sync_api import Page

PATIENCE = 60  # seconds to start a server or a kernel
RUN_PATIENCE = 300  # seconds to run all cells of a lesson
NO_BUILD = '{"buildCheck": "false"}'  # for each page, Node would look whether a build is due
NO_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'
OWN = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "lab",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
}

# JupyterLab says in the console that a kernel has gone, and nbconvert's page asks a network that is
# not there for what shows formulas.
THEIRS = re.compile("Kernel|WebSocket|Canceled future|Comm not found|Failed to load resource")
# The session of the notebook in front.
SESSION = "jupyterapp.shell.currentWidget.sessionContext"
EXECUTE = """async (code) => {
  const future = SESSION.session.kernel.requestExecute({ code });
  let printed = "";
  future.onIOPub = ({ content }) => {
    if (content.name === "stdout") printed += content.text;
    if (content.ename) printed += `${content.ename}: ${content.evalue}`;
  };
  await future.done;
  return printed.trim();
}""".replace("SESSION", SESSION)


@contextlib.contextmanager
def serve(folder: Path, own: Path) -> Iterator[str]:
    """Run JupyterLab on a folder, with settings in another; the address at which it answers."""
    news = own / "lab" / "@jupyterlab" / "apputils-extension"
    news.mkdir(parents=True)
    (news / "notification.jupyterlab-settings").write_text(NO_NEWS)
    pages = own / "config" / "labconfig"
    pages.mkdir(parents=True)
    (pages / "page_config.json").write_text(NO_BUILD)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root"]
    options += ["--IdentityProvider.token=", "--expose-app-in-browser"]
    variables = os.environ | {name: str(own / place) for name, place in OWN.items()}
    with open(own / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            cwd=folder,
            env=variables,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def trust(path: Path, own: Path) -> None:
    """As ``jupyter trust`` does, for the server whose settings are in the folder ``own``."""
    NotebookNotary(data_dir=str(own / "data")).sign(nbformat.read(path, as_version=4))


class Notebook:
    """A notebook that is open in a browser, its kernel ready."""

    def __init__(self, page: Page, address: str):
        self.page = page
        page.goto(address)
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=PATIENCE * 1000)
        self.wait_for("idle")

    def wait_for(self, status: str) -> None:
        """Until the kernel is idle, busy, …"""
        self.page.wait_for_function(
            f"globalThis.jupyterapp && {SESSION}.kernelDisplayStatus === '{status}'",
            timeout=PATIENCE * 1000,
        )

    def run_all(self) -> None:
        """Run all cells; returns when the last has run."""
        self.page.evaluate(
            "globalThis.ran = null;"
            "void jupyterapp.commands.execute('notebook:run-all-cells').then((ran) => {"
            "  globalThis.ran = ran;"
            "})"
        )
        self.page.wait_for_function("globalThis.ran !== null", timeout=RUN_PATIENCE * 1000)

    def ask(self, code: str) -> str:
        """What code prints in the kernel."""
        return self.page.evaluate(EXECUTE, code)

    def begin(self, code: str) -> None:
        """Send code to the kernel, and wait for nothing."""
        self.page.evaluate(f"(code) => void ({EXECUTE})(code).catch(() => {{}})", code)

    def start(self, code: str) -> None:
        """Let the kernel begin with code that takes long."""
        self.begin(code)
        self.wait_for("busy")

    def save(self) -> None:
        self.page.evaluate("jupyterapp.commands.execute('docmanager:save')")

    def interrupt(self) -> None:
        self.page.evaluate(f"{SESSION}.session.kernel.interrupt()")

    def restart(self) -> None:
        self.page.evaluate(f"{SESSION}.restartKernel()")
        self.wait_for("idle")

    def shut_down(self) -> None:
        """End the kernel, for good."""
        self.page.evaluate(f"{SESSION}.shutdown()")


def _wait_for(port: int, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.1)
    raise RuntimeError("JupyterLab did not start")

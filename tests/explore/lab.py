"""A real JupyterLab with settings of its own, and a notebook in it, as a browser shows it."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary
from playwright.sync_api import BrowserContext, Page

from course.predict import record

PATIENCE = 60  # seconds to start a server or a kernel
RUN_PATIENCE = 300  # seconds to run all cells of a lesson
VIEW = {"width": 1200, "height": 1600}
# For each page, Node would look whether a build is due; and each kernel would load a debugger.
PAGE_CONFIG = {
    "buildCheck": "false",
    "disabledExtensions": {"@jupyterlab/debugger-extension": True},
}
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
OPEN = """async ([path, kernel]) => {
  await jupyterapp.restored;
  const open = { path, kernel: kernel ?? undefined };
  const { sessionContext } = await jupyterapp.commands.execute("docmanager:open", open);
  await sessionContext.ready;
}"""
KERNEL = f"[{SESSION}.session?.kernel?.id ?? null, {SESSION}.kernelDisplayStatus]"
CLOSE = "for (const each of [...jupyterapp.shell.widgets('main')]) each.dispose()"
FORGET = """
import ipywidgets
from course.predict import record
ipywidgets.Widget.close_all()
record.here.cache_clear()
%reset -f
"""


@contextlib.contextmanager
def serve(folder: Path, own: Path) -> Iterator[str]:
    """Run JupyterLab on a folder, with settings in another; the address at which it answers."""
    news = own / "lab" / "@jupyterlab" / "apputils-extension"
    news.mkdir(parents=True)
    (news / "notification.jupyterlab-settings").write_text(NO_NEWS)
    pages = own / "config" / "labconfig"
    pages.mkdir(parents=True)
    (pages / "page_config.json").write_text(json.dumps(PAGE_CONFIG))
    options = ["--port=0", "--ip=127.0.0.1", "--no-browser", "--allow-root"]
    options += ["--IdentityProvider.token=", "--expose-app-in-browser"]
    variables = os.environ | {name: str(own / place) for name, place in OWN.items()}
    variables.pop(record.PLACE, None)  # a student's lies beside the lessons
    with open(own / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            cwd=folder,
            env=variables,
            stdout=log,
            stderr=log,
        )
        try:
            yield _address(own / "runtime", server)
        finally:
            end(server)


def end(server: subprocess.Popen, patience: float = PATIENCE) -> None:
    """End a server, and one that does not end itself: a thread of Jupyter's may stay behind."""
    server.terminate()
    try:
        server.wait(patience)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def trust(path: Path, own: Path) -> None:
    """As ``jupyter trust`` does, for the server whose settings are in the folder ``own``."""
    NotebookNotary(data_dir=str(own / "data")).sign(nbformat.read(path, as_version=4))


class Notebook:
    """A notebook that is open in a browser, its kernel ready; opened, if an address is given."""

    def __init__(self, page: Page, address: str | None = None):
        self.page = page
        if address:
            page.goto(address)
        page.wait_for_selector(".jp-Notebook:visible .jp-Cell", timeout=PATIENCE * 1000)
        self.wait_for("idle")

    def wait_for(self, status: str) -> None:
        """Until the kernel is idle, busy, …"""
        self.page.wait_for_function(
            f"globalThis.jupyterapp && {SESSION}.kernelDisplayStatus === '{status}'",
            timeout=PATIENCE * 1000,
        )

    @contextlib.contextmanager
    def theme(self, name: str) -> Iterator[None]:
        """For a while JupyterLab has another theme."""
        self._use(name)
        yield
        self._use("JupyterLab Light")

    def _use(self, theme: str) -> None:
        change = "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })"
        self.page.evaluate(change, theme)
        # The body has no height of its own once the splash has gone, so it counts as hidden.
        self.page.wait_for_selector(f"body[data-jp-theme-name='{theme}']", state="attached")

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


class Lab:
    """A tab in which JupyterLab is loaded, for one notebook after another in the same kernel.

    Each of the two takes seconds. A notebook finds nothing that an earlier one has left, but for
    modules that are imported.
    """

    def __init__(self, context: BrowserContext, address: str):
        self.page, self._address, self._kernel = context.new_page(), address, None
        self._load()

    def _load(self) -> None:
        self.page.goto(f"{self._address}/doc?reset")
        self.page.wait_for_function("globalThis.jupyterapp", timeout=PATIENCE * 1000)

    def open(self, name: str, fresh: bool = False) -> Notebook:
        """Open a notebook, if so wanted in a fresh kernel."""
        if fresh:
            self._end_kernel()
        self.page.set_viewport_size(VIEW)
        self.page.evaluate(OPEN, [name, self._kernel and {"id": self._kernel}])
        self._notebook = Notebook(self.page)
        return self._notebook

    def close(self) -> None:
        """Close all notebooks, if any, as they are; the kernel goes on, if it can."""
        if not self.page.locator(".jp-Notebook").count():
            return
        self._kernel, status = self.page.evaluate(KERNEL)
        if status == "idle":
            # Before they close: the next notebook would look for the widgets that the kernel knows.
            assert self._notebook.ask(FORGET) == ""
        self.page.evaluate(CLOSE)
        if status != "idle":
            self._end_kernel()
        if self.page.locator(".jp-Dialog").count():  # a test has failed
            self._load()

    def _end_kernel(self) -> None:
        if self._kernel:
            self.page.evaluate("id => jupyterapp.serviceManager.kernels.shutdown(id)", self._kernel)
        self._kernel = None


def _address(runtime: Path, server: subprocess.Popen) -> str:
    """Where the server listens, as it says itself: a port that we chose somebody might take."""
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        for said in runtime.glob(f"jpserver-{server.pid}.json"):
            with contextlib.suppress(ValueError):  # half is written
                return json.loads(said.read_text())["url"].rstrip("/")
        time.sleep(0.1)
    raise RuntimeError("JupyterLab did not start")

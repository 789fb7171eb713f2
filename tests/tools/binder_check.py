"""Take the steps that Binder takes, in an empty environment, and open the page that it opens.

    uv run --group test python tests/tools/binder_check.py

Copies the repository, makes an environment with the Python of ``binder/runtime.txt`` and a ``HOME``
of its own, installs ``requirements.txt``, runs ``postBuild``, starts JupyterLab and opens the page
of the README's badge in Chromium, then every other lesson. Each must show its pictures before it
is run, and explorers that answer afterwards, if it has any. Prints the memory in use, which is 2 GB
at most on Binder, and where the screenshots are. Needs the network and a few minutes.
"""

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from lessons import NOTEBOOKS, ROOT, cells, lesson_paths, read
from playwright.sync_api import Page, TimeoutError, sync_playwright
from tool import copy_repository, print_anywhere

NEWS_BY_THEN = 5_000  # milliseconds after which JupyterLab has asked about Jupyter news, if it does
# A cell that waits or runs shows [*] instead of a number.
RUNNING = """
    [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")]
        .some((prompt) => prompt.textContent.includes("*"))
"""
BROKEN_PICTURES = """
    [...document.querySelectorAll(".jp-OutputArea img")].some((image) => !image.naturalWidth)
"""
EXPLORER = "(it) => it.closest('.course-explorer').innerHTML"
COMPLAINTS = ", ".join(
    f"[data-mime-type='application/vnd.jupyter.{kind}']" for kind in ("stderr", "error")
)


def build(folder: Path) -> tuple[Path, dict[str, str]]:
    """Make the image: the copy of the repository, and the variables of a process in it."""
    repository, environment, home = (folder / name for name in ("repository", "env", "home"))
    home.mkdir()
    copy_repository(repository)
    python = (repository / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    uv = os.environ.get("UV", "uv")
    subprocess.run([uv, "venv", "-q", "--seed", "--python", python, environment], check=True)

    variables = os.environ | {
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
    }
    install = ["pip", "install", "--quiet", "--no-cache-dir", "-r", "binder/requirements.txt"]
    for command in (install, ["./binder/postBuild"]):
        subprocess.run(command, cwd=repository, env=variables, check=True)
    return repository, variables


def pages() -> list[str]:
    """Paths of what students open on the server: first that of the badge, then all lessons."""
    badge = (ROOT / "README.md").read_text(encoding="utf-8")
    start = re.search(r"mybinder\.org/v2/\S+?urlpath=([^)\s]+)", badge)[1]
    lessons = (path.name for path in lesson_paths() if path.parent == NOTEBOOKS)
    return list(dict.fromkeys([start, *(f"lab/tree/notebooks/{name}" for name in lessons)]))


def serve(repository: Path, variables: dict[str, str]) -> tuple[psutil.Popen, str, str]:
    """Start JupyterLab; return it, its address and its token once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex()
    options = [f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root"]
    command = ["jupyter-lab", *options, f"--IdentityProvider.token={token}"]
    server = psutil.Popen(command, cwd=repository, env=variables)
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return server, f"http://127.0.0.1:{port}", token
        time.sleep(0.2)
    server.terminate()
    sys.exit("JupyterLab did not start.")


def shows_pictures(path: Path) -> bool:
    """Whether a lesson shows pictures before it is run: what is to be revealed is folded."""
    return any(
        "<img" in str(cell.outputs) and not cell.metadata.get("collapsed")
        for _, cell in cells(read(path), "code")
    )


def try_lesson(page: Page, path: Path) -> str:
    """Look at the open lesson and run all cells; return what was seen.

    Leaves if JupyterLab or a cell complains, or if a picture or an explorer is dead.
    """
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    page.wait_for_timeout(NEWS_BY_THEN)
    if page.locator(".Toastify__toast").count():
        sys.exit("JupyterLab greets the student with a message of its own.")
    pictures = page.locator(".jp-OutputArea img").count()
    if bool(pictures) != shows_pictures(path) or page.evaluate(BROKEN_PICTURES):
        sys.exit("Pictures do not show before the lesson is run.")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(RUNNING)
    page.wait_for_function(f"!({RUNNING})", timeout=300_000)
    for complaint in page.locator(COMPLAINTS).all():
        sys.exit(f"A cell complains: {complaint.inner_text()}")
    explorers = page.locator(".course-explorer", has=page.get_by_role("slider"))
    for slider in page.locator(".course-explorer input[type=range]:enabled:visible").all():
        least, value, most = slider.evaluate("(it) => [it.min, it.value, it.max]")
        if least == most:
            continue  # nothing to choose
        drawn = slider.evaluate(EXPLORER)
        slider.press("ArrowRight" if value != most else "ArrowLeft")
        try:
            page.wait_for_function(
                f"([it, drawn]) => ({EXPLORER})(it) !== drawn", arg=[slider.element_handle(), drawn]
            )
        except TimeoutError:
            sys.exit("A slider was moved, and the explorer did not answer.")
        break
    return f"pictures {pictures}, explorers {explorers.count()}"


def megabytes(process: psutil.Process) -> int:
    """The memory of a process; of what several share, its part, where the system tells that."""
    info = process.memory_full_info()
    return getattr(info, "pss", info.rss) // 10**6


def main() -> None:
    screenshots = Path(tempfile.mkdtemp(prefix="binder_check-"))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server, address, token = serve(*build(Path(folder)))
        try:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            context = browser.new_context(
                viewport={"width": 1280, "height": 900},
                extra_http_headers={"Authorization": f"token {token}"},
            )
            for path in pages():
                print(f"Trying {path} …", flush=True)
                page = context.new_page()
                page.goto(f"{address}/{path}?reset")
                seen = try_lesson(page, NOTEBOOKS / Path(path).name)
                page.screenshot(path=screenshots / f"{Path(path).stem}.png")
                processes = (server, *server.children(recursive=True))
                used = (f"{p.name()} {megabytes(p)} MB" for p in processes)
                print(f"{path}: {seen}", *used, sep=", ", flush=True)
                page.close()
                for kernel in context.request.get(f"{address}/api/kernels").json():
                    context.request.delete(f"{address}/api/kernels/{kernel['id']}")
        finally:
            server.terminate()
            server.wait()
    print(f"Binder's steps work. Look at {screenshots}")


if __name__ == "__main__":
    print_anywhere()
    main()

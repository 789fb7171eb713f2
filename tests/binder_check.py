"""Take the steps that Binder takes, in an empty environment, and open the page that it opens.

    uv run --group test python tests/binder_check.py

Copies the repository, makes an environment with the Python of ``binder/runtime.txt`` and a ``HOME``
of its own, installs ``requirements.txt``, runs ``postBuild``, starts JupyterLab, opens the page of
the README's badge in Chromium and runs all its cells. Prints the memory in use, which is 2 GB at
most on Binder, and where the screenshot is. Needs the network and a few minutes.
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
from lessons import ROOT
from playwright.sync_api import Page, sync_playwright

NEWS_BY_THEN = 5_000  # milliseconds after which JupyterLab has asked about Jupyter news, if it does
# A cell that waits or runs shows [*] instead of a number.
RUNNING = """
    [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")]
        .some((prompt) => prompt.textContent.includes("*"))
"""
COMPLAINTS = ", ".join(
    f"[data-mime-type='application/vnd.jupyter.{kind}']" for kind in ("stderr", "error")
)


def copy_repository(target: Path) -> None:
    """Copy what git tracks, and what it would track, but nothing that it ignores."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in names.rstrip("\0").split("\0"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)


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


def serve(repository: Path, variables: dict[str, str]) -> tuple[psutil.Popen, str]:
    """Start JupyterLab; return it and the address of its start page once it answers."""
    badge = (repository / "README.md").read_text(encoding="utf-8")
    start = re.search(r"mybinder\.org/v2/\S+?urlpath=([^)\s]+)", badge)[1]
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
            return server, f"http://127.0.0.1:{port}/{start}?token={token}"
        time.sleep(0.2)
    server.terminate()
    sys.exit("JupyterLab did not start.")


def try_lesson(page: Page) -> None:
    """Run all cells of the open lesson, and leave if JupyterLab or one of them complains."""
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    page.wait_for_timeout(NEWS_BY_THEN)
    if page.locator(".Toastify__toast").count():
        sys.exit("JupyterLab greets the student with a message of its own.")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(RUNNING)
    page.wait_for_function(f"!({RUNNING})", timeout=300_000)
    for complaint in page.locator(COMPLAINTS).all():
        sys.exit(f"A cell complains: {complaint.inner_text()}")


def main() -> None:
    screenshot = Path(tempfile.gettempdir()) / "binder_check.png"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server, address = serve(*build(Path(folder)))
        try:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address)
            try_lesson(page)
            page.screenshot(path=screenshot)
            processes = (server, *server.children(recursive=True))
            print(*(f"{p.name()}: {p.memory_info().rss // 10**6} MB" for p in processes), sep="\n")
        finally:
            server.terminate()
            server.wait()
    print(f"Binder's steps work. Look at {screenshot}")


if __name__ == "__main__":
    main()

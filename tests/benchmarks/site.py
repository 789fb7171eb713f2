"""How soon a reader sees a first live picture: on the site, and in JupyterLab, in one run.

    uv run --group test python tests/benchmarks/site.py

Both are served from this machine, the site by Python's plain server. For the site: until the first
explorer answers, and what is transferred. For JupyterLab: from the command that starts it, and from
the address typed while it runs; and with a bare notebook, whose only cell shows a picture, from the
command. Medians of some rounds, and their ratios.
"""

import functools
import http.server
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/tools"), str(ROOT / "tests/tools/website")]

import build  # noqa: E402
import nbformat  # noqa: E402
from explore.conftest import browser  # noqa: E402
from explore.lab import Notebook, serve  # noqa: E402
from tool import print_anywhere  # noqa: E402

LESSON, ROUNDS = "01_sliding_window", 5
ALIVE, BARE = ".course-explorer svg", ".bare"
CELL = 'from IPython.display import HTML\nHTML(\'<svg class="bare" width="9" height="9"/>\')'
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
FRAMES = """(place) => new Promise((done) => {
  let frames = 0;
  const count = () => {
    if (place.querySelector(".course-verdict")) return done(frames);
    frames++;
    requestAnimationFrame(count);
  };
  place.querySelector("form").requestSubmit();
  count();
})"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that writes no log."""

    def log_message(self, *_):
        pass


def seconds(page, address: str, *, run: bool, picture: str = ALIVE) -> float:
    """From an address to the first live picture."""
    began = time.perf_counter()
    page.goto(address)
    if run:
        Notebook(page).page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(picture).first.wait_for(timeout=120_000)
    return time.perf_counter() - began


def main() -> None:
    """Print a table."""
    with tempfile.TemporaryDirectory() as name, browser() as chromium:
        folder = Path(name)
        build.build(folder / "site")
        handler = functools.partial(Quiet, directory=folder / "site")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page_address = f"http://127.0.0.1:{server.server_port}/{LESSON}.html"
        site, sizes, frames = [], [], []
        for _ in range(ROUNDS):
            context = chromium.new_context()
            page, size = context.new_page(), []
            page.on("response", lambda answer, size=size: size.append(len(answer.body())))
            site.append(seconds(page, page_address, run=False))
            page.wait_for_load_state("networkidle")
            sizes.append((len(size), sum(size)))
            place = page.locator("[data-course-prediction]").first
            place.locator("input[type=text]").fill("9")
            place.get_by_text("75 %").click()
            frames.append(place.evaluate(FRAMES))
            context.close()
        start, warm, bare = [], [], []
        for number in range(ROUNDS):
            notebooks = folder / str(number)
            shutil.copytree(ROOT / "notebooks", notebooks / "notebooks")
            shutil.copytree(ROOT / "course", notebooks / "course")
            own = folder / f"own{number}"
            own.mkdir()
            began = time.perf_counter()
            with serve(notebooks, own) as address:
                path = f"{address}/doc/tree/notebooks/{LESSON}.ipynb"
                context = chromium.new_context()
                seconds(context.new_page(), path, run=True)
                start.append(time.perf_counter() - began)
                context.close()
                context = chromium.new_context()
                warm.append(seconds(context.new_page(), f"{path}?reset", run=True))
                context.close()
            (notebooks / "bare").mkdir()
            bare_notebook = nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell(CELL)], metadata={"kernelspec": KERNEL}
            )
            nbformat.write(bare_notebook, notebooks / "bare/bare.ipynb")
            own = folder / f"bare{number}"
            own.mkdir()
            began = time.perf_counter()
            with serve(notebooks / "bare", own) as address:
                context = chromium.new_context()
                path = f"{address}/doc/tree/bare.ipynb"
                seconds(context.new_page(), path, run=True, picture=BARE)
                bare.append(time.perf_counter() - began)
                context.close()
    middle = statistics.median
    requests, size = sizes[-1]
    print(f"site, to the first live picture   {1000 * middle(site):8.0f} ms")
    print(f"JupyterLab running, the same      {1000 * middle(warm):8.0f} ms")
    print(f"JupyterLab started, the same      {1000 * middle(start):8.0f} ms")
    print(f"a bare notebook, the same         {1000 * middle(bare):8.0f} ms")
    print(f"the lesson takes of that          {middle(start) / middle(bare):8.2f} times")
    print(f"the site is sooner by             {middle(warm) / middle(site):8.1f} and")
    print(f"                                  {middle(start) / middle(site):8.1f} times")
    print(f"a page of the site                {size / 1000:8.0f} kB in {requests} requests")
    print(f"commit to reveal on the site      {middle(frames):8.0f} frames")


if __name__ == "__main__":
    print_anywhere()
    main()

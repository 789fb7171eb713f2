"""How fast a picture follows a slider: explore.window beside what lessons usually do.

    uv run --group test --group benchmark python tests/benchmarks/explore.py

In one run, in the same browser, in a real JupyterLab, each way draws the same: an input of n × n
pixels and its padding, a window on it, and the output. One slider sets n. The time from a key to
the picture is taken in the page: from the key's event until the frame that shows the change is
painted. While the mouse drags the slider, every frame that shows a new picture counts.

Both are repeated with every message to the kernel delayed, and while the kernel computes something
else. Times differ between machines; their ratios hardly do.
"""

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tools")]
import refresh  # noqa: E402
from explore.conftest import launch  # noqa: E402
from explore.lab import Notebook, serve  # noqa: E402
from tool import print_anywhere  # noqa: E402

CHANGES = 60  # keys, for a median
REPEATS = 7  # runs of the cell, for a median
DRAG = 3  # seconds
MOVES = 60  # of the mouse in a second
DELAY = 150  # milliseconds
PATIENCE = 5  # seconds to wait for a picture while the kernel is busy
LEAST, MOST = 3, 16  # where the slider goes

DRAW = """
import numpy as np
from matplotlib.patches import Rectangle

def draw(axes, n):
    for ax, name, colour in zip(axes, ("input", "output"), ("#cce3f0", "#bfe7dc")):
        ax.clear()
        ax.set(xlim=(-1, 17), ylim=(17, -1), aspect="equal", title=f"{name} {n} × {n}")
        ax.axis("off")
        if name == "input":
            ax.add_patch(Rectangle((-1, -1), n + 2, n + 2, fill=False, hatch="///", ec="grey"))
        ax.add_patch(Rectangle((0, 0), n, n, color=colour))
        ax.hlines(range(n + 1), 0, n, "grey")
        ax.vlines(range(n + 1), 0, n, "grey")
    for row in range(3):
        for column in range(3):
            axes[0].add_patch(Rectangle((column - 1, row - 1), 1, 1, fill=False, ec="orange"))
    axes[1].add_patch(Rectangle((0, 0), 1, 1, fill=False, ec="orange"))
    axes[0].text(0, -3, f"o = ⌊({n} + 1 + 1 − 3) / 1⌋ + 1 = {n}")
"""
SLIDER = f"IntSlider(8, {LEAST}, {MOST})"


@dataclass(frozen=True)
class Way:
    """A way to draw: the two cells of its notebook, and where things are on the page."""

    name: str
    imports: str
    show: str
    picture: str
    track: str = ".noUi-base"
    handle: str = ".noUi-handle"
    least: int = LEAST  # value at the left end of the track
    margin: int = 0  # CSS pixels from the end of the track to the handle's place there


WAYS = [
    Way(
        "explore.window",
        "from course import explore",
        "explore.window(n=8, padding=1)",
        picture=".course-explorer svg",
        track=".course-explorer input[type=range]",
        handle=".course-explorer input[type=range]",
        least=1,
        margin=8,
    ),
    Way(
        "interact + inline",
        f"import matplotlib.pyplot as plt\nfrom ipywidgets import IntSlider, interact\n{DRAW}",
        f"""@interact(n={SLIDER})
def picture(n):
    figure, axes = plt.subplots(1, 2, figsize=(8, 4))
    draw(axes, n)
    plt.show()""",
        picture=".jp-OutputArea-output img",
    ),
    Way(
        "ipympl",
        "%matplotlib widget\nimport matplotlib.pyplot as plt\nfrom IPython.display import display\n"
        f"from ipywidgets import IntSlider, VBox\n{DRAW}",
        f"""with plt.ioff():
    figure, axes = plt.subplots(1, 2, figsize=(8, 4))
slider = {SLIDER}

def picture(change):
    draw(axes, slider.value)
    figure.canvas.draw_idle()

slider.observe(picture, "value")
picture(None)
VBox([slider, figure.canvas])""",
        picture=".jupyter-matplotlib-canvas-div canvas",
    ),
    Way(
        "ipycanvas",
        """from ipycanvas import Canvas, hold_canvas
from ipywidgets import IntSlider, VBox""",
        f"""canvas, slider, cell = Canvas(width=840, height=470), {SLIDER}, 23

def grid(x, y, size):
    for line in range(0, size * cell + 1, cell):
        canvas.stroke_line(x, y + line, x + size * cell, y + line)
        canvas.stroke_line(x + line, y, x + line, y + size * cell)

def picture(change):
    n = slider.value
    with hold_canvas(canvas):
        canvas.clear()
        canvas.stroke_style = "grey"
        for stripe in range(0, (n + 2) * cell, 8):
            canvas.stroke_line(stripe, 0, 0, stripe)
            canvas.stroke_line((n + 2) * cell, stripe, stripe, (n + 2) * cell)
        for x, colour in [(cell, "lightblue"), (440, "lightgreen")]:
            canvas.fill_style = colour
            canvas.fill_rect(x, cell, n * cell, n * cell)
            grid(x, cell, n)
        canvas.stroke_style = "orange"
        grid(0, 0, 3)
        grid(440, cell, 1)
        canvas.fill_style = "black"
        canvas.fill_text(f"input {{n}} × {{n}}", 0, 440)
        canvas.fill_text(f"output {{n}} × {{n}}", 440, 440)
        canvas.fill_text(f"o = ⌊({{n}} + 1 + 1 − 3) / 1⌋ + 1 = {{n}}", 0, 460)

slider.observe(picture, "value")
picture(None)
VBox([slider, canvas])""",
        picture=".jp-OutputArea-output canvas",
    ),
]


def value(page: Page, way: Way) -> int:
    """Where the slider stands."""
    return round(float(page.locator(way.handle).first.evaluate("e => e.value ?? e.ariaValueNow")))


def keys(value: int) -> Iterator[str]:
    """Keys that move the slider from here up to its end, down to the other, and so on."""
    up, down = ["ArrowRight"] * (MOST - LEAST), ["ArrowLeft"] * (MOST - LEAST)
    return itertools.chain(up[value - LEAST :], itertools.cycle(down + up))


def slider_to_picture(page: Page, way: Way, patience: float) -> float | None:
    """Median milliseconds from a key to the picture, or None if a picture does not come."""
    page.locator(way.handle).first.focus()
    times = []
    for key in itertools.islice(keys(value(page, way)), CHANGES):
        page.evaluate("bench.arm()")
        page.keyboard.press(key)
        try:
            shown = page.wait_for_function("bench.shown", timeout=patience * 1000)
        except TimeoutError:
            return None
        times.append(shown.json_value())
        page.wait_for_timeout(50)  # a hand rests, too
    return statistics.median(times)


def pictures_per_second(page: Page, way: Way) -> float:
    """New pictures in a second while the mouse drags the slider to and fro."""
    track = page.locator(way.track).first.bounding_box()
    step = (track["width"] - 2 * way.margin) / (MOST - way.least)
    y = track["y"] + track["height"] / 2

    def move(place: int) -> None:
        page.mouse.move(track["x"] + way.margin + (place - way.least) * step, y)

    move(value(page, way))
    page.mouse.down()
    page.evaluate("void bench.count()")
    there, back = range(LEAST, MOST), range(MOST, LEAST, -1)
    begin = time.perf_counter()
    for count, place in enumerate(itertools.cycle([*there, *back])):
        move(place)
        late = time.perf_counter() - begin
        if late > DRAG:
            break
        time.sleep(max(0, (count + 1) / MOVES - late))
    pictures = page.evaluate("(bench.counting = false, bench.pictures)")
    page.mouse.up()
    return pictures / late


def measure(browser: Browser, address: str, folder: Path, way: Way) -> dict[str, float | None]:
    """All numbers of one way, in a browser that has loaded nothing yet."""
    notebook = new_notebook(cells=[new_code_cell(way.imports), new_code_cell(way.show)])
    nbformat.write(refresh.normalise(notebook, way.name), folder / "picture.ipynb")
    page = browser.new_context(viewport={"width": 1200, "height": 1000}).new_page()
    page.add_init_script(path=HERE / "watch.js")
    frames, requests = [], []
    page.on("requestfinished", lambda request: requests.append(request))
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: frames.append(len(f))))
    notebook = Notebook(page, f"{address}/doc/tree/picture.ipynb")
    page.evaluate("selector => { bench.selector = selector }", way.picture)
    notebook.ask(way.imports)
    page.wait_for_timeout(3000)  # JupyterLab loads some of itself late

    frames.clear()
    requests.clear()
    first = [page.evaluate("bench.run()")]
    received = sum(frames) + sum(
        request.sizes()["responseBodySize"]
        for request in requests
        if "/lab/extensions/" in request.url
    )
    first += [page.evaluate("bench.run()") for _ in range(REPEATS - 1)]

    numbers = {"first picture, ms": statistics.median(first), "first picture, kB": received / 1000}

    def both(when: str, patience: float = 60) -> None:
        numbers[f"slider to picture{when}, ms"] = slider_to_picture(page, way, patience)
        numbers[f"pictures/s{when}"] = pictures_per_second(page, way)

    both("")
    notebook.wait_for("idle")
    page.evaluate(f"bench.delay = {DELAY}")
    both(f", {DELAY} ms late")
    page.evaluate("bench.delay = 0")
    notebook.wait_for("idle")
    notebook.start("while True: pass")
    both(", kernel busy", patience=PATIENCE)
    notebook.shut_down()
    page.context.close()
    return numbers


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder, own = Path(temporary, "notebooks"), Path(temporary, "settings")
        folder.mkdir()
        browser = launch(playwright)
        with serve(folder, own) as address:
            columns = [measure(browser, address, folder, way) for way in WAYS]
        browser.close()
    print(f"Medians of {CHANGES} changes; in brackets, how many times as much as {WAYS[0].name}.\n")
    print(f"{'':<36}" + "".join(f"{way.name:>21}" for way in WAYS))
    for name in columns[0]:
        ours = columns[0][name]
        print(f"{name:<36}", end="")
        for numbers in columns:
            value = numbers[name]
            shown = "none" if value is None else f"{value:.0f}"
            ratio = (
                f" ({value / ours:.1f}×)" if value is not None and numbers is not columns[0] else ""
            )
            print(f"{shown + ratio:>21}", end="")
        print()
    folder = HERE.parents[1] / "course" / "explore"
    sizes = {path.name: path.stat().st_size / 1000 for path in folder.glob("*.js")}
    predictions = sizes.pop("predict.js")
    print(f"\nJavaScript: explorers {sum(sizes.values()):.1f} kB, predictions {predictions:.1f} kB")


if __name__ == "__main__":
    print_anywhere()
    main()

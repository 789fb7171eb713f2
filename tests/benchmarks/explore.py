"""How fast a picture follows a slider: explore.window beside what lessons usually do.

    uv run --group test --group benchmark python tests/benchmarks/explore.py

In one run, in the same browser, in a real JupyterLab, each way draws the same: an input of n × n
pixels, a window on it, and the output. One slider sets n. The time from a key to the picture is
taken in the page: from the key's event until the frame after the one in which the picture has
changed. While the mouse drags the slider, every frame that shows a new picture counts.

Both are repeated with every message to the kernel delayed, and while the kernel is busy with a cell
that takes long. Times differ between machines; their ratios hardly do.
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
sys.path.insert(0, str(HERE.parent))
import refresh  # noqa: E402
from explore.conftest import launch  # noqa: E402
from explore.lab import Notebook, serve  # noqa: E402

CHANGES = 6  # keys, for a median
REPEATS = 2  # runs of the cell, for a median
DRAG = 3  # seconds
MOVES = 60  # of the mouse in a second
DELAY = 150  # milliseconds
PATIENCE = 5  # seconds to wait for a picture while the kernel is busy
LEAST, MOST = 3, 16  # where the slider goes

DRAW = """
import numpy as np

def draw(axes, n):
    for ax, size, colour in zip(axes, (n, n - 2), ("#cce3f0", "#bfe7dc")):
        ax.clear()
        ax.set(xlim=(-0.1, 16.1), ylim=(16.1, -0.1), aspect="equal", title=f"{size} × {size}")
        ax.axis("off")
        ax.fill([0, size, size, 0], [0, 0, size, size], colour)
        ax.hlines(range(size + 1), 0, size, "grey")
        ax.vlines(range(size + 1), 0, size, "grey")
    axes[0].hlines(range(4), 0, 3, "orange")
    axes[0].vlines(range(4), 0, 3, "orange")
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
        "explore.window(n=8)",
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
        f"""canvas, slider, cell = Canvas(width=800, height=400), {SLIDER}, 24

def lines(left, size):
    for line in range(0, size * cell + 1, cell):
        canvas.stroke_line(left, line, left + size * cell, line)
        canvas.stroke_line(left + line, 0, left + line, size * cell)

def picture(change):
    with hold_canvas(canvas):
        canvas.clear()
        n = slider.value
        for left, size, colour in [(0, n, "lightblue"), (400, n - 2, "lightgreen")]:
            canvas.fill_style, canvas.stroke_style = colour, "grey"
            canvas.fill_rect(left, 0, size * cell, size * cell)
            lines(left, size)
        canvas.stroke_style = "orange"
        lines(0, 3)

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
    frames, responses = [], []
    page.on("response", lambda response: responses.append(response))
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: frames.append(len(f))))
    notebook = Notebook(page, f"{address}/doc/tree/picture.ipynb")
    page.evaluate("selector => { bench.selector = selector }", way.picture)
    notebook.ask(way.imports)
    page.wait_for_timeout(3000)  # JupyterLab loads some of itself late

    frames.clear()
    responses.clear()
    first = [page.evaluate("bench.first()")]
    received = sum(frames) + sum(len(response.body()) for response in responses)
    first += [page.evaluate("bench.first()") for _ in range(REPEATS - 1)]

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
    scripts = sum(path.stat().st_size for path in (HERE.parents[1] / "course/explore").glob("*.js"))
    print(f"\nJavaScript of all explorers together: {scripts / 1000:.0f} kB")


if __name__ == "__main__":
    main()

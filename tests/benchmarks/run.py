"""What the course costs: time and memory, as ratios measured side by side in one run.

    uv run --group test python tests/benchmarks/run.py

Seconds differ between machines, and on one machine from minute to minute; ratios hardly do. One
import of TensorFlow is the unit of time, because every lesson with a model in it pays for one.
"""

import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from course.geometry import Window

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import lessons
from tool import print_anywhere

HEAVY = ("tensorflow", "keras", "matplotlib", "ipywidgets")
PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
PEAKS_PER_MB = 2**20 if sys.platform == "darwin" else 2**10  # it counts bytes, or kB


def in_a_fresh_python(code: str) -> str:
    """Run code in a new interpreter and return the last line it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip().rpartition("\n")[2]


def import_seconds(module: str, repeat: int) -> float:
    """Median seconds of an import in a new interpreter, without the interpreter's own start."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    in_a_fresh_python(code)  # once for the file cache
    return statistics.median(float(in_a_fresh_python(code)) for _ in range(repeat))


def geometry_seconds(count: int) -> float:
    """Seconds for size, pads, positions, usage and unread pixels of random windows."""
    draw = random.Random(0)
    cases = []
    while len(cases) < count:
        k, s, n = draw.randint(1, 8), draw.randint(1, 5), draw.randint(8, 32)
        cases.append((Window(k, s, draw.choice(["valid", "same"])), n))
    start = time.perf_counter()
    for window, n in cases:
        window.output_size(n), window.pads(n), window.positions(n), window.usage(n)
        window.unread(n)
    return time.perf_counter() - start


def notebook_cost(path: Path) -> tuple[float, float]:
    """Seconds to run a lesson in a kernel of its own, and that kernel's peak memory in MB."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, kernel_name="python3", resources=resources)
        client.execute(stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    return seconds, int(notebook.cells[-1].outputs[0].text) / PEAKS_PER_MB


LEDGER = """
import time, keras
from course.ledger import ledger

def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start

build = keras.applications.{name}
model = build(weights=None)
print(min(seconds(lambda: ledger(model)) for _ in range(9)) / min(
    seconds(lambda: build(weights=None)) for _ in range(5)
))
"""


def main():
    """Measure and print."""
    lessons.neutral_environment()
    course, keras = import_seconds("course", 9), import_seconds("keras", 3)
    unit = import_seconds("tensorflow", 3)
    memory = float(in_a_fresh_python(f"import tensorflow; {PEAK}")) / PEAKS_PER_MB
    print(f"Unit: one import of tensorflow takes {unit:.2f} s and peaks at {memory:.0f} MB here.")
    print(f"import course: 1/{keras / course:.0f} of import keras (at most 1/20 is the aim)")
    loads = in_a_fresh_python(
        f"import sys, course; print([m for m in {HEAVY} if m in sys.modules])"
    )
    print(f"import course loads, of {', '.join(HEAVY)}: {loads}")
    seconds = geometry_seconds(10_000)
    print(f"10,000 random windows: {seconds / unit:.3f} units, {seconds * 100:.1f} µs each")
    for name in ("VGG16", "ResNet50", "MobileNetV2"):
        share = float(in_a_fresh_python(LEDGER.format(name=name)))
        print(f"ledger of {name}: {share:.2%} of building it (at most 1% is the aim)")
    print(f"\n{'lesson':<28}{'units of time':>14}{'peak, MB':>10}{'of import':>11}")
    total = 0
    for path in lessons.lesson_paths():
        seconds, peak = notebook_cost(path)
        total += seconds
        print(f"{path.name:<28}{seconds / unit:>14.2f}{peak:>10.0f}{peak / memory:>10.2f}×")
    print(f"{'all, one after another':<28}{total / unit:>14.2f}")


if __name__ == "__main__":
    print_anywhere()
    main()

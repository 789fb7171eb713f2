"""What grading a class takes, beside ``nbgrader autograde`` on the same submissions, in one run.

    uv run --group test python tests/benchmarks/grading.py
    uv run --group test python tests/benchmarks/grading.py --most 200

Seconds on the clock, so leave the machine alone. What a small class takes is taken off from what a
large one does: it pays for every start. Beside nbgrader all have one core together; ours writes
to nbgrader's gradebook as well, and has its sandbox. Nor do workers share their cores with that
gradebook when one is compared with two: it has a single writer, whoever grades.
"""

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "tools")]
from homework.assignments import handed_in, path, solutions  # noqa: E402
from tool import print_anywhere  # noqa: E402

PROGRAMS = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
ENVIRONMENT = os.environ | {"PATH": PROGRAMS, "PYTHONPATH": str(ROOT), "JUPYTER_NO_CONFIG": "1"}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)
CORES = sorted(os.sched_getaffinity(0))


def run(folder: Path, *module: str) -> None:
    command = [sys.executable, "-m", *module]
    subprocess.run(command, cwd=folder, env=ENVIRONMENT, check=True, capture_output=True)


def nbgraders(folder: Path, name: str) -> None:
    run(folder, "nbgrader", "autograde", name, "--Execute.timeout=600")


def ours(workers: int, *options: str) -> Callable:
    def grade(folder: Path, name: str) -> None:
        if "--gradebook" not in options:
            (folder / "gradebook.db").unlink()  # it would be written, because it is there
        run(folder, "course.grading", name, "--workers", str(workers), *options)

    return grade


def seconds(grader: Callable, name: str, many: int) -> float:
    """What it takes to grade a class."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "source" / name).mkdir(parents=True)
        (folder / "source" / name / f"{name}.ipynb").write_bytes(path(name).read_bytes())
        run(folder, "nbgrader", "generate_assignment", name)
        notebook = json.loads(handed_in(name, solutions(name)))
        for number in range(many):
            notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": ""})
            notebook["cells"][-1]["source"] = f"My number is {number}."
            submitted = folder / "submitted" / f"student{number}" / name / f"{name}.ipynb"
            submitted.parent.mkdir(parents=True)
            submitted.write_text(json.dumps(notebook))
            notebook["cells"].pop()
        began = time.monotonic()
        grader(folder, name)
        return time.monotonic() - began


def each(grader: Callable, name: str, few: int, many: int) -> float:
    """Seconds for one submission more."""
    return (seconds(grader, name, many) - seconds(grader, name, few)) / (many - few)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=2_000, help="students in the largest class")
    most = parser.parse_args().most
    for name in ("padding", "design"):
        os.sched_setaffinity(0, CORES[:1])
        mine, theirs = each(ours(1, "--gradebook"), name, 10, 110), each(nbgraders, name, 1, 6)
        os.sched_setaffinity(0, CORES)
        print(f"{name}, one core: {mine:.3f} s a submission, nbgrader {theirs:.2f} s: "
              f"{theirs / mine:.1f} times as many", flush=True)  # fmt: skip
        one, two = (each(ours(workers), name, 10, 210) for workers in (1, 2))
        print(f"{name}, two workers instead of one: {one / two:.2f} times as many", flush=True)
    start = seconds(ours(2, "--gradebook"), "padding", 10)
    for many in (most // 10, most):
        more = (seconds(ours(2, "--gradebook"), "padding", many) - start) / (many - 10)
        print(f"padding, from 10 to {many}: {more:.4f} s a submission", flush=True)


if __name__ == "__main__":
    print_anywhere()
    main()

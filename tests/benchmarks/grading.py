"""What grading costs, beside ``nbgrader autograde`` on the same submissions, in one run.

    uv run --group test python tests/benchmarks/grading.py
    uv run --group test python tests/benchmarks/grading.py design --many 4

Processor seconds, all processes counted, because a machine has other things to do as well. What
one submission costs alone is taken off: it pays for every start. Ours has ten times as many.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from course import grading  # noqa: E402
from tests.grading.homework import POINTS, SOURCES, Book  # noqa: E402


def seconds() -> float:
    """What this process and all that have ended have worked."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def of_sandbox(sandbox: grading.Sandbox) -> float:
    """What all in a sandbox have worked, which nobody outside is told at its end."""
    process = psutil.Process(sandbox.process.pid)
    return sum(sum(each.cpu_times()[:4]) for each in [process, *process.children(recursive=True)])


def ours(name: str, many: int, folder: Path) -> float:
    assignment = grading.read(name, json.dumps(SOURCES[name]), "a secret")
    before = seconds()
    with grading.Sandbox(assignment.modules) as sandbox:
        for _ in range(many):
            graded = grading.grade(assignment, bytes(Book(name)), sandbox)
            assert sum(each.points for each in graded.verdicts) == sum(POINTS[name].values())
        return seconds() - before + of_sandbox(sandbox)


def nbgraders(name: str, many: int, folder: Path) -> float:
    for number in range(many):
        path = folder / "submitted" / f"student{number}" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(Book(name)))
    before = seconds()
    nbgrader(folder, "autograde", name, "--Execute.timeout=600")
    return seconds() - before


def nbgrader(folder: Path, *arguments: str) -> None:
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "JUPYTER_NO_CONFIG": "1"}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("assignments", nargs="*", default=[*SOURCES])
    parser.add_argument("--many", type=int, default=3)
    asked = parser.parse_args()
    for name in asked.assignments:
        costs = {}
        for grader, more in ((ours, 10 * asked.many), (nbgraders, asked.many)):
            whole = []
            for many in (1, 1 + more):
                with tempfile.TemporaryDirectory() as made:
                    folder = Path(made)
                    (folder / "source" / name).mkdir(parents=True)
                    source = json.dumps(SOURCES[name])
                    (folder / "source" / name / f"{name}.ipynb").write_text(source)
                    nbgrader(folder, "generate_assignment", name)
                    began = time.monotonic()
                    whole.append(grader(name, many, folder))
                    print(f"  {grader.__name__} {many}: {whole[-1]:.2f} s of work, "
                          f"{time.monotonic() - began:.0f} s on the clock", flush=True)  # fmt: skip
            costs[grader] = (whole[1] - whole[0]) / more
        ratio = costs[nbgraders] / costs[ours]
        each = ", ".join(f"{grader.__name__} {cost:.3f} s" for grader, cost in costs.items())
        print(f"{name}: {each} a submission; {ratio:.0f} times less", flush=True)


if __name__ == "__main__":
    main()

"""Train what a lesson trains, with more seeds than it has time for, and store the numbers.

    uv run --group test python tests/tools/train.py notebooks/09_where_is_the_dot.ipynb

Each function that the lesson gives to ``training.runs`` is run with all ``SETTINGS`` of the lesson
and ``SEEDS`` seeds; the numbers go to ``course/data/training.json``, where
`course.training.stored` finds them.
"""

import json
import sys
from pathlib import Path
from unittest import mock

from lessons import ROOT, neutral_environment, read, run
from tool import print_anywhere

SEEDS = 5
SETTINGS = {  # of each lesson, also where it trains some of them only
    "09_where_is_the_dot": ["valid", "same", "reflect", "circular"],
    "10_one_pixel": [
        *("strided", "circular", "blurred", "max pooling", "dilated", "random shifts"),
    ],
}
STORE = ROOT / "course" / "data" / "training.json"


def train(path: Path, seeds: int = SEEDS) -> dict[str, dict[str, list[float]]]:
    """The numbers of all functions that a lesson trains, by the function's name."""
    from course import training

    numbers, runs = {}, training.runs

    def more(function, *_, **__):
        numbers[function.__name__] = runs(function, SETTINGS[path.stem], seeds)
        return numbers[function.__name__]

    with mock.patch.multiple(training, runs=more, stored=numbers.__getitem__):
        run(read(path), path.parent)
    return numbers


def write(numbers: dict) -> None:
    """Put numbers into the store, each row in a line, and leave the others there as they are."""
    numbers = (json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {}) | numbers
    functions = []
    for name, rows in sorted(numbers.items()):
        lines = [
            f'  "{row}": {json.dumps([round(x, 4) + 0.0 for x in xs])}' for row, xs in rows.items()
        ]
        functions.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n}")
    STORE.write_text("{\n" + ",\n".join(functions) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    print_anywhere()
    neutral_environment()
    for argument in sys.argv[1:]:
        write(train(Path(argument)))

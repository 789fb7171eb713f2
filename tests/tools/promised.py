"""Write down what the course promises to keep for a semester: ``tests/promised.json``.

    uv run --group test python tests/tools/promised.py

A test holds the course to it. Run this when something new is to be promised, or between semesters.
"""

import inspect
import json
import sys
from pathlib import Path

import lessons
from release import HOMEWORK
from tool import ROOT, print_anywhere

from course.questions.question import KINDS

PROMISED = ROOT / "tests" / "promised.json"

# As the course writes it; with its own fields it must be read for as long as students have it.
ANSWER = {
    "question": "questions.output_size(n=28, kernel_size=3, strides=2, padding='valid', "
    "dilation_rate=1)",
    "lesson": "05_stride.ipynb",
    "time": "2026-11-20T18:00:00+00:00",
    "answer": "13.5",
    "sure": 80,
    "correct": False,
    "mistake": "no_floor",
    "tells": ["no_floor"],
}


def kinds() -> dict[str, list[str]]:
    """The settings of each kind of question, in order, with their defaults."""
    return {
        name: [str(setting) for setting in inspect.signature(make).parameters.values()]
        for name, make in KINDS.items()
    }


def homework() -> dict[str, dict[str, float]]:
    """The points of each cell that is graded or written in, by grade id; 0 if only written in."""
    found = {}
    for path in sorted(Path(HOMEWORK, "source").glob("*/*.ipynb")):
        settings = [cell.metadata.get("nbgrader", {}) for cell in lessons.read(path).cells]
        ours = [each for each in settings if each.get("grade") or each.get("solution")]
        found[path.stem] = {each["grade_id"]: each.get("points", 0) for each in ours}
    return found


def main() -> int:
    """Write down what holds now."""
    now = {"answer": ANSWER, "kinds": kinds(), "homework": homework()}
    text = json.dumps(now, indent=1, ensure_ascii=False)
    PROMISED.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    print_anywhere()
    sys.exit(main())

"""Write down what the course promises to keep for a semester: ``tests/promised.json``.

    uv run --group test python tests/tools/promised.py

A test holds the course to it. Run this when something is new, so that it is promised too. What was
promised is not taken back like that: between semesters, delete it from the file first, by hand.
"""

import inspect
import json
import sys
from pathlib import Path

import lessons
from release import HOMEWORK
from tool import ROOT, print_anywhere

from course.grading.assignment import digest, read
from course.predict import prediction, record
from course.questions.question import KINDS

PROMISED = ROOT / "tests" / "promised.json"
SECRETS = ["", *map(str, range(40))]  # "" draws nothing: that is what the public release has

# As the course writes it; with its own fields it must be read for as long as students have it.
ANSWER = {
    "question": "questions.output_size(n=28, kernel_size=3, strides=2, padding='valid', "
    "dilation_rate=1)",
    "lesson": "05_stride.ipynb",
    "time": "2026-11-20T18:00:00+00:00",
    "answer": "13.5",
    "sure": 75,
    "correct": False,
    "mistake": "no_floor",
    "tells": ["no_floor"],
}


def sources() -> dict[str, Path]:
    """The homework as its teachers have it, by name."""
    return {path.stem: path for path in sorted(Path(HOMEWORK, "source").glob("*/*.ipynb"))}


def kinds() -> dict[str, list[str]]:
    """The settings of each kind of question, in order, with their defaults."""
    return {
        name: [str(setting) for setting in inspect.signature(make).parameters.values()]
        for name, make in KINDS.items()
    }


def homework() -> dict[str, dict[str, float]]:
    """The points of each cell that is graded or written in, by grade id; 0 if only written in."""
    found = {}
    for name, path in sources().items():
        settings = [cell.metadata.get("nbgrader", {}) for cell in lessons.read(path).cells]
        ours = [each for each in settings if each.get("grade") or each.get("solution")]
        found[name] = {each["grade_id"]: each.get("points", 0) for each in ours}
    return found


def drawn() -> dict[str, dict[str, str]]:
    """What some secrets draw for each cell, by grade id, as a hash: a grader draws it again."""
    found = {}
    for name, path in sources().items():
        source = path.read_text(encoding="utf-8")
        each = [read(name, source, secret).drawn for secret in SECRETS]
        texts = {grade_id: "\n".join(of[grade_id] for of in each) for grade_id in each[0]}
        found[name] = {grade_id: digest(text.encode())[:16] for grade_id, text in texts.items()}
    return found


def now() -> dict[str, dict]:
    """All that can be promised, as it is now."""
    return {
        "record": {"name": record.NAME, "variable": record.PLACE},
        "answers": {str(sure): ANSWER | {"sure": sure} for sure in prediction.SURE},
        "kinds": kinds(),
        "homework": homework(),
        "drawn": drawn(),
    }


def broken(promised: object, holds: object, where: str = "") -> list[str]:
    """What was promised and no longer holds, in words; what is new breaks nothing."""
    if isinstance(promised, dict) and isinstance(holds, dict):
        parts = [(was, holds.get(name), f"{where}{name}: ") for name, was in promised.items()]
        return [problem for part in parts for problem in broken(*part)]
    kept = holds
    if isinstance(promised, list) and isinstance(holds, list):
        # What is None is not written into a record: the question stays the one that was answered.
        kept = [each for each in holds if each in promised or not str(each).endswith("=None")]
    return [] if kept == promised else [f"{where}{promised} (not {holds})"]


def main() -> int:
    """Write down what holds now, if all that was promised does; else 1."""
    holds = now()
    if lost := broken(json.loads(PROMISED.read_text(encoding="utf-8")), holds):
        print("Nothing is written, for this was promised:", *lost, sep="\n    ")
        print("Put it back; or, between semesters, delete it from tests/promised.json first.")
        return 1
    text = json.dumps(holds, indent=1, ensure_ascii=False)
    PROMISED.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    print_anywhere()
    sys.exit(main())

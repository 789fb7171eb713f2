"""What the records of a class tell: who answered what, and what the class believes.

    uv run python -m course.predict FOLDER           # all lessons
    uv run python -m course.predict FOLDER stride    # one

Each student hands in ``my_progress.jsonl``. The folder holds these files, each in a folder with
the student's name or with the name in its own: ``ada/my_progress.jsonl``, ``ada.jsonl``.
"""

import argparse
import sys
from pathlib import Path

from course.predict.progress import calibration, first_goes, misconceptions, ranked, share
from course.predict.record import NAME, Record
from course.text import for_any_terminal


def report(folder: Path, lesson: str = "") -> str:
    """A line for each student, and the misconceptions of the class, the most frequent first.

    ``lesson`` is the name of a lesson, with or without its number: 05_stride or stride. Copies,
    such as ``stride (1)``, count too. Raises ``ValueError`` if the folder has no record in it.
    """
    paths = sorted(folder.rglob("*.jsonl"))
    if not paths:
        raise ValueError(f"put the {NAME} of each student into {folder}: no record was found there")
    rows = [("student", "answered", "right at first go", "when certain")]
    met = []
    notices, others = [], set()
    for path in paths:
        record, place = Record(path), path.relative_to(folder)
        student = str(place.parent if place.name == NAME else place.with_suffix(""))
        every, wanted = record.entries(), _name(lesson)
        entries = [each for each in every if _name(each["lesson"]).startswith(wanted)]
        others |= {_name(each["lesson"]) for each in every} - {
            _name(each["lesson"]) for each in entries
        }
        sure = calibration(entries)
        right, asked = first_goes(entries)
        rows.append((student, str(asked), share(right, asked), share(*sure[max(sure)])))
        met.append([each.mistake for each in misconceptions(entries)])
        notices += [f"{student}: {record.notice}"] if record.notice else []
    if lesson and not any(int(asked) for _, asked, *_ in rows[1:]):
        notices.append(
            f"Nobody answered {lesson!r}. There are answers of: {', '.join(sorted(others))}."
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    beliefs = [f"{share(times, len(paths))}  {each.believes}" for each, times in ranked(met)]
    title = "What students believed, and how many of the class:"
    return "\n".join([*table, "", title, *beliefs, "", *notices]).strip()


def _name(lesson: str) -> str:
    """The name of a lesson without its number, which changes when lessons come between."""
    return Path(lesson).stem.lstrip("0123456789_")


def main() -> None:
    """Print the report of a folder."""
    for_any_terminal()
    parser = argparse.ArgumentParser(
        prog="python -m course.predict", description="What do the records of a class tell?"
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("lesson", nargs="?", default="")
    try:
        print(report(**vars(parser.parse_args())))
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

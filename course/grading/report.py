"""What a class gets and its teacher: a page for each student, one for the teacher, and a table.

All of it is made from results, as `course.grading.worker.result_of` has them, and what a teacher
decided, which is in them as ``read``. Nothing of a student's is run for it. A page is one file,
without scripts, and needs no other.
"""

import csv
import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from statistics import median

from course.grading.alike import alike, bare, same_texts
from course.grading.assignment import Assignment, read
from course.grading.collect import NOTHING, HandedIn, read_bytes
from course.grading.feedback import PAGES, believed, feedback, is_answered, mark, points_of
from course.grading.messages import Run
from course.grading.names import harmless
from course.grading.submission import AsideError, cells_of, plan
from course.predict.progress import ranked, share

# What may give an answer away, or hide that it does. The checks and the ledger are handed out.
ASKING = re.compile(
    r"\bquestions\b|\bcourse\b(?!\.(check|ledger)\b)|\.\s*(answer|judge)\b"
    r"|\b(__import__|eval|exec|getattr|import_module|importlib|modules)\b"
)
OTHERS = "It shows other settings than were drawn for it. Its answers were held to the latter."
MOST_LINES, LONGEST_LINE = 20, 200

Students = dict[str, tuple[HandedIn, dict]]


def write(name: str, source: str, secret: str, own: bool, students: Students) -> None:
    """Write all of it in this folder: into ``feedback`` and ``reports``."""
    of_all, sections = read(name, source, secret), sections_of(source)
    for student, (handed_in, result) in students.items():
        if result.get("aside") == NOTHING:
            continue
        assignment = read(name, source, secret, student) if own else of_all
        page = feedback(assignment, sections, handed_in, result)
        _write(Path("feedback", student, name, f"{name}.html"), page)
    _write(Path("reports", f"{name}.html"), report(of_all, source, students))
    table(Path("reports", f"{name}.csv"), of_all, students)


def _write(path: Path, page: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name may not be UTF-8, and a text may hold half a character.
    path.write_text(page, encoding="utf-8", errors="backslashreplace")


def sections_of(source: str) -> dict[str, str]:
    """Under which heading of the assignment each cell stands, by grade id."""
    found, heading = {}, ""
    for cell in json.loads(source)["cells"]:
        titles = re.findall(r"^#+ (.+)", "".join(cell["source"]), re.MULTILINE)
        if ours := cell["metadata"].get("nbgrader"):
            found[ours["grade_id"]] = heading
        elif titles and cell["cell_type"] == "markdown":
            heading = re.sub(r" \(\d+ points?\)$", "", titles[-1])
    return found


def _points(result: dict) -> float | None:
    """The points of what is not in words; None as long as a teacher has to look."""
    of_all = points_of(result)
    points = [of_all[verdict["grade_id"]] for verdict in result.get("verdicts", ())]
    known = [each for each in points if each is not None]
    return sum(known) if known and len(known) == len(points) else None


def report(assignment: Assignment, source: str, students: Students) -> str:
    """The teacher's page."""
    parts = {part.grade_id: part.points for part in assignment.parts}
    graded = {each: result for each, (_, result) in students.items() if "verdicts" in result}
    marks: dict[str, Counter] = {part: Counter() for part in parts}
    stuck: dict[tuple[int, bool], list[str]] = {}  # by how many are not right, or nothing answered
    for student, result in graded.items():
        points = points_of(result)
        answered = {v["grade_id"]: is_answered(v) for v in result["verdicts"]}
        each = {part: mark(points[part], parts[part], answered[part]) for part in answered}
        for part, word in each.items():
            marks[part][word] += 1
        wrong = sum(word in ("wrong", "partly", "blank") for word in each.values())
        if wrong > len(each) / 2:
            stuck.setdefault((wrong, {*each.values()} == {"blank"}), []).append(student)
    beliefs = {student: believed(result) for student, result in graded.items()}
    known = [points for points in map(_points, graded.values()) if points is not None]
    step = max(1, -(-sum(parts.values()) // 10))
    steps = Counter(points // step for points in known)
    files = {student: students[student][0].path for student in graded}
    codes = {student: _code(assignment, each) for student, each in files.items()}
    given = ["".join(c["source"]) for c in json.loads(source)["cells"] if c["cell_type"] == "code"]
    return PAGES.get_template("teacher.html").render(
        name=assignment.name,
        students=students,
        people={student: handed_in.who for student, (handed_in, _) in students.items()},
        graded=graded,
        most=sum(parts.values()),
        middle=median(known) if known else None,
        bins=[(low * step, steps[low]) for low in range(int(sum(parts.values()) // step) + 1)],
        sections=sections_of(source),
        marks=marks,
        beliefs=[
            (mistake, times, [who for who, each in beliefs.items() if mistake in each])
            for mistake, times in ranked(beliefs.values())
        ],
        stuck=sorted(stuck.items(), reverse=True),
        to_see=[
            (student, verdict)
            for student, result in graded.items()
            for verdict in result["verdicts"]
            if verdict["points"] is None or verdict["notes"]
        ],
        besides=[
            (who, said)
            for who, (each, result) in students.items()
            for said in (*each.besides, *([OTHERS] if result.get("others") else []))
        ],
        texts=assignment.texts,
        codes=codes,
        alike=alike(codes, given),
        untimed=[
            who
            for who, (each, result) in students.items()
            if each.late is None and not each.called_late and result.get("aside") != NOTHING
        ],
        same=[
            (text, who)
            for text in assignment.texts
            for who in same_texts({each: result["texts"][text] for each, result in graded.items()})
        ],
        asking=[(who, lines) for who, code in codes.items() if (lines := _asking(code))],
        share=share,
    )


def _code(assignment: Assignment, path: Path) -> list[str]:
    """What a student wrote in cells of code."""
    try:
        steps = plan(assignment, cells_of(read_bytes(path))).steps[len(assignment.setup) :]
    except (OSError, AsideError):
        return []
    return [step.source for step in steps if isinstance(step, Run)]


def _asking(sources: list[str]) -> list[str]:
    """The lines of code that may ask the course for an answer."""
    lines = filter(ASKING.search, bare(sources).splitlines())
    return [line.strip()[:LONGEST_LINE] for line in islice(lines, MOST_LINES)]


def table(path: Path, assignment: Assignment, students: Students) -> None:
    """A row for each student; who was not graded has a reason, and no points.

    ``points`` are all that are known; what a teacher has yet to grade is named.
    """
    parts = [*(part.grade_id for part in assignment.parts), *assignment.texts]
    # A name may not be UTF-8.
    with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        rows = csv.writer(file)
        head = ["student", "name", "points", "not graded because", *parts]
        rows.writerow([*head, "late hours", "late penalty", "to grade"])
        for student, (handed_in, result) in students.items():
            points, why = points_of(result), result.get("aside")
            total = None if why else sum(each or 0 for each in points.values())
            hours = None if handed_in.late is None else round(handed_in.late / 3600, 2)
            late = hours, result.get("read", {}).get("penalty")
            waiting = " ".join(name for name, each in points.items() if each is None)
            cells = student, handed_in.name, total, why, *map(points.get, parts), *late, waiting
            numbers = (f"{cell:g}" if isinstance(cell, float) else cell for cell in cells)
            rows.writerow(map(harmless, numbers))

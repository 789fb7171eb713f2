"""nbgrader as teachers know it, with this course's grading in the place of its executor.

A class needs `CONFIG` in its ``nbgrader_config.py``. Then ``nbgrader autograde`` runs a student's
code in the sandbox and nowhere else. It writes the notebook that was handed out, with the student's
answers in their places and what the verdicts say below the checks; so no deleted, copied or renamed
cell can stop it. `Gradebook` does the same for ``python -m course.grading``, without nbgrader's
command; it writes that file, for the Formgrader has a button that grades.

What nbgrader decides before anybody is asked, and what is done about it:

- It looks for a notebook with the assignment's name. A hook gives it that name, and the notebook
  is chosen as ``python -m course.grading`` chooses it.
- It skips what it has graded, unless a newer ``timestamp.txt`` lies beside it, and feedback that
  was made before a teacher read the texts. Here both are always made anew. Points and comments of
  a teacher stay; where the answer is another, the teacher is asked to look again.
- It takes any folder in ``submitted/`` for a student's, and adds who is unknown to the gradebook.
  That stays. It passes over a folder without a notebook, and fails on a name that is not UTF-8:
  its log names them, and so does the export. ``python -m course.grading`` grades the latter.
"""

import csv
import functools
import json
import logging
import os
import re
import sysconfig
from collections import defaultdict
from collections.abc import Iterator
from contextlib import chdir, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode, v4
from nbgrader import api
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin
from nbgrader.preprocessors import AssignLatePenalties, SaveCells
from nbgrader.utils import parse_utc
from sqlalchemy import Column, Index, MetaData, String, Table, Text, delete, insert, select
from traitlets import Bool, Unicode
from traitlets.config import Config, Configurable

from course.grading.assignment import digest, draw, read, squeezed, word
from course.grading.collect import CollectError, HandedIn, handed_in, read_bytes, source_of
from course.grading.feedback import feedback
from course.grading.names import harmless, readable, tame
from course.grading.release import strip
from course.grading.report import sections_of
from course.grading.submission import Cell, cells_of
from course.grading.worker import Task, check_settings, result_of

CONFIG = """\
try:
    from course.grading.nbgrader import configure
    configure(get_config(), secret={secret!r}, own_settings={own_settings})
except Exception as error:  # with which nbgrader would go on, and run what students wrote
    raise SystemExit(f"Nothing is graded: {{error}}")
"""
MOST_SHOWN = 300  # cells of a student's own; a page of 100,000 would take minutes
LONGEST_SHOWN = 50_000  # characters
COLUMNS = (
    "assignment duedate timestamp student_id last_name first_name email raw_score "
    "late_submission_penalty score max_score not_graded"  # the last is ours
)
ACTIVE = re.compile(r"<(?=[a-z/!?])|\](?=[(:])|\\(?=href|require)", re.IGNORECASE)
# A heading gets an id, which may be that of the teacher's own fields.
HEADING = re.compile(
    r"^(?:[ \t>*+-]|\d+[.)])*+(?=#)|^[ \t>*+]*+(?=[=-][ \t>*+=-]*+$)", re.MULTILINE
)
# A table of our own in nbgrader's database: hashes of what was graded and of each answer, and what
# `course.grading.worker.result_of` said.
GRADED = Table(
    "course_grading",
    MetaData(),
    Column("notebook_id", String(32), primary_key=True),  # nbgrader's, of the submitted one
    Column("handed_in", String(64)),
    Column("answers", Text()),
    Column("result", Text()),
)

# Without these, each student takes longer than the one before.
INDEXES = [
    Index(f"course_grading_{column.table.name}", column)
    for column in (
        api.SubmittedAssignment.student_id.expression,
        api.SubmittedNotebook.assignment_id.expression,
        api.Grade.notebook_id.expression,
        api.Comment.notebook_id.expression,
    )
]


def configure(
    config: Config, secret: str = "", own_settings: bool = False, without_a_sandbox: bool = False
) -> None:
    """Let nbgrader grade as this course does; ``secret`` is the name of a file."""
    Settings(secret=secret).secret_text()  # without it no student could be graded
    config.Settings.secret = secret
    config.Settings.own_settings = own_settings
    config.Settings.without_a_sandbox = without_a_sandbox
    config.GenerateAssignment.exporter_class = f"{__name__}.Drawn"
    config.Autograde.exporter_class = f"{__name__}.Autograded"
    config.Autograde.pre_convert_hook = f"{__name__}.by_its_name"
    config.Autograde.force = config.GenerateFeedback.force = True
    config.GenerateFeedback.exporter_class = f"{__name__}.Feedback"
    config.ExportApp.plugin_class = f"{__name__}.Export"


class Settings(Configurable):
    """What the teacher decides, in the configuration or as arguments."""

    secret = Unicode("", help="The file that settings are drawn by.").tag(config=True)
    own_settings = Bool(False, help="Whether each student has their own.").tag(config=True)
    without_a_sandbox = Bool(False, help="Whether students' code may do all.").tag(config=True)

    def secret_text(self) -> str:
        """What stands in the secret's file."""
        text = Path(self.secret).read_text(encoding="utf-8").strip() if self.secret else ""
        if self.secret and not text:
            raise ValueError(f"{self.secret} is empty: write a long word into it")
        return text

    def draw(self, cells: list, name: str, student: str = "") -> None:
        """Give the cells the settings of the class, or of a student."""
        if secret := self.secret_text():
            draw(cells, word(secret, name, student))


class Drawn(NotebookExporter, Settings):
    """Lets ``generate_assignment`` hand out the settings of the class."""

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> Any:
        """Draw them, and go on as nbgrader does."""
        if self.own_settings:
            self.log.warning("Each student has other settings: see course.grading.release")
        self.draw(nb.cells, resources["nbgrader"]["assignment"])
        return super().from_notebook_node(nb, resources, **kw)


class Quiet(NbGrader):
    """Sets up no log: that closes those of other libraries, and TensorFlow's stderr with it."""

    def _configure_logging(self) -> None:
        logging.getLogger(type(self).__name__).setLevel(logging.ERROR)


def application(secret: str = "", own_settings: bool = False) -> NbGrader:
    """The nbgrader of this folder, whose command and button grade as we do."""
    config, path = CONFIG.format(secret=secret, own_settings=own_settings), "nbgrader_config.py"
    if not Path(path).exists():
        Path(path).write_text(config, encoding="utf-8")
    app = Quiet()
    app.initialize([])
    if app.config.Autograde.get("exporter_class") != f"{__name__}.Autograded":
        why = "nbgrader would run what students wrote with your rights"
        raise CollectError(f"With {path} as it is, {why}: put this at its end.\n\n{config}")
    theirs, ours = Settings(config=app.config), Settings(secret=secret)
    if (theirs.secret_text(), theirs.own_settings) != (ours.secret_text(), own_settings):
        why = "has another secret than this command, or differs in own settings"
        raise CollectError(f"{path} {why}: give both what you released with. Nothing was graded.")
    return app


class Gradebook(Settings):
    """nbgrader's gradebook of the class in this folder, and its autograded notebooks.

    Without a URL it is the one of nbgrader's configuration, whose late penalties hold here too::

        with Gradebook(secret="secret.txt") as gradebook:
            gradebook.write("padding", handed_in, result)
    """

    def __init__(self, url: str = "", coursedir: CourseDirectory | None = None, **settings):
        if not coursedir:
            app = settings["parent"] = application(**settings)
            coursedir = app.coursedir
        super().__init__(**settings)
        self.coursedir, self.url = coursedir, url or coursedir.db_url
        # It calls alembic by its name, which need not be where commands are looked for.
        os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
        self.book = api.Gradebook(self.url, coursedir.course_id)
        GRADED.create(self.book.engine, checkfirst=True)
        for index in INDEXES:
            index.create(self.book.engine, checkfirst=True)
        self.released = functools.lru_cache(self._released)
        self.names = functools.cache(self._names)

    def __enter__(self) -> "Gradebook":
        return self

    def __exit__(self, *_) -> None:
        self.book.close()

    def write(self, name: str, handed: HandedIn, result: dict) -> None:
        """Write a result, and the autograded notebook; who is unknown is added."""
        text = self.record(name, handed, result)
        student = tame(handed.student)
        folder = self.coursedir.format_path(self.coursedir.autograded_directory, student, name)
        path = Path(folder, f"{name}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # nbgrader makes it read-only
        path.write_text(text, encoding="utf-8")

    def decided(self, name: str, student: str) -> dict:
        """What a teacher decided: points and comments, by grade id, and the penalty.

        The points are None, and the comment is left out, where the answer is another since then.
        """
        mine = self.book.find_submission_notebook(name, name, tame(student))
        names = self.names(name)
        points = {
            names[grade.cell_id]: None if grade.needs_manual_grade else grade.score
            for grade in mine.grades
            if grade.manual_score is not None or grade.extra_credit
        }
        said = {names[each.cell_id]: each.manual_comment for each in mine.comments}
        waiting = {names[grade.cell_id] for grade in mine.grades if grade.needs_manual_grade}
        comments = {key: text for key, text in said.items() if text and key not in waiting}
        penalty = mine.late_submission_penalty
        return {"points": points, "comments": comments, "penalty": penalty}

    def due(self, name: str, when: datetime | None = None) -> datetime | None:
        """When an assignment is due, if the gradebook knows; ``when`` is what it knows then."""
        if when:
            self.book.update_or_create_assignment(name, duedate=parse_utc(when))
        with suppress(api.MissingEntry):
            if due := self.book.find_assignment(name).duedate:
                return due.replace(tzinfo=UTC)
        return None

    def record(self, name: str, handed: HandedIn, result: dict) -> str:
        """Write a result into the gradebook; the autograded notebook."""
        student, data = tame(handed.student), read_bytes(handed.path)
        aside = result.get("aside", "")
        cells = [] if aside else cells_of(data)
        whose = handed.student if self.own_settings else ""
        notebook = json.loads(self.released(name, whose))
        written = fill(notebook, cells, result)
        points = {each["grade_id"]: each["points"] for each in result.get("verdicts", ())}
        points |= {grade_id: 0 for grade_id, text in written.items() if text == ""}
        code = "\0".join(cell.source for cell in cells if cell.kind == "code")
        names = self.names(name)
        try:
            submission = self.book.find_submission(name, student)
        except api.MissingEntry:
            first, _, last = tame(handed.name).rpartition(" ")
            known = {"first_name": first, "last_name": last} if handed.name else {}
            self.book.update_or_create_student(student, **known)
            with self.book.db.no_autoflush:
                submission = self.book.add_submission(name, student)
        submission.timestamp = parse_utc(handed.when)
        mine, was, _ = self._found(name, student)
        answers = {}
        for grade in mine.grades:
            grade_id = names[grade.cell_id]
            text = aside + digest(data) if aside else written.get(grade_id, code)
            answers[grade_id] = digest(f"{points.get(grade_id)}\0{text}".encode(errors="replace"))
            grade.auto_score = points.get(grade_id)
            if grade.manual_score is None:
                grade.needs_manual_grade = grade.auto_score is None
            elif answers[grade_id] != was.get(grade_id):
                grade.needs_manual_grade = True
        missing = {"": "No response.", None: "This cell was not found."}
        for comment in mine.comments:
            grade_id = names[comment.cell_id]
            silent = grade_id in answers and missing.get(written.get(grade_id))  # in words
            comment.auto_comment = aside or silent or None
        self._keep(mine.id, digest(data), answers, result)
        if submission.total_seconds_late or mine.late_submission_penalty is not None:
            about = {"student": student, "assignment": name, "notebook": name, "db_url": self.url}
            AssignLatePenalties(parent=self).preprocess(v4.new_notebook(), {"nbgrader": about})
        return json.dumps(notebook)

    def begin(self, name: str, student: str) -> None:
        """Keep in mind that what was graded is no longer what was handed in."""
        mine, answers, _ = self._found(name, student)
        self._keep(mine.id, "", answers, {})

    def result(self, name: str, student: str) -> dict:
        """What was graded last."""
        return self._found(name, student)[2]

    def _found(self, name: str, student: str) -> tuple[api.SubmittedNotebook, dict, dict]:
        """A student's notebook in the gradebook, the hashes of its answers, and the result."""
        mine = self.book.find_submission_notebook(name, name, student)
        row = select(GRADED.c.answers, GRADED.c.result).where(GRADED.c.notebook_id == mine.id)
        answers, result = self.book.db.execute(row).first() or ("{}", "{}")
        return mine, json.loads(answers), json.loads(result)

    def _keep(self, notebook_id: str, graded: str, answers: dict[str, str], result: dict) -> None:
        self.book.db.execute(delete(GRADED).where(GRADED.c.notebook_id == notebook_id))
        row = (notebook_id, graded, json.dumps(answers), json.dumps(result))
        self.book.db.execute(insert(GRADED).values(row))
        self.book.db.commit()

    def _released(self, name: str, student: str) -> str:
        """What was handed out."""
        notebook = nbformat.read(Path("source", name, f"{name}.ipynb"), as_version=4)
        self.draw(notebook.cells, name, student)
        return json.dumps(strip(notebook))

    def _names(self, name: str) -> dict[str, str]:
        """The grade ids by nbgrader's own; adds an assignment, as ``generate_assignment`` does."""
        try:
            notebook = self.book.find_notebook(name, name)
        except api.MissingEntry:
            self.book.update_or_create_assignment(name)
            about = {"assignment": name, "notebook": name, "db_url": self.url}
            made = nbformat.from_dict(json.loads(self.released(name, "")))
            SaveCells(parent=self).preprocess(made, {"nbgrader": about})
            notebook = self.book.find_notebook(name, name)
        return {cell.id: cell.name for cell in (*notebook.grade_cells, *notebook.solution_cells)}


class Exporter(NotebookExporter, Settings):
    """What is made of the files of a converter of nbgrader's."""

    parent: Any  # the converter

    @functools.cached_property
    def gradebook(self) -> Gradebook:
        """Open as long as nbgrader works."""
        courses = self.parent.coursedir
        return Gradebook(courses.db_url, courses, parent=self)

    @functools.cached_property
    def handed_in(self) -> dict[str, HandedIn]:
        """What is graded of each student."""
        name = self.parent.coursedir.assignment_id
        return {tame(each.student): each for each in handed_in(name, self.gradebook.due(name))}


class Autograded(Exporter):
    """What ``autograde`` makes of a file that was handed in, whatever is in it."""

    task: Task

    def __init__(self, **kw: Any):
        """Before anything is touched, see whether all can be graded with these settings."""
        super().__init__(**kw)
        name, walls = self.parent.coursedir.assignment_id, not self.without_a_sandbox
        try:
            with chdir(self.parent.coursedir.root):
                source = source_of(name).read_text(encoding="utf-8")
                self.task = name, source, self.secret_text(), self.own_settings, walls
                found = handed_in(name)
            check_settings(self.task, found)
            for student in (each.student for each in found):
                if tame(student) != readable(student):
                    why = "nbgrader's pages would run what stands in its name"
                    raise CollectError(f"submitted/{tame(student)}: rename the folder, for {why}.")
        except CollectError as error:
            self.log.error(str(error))
            raise NbGraderException(str(error)) from None

    def from_filename(self, filename: str, resources: Any = None, **_: Any) -> Any:
        """Grade what was handed in under that name; nbgrader asks again for what it has written."""
        name, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        resources["output_extension"] = ".ipynb"
        courses = self.parent.coursedir
        if filename.startswith(courses.format_path(courses.autograded_directory, student, name)):
            return Path(filename).read_text(encoding="utf-8"), resources
        self.gradebook.begin(name, student)
        handed, task = self.handed_in[student], self.task
        for other in handed.besides:
            self.log.warning("Not graded besides: %s", other)
        result = result_of(task, student, read_bytes(handed.path))
        if "aside" in result:
            self.log.error("Not graded: %s: %s", handed.path, result["aside"])
        return self.gradebook.record(name, handed, result), resources


class Feedback(Exporter):
    """What ``generate_feedback`` makes: the page that ``python -m course.grading`` makes."""

    def from_filename(self, filename: str, resources: Any = None, **_: Any) -> Any:
        """The page of whoever's autograded notebook that is."""
        name, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        resources["output_extension"] = ".html"
        handed, book = self.handed_in[student], self.gradebook
        result = book.result(name, student) | {"read": book.decided(name, student)}
        source = Path("source", name, f"{name}.ipynb").read_text(encoding="utf-8")
        whose = handed.student if self.own_settings else ""
        assignment = read(name, source, self.secret_text(), whose)
        return feedback(assignment, sections_of(source), handed, result), resources


def by_its_name(assignment: str, student: str, notebooks: list[str]) -> None:
    """Let nbgrader look for the one name that it knows, whatever files there are."""
    notebooks[:] = [str(Path(notebooks[0]).with_name(f"{assignment}.ipynb"))]


def fill(notebook: dict, cells: list[Cell], result: dict) -> dict[str, str]:
    """Put a student's cells and the verdicts into what was handed out.

    Returns what was written in each cell for an answer that was found, by grade id: "" if nothing.
    """
    released = notebook["cells"]
    about = [cell["metadata"].get("nbgrader", {}) for cell in released] + [{}]
    places = {each["grade_id"]: at for at, each in enumerate(about) if each}
    known = {
        squeezed(cell["source"]): at
        for at, cell in enumerate(released)
        if not about[at].get("solution")
    }
    named = {cell.grade_id for cell in cells}
    answers, others, own, at = defaultdict(list), defaultdict(list), 0, -1
    for cell in cells:
        after = about[at + 1]
        if cell.grade_id in places:
            at = places[cell.grade_id]
        elif squeezed(cell.source) in known:
            at = known[squeezed(cell.source)]
        elif after.get("solution") and after["grade_id"] not in named:  # it lost its id
            at += 1
        else:
            own += 1
            if own <= MOST_SHOWN:
                others[at].append(_cell(cell.kind, cell.source, own))
            continue
        answers[at].append(cell.source)
    verdicts = {each["grade_id"]: each for each in result.get("verdicts", ())}
    aside = f"**Not graded.** {result['aside']}" if "aside" in result else ""
    made, written = [_cell("markdown", aside, 0)] if aside else others[-1], {}
    for at, cell in enumerate(released):
        grade_id = about[at].get("grade_id")
        if at in answers and about[at].get("solution"):
            stub = squeezed(cell["source"])
            parts = [each for each in answers[at] if squeezed(each) not in ("", stub)]
            written[grade_id] = text = "\n\n".join(parts)
            cell["source"] = shown(text, cell["cell_type"]) if text else cell["source"]
        if verdict := verdicts.get(grade_id):
            points = "?" if verdict["points"] is None else f"{verdict['points']:g}"
            text = f"{points} of {about[at]['points']:g} points. {verdict['message']}\n"
            said = {"output_type": "stream", "name": "stdout", "text": shown(text, "code")}
            cell["outputs"] = [said]
        made += [cell, *others[at]]
    if own > MOST_SHOWN:
        more = f"{own - MOST_SHOWN} more cells are in the file that was handed in."
        made.append(_cell("markdown", more, own))
    notebook["cells"] = made
    return written


def _cell(kind: str, source: str, number: int) -> dict:
    """A cell that was not handed out."""
    cell = {"cell_type": kind if kind == "code" else "markdown", "metadata": {}}
    cell |= {"id": f"own-{number}", "source": shown(source, kind)}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def shown(text: str, kind: str) -> str:
    """A student's text, in which no HTML, link or heading can do anything on a teacher's page."""
    text = text[:LONGEST_SHOWN].encode(errors="replace").decode()
    text = text.replace("\r", "\n")  # which Markdown takes for one
    return text if kind == "code" else HEADING.sub(r"\g<0>\\", ACTIVE.sub(r"\g<0> ", text))


class Export(ExportPlugin):
    """``export`` as nbgrader has it, and one column more: what was not graded, and why.

    Who was not graded has no points in it, unlike who got 0.
    """

    def export(self, gradebook: api.Gradebook) -> None:
        """Write the table."""
        GRADED.create(gradebook.engine, checkfirst=True)
        with open(self.to or "grades.csv", "w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, COLUMNS.split())
            table.writeheader()
            with chdir(self.parent.coursedir.root):
                for assignment in gradebook.assignments:
                    if not self.assignment or assignment.name in map(str, self.assignment):
                        table.writerows(self._rows(gradebook, assignment))

    def _rows(self, gradebook: api.Gradebook, assignment: api.Assignment) -> Iterator[dict]:
        """A row for each student of the class, and for each who is only in ``submitted/``."""
        found = handed_in(assignment.name) if Path("submitted").is_dir() else []
        files = {tame(each.student): each.path for each in found}
        known = {student.id: student for student in gradebook.students}
        graded = {each.student.id: each for each in assignment.submissions}
        for student_id in sorted(known.keys() | files.keys()):
            if not self.student or student_id in map(str, self.student):
                row = {"student_id": student_id, "assignment": assignment.name}
                row |= {"duedate": assignment.duedate, "max_score": assignment.max_score}
                for key in ("last_name", "first_name", "email"):
                    row[key] = getattr(known.get(student_id), key, None)
                file, submission = files.get(student_id), graded.get(student_id)
                row |= self._points(gradebook, file, submission)
                yield {key: harmless(cell) for key, cell in row.items()}

    def _points(
        self, gradebook: api.Gradebook, file: Path | None, submission: api.SubmittedAssignment
    ) -> dict:
        """What is in the gradebook, if it is of the file that lies there."""
        ids = [each.id for each in submission.notebooks] if submission else []
        row = gradebook.db.execute(select(GRADED).where(GRADED.c.notebook_id.in_(ids))).first()
        if file and not file.exists():
            return {"not_graded": "There is no notebook in the folder."}
        if file and (not row or row.handed_in != digest(read_bytes(file))):
            return {"not_graded": "It was not graded: see what nbgrader autograde says."}
        if not submission:
            return {"not_graded": "Nothing was handed in."}
        all_grades = [grade for each in submission.notebooks for grade in each.grades]
        waiting = [grade for grade in all_grades if grade.needs_manual_grade]
        if waiting and row and (aside := json.loads(row.result).get("aside")):
            return {"not_graded": aside}
        # Points that were given for another answer are none.
        points = submission.score - sum(grade.score for grade in waiting)
        penalty, names = submission.late_submission_penalty, ", ".join(g.name for g in waiting)
        return {
            "timestamp": submission.timestamp,
            "raw_score": points,
            "late_submission_penalty": penalty,
            "score": max(0.0, points - penalty),
            "not_graded": names and f"A teacher has to grade: {names}",
        }

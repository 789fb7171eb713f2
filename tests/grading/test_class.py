"""A class at once: every student has a row, and what has its result keeps it, whatever happens."""

import csv
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from asyncio import CancelledError
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

import psutil
import pytest
from dask.distributed import Client
from distributed.comm import CommClosedError
from nbgrader import api

from course.grading import SandboxError, grade, read, worker
from course.grading import __main__ as command
from course.grading.__main__ import LostError
from course.grading.assignment import draw, word
from course.grading.store import Store
from grading.conftest import SECRET, needs_sandbox
from grading.homework import SOURCES, Book
from grading.red_team import ROWS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

JORG = b"j\xf6rg".decode("utf-8", "surrogateescape")
CLASS = {
    **{"ada": "solution", "bo": "blank", "cy": "empty", "di": "no_floor", "ed": "quits"},
    JORG: "solution",
}
POINTS = {"ada": "6", "bo": "0", "cy": "", "di": "4", "ed": "6", "j\\udcf6rg": "6"}
WORD = word(SECRET, "padding")  # of the class
ROOT = str(Path(command.__file__).parents[2])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a class, which everything is run in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", ROOT)
    Path("source/padding").mkdir(parents=True)
    Path("source/padding/padding.ipynb").write_text(json.dumps(SOURCES["padding"]))
    Path("secret.txt").write_text(SECRET)
    for student, row in CLASS.items():
        hand_in(student, row)
    return tmp_path


OPTIONS = [
    [],
    ["--secret", "secret.txt"],
    ["--secret", "other.txt"],
    ["--secret", "secret.txt", "--own-settings"],
]


def hand_in(
    student: str, row: str, name: str = "padding (1).ipynb", seed: str = WORD, **answers: str
) -> None:
    book = Book("padding")
    if seed:
        draw(book.cells, seed)
    made = ROWS[row].make(book)
    book.answer(**answers)
    path = Path("submitted", student, "padding", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(book) if made is None else made)


def table() -> dict[str, dict]:
    with open("reports/padding.csv", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def graded(*options: str) -> dict[str, dict]:
    assert command.main(["padding", "--secret", "secret.txt", "--workers", "1", *options]) == 0
    return table()


def kept() -> dict[str, str]:
    """What is in the store, whoever is writing to it."""
    if not Path("grades.sqlite").exists():
        return {}
    with closing(sqlite3.connect("grades.sqlite", timeout=60)) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        if not store.execute("SELECT name FROM sqlite_master").fetchall():
            return {}
        return dict(store.execute("SELECT key, result FROM results"))


def test_everybody_has_a_row(folder, capfd, monkeypatch):
    needs_sandbox()
    # Each student is asked for another number: fay's is right for her alone.
    source = json.dumps(SOURCES["padding"])
    fays, gils = (read("padding", source, SECRET, name).parts[2] for name in ("fay", "gil"))
    assert fays.question.answer != gils.question.answer
    own = {student: word(SECRET, "padding", student) for student in [*CLASS, "fay", "gil"]}
    for student, row in CLASS.items():
        hand_in(student, row, seed=own[student])
    for student in ("fay", "gil"):
        size = f"size = {fays.question.answer}"
        hand_in(student, "solution", seed=own[student], size=size)
    Path("submitted/hal/padding").mkdir(parents=True)
    Path("students.csv").write_text("id,first_name,last_name\nada,,\nkim,Kim,Lee\n")
    hand_in("ida", "outputs_of_40_mb")
    hand_in("jan", "colab", "pädding.ipynb".encode("latin-1").decode("utf-8", "surrogateescape"))
    rows = graded("--own-settings", "--workers", "2")
    points = {student: row["points"] for student, row in rows.items()}
    assert points == POINTS | {"fay": "6", "gil": "5", "hal": "", "ida": "6", "jan": "6", "kim": ""}
    assert {s: row["not graded because"] for s, row in rows.items() if not row["points"]} == {
        "cy": "The file is empty.",
        "hal": "There is no notebook, or none that can be read.",
        "kim": "Nothing was handed in.",
    }
    assert {row["late hours"] for row in rows.values()} == {""}
    assert not Path("feedback/kim").exists()
    # Again: nothing is graded twice, and who hands in again is graded.
    before = Path("grades.sqlite").read_bytes()
    assert graded("--own-settings") == rows
    assert Path("grades.sqlite").read_bytes() == before
    hand_in("bo", "lambdas", "padding.ipynb")
    assert graded("--own-settings")["bo"]["points"] == "6"
    said = capfd.readouterr().out
    assert "1 of 1" in said
    assert "Kim Lee (kim): Nothing was handed in.\n" in said
    assert "9 of 12 are graded" in said
    assert "bo: not graded besides: padding (1).ipynb: padding.ipynb is graded" in said
    # Of all that a result depends on, the course itself is a part.
    key = command.key_of(("padding", source, SECRET, True, True), "ada", b"")
    monkeypatch.setattr(command, "environment", lambda: "another course")
    assert key != command.key_of(("padding", source, SECRET, True, True), "ada", b"")


def test_the_same_in_any_order_and_on_any_number_of_workers(folder, monkeypatch):
    needs_sandbox()
    once = graded(), kept()
    Path("grades.sqlite").unlink()

    def shuffled(name, due):
        return random.Random(1).sample(found := command_handed_in(name, due), len(found))

    command_handed_in = command.handed_in
    monkeypatch.setattr(command, "handed_in", shuffled)
    assert (graded("--workers", "2"), kept()) == once


def test_without_a_sandbox_nothing_is_graded_unless_the_teacher_says_so(folder, capfd, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert command.main(["padding", "--secret", "secret.txt"]) == 1
    said = capfd.readouterr().err
    assert said.endswith("with apt install bubblewrap, or ask for it.\nNothing was graded.\n")
    assert not Path("grades.sqlite").exists()
    assert graded("--without-a-sandbox")["ada"]["points"] == "6"
    assert "WARNING: grade without a sandbox: what a student wrote can" in capfd.readouterr().err


def test_a_result_is_kept_for_good(tmp_path):
    store = Store(tmp_path / "grades.sqlite")
    store.add("key", "ada", Path("x"), {"points": 6})
    assert store.add("key", "ada", Path("x"), {"points": 0}) == {"points": 6}
    assert Store(tmp_path / "grades.sqlite").get("key") == {"points": 6}


@pytest.mark.parametrize(
    ("spoil", "said"),
    {
        "source": (
            lambda: Path("source/padding/padding.ipynb").unlink(),
            "There is no source/padd",
        ),
        "name": (
            lambda: (
                Path("source/padding").rename("source/paddin")
                and Path("source/paddin/padding.ipynb").rename("source/paddin/paddin.ipynb")
            ),
            "There is no source/padding/padding.ipynb here, only paddin.\n",
        ),
        "secret": (lambda: Path("secret.txt").unlink(), "There is no secret.txt here"),
        "empty": (lambda: Path("secret.txt").write_text("\n"), "secret.txt is empty"),
        "nothing": (
            lambda: Path("submitted").rename("elsewhere"),
            "There is no submitted/*/padding here",
        ),
        "store": (lambda: Path("grades.sqlite").write_text("x" * 999), "file is not a database"),
    }.values(),
)
def test_a_mistake_of_the_teachers_is_told(folder, capsys, spoil, said):
    spoil()
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    options = ["padding", "--secret", "secret.txt", "--workers", "1", "--without-a-sandbox"]
    assert command.main(options) == 1
    assert said in capsys.readouterr().err
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("released", OPTIONS)
def test_other_settings_than_were_handed_out_grade_nobody(
    folder, capsys, monkeypatch, released, options
):
    Path("other.txt").write_text("another secret")
    for number in range(60):  # one of them wrote the cell anew, some handed in something else
        secret = SECRET if "secret.txt" in released else "another secret"
        own = f"s{number}" if "--own-settings" in released else ""
        seed = word(secret, "padding", own) if released else ""
        hand_in(f"s{number}", "empty" if number % 9 == 8 else "solution", seed=seed)
    hand_in("s0", "solution", shape="shape = questions.output_size(1, 1, 1)")
    for student in CLASS:
        shutil.rmtree(Path("submitted", student))
    monkeypatch.setattr(command, "connect", lambda *_: (_ for _ in ()).throw(LostError("graded")))
    assert command.main(["padding", *options]) == 1
    said = capsys.readouterr().err
    if released == options:
        assert said == "\ngraded\n"
    else:
        assert said.startswith("\nThey were handed out with other settings than ")
        assert "with the version of the course that you released with" in said
        assert said.endswith("Nothing was graded.\n")
        assert not Path("grades.sqlite").exists()


def test_notebooks_without_drawn_cells_are_graded_with_any_secret(folder):
    found = [command.HandedIn(student, Path("submitted", student, "x")) for student in CLASS]
    worker.check_settings(("padding", json.dumps(SOURCES["padding"]), "?", False, True), found)
    worker.check_settings(("design", json.dumps(SOURCES["design"]), "?", False, True), found)


def test_a_day_ends_at_its_end(capsys):
    assert command.date("2026-11-20T18:00").replace(tzinfo=None) == datetime(2026, 11, 20, 18)
    assert command.date("2026-11-20").replace(tzinfo=None) == datetime(2026, 11, 21)
    assert command.date("2026-11-20T18:00+01:00") == datetime(2026, 11, 20, 17, tzinfo=UTC)
    with pytest.raises(SystemExit):
        command.main(["padding", "--due", "Friday"])
    assert "Friday: write 2026-11-20 or 2026-11-20T18:00" in capsys.readouterr().err


def test_a_worker_with_another_course_grades_nothing():
    task = "padding", json.dumps(SOURCES["padding"]), SECRET, False, True
    assert worker.why_not(task, "another").startswith("It has another version of the course")
    with pytest.raises(SandboxError, match="another version"):
        worker.work(task, "another", {"key": ("ada", b"")})


def end(sandbox):
    """End a sandbox, with its server: bubblewrap's end is not yet that of what is in it."""
    sandbox.process.kill()
    with suppress(ConnectionResetError):  # which tells of the end as well
        while sandbox.control.recv(1000):
            pass


def test_a_sandbox_that_broke_is_replaced(assignments):
    needs_sandbox()
    modules = assignments["padding"].modules
    first = worker.sandbox_for(True, *modules)
    end(first)
    task = "padding", json.dumps(SOURCES["padding"]), SECRET, False, True
    assert worker.result_of(task, "ada", bytes(Book("padding")))["verdicts"][0]["points"] == 2
    second = worker.sandbox_for(True, *modules)
    assert second is not first
    for sandbox in (first, second):
        sandbox.__exit__()
    worker.sandbox_for.cache_clear()


def test_nobody_else_on_this_machine_can_command_the_workers():
    with command.connect(None, 1) as client:
        address = client.scheduler.address
        for stranger in (address, address.replace("tls:", "tcp:")):
            with pytest.raises((OSError, RuntimeError, TypeError)):
                Client(stranger, timeout=2)


def test_what_a_teacher_decided_stands_on_the_pages_and_in_the_table(folder, capfd):
    needs_sandbox()
    Path("students.csv").write_text("id,first_name,last_name\ncy,Cy,Young\n")
    hand_in("ada", "solution", why="Because of the odd zero.")
    due = "--due", "2026-01-01T01:00+01:00"
    assert graded("--gradebook", *due)["ada"]["to grade"] == "why"
    said = capfd.readouterr().out
    assert "Cy Young (cy): The file is empty.\n" in said
    assert "Formgrader: 4; then run this again" in said
    with api.Gradebook("sqlite:///gradebook.db") as book:
        notebook = book.find_submission_notebook("padding", "padding", "ada")
        (grade,) = (each for each in notebook.grades if each.name == "why")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        (comment,) = (each for each in notebook.comments if each.name == "why")
        comment.manual_comment = "And where does it go?"
        assert book.find_assignment("padding").duedate == datetime(2026, 1, 1)
        book.db.commit()
    Path("submitted/bo/padding/timestamp.txt").write_text("2026-01-01 01:30:00 UTC")
    Path("submitted/di/padding/late.txt").touch()
    rows = graded()  # what was said once holds
    said = capfd.readouterr().out
    assert "Formgrader: 3; then run this again" in said
    assert "bo: 1.5 hours late\n" in said
    assert "di: late, by how much is not known\n" in said
    assert (rows["ada"]["points"], rows["ada"]["to grade"]) == ("7.5", "")
    assert (rows["ada"]["late hours"], rows["bo"]["late hours"]) == ("", "1.5")
    page = Path("feedback/ada/padding/padding.html").read_text(encoding="utf-8")
    assert "And where does it go?" in page
    assert "with your teacher" not in page
    assert graded("--due", "2026-01-01T01:00+00:00")["bo"]["late hours"] == "0.5"
    with api.Gradebook("sqlite:///gradebook.db") as book:
        assert book.find_assignment("padding").duedate == datetime(2026, 1, 1, 1)


def breaking(assignment, notebook, sandbox):
    """What ends each sandbox, for one notebook."""
    if b"breaks" in notebook:
        end(sandbox)
    return grade(assignment, notebook, sandbox)


def deadly(task, here, some):
    """What ends its worker, for one student."""
    worker.grade = breaking
    students = [student for student, _ in some.values()]
    if "ed" in students:
        os.kill(os.getpid(), signal.SIGKILL)
    if "di" in students:
        raise OSError("out of luck")
    return worker.work(task, here, some)


def test_who_kills_each_worker_is_put_aside_and_takes_nobody_along(folder, monkeypatch):
    needs_sandbox()
    hand_in("bo", "blank", size="breaks")
    monkeypatch.setattr(command, "work", deadly)
    assert command.main(["padding", "--secret", "secret.txt", "--workers", "2"]) == 1
    rows, dead = table(), ("bo", "di", "ed")
    assert {name: row["points"] for name, row in rows.items()} == POINTS | dict.fromkeys(dead, "")
    assert rows["ed"]["not graded because"].endswith("each worker that tried has died.")
    assert rows["di"]["not graded because"].endswith("out of luck.")
    assert rows["bo"]["not graded because"] == worker.BREAKS
    assert len(kept()) == len(CLASS) - len(dead)
    # What was no result is none for good.
    monkeypatch.setattr(command, "work", worker.work)
    assert {name: row["points"] for name, row in graded().items()} == POINTS


# kill -9


@pytest.fixture(scope="module")
def reference():
    return {}


@pytest.fixture
def naps(folder, reference):
    """A class that takes its time, and what comes of it."""
    needs_sandbox()
    shutil.rmtree("submitted")
    for number in range(10):
        book = Book("padding")
        draw(book.cells, WORD)
        # The last ones take longer: who ends something in between is not too late.
        book.add(f"import time\ntime.sleep({0.7 if number < 8 else 3})  # {number}")
        if number % 2:
            book.blank("size")
        path = Path("submitted", f"s{number}", "padding", "padding.ipynb")
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(book))
    if not reference:
        reference["table"], reference["kept"] = graded("--workers", "2"), kept()
        Path("grades.sqlite").unlink()
        Path("reports/padding.csv").unlink()
    return reference


def begin(*options: str) -> subprocess.Popen:
    """Begin to grade, and wait until some of it is done."""
    command = [sys.executable, "-m", "course.grading", "padding", "--secret", "secret.txt"]
    with open("said", "w") as said:
        grading = subprocess.Popen(
            [*command, *options], stdout=said, stderr=said, start_new_session=True
        )
    until(lambda: len(kept()) >= 3 or grading.poll() is not None)
    assert grading.poll() is None, Path("said").read_text()
    return grading


def until(true) -> None:
    for _ in range(1200):
        if true():
            return
        sleep(0.1)
    pytest.fail("it does not come")


def below(*processes: subprocess.Popen) -> list[psutil.Process]:
    return [each for one in processes for each in psutil.Process(one.pid).children(recursive=True)]


def servers(processes: list[psutil.Process]) -> list[psutil.Process]:
    """The sandboxes' outermost processes, the parents of which are the workers."""
    names = {}
    for each in processes:
        with suppress(psutil.NoSuchProcess):  # a submission's, which has ended since
            names[each.pid] = each.name()
    outside = [each for each in processes if names.get(each.pid) == "bwrap"]
    return [each for each in outside if names.get(each.ppid()) != "bwrap"]


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=60)[1]


def same(reference: dict, before: dict[str, str]) -> None:
    """Grade the rest: all is as if nothing had happened, and what was kept before is kept."""
    assert before.items() <= kept().items()
    assert graded("--workers", "2") == reference["table"]
    assert kept() == reference["kept"]
    assert before.items() <= reference["kept"].items()


def test_the_writer_is_killed(naps):
    grading = begin("--workers", "2")
    others = below(grading)
    assert len(servers(others)) == 2  # one for each worker
    grading.kill()
    grading.wait()
    before = kept()
    assert 3 <= len(before) < 10
    assert gone(others)
    same(naps, before)


def test_a_worker_is_killed(naps):
    grading = begin("--workers", "2")
    others = below(grading)
    first = servers(others)[0]
    killed = psutil.Process(first.ppid())
    killed.kill()
    assert gone([killed, first, *first.children(recursive=True)])
    assert grading.wait(300) == 0
    assert gone(others)
    assert "distributed" not in Path("said").read_text()  # what Dask says of it is for nobody here
    assert (table(), kept()) == (naps["table"], naps["kept"])


def test_the_teacher_stops_it(naps):
    grading = begin("--workers", "2")
    others = below(grading)
    os.killpg(grading.pid, signal.SIGINT)
    with suppress(ProcessLookupError):  # who waits for no moment tells it twice
        os.killpg(grading.pid, signal.SIGINT)
    assert grading.wait(10) == 1
    assert gone(others)
    _, _, said = Path("said").read_text().rpartition(" left ")
    assert said == f"\nStopped. {command.KEPT}\n"
    same(naps, kept())


@contextmanager
def cluster(workers: int, **environment: str):
    """A scheduler of one's own, and workers for it, as Dask's own commands start them."""
    dask = [sys.executable, "-m", "dask"]
    place = ["--scheduler-file", "scheduler.json", "--no-dashboard", "--host", "127.0.0.1"]
    Path("scheduler.json").unlink(missing_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [subprocess.Popen([*dask, "scheduler", *place, "--port", "0"], **quiet)]
    try:
        until(lambda: Path("scheduler.json").exists() and Path("scheduler.json").read_text())
        until(lambda: "address" in json.loads(Path("scheduler.json").read_text()))
        for _ in range(workers):
            more = ["worker", *place, "--nthreads", "2"]
            started.append(subprocess.Popen([*dask, *more], env=os.environ | environment, **quiet))
        yield json.loads(Path("scheduler.json").read_text())["address"], started
    finally:
        all_of_it = below(*(each for each in started if each.poll() is None))
        for each in started:
            each.kill()
            each.wait()
        assert gone(all_of_it)


def test_the_scheduler_is_killed(naps):
    with cluster(2) as (address, (scheduler, *workers)):
        with Client(address) as client:
            client.wait_for_workers(2, 60)
        grading = begin("--scheduler", address)
        assert len(servers(below(*workers))) <= 2  # two threads each have one
        scheduler.kill()
        assert grading.wait(120) == 1
        assert "The scheduler has gone. What was graded is kept" in Path("said").read_text()
    before = kept()
    assert 3 <= len(before) < 10
    with cluster(1) as (address, _):
        until(
            lambda: command.main(["padding", "--secret", "secret.txt", "--scheduler", address]) == 0
        )
    assert before.items() <= kept().items()
    assert (table(), kept()) == (naps["table"], naps["kept"])


def slow(task, here, some):
    """Work that takes longer than the command waits before it asks who is there."""
    sleep(4)
    return worker.work(task, here, some)


@pytest.mark.parametrize("call", ["run", "nthreads", "nthreads later"])
@pytest.mark.parametrize("error", [CommClosedError, OSError, ConnectionResetError, CancelledError])
def test_a_scheduler_that_does_not_answer_is_one_sentence(folder, monkeypatch, capfd, call, error):
    """Whatever Dask raises then, and wherever."""
    needs_sandbox()
    name, _, later = call.partition(" ")
    answers = [{"worker": 1}] if later else []
    monkeypatch.setattr(command, "work", slow)

    def answer(*_, **__):
        if answers:
            return answers.pop()
        raise error

    monkeypatch.setattr(Client, name, answer)
    assert command.main(["padding", "--secret", "secret.txt", "--workers", "1"]) == 1
    assert f"The scheduler has gone. {command.KEPT}\n" in capfd.readouterr().err


def test_where_no_worker_is_left_nobody_waits_for_ever(naps, monkeypatch, capfd):
    monkeypatch.setattr(command, "PATIENCE", 3)
    with cluster(1) as (address, (_, worker_process)):
        with Client(address) as client:
            client.wait_for_workers(1, 60)
        threading.Thread(target=lambda: until(kept) or worker_process.kill()).start()
        assert command.main(["padding", "--secret", "secret.txt", "--scheduler", address]) == 1
    assert f"No worker is left. {command.KEPT}" in capfd.readouterr().err


def test_a_worker_without_a_sandbox_grades_nothing(folder, capfd):
    options = ["padding", "--secret", "secret.txt", "--scheduler"]
    assert command.main([*options, "tcp://127.0.0.1:1"]) == 1
    assert "No scheduler answers at tcp://127.0.0.1:1: start it" in capfd.readouterr().err
    with cluster(0) as (address, _):
        assert command.main([*options, address]) == 1
        assert f"start some with dask worker {address}." in capfd.readouterr().err
    with cluster(1, PATH="/nowhere") as (address, _):
        with Client(address) as client:
            client.wait_for_workers(1, 60)
        assert command.main([*options, address]) == 1
        said = capfd.readouterr().err
        assert "tcp://127.0.0.1" in said
        assert "bubblewrap is missing: install it" in said
        assert said.endswith("Nothing was graded.\n")
    assert not Path("grades.sqlite").exists()

"""Grade what a class handed in.

    uv run --extra grading python -m course.grading padding --secret secret.txt

It is run in the folder of a class, as nbgrader has it: ``source/padding/padding.ipynb`` and
``submitted/ada/padding/padding.ipynb``, which `course.grading.collect` puts there. Each result is
written to ``grades.sqlite`` as it comes, and to nbgrader's gradebook if there is one or with
``--gradebook``, which makes it; in the end come the pages for students and teacher, and a table.
Run it again after a stop, or when more was handed in: what has its result keeps it.
"""

import argparse
import hashlib
import os
import signal
import sqlite3
import sys
from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

from course.grading import SandboxError, report
from course.grading.assignment import AssignmentError
from course.grading.collect import CollectError, HandedIn, absent, handed_in, read_bytes, source_of
from course.grading.feedback import points_of
from course.grading.names import readable
from course.grading.store import Store
from course.grading.worker import Task, check_settings, environment, why_not, work
from course.text import for_any_terminal

UNSAFE = (
    "grade without a sandbox: what a student wrote can read, change and delete all that you can, "
    "and end your programs"
)
GRADEBOOK = "gradebook.db"
TOGETHER, LARGE = 4, 10_000_000  # submissions for a worker at a time, and bytes
PATIENCE = 60  # seconds in which a worker that died is replaced
KEPT = "What was graded is kept: run the command again for the rest."


class LostError(RuntimeError):
    """There is no scheduler, or no worker."""


def date(text: str) -> datetime:
    """A time as the teacher's clock shows it; of a day without a time, the end."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: write 2026-11-20 or 2026-11-20T18:00") from None
    return (when + timedelta(days=1) if len(text) == len("2026-11-20") else when).astimezone()


def key_of(task: Task, student: str, notebook: bytes) -> str:
    """All that a result depends on."""
    made = hashlib.sha256("\0".join([*map(str, task), environment()]).encode())
    made.update(os.fsencode(f"\0{student}\0") + notebook)
    return made.hexdigest()


def connect(scheduler: str | None, workers: int | None):
    """The workers, on this machine or elsewhere."""
    loggers = {name: {"level": "CRITICAL"} for name in ("distributed", "tornado", "asyncio")}
    quiet = {"version": 1, "incremental": True, "loggers": loggers}
    os.environ.setdefault("DASK_LOGGING", str(quiet))  # also for workers here, before the import
    # When this process ends at once, Python cleans up behind it, and need not say so.
    os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning:multiprocessing.resource_tracker")

    import dask
    from dask.distributed import Client

    # A worker that dies must take no submission with it that only waits there.
    dask.config.set({"distributed.scheduler.worker-saturation": 1.0})
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GB"})
    if not scheduler:
        # Ctrl-C is for this process, not for its workers, who are told; they begin as it is then.
        usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
        # Whoever else works on this machine could have the workers do as they please, without TLS.
        local = {"security": True, "dashboard_address": "127.0.0.1:0"}
        client = Client(n_workers=workers, threads_per_worker=1, **local)
        signal.signal(signal.SIGINT, usual)
        return client
    try:
        return Client(scheduler)
    except (OSError, ValueError):
        why = f"No scheduler answers at {scheduler}: start it with dask scheduler."
        raise LostError(why) from None


@contextmanager
def reaching() -> Iterator[None]:
    """For Dask a scheduler that does not answer is one of several errors, at any call."""
    try:
        yield
    except (CancelledError, OSError) as error:
        raise ConnectionError from error


def check(client, task: Task, scheduler: str | None) -> None:
    """Start the sandboxes; where one does not start, nothing is to be graded."""
    with reaching():
        said = client.run(why_not, task, environment(), on_error="return")
    if not said:
        raise LostError(f"No worker is there yet: start some with dask worker {scheduler}.")
    bad = {f"{worker}: {why}" if scheduler else str(why) for worker, why in said.items() if why}
    if bad:
        raise SandboxError("\n".join([*sorted(bad), "Nothing was graded."]))


def results(client, task: Task, todo: dict[str, HandedIn], alone: bool) -> Iterator[tuple]:
    """Each key with its result, or with the error that there is instead, as they come.

    Some are handed to a worker together, for each message takes its time, and never all at once,
    for their notebooks would fill the memory. Those that are to be ``alone`` go one after another.
    """
    from dask.distributed import as_completed

    waiting, running, most = iter(todo.items()), as_completed(), 0
    sent: dict[str, list[str]] = {}
    while True:
        if 2 * running.count() <= most:
            with reaching():
                most = 1 if alone else max(2 * sum(client.nthreads().values()), 1)
        while running.count() < most:
            some: dict[str, tuple[str, bytes]] = {}
            size, enough = 0, 1 if alone else TOGETHER
            while len(some) < enough and size < LARGE and (each := next(waiting, None)):
                key, handed = each
                try:
                    notebook = read_bytes(handed.path)
                    if key != key_of(task, handed.student, notebook):
                        raise OSError("it was changed meanwhile")
                except OSError as error:
                    yield key, error
                    continue
                some[key] = handed.student, notebook
                size += len(notebook)
            if not some:
                break
            name = f"graded-{min(some)}{'-alone' * alone}"
            sent[name] = list(some)
            running.add(client.submit(work, task, environment(), some, key=name))
        if running.is_empty():
            return
        for future in next_of(running, client):
            try:
                found = future.result()
            except (Exception, CancelledError) as error:
                found = dict.fromkeys(sent[future.key], error)
            if future.status not in ("finished", "error"):
                raise ConnectionError
            yield from found.items()


def next_of(running, client) -> list:
    """What is done next; Dask itself would wait for ever where the last worker was not replaced."""
    seen = monotonic()
    while not (done := running.next_batch(block=False)):
        sleep(0.01)
        with reaching():
            there = monotonic() > seen + 1 and client.nthreads()
        if there:
            seen = monotonic()
        elif monotonic() > seen + PATIENCE:
            raise LostError(f"No worker is left. {KEPT}")
    return done


def grade_all(client, task: Task, found: list[HandedIn], book) -> tuple[dict, bool]:
    """Each student's result, and whether all are final; those that are go to the store."""
    from dask.distributed import KilledWorker

    store, students, todo = Store(Path("grades.sqlite")), {}, {}

    def settle(handed: HandedIn, result: dict) -> None:
        if book and handed.path.exists():
            book.write(task[0], handed, result)
            result = result | {"read": book.decided(task[0], handed.student)}
        students[handed.student] = handed, result

    for handed in found:
        try:
            key = key_of(task, handed.student, read_bytes(handed.path))
        except OSError:
            settle(handed, {"aside": "There is no notebook, or none that can be read."})
        else:
            if result := store.get(key):
                settle(handed, result)
            else:
                todo[key] = handed
    for alone in (False, True):  # who took a worker along may only have been beside another who did
        failed, began = {}, monotonic()
        for done, (key, result) in enumerate(results(client, task, todo, alone), 1):
            handed = todo[key]
            if isinstance(result, dict) and "again" not in result:
                settle(handed, store.add(key, handed.student, handed.path, result))
            else:
                failed[key] = result
            left = round((monotonic() - began) / done * (len(todo) - done))
            print(f"\r{done} of {len(todo)}, {timedelta(seconds=left)} left ", end="", flush=True)
        todo = {key: todo[key] for key in failed}
    for key, handed in todo.items():
        result = failed[key]
        if not isinstance(result, dict):
            killed = isinstance(result, KilledWorker)
            why = "each worker that tried has died" if killed else readable(result)
            result = {"aside": f"It is not graded yet: {why}."}
        settle(handed, result)
    return {each.student: students[each.student] for each in found}, not todo


def main(arguments: list[str] | None = None) -> int:
    """Grade; 1 if something could not be graded yet."""
    for_any_terminal()
    parser = argparse.ArgumentParser(prog="python -m course.grading")
    parser.add_argument("assignment", help="such as padding")
    parser.add_argument("--secret", type=Path, help="the file that the settings are drawn by")
    parser.add_argument("--own-settings", action="store_true", help="each student had their own")
    parser.add_argument("--due", type=date, help="such as 2026-11-20T18:00; tells who is late")
    parser.add_argument(
        "--gradebook",
        nargs="?",
        const=f"sqlite:///{GRADEBOOK}",
        default=f"sqlite:///{GRADEBOOK}" if Path(GRADEBOOK).exists() else None,
        help=f"nbgrader's, a database URL; {GRADEBOOK} is used if it is there",
    )
    parser.add_argument("--scheduler", help="the address of a Dask scheduler; else this machine")
    parser.add_argument("--workers", type=int, help="on this machine")
    parser.add_argument("--without-a-sandbox", action="store_true", help=UNSAFE)
    try:
        return run(parser.parse_args(arguments))
    except ConnectionError:
        print(f"\nThe scheduler has gone. {KEPT}", file=sys.stderr)
    except sqlite3.DatabaseError as error:
        print(f"\nThe database cannot be used ({error}). {KEPT}", file=sys.stderr)
    except (AssignmentError, CollectError, LostError, SandboxError) as error:
        print(f"\n{error}", file=sys.stderr)
    return 1


def run(asked: argparse.Namespace) -> int:
    name = asked.assignment
    source = source_of(name).read_text(encoding="utf-8")
    try:
        secret = asked.secret.read_text(encoding="utf-8").strip() if asked.secret else ""
    except OSError:
        why = "it is the one that you released with"
        raise CollectError(f"There is no {asked.secret} here: {why}.") from None
    if asked.secret and not secret:
        raise CollectError(f"{asked.secret} is empty: take the one that you released with.")
    if asked.without_a_sandbox:
        print(f"WARNING: {UNSAFE}", file=sys.stderr)
    task = name, source, secret, asked.own_settings, not asked.without_a_sandbox
    book: AbstractContextManager = nullcontext()
    due = asked.due
    if asked.gradebook:
        from course.grading.nbgrader import Gradebook

        secret_file = str(asked.secret or "")
        book = Gradebook(asked.gradebook, secret=secret_file, own_settings=asked.own_settings)
        due = book.due(name, asked.due)
    found = handed_in(name, due)
    if not found:
        where = Path("submitted", "*", name)
        raise CollectError(f"There is no {where} here: put it there with course.grading.collect.")
    check_settings(task, found)
    with connect(asked.scheduler, asked.workers) as client:
        check(client, task, asked.scheduler)
        with book as writer:
            students, final = grade_all(client, task, found, writer)
    students |= absent(name, found)
    print()
    for handed, result in students.values():
        said = [result["aside"]] if "aside" in result else []
        said += [handed.lateness] if handed.lateness else []
        said += [f"not graded besides: {each}" for each in handed.besides]
        for each in said:
            print(f"{readable(handed.who)}: {each}")
    report.write(name, source, task[2], asked.own_settings, students)
    graded = sum("aside" not in result for _, result in students.values())
    print(f"{graded} of {len(students)} are graded: see {Path('reports', name)}.html and .csv")
    results = [result for _, result in students.values()]
    points = [each for result in results for each in points_of(result).values()]
    if asked.gradebook and (waiting := points.count(None)):
        print(f"For you to grade in nbgrader's Formgrader: {waiting}; then run this again")
    return 0 if final else 1


def stop(*_) -> None:
    """End at once, and the workers with it: to close Dask may take a minute."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.write(sys.stderr.fileno(), f"\nStopped. {KEPT}\n".encode())
    os._exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, stop)
    sys.exit(main())

"""Grade what a class handed in.

    uv run --extra grading python -m course.grading padding --secret secret.txt

It is run in the folder of a class, as nbgrader has it: ``source/padding/padding.ipynb`` and
``submitted/ada/padding/padding.ipynb``. Each result is written to ``grades.sqlite`` as it comes,
and in the end all are written to ``grades.csv``. Run it again after a stop, or when more was
handed in: what has its result keeps it.
"""

import argparse
import csv
import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import monotonic

from course.grading import Assignment, Sandbox, SandboxError, read
from course.grading.worker import environment, result_of

UNSAFE = (
    "grade without a sandbox: what a student wrote can read, change and delete all that you can, "
    "and end your programs"
)


class Store(dict):
    """Results by key, which are in a file too; one process writes."""

    def __init__(self, path: Path):
        self.file = sqlite3.connect(path)
        columns = "key TEXT PRIMARY KEY, student TEXT, file TEXT, result TEXT"
        self.file.execute(f"CREATE TABLE IF NOT EXISTS results ({columns})")
        rows = self.file.execute("SELECT key, result FROM results")
        super().__init__((key, json.loads(result)) for key, result in rows)

    def add(self, key: str, student: str, path: Path, result: dict) -> None:
        """Keep a result for good; a key that has one keeps it."""
        row = [key, readable(student), readable(path), json.dumps(result)]
        self.file.execute("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)", row)
        self.file.commit()
        self.setdefault(key, result)


def readable(name: object) -> str:
    """A name that may not be UTF-8."""
    return str(name).encode(errors="backslashreplace").decode()


def handed_in(name: str) -> Iterator[tuple[str, Path]]:
    """Each student's notebook: of several, the one with the right name, or the latest."""
    for folder in sorted(Path("submitted").glob(f"*/{name}")):
        paths = sorted(folder.glob("*.ipynb"), key=lambda path: path.stat().st_mtime)
        paths.sort(key=lambda path: path.stem == name)
        if paths:
            yield folder.parent.name, paths[-1]
        if others := [readable(path) for path in paths[:-1]]:
            print(f"{readable(folder.parent.name)}: not graded besides: {', '.join(others)}")


def write_table(path: Path, assignment: Assignment, rows: dict[str, dict]) -> None:
    """A row for each student; who was not graded has a reason, and no points."""
    parts = [part.grade_id for part in assignment.parts]
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["student", "points", "not graded because", *parts])
        for student, result in rows.items():
            points = {each["grade_id"]: each["points"] for each in result.get("verdicts", ())}
            known = points and None not in points.values()
            why = result.get("aside") or ("" if known else "A teacher has to look.")
            total = sum(points.values()) if known else ""
            table.writerow([readable(student), total, why, *map(points.get, parts)])


def main(arguments: list[str] | None = None) -> int:
    """Grade; 1 if somebody could not be graded yet."""
    from dask.distributed import Client, as_completed

    parser = argparse.ArgumentParser(prog="python -m course.grading")
    parser.add_argument("assignment", help="such as padding")
    parser.add_argument("--secret", type=Path, help="the file that the settings are drawn by")
    parser.add_argument("--own-settings", action="store_true", help="each student had their own")
    parser.add_argument("--scheduler", help="the address of a Dask scheduler; else this machine")
    parser.add_argument("--workers", type=int, help="on this machine")
    parser.add_argument("--without-a-sandbox", action="store_true", help=UNSAFE)
    asked = parser.parse_args(arguments)
    name = asked.assignment
    source = Path("source", name, f"{name}.ipynb").read_text(encoding="utf-8")
    secret = asked.secret.read_text(encoding="utf-8").strip() if asked.secret else ""
    if asked.secret and not secret:
        parser.error(f"{asked.secret} is empty: write a long word into it that nobody can guess")
    walls = not asked.without_a_sandbox
    if not walls:
        print(f"WARNING: {UNSAFE}", file=sys.stderr)
    if not asked.scheduler:
        try:
            with Sandbox([], walls=walls):
                pass
        except SandboxError as error:
            parser.exit(1, f"{error} Nothing was graded.\n")
    task = name, source, secret, asked.own_settings, walls
    common = "\0".join([*map(str, task), environment()]).encode()
    store, keys, todo = Store(Path("grades.sqlite")), {}, {}
    for student, path in handed_in(name):
        made = hashlib.sha256(common)
        made.update(os.fsencode(f"\0{student}\0") + path.read_bytes())
        keys[student] = key = made.hexdigest()
        if key not in store:
            todo[key] = student, path
    local = {"n_workers": asked.workers, "threads_per_worker": 1, "dashboard_address": None}
    failed, began = 0, monotonic()
    with Client(asked.scheduler) if asked.scheduler else Client(**local) as client:
        waiting = iter(todo.items())

        def more(many: int) -> list:
            return [
                client.submit(result_of, task, student, path.read_bytes(), key=key)
                for key, (student, path) in islice(waiting, many)
            ]

        # Not all at once: their notebooks would fill the scheduler's memory.
        futures = as_completed(more(3 * len(client.nthreads())))
        for done, future in enumerate(futures, 1):
            student, path = todo[future.key]
            if future.status == "finished":
                store.add(future.key, student, path, future.result())
            else:
                failed += 1
                print(f"{readable(student)}: {future.exception()!r}")
            left = (monotonic() - began) / done * (len(todo) - done)
            print(f"\r{done} of {len(todo)}, {left:.0f} s left ", end="", flush=True)
            futures.update(more(1))
    rows = {student: store[key] for student, key in keys.items() if key in store}
    write_table(Path("grades.csv"), read(name, source), rows)
    print(f"\n{len(rows)} of {len(keys)} are in grades.csv")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The last step of a homework: what is still missing, and which file to hand in.

What is graded is the notebook as it is saved: one file, which nbgrader and every learning platform
know. A copy would be out of date after the next change, so none is written. Instead the file is
compared with what was run.
"""

import json
from pathlib import Path
from typing import NamedTuple

from IPython import get_ipython

from course.check.feedback import Check

STUBS = ("raise NotImplementedError()", "YOUR ANSWER HERE")  # nbgrader's, to be replaced
ELSEWHERE = (
    "If you work on another computer, such as Binder, bring the file to yours: right-click it in "
    "the list of files, **Download**."
)
NOWHERE = "Save it (Ctrl + S), or download it, and hand in that file."


class Part(NamedTuple):
    """A cell that a student fills in, as it stands in a file."""

    name: str
    source: str
    is_code: bool

    @property
    def is_missing(self) -> bool:
        return not self.source or any(stub in self.source for stub in STUBS)


def hand_in(name: str) -> Check:
    """Say which answers of the homework ``name`` are still missing, and which file to hand in.

    It is true when nothing is missing and the file holds what was run.
    """
    shell, mark = get_ipython(), f'hand_in("{name}")'
    ran = {source.strip() for source in shell.history_manager.input_hist_raw} if shell else set()

    def unsaved(parts: list[Part]) -> list[str]:
        if mark not in ran:  # this very cell: nobody keeps what is run
            return []
        code = [part for part in parts if part.is_code and not part.is_missing]
        return [part.name for part in code if part.source not in ran]

    files = {path: _parts(path, mark) for path in Path().glob("*.ipynb")}
    if not any(files.values()):
        return Check(False, f"No file of this homework lies here. {NOWHERE}", answered=False)
    # Of several copies, the one that is open holds most of what was run.
    path, parts = min(
        ((path, parts) for path, parts in files.items() if parts),
        key=lambda each: (len(unsaved(each[1])), -each[0].stat().st_mtime),
    )
    if names := unsaved(parts):
        said = f"The file `{path.name}` does not hold what you ran: {_listed(names)}."
        return Check(False, f"{said} Run that cell, save (Ctrl + S), and run this cell again.")
    file = f"Hand in one file, as it is saved now: `{path.name}`."
    if missing := [part.name for part in parts if part.is_missing]:
        said = f"Still missing: {_listed(missing)}. You may hand in the rest. {file}"
        return Check(False, said, notes=[ELSEWHERE], answered=False)
    return Check(True, f"Nothing is missing. {file}", notes=[ELSEWHERE])


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _parts(path: Path, mark: str) -> list[Part]:
    """What is to be filled in in a notebook that calls ``mark``; nothing in any other file."""
    parts, is_ours = [], False
    try:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"]).strip()
            about = cell["metadata"].get("nbgrader", {})
            is_ours |= source == mark
            if about.get("solution"):
                parts.append(Part(about["grade_id"], source, cell["cell_type"] == "code"))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):  # no notebook
        return []
    return parts if is_ours else []

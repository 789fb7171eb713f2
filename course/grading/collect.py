"""What was handed in."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class HandedIn:
    """The one notebook of a student that is graded."""

    student: str
    path: Path
    when: datetime | None = None
    late: float = 0
    besides: tuple[str, ...] = ()


def handed_in(name: str, due: datetime | None = None) -> list[HandedIn]:
    """Each student's notebook: of several, the one with the right name, or the latest."""
    found = []
    for folder in sorted(Path("submitted").glob(f"*/{name}")):
        paths = sorted(folder.glob("*.ipynb"), key=lambda path: path.stat().st_mtime)
        paths.sort(key=lambda path: path.stem == name)
        stamp = folder / "timestamp.txt"
        when = (
            datetime.fromisoformat(stamp.read_text().strip().replace(" UTC", ""))
            if stamp.exists()
            else None
        )
        if paths:
            besides = tuple(str(path) for path in paths[:-1])
            found.append(HandedIn(folder.parent.name, paths[-1], when, 0, besides))
    return found

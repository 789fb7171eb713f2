"""Keep the notes for teachers true: what they say of a lesson is read from the lesson.

    uv run --group test python tests/tools/teaching.py

In ``notebooks/for_teachers.md``, all from a lesson's heading to its "**Discuss.**" is written anew.
"""

import re
import sys

from lessons import NOTEBOOKS, VALUES, cells, minutes, neutral_environment, read, run
from nbformat import NotebookNode
from tool import print_anywhere

from course.mistakes import MISTAKES
from course.predict.prediction import Prediction

PAGE = NOTEBOOKS / "for_teachers.md"
LESSONS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))[1:]  # after the start page
TITLE = re.compile(r"# (.+)")
CHECKED = re.compile(r"\bcheck\((\w+),")
PROMISE = re.compile(r"^- .*$", re.MULTILINE)
WRITTEN_ANEW = r"^### \[[^\]]+\]\({}\)\n.*?(?=^\*\*Discuss\.\*\* .+\n\n\*\*Watch for\.\*\* )"


def beliefs(notebook: NotebookNode, namespace: dict) -> list[str]:
    """What a lesson's predictions and exercises can tell that a student believes.

    Questions from earlier lessons belong to those.
    """
    earlier = [namespace.get("first"), namespace.get("second")]
    asked = [each.question for each in namespace[VALUES].values() if isinstance(each, Prediction)]
    asked = [each for each in asked if each not in earlier]
    for _, cell in cells(notebook, "code"):
        asked += [namespace[name] for name in CHECKED.findall(cell.source)]
    told = {name for each in asked for name in each.told_apart}
    return [MISTAKES[name].believes for name in MISTAKES if name in told]


def notes(name: str, notebook: NotebookNode, namespace: dict) -> str:
    """What the page says of a lesson, down to what to discuss."""
    opening = notebook.cells[0].source
    return "\n".join(
        [
            f"### [{TITLE.match(opening)[1]}]({name})",
            "",
            f"{minutes(notebook)} minutes, after which a student can",
            "",
            *PROMISE.findall(opening),
            "",
            "Its questions tell apart those who believe:",
            "",
            *(f"- {belief}" for belief in beliefs(notebook, namespace)),
            "\n",
        ]
    )


def renewed(page: str, name: str, text: str) -> str:
    """The page with what it says of one lesson; ``ValueError`` if it has no place for that."""
    place = re.compile(WRITTEN_ANEW.format(re.escape(name)), re.DOTALL | re.MULTILINE)
    if not place.search(page):
        raise ValueError(
            f"{PAGE.name} has no place for {name}: write “### [title]({name})”, and below it a "
            "line that begins with “**Discuss.** ” and one with “**Watch for.** ”"
        )
    return place.sub(lambda _: text, page, count=1)


def main() -> None:
    """Write the page anew."""
    page = PAGE.read_text(encoding="utf-8")
    for path in LESSONS:
        notebook = read(path)
        page = renewed(page, path.name, notes(path.name, notebook, run(notebook, path.parent)))
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    print_anywhere()
    neutral_environment()
    sys.exit(main())

"""The lessons as a series: what is explained where, and what the start page says of them.

The start page collects the words of the course, each with a link to the section that explains it:

    - **stride** ([05](05_stride.ipynb#Larger-steps)): the length of a step
"""

import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import lessons
import pytest
from lessons import FENCE, LINK, NOTEBOOKS, cells

START = NOTEBOOKS / "00_start_here.ipynb"
TERM = re.compile(r"^- \*\*(?P<term>.+?)\*\* \(\[\d\d\]\((?P<see>[^)]+)\)\): \S", re.MULTILINE)
HEADING = re.compile(r"^#+ +(.*?) *$")
MAP = "## The map"
BOLD = re.compile(r"\*\*.+?\*\*")


def series(folder: Path) -> list[Path]:
    """The start page and the lessons, in reading order."""
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def terms(folder: Path) -> dict[str, str]:
    """The words of the course, each with the section that explains it."""
    start, *_ = series(folder)
    texts = (cell.source for _, cell in cells(lessons.read(start), "markdown"))
    return {found["term"]: found["see"] for text in texts for found in TERM.finditer(text)}


def lines(folder: Path) -> Iterator[tuple[str, str]]:
    """Each line of text that a reader of the series reads, after its section as a link has it.

    What only announces a lesson is none: headings, promises, the next lesson, and the map of the
    start page with what follows.
    """
    start, *_ = series(folder)
    for path in series(folder):
        section = ""
        for number, (_, cell) in enumerate(cells(lessons.read(path), "markdown")):
            if path == start and cell.source.startswith(MAP):
                break
            for line in FENCE.sub("", cell.source).split("\n"):
                if heading := HEADING.match(line):
                    section = re.sub(r"[*`]", "", heading[1]).replace(" ", "-")
                elif path == start or not line.startswith("- " if number == 0 else "Next: "):
                    yield f"{path.name}#{section}", LINK.sub(r"\g<text>", line)


def problems(folder: Path) -> Iterator[str]:
    """Words that are used before they are explained, or not where the start page says so."""
    for term, see in terms(folder).items():
        # A word in code font is a name; else `same` would be found in "the same place". Brackets
        # come with something in them.
        word = rf"\b{term}(?:e?s)?\b" if term[0].isalpha() else re.escape(term.split()[0])
        uses = (
            (section, line, match)
            for section, line in lines(folder)
            for match in re.finditer(word, line, re.IGNORECASE)
        )
        section, line, use = next(uses, ("", "", None))
        if use is None:
            yield f"no lesson uses {term}"
        elif not any(bold.start() < use.start() < bold.end() for bold in BOLD.finditer(line)):
            yield f"{term} is used before it is explained, in {section}: “{line}”"
        elif section != urllib.parse.unquote(see):
            yield f"{term} is explained in {section}, but the start page says {see}"


def test_every_word_is_explained_at_its_first_use():
    assert terms(NOTEBOOKS)
    found = list(problems(NOTEBOOKS))
    assert not found, "\n".join(found)


def links(texts: list[str]) -> list[str]:
    """The files that texts lead to."""
    return [found["target"].partition("#")[0] for text in texts for found in LINK.finditer(text)]


def test_each_lesson_is_on_the_map_and_leads_to_the_next():
    paths = series(NOTEBOOKS)
    texts = [[cell.source for _, cell in cells(lessons.read(path), "markdown")] for path in paths]
    for path, cell, follows in zip(paths, texts, [*paths[1:], START], strict=True):
        (follow,) = links([cell[-1].splitlines()[-1]])
        assert follow == follows.name, f"the last line of {path.name} leads to {follow}"
        assert path == START or path.name in links(texts[0]), f"{path.name} is not in {START.name}"


GLOSSARY = "- **stride** ([01](01_steps.ipynb#A-step)): the length of a step"


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        ("# A step\n\nThe **stride** is it.", "Strides are long.", None),
        ("# A step\n\nThe **longest strides** are it.", "", None),
        ("# A step\n\nThe stride is long.", "The **stride** is it.", "before it is explained"),
        ("# A `step`\n\nThe **stride**.", "", None),
        ("# Steps\n\nThe **stride**.", "", "but the start page says"),
        ("# A step\n\nAstride.", "", "no lesson uses"),
        ("# Strides\n\n- say stride,\n\n## A step\n\nThe **stride** is it.", "", None),
    ],
)
def test_a_word_that_is_used_too_early_is_noticed(first, second, wrong, write_notebook):
    start = (("markdown", "# Start"), ("markdown", "## The map"), ("markdown", GLOSSARY))
    write_notebook(*start, name="00_start.ipynb", execute=False)
    write_notebook(("markdown", first), name="01_steps.ipynb", execute=False)
    path = write_notebook(("markdown", second), name="02_more.ipynb", execute=False)
    found = list(problems(path.parent))
    assert [wrong in each for each in found] == [True] * bool(wrong) if wrong else found == []

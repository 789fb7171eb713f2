"""Does a page tell the answer to a prediction before the student has committed to one?

    uv run --group test python tests/tools/spoilers.py notebooks/02_padding.ipynb

Above a prediction, where a student has run and opened everything, nothing may hold its setting
together with its answer: no sentence, code, output or alternative text (every picture has one, an
explorer too). Below it, up to the next heading, where a student looks on, the answer may not stand
at all, unless folded: in the output of a cell with the tag ``reveal``, or in ``<details>``.
"""

import argparse
import html
import itertools
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from numbers import Real
from pathlib import Path

import prose
from lessons import BOLD, FOLDED, VALUES, neutral_environment, read, run
from nbformat import NotebookNode
from tool import print_anywhere

from course.predict.prediction import Prediction
from course.questions import Question

HEADING = re.compile(r"^#{2,6} ", re.MULTILINE)
ALT = re.compile(r'alt="([^"]*)"')


def spoilers(notebook: NotebookNode, namespace: dict) -> Iterator[str]:
    """Where a lesson, which left this namespace, gives an answer away, in words."""
    for position, cell in enumerate(notebook.cells):
        shown = namespace[VALUES].get(cell.id)
        if isinstance(shown, Prediction):
            place = f"the answer to “{shown.question.prompt}” stands"
            above, below = notebook.cells[:position], notebook.cells[position + 1 :]
            for text in _tell(shown.question, above):
                yield f"{place} above it: {text}"
            for text in _look_on(shown.question, below):
                yield f"{place} below it: {text}"


def _tell(question: Question, above: Iterable[NotebookNode]) -> Iterator[str]:
    setting, answer = _known(question), _answer(question)
    for cell in above:
        for text in _texts(cell):
            told = _numbers(text)
            if _holds(told, answer) and not Counter([*setting, *answer]) - Counter(told):
                yield f"“{text}”"


def _look_on(question: Question, below: Iterable[NotebookNode]) -> Iterator[str]:
    known, answer = _known(question), _answer(question)
    for cell in below:
        heading = cell.cell_type == "markdown" and HEADING.search(cell.source)
        for text in _texts(cell, heading.start() if heading else None, folded=False):
            if _holds(_numbers(text), answer) and (len(answer) > 1 or answer[0] not in known):
                yield f"“{text}”"
        if heading:
            return


def _texts(cell: NotebookNode, end: int | None = None, folded: bool = True) -> Iterator[str]:
    """The sentences of a text up to ``end``, or what a code cell says and shows."""
    if cell.cell_type == "markdown":
        text = cell.source[:end]
        text = text if folded else FOLDED.sub(lambda fold: " " * len(fold[0]), text)
        ends = [0, *(match.end() for match in prose.END.finditer(text))]
        yield from (text[a:b].strip() for a, b in itertools.pairwise(ends))
        return
    if folded:  # a line of code that looks like an answer is no answer yet
        yield from cell.source.split("\n")
    if folded or "reveal" not in cell.metadata.get("tags", []):
        for output in cell.outputs:
            data = output.get("data", {})
            said = BOLD.sub("", output.get("text", data.get("text/plain", "")))
            yield from {said, *map(html.unescape, ALT.findall(data.get("text/html", "")))}


def _known(question: Question) -> list[float]:
    """The numbers of a setting which a text names when it is about it; a 1 goes without saying."""
    return [number for number in _flat(question.setting.values()) if number != 1]


def _answer(question: Question) -> list[float]:
    return list(_flat([question.answer]))


def _flat(values: Iterable) -> Iterator[float]:
    for value in values:
        if isinstance(value, Real | Fraction):
            yield float(value)
        elif isinstance(value, list | tuple):
            yield from _flat(value)


def _numbers(text: str) -> list[float]:
    return [abs(number.values[0]) for number in prose.numbers(text)]


def _holds(told: list[float], answer: list[float]) -> bool:
    """Whether the numbers of an answer were told one after another."""
    size = len(answer)
    return size > 0 and any(told[at : at + size] == answer for at in range(len(told) - size + 1))


def main() -> int:
    """Print what the page of a lesson gives away."""
    parser = argparse.ArgumentParser(description="Does a lesson give answers away?")
    parser.add_argument("notebook", type=Path, nargs="+")
    found = 0
    for path in parser.parse_args().notebook:
        notebook = read(path)
        for problem in spoilers(notebook, run(notebook, path.parent)):
            print(f"{path.name}: {problem}")
            found += 1
    return found > 0


if __name__ == "__main__":
    print_anywhere()
    neutral_environment()
    sys.exit(main())

"""Whether the prose of a lesson tells the truth: every number in it is computed again.

The expressions stand out of the reader's sight, in ``tests/numbers``, in a file for each lesson.
Each cell has one line for each number in its text, in reading order::

    # "Thirteen layers leave 2×2 pixels. It takes about 20 minutes, and a second one even more."
    padding-07 = '''
    len(sizes) - 1
    sizes[-1]
    20  # free: how long a lesson is meant to take
    "second"  # idiom
    '''

A line is a Python expression. It is evaluated after all code cells of the lesson have run, in
their namespace and ``PRELUDE``, and must give the number as it is written: a whole number exactly,
a decimal one as it is rounded there. There are also

- ``value("padding-10")``: what the last line of that code cell shows,
- ``values``: such values of all code cells,
- ``below("padding-12")``: those of the code cells from that text to the next,
- ``lesson("padding")``: the number of the lesson of that name,
- ``points("usage")``: what the tests are worth whose grade ids begin like this.

``np.unique([a, b])`` says that several things have that one number. A number that nothing computes
is a free choice and says why; a word that counts nothing, as in "the left one", is quoted as an
idiom.

Numbers are digits and the words for them ("thirteen", "fourteenth", "twice", "half"). ``3×3`` has
two, and what a minus takes away is negative: the line for the 1 in "k − 1" gives −1. The ones that
only count something on the page (the items of a list, headings, "lesson 02" in a link to it) have
no line: they are counted. 10⁴ is refused: 10<sup>4</sup> has two. An equation of numbers alone,
"28 − 3 + 1 = 26", must be right besides.

    uv run --group test python tests/tools/prose.py [notebook ...]

prints what is wrong with the prose of lessons, by default of all.
"""

import ast
import contextlib
import difflib
import io
import itertools
import math
import pkgutil
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lessons import (
    CODE,
    FENCE,
    LINK,
    NOTEBOOKS,
    ROOT,
    SOLUTION,
    TAG,
    VALUES,
    cells,
    lesson_paths,
    minutes,
    neutral_environment,
    read,
    run,
)
from nbformat import NotebookNode
from tool import print_anywhere

NUMBERS = ROOT / "tests" / "numbers"

PRELUDE = {
    "np": "numpy",
    "ceil": "math:ceil",
    "Window": "course.geometry:Window",
    "keras": "keras",
    "ledger": "course.ledger:ledger",
    "receptive_field": "course.receptive_field",
    "walk": "course.stack:walk",
}

DIGITS = re.compile(
    r"""
    (?: (?<=[0-9]x) | (?<![A-Za-z0-9]) (?<![A-Za-z0-9]_) (?<![0-9]\.) )  # conv1, v1.2: names
    (?>
        [0-9]{1,3} (?: [,_] [0-9]{3} )+ (?![0-9]) (?:\.[0-9]+)?  # 2,002,698
      | [0-9]+ (?:\.[0-9]+)? (?:[eE][+-]?[0-9]+)?
      | \.[0-9]+
    )
    (?! D\b | _[A-Za-z] )  # 2D: a name
    """,
    re.VERBOSE,
)
SPELT = """
one two three four five six seven eight nine ten eleven twelve
thirteen fourteen fifteen sixteen seventeen eighteen nineteen
"""
SPELT_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
SPELT_ORDINALS = """
second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth
thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth
"""
TENS = {word: 10 * count for count, word in enumerate(SPELT_TENS.split(), start=2)}
CARDINALS = {word: count for count, word in enumerate(SPELT.split(), start=1)} | TENS
CARDINALS |= {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
ORDINALS = {word: count for count, word in enumerate(SPELT_ORDINALS.split(), start=2)}
# Each word with the values that it may have: "the third layer", "a third of the pixels".
# "first" is no number here: like "last", it says where something is, not how many there are.
WORDS = {word: (count,) for word, count in CARDINALS.items()}
WORDS |= {word: (count, 1 / count) for word, count in ORDINALS.items()}
WORDS |= {f"{word}s": (1 / count,) for word, count in ORDINALS.items() if count > 2}
WORDS |= {"zero": (0,), "once": (1,), "twice": (2,), "thrice": (3,)}
WORDS |= {"both": (2,), "pair": (2,), "couple": (2,), "double": (2,), "doubles": (2,)}
WORDS |= {"triple": (3,), "triples": (3,), **{f"{word}fold": WORDS[word] for word in CARDINALS}}
WORDS |= {"½": (1 / 2,), "⅓": (1 / 3,), "⅔": (2 / 3,), "¼": (1 / 4,), "¾": (3 / 4,)}
WORDS |= {"half": (0.5,), "halves": (0.5,), "quarter": (0.25,), "quarters": (0.25,)}
WORDS |= {
    f"{tens}-{unit}": (TENS[tens] + count,)
    for tens in TENS
    for unit, count in [*CARDINALS.items(), *ORDINALS.items(), ("first", 1)]
    if count < 10
}
SPOKEN = re.compile(rf"\b(?:{'|'.join(sorted(WORDS, key=len, reverse=True))})\b", re.IGNORECASE)
# What counts something on the page: an item, an exercise, a heading.
SERIES = {
    "item": re.compile(r"^ *(\d+)\. ", re.MULTILINE),
    "exercise": re.compile(r"^\*\*(\d+)\.\*\* ", re.MULTILINE),
    "heading": re.compile(r"^#{2,6} (\d+) · ", re.MULTILINE),
}
# An equation of numbers alone: nothing stands before it that belongs to it.
EQUATION = re.compile(
    r"(?<![\w+·×/−(-])(?<![+·×/−(-] )([\d(⌈⌊][\d .()·×+−/⌈⌉⌊⌋]*[·×+−/][\d .()·×+−/⌈⌉⌊⌋]*)"
    r" (?:=|is) ([\d.,]*\d)"
)
PYTHON = {"·": "*", "×": "*", "−": "-", "⌈": "ceil(", "⌉": ")", "⌊": "floor(", "⌋": ")", ",": ""}
SMALL = re.compile(r"\w*⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
TITLE = re.compile(r"^# (\d\d) · ")
END = re.compile(r"(?<=[.!?:])\**\s+|\n\s*\n|\n(?=\s*(?:[-*>|#]|\d+\. ))|\Z")
FREE_SHARE = 0.1


@dataclass(frozen=True)
class Number:
    """A number in a text: as it is written, and where it stands."""

    text: str
    start: int
    sign: int = 1

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def values(self) -> tuple[float, ...]:
        """The values that it may have; several only for words such as "third"."""
        if not self.text[-1].isdigit():
            return WORDS[self.text.casefold()]
        return (self.sign * float(re.sub(r"[,_]", "", self.text)),)

    @property
    def unit(self) -> float:
        """The value of its last digit, if it stands after the point, else zero."""
        _, point, decimals = self.text.partition(".")
        return 10.0 ** -len(decimals) if point else 0

    def says(self, value: object) -> bool:
        """Whether a value is written like this."""
        if isinstance(value, str):
            return not self.text[-1].isdigit() and value == self.text.casefold()
        if hasattr(value, "item"):
            with contextlib.suppress(ValueError):  # an array of several numbers
                value = value.item()
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        near = max(0.5 * self.unit, 1e-12 * abs(value))
        return any(abs(value - own) <= near * (1 + 1e-9) for own in self.values)


def numbers(markdown: str) -> list[Number]:
    """The numbers that a reader of a Markdown text sees, in reading order, those of code included.

    Not counted: what ``SERIES`` counts, tags, link targets, the number of a lesson in a link to
    it, digits that are part of a name, and the code of solutions, which a test runs.

    >>> [number.text for number in numbers("Conv2D: a 3×3 window on 28x28x1 has nine, −.5, 26²")]
    ['3', '3', '28', '28', '1', 'nine', '.5', '26']
    """
    text = LINK.sub(_without_lesson, SOLUTION.sub(_blank, markdown))
    text = re.sub(r"(?<=\])\([^()]+\)", _blank, text)
    text = re.sub(r"https?://[^\s)>]+", _blank, text)
    text = re.sub(r"&#?\w+;", _blank, TAG.sub(_blank, text))
    for series in (*SERIES.values(), TITLE):
        text = series.sub(_blank, text)
    found = [Number(match[0], match.start(), _sign(text, match)) for match in DIGITS.finditer(text)]
    spoken = CODE.sub(_blank, FENCE.sub(_blank, text))
    found += [Number(match[0], match.start()) for match in SPOKEN.finditer(spoken)]
    return sorted(found, key=lambda number: number.start)


def sentence(markdown: str, number: Number) -> str:
    """The sentence, or the line of a list or a table, in which a number stands.

    >>> text = "There are 4 gaps. A fence has 5 posts."
    >>> sentence(text, numbers(text)[1])
    'A fence has 5 posts.'
    """
    ends = [match.end() for match in END.finditer(markdown)]
    start = max((end for end in ends if end <= number.start), default=0)
    return " ".join(markdown[start : min(end for end in ends if end >= number.end)].split())


@dataclass(frozen=True)
class Line:
    """An expression of ``tests/numbers``: what a number should be."""

    text: str

    @property
    def comment(self) -> str:
        """Why nothing computes the number."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return "".join(t.string[1:].strip() for t in tokens if t.type == tokenize.COMMENT)

    @property
    def tree(self) -> ast.Expression:
        """Raises ``SyntaxError`` if it is no expression."""
        return ast.parse(self.text.strip(), mode="eval")

    @property
    def is_free(self) -> bool:
        """Whether it states a free choice."""
        return self.comment.startswith("free: ")

    @property
    def is_idiom(self) -> bool:
        """Whether it quotes a word that counts nothing."""
        return self.comment == "idiom"

    def value(self, scope: dict) -> object:
        """What it gives in the namespace of a lesson, or a `Broken` that says why it does not."""
        try:
            names = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
            if names and (self.is_free or self.is_idiom):
                return Broken("computes something, so it is neither free nor an idiom")
            if not names and not (self.is_free or self.is_idiom):
                return Broken("computes nothing: name what the lesson computed, or write # free: …")
            value = eval(compile(self.tree, "<number>", "eval"), scope)
            if self.is_idiom and not isinstance(value, str):
                return Broken("is no word: an idiom is a word in quotes")
            return value
        except Exception as error:  # an expression may do anything, and its author wants to know
            return Broken(f"raises {type(error).__name__}: {error}")


@dataclass(frozen=True)
class Broken:
    """What comes of an expression that has no value."""

    why: str

    def __str__(self) -> str:
        return self.why


def numbers_file(path: Path) -> Path:
    """Where the expressions of a lesson are; those of a notebook elsewhere lie beside it."""
    path = path.resolve()
    if path.is_relative_to(NOTEBOOKS):
        return NUMBERS / path.relative_to(NOTEBOOKS).with_suffix(".toml")
    return path.with_suffix(".toml")


def lines(path: Path) -> dict[str, list[Line]]:
    """The expressions of a lesson by the id of the cell, one for each number."""
    file = numbers_file(path)
    if not file.exists():
        return {}
    cells_of = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        cell: [Line(line) for line in text.split("\n") if line] for cell, text in cells_of.items()
    }


def evaluate(
    expressions: Mapping[str, list[Line]], notebook: NotebookNode, namespace: dict
) -> dict[str, list[object]]:
    """The values of all expressions in the namespace that the lesson left."""
    every = [line.text for of_it in expressions.values() for line in of_it]
    named = {name: where for name, where in PRELUDE.items() if name in " ".join(every)}
    scope = {
        **{name: pkgutil.resolve_name(where) for name, where in named.items()},
        "value": namespace[VALUES].__getitem__,
        "values": list(namespace[VALUES].values()),
        "below": lambda text: _below(notebook, namespace[VALUES], text),
        "lesson": lesson_number,
        "minutes": lambda name: minutes(read(lesson_path(name))),
        "points": lambda exercise: points_of(exercise, notebook),
        **namespace,
    }
    return {cell: [line.value(scope) for line in of_it] for cell, of_it in expressions.items()}


def lesson_number(name: str) -> int:
    """The number of the lesson whose file is called so: 2 for "padding"."""
    return int(lesson_path(name).name[:2])


def lesson_path(name: str) -> Path:
    """The file of the lesson that is called so, with a number before it."""
    (path,) = NOTEBOOKS.glob(f"[0-9][0-9]_{name}.ipynb")
    return path


def points_of(exercise: str, notebook: NotebookNode) -> int:
    """What the tests of a homework are worth whose grade ids begin like this."""
    graded = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    graded = [each for each in graded if each.get("grade_id", "").startswith(exercise)]
    return sum(each.get("points", 0) for each in graded)


def cell_problems(source: str, expressions: list[Line], values: list[object]) -> list[str]:
    """What is wrong with the numbers in the text of a cell, in words."""
    found = numbers(source)
    if len(found) != len(expressions):
        return [_count_problem(source, found, expressions, values)]
    return [
        f"“{sentence(source, number)}” says {number.text}, but `{line.text}` "
        f"{_is(value)}. Correct the text, or the line if the text is right,"
        for number, line, value in zip(found, expressions, values, strict=True)
        if isinstance(value, Broken) or not number.says(value)
    ]


def prose_problems(
    notebook: NotebookNode,
    expressions: Mapping[str, list[Line]],
    values: Mapping[str, list[object]],
    path: Path,
) -> list[str]:
    """Everything that is wrong with the numbers in the prose of a lesson, in words."""
    file = numbers_file(path)
    file = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file.name
    problems = []
    for where, cell in cells(notebook, "markdown"):
        of_it = expressions.get(cell.id, []), values.get(cell.id, [])
        for problem in cell_problems(cell.source, *of_it):
            problems.append(f"{where}: {problem}\n    in {file} under {cell.id}")
    texts = {cell.id for _, cell in cells(notebook, "markdown")}
    for cell in expressions.keys() - texts:
        problems.append(f"{file}: no text has the id {cell}. Delete its lines")
    more = (_series_problems(notebook), _equation_problems(notebook), _small_problems(notebook))
    return [*problems, *itertools.chain(*more), *_lesson_problems(notebook, path)]


def lesson_problems(path: Path) -> list[str]:
    """Everything that is wrong with the numbers in a lesson's prose; runs its code cells."""
    notebook, expressions = read(path), lines(path)
    values = evaluate(expressions, notebook, run(notebook, path.parent))
    return prose_problems(notebook, expressions, values, path)


def free_share(expressions: Mapping[str, list[Line]]) -> float:
    """Which part of the numbers are free choices; idioms are no numbers."""
    every = [line for of_it in expressions.values() for line in of_it if not line.is_idiom]
    return sum(line.is_free for line in every) / max(len(every), 1)


def _is(value: object) -> str:
    return str(value) if isinstance(value, Broken) else f"is {value}"


def _count_problem(source: str, found: list[Number], of_it: list[Line], values: list) -> str:
    """Numbers and expressions side by side: matched where they agree, the others alone."""
    rows = [f"numbers in the text: {len(found)}, lines: {len(of_it)}. Side by side:"]
    for number, index in _aligned(found, values):
        said = f"{number.text}  in “{sentence(source, number)}”" if number else "(no number)"
        line = f"`{of_it[index].text}` {_is(values[index])}" if index is not None else "(no line)"
        agree = number and index is not None and number.says(values[index])
        rows.append(f"    {'  ' if agree else '→ '}{said}  ←  {line}")
    rows.append("    Give each → a line that computes it, or correct or delete what is wrong,")
    return "\n".join(rows)


def _aligned(found: list[Number], values: list) -> Iterator[tuple[Number | None, int | None]]:
    agree = [[number.says(value) for value in values] for number in found]
    # A value is called after the first number that says it, so that difflib can compare them.
    names = [
        next((i for i, row in enumerate(agree) if row[j]), f"value {j}") for j in range(len(values))
    ]
    own = [
        next((names[j] for j, yes in enumerate(row) if yes), f"number {i}")
        for i, row in enumerate(agree)
    ]
    matcher = difflib.SequenceMatcher(None, own, names, autojunk=False)
    for _, i, i_end, j, j_end in matcher.get_opcodes():
        yield from itertools.zip_longest(found[i:i_end], range(j, j_end))


def _series_problems(notebook: NotebookNode) -> Iterator[str]:
    """Items count from one in each cell, exercises and headings in the whole lesson."""
    last = {}
    for where, cell in cells(notebook, "markdown"):
        last["item"] = 0
        for kind, pattern in SERIES.items():
            for match in pattern.finditer(FENCE.sub("", cell.source)):
                last[kind] = last.get(kind, 0) + 1
                if int(match[1]) != last[kind]:
                    yield f"{where}: the {kind} {match[1]} is number {last[kind]}"


def _equation_problems(notebook: NotebookNode) -> Iterator[str]:
    for where, cell in cells(notebook, "markdown"):
        for left, right in EQUATION.findall(SERIES["item"].sub(_blank, cell.source)):
            sides = ("".join(PYTHON.get(each, each) for each in side) for side in (left, right))
            with contextlib.suppress(SyntaxError):  # no arithmetic, as in "7, 3 + 1 is 4"
                value, said = (
                    eval(side, {"ceil": math.ceil, "floor": math.floor}) for side in sides
                )
                if value != said:
                    yield f"{where}: “{left} = {right}” is not right"


def _small_problems(notebook: NotebookNode) -> Iterator[str]:
    """No line could compute a number in small type, as in 10⁴."""
    for where, cell in cells(notebook, "markdown"):
        for found in SMALL.findall(cell.source):
            yield f"{where}: write {found} with <sup>…</sup>, or in full"


def _lesson_problems(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """Titles and links call a lesson by the number of its file."""
    for where, cell in cells(notebook, "markdown"):
        title = TITLE.match(cell.source)
        if title and not path.name.startswith(title[1]):
            yield f"{where}: the title says {title[1]}, the file is {path.name}"
        for link in LINK.finditer(cell.source):
            name = link["target"].partition("#")[0].rpartition("/")[2]
            said = re.findall(r"\b\d\d\b", link["text"]) if name.endswith(".ipynb") else []
            if any(not name.startswith(number) for number in said):
                yield f"{where}: “{link['text']}” links to {name}"


def _below(notebook: NotebookNode, shown: Mapping[str, object], text: str) -> list[object]:
    cells_from = itertools.dropwhile(lambda cell: cell.id != text, notebook.cells)
    code = itertools.takewhile(
        lambda c: c.cell_type == "code", itertools.islice(cells_from, 1, None)
    )
    return [shown[cell.id] for cell in code]


def _sign(text: str, match: re.Match) -> int:
    """Minus one after a minus, as in −1 and 3 − 1, but not after the mark of a list, "- 1"."""
    return -1 if re.search(r"−\s*$|[\w)\]] - $|-$", text[: match.start()]) else 1


def _without_lesson(link: re.Match) -> str:
    """A link to a notebook without the number of the lesson, which ``_lesson_problems`` reads."""
    if ".ipynb" not in link["target"]:
        return link[0]
    text = "[" + re.sub(r"\b\d\d\b", _blank, link["text"])
    return text.ljust(len(link[0]))


def _blank(match: re.Match) -> str:
    """As many blanks as the match is long, so that positions stay what they were."""
    return re.sub(r"[^\n]", " ", match[0])


if __name__ == "__main__":
    print_anywhere()
    neutral_environment()
    trouble = [
        f"{path}: {problem}"
        for path in [Path(name) for name in sys.argv[1:]] or lesson_paths()
        for problem in lesson_problems(path)
    ]
    print(*trouble, sep="\n", end="\n" if trouble else "")
    sys.exit(bool(trouble))

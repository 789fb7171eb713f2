"""What a student types is read in the browser as Python reads it, to the letter."""

import json
import random

import tables

from course.questions import answers

TYPES = [
    answers.Integer(),
    answers.Integer(count=True),
    answers.Integer(error=True),
    answers.OneOrMore(),
    answers.Numbers("two numbers", 2),
    answers.Numbers("some numbers"),
    answers.YesNo("three times yes or no", 3),
    answers.Rows("numbers, row by row"),
    answers.Shape(),
    answers.Shapes("two shapes", 2),
    answers.Pixels(),
    answers.Choice("valid", "same"),
]
PIECES = [
    *"00112233456789   ,.;|x×*·/&+-−–()[]{}?XyYnNeE'_\"`$“”→\n\t\r",
    *("and", "none", "None", "->", "=>", "error", "an error", "Value Error", "impossible", "px"),
    *("yes", "no", "TRUE", "false", "set", "set()", "same", "VALID", "empty", "∅", "no pixel"),
    *("28x28x1", "(None, 28, 28, 1)", "(3, 3)", "{0, 6}", "13.5", "1,000", "1.000", "1 000"),
    *("//", "1e3", "1e-3", "007", "00", ".5", "5.", "10**3", "1_000", "inf", "nan"),
    *("9999999999999999", "12345678901234567890", "0.1", "13.3333333"),
    *("３", "٢", "²", "½", "Ⅷ", "é", "日", "🙂", "ſ", "\N{KELVIN SIGN}", "（", "）", "，", "．"),
    *("\u200b", "\ufeff", "\xa0", "\u2009", "\u202f", "\x1c", "\x85", "\x0c"),
]
SUMS = [*"0123456789.()+*-/ x×·−", "//", "10", "0.1", "13"]
LISTS = [*"12,;() [].x×→\n", "28", "and"]


def strings(count: int) -> list[str]:
    """The same ones on every machine."""
    draw = random.Random(0).random

    def pick(items):
        return items[int(draw() * len(items))]

    lengths = (1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12, 30)
    found = [
        "".join(pick(pieces) for _ in range(pick(lengths)))
        for pieces in (PIECES, SUMS, LISTS)
        for _ in range(count)
    ]
    return ["", " ", "x" * 300, "1 " * 300, "(" * 60, "1" * 39, "1" * 40, "-0.0", "1-1", *found]


def in_python(kind: answers.Answer, text: str) -> object:
    try:
        return {"answer": tables.plain(kind.parse(text))}
    except answers.AnswerError as error:
        return {"problem": str(error)}


READ = """({ types, texts }) => types.map((type) => texts.map((text) => {
  try {
    return { answer: modules["answers.js"].parse(type, text) };
  } catch (error) {
    if (error instanceof modules["answers.js"].AnswerError) return { problem: error.message };
    throw error;
  }
}))"""


def test_thousands_of_strings_are_read_alike(in_browser):
    texts = strings(1500)
    types = list(map(tables.describe, TYPES))
    read = in_browser(READ, {"types": types, "texts": texts})
    differ, understood = [], 0
    for kind, found in zip(TYPES, read, strict=True):
        for text, there in zip(texts, found, strict=True):
            here = in_python(kind, text)
            understood += "answer" in here
            if here != there:
                differ.append((kind, text, here, there))
    assert differ == []
    assert understood > len(texts)  # and the rest is refused in the same words


def test_every_type_that_is_asked_for_is_known(site):
    asked = {table["type"]["type"] for table in questions_of(site)}
    assert asked <= {type(kind).__name__ for kind in TYPES}


def questions_of(site):
    """The tables of all questions of a site."""
    for path in site.glob("*.html"):
        for found in tables.TABLE.findall(path.read_text(encoding="utf-8")):
            yield from json.loads(found)[0]

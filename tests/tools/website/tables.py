"""What the site knows of a question, so that a browser can judge: hashed answers, and what is said.

A browser has no Python. For every answer that is right, or that a mistake leads to, the table has
what `course.predict` says of it; for all others, the fact nearest to them. The answers are hashed
and the texts encoded: whoever reads the page's source sees nothing at a glance.
"""

import ast
import base64
import html
import itertools
import json
import re
import sys
from fractions import Fraction
from unittest import mock

from course import predict
from course.predict.prediction import SURE
from course.questions import answers
from course.questions.question import KINDS, Question
from course.text import rich

STOCK = 5  # other questions for “Another one”
DIGITS = (1, 2, 3)  # decimals to which a wrong answer may have been rounded
LARGE = 1009  # a count, and a number, that no question has


def question_of(text: str) -> Question:
    """The question that a ``repr`` describes."""
    call = ast.parse(text, mode="eval").body
    return KINDS[call.func.attr](
        **{each.arg: ast.literal_eval(each.value) for each in call.keywords}
    )


def key(salt: str, answer: object) -> str:
    """The hash of an answer (FNV-1a, 32 bits), as table.js computes it."""
    number = 0x811C9DC5
    for byte in f"{salt} {json.dumps(plain(answer), separators=(',', ':'))}".encode():
        number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{number:08x}"


def plain(answer: object) -> object:
    """An answer as JSON has it: a set of pixels is a sorted list, a half no fraction."""
    if isinstance(answer, frozenset):
        return sorted(answer)
    if isinstance(answer, tuple):
        return list(map(plain, answer))
    if isinstance(answer, Fraction | float):
        return int(answer) if answer == int(answer) else float(answer)
    return answer


def written(answer: object) -> list:
    """An answer in all the ways in which a student may write it: 13.333, 13.33 and 13.3 too."""
    if isinstance(answer, tuple):
        return list(itertools.product(*map(written, answer)))
    if isinstance(answer, Fraction) and answer.denominator > 1:
        return [float(answer), *(round(float(answer), digits) for digits in DIGITS)]
    return [answer]


LINK = re.compile(r'href="([\w/]*)\.ipynb(#[^"]*)?"')


def to_pages(page: str) -> str:
    """HTML in which links to notebooks lead to their pages."""
    return LINK.sub(lambda found: f'href="{found[1]}.html{found[2] or ""}"', page)


def encoded(content: object) -> str:
    """What cannot be read at a glance."""
    text = base64.b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()
    return text[::-1]  # or all that is right would begin alike


def said(question: Question, answer: object) -> dict:
    """What `course.predict` says of an answer, and shows."""
    prediction = predict.ask(question)
    diagnosis = question.judge(answer)
    with mock.patch.dict(sys.modules):  # it would be quoted, if it happened to be loaded
        sys.modules.pop("keras", None)
        prediction._reveal("", 50, diagnosis)
    entry = {name: to_pages(prediction.shown[name]) for name in ("message", "see")}
    entry |= {"says": prediction.says, "tells": list(question.told_apart)}
    entry |= {"correct": diagnosis.correct, "mistake": diagnosis.mistake}
    entry |= {"picture": prediction.picture.partition("\n<script>")[0]}  # the site has its own
    prediction.close()
    return entry


def table(question: Question) -> dict:
    """All that the page needs to ask a question and to judge what is typed."""
    salt, right = repr(question), question.answer
    wrong = [each for ways in question._wrong.values() for each in ways]
    kind, texts, pictures = question.answer_type, [], []

    def place(answer: object) -> int:
        """Where what is said of an answer stands among the texts; many share a picture."""
        entry = said(question, answer)
        entry["picture"] = added(pictures, encoded(entry["picture"]))
        return added(texts, encoded(entry))

    known = [each for answer in (right, *wrong) for each in written(answer)]
    known += ["error"] if getattr(kind, "error", False) else []
    table = {
        "question": salt,
        "prompt": rich(question.prompt),
        "fields": predict.prediction._fields(question),
        "type": describe(kind),
        "known": dict(sorted((key(salt, each), place(each)) for each in known)),
        "texts": texts,
        "pictures": pictures,
    }
    if isinstance(right, tuple) and isinstance(kind, answers.Numbers | answers.Shape):
        # What is said depends on where the first difference is.
        flat = list(flatten(right))
        changed = [rebuilt(right, [*flat[:at], LARGE, *flat[at + 1 :]]) for at in range(len(flat))]
        table["first"] = list(map(place, changed))
        table["right"] = [key(f"{salt} {at}", each) for at, each in enumerate(flat)]
    if isinstance(kind, answers.Rows):
        table |= {"count": place((0,) * LARGE), "stand_in": LARGE}  # for how many there are
    elif isinstance(kind, answers.Pixels):
        table |= {"outside": place(frozenset([LARGE])), "n": question.setting["n"]}
        table["stand_in"] = LARGE  # for the pixel that is not there
        pixels = range(question.setting["n"])
        some = itertools.chain(*(itertools.combinations(pixels, size) for size in pixels))
        table["other"] = place(next(each for each in map(frozenset, some) if each not in known))
    elif "first" not in table and not isinstance(kind, answers.Choice):
        table["other"] = place(next(each for each in itertools.count(LARGE) if each not in known))
    return table


def added(items: list, item: object) -> int:
    """Where an item stands in a list, into which it comes if it was not there."""
    if item not in items:
        items.append(item)
    return items.index(item)


def flatten(value: object):
    """The numbers in nested tuples."""
    if isinstance(value, tuple):
        for each in value:
            yield from flatten(each)
    else:
        yield value


def rebuilt(like: object, flat: list) -> object:
    """Numbers nested as others are; uses up the list."""
    if isinstance(like, tuple):
        return tuple(rebuilt(each, flat) for each in like)
    return flat.pop(0)


def describe(kind: answers.Answer) -> dict:
    """A type of answer as answers.js takes it."""
    names = ("asks", "count", "error", "length", "options")
    found = {name: getattr(kind, name) for name in names if hasattr(kind, name)}
    return {"type": type(kind).__name__, "each": answers.Shape().asks, **found}


def shuffled(table: dict) -> dict:
    """A table whose texts stand in no order that tells which of them is right."""
    texts = sorted(table["texts"])
    to = {old: texts.index(text) for old, text in enumerate(table["texts"])}
    moved = {name: to[table[name]] for name in ("other", "outside", "count") if name in table}
    if "first" in table:
        moved["first"] = [to[each] for each in table["first"]]
    known = {each: to[place] for each, place in table["known"].items()}
    return table | moved | {"texts": texts, "known": known}


def stock(question: Question) -> list[dict]:
    """The table of a question, and those of others like it."""
    found, seeds = dict.fromkeys([question]), itertools.count(1)
    while len(found) <= STOCK:  # two seeds may draw the same
        found[question.another(next(seeds))] = None
    return [shuffled(table(each)) for each in found]


def script(name: str, content: object) -> str:
    """Data in a page, for the site's script."""
    text = json.dumps(content).replace("<", "\\u003c")
    return f'<script type="application/json" {name}>{text}</script>'


TABLE = re.compile('<script type="application/json" data-course-table>(.*?)</script>')
PREDICTION = re.compile(r'<div data-course-prediction="([^"]*)">')


def with_tables(page: str, lesson: str) -> str:
    """An output with the tables of the questions in it, each before its place."""

    def add(found: re.Match) -> str:
        question = question_of(html.unescape(found[1]))
        return script("data-course-table", [stock(question), list(SURE.items()), lesson]) + found[0]

    return PREDICTION.sub(add, page)

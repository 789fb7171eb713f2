"""The browser judges as Python does, in the same words; and keeps a record that Python reads."""

import base64
import json
import random
import re
from html import escape, unescape
from pathlib import Path

import build
import pytest
import tables

from course.mistakes import MISTAKES
from course.predict.progress import Progress
from course.predict.record import Record
from course.questions.answers import AnswerError, show

ODD = ["0", "1", "-3", "7.5", "1000", "error", "", "what?", "1, 2", "28x28x1", "none", "99 98 97"]
JUDGE = """(cases) => cases.map(([table, texts]) => texts.map((text) => {
  try {
    return modules["table.js"].judge(table, text);
  } catch (error) {
    if (error instanceof modules["answers.js"].AnswerError) return error.message;
    throw error;
  }
}))"""


def asked() -> list:
    """Every question of the lessons, and one like it."""
    found = []
    for path in build.NOTEBOOKS.glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                page = "".join(output.get("data", {}).get("text/html", ""))
                found += map(tables.html.unescape, tables.PREDICTION.findall(page))
    questions = list(map(tables.question_of, dict.fromkeys(found)))
    return [*questions, *(each.another(1) for each in questions if each.kind != "model_shapes")]


def typed(question) -> list[str]:
    """Right, wrong, and odd answers."""
    draw = random.Random(repr(question)).random
    wrong = [each for ways in question._wrong.values() for each in ways]
    known = [form for each in (question.answer, *wrong) for form in tables.written(each)]
    texts = [show(each) for each in known] + ODD
    if isinstance(question.answer, tuple):  # a number that is off, one more, and one less
        flat = list(tables.flatten(question.answer))
        for _ in range(4):
            at = int(draw() * len(flat))
            off = [*flat[:at], flat[at] + 1 + int(9 * draw()), *flat[at + 1 :]]
            texts.append(show(tables.rebuilt(question.answer, off)))
        texts += [show((*flat, 5)), show(tuple(flat[:-1]))]
    return [*dict.fromkeys(texts)]


def in_python(question, text: str) -> dict | str:
    try:
        entry = tables.said(question, question.parse(text))
    except AnswerError as error:
        return str(error)
    return entry


@pytest.mark.slow
def test_every_answer_is_judged_in_the_same_words(in_browser):
    questions = asked()
    assert len(questions) > 100
    cases = [(tables.shuffled(tables.table(question)), typed(question)) for question in questions]
    judged = in_browser(JUDGE, cases)
    differ = []
    for question, (_, texts), found in zip(questions, cases, judged, strict=True):
        for text, there in zip(texts, found, strict=True):
            here = in_python(question, text)
            if here != there:
                differ.append((question, text, here, there))
    assert differ == []
    told = [each for found in judged for each in found if isinstance(each, dict)]
    assert sum(each["correct"] for each in told) >= len(questions)
    assert len({each["mistake"] for each in told}) > 20


def test_the_table_shows_no_answer_at_a_glance():
    for question in asked():
        table = tables.shuffled(tables.table(question))
        open_to_all = {name: table[name] for name in table if name not in ("prompt", "question")}
        text = json.dumps(open_to_all)
        assert question.why not in text
        assert "Yes, " not in text
        assert "correct" not in text


def answers(count: int) -> list[dict]:
    """A student's record, made up."""
    draw = random.Random(count).random

    def pick(items):
        return items[int(draw() * len(items))]

    names = list(MISTAKES)
    found = []
    for number in range(count):
        mistake = pick([None, None, *names[:6]])
        found.append(
            {
                "question": f"questions.output_size(n={pick(range(5))})",
                "lesson": pick(["05_stride.ipynb", "02_padding.ipynb", ""]),
                "time": f"2030-01-31T12:00:{number % 60:02}+00:00",
                "answer": "13",
                "sure": pick([50, 75, 95]),
                "correct": mistake is None and draw() < 0.8,
                "mistake": mistake,
                "tells": names[:4],
            }
        )
    return found


TOLD = "([records, about]) => records.map((each) => modules['progress.js'].told(each, about))"


def test_the_progress_page_says_the_same(in_browser):
    records = [answers(count) for count in (0, 1, 2, 5, 10, 30, 100)]
    there = in_browser(TOLD, [records, build.about()])
    for record, told in zip(records, there, strict=True):
        here = Progress(record)
        lines = [told["summary"], *(f"{done}." for done in told["done"])]
        lines += [f"“{believes}” {how}." for believes, how in told["met"]]
        lines += [f"Next: {where}" for _, where in told["next"]]
        assert "\n".join(lines) == repr(here)
        assert [bar[2:] for bar in told["bars"]] == [
            list(each) for each in here.calibration.values()
        ]
        see = [each.replace(".ipynb", ".html") for each in here.next_sections]
        assert [each for each, _ in told["next"]] == see


def test_what_the_browser_kept_goes_on_in_the_notebooks(in_browser, stored, tmp_path):
    stored("")
    kept = answers(12)
    keep = """(entries) => {
      entries.forEach(modules["record.js"].add);
      return fetch(modules["record.js"].download().href).then((file) => file.text());
    }"""
    path = Path(tmp_path, "my_progress.jsonl")
    path.write_text(in_browser(keep, kept), encoding="utf-8")
    record = Record(path)
    assert record.entries() == kept
    assert record.notice == ""
    record.add(kept[0])
    assert Record(path).entries() == [*kept, kept[0]]


def test_links_in_what_is_said_lead_to_pages(site):
    """Encoded as they are, nobody else sees them."""
    seen = set()
    for path in site.glob("*.html"):
        for found in tables.TABLE.findall(path.read_text(encoding="utf-8")):
            for table in json.loads(found)[0]:
                for text in table["texts"]:
                    entry = json.loads(base64.b64decode(text[::-1]))
                    links = re.findall('href="([^"]*)"', entry["see"] + entry["says"])
                    seen |= set(map(unescape, links))
    assert len(seen) > 10
    for link in seen:
        file, _, name = link.partition("#")
        path = site / file
        assert f'id="{escape(name)}"' in path.read_text(encoding="utf-8"), link


RECORDS = ["garbage", "null", "[]", '{"question": 1}', '{"trunc', '{"lesson": null, "tells": null}']


def test_damaged_lines_cost_themselves_only(in_browser, stored):
    kept = answers(3)
    lines = [*RECORDS, *map(json.dumps, kept), json.dumps(kept[0] | {"mistake": "constructor"})]
    stored("\n".join(lines))
    read = in_browser("() => modules['record.js'].entries()", None)
    assert read == [*kept, kept[0] | {"mistake": "constructor"}]
    told = in_browser(TOLD, [[read], build.about()])[0]
    assert told["summary"] == Progress(read).summary
    in_browser("(entry) => modules['record.js'].add(entry)", kept[1])
    assert in_browser("() => modules['record.js'].entries()", None) == [*read, kept[1]]


@pytest.fixture
def stored(page):
    """A function that puts a text where the site keeps its record."""

    def store(text: str) -> None:
        page.context.set_offline(False)
        page.route("http://course/", lambda route: route.fulfill(body="<!doctype html>"))
        page.goto("http://course/")
        page.evaluate("(text) => localStorage.setItem('my_progress.jsonl', text)", text)

    return store

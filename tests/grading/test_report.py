"""The pages say what was wrong, give nothing away, and can be read by everybody."""

import csv
import html
import json
import re
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from explore.conftest import browser, watched
from playwright.sync_api import Browser, Page

from course.grading import read, report, worker
from course.grading.alike import RUN, SIGNS, alike, runs, same_texts
from course.grading.assignment import draw, word
from course.grading.collect import HandedIn
from course.grading.feedback import feedback
from course.grading.judge import Verdict
from course.mistakes import MISTAKES
from course.questions.exercises import Write
from course.questions.layers import bill
from course.questions.question import picker
from grading.conftest import SECRET, needs_sandbox
from grading.homework import SOLUTION
from grading.red_team import define

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FOLDER = Path(__file__).parents[2] / "notebooks/homework/source"
NAMES = ("padding", "stride", "design")
SOURCES = {name: (FOLDER / name / f"{name}.ipynb").read_text(encoding="utf-8") for name in NAMES}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
WORDS = "in_your_own_words"


def notebook(name: str, secret: str = "", student: str = "", **answers: str | None) -> bytes:
    """The teacher's own answers with others in their place; None is one left as it was."""
    book = json.loads(SOURCES[name])
    if secret:
        draw(book["cells"], word(secret, name, student))
    for cell in book["cells"]:
        ours, source = cell["metadata"].get("nbgrader"), "".join(cell["source"])
        if ours and ours["solution"]:
            stub = r"\1# YOUR CODE HERE\n\1raise NotImplementedError()"
            words = cell["cell_type"] == "markdown"
            blank = "YOUR ANSWER HERE" if words else SOLUTION.sub(stub, source)
            solved = "" if words else re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", source)
            answer = answers.get(ours["grade_id"], answers.get("rest", solved or blank))
            cell["source"] = blank if answer is None else answer
    return json.dumps(book).encode()


def size(valid: str, same: str = "-(-n // strides)") -> str:
    return define(f"if padding == 'same':\n    return {same}\nreturn {valid}")


COPIED = """\
total = (n + strides - 1) // strides * strides - strides + kernel_size - n
rest = total
if rest < 0:
    rest = 0
half = rest // 2
other = rest - half
if half > other:
    half = other
pair = [half, other]
pair.reverse()
return tuple(pair)"""
RENAMED = COPIED.replace("rest", "r").replace("half", "one").replace("\nreturn", "\n# mine\nreturn")
CLASS: dict[str, dict[str, bytes]] = {
    "padding": {
        "ada": notebook("padding", in_your_own_words="An odd zero is left over."),
        "bo": notebook("padding", rest=None),
        "cy": b"<html>Log in, please</html>",
        "di": notebook(
            "padding",
            output_size=size("(n - kernel_size) / strides + 1", "n"),
            same_pads=define("return kernel_size // 2, kernel_size // 2", "same_pads"),
            usage="def usage(n, k, s, p):\n    return n * [1]",
            how_many="how_many = 8",
            row=f"row = {'long' * 60!r}",
        ),
        "ed": notebook("padding", output_size="from numpy import no_such_name"),
        "fay": notebook("padding", same_pads=define(COPIED, "same_pads")),
        "gil": notebook("padding", same_pads=define(RENAMED, "same_pads")),
        f"{EVIL.replace('/', '')}": notebook(
            "padding",
            output_size=define(f"raise ValueError({EVIL!r})"),
            row=f"row = {EVIL!r}",
            in_your_own_words=f"</div></main>{EVIL}\ud83d",
        ),
        "j\udcf6rg": notebook("padding", output_size=size("(n - kernel_size) / strides + 1")),
        "=1+1": notebook("padding", in_your_own_words="  "),
    },
    "stride": {
        "ada": notebook("stride"),
        "di": notebook(
            "stride",
            receptive_field="def receptive_field(layers):\n    return sum(k for k, _, _ in layers)",
            found="found = (3, 1, 'valid')",
            shapes="shapes = [(21, 21, 8), (11, 11, 8), (6, 6, 16)]",
        ),
    },
    "design": {
        "ada": notebook("design"),
        "di": notebook(
            "design",
            slim="slim = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(99, 3)])",
            quick="quick = 7",
            mended_1="mended_1 = keras.Sequential([keras.Input((9, 9, 1)), layers.Lambda(abs)])",
            mended_2=None,
        ),
    },
}
LATE = {"di": 5400, "cy": 60}
SEVERAL = {"di": (f"{EVIL}.ipynb: there is a later one",)}


def pages(folder: Path, name: str, students: dict, secret: str = "", own: bool = False) -> dict:
    """Grade, write all pages, and return those of the students."""
    task = name, SOURCES[name], secret, own, True
    graded = {}
    for student, data in students.items():
        path = folder / "submitted" / student / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        late, besides = LATE.get(student, 0), SEVERAL.get(student, ())
        result = json.loads(json.dumps(worker.result_of(task, student, data)))
        graded[student] = HandedIn(student, path, None, late, besides), result
    worker.sandbox_for(True, *read(name, SOURCES[name]).modules).__exit__()
    worker.sandbox_for.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        report.write(name, SOURCES[name], secret, own, graded)
    feedback = {each: folder / "feedback" / each / name / f"{name}.html" for each in students}
    return {each: path.read_text(encoding="utf-8") for each, path in feedback.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    needs_sandbox()
    return tmp_path_factory.mktemp("class")


@pytest.fixture(scope="module")
def written(folder) -> dict[str, dict[str, str]]:
    """The pages of the students, by assignment."""
    return {name: pages(folder, name, CLASS[name]) for name in reversed(NAMES)}


@pytest.fixture(scope="module")
def reports(folder, written) -> dict[str, str]:
    """The teacher's pages."""
    return {n: (folder / "reports" / f"{n}.html").read_text(encoding="utf-8") for n in NAMES}


class Tags(HTMLParser):
    """The tags of a page, each with its attributes, and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def text(page: str) -> str:
    return Tags(page).text


def test_a_page_says_what_was_wrong_and_where_to_read_again(written):
    page = written["padding"]["di"]
    said = text(page)
    assert "0 of 20 points" in said
    assert "It was handed in 1.5 hours late." in said
    for name in ("no_floor", "same_means_same_size", "symmetric_same"):
        assert MISTAKES[name].believes in said
        assert MISTAKES[name].where in said
    assert "output_size(28, 3, 2, 'valid') 13.5 13 ✗" in said
    assert "output_size(7, 3, 1, 'valid') 5 5 ✓" in said
    assert re.search(r"\d+ of \d+ cases that you do not see are right", said)
    assert "yours right 8 9 ✗" in said
    alts = [attributes["alt"] for tag, attributes in Tags(page).tags if tag == "img"]
    assert [alt[:14] for alt in alts[:2]] == ["Yours: 13.5. R", "Yours: 28. Rig"]


def test_who_is_right_is_told_so_and_who_answered_nothing_where_to_begin(written):
    assert "All of it is right." not in text(written["padding"]["ada"])  # as long as nobody knows
    assert "16 of 16 points" in text(written["padding"]["ada"])
    assert "4 points more depend on what your teacher reads" in text(written["padding"]["ada"])
    nothing = text(written["padding"]["bo"])
    assert "✗" not in nothing
    assert nothing.count("○ not answered") > 8
    assert "Read first: lesson 02_padding, “The depth budget”." in nothing
    # A cell that stops is no missing answer.
    assert "Its cell stops with ImportError" in text(written["padding"]["ed"])
    assert "○ not answered · 0 of 2" not in text(written["padding"]["ed"])


def test_a_network_stands_beside_what_was_wanted(written):
    said = text(written["design"]["di"])
    assert "at most 6,500 parameters 990 " in said
    assert "makes (7, 7, 24) (26, 26, 99) ✗" in said
    assert "Your network, along one axis" in said
    assert "that see at least 23 pixels 3 ✗" in said
    assert "every pixel of every map is read yes " in said
    assert "The course cannot tell what a layer of kind Lambda does." in said
    assert "18 of 20 points" in text(written["design"]["ada"])
    assert "one that is right" in text(written["stride"]["di"])


def test_a_page_says_nothing_twice(written):
    said = text(written["padding"]["di"])
    for name in ("no_floor", "same_means_same_size", "symmetric_same"):
        assert said.count(MISTAKES[name].believes) == 1
    tables = written["padding"]["di"].split("<table>")[2:]
    for table in tables:
        rows = re.findall(r"<tr>\n(<td>.*</td>)", table)
        assert len(rows) == len(set(rows))


def test_who_takes_too_long_is_asked_for_the_loop():
    late = {"given": {"error": "takes too long"}, "message": "`usage` takes too long."}
    page = page_of("padding", "usage_valid", **late)
    assert "Does your loop come to an end?" in page
    late = {"notes": ("Its cell takes too long.",), "message": "There is no `usage` yet."}
    assert "Does your loop come to an end?" in page_of("padding", "usage_valid", **late)
    assert "Does your loop" not in page_of("padding", "usage_valid")


def page_of(name: str, grade_id: str, **verdict: object) -> str:
    """The page of who has one part wrong."""
    assignment, handed_in = read(name, SOURCES[name]), HandedIn("ada", Path("nowhere"))
    result = {"verdicts": [vars(Verdict(grade_id, 0, **{"message": "No."} | verdict))]}
    return feedback(assignment, report.sections_of(SOURCES[name]), handed_in, result)


@pytest.mark.parametrize(("many", "kernel_size"), [(3, 3), (8, 50), (9, 3), (150, 3), (2, 396)])
def test_there_is_no_picture_of_a_network_that_is_too_large_to_be_seen(many, kernel_size):
    chain = [{"filters": 2, "kernel_size": kernel_size, "padding": "same"}] * many
    built = json.loads(json.dumps(bill((28, 28, 1), chain)))
    page = page_of("design", "design_narrow", given=built)
    assert ("Your network, along one axis" in page) == (many <= 8 and kernel_size <= 50)


def decided(mistaken: bool, **points: float) -> str:
    """The text of the page of who has all right, or one part wrong, after a teacher decided."""
    assignment = read("padding", SOURCES["padding"])
    verdicts = {
        part.grade_id: Verdict(part.grade_id, part.points, "Yes.", given=1)
        for part in assignment.parts
    }
    if mistaken:
        verdicts["depth"] = Verdict("depth", 0, "Not right yet.", given=8)
    result = {"verdicts": [*map(vars, verdicts.values())], "texts": {WORDS: "It is odd."}}
    result["read"] = {"points": points}
    sections = report.sections_of(SOURCES["padding"])
    return text(feedback(assignment, sections, HandedIn("ada", Path("nowhere")), result))


@pytest.mark.parametrize(
    ("mistaken", "points", "all_right"),
    [
        *((False, {}, False), (False, {WORDS: 0}, False), (False, {WORDS: 3}, False)),
        *((False, {WORDS: 4}, True), (False, {WORDS: 4, "depth": 1}, False)),
        *((True, {WORDS: 4}, False), (True, {WORDS: 4, "depth": 2}, True)),
    ],
)
def test_all_is_right_only_if_every_part_is_and_nothing_is_open(mistaken, points, all_right):
    assert ("All of it is right." in decided(mistaken, **points)) == all_right


@pytest.mark.parametrize(
    ("mistaken", "points", "mark", "row"),
    [
        *((True, 0, "✗ not right · 0 of", True), (True, 2, "✓ right · 2 of", False)),
        *((True, 1, "◐ partly right · 1 of", True), (False, 2, "✓ right · 2 of", False)),
        *((False, 1, "◐ partly right · 1 of", False), (False, 0, "✗ not right · 0 of", False)),
    ],
)
def test_a_part_is_marked_by_the_points_that_count(mistaken, points, mark, row):
    said = decided(mistaken, depth=points).partition(" Depth ")[2].partition(" Padded ")[0]
    assert said.startswith(mark)
    assert ("yours right 8 9 ✗" in said) == row
    assert ("The check says: " in said) == (points != 2 * (not mistaken))


def test_what_was_put_aside_is_no_zero(written):
    said = text(written["padding"]["cy"])
    assert "The file is a web page" in said
    assert "What to do" in said
    assert "0 of" not in said


@pytest.mark.parametrize("name", ["padding", "stride"])
def test_no_hidden_case_is_on_a_page(written, name):
    parts = [p.question for p in read(name, SOURCES[name]).parts if isinstance(p.question, Write)]
    calls = {each.call(at).strip("`") for each in parts for at in range(each.visible)}
    seen, hidden = calls, set()
    for each in parts:
        hidden |= {each.call(at).strip("`") for at in range(each.visible, len(each.cases))}
    said = {student: text(page) for student, page in written[name].items()}
    assert any(call in said["di"] for call in seen)
    for student, each in said.items():
        assert not [call for call in hidden - seen if call in each], student


def test_a_page_tells_nothing_of_this_machine_or_of_others(written, folder):
    evil = next(student for student in CLASS["padding"] if "script" in student)
    for by_student in written.values():
        for student, page in by_student.items():
            said = html.unescape(page)
            for told in ("Traceback", "site-packages", sys.prefix, str(folder)):
                assert told not in said
            assert (evil in said) == (student == evil)
            assert ("An odd zero" in said) == (student == "ada" and "Homework · Padding" in said)
    assert "(__init__.py)" in html.unescape(written["padding"]["ed"])


def test_whatever_a_student_writes_is_text(written, reports):
    evil = next(student for student in CLASS["padding"] if "script" in student)
    clean = {tag for tag, _ in Tags(written["padding"]["di"]).tags} | {"code", "strong", "div"}
    for page in (written["padding"][evil], written["padding"]["di"]):
        assert page.count("&lt;script&gt;") >= 1
        assert {tag for tag, _ in Tags(page).tags} <= clean
    assert {tag for tag, _ in Tags(reports["padding"]).tags} <= clean | {"br", "pre"}
    for page in [*written["padding"].values(), *reports.values()]:
        for tag, attributes in Tags(page).tags:
            assert tag not in ("script", "iframe", "object", "embed", "form", "base")
            assert not [each for each in attributes if each.startswith("on")]
            assert not attributes.get("href", "#").removeprefix("#").startswith("javascript")
            assert tag != "img" or attributes["src"].startswith("data:image/png;base64,")
    assert "\\ud83d" in written["padding"][evil]


def test_everybody_is_shown_the_question_that_was_theirs(tmp_path):
    needs_sandbox()
    questions = {
        student: read("padding", SOURCES["padding"], SECRET, student).parts[6].question
        for student in ("ada", "bo")
    }
    answer = f"how_many = {questions['ada'].answer}"
    book = notebook("padding", SECRET, "ada", how_many=answer)
    made = pages(tmp_path, "padding", {"ada": book, "bo": book}, SECRET, own=True)
    for student, question in questions.items():
        assert text(made[student]).count(question.prompt.split(",")[0]) == 1
    assert f"Yes, {questions['ada'].answer}." in text(made["ada"])
    assert f"yours right {questions['ada'].answer} {questions['bo'].answer} ✗" in text(made["bo"])


# The teacher's page


def test_the_teacher_sees_the_class(reports):
    said = text(reports["padding"])
    assert "9 of 10 graded" in said
    assert re.search(r"output size valid 44 % – 4 1 –", said)  # right, partly, wrong, blank, open
    ranked = re.findall(r"(\d) of 9 [A-Z]", said)
    assert ranked == sorted(ranked, reverse=True)
    assert f"2 of 9 {MISTAKES['no_floor'].believes}" in said
    stuck = said.partition("Who is stuck")[2].partition("Who was not graded")[0]
    assert "answered nothing 1 bo" in stuck
    assert "8 of 8 1 di" in stuck
    assert "ada" not in stuck
    assert "cy The file is a web page" in said
    assert "ed output size valid 0 Its cell stops" in said
    assert "di 1.5 hours" in said
    assert "Grade id in_your_own_words , 4 points at most." in said
    assert "An odd zero is left over." in said
    assert "di mend refused missing The course cannot tell" in text(reports["design"])


def test_code_that_looks_alike_is_a_hint(reports):
    said = text(reports["padding"]).partition("Code that looks alike")[2]
    said = said.partition("To read")[0]
    assert "A hint, and not a charge" in said
    assert re.findall(r"(\w+) , (\w+) \d+ % of what few", said) == [("fay", "gil")]
    assert "None." in text(reports["stride"])


def teachers_page(folder: Path, students: dict[str, bytes], name: str = "padding") -> str:
    """The text of it, for students whose results say nothing."""
    found = {}
    for student, data in students.items():
        path = folder / f"{student}.ipynb"
        path.write_bytes(data)
        result = {"verdicts": [], "texts": dict.fromkeys(read(name, SOURCES[name]).texts, "")}
        found[student] = HandedIn(student, path, besides=SEVERAL.get(student, ())), result
    return text(report.report(read(name, SOURCES[name]), SOURCES[name], found))


def test_what_was_not_graded_besides_is_to_be_looked_at(reports):
    said = text(reports["padding"])
    look = said.partition("What to look at")[2].partition("Who was late")[0]
    assert f"di – – {EVIL}.ipynb: there is a later one" in look
    many = int(re.search(r"To look at: (\d+)", said)[1])
    assert (
        Tags(reports["padding"].partition('id="look"')[2].partition('id="late"')[0]).tags.count(
            ("tr", {})
        )
        == many + 1
    )
    assert "not answered with you" in said


def test_other_settings_than_were_drawn_are_told(tmp_path):
    handed_in, result = HandedIn("ada", tmp_path / "nothing"), {"verdicts": [], "others": True}
    result["texts"] = dict.fromkeys(read("padding", SOURCES["padding"]).texts, "")
    assignment, students = read("padding", SOURCES["padding"]), {"ada": (handed_in, result)}
    said = text(report.report(assignment, SOURCES["padding"], students))
    assert "ada – – It shows other settings than were drawn for it." in said
    said = text(feedback(assignment, {}, handed_in, result))
    assert "Your notebook shows other settings than you were given." in said


def test_when_it_was_handed_in_may_not_be_known(tmp_path):
    assignment, sections = read("padding", SOURCES["padding"]), {}
    aside = {"aside": "It is not graded yet."}

    def late(*students: HandedIn) -> str:
        found = {each.student: (each, aside) for each in students}
        found["kim"] = HandedIn("kim", tmp_path), {"aside": "Nothing was handed in."}
        page = text(report.report(assignment, SOURCES["padding"], found))
        assert "kim Nothing was handed in." in page.partition("Who was not graded")[2]
        return page.partition("Who was late")[2].partition("Code that looks alike")[0]

    ada, bo = HandedIn("ada", tmp_path), HandedIn("bo", tmp_path, late=0)
    cy, di = HandedIn("cy", tmp_path, called_late=True), HandedIn("di", tmp_path, late=5400)
    assert late(bo).strip() == "Nobody."
    assert late(ada, bo).strip().startswith("Of 1 it is not known: ")
    assert "cy late, by how much is not known di 1.5 hours late Of 1 it" in late(ada, bo, cy, di)
    assert "not known: " not in late(bo, cy, di)
    page = text(feedback(assignment, sections, cy, aside))
    assert "It was handed in late, by how much is not known." in page


def test_nothing_is_read_of_who_was_not_graded(tmp_path):
    path = tmp_path / "padding.ipynb"
    path.write_bytes(notebook("padding", same_pads=define(COPIED, "same_pads")))
    aside = {"aside": "It is not graded yet."}
    students = {student: (HandedIn(student, path), aside) for student in ("ada", "bo")}
    page = report.report(read("padding", SOURCES["padding"]), SOURCES["padding"], students)
    assert "None." in text(page).partition("Code that looks alike")[2]


LONG = "def f(a):\n" + "".join(f"    b{n} = a * {n} + len(a)\n" for n in range(20))


def test_alike_is_blind_to_names_comments_and_formatting():
    other = re.sub(r"\bb(\d+)", r"c_\1", LONG).replace("    ", "  ")
    other = other.replace("= a", "=  a").replace("\n", "  # mine\n")
    other = other.replace("(a):", '(a):\n  """Do it."""')
    assert runs([LONG]) == runs([other])
    ((likeness, who),) = alike({"ada": [LONG], "bo": [other], "cy": ["x = 1"]}, [])
    assert (likeness, who) == (1, ["ada", "bo"])


@pytest.mark.parametrize("hidden", ["# %s\n", '"""%s"""\n', "x = '%s'\n"])
def test_no_comment_is_long_enough_to_hide_a_copy(hidden):
    other = hidden % ("so " * 10_000) + "\n" * 30_000 + LONG
    ((likeness, _),) = alike({"ada": [LONG], "bo": [other]}, [])
    assert likeness > 0.9


@pytest.mark.parametrize(
    "line",
    [
        "    return questions.output_size(n, kernel_size, strides, padding).answer",
        "from course.geometry import Window",
        "import course.questions.windows as w",
        "how_many = budget.answer",
        "ok = budget . judge(8).correct",
        "m = __import__('course.geometry')",
        "questions = 1",
        "exec('from co' + 'urse import quest' + 'ions')",
        "eval(hidden)",
    ],
)
def test_who_may_have_asked_the_course_is_a_hint(tmp_path, line):
    code = f"# a question, of course\n{line}\nx = 1"
    students = {"ada": notebook("padding", how_many=code), "bo": notebook("padding")}
    page = teachers_page(tmp_path, students)
    said = page.partition("Code that may ask the course")[2].partition("To read")[0]
    assert "A hint, and not a charge" in said
    assert " ".join(line.split()) in said
    assert "ada" in said
    assert not [each for each in ("bo", "of course", "x = 1") if each in said]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_handed_out_and_what_is_allowed_is_no_hint(tmp_path, name):
    book = json.loads(notebook(name))
    ours = "from course.ledger import ledger\nfrom course.check import check  # questions"
    for source in (ours, '"""The course has\nquestions."""\nmy_answer = answer = 3'):
        book["cells"].append({"cell_type": "code", "source": source, "metadata": {}})
    page = teachers_page(tmp_path, {"ada": json.dumps(book).encode()}, name)
    said = page.partition("Code that may ask the course")[2].partition("To read")[0]
    assert "None." in said


def test_what_is_short_given_or_common_is_no_sign():
    short = "+".join("1" * ((SIGNS[0][1] + RUN) // 2))
    assert alike({"ada": [short], "bo": [short]}, []) == []
    assert alike({"ada": [LONG], "bo": [LONG]}, [LONG]) == []
    assert alike({str(n): [LONG] for n in range(60)}, []) == []
    assert alike({str(n): [f"{LONG}print({n}, {n}, {n})"] for n in range(9)}, [LONG]) == []


HEAD = "def {}(n, kernel_size, strides{}):\n    "
WAYS = {  # how one writes it who did not copy, line by line, the usual way first
    "same_pads": (
        ("o = -(-n // strides)", "o = math.ceil(n / strides)", "o = (n + strides - 1) // strides"),
        (
            "p = max((o - 1) * strides + kernel_size - n, 0)",
            "p = (o - 1) * strides + kernel_size - n\n    p = max(0, p)",
            "p = (o - 1) * strides + kernel_size - n\n    if p < 0:\n        p = 0",
        ),
        ("a = p // 2", "a = int(p / 2)"),
        ("return a, p - a", "b = p - a\n    return a, b", "return [a, (p + 1) // 2]"),
    ),
    "usage": (
        (
            "a, b = same_pads(n, kernel_size, strides) if padding == 'same' else (0, 0)",
            "a = b = 0\n    if padding == 'same':\n"
            "        a, b = same_pads(n, kernel_size, strides)",
            "a, b = same_pads(n, kernel_size, strides)\n"
            "    if padding == 'valid':\n        a = b = 0",
        ),
        ("times = [0] * n", "times = [0 for _ in range(n)]", "times = list(np.zeros(n))"),
        (
            "for i in range(output_size(n, kernel_size, strides, padding)):\n"
            "        s = i * strides",
            "for s in range(0, n + a + b - kernel_size + 1, strides):",
            "o = output_size(n, kernel_size, strides, padding)\n    for i in range(o):\n"
            "        s = i * strides",
        ),
        (
            "    for x in range(s - a, s - a + kernel_size):",
            "    for j in range(kernel_size):\n            x = s + j - a",
        ),
        ("        if 0 <= x < n:", "        if x >= 0 and x < n:", "        if x in range(n):"),
        ("            times[x] += 1", "            times[x] = times[x] + 1"),
        ("return times",),
    ),
}
UNUSUAL = """\
table = {}
    for place in range(-kernel_size, n + kernel_size):
        table[place] = 0
    if padding == "same":
        zeros = same_pads(n, kernel_size, strides)
    else:
        zeros = (0, 0)
    here = 0 - zeros[0]
    while here <= n + zeros[1] - kernel_size:
        step = 0
        while step != kernel_size:
            table[here + step] = table[here + step] + 1
            step = step + 1
        here = here + strides
    found = []
    for place in sorted(table):
        if place >= 0:
            if place <= n - 1:
                found.append(table[place])
    return found"""


def class_of(many: int, seed: str, copied: int = 0) -> dict[str, list[str]]:
    """What a class wrote for `padding`, the first few the same `usage`."""
    pick, written = picker(seed), {}
    for number in range(many):
        bodies = {
            name: "\n    ".join(pick((way[0], *way)) for way in ways) for name, ways in WAYS.items()
        }
        if number < copied:
            bodies["usage"] = UNUSUAL
        heads = HEAD.format("same_pads", ""), HEAD.format("usage", ", padding")
        written[f"{number}"] = [*map("".join, zip(heads, bodies.values(), strict=True))]
    return written


@pytest.mark.parametrize("many", [12, 30])
def test_who_finds_a_way_alone_is_not_alike(many):
    """Hardly ever: two may well find the same."""
    found = [pair for seed in range(10) for pair in alike(class_of(many, f"class {seed}"), [])]
    assert len(found) <= 2, found


@pytest.mark.parametrize("copied", [2, 3, 4, 8, 10])
def test_what_up_to_a_third_of_a_class_copied_is_found(copied):
    for seed in range(10):
        groups = [sorted(who, key=int) for _, who in alike(class_of(30, f"{seed}", copied), [])]
        assert [f"{number}" for number in range(copied)] in groups
        assert len(groups) <= 2


def test_what_half_of_a_class_writes_is_no_sign():
    found = {student for _, who in alike(class_of(30, "half", 15), []) for student in who}
    assert not found & set(map(str, range(15)))


def test_long_texts_are_compared_word_for_word(tmp_path):
    long = "An odd zero is left over and goes after the input " * 3
    texts = {
        "ada": long,
        "bo": long.upper().replace(" ", " \n"),
        "cy": f"{long}!",
        "di": "It is odd.",
    }
    assert same_texts(texts | {"ed": "It is odd."}) == [["ada", "bo"]]
    path = tmp_path / "padding.ipynb"
    path.write_bytes(notebook("padding"))
    found = {
        student: (HandedIn(student, path), {"verdicts": [], "texts": {WORDS: words}})
        for student, words in texts.items()
    }
    said = text(report.report(read("padding", SOURCES["padding"]), SOURCES["padding"], found))
    assert "ada , bo The same text, “in your own words”, word for word." in said


@pytest.mark.parametrize(
    "code",
    [
        *("(" * 10**6, "-" * 10**6, '"""' * 10**5 + "'", "'" * 10**6, "a." * 10**6),
        *("\0\ud800\\" * 9999, "#\n" * 10**6, "'''" + '"""' * 333_333, "'\"\n" * 10**6),
        "#" + "\n" * 10**6,
    ],
    ids=[
        *("brackets", "minus", "quotes", "unclosed", "attributes"),
        *("no text", "comments", "mixed", "lines", "empty lines"),
    ],
)
def test_hostile_code_is_compared_in_no_time(code):
    began = time.process_time()
    alike({"ada": [code], "bo": [code + "x"], "cy": [LONG]}, [])
    assert time.process_time() - began < 2


# The table


def test_who_was_not_graded_has_no_points(folder, written):
    with open(folder / "reports" / "padding.csv", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    harmless = {"=1+1": "'=1+1", "j\udcf6rg": "j\\udcf6rg"}
    assert list(rows) == [harmless.get(student, student) for student in CLASS["padding"]]
    assert rows["ada"]["points"] == "16"
    assert rows["bo"]["points"] == "0"
    assert rows["cy"]["points"] == rows["cy"]["output_size_valid"] == ""
    assert rows["cy"]["not graded because"].startswith("The file is a web page")
    assert rows["di"]["late hours"] == "1.5"
    assert rows["ada"]["to grade"] == WORDS
    assert rows["bo"]["to grade"] == rows["'=1+1"]["to grade"] == ""


def test_what_a_teacher_decided_comes_first(tmp_path):
    assignment, points = read("padding", SOURCES["padding"]), (2, 2, 1, 3, 2, 2, 2, 2)
    result = {
        "verdicts": [
            vars(Verdict(part.grade_id, each, "Yes."))
            for part, each in zip(assignment.parts, points, strict=True)
        ],
        "texts": {WORDS: "An odd zero is left over."},
    }
    read_by_teacher = {"points": {WORDS: 3.0, "depth": 1.0}, "comments": {WORDS: f"Nice! {EVIL}"}}
    result = result | {"read": read_by_teacher | {"penalty": 2.0}}
    report.table(tmp_path / "x.csv", assignment, {"ada": (HandedIn("ada", tmp_path), result)})
    with open(tmp_path / "x.csv", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["points"], row["late penalty"], row["to grade"]) == ("18", "2", "")
    sections = report.sections_of(SOURCES["padding"])
    page = feedback(assignment, sections, HandedIn("ada", tmp_path), result)
    assert "18 of 20 points" in page
    assert "2 points less, because it was late." in page
    assert f"Nice! {html.escape(EVIL)}" in page
    assert "with your teacher" not in page


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_a_spreadsheet_computes_nothing(tmp_path, name):
    assignment = read("padding", SOURCES["padding"])
    aside = {"aside": f"{name} is no notebook"}
    report.table(
        tmp_path / "grades.csv", assignment, {name: (HandedIn(name, tmp_path, name=name), aside)}
    )
    with open(tmp_path / "grades.csv", encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["student"] == row["name"] == f"'{name}"
    assert row["not graded because"].startswith("'")
    assert row["points"] == ""


# In a browser


@pytest.fixture(scope="module")
def chromium():
    """Of this file alone: another in this folder has a browser of its own."""
    with browser() as running:
        yield running


@pytest.fixture
def page(chromium: Browser):
    with watched(chromium.new_context(offline=True).new_page()) as page:
        yield page
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 700, 1280])
def test_axe_finds_nothing(page: Page, folder, reports, scheme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    shown = [folder / "reports/padding.html"]
    shown += [folder / "feedback" / student / "padding/padding.html" for student in ("di", "cy")]
    shown.append(folder / "feedback/di/design/design.html")
    for path in shown:
        page.goto(path.as_uri())
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width


BROKEN = """() => {
  const broken = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode());) {
    for (const word of text.data.matchAll(/(?<!\\S)[a-z]{1,12}(?![^\\s.,:])/gi)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (range.getClientRects().length > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""


@pytest.mark.parametrize("width", [400, 700])
def test_no_word_is_broken_in_a_narrow_window(page: Page, folder, reports, width):
    page.set_viewport_size({"width": width, "height": 900})
    for name in NAMES:
        for path in (f"reports/{name}.html", f"feedback/di/{name}/{name}.html"):
            page.goto((folder / path).as_uri())
            assert set(page.evaluate(BROKEN)) <= {"long"}, path  # in a word of 240 letters


def test_the_keyboard_leads_to_a_part(page: Page, folder, written):
    page.goto((folder / "feedback/di/padding/padding.html").as_uri())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**#output_size_valid")
    assert page.evaluate("getComputedStyle(document.querySelector('a')).outlineStyle") != "auto"


def test_printed_it_is_dark_on_white(page: Page, folder, written):
    page.goto((folder / "feedback/di/padding/padding.html").as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert not page.locator("nav").is_visible()

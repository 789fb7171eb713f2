"""The conventions of the lessons, each as a rule that a lesson can break.

A rule is a generator: it takes a lesson and yields what is wrong with it, in words that say what
to change. ``test_rule`` holds every lesson to every rule; below, each rule meets a notebook that
breaks this rule and no other.
"""

import ast
import functools
import io
import json
import re
import subprocess
import sys
import tokenize
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import addresses
import lessons
import prose
import pytest
from lessons import FENCE, LINK, NOTEBOOKS, TAG, cells, lesson_paths, mentions_keras
from nbformat import NotebookNode
from nbval.plugin import comment_markers, metadata_tags
from refresh import RefreshError, main, normalise, refresh, to_text
from solutions import exercises, says_right, says_right_to
from spoilers import spoilers

LESSONS = lesson_paths()
ALT_LENGTH = 20  # characters: enough to say what a picture shows, not only that it is one
LINE_LENGTH = 100  # characters
CELL_LENGTH = 15  # lines: a cell is short enough to read at a glance

# What the first code cell of a lesson says first, for whoever has nothing but the lesson.
HERE = addresses.GITHUB + addresses.of_project().repository
INSTALL = f"# No module 'course'? Run %pip install git+{HERE}"
HOMEWORK = NOTEBOOKS / "homework"  # its first cell is locked, with a checksum of what it says

LIMITS = {"words": 700, "lines of code": 50, "predictions": 4, "minutes": 23}

WARNING = re.compile(r"\b\w*Warning\b")
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}")
FOLDER = re.compile(r"(?<![\w./<])/[\w.-]+/[\w./-]+|\bfile://|\b[A-Za-z]:\\\w")
TITLE = re.compile(r"[A-Z][A-Za-z ,]{,58}:")  # a short line of plain words, which holds no digit
DATA_URL = re.compile(r"data:[\w/+-]+;base64,[A-Za-z0-9+/=]*")


@dataclass(frozen=True)
class Lesson:
    path: Path
    notebook: NotebookNode


def load(path: Path) -> Lesson:
    return Lesson(path, lessons.read(path))


def outputs(lesson: Lesson) -> Iterator[tuple[str, NotebookNode]]:
    for where, cell in cells(lesson.notebook, "code"):
        for output in cell.outputs:
            yield where, output


def output_texts(lesson: Lesson) -> Iterator[tuple[str, str]]:
    """Every text in the outputs, without the bytes of pictures."""
    for where, output in outputs(lesson):
        texts = [output.get("text", ""), *output.get("data", {}).values()]
        for text in texts:
            yield where, DATA_URL.sub("", str(text))


def comments(source: str) -> Iterator[tokenize.TokenInfo]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token


class Images(HTMLParser):
    """The alternative text of every image in an html text; "" where there is none."""

    def __init__(self, html: str):
        super().__init__()
        self.alts = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.alts.append((dict(attrs).get("alt") or "").strip())


RULES: list[Callable[[Lesson], Iterator[str]]] = []


def rule(function):
    RULES.append(function)
    return function


@rule
def runs_without_error(lesson):
    for where, output in outputs(lesson):
        if output.output_type == "error":
            yield f"{where} stores an error: {output.ename}: {output.evalue}"


@rule
def keeps_stderr_empty(lesson):
    for where, output in outputs(lesson):
        if output.get("name") == "stderr":
            yield f"{where} stores stderr: {output.text}"


@rule
def warns_of_nothing(lesson):
    for where, text in output_texts(lesson):
        for found in WARNING.findall(text):
            yield f"{where} prints a {found}"


@rule
def prints_no_path_and_no_address(lesson):
    for where, text in output_texts(lesson):
        for found in [*ADDRESS.finditer(text), *FOLDER.finditer(text)]:
            yield f"{where} prints {found[0]}, which differs from machine to machine"


@rule
def is_executed_from_top_to_bottom(lesson):
    for expected, (where, cell) in enumerate(cells(lesson.notebook, "code"), start=1):
        if cell.execution_count != expected:
            yield f"{where} has execution count {cell.execution_count}, not {expected}: refresh it"


@rule
def is_kept_in_normal_form(lesson):
    normal = to_text(normalise(lesson.notebook, lesson.path.stem))
    if lesson.path.read_text(encoding="utf-8") != normal:
        yield "the file is not as tests/tools/refresh.py writes it: refresh it"


@rule
def describes_every_picture(lesson):
    for where, output in outputs(lesson):
        data = output.get("data", {})
        for kind in data:
            if kind.startswith("image/"):
                yield f"{where} shows a bare {kind}. Show html: <img alt=… src=data:…>"
        yield from _short_alts(where, Images(data.get("text/html", "")).alts)
    for where, cell in cells(lesson.notebook, "markdown"):
        alts = re.findall(r"!\[([^\]]*)\]", cell.source) + Images(cell.source).alts
        yield from _short_alts(where, alts)


def _short_alts(where: str, alts: list[str]) -> Iterator[str]:
    for alt in alts:
        if len(alt) < ALT_LENGTH:
            yield f"{where}: the alternative text “{alt}” does not say what the picture shows"


@rule
def shows_pictures_without_a_kernel(lesson):
    for where, output in outputs(lesson):
        if any("widget" in kind for kind in output.get("data", {})):
            yield f"{where} stores a widget without html, which is dead when the lesson is opened"


@rule
def stores_no_script(lesson):
    for where, text in output_texts(lesson):
        if "<script" in text:
            yield f"{where} stores a script, of which every change would rewrite the lesson"


@rule
def folds_an_output_behind_a_title(lesson):
    """Of a folded output JupyterLab shows the first line, tags and all, however long it is."""
    for where, cell in cells(lesson.notebook, "code"):
        if "reveal" in cell.metadata.get("tags", []):
            first = cell.outputs[0].get("text", "") if cell.outputs else ""
            if not TITLE.fullmatch(first.partition("\n")[0]):
                yield f"{where} is folded, so it must first print a title, in words: “The output:”"


@rule
def links_to_what_exists(lesson):
    for where, cell in cells(lesson.notebook, "markdown"):
        for link in LINK.finditer(FENCE.sub("", cell.source)):
            target = urllib.parse.unquote(link["target"])
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = lesson.path.parent / name if name else lesson.path
            if not file.exists():
                yield f"{where} links to {name}, which does not exist"
            elif anchor and anchor not in _anchors(file):
                yield f"{where} links to #{anchor}, but no heading of {file.name} is called so"


def _anchors(path: Path) -> set[str]:
    """JupyterLab's anchors: the text of a heading, with hyphens for spaces."""
    headings = [
        heading
        for _, cell in cells(lessons.read(path), "markdown")
        for heading in re.findall(r"^#{1,6} +(.*?) *$", FENCE.sub("", cell.source), re.MULTILINE)
    ]
    shown = [re.sub(r"[*`]", "", LINK.sub(r"\g<text>", TAG.sub("", text))) for text in headings]
    return {text.replace(" ", "-") for text in shown}


@rule
def reads_without_a_network(lesson):
    for where, cell in cells(lesson.notebook, "markdown"):
        if "$" in cell.source:
            yield f"{where}: an exported page fetches what typesets $formulas$. Write o = ⌈n / s⌉"


@rule
def says_true_numbers(lesson):
    try:
        yield from prose.lesson_problems(lesson.path)
    except Exception as error:
        yield f"it does not run: {error!r} {getattr(error, '__notes__', '')}"


@rule
def chooses_few_numbers_freely(lesson):
    if (share := prose.free_share(prose.lines(lesson.path))) > prose.FREE_SHARE:
        yield f"{share:.0%} of the numbers in the text are free choices. Compute more of them"


@rule
def hides_nothing_in_its_text(lesson):
    for where, cell in cells(lesson.notebook, "markdown"):
        if "<!--" in cell.source:
            yield f"{where} has a comment, which a double-click shows to the reader"


@rule
def writes_no_number_in_words_of_code(lesson):
    for where, cell in cells(lesson.notebook, "code"):
        strings = [n.value for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Constant)]
        words = [each.strip() for each in strings if isinstance(each, str) and " " in each.strip()]
        for text in [*words, *(comment.string for comment in comments(cell.source))]:
            for number in prose.numbers(text):
                yield f"{where}: nobody checks “{number.text}” in “{text}”. Let the code print it"


@rule
def compares_every_output(lesson):
    for where, cell in cells(lesson.notebook, "code"):
        if set(cell.metadata.get("tags", [])) & metadata_tags.keys():
            yield f"{where} has a tag that hides it from nbval"
        follower = {comment.start[0]: comment.string for comment in comments(cell.source)}
        for line, comment in follower.items():
            marker = comment.lstrip("# ")
            if marker not in comment_markers:
                continue
            asserts = any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source)))
            if marker != "NBVAL_IGNORE_OUTPUT":
                yield f"{where}: {marker} hides the cell from nbval"
            elif not follower.get(line + 1, "").strip("# "):
                yield f"{where}: give the reason for {marker} in a comment on the next line"
            elif not asserts:
                yield f"{where}: nobody compares the output, so assert what it should be"


@rule
def imports_course_first(lesson):
    where, cell = next(cells(lesson.notebook, "code"), ("it", None))
    first = ast.parse(cell.source).body[:1] if cell else []
    match first:
        case [ast.ImportFrom(module=str(module))] if module.split(".")[0] == "course":
            return
        case [ast.Import(names=[ast.alias(name=module), *_])] if module.split(".")[0] == "course":
            return
    yield f"{where} must import course first: it quietens TensorFlow before that loads"


@rule
def says_how_to_get_the_course(lesson):
    where, cell = next(cells(lesson.notebook, "code"), ("it", None))
    if HOMEWORK in lesson.path.parents:
        return
    if not cell or cell.source.partition("\n")[0] != INSTALL:
        yield f"{where} must begin with this line, for whoever has the lesson alone: {INSTALL}"


@rule
def is_read_at_a_glance(lesson):
    for where, cell in cells(lesson.notebook, "code"):
        lines = cell.source.splitlines()
        if len(lines) > CELL_LENGTH:
            yield f"{where} has {len(lines)} lines; {CELL_LENGTH} are enough"
        for line in lines:
            if len(line) > LINE_LENGTH and line != INSTALL:  # that of a fork may be longer
                yield f"{where} has a line of {len(line)} characters: “{line[:40]}…”"


@rule
def takes_about_twenty_minutes(lesson):
    """Of code, what is imported and what is asked from earlier lessons does not count."""
    notebook = lesson.notebook
    if not prose.TITLE.match(notebook.cells[0].source):
        return  # what is no lesson of the series takes its own time
    sources = [cell.source for _, cell in cells(notebook, "code")]
    code = "\n".join(each for each in sources[1:] if "predict.weakest(" not in each)
    code = re.sub(r"^ *(?:import|from) .*", "", code, flags=re.MULTILINE)
    sizes = {
        "words": lessons.words(notebook),
        "lines of code": sum(map(bool, map(str.strip, code.split("\n")))),
        "predictions": lessons.predictions(notebook)[0],
        "minutes": lessons.minutes(notebook),
    }
    for name, size in sizes.items():
        if size > LIMITS[name]:
            yield f"it has {size} {name}; {LIMITS[name]} are enough"


@rule
def has_a_title(lesson):
    where, cell = next(cells(lesson.notebook, "markdown"), ("it", None))
    if not cell or not re.search(r"^# \S", cell.source, re.MULTILINE):
        yield f"{where} must have the lesson's title: # Title"


def broken_rules(lesson: Lesson) -> set[str]:
    return {rule.__name__ for rule in RULES if list(rule(lesson))}


def to_run(path: Path, *more: Any) -> Any:
    """A notebook that a test is going to run; where it trains, that is slow."""
    names = [getattr(each, "__name__", str(each)) for each in (path.relative_to(NOTEBOOKS), *more)]
    marks = [pytest.mark.slow] if "training.runs(" in path.read_text("utf-8") else []
    return pytest.param(path, *more, marks=marks, id="-".join(names))


RULED = [
    to_run(path, rule) if rule is says_true_numbers else (path, rule)
    for path in LESSONS
    for rule in RULES
]


@pytest.mark.parametrize(
    ("path", "rule"),
    RULED,
    ids=lambda value: getattr(value, "__name__", None) or str(value.relative_to(NOTEBOOKS)),
)
def test_rule(path, rule):
    problems = list(rule(load(path)))
    assert not problems, "\n".join([f"{path.name} {rule.__name__}:", *problems])


@functools.cache
def run(path: Path) -> tuple[NotebookNode, dict]:
    notebook = lessons.read(path)
    return notebook, lessons.run(notebook, path.parent)


@pytest.mark.parametrize("path", [to_run(path) for path in LESSONS])
def test_a_run_says_what_the_file_keeps(path):
    problems = list(lessons.output_problems(*run(path)))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("path", [to_run(path) for path in LESSONS])
def test_no_answer_is_given_away(path):
    problems = list(spoilers(*run(path)))
    assert not problems, "\n".join(problems)


# Exercises: what they say as they stand, to their solution, and to a shortcut around the idea


SERIES = [path for path in LESSONS if path.name[:2].isdigit() and path.name > "01"]


@pytest.mark.parametrize(
    ("path", "number"),
    [to_run(p, number) for p in SERIES for number, _ in enumerate(exercises(lessons.read(p)))],
)
def test_an_exercise_takes_its_solution(path, number):
    notebook, namespace = run(path)
    cells, solution = [*exercises(notebook)][number]
    assert not says_right(cells, namespace)
    assert says_right_to(solution, cells, path.parent, namespace)


@pytest.mark.parametrize("path", SERIES, ids=lambda path: path.stem)
def test_every_lesson_has_exercises_with_a_solution(path):
    solved = [code for _, code in exercises(lessons.read(path))]
    assert solved, "there is no cell with <summary>Solutions</summary>"
    assert all(solved)


def test_a_solution_without_an_exercise_is_named(write_notebook):
    solution = "<details>\n<summary>Solutions</summary>\n\n1. ```python\n   n = 1\n   ```"
    cells = [("markdown", "# 13 · Mine"), ("code", "n = ..."), ("markdown", solution)]
    with pytest.raises(ValueError, match="# 13 · Mine: 1 solutions, and 0 exercises"):
        list(exercises(lessons.read(write_notebook(*cells, execute=False))))


POOLING = "layers.MaxPooling2D(3, 1, 'same'), layers.MaxPooling2D(3, 1, 'same')"
DILATION = "layers.Conv2D(8, 3, padding='same', dilation_rate=2)"
BUDGET = (
    "check(budget, keras.Sequential([keras.Input((28, 28, 1)),"
    " layers.Conv2D(8, 3, padding='same'), {}]))"
)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("sliding-window-31", "return right"),
        ("channels-37", BUDGET.format(POOLING)),
        ("channels-37", BUDGET.format(DILATION)),
        *(
            pytest.param("where-27", f"return {p}", marks=pytest.mark.slow)  # its lesson trains
            for p in (2, 3, 4, "k")
        ),
        ("back-27", "return np.squeeze(keras_says)"),
        ("back-29", "return keras.Input((n, n, 5))"),
    ],
)
def test_an_exercise_takes_no_shortcut(cell, code):
    ((path, cells),) = [
        (path, cells)
        for path in SERIES
        for cells, _ in exercises(lessons.read(path))
        if cell in {each.id for each in cells}
    ]
    assert not says_right_to(code, cells, path.parent, run(path)[1])


ASK = ("code", "predict.ask(questions.output_size(n=28, kernel_size=3, strides=2))")
AXIS = "figures.axis(Window(3, 2), 28)"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("above", "below"),
    [
        ([("markdown", "With k = 3 and s = 2, 28 pixels become thirteen.")], []),
        ([("code", f"print('The outputs:')\n{AXIS}")], []),
        ([("code", "explore.window(n=28, kernel_size=3, strides=2)")], []),
        ([], [("markdown", "There are 13 outputs.")]),
        ([], [("markdown", "So:\n\n13.\n\n## Next")]),
        ([], [("code", "print(Window(3, 2).output_size(28))")]),
        ([], [("markdown", "Think."), ("code", AXIS)]),
    ],
)
def test_an_answer_that_is_given_away_is_noticed(above, below, write_notebook):
    start = (
        "code",
        "from course import explore, figures, predict, questions\n"
        "from course.geometry import Window",
    )
    notebook = lessons.read(write_notebook(start, *above, ASK, *below))
    assert list(spoilers(notebook, lessons.run(notebook, lessons.ROOT)))


@pytest.mark.slow
def test_what_is_folded_or_stands_elsewhere_gives_nothing_away(write_notebook):
    notebook = lessons.read(
        write_notebook(
            (
                "code",
                "from course import figures, predict, questions\n"
                "from course.geometry import Window",
            ),
            ("markdown", "28 pixels, k = 3: 26 outputs. With k = 3, s = 2 and n = 27: 13."),
            ASK,
            ("code", f"print('The outputs:')\n{AXIS}"),
            ("markdown", "<details><summary>Why?</summary>13.5 gives 13.</details>"),
            ("markdown", "## Next\n\n13 it is."),
        )
    )
    notebook.cells[3].metadata["tags"] = ["reveal"]
    assert list(spoilers(notebook, lessons.run(notebook, lessons.ROOT))) == []


@pytest.mark.slow
@pytest.mark.parametrize("kept", ["print(28)", "28", "display(28)"])
def test_a_run_that_says_something_else_is_noticed(kept: str, write_notebook):
    notebook = lessons.read(
        write_notebook(("code", f"from IPython.display import display\n{kept}"))
    )
    assert list(lessons.output_problems(notebook, lessons.run(notebook, lessons.ROOT))) == []
    notebook.cells[0].source = notebook.cells[0].source.replace("28", "29")
    (problem,) = lessons.output_problems(notebook, lessons.run(notebook, lessons.ROOT))
    assert problem.endswith("file keeps:\n29\n" if "(" in kept else "file keeps:\n29")


def loaded_by(path: Path) -> set[str]:
    """The heavy libraries that a process has loaded after it ran the notebook."""
    program = (
        "import sys, pathlib, lessons; path = pathlib.Path(sys.argv[1]);"
        "lessons.run(lessons.read(path), path.parent); print(*sys.modules)"
    )
    command = [sys.executable, "-c", program, str(path)]
    tools = Path(lessons.__file__).parent
    done = subprocess.run(command, cwd=tools, capture_output=True, text=True, check=True)
    return {"tensorflow", "keras"} & set(done.stdout.split())


LIGHT = [path for path in LESSONS if not mentions_keras(lessons.read(path))]


@pytest.mark.parametrize("path", LIGHT, ids=lambda path: str(path.relative_to(NOTEBOOKS)))
def test_light_lesson_loads_no_tensorflow(path):
    assert not loaded_by(path)


# Runs notebooks as far as the cell that wants TensorFlow, which stays away: it takes seconds.
UNTIL_TENSORFLOW = """
import json, pathlib, sys, lessons

class Wanted(Exception):
    pass

class Guard:
    @staticmethod
    def find_spec(name, *_):
        if name in {"keras", "tensorflow"}:
            raise Wanted

sys.meta_path.insert(0, Guard)
wanted_by = {}
for name in sys.argv[1:]:
    path, namespace = pathlib.Path(name), {}
    for _, cell in lessons.cells(lessons.read(path), "code"):
        try:
            namespace = lessons.run(lessons.NotebookNode(cells=[cell]), path.parent, namespace)
        except Wanted:
            wanted_by[name] = cell.id
            break
print(json.dumps(wanted_by))
"""
SHOWN = re.compile(r"\b(?:explore\.\w+|predict\.ask)\(")  # an explorer or a prediction
LOADS = re.compile(r"# loads TensorFlow\b")


def late_problems(paths: list[Path]) -> Iterator[str]:
    """Where a lesson loads TensorFlow before it shows something, or without a word."""
    command = [sys.executable, "-c", UNTIL_TENSORFLOW, *map(str, paths)]
    tools = Path(lessons.__file__).parent
    done = subprocess.run(command, cwd=tools, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    wanted_by = json.loads(done.stdout)
    for path in paths:
        sources = {cell.id: cell.source for _, cell in cells(lessons.read(path), "code")}
        shown = [name for name, source in sources.items() if SHOWN.search(source)]
        says = [name for name, source in sources.items() if LOADS.search(source)]
        loads, order = wanted_by.get(str(path)), [*sources]
        if loads and shown and order.index(loads) <= order.index(shown[0]):
            yield f"{path.name}: {loads} loads TensorFlow before {shown[0]} shows anything"
        if says != [loads] * bool(loads):
            yield f"{path.name}: {loads} loads TensorFlow, and {says} say so: “# loads TensorFlow”"


@pytest.mark.slow
def test_tensorflow_is_loaded_late_and_by_a_cell_that_says_so():
    # What a homework asks is graded: it shows nothing before its answers.
    problems = list(late_problems([path for path in LESSONS if HOMEWORK not in path.parents]))
    assert not problems, "\n".join(problems)


KERAS = "import sys\nimport keras"


def test_an_early_or_silent_tensorflow_is_noticed(write_notebook):
    says = "# loads TensorFlow"
    ask = "from course import predict, questions\npredict.ask(questions.output_size(n=9))"
    notebooks = {  # what stands before and after the prediction: how many problems
        ("import course", f"{KERAS}  {says}"): 0,
        ("import course", KERAS): 1,
        (f"import course  {says}", "import sys"): 1,
        (f"{KERAS}  {says}", "import sys"): 1,
        (f"from course import keras_graph  {says}", "import sys"): 1,
        (KERAS, f"import sys  {says}"): 2,
    }
    paths = [
        write_notebook(
            ("code", one), ("code", ask), ("code", two), name=f"{i}.ipynb", execute=False
        )
        for i, (one, two) in enumerate(notebooks)
    ]
    found = [problem.partition(":")[0] for problem in late_problems(paths)]
    assert [found.count(path.name) for path in paths] == [*notebooks.values()]


@pytest.mark.slow
def test_hidden_import_of_keras_is_found(write_notebook):
    hidden = "import sys\nsys.modules['ke' 'ras'] = sys"  # as quick as importing it is slow
    path = write_notebook(("code", hidden), execute=False)
    assert not mentions_keras(lessons.read(path))
    assert "keras" in loaded_by(path)


# A lesson that breaks no rule. The picture is matplotlib's, the rest is as small as it can be.

PICTURE = """\
import base64, io
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(1, 1))
axes.plot(range(n), color="#0072B2")
png = io.BytesIO()
figure.savefig(png)
plt.close(figure)
alt = f"A straight line that rises over {n} pixels"
src = "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()
class Picture:
    def _repr_html_(self):
        return f'<img alt="{alt}" src="{src}">'
    def __repr__(self):
        return alt
Picture()"""

GOOD = (
    ("markdown", "# A window\n\nSee [the sizes](#Two-lonely-sizes)."),
    ("code", f"{INSTALL}\nfrom course.geometry import Window\n\nn = 28"),
    ("code", "o = Window(kernel_size=3).output_size(n)\nprint(o)\nprint(o)"),
    ("markdown", "## Two *lonely* sizes\n\nFrom 28 to 26."),
    ("code", PICTURE),
)
NUMBERS = """\
lesson-4 = '''
len({o, n})
n
o
'''
"""


@pytest.fixture(scope="module")
def good_text(tmp_path_factory) -> str:
    """The text of the good lesson, executed once for all tests; its cells came without ids."""
    path = tmp_path_factory.mktemp("good") / "lesson.ipynb"
    new = [{"cell_type": kind, "metadata": {}, "source": source} for kind, source in GOOD]
    for cell in new:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    path.write_text(json.dumps({"cells": new, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    assert refresh(path)
    return path.read_text(encoding="utf-8")


@pytest.fixture
def good(good_text, tmp_path) -> Path:
    path = tmp_path / "lesson.ipynb"
    path.write_text(good_text, encoding="utf-8")
    prose.numbers_file(path).write_text(NUMBERS, encoding="utf-8")
    return path


def test_good_lesson_breaks_no_rule(good):
    for rule in RULES:
        assert list(rule(load(good))) == []


def stream(text: str, name: str = "stdout") -> dict:
    return {"name": name, "output_type": "stream", "text": text}


def shown(**data: str) -> dict:
    data = {kind.replace("_", "/", 1): text for kind, text in data.items()}
    return {"data": data, "metadata": {}, "output_type": "display_data"}


ERROR = {"ename": "ValueError", "evalue": "no", "output_type": "error", "traceback": []}
IGNORE = "# NBVAL_IGNORE_OUTPUT"
WIDGET = {"application_vnd.jupyter.widget-view+json": "a model that is gone"}


def output(*new):
    """Break a lesson by what the first code cell stores as its output."""

    def edit(notebook):
        notebook.cells[1].outputs = [NotebookNode(one) for one in new]

    return edit


def add(cell: int, text: str):
    """Break a lesson by a line at the end of a cell."""

    def edit(notebook):
        notebook.cells[cell].source += f"\n{text}"

    return edit


def replace(cell: int, text: str):
    def edit(notebook):
        notebook.cells[cell].source = text

    return edit


def fold(*new):
    def edit(notebook):
        output(*new)(notebook)
        notebook.cells[1].metadata = NotebookNode(tags=["reveal"])

    return edit


def tag(notebook):
    notebook.cells[1].metadata = NotebookNode(tags=["nbval-skip"])


def choose_freely(notebook):
    """A test edits the notebook; this one edits the file beside it as well."""
    notebook.cells[0].source += "\n\nLook at it for 20 minutes."
    return 'lesson-1 = "20  # free: how long you like to look"'


def unexecuted(notebook):
    notebook.cells[1].execution_count = None


def recounted(notebook):
    notebook.cells[2].execution_count = 7


START = "from course.geometry import Window\nn = 28"
BREAKS = [
    (runs_without_error, output(ERROR)),
    (keeps_stderr_empty, output(stream("oh", "stderr"))),
    (warns_of_nothing, output(stream("DeprecationWarning: old"))),
    (warns_of_nothing, output(shown(text_html="<p>UserWarning"))),
    (prints_no_path_and_no_address, output(stream("<Figure at 0x7f00dead>"))),
    (prints_no_path_and_no_address, output(shown(text_plain="saved in /home/ada/course/a.png"))),
    (prints_no_path_and_no_address, output(stream(r"C:\course"))),
    (is_executed_from_top_to_bottom, unexecuted),
    (is_executed_from_top_to_bottom, recounted),
    (describes_every_picture, output(shown(image_png="AAAA", text_plain="a picture"))),
    (describes_every_picture, output(shown(text_html="<img src='data:image/png;base64,A'>"))),
    (describes_every_picture, output(shown(text_html="<img alt='a plot' src=''>"))),
    (describes_every_picture, add(0, "![window](data:,)")),
    (describes_every_picture, add(0, "<img src='data:,'>")),
    (shows_pictures_without_a_kernel, output(shown(**WIDGET))),
    (folds_an_output_behind_a_title, fold()),
    (folds_an_output_behind_a_title, fold(shown(text_html="The size:"))),
    (folds_an_output_behind_a_title, fold(stream("<b>The size:"))),
    (folds_an_output_behind_a_title, fold(stream("The size, which is 26:"))),
    (folds_an_output_behind_a_title, fold(stream("26\nThe size:"))),
    (folds_an_output_behind_a_title, fold(stream(f"The {'very ' * 12}large size:"))),
    (stores_no_script, output(shown(text_html="<p>1</p><script>draw()"))),
    (links_to_what_exists, add(0, "[next](02_padding.ipynb)")),
    (links_to_what_exists, add(0, "[up](#A-windov)")),
    (links_to_what_exists, add(0, "[up](lesson.ipynb#A-windov)")),
    (reads_without_a_network, add(0, "$o = n - k + n$")),
    (says_true_numbers, add(0, "26 is the size.")),
    (says_true_numbers, add(3, "26 is also quoted here.")),
    (says_true_numbers, add(3, "Both numbers are read twice.")),
    (says_true_numbers, replace(3, "## Two *lonely* sizes\n\nFrom 26 to 28.")),
    (says_true_numbers, replace(3, "## Two *lonely* sizes\n\nFrom 28 to twenty-five.")),
    (says_true_numbers, add(2, "raise SystemError")),
    (chooses_few_numbers_freely, choose_freely),
    (hides_nothing_in_its_text, add(0, "<!-- a secret -->")),
    (writes_no_number_in_words_of_code, add(2, "o  # 26")),
    (writes_no_number_in_words_of_code, add(2, "o  # twenty-six")),
    (writes_no_number_in_words_of_code, add(2, 'f"from 28 to {o}"')),
    (writes_no_number_in_words_of_code, add(2, '"the third layer"')),
    (compares_every_output, tag),
    (compares_every_output, add(2, "# NBVAL_SKIP")),
    (compares_every_output, add(2, f"{IGNORE}\nassert o")),
    (compares_every_output, add(2, f"{IGNORE}\n# times differ")),
    (imports_course_first, replace(1, f"{INSTALL}\nimport math\n{START}")),
    (says_how_to_get_the_course, replace(1, START)),
    (says_how_to_get_the_course, replace(1, f"{START}\n{INSTALL}")),
    (says_how_to_get_the_course, replace(1, f"{INSTALL}2\n{START}")),
    (is_read_at_a_glance, add(2, "\n" * CELL_LENGTH + "o")),
    (is_read_at_a_glance, add(2, f"name = '{'x' * LINE_LENGTH}'")),
    (has_a_title, replace(0, "A window")),
]


@pytest.mark.parametrize(("rule", "edit"), BREAKS)
def test_each_rule_can_be_broken_alone(rule, edit, good):
    notebook = lessons.read(good)
    more = edit(notebook) or ""
    good.write_text(to_text(normalise(notebook, good.stem)), encoding="utf-8")
    prose.numbers_file(good).write_text(NUMBERS + more, encoding="utf-8")
    assert broken_rules(load(good)) == {rule.__name__}


@pytest.mark.parametrize("text", ["{}", "old", '"metadata": {}'])
def test_normal_form_can_be_broken_alone(text, good):
    written = good.read_text(encoding="utf-8")
    changed = {
        "{}": written.rstrip("\n"),
        "old": written.replace('"nbformat_minor": 5', '"nbformat_minor": 4'),
        '"metadata": {}': written.replace(text, '"metadata": {"collapsed": false}', 1),
    }[text]
    assert changed != written
    good.write_text(changed, encoding="utf-8")
    assert broken_rules(load(good)) == {"is_kept_in_normal_form"}


LONG = {
    "words": [("markdown", "word " * 700)],
    "lines of code": [("code", "import course"), ("code", "print()\n" * 51)],
    "predictions": [("code", "predict.ask(…)")] * 5,
    "minutes": [("markdown", "**1.** Try.\n\n**2.** Try.")] * 4,
}


@pytest.mark.parametrize("what", LONG)
def test_a_long_lesson_is_noticed(what, write_notebook):
    title = ("markdown", "# 01 · How long?")
    lesson = load(write_notebook(title, *LONG[what], execute=False))
    (problem,) = takes_about_twenty_minutes(lesson)
    assert what in problem
    earlier = ("code", "predict.weakest(…)")  # two of the predictions are from earlier lessons
    lesson = load(write_notebook(title, *LONG[what][1:], earlier, execute=False))
    assert list(takes_about_twenty_minutes(lesson)) == []


def test_every_rule_is_broken_by_some_notebook():
    tested = {rule for rule, _ in BREAKS} | {is_kept_in_normal_form, takes_about_twenty_minutes}
    assert tested == set(RULES)


def test_ignored_output_with_reason_and_assertion_is_allowed(good):
    notebook = lessons.read(good)
    add(2, f"{IGNORE}\n# times differ from machine to machine\nassert o < n")(notebook)
    good.write_text(to_text(notebook), encoding="utf-8")
    assert broken_rules(load(good)) == set()


@pytest.mark.slow
def test_ignored_output_may_say_other_numbers(write_notebook):
    notebook = lessons.read(write_notebook(("code", f"{IGNORE}\nimport course\nprint(28)")))
    notebook.cells[0].source = notebook.cells[0].source.replace("28", "29")
    assert list(lessons.output_problems(notebook, lessons.run(notebook, lessons.ROOT))) == []


# tests/tools/refresh.py


@pytest.mark.slow
@pytest.mark.parametrize(("kept", "changed"), [("7.5 ms", False), ("7.5 s", True)])
def test_ignored_output_is_renewed_only_with_its_words(kept, changed, write_notebook):
    path = write_notebook(("code", f"{IGNORE}\nprint(8.25, 'ms')"))
    notebook = lessons.read(path)
    notebook.cells[0].outputs = [NotebookNode(stream(f"{kept}\n"))]
    path.write_text(to_text(normalise(notebook, path.stem)), encoding="utf-8")
    assert refresh(path) == changed
    assert (kept in path.read_text(encoding="utf-8")) != changed


@pytest.mark.slow
def test_refreshing_twice_changes_nothing(good, capsys):
    before = good.read_text(encoding="utf-8")
    assert main([str(good)]) == 0
    assert "unchanged" in capsys.readouterr().out
    assert good.read_text(encoding="utf-8") == before


@pytest.mark.slow
def test_refresh_repairs_a_stale_and_untidy_notebook(good):
    before = good.read_text(encoding="utf-8")
    untidy = lessons.read(good)
    untidy.metadata = NotebookNode(widgets={"state": {}}, language_info={"version": "3.0"})
    untidy.cells[1].metadata = NotebookNode(collapsed=True, execution={"iopub.status.busy": "now"})
    untidy.cells[2].outputs = [NotebookNode(stream("27\n"))]
    untidy.cells[2].execution_count = 9
    good.write_text(to_text(untidy), encoding="utf-8")
    assert refresh(good)
    assert good.read_text(encoding="utf-8") == before


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["1 / 0", "import sys\nprint('oh', file=sys.stderr)"])
def test_a_failing_notebook_stays_as_it_was(broken, write_notebook, capsys):
    path = write_notebook(("code", "x = 1"), ("code", broken), execute=False)
    before = path.read_bytes()
    assert main([str(path)]) == 1
    assert broken.splitlines()[0] in capsys.readouterr().out
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(RefreshError):
        refresh(path)


def test_normal_form_names_cells_the_same_way_every_time(good):
    notebook = lessons.read(good)
    kept = notebook.cells[0].id
    notebook.cells[1].id = kept  # a duplicate
    del notebook.cells[2]["id"]
    notebook.cells[3].id = "no id!"
    first, second = (normalise(notebook, "07 lesson") for _ in range(2))
    assert first == second
    ids = [cell.id for cell in first.cells]
    assert ids[0] == kept
    assert ids[1:4] == ["07-lesson-1", "07-lesson-2", "07-lesson-3"]
    assert len(set(ids)) == len(ids)


def test_normal_form_keeps_no_script(good):
    notebook = lessons.read(good)
    script = "<script type='module'>\ndraw(1)\n</script>"
    output(shown(text_html=f"<p>1</p>\n{script}\n<p>2</p>{script}"))(notebook)
    (kept,) = normalise(notebook, "lesson").cells[1].outputs
    assert kept.data["text/html"] == "<p>1</p>\n<p>2</p>"


def test_normal_form_merges_streams_and_keeps_html_of_widgets(good):
    notebook = lessons.read(good)
    output(stream("a\n"), stream("b\n"), shown(text_html="<p>", **WIDGET))(notebook)
    merged, widget = normalise(notebook, "lesson").cells[1].outputs
    assert merged.text == "a\nb\n"
    assert list(widget.data) == ["text/html"]


@pytest.mark.slow
def test_kernels_do_not_see_what_changes_outputs(write_notebook, monkeypatch):
    names = [*lessons.DISTURBING, "IPYTHONDIR"]
    for name in names:
        monkeypatch.setenv(name, "mine")
    lessons.neutral_environment()
    path = write_notebook(("code", f"import os\n[os.environ.get(name) for name in {names}]"))
    seen = ast.literal_eval(lessons.read(path).cells[0].outputs[0].data["text/plain"])
    assert len(seen) == len(names)
    assert "mine" not in seen

"""Every number that a reader sees is found, computed again, and compared as it is written."""

import numpy as np
import prose
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from prose import Line, Number
from refresh import to_text


@pytest.fixture
def lesson_of(tmp_path):
    """A function that writes a lesson: code that makes o = 26, a text, and the lines for it."""

    def write(text, *lines, code="o = 26\no", below="o", name="lesson.ipynb"):
        new = (new_code_cell(code), new_markdown_cell(text), new_code_cell(below))
        for cell, cell_id in zip(new, ("code", "text", "below"), strict=True):
            cell.id = cell_id
        path = tmp_path / name
        path.write_text(to_text(new_notebook(cells=new)), encoding="utf-8")
        rows = "\n".join(["text = '''", *lines, "'''"])
        prose.numbers_file(path).write_text(rows if lines else "", encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2,002,698 and 2_002_698", ["2,002,698", "2_002_698"]),
        (".444, 0.444 and -.444", [".444", "0.444", ".444"]),
        ("26², 10⁻³ and x₁", ["26", "10"]),
        ("3×3, 3x3 and 3 × 3", ["3"] * 6),
        ("28×28×1 is not 5×6", ["28", "28", "1", "5", "6"]),
        ("conv1, Conv2D, 2D, float32, uint8, conv2d_12", []),
        ("2M, 16MB, 9px, 4x more, ⌈2n / s⌉, the 3rd", ["2", "16", "9", "4", "2", "3"]),
        ("if k<n, 5 windows fit, and n>k", ["5"]),
        ("_3_ of **4**, (5, 5) and 6.", ["3", "4", "5", "5", "6"]),
        ("```\n28 → 26\n```", ["28", "26"]),
        ("1. Thus:\n\n   ```python\n   n = 28\n   ```\n\n2. Or 27.", ["27"]),
        ("`strides=(2, 2)`", ["2", "2"]),
        ("| 26²×32 | 13.8 % |", ["26", "32", "13.8"]),
        ("[lesson 02](02_padding.ipynb#1) and [section 2](#Part-3)", ["2"]),
        ("[lesson 02, in 7 steps](02_padding.ipynb), [lesson 2](02_padding.ipynb)", ["7", "2"]),
        ("In lesson 02.", ["02"]),
        ("<img width=300> <b>7</b> &#8230; https://example.org/9", ["7"]),
        ("![8 windows](data:,)", ["8"]),
        ("n < 28 and k > 3", ["28", "3"]),
        ("1. an item\n2. another", []),
        ("**1.** an exercise", []),
        ("# 02 · A title", []),
        ("## 1 · A heading", []),
        ("1e-3, 2.5e6", ["1e-3", "2.5e6"]),
        ("from 0–9, 10/2", ["0", "9", "10", "2"]),
        ("Thirteen layers; the fourteenth", ["Thirteen", "fourteenth"]),
        ("twenty-five of a hundred", ["twenty-five", "hundred"]),
        ("a third, three quarters and ½", ["third", "three", "quarters", "½"]),
        (
            "zero of both, a pair, double, threefold",
            ["zero", "both", "pair", "double", "threefold"],
        ),
        ("seconds, zeros, often, someone, tone, `one_hot`, `two`", []),
        ("the first", []),
    ],
)
def test_numbers_a_reader_sees(text, expected):
    assert [number.text for number in prose.numbers(text)] == expected


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("−1, 0, 1", [-1, 0, 1]),
        ("(−1) and -2", [-1, -2]),
        ("3−1, 3 − 1, (n)−1, k-1, n - 1, 3 + 1", [3, -1, 3, -1, -1, -1, -1, 3, 1]),
        ("- 3 layers\n- 2 more, 0–9", [3, 2, 0, 9]),
    ],
)
def test_what_a_minus_takes_away_is_negative(text, values):
    assert [number.values for number in prose.numbers(text)] == [(value,) for value in values]


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("13", [13, 13.0, np.int64(13), np.array([13])], [13.5, 12.999, -13, "13", None, [13]]),
        ("1", [1], [True, np.bool_(True), np.array([1, 1])]),
        ("0.67", [0.67, 2 / 3, 0.665, np.float32(2 / 3)], [0.66, 0.68, 0.6751]),
        ("15.4", [15.402], [15.3, 15.46]),
        ("2,002,698", [2_002_698], [2_002_699, 2]),
        ("1e-3", [0.001], [0.002]),
        ("thirteen", [13], [14, "fourteen", "13"]),
        ("twenty-five", [25], [20, 5]),
        ("third", [3, 1 / 3], [2, "fourth"]),
        ("half", [0.5], [1, 0.25]),
        ("½", [0.5], [1, 2]),
        ("eightfold", [8], [2]),
        ("One", [1, "one"], [2, "two", "One"]),
    ],
)
def test_a_value_must_be_what_is_written(text, right, wrong):
    assert all(Number(text, 0).says(value) for value in right)
    assert not any(Number(text, 0).says(value) for value in wrong)


def test_a_sentence_ends_where_a_reader_pauses():
    text = "# Title 3\n\nThere are 4 gaps. A **fence has 5 posts.** So:\n- count 6\n- or 7\n\n| 8 |"
    said = [prose.sentence(text, number) for number in prose.numbers(text)]
    assert said == [
        *("# Title 3", "There are 4 gaps.", "A **fence has 5 posts.**"),
        *("- count 6", "- or 7", "| 8 |"),
    ]


@pytest.mark.parametrize("line", ["o + 1", "ceil(o + 0.5)", "27  # free: any size does"])
def test_a_line_gives_the_number(line, lesson_of):
    assert prose.lesson_problems(lesson_of("From 27.", line)) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("o", "says 27, but `o` is 26"),
        ("o + 0.9", "is 26.9"),
        ("27", "computes nothing"),
        ("27  # because", "computes nothing"),
        ("27  # idiom", "an idiom is a word in quotes"),
        ("26  # free: any size does", "is 26"),
        ("o + 1  # free: any size does", "neither free nor an idiom"),
        ("missing", "raises NameError"),
        ("o +", "raises SyntaxError"),
        ("o = 27", "raises SyntaxError"),
        ('value("gone")', "raises KeyError"),
    ],
)
def test_a_line_that_does_not_give_it_is_named_with_the_reason(line, problem, lesson_of):
    (found,) = prose.lesson_problems(lesson_of("From 27.", line))
    assert problem in found
    assert f"`{line}`" in found


def test_an_idiom_is_a_word(lesson_of):
    assert prose.lesson_problems(lesson_of("The left one.", '"one"  # idiom')) == []
    assert prose.lesson_problems(lesson_of("The left 1.", '"1"  # idiom')) != []


def test_a_failure_names_cell_sentence_number_expression_value_and_file(lesson_of):
    (found,) = prose.lesson_problems(lesson_of("It rains. The map is 28 wide.", "o"))
    for part in ("cell 2", "“The map is 28 wide.”", "says 28", "`o` is 26", "lesson.toml", "text"):
        assert part in found


def test_a_new_number_is_shown_beside_the_lines_that_fit_the_others(lesson_of):
    path = lesson_of("From 28 to 26. It is 7. And half.", "o + 2", "o", "o / 52")
    (found,) = prose.lesson_problems(path)
    marked = [row.strip() for row in found.splitlines() if "→ " in row]
    assert marked[:-1] == ["→ 7  in “It is 7.”  ←  (no line)"]
    assert "Give each →" in marked[-1]


def test_a_pair_that_does_not_agree_is_marked(lesson_of):
    path = lesson_of("From 27 to 26, twice.", "o + 2", "o")
    (found,) = prose.lesson_problems(path)
    assert "→ 27  in “From 27 to 26, twice.”  ←  `o + 2` is 28" in found
    assert "→ twice  in " in found


def test_a_line_too_much_is_shown(lesson_of):
    (found,) = prose.lesson_problems(lesson_of("To 26.", "o + 2", "o"))
    assert "→ (no number)  ←  `o + 2` is 28" in found


def test_lines_of_a_text_that_has_gone_are_found(lesson_of):
    path = lesson_of("No number.")
    prose.numbers_file(path).write_text("gone = 'o'\n", encoding="utf-8")
    assert "no text has the id gone" in prose.lesson_problems(path)[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1. an item\n3. another", "the item 3 is number 2"),
        ("**2.** An exercise", "the exercise 2 is number 1"),
        ("## 1 · A heading\n\n## 1 · Another", "the heading 1 is number 2"),
        ("# 08 · A title", "the title says 08, the file is 07_title.ipynb"),
        ("[lesson 04](02_padding.ipynb)", "“lesson 04” links to 02_padding.ipynb"),
        ("1. an item\n2. another\n\n**1.** An exercise\n\n## 1 · A heading", None),
        ("# 07 · A title\n\n[lesson 02](02_padding.ipynb#Part-3)", None),
    ],
)
def test_what_only_counts_on_the_page_is_counted(text, problem, lesson_of):
    found = prose.lesson_problems(lesson_of(text, name="07_title.ipynb"))
    assert [each.partition(": ")[2] for each in found] == ([problem] if problem else [])


@pytest.mark.parametrize("text", ["10⁴ weights", "k² of them", "10⁻³"])
def test_a_small_number_is_refused_as_nothing_would_compute_it(text, lesson_of):
    found = [each for each in prose.lesson_problems(lesson_of(text)) if "<sup>" in each]
    assert len(found) == 1
    assert prose.lesson_problems(lesson_of("26<sup>25</sup>", "o", "o - 1")) == []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("28 − 3 + 1 = 26", True),
        ("28 − 3 − 1 = 26", False),
        ("2·1 + 1·0 + 0·(−1) = 2", True),
        ("2·1 + 1·0 + 0·(−1) = 3", False),
        ("1. ⌈28 / 8⌉ = 4, and ⌊(28 − 3) / 2⌋ + 1 = 13", True),
        ("1. ⌈28 / 8⌉ = 3", False),
        ("So (28 − 3) / 2 + 1 is 13.5", True),
        ("So (28 − 3) · 2 + 1 is 13.5", False),
        ("n − k = 26, and 28 − k + 1 = 20", True),
        ("A window of 3 is 3 wide", True),
    ],
)
def test_an_equation_of_numbers_must_be_right(text, right, lesson_of):
    path = lesson_of(text)
    found = [each for each in prose.lesson_problems(path) if "is not right" in each]
    assert (found == []) is right


def test_what_cells_show_can_be_named(lesson_of):
    path = lesson_of("It is 26, the only 1.", 'value("code")', 'len(below("text"))')
    assert prose.lesson_problems(path) == []


def test_a_lessons_own_names_come_before_the_prelude(lesson_of):
    assert prose.lesson_problems(lesson_of("5", "Window", code="Window = 5", below="None")) == []


def test_lessons_are_called_by_their_number(lesson_of):
    assert prose.lesson_problems(lesson_of("In lesson 02.", 'lesson("padding")')) == []


def test_free_choices_are_counted_and_idioms_are_not():
    lines = {"a": [Line("3  # free: any"), Line('"one"  # idiom'), Line("o"), Line("n")]}
    assert prose.free_share(lines) == 1 / 3
    assert prose.free_share({}) == 0

"""Feedback is right when it says what is wrong, whatever the student's code does."""

import builtins
import functools
import html.parser
import itertools
import re
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import diagnoses
import keras
import nbformat
import numpy as np
import pytest
from matplotlib.text import Text

from course import geometry, questions
from course.check import Check, check, trial
from course.figures import kit
from course.questions import Question
from course.questions.answers import Numbers
from course.questions.exercises import Write
from course.text import rich

VALID = (28, 3, 2, "valid")  # the first visible case


def right(n, kernel_size, strides, padding):
    """Walk along the axis, and count the places."""
    if padding == "same":
        return len(range(0, n, strides))
    return len([first for first in range(0, n, strides) if first + kernel_size <= n])


@pytest.fixture(autouse=True)
def silence(capfd):
    """Nothing of it all may reach stdout or stderr."""
    yield
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


class Tags(html.parser.HTMLParser):
    """The tags of a text, which must all be closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.seen, self.words = [], [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        else:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def wrong(result, *says):
    """Assert that the result is not right and says these words; return what it says."""
    assert isinstance(result, Check)
    assert not result
    assert not result.correct
    said = repr(result)
    for words in says:
        assert words in said
    assert "0x" not in said
    assert repr(result) == said
    Tags(result._repr_html_())
    return said


def texts(result):
    """All that is written in the picture."""
    return [each for each in result.picture.figure.artists if isinstance(each, Text)]


def marked(result):
    """Texts of the cells of the row "yours", and how many of them are marked as wrong."""
    beside = [text for text in texts(result) if text.get_gid() == "beside"]
    beside.sort(key=lambda text: text.get_position())
    return list(filter(None, (t.get_text() for t in beside))), sum(
        text.get_gid() == "wrong" for text in texts(result)
    )


def more(result):
    """Whether the row "yours" is longer than the page."""
    return "more" in [text.get_gid() for text in texts(result)]


# Right and wrong


def test_a_right_function():
    result = check("output_size", right)
    assert result
    assert result.correct
    assert result.mistake is result.picture is None
    assert repr(result) == "Yes, in all 68 cases."
    assert Tags(result._repr_html_()).words == "✓ Yes, in all 68 cases."


def test_right_functions_of_all_kinds():
    assert check("usage", diagnoses.true_usage)
    assert check("same_pads", lambda n, k, s: list(geometry.same_pads(n, k, s)))
    assert check(questions.write_output_size(seed=3), right)
    assert check("output_size", functools.partial(right))
    assert check("output_size", lambda *case: right(*case))

    class Callable:
        def __call__(self, n, kernel_size, strides, padding="valid"):
            return float(right(n, kernel_size, strides, padding))

    assert check("output_size", Callable())


def test_numpy_is_accepted():
    assert check("output_size", lambda *case: np.int64(right(*case)))
    assert check("output_size", lambda *case: np.array(right(*case)))
    assert check("usage", lambda *case: np.array(diagnoses.true_usage(*case)))
    assert check("same_pads", lambda *case: tuple(map(np.int32, geometry.same_pads(*case))))
    assert check(questions.output_size(28, 3), np.float32(26))
    wrong(check("usage", lambda *case: np.zeros((2, 7))), "an array with a list in it")
    wrong(check("output_size", lambda *case: np.complex64(1j)), "an object of type complex")


def test_it_is_fast():
    for name, function in (("output_size", right), ("usage", diagnoses.true_usage)):
        times = []
        for _ in range(3):
            start = time.process_time()  # which is the same on a busy machine
            assert check(name, function)
            times.append(time.process_time() - start)
        assert min(times) < 0.2


@pytest.mark.parametrize(
    ("mistake", "kind", "function"),
    diagnoses.WRITTEN,
    ids=lambda value: getattr(value, "__name__", value),
)
def test_every_mistake_is_named(mistake, kind, function):
    question = getattr(questions, kind)()
    result = check(question, function)
    assert result.mistake == mistake
    # and the case beside it is one where the function errs
    call = question.call(question.parts.index(result.failing[0]))
    said = wrong(result, f"{call} gives ", " is right.")
    assert said.startswith("Not right yet. ")
    assert result.picture.alt.startswith("Yours: ")
    assert marked(result)[1] > 0 or more(result)


@pytest.mark.parametrize(
    ("kind", "function"), {kind: f for _, kind, f in diagnoses.WRITTEN}.items()
)
def test_html_shows_the_picture(kind, function):
    result = check(getattr(questions, kind)(), function)
    (image,) = Tags(result._repr_html_()).images
    assert image["alt"] == result.picture.alt


def test_all_mistakes_of_functions_are_tried():
    for kind in ("write_output_size", "write_same_pads", "write_usage"):
        tried = {mistake for mistake, of, _ in diagnoses.WRITTEN if of == kind}
        assert tried == set(getattr(questions, kind)().told_apart)


def test_the_first_case_that_fails_is_shown():
    result = check("output_size", lambda *case: 13)
    assert result.failing[0] == questions.output_size(28, 3, 2, "same")
    wrong(result, "`output_size(28, 3, 2, 'same')` gives 13, and 14 is right.")


def test_a_function_that_only_fits_the_visible_cases():
    question = questions.write_output_size()
    table = {tuple(case.values()): right(**case) for case in question.cases[: question.visible]}
    result = check(question, lambda *case: table.get(case, 0))
    wrong(result, "Every case that you see is right", " gives 0, and ")
    assert result.mistake is None
    assert result.failing[0] in question.parts[question.visible :]


def test_the_mistake_tells_where_to_read_again():
    result = check("output_size", diagnoses.size_with_true_division)
    assert "lesson 05_stride, “Half a window?”" in Tags(result._repr_html_()).words


# The picture


def test_outputs_that_are_too_many_are_marked():
    result = check(questions.output_size(10, 3, 2), 5)
    assert marked(result) == (list("01234"), 1)
    assert not more(result)
    assert result.picture.alt.startswith("Yours: 5. Right: 4. A window slides")


def test_outputs_that_no_page_holds_are_left_out_with_dots():
    result = check(questions.output_size(28, 3, 2), 28)
    assert marked(result)[1] == 2  # 13 and 14
    assert more(result)
    assert "o = 28" in [text.get_text() for text in texts(result)]


def test_half_an_output_is_marked():
    texts, count = marked(check(questions.output_size(6, 3, 2), 2.5))
    assert (texts, count) == (["0", "1", "part"], 1)


def test_missing_outputs_are_marked():
    assert marked(check(questions.output_size(9, 3), 5)) == (list("01234"), 2)


def test_wrong_counts_are_marked():
    assert marked(check(questions.usage(5, 3), [1, 2, 2, 2, 1])) == (list("12221"), 1)


def test_wrong_zeros_are_marked():
    assert marked(check(questions.same_pads(28, 3, 2), (1, 0))) == (["0"], 2)
    assert marked(check(questions.same_pads(28, 3, 2), (1, 1))) == (["0", "0"], 1)
    assert marked(check(questions.same_pads(7, 3, 2), (0.5, 1))) == (["part", "0"], 1)


def test_wrong_pixels_are_marked():
    result = check(questions.unread(28, 3, 2), {26, 27})
    assert marked(result) == (["✗", "✗"], 1)
    assert result.picture.alt.startswith("Yours: {26, 27}. Right: {27}.")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (questions.output_size(28, 3, 2), 28),
        (questions.output_size(32, 3, dilation_rate=2), 32),
        (questions.same_pads(32, 7), (6, 6)),
        (questions.usage(32, 7, 1, "same"), [7] * 32),
        (questions.usage(28, 3), [100] * 28),
        (questions.unread(28, 3, 2), {26, 27}),
        (questions.usage(120, 3), [3] * 120),
    ],
    ids=repr,
)
def test_the_picture_can_be_read_beside_the_side_bar(question, answer):
    """A wider picture would shrink there, and its smallest text with it."""
    result = check(question, answer)
    assert result.picture.figure.get_figwidth() * 72 <= kit.WIDTH
    assert min(text.get_size() for text in texts(result)) >= kit.SMALLEST


def test_no_picture_where_there_is_nothing_to_draw():
    for result in (
        check(questions.params(), 3),
        check(questions.output_size(1000, 3), 3),  # too long
        check(questions.output_size(28, 3), "nonsense"),
        check(questions.output_size(28, 3), "error"),
        check("output_size", 3),
    ):
        wrong(result)
        assert result.picture is None


def test_absurd_numbers_are_drawn_in_no_time():
    for question, answer in (
        (questions.output_size(28, 3), 10**15),
        (questions.output_size(28, 3), -(10**15)),
        (questions.same_pads(28, 3), (10**15, -3)),
        (questions.usage(5, 3), [10**15, -1, 0.5, 1e-9, 0]),
    ):
        start = time.process_time()
        wrong(check(question, answer))
        assert time.process_time() - start < 5


# Values


def test_values():
    question = questions.output_size(28, 3, 2)
    assert check(question, 13)
    assert check(question, "13")
    assert check(question, 13.0)
    assert check(question, np.int8(13))
    shape = keras.layers.Conv2D(8, 3)(np.zeros((1, 28, 28, 1))).shape
    assert check(questions.output_shape({"filters": 8}, (28, 28, 1)), shape[1:])
    assert check(questions.usage(5, 3), np.array([1, 2, 3, 2, 1]))
    assert check(questions.unread(28, 3, 2), {27})
    assert check(questions.unread(28, 3, 2), [27])
    assert check(questions.which_padding(), "SAME")
    assert check(question, 13.5).mistake == "no_floor"
    wrong(check(question, 13.5), "no half window")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "no answer yet"),
        (..., "three dots"),
        (right, "hand over its result"),
        (int, "hand over its result"),
        ("14 px", "Write the number alone"),
        ("", "no answer yet"),
        (True, "no number"),
        (float("nan"), "proportion"),
        (10**5000, "proportion"),
        ([13], "A list of one number is no number"),
        (np.array([13]), "An array of one number is no number"),
        ({}, "An object of type dict"),
        ((item for item in [13]), "An object of type generator"),
        (list(range(10**6)), "A list of 1,000,000 items"),
        ({(1, 2)}, "A set with a tuple in it"),
        ([[[[[[13]]]]]], "A list with a list in it"),
        (object(), "An object of type object"),
    ],
    ids=lambda value: str(value)[:12] if isinstance(value, str) else type(value).__name__,
)
def test_values_of_the_wrong_type(answer, says):
    wrong(check(questions.output_size(28, 3, 2), answer), says)


def test_a_list_in_itself():
    endless = []
    endless.append(endless)
    wrong(check(questions.usage(1, 1), endless), "A list with a list in it is no")


def test_no_such_question():
    wrong(check("outputsize", right), '"output_size", "same_pads", "usage"')
    wrong(check(right, "output_size"), "no such question")


# What a function may do


def test_what_is_no_function():
    itself = '`check("output_size", output_size)`'
    wrong(check("output_size", right(*VALID)), "without brackets", itself)
    wrong(check("output_size", "output_size"), "without brackets", itself)
    wrong(check("output_size", int), "a class", itself)
    wrong(check("output_size", None), "without brackets", itself)
    wrong(check("output_size", ...), "three dots")
    assert "✗" not in check("output_size", ...)._repr_html_()  # nothing is wrong yet


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "returns nothing (None): a return is missing."),
        ("13", "returns the text “13”, where a number"),
        (True, "returns True, where a number alone is wanted"),
        ([13], "returns a list of one number, where a number alone is wanted"),
        (np.array([13]), "returns an array of one number, where a number alone is wanted"),
        ((12, 13), "returns a tuple of 2 numbers, where"),
        (float("inf"), "returns inf, where a number"),
        (10**5000, "out of all proportion"),
        ({"error": "x"}, "an object of type dict"),
        (lambda: 13, "returns a function, where"),
        (map(int, []), "list(…) makes a list of it"),
        ([0] * 10**6, "a list of 1,000,000 items"),
        (keras.ops, "an object of type module"),
    ],
    ids=lambda value: str(value)[:12] if isinstance(value, str) else type(value).__name__,
)
def test_results_of_the_wrong_type(value, says):
    result = check("output_size", lambda *case: value)
    wrong(result, f"`output_size(28, 3, 2, 'valid')` {says if 'returns' in says else ''}", says)
    assert result.mistake is None


def test_lists_of_the_wrong_kind():
    wrong(check("usage", lambda *case: 3), "returns 3, where a list of 7 numbers is wanted")
    wrong(check("usage", lambda *case: [1]), "returns a list of one number, where a list of 7")
    wrong(check("usage", lambda *case: [None] * 7), "returns a list with nothing (None) in it")
    wrong(check("usage", lambda *case: ["1"] * 7), "returns a list with the text “1” in it")
    wrong(check("same_pads", lambda *case: [[1, 2], [3, 4]]), "returns a list with a list in it")
    wrong(check("same_pads", lambda *case: [1, float("nan")]), "returns a list with nan in it")
    wrong(check("same_pads", lambda *case: {0, 1}), "returns a set of 2 numbers, where a list")
    wrong(check("same_pads", lambda *case: ()), "a tuple of 0 numbers, where a list of 2 numbers")


def test_a_generator():
    def generator(n, kernel_size, strides, padding):
        yield 1

    wrong(check("usage", generator), "list(…) makes a list of it")


def cell(source):
    """The names that a cell with this source leaves."""
    names = {"__name__": "__main__"}
    exec(compile(textwrap.dedent(source), "<cell>", "exec"), names)
    return names


def test_an_exception_is_told_with_its_line():
    size = cell(
        """
        def size(n, kernel_size, strides, padding):
            places = n - kernel_size
            return places / 0
        """
    )["size"]
    wrong(
        check("output_size", size),
        "`output_size(28, 3, 2, 'valid')` stops with ZeroDivisionError, “division by zero”, in "
        "line 4 of its cell.",
    )


def test_the_line_is_the_students_even_if_the_exception_is_raised_deeper():
    size = cell("import course.geometry as g\ndef size(*case):\n    return g.Window(0)")["size"]
    wrong(check("output_size", size), "SettingError", "in line 3 of its cell")


def test_powers_in_a_line_are_no_markup():
    size = cell("def size(n, k, s, padding):\n    return n**2 - k**2 + {}")["size"]
    page = check("output_size", size)._repr_html_()
    assert "<strong>2" not in page
    words = Tags(page).words
    assert "in line 2 of its cell" in words
    wrong(check("output_size", size), "TypeError")
    assert Tags(rich("`n**2 + k**2` **now**")).words == "n**2 + k**2 now"
    assert rich("`n**2 + k**2` **now**").count("strong") == 2


def test_an_exception_in_a_later_case_does_not_hide_an_earlier_error():
    def size(n, kernel_size, strides, padding):
        if padding == "same":
            raise NotImplementedError
        return 1

    wrong(check("output_size", size), "gives 1, and 13 is right.")


def fails(error):
    def function(n, kernel_size, strides, padding):
        raise error

    return function


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (NotImplementedError(), "is not written yet"),
        (SystemExit("bye"), "stops with SystemExit, “bye”"),
        (KeyboardInterrupt(), "stops with KeyboardInterrupt"),
        (GeneratorExit(), "stops with GeneratorExit"),
        (MemoryError(), "stops with MemoryError"),
        (ValueError("a" * 10**6), "aaa…”"),
        (ValueError("at <object object at 0x7f0012>\n`x`"), "“at <object object> 'x'”"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exceptions(error, says):
    said = wrong(check("output_size", fails(error)), "`output_size(28, 3, 2, 'valid')`", says)
    assert len(said) < 300


def test_endless_recursion():
    def size(n, kernel_size, strides, padding):
        return size(n - 1, kernel_size, strides, padding) + 1

    wrong(check("output_size", size), "calls itself without end (RecursionError)")


def endless():
    while True:
        pass


def stubborn():
    while True:
        try:
            for _ in range(10):
                pass
        except:  # noqa: E722
            pass


def hungry():
    return [number for number in itertools.cycle([1, 2]) if number > 2]


def printing():
    while True:
        print("still here")


def ends(loop):
    threads, start = threading.active_count(), time.perf_counter()
    wrong(check("output_size", lambda *case: loop()), "takes too long", str(VALID))
    assert time.perf_counter() - start < trial.CASE_SECONDS + 8
    assert threading.active_count() == threads


def test_an_endless_loop_ends():
    ends(endless)


@pytest.fixture
def hurried(monkeypatch):
    """Less patience than a student's function gets, for loops that wait in vain all the same."""
    monkeypatch.setattr(trial, "CASE_SECONDS", 0.5)


@pytest.mark.parametrize("loop", [stubborn, hungry, printing])
def test_other_endless_loops_end(loop, hurried):
    ends(loop)


def test_a_loop_in_a_later_case():
    def size(n, kernel_size, strides, padding):
        places = 0
        while places != right(n, kernel_size, strides, padding) or n == 27:
            places += 1
        return places

    wrong(check("output_size", size), "`output_size(27, 3, 2, 'same')` takes too long")


def test_a_loop_in_a_later_case_does_not_hide_an_earlier_error():
    def size(n, kernel_size, strides, padding):
        while padding == "same":
            pass
        return 1

    wrong(check("output_size", size), "gives 1, and 13 is right.")


@pytest.mark.slow
def test_a_call_that_nothing_can_stop_is_given_up(hurried):
    start = time.perf_counter()
    wrong(check("output_size", lambda *case: time.sleep(30)), "restart the kernel")
    assert time.perf_counter() - start < 15


def test_many_slow_cases(monkeypatch):
    monkeypatch.setattr(trial, "ALL_SECONDS", 1)

    def size(n, kernel_size, strides, padding):
        time.sleep(0.2)
        return right(n, kernel_size, strides, padding)

    wrong(check("output_size", size), "takes too long")


@pytest.mark.slow
def test_a_slow_import_is_no_loop(monkeypatch, tmp_path):
    """The first import of Keras takes longer than a case may, and must not be broken off."""
    monkeypatch.setattr(trial, "CASE_SECONDS", 1)
    monkeypatch.setattr(trial, "ALL_SECONDS", 2)
    monkeypatch.syspath_prepend(tmp_path)
    for number in range(2):
        (tmp_path / f"slow{number}.py").write_text("import time; time.sleep(3)")

    def size(n, kernel_size, strides, padding):
        import slow0  # noqa: F401

        return right(n, kernel_size, strides, padding)

    assert check("output_size", size)

    def loops(n, kernel_size, strides, padding):
        import slow1  # noqa: F401

        while True:
            pass

    wrong(check("output_size", loops), "takes too long")


def test_the_student_can_interrupt():
    script = """
        import _thread, threading, time
        from course.check import check

        def size(n, kernel_size, strides, padding):
            while True:
                pass

        timer = threading.Timer(0.5, _thread.interrupt_main)
        timer.start()
        start = time.perf_counter()
        try:
            check("output_size", size)
        except KeyboardInterrupt:
            took = time.perf_counter() - start
            timer.join()
            print("interrupted", took < 1.9, threading.active_count())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("interrupted True 1\n", "")


def test_prints_are_told():
    def size(n, kernel_size, strides, padding):
        print("n is", n)
        print("look", file=sys.stderr)
        return right(n, kernel_size, strides, padding)

    result = check("output_size", size)
    assert result
    assert repr(result) == (
        "Yes, in all 68 cases. Your function also prints: “n is 28”. Only what it returns counts."
    )


def test_print_in_place_of_return():
    wrong(check("output_size", lambda *case: print(13)), "write return in place of print", "“13”")


def test_warnings_and_questions_to_the_keyboard_are_held_back():
    def size(n, kernel_size, strides, padding):
        warnings.warn("careful", stacklevel=1)
        np.array([1.0]) / 0
        return right(n, kernel_size, strides, padding)

    assert check("output_size", size)
    wrong(check("output_size", lambda *case: int(input("n?"))), "EOFError", "from the arguments")
    assert input is builtins.input


def test_the_wrong_number_of_arguments():
    wrong(
        check("output_size", lambda n, k: 13),
        "takes n, k; it is called with n, kernel_size, strides, padding, in this order.",
    )
    wrong(check("output_size", lambda: 13), "takes nothing; it is called with n, ")
    wrong(check("same_pads", right), "it is called with n, kernel_size, strides, in this order.")
    wrong(check("output_size", lambda n, kernel_size, padding, strides: 13), "in this order")

    def by_name(n, *, kernel_size, strides, padding):
        return right(n, kernel_size, strides, padding)

    wrong(check("output_size", by_name), "after its `*` by name only: take the `*` out.")
    assert check("output_size", lambda n, k, s, p, extra=None: right(n, k, s, p))
    wrong(check("output_size", max), "TypeError")


def with_lists() -> Write:
    """A function to write, called with something that it can change."""

    def part(values):
        takes = Numbers("{} numbers")
        return Question("", lambda: tuple(values), "", takes, cases=({},))

    return Write("usage", 0, None, "", part, ("values",), [([2, 1],)], lambda pick: ([3, 1, 2],))


def test_changed_arguments_are_told():
    def same(values):
        copy = list(values)
        values.clear()
        return copy

    question = with_lists()
    result = check(question, same)
    assert result
    assert "changes the values it is given" in repr(result)
    assert question.cases == with_lists().cases
    assert repr(check(question, lambda values: values)) == "Yes, in all 61 cases."


def test_the_kernel_is_not_left():
    wrong(check("output_size", lambda *case: sys.exit(1)), "stops with SystemExit")


# Models


def model(*layers, shape=(28, 28, 1)):
    return keras.Sequential([keras.Input(shape), *layers])


def conv(filters, kernel_size, name="conv", **settings):
    return keras.layers.Conv2D(filters, kernel_size, name=name, **settings)


WANTED = questions.build_model((28, 28, 1), (14, 14, 8), max_params=90, max_macs=15000, min_field=3)


def test_a_right_model():
    result = check(WANTED, model(conv(8, 3, strides=2, padding="same")))
    assert result
    assert repr(result) == "Yes, the model does all that it should."


@pytest.mark.parametrize(
    ("layers", "shape", "says", "row"),
    [
        ([conv(8, 3, strides=2)], (27, 28, 1), "It takes (27, 28, 1)", "conv"),
        ([conv(8, 3, strides=2)], (28, 28, 1), "It makes (13, 13, 8), not (14, 14, 8).", "conv"),
        (
            [conv(8, 3, "one", strides=2, padding="same"), conv(8, 3, "two", padding="same")],
            (28, 28, 1),
            "Most of them are in layer `two`: 584.",
            "two",
        ),
        (
            [conv(2, 3, "one", padding="same"), conv(8, 1, "two", strides=2)],
            (28, 28, 1),
            "MACs, and 15,000 are allowed. Most of them are in layer `one`: 14,112.",
            "one",
        ),
        (
            [conv(8, 2, strides=2)],
            (28, 28, 1),
            "see 2 pixels, and 3 are wanted. Layer `conv` is the last",
            "conv",
        ),
    ],
    ids=["input", "output", "params", "macs", "field"],
)
def test_the_first_wish_not_fulfilled_is_told_with_its_row(layers, shape, says, row):
    built = model(*layers, shape=shape)
    result = check(WANTED, built)
    wrong(result, says)
    tags = Tags(result._repr_html_())
    assert tags.seen.count("tr") == 2
    assert f"{row} (Conv2D)" in tags.words


def test_what_no_row_tells_is_told_without():
    wanted = questions.build_model((28, 28, 1), (3,), max_macs=15000)
    flat = model(keras.layers.Reshape((28, 28)), keras.layers.LSTM(3))
    wrong(check(wanted, flat), "cannot tell")
    small = questions.build_model((28, 28, 1), (28, 28, 8), max_kernel_size=3)
    said = check(small, model(conv(8, 7, padding="same")))
    wrong(said, "a window of 7 pixels")
    assert said.table == ""


def test_a_wrong_model_names_the_mistake():
    question = questions.build_model((28, 28, 1), (26, 26, 8))
    result = check(question, model(conv(8, 3, padding="same")))
    assert result.mistake == question.diagnose(model(conv(8, 3, padding="same"))).mistake
    wrong(result, "It makes (28, 28, 8), not (26, 26, 8).")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "only None"),
        (13, "and that is 13"),
        ({}, "an object of type dict"),
        (keras.layers.Conv2D(8, 3), "one layer"),
        ([keras.layers.Conv2D(8, 3)], "That is a list"),
        (lambda: None, "hand over the model that it makes"),
        (keras.Sequential, "hand over the model that it makes"),
        (keras.callbacks.History(), "what `fit` returns"),
        (keras.Sequential([conv(8, 3)]), "`keras.Input((28, 28, 1))` before layer `conv`"),
        (keras.Sequential(), "no layers yet"),
        (model(), "no layers yet"),
        (..., "three dots"),
    ],
    ids=lambda value: str(value)[:12] if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_model(answer, says):
    wrong(check(WANTED, answer), says)


def test_a_model_with_two_outputs():
    built = model(conv(8, 3, strides=2, padding="same"))
    forked = keras.Model(built.inputs, [built.outputs[0], built.outputs[0]])
    wrong(check(WANTED, forked), "build it with `keras.Sequential`")


def test_a_subclassed_model():
    class Mine(keras.Model):
        def call(self, inputs):
            return inputs

    wrong(check(WANTED, Mine()), "build it with `keras.Sequential`")


def test_a_function_may_use_keras():
    def size(n, kernel_size, strides, padding):
        layer = keras.layers.Conv1D(1, kernel_size, strides=strides, padding=padding)
        return layer.compute_output_shape((None, n, 1))[1]

    assert check("output_size", size)


def test_a_function_needs_no_keras_and_no_matplotlib():
    script = """
        import sys
        from course.check import check

        assert not check("output_size", lambda n, k, s, padding: n - k)
        print(sorted({"keras", "tensorflow", "matplotlib"} & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


# In a notebook


@pytest.mark.slow
def test_in_a_notebook(write_notebook):
    define = "def size(n, kernel_size, strides, padding):\n"
    cells = [
        "from course.check import check",
        f'{define}    while True:\n        pass\n\ncheck("output_size", size)',
        f'{define}    n = n\n    return n / 0\n\ncheck("output_size", size)',
        f'{define}    print("hello")\n    return n\n\ncheck("output_size", size)',
        f'{define}    display("hello")\n    return n\n\ncheck("output_size", size)',
        f'{define}    exit()\n    return n\n\ncheck("output_size", size)',
        'print(bool(check("output_size", lambda *case: 13)))',
    ]
    path = write_notebook(*(("code", source) for source in cells))
    _, loop, error, prints, shows, leaves, last = nbformat.read(path, 4).cells
    said = [each.outputs[0].data["text/plain"] for each in (loop, error, prints, leaves)]
    assert "stops with SystemExit, in line 2 of its cell: `exit()`" in said[3]
    assert "takes too long" in said[0]
    assert "in line 3 of its cell: `return n / 0`" in said[1]
    assert "also prints: “hello”" in said[2]
    for each in (loop, error, prints, shows, leaves):
        (output,) = each.outputs  # neither stdout nor stderr
        assert re.search(r"<strong>✗</strong>", output.data["text/html"])
    assert "<img alt=" in prints.outputs[0].data["text/html"]
    assert last.outputs[0].text == "False\n"

"""Every misconception is told fully, shown somewhere that exists, and wrong as it says."""

import inspect
import re
import string
from fractions import Fraction

import nbformat
import pytest
from lessons import NOTEBOOKS

from course import explore
from course.geometry import Window
from course.mistakes import MISTAKES

# Letters that a correction may use, and what the case of a window may have.
FIELDS = {
    *("n", "k", "s", "d", "span", "room", "before", "after", "padding"),
    *("channels", "filters", "original", "rare", "often"),
}

COMMON = {  # what no course on padding and stride should miss
    *("no_floor", "ceil_for_valid", "forgot_plus_one", "ignored_stride", "ignored_kernel"),
    *("padding_once", "same_means_same_size", "other_padding", "symmetric_same", "pads_swapped"),
    *("padding_adds_parameters", "stride_changes_parameters", "forgot_bias", "forgot_channels"),
    *("dilation_adds_d_holes", "adds_kernel_sizes", "ignores_earlier_strides"),
    *("macs_at_input_size", "transposed_inverts_size"),
}


def test_the_common_mistakes_are_there():
    assert set(MISTAKES) >= COMMON


def sections(lesson: str) -> dict[str, str]:
    """Text and code of a lesson's sections, by the name that JupyterLab's links give them."""
    found, name = {}, ""
    for cell in nbformat.read(NOTEBOOKS / lesson, as_version=4).cells:
        for line in cell.source.splitlines():
            heading = re.fullmatch(r"#+ +(.*?) *", line) if cell.cell_type == "markdown" else None
            if heading:
                name = re.sub(r"[*`]", "", heading[1]).replace(" ", "-")
            found[name] = f"{found.get(name, '')}{line}\n"
    return found


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=lambda mistake: mistake.name)
class TestEachMistake:
    def test_says_what_is_believed_and_what_is_right(self, mistake):
        assert MISTAKES[mistake.name] is mistake
        assert re.fullmatch(r"[A-Z][^\n]*\.", mistake.believes)
        plain, full = mistake.correction(), mistake.correction(**dict.fromkeys(FIELDS, 5))
        for text in (plain, full):
            assert re.fullmatch(r"[A-Z][^\n\[\]{}]*\.", text)
            assert "  " not in text
            assert " ," not in text
            assert not re.search(r"[.!?] [A-Z]", text), "one sentence"
        fields = {name for _, name, _, _ in string.Formatter().parse(mistake.sets_right) if name}
        assert fields <= FIELDS
        assert fields == set() or "5" in full, "the numbers of the case are in it"
        assert "5" not in plain

    def test_points_to_a_section_that_exists(self, mistake):
        lesson, _, section = mistake.see.partition("#")
        assert section in sections(lesson)
        assert mistake.where.startswith(f"lesson {lesson.removesuffix('.ipynb')}, “")

    def test_is_shown_by_a_picture_of_a_possible_setting(self, mistake):
        if mistake.explorer is None:
            assert {*mistake.formulas} == {"better"}, "it is about trainings, which none can draw"
            return
        assert set(mistake.explorer) == {"explorer", "settings"}
        assert mistake.explorer["explorer"] in explore.__all__
        settings = mistake.explorer["settings"]
        names = inspect.signature(Window).parameters
        if mistake.explorer["explorer"] == "window":
            window = {name: value for name, value in settings.items() if name in names}
            assert set(settings) <= {*names, "n", "usage", "compare"}
            assert Window(**window).output_size(settings["n"]) >= 1
        elif mistake.explorer["explorer"] == "border":
            assert explore.border(**settings).picture().alt
        else:
            for layer in settings.get("layers", ()):
                layer = {name: value for name, value in layer.items() if name != "filters"}
                assert Window(**layer).output_size(28) >= 1

    def test_says_nothing_about_quantities_it_does_not_spoil(self, mistake):
        assert mistake.formulas
        assert mistake.answer("the weather", None, n=3) is None


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("forgot_plus_one", "forgot the place where the window starts"),
        ("no_floor", "There is no half window"),
        ("same_means_same_size", "⌈n / s⌉"),
        ("symmetric_same", r"the odd zero \*after\* the picture"),
        ("pads_swapped", r"the odd zero \*after\* the picture"),
        ("read_equally", "fairer, not fair"),
        ("stride_is_a_gap", "the length of its step"),
        ("stride_skips_pixels", r"\*places\* that are skipped, not pixels"),
        ("forgot_bias", "and one bias"),
        ("forgot_channels", "k·k·channels weights"),
        ("reads_one_channel", r"for \*each\* channel"),
        ("one_number_per_channel", "Add up all products"),
        ("averages_channels", "Add up all products"),
        ("bias_for_each_channel", r"one more number, its \*\*bias"),
        ("macs_at_one_place", "at every place"),
        ("bias_is_a_mac", "for each of the 800 outputs"),
        ("products_and_sums", "A MAC is both"),
        ("padding_adds_parameters", "Padding adds no parameters"),
        ("stride_changes_parameters", "stride changes no parameters"),
        ("macs_at_input_size", "costs about a quarter"),
        ("adds_kernel_sizes", "a layer adds k − 1 pixels, not k"),
        ("field_starts_at_zero", "Begin with 1 pixel"),
        ("ignores_earlier_strides", "a step in a later layer is a longer way"),
        ("counts_own_stride", r"r grows .*\s+2\. \*\*jump is multiplied"),
        *(
            (name, r"= d · \(k − 1\) \+ 1")
            for name in ("ignored_dilation", "dilation_adds_d_holes", "dilation_scales_kernel")
        ),
    ],
)
def test_the_section_shows_it(name, shows):
    lesson, _, section = MISTAKES[name].see.partition("#")
    assert re.search(shows, sections(lesson)[section])


def test_a_misread_setting_that_is_impossible_gives_no_answer():
    """From ``same`` to ``valid`` a kernel may no longer fit."""

    def right(n, **window):
        return Window(**window).output_size(n)

    setting = {"n": 3, "kernel_size": 5, "strides": 1, "padding": "same"}
    assert MISTAKES["other_padding"].answer("output_size", right, **setting) is None


def test_a_wrong_answer_is_exact():
    setting = {"n": 29, "kernel_size": 3, "strides": 3, "padding": "valid"}
    assert MISTAKES["no_floor"].answer("output_size", **setting) == Fraction(29, 3)

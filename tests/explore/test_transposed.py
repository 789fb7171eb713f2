"""The explorer of transposed convolutions, as in an exported notebook: no kernel, no network."""

import itertools

import numpy as np
import pytest
import traitlets
from playwright.sync_api import Page, expect

from course import explore
from course.explore.transposed import TransposedExplorer, said, stamps
from course.geometry import Window
from explore.conftest import in_each_state

STATES = [
    {"n": n, "kernel_size": k, "strides": s, "padding": padding, "at": [0, n - 1]}
    for n, k, s in itertools.product((1, 2, 5, 14), (1, 2, 3, 4, 7), (1, 2, 3))
    for padding in ("valid", "same")
]

# What one sees of an explorer.
SEE = """(el) => {
const drawing = el.querySelectorAll("svg")[1];
const texts = [...drawing.querySelectorAll("text")].map((each) => each.textContent);
return {
  said: [...el.querySelector(".course-formula").children].map((each) => each.textContent),
  output: drawing.querySelectorAll(".course-output").length,
  never: drawing.querySelectorAll(".course-never").length,
  numbers: texts.filter(Boolean),
};
}"""


def counts(n: int, kernel_size: int, strides: int, padding: str) -> np.ndarray:
    """How many stamps each output has, along one axis."""
    times, before, after = stamps(n, kernel_size, strides, padding)
    return times[before : len(times) - after]


def test_it_counts_what_keras_computes_of_ones():
    import keras

    for state in STATES:
        n, k, s, padding, _ = state.values()
        ones, kernel = np.ones((1, n, 1)), np.ones((k, 1, 1))
        theirs = keras.ops.conv_transpose(ones, kernel, strides=s, padding=padding)
        assert np.squeeze(theirs, axis=(0, 2)).tolist() == counts(n, k, s, padding).tolist(), state


def test_a_pixel_has_as_many_stamps_as_a_convolution_reads_it():
    for state in STATES:
        n, k, s, padding, _ = state.values()
        times = counts(n, k, s, padding)
        assert Window(k, s, padding).usage(len(times)) == times.tolist(), state


def test_the_sizes_on_the_way_down_are_all_there_are():
    for state in STATES:
        n, k, s, padding, _ = state.values()
        sizes = range(k if padding == "valid" else 1, 100)
        down = [m for m in sizes if Window(k, s, padding).output_size(m) == n]
        told = f"makes {n} of {' or '.join(map(str, down))} pixels."
        assert told in said(n, k, s, padding)[-1], state
        assert len(counts(n, k, s, padding)) in down, state


def test_the_browser_shows_what_python_says(page: Page):
    module = TransposedExplorer._esm
    seen = in_each_state(page, module, STATES, SEE)
    for state, shown in zip(STATES, seen, strict=True):
        setting = list(state.values())[:4]
        assert shown["said"] == said(*setting), state
        times = counts(*setting)
        overlaps = np.outer(times, times).ravel()
        assert shown["output"] == (overlaps > 0).sum(), state
        assert shown["never"] == (overlaps == 0).sum(), state
        assert shown["numbers"] in ([], list(map(str, overlaps))), state
    assert sum(bool(shown["numbers"]) for shown in seen) > len(seen) / 2


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ((4, 3, 2, "valid"), "9 × 9 come out. Stamps along a row: 1 1 2 1 2 1 2 1 1."),
        ((4, 3, 2, "valid"), "outputs have 1, 2, 4: a tartan. A convolution"),
        ((4, 3, 2, "valid"), "makes 4 of 9 or 10 pixels."),
        ((4, 3, 2, "same"), "0 before and 1 after are cut off: 8 × 8 come out."),
        ((4, 3, 2, "same"), "makes 4 of 7 or 8 pixels."),
        ((4, 4, 2, "valid"), "Inside, all outputs have 4: even."),
        ((4, 2, 3, "valid"), "outputs have 0, 1: a tartan."),
        ((1, 3, 2, "valid"), "Stamps along a row: 1 1 1. A convolution"),
    ],
)
def test_what_it_teaches(setting: tuple, told: str):
    assert told in explore.transposed(*setting).picture().alt


def test_keys_and_pointer_choose_the_pixel_that_stamps(page: Page, open_explorer):
    open_explorer(page, explore.transposed())
    image = page.get_by_role("application")
    image.press("ArrowRight")
    image.press("ArrowDown")
    expect(image).to_have_accessible_name(
        "Input. Pixel 1, 1 stamps rows 2 to 4, columns 2 to 4. Arrow keys choose another pixel."
    )
    expect(page.locator(".course-aloud")).to_contain_text("Pixel 1, 1 stamps rows 2 to 4")
    box = image.locator("svg").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 6, box["y"] + 6)
    expect(image).to_have_accessible_name(
        "Input. Pixel 0, 3 stamps rows 0 to 2, columns 6 to 8. Arrow keys choose another pixel."
    )


def test_a_larger_kernel_ends_the_tartan(page: Page, open_explorer):
    open_explorer(page, explore.transposed())
    text = page.locator(".course-formula")
    expect(text).to_contain_text("a tartan")
    page.get_by_label("k, kernel_size").press("ArrowRight")
    expect(text).to_contain_text("Inside, all outputs have 4: even.")


@pytest.mark.parametrize(
    "wrong",
    [{"n": 15}, {"kernel_size": 0}, {"strides": 5}, {"padding": "full"}, {"at": [-1, 0]}],
)
def test_what_cannot_be_shown_is_refused(wrong: dict):
    with pytest.raises(traitlets.TraitError):
        explore.transposed(**wrong)

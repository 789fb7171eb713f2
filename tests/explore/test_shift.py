"""The explorer of a picture that moves, as in an exported notebook: no kernel, no network."""

import itertools

import numpy as np
import pytest
import traitlets
from playwright.sync_api import Page, expect

from course import explore
from course.explore.shift import ShiftExplorer, kept, said
from explore.conftest import in_each_state

STRIPES = [[0, 1] * 4] * 8
NOISE = np.random.default_rng(0).random((9, 9)).tolist()
ANSWERS = {"one network": [7, 1, 7], "another": [3, 3, 3]}
STATES = [
    {"image": image, "shift": shift, "strides": strides, "blur": blur, "answers": answers}
    for image, shift, strides, blur, answers in itertools.product(
        (STRIPES, NOISE), (0, 1, 2, 8), (1, 2, 3, 4), (False, True), ({}, ANSWERS)
    )
]

# What one sees of an explorer.
SEE = """(el) => ({
  said: [...el.querySelector(".course-formula").children].map((each) => each.textContent),
  greys: [...el.querySelectorAll("canvas")].map((each) =>
    [...each.getContext("2d").getImageData(0, 0, each.width, each.height).data].filter(
      (_, i) => i % 4 === 0)),
  dots: el.querySelector(".course-centre").getAttribute("d").split("M").length - 1,
})"""


def test_the_browser_shows_what_python_says(page: Page):
    seen = in_each_state(page, ShiftExplorer._esm, STATES, SEE)
    for state, shown in zip(STATES, seen, strict=True):
        image, *setting = state.values()
        assert shown["said"] == said(np.array(image), *setting)[:2], state
        arrays = kept(np.array(image), *setting[:3])
        for greys, array in zip(shown["greys"], arrays, strict=True):
            assert np.abs(greys - 255 * array.ravel()).max() <= 0.51, state
        assert shown["dots"] == arrays[1].size, state


def test_a_stride_keeps_what_a_layer_with_one_weight_does():
    import keras

    image = np.array(NOISE)
    for strides in (1, 2, 3, 4):
        kernel = np.ones((1, 1, 1, 1))
        theirs = keras.ops.conv(image[None, :, :, None], kernel, strides=strides, padding="valid")
        np.testing.assert_allclose(np.squeeze(theirs), kept(image, 0, strides, False)[1], atol=1e-6)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"shift": 0}, "Their mean is 0, unmoved 0. They are the unmoved ones, moved along by 0."),
        ({"shift": 1}, "mean is 1, unmoved 0. However the unmoved ones are moved along, they are"),
        ({"shift": 1, "blur": True}, "Their mean is 0.5, unmoved 0.5. They are the unmoved ones"),
        ({"shift": 2, "image": np.eye(8)}, "They are the unmoved ones, moved along by 1."),
        ({"shift": 1, "image": np.eye(8), "strides": 1}, "moved along by 1."),
        ({"shift": 1, "answers": ANSWERS}, "one network: 1, unmoved 7. another: 3, unmoved 3."),
    ],
)
def test_what_it_teaches(setting: dict, told: str):
    assert told in explore.shift(**setting).picture().alt


def test_a_step_to_the_right_changes_an_answer(page: Page, open_explorer):
    open_explorer(page, explore.shift(answers=ANSWERS))
    slider = page.get_by_label("move to the right")
    slider.press("End")  # as far as there are answers
    expect(slider).to_have_value("2")
    slider.press("ArrowLeft")
    now = page.locator("td.course-now")
    expect(now).to_have_text(["≠ 1", "3"])
    expect(page.locator(".course-aloud")).to_contain_text("one network: 1, unmoved 7.")
    text = page.locator(".course-formula")
    expect(text).to_contain_text("they are up to 1 apart")
    page.get_by_label("blur first").check()
    expect(text).to_contain_text("They are the unmoved ones")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"shift": 9}, {"strides": 0}, {"image": np.eye(33)}, {"image": np.ones((2, 3))}),
        *({"image": 2 * np.eye(4)}, {"image": [[np.nan, 0], [0, 0]]}, {"image": "stripes"}),
    ],
)
def test_what_cannot_be_shown_is_refused(wrong: dict):
    with pytest.raises(traitlets.TraitError):
        explore.shift(**wrong)

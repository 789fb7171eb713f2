"""The explorer of the side of the odd zero, as in an exported notebook: no kernel, no network."""

import itertools

import numpy as np
import pytest
import traitlets
from playwright.sync_api import Page, expect

from course import explore
from course.explore.which_side import PADDINGS, WhichSideExplorer, letter, through
from course.geometry import Window
from explore.conftest import in_each_state

STATES = [
    {"n": n, "strides": strides, "layers": layers}
    for n, strides, layers in itertools.product((5, 6, 27, 28, 33), (1, 2, 3, 4), (1, 2, 6))
]
STATES += [{"n": n, "strides": 2, "layers": 5} for n in (224, 225)]

# What one sees of the outputs.
SEE = """(el) => [...el.querySelectorAll("figure")].map((figure) => {
  const [, result] = figure.querySelectorAll("canvas");
  const { data } = result.getContext("2d").getImageData(0, 0, result.width, result.height);
  const marks = (name) => figure.querySelector(name).getAttribute("d");
  return {
    text: figure.querySelector(".course-formula").textContent,
    greys: [...data].filter((_, i) => i % 4 === 0),
    hatched: [...marks(".course-over").matchAll(/M(\\d+) (\\d+)/g)].map(
      ([, x, y]) => [y - 1, +x],
    ),
    centres: marks(".course-centre").split("M").length - 1,
  };
})"""


@pytest.mark.parametrize("n", [*range(5, 40), 224, 225])
def test_the_letter_is_its_own_mirror_image(n: int):
    image = letter(n)
    assert set(np.unique(image)) == {0, 1}
    for mirrored in (image[::-1], image[:, ::-1]):
        assert (mirrored == image).all()


@pytest.mark.parametrize("strides", [1, 2, 3])
@pytest.mark.parametrize("n", [6, 27, 28])
def test_it_computes_what_the_libraries_compute(n: int, strides: int):
    """Keras in its own words; PyTorch as its documentation says, a ring of zeros around all."""
    import keras

    image, blur = np.random.default_rng(n).random((n, n)), np.full((3, 3, 1, 1), 1 / 9)
    ours = {name: through(image, [Window(3, strides, p)]) for name, p in PADDINGS.items()}
    keras_says = keras.ops.conv(image[None, :, :, None], blur, strides=strides, padding="same")
    ring = np.pad(image, 1)[None, :, :, None]
    pytorch_says = keras.ops.conv(ring, blur, strides=strides, padding="valid")
    for mine, theirs in zip(ours.values(), (keras_says, pytorch_says), strict=True):
        np.testing.assert_allclose(mine, np.squeeze(theirs), atol=1e-6)


def test_the_browser_shows_what_python_says(page: Page):
    module = WhichSideExplorer._esm
    seen = in_each_state(page, module, STATES, SEE)
    for state, libraries in zip(STATES, seen, strict=True):
        alt = explore.which_side(**state).picture().alt
        n, strides, layers = state.values()
        for shown, padding in zip(libraries, PADDINGS.values(), strict=True):
            assert shown["text"] in alt, state
            windows = [Window(3, strides, padding)] * layers
            result = through(letter(n), windows)
            greys = np.reshape(shown["greys"], result.shape)
            assert np.abs(greys - 255 * result).max() <= 0.51, state
            crooked = np.abs(result - result[:, ::-1]) > 1e-9
            assert shown["hatched"] == np.argwhere(crooked).tolist(), state
            assert shown["centres"] == result.size, state


@pytest.mark.parametrize(
    ("n", "strides", "layers", "said"),
    [
        (28, 2, 1, ["0|1. The centres 1 … 27", "1|1. The centres 0 … 26", "crooked"]),
        (27, 2, 1, ["1|1. The centres 0 … 26 are in the middle", "its own mirror image."]),
        (224, 2, 5, ["31 … 223 are 15.5 pixels", "0 … 192 are 15.5 pixels", "crooked"]),
        (225, 2, 5, ["0 … 224 are in the middle", "its own mirror image."]),
    ],
)
def test_what_it_teaches(n: int, strides: int, layers: int, said: list[str]):
    alt = explore.which_side(n, strides, layers).picture().alt
    for each in said:
        assert each in alt
    assert ("crooked" in alt) == ("crooked" in said)


def test_a_pixel_less_makes_it_straight(page: Page, open_explorer):
    open_explorer(page, explore.which_side())
    figures = page.locator(".course-explorer figure")
    expect(figures.nth(0)).to_contain_text("crooked")
    page.get_by_label("n, input size").press("ArrowLeft")
    for figure in figures.all():
        expect(figure).to_contain_text("27 × 27 becomes 14 × 14")
        expect(figure).not_to_contain_text("crooked")


@pytest.mark.parametrize("wrong", [{"n": 4}, {"n": 257}, {"strides": 0}, {"layers": 7}])
def test_what_cannot_be_shown_is_refused(wrong: dict):
    with pytest.raises(traitlets.TraitError):
        explore.which_side(**wrong)

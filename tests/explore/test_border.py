"""The explorer of borders, as in an exported notebook: in a browser, no kernel and no network."""

import io
import random
import re

import numpy as np
import pytest
import traitlets
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from course import digits, explore, figures
from course.explore.border import BorderExplorer
from explore.conftest import contrast, in_each_state

MODES = {
    "zero": "constant",
    "reflect": "reflect",
    "symmetric": "symmetric",
    "replicate": "edge",
    "circular": "wrap",
}
MIRRORS = {"reflect": 1, "symmetric": 0}  # pixels at the edge that are not copied
SHAPES = [(2, 2), (2, 5), (3, 3), (5, 4), (9, 9), (9, 2)]  # small enough for numbers
LARGE = [(28, 28), (64, 64), (10, 33), (2, 12)]

# What one sees: pixels and numbers of both pictures, which pixels are hatched, the sentences.
SEE = """(el) => ({
  pictures: [...el.querySelectorAll("figure")].map((figure) => {
    const canvas = figure.querySelector("canvas");
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const hatch = figure.querySelector(".course-over").getAttribute("d");
    return {
      shape: [height, width],
      greys: [...data].filter((_, i) => i % 4 === 0),
      numbers: [...figure.querySelectorAll("text")].map((text) => text.textContent),
      hatched: [...hatch.matchAll(/M(\\d+) (\\d+)/g)].map(([, x, y]) => [y - 1, +x]),
      caption: figure.querySelector("figcaption").textContent,
    };
  }),
  impossible:
    el.querySelector(".course-impossible:not([hidden])")?.firstChild.textContent ?? null,
  text: el.querySelector(".course-formula").innerText.split("\\n").map((line) => line.trim()),
  shares: [...el.querySelectorAll("li")].map((item) => parseFloat(item.textContent)),
  bars: [...el.querySelectorAll("li div")].map((bar) => parseFloat(bar.style.height)),
  chosen: [...el.querySelectorAll("li")].flatMap((item, i) => (item.className ? [i + 1] : [])),
  nonsense: el.innerHTML.match(/.{0,40}(NaN|Infinity|undefined|null).{0,40}/)?.[0] ?? null,
})"""


def look(page: Page, widgets: list[BorderExplorer]) -> list[dict]:
    """What the explorers show."""
    states = [widget.state() for widget in widgets]
    return in_each_state(page, BorderExplorer._esm, states, SEE)


def values(numbers: list[str], shape) -> np.ndarray:
    return np.array([float(number.replace("−", "-")) for number in numbers]).reshape(shape)


def image_of(shape, seed: int = 0) -> np.ndarray:
    """Whole numbers, some of them negative; none of them twice in a small image."""
    numbers = np.random.default_rng(seed).permutation(np.prod(shape)).reshape(shape)
    return numbers - 5


def digit_like(shape) -> np.ndarray:
    """Greys from 0 to 255, both of which occur."""
    image = np.random.default_rng(1).integers(0, 256, shape)
    image.flat[:2] = 0, 255
    return image


def blurred(image, mode: str, layers: int) -> np.ndarray:
    """Box blur by adding nine shifted images."""
    rows, columns = np.shape(image)
    for _ in range(layers):
        padded = np.pad(np.asarray(image, float), 1, mode)
        image = sum(padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)) / 9
    return np.asarray(image, float)


def contaminated(shape, layers: int) -> np.ndarray:
    """Which outputs saw padding: mark the padding, and mark whatever reads a marked pixel."""
    (rows, columns), marked = shape, np.zeros(shape, bool)
    for _ in range(layers):
        padded = np.pad(marked, 1, constant_values=True)
        windows = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
        marked = np.any(windows, axis=0)
    return marked


def possible(fill: str, width: int, shape) -> bool:
    return fill not in MIRRORS or width <= min(shape) - MIRRORS[fill]


# The arithmetic of the browser


@pytest.mark.parametrize("fill", MODES)
def test_border_is_numpys(page: Page, fill: str):
    """Width 4 is more than the image has to copy, for the fills that go round or stand still."""
    cases = [
        (image_of(shape), width)
        for shape in SHAPES
        for width in range(5)
        if possible(fill, width, shape)
    ]
    seen = look(page, [explore.border(image, fill, width) for image, width in cases])
    for (image, width), each in zip(cases, seen, strict=True):
        padded = np.pad(image, width, MODES[fill])
        mark = np.pad(np.zeros(image.shape, bool), width, constant_values=True)
        shown, _ = each["pictures"]
        np.testing.assert_array_equal(values(shown["numbers"], padded.shape), padded)
        assert shown["hatched"] == np.argwhere(mark).tolist()
        assert each["impossible"] is None


@pytest.mark.parametrize("fill", MODES)
def test_greys_of_large_images(page: Page, fill: str):
    cases = [(digit_like(shape), width) for shape in LARGE for width in (0, 2, 4)]
    cases = [(image, width) for image, width in cases if possible(fill, width, image.shape)]
    seen = look(page, [explore.border(image, fill, width, layers=2) for image, width in cases])
    for (image, width), each in zip(cases, seen, strict=True):
        around, result = each["pictures"]
        padded = np.pad(image, width, MODES[fill])
        assert around["shape"] == list(padded.shape)
        assert around["greys"] == padded.ravel().tolist()
        wanted = blurred(image, MODES[fill], 2).ravel()
        np.testing.assert_allclose(result["greys"], wanted, atol=0.51)
        assert around["numbers"] == result["numbers"] == []


def test_zero_is_on_the_scale_of_greys(page: Page):
    """Whatever the image's values, a border of zeros looks as it compares with them."""
    seen = look(page, [explore.border(np.full((12, 12), value)) for value in (7.0, -7.0, 0)])
    corners = [
        (each["pictures"][0]["greys"][0], max(each["pictures"][0]["greys"])) for each in seen
    ]
    assert corners == [(0, 255), (255, 255), (0, 0)]
    assert 0 in seen[1]["pictures"][0]["greys"]


@pytest.mark.parametrize("fill", MODES)
def test_blur_is_numpys(page: Page, fill: str):
    cases = [(image_of(shape), layers) for shape in SHAPES for layers in range(7)]
    widgets = [explore.border(image, fill, width=1, layers=layers) for image, layers in cases]
    for (image, layers), each in zip(cases, look(page, widgets), strict=True):
        _, shown = each["pictures"]
        wanted = blurred(image, MODES[fill], layers)
        np.testing.assert_allclose(values(shown["numbers"], image.shape), wanted, atol=0.00051)


def test_contamination_spreads_one_pixel_per_layer(page: Page):
    cases = [(shape, layers) for shape in [*SHAPES, *LARGE] for layers in range(7)]
    widgets = [explore.border(np.ones(shape), layers=layers) for shape, layers in cases]
    for (shape, layers), each in zip(cases, look(page, widgets), strict=True):
        marked = [contaminated(shape, count) for count in range(7)]
        assert each["pictures"][1]["hatched"] == np.argwhere(marked[layers]).tolist()
        shares = [100 * each.mean() for each in marked]
        np.testing.assert_allclose(each["shares"], shares[1:], atol=0.051)
        np.testing.assert_allclose(np.divide(each["bars"], each["bars"][-1]),
                                   np.divide(shares[1:], shares[-1]), atol=0.01)  # fmt: skip
        assert each["text"][2].startswith(f"{shares[layers]:.1f} % of the outputs saw padding")
        assert each["text"][3] == "Outputs that saw padding, layer by layer"
        assert each["chosen"] == [layers][: layers > 0]


def test_contamination_can_be_hidden(page: Page):
    (seen,) = look(page, [explore.border(layers=3, contaminated=False)])
    assert seen["pictures"][0]["hatched"]
    assert not seen["pictures"][1]["hatched"]
    assert len(seen["text"]) == 2  # nothing is said about it
    assert seen["shares"] == []


def test_figures_of_the_curriculum(page: Page):
    """An image of ones: what the blur makes of its corner and its edge; the shares of a digit."""
    one, three, digit = look(
        page, [explore.border(np.ones((9, 9)), layers=layers) for layers in (1, 3)]
        + [explore.border()],
    )  # fmt: skip
    for seen, corner, edge in [(one, 0.444, 0.667), (three, 0.232, 0.481)]:
        result = values(seen["pictures"][1]["numbers"], (9, 9))
        assert (result[0, 0], result[0, 4]) == (corner, edge)
    assert digit["shares"][:3] == [13.8, 26.5, 38.3]


@pytest.mark.parametrize(
    ("fill", "line"),
    {
        "zero": "0 0 | 1 2 3 4 5 | 0 0",
        "reflect": "3 2 | 1 2 3 4 5 | 4 3",
        "symmetric": "2 1 | 1 2 3 4 5 | 5 4",
        "replicate": "1 1 | 1 2 3 4 5 | 5 5",
        "circular": "4 5 | 1 2 3 4 5 | 1 2",
    }.items(),
)
def test_one_axis(page: Page, fill: str, line: str):
    rows = np.array([[7, 1.5, 2], [3, 4, 5]])
    seen = look(page, [explore.border(fill=fill), explore.border(rows, fill, width=1)])
    lines = [each["text"][1] for each in seen]
    assert all(each.startswith(f"{fill}, ") for each in lines)  # and what that means
    texts = [each.partition(": ")[2] for each in lines]
    before, *row, after = np.pad(rows[0], 1, MODES[fill])
    assert texts == [line, "{:g} | {:g} {:g} {:g} | {:g}".format(before, *row, after)]
    assert f'"{fill}"' + line.join([" " * (13 - len(fill)), ""]) in explore.border.__doc__


@pytest.mark.parametrize("fill", MODES)
def test_text_says_what_each_pixel_copies(page: Page, fill: str):
    image, width = image_of((3, 4)), 2
    index = np.pad(np.arange(12).reshape(3, 4), width, MODES[fill], **(
        {"constant_values": -1} if fill == "zero" else {}))  # fmt: skip
    result = blurred(image, MODES[fill], 1)
    spots = [(row, column) for row in range(-2, 5) for column in range(-2, 6)]
    seen = look(page, [explore.border(image, fill, width, at=spot) for spot in spots])
    for (row, column), each in zip(spots, seen, strict=True):
        source = index[row + width, column + width]
        if 0 <= row < 3 and 0 <= column < 4:
            wanted = f"Pixel ({row}, {column}) is {image[row, column]}, blurred "
            sentence = each["text"][0].replace("−", "-")
            assert sentence.startswith(wanted)
            number = float(sentence.removeprefix(wanted).rstrip("."))
            assert number == pytest.approx(result[row, column], abs=0.00051)
            continue
        copies = f"copies ({source // 4}, {source % 4}): {image.flat[source]}"
        does = "is zero" if source < 0 else copies
        assert each["text"][0].replace("−", "-") == f"Border pixel ({row}, {column}) {does}."


def test_random_settings_show_no_nonsense(page: Page):
    draw = random.Random(0)
    widgets = []
    for _ in range(200):
        shape = draw.choice([*SHAPES, *SHAPES, (12, 20), (28, 28)])
        scale = draw.choice([0, 1, 1e-7, 1e6])
        image = scale * np.random.default_rng(draw.randint(0, 99)).uniform(-1, 1, shape)
        widget = explore.border(
            image, draw.choice(list(MODES)), draw.randint(0, 4), draw.randint(0, 6),
            contaminated=draw.random() < 0.5, at=(draw.randint(-9, 99), draw.randint(-9, 99)),
        )  # fmt: skip
        widgets.append(widget)
    for widget, seen in zip(widgets, look(page, widgets), strict=True):
        assert seen["nonsense"] is None, widget.state()
        for picture in seen["pictures"]:
            assert len(picture["greys"]) == np.prod(picture["shape"])
            assert None not in picture["greys"]


# By hand


def picture(page: Page, name: str) -> Locator:
    return page.get_by_role("application", name=re.compile(f"^{name}"))


def test_arrow_keys_pick_a_pixel(page: Page, open_explorer):
    open_explorer(page, explore.border(np.arange(12).reshape(3, 4), "circular", 1, at=(0, 0)))
    picture(page, "input").focus()
    for key, text in [
        ("ArrowUp", "Border pixel (−1, 0) copies (2, 0): 8."),
        ("ArrowUp", "Border pixel (−1, 0) copies (2, 0): 8."),  # there it ends
        ("ArrowLeft", "Border pixel (−1, −1) copies (2, 3): 11."),
        ("ArrowDown", "Border pixel (0, −1) copies (0, 3): 3."),
        ("ArrowRight", "Pixel (0, 0) is 0"),
    ]:
        page.keyboard.press(key)
        expect(page.locator(".course-formula")).to_contain_text(text)
    picture(page, "output").focus()
    page.keyboard.press("ArrowLeft")  # the output has no border
    expect(page.locator(".course-formula")).to_contain_text("Pixel (0, 0)")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".course-formula")).to_contain_text("Pixel (1, 0) is 4")
    expect(page.locator(".course-aloud")).to_contain_text("Pixel (1, 0) is 4")


@pytest.mark.parametrize("width", [1000, 360])
def test_pointer_picks_a_pixel(page: Page, open_explorer, width: int):
    open_explorer(page, explore.border(fill="reflect", width=4), width=width)
    box = picture(page, "input").locator("svg").bounding_box()
    pixel = box["width"] / 36
    for row, column in [(-4, -4), (-1, 31), (13, 30), (31, 0)]:
        page.mouse.move(box["x"] + (column + 4.5) * pixel, box["y"] + (row + 4.5) * pixel)
        copied = [-each if each < 0 else 54 - each if each > 27 else each for each in (row, column)]
        text = f"Border pixel ({row}, {column}) copies ({copied[0]}, {copied[1]})"
        expect(page.locator(".course-formula")).to_contain_text(text.replace("-", "−"))
    box = picture(page, "output").locator("svg").bounding_box()
    page.mouse.move(box["x"] + 20.5 / 28 * box["width"], box["y"] + 7.5 / 28 * box["height"])
    expect(page.locator(".course-formula")).to_contain_text("Pixel (7, 20)")


@pytest.mark.parametrize("fill", MIRRORS)
def test_impossible_border_says_why_and_is_mended(page: Page, open_explorer, fill: str):
    image = np.arange(15).reshape(3, 5)
    widget = explore.border(image, fill, width=4)
    open_explorer(page, explore.border(image, fill, width=1))
    page.get_by_role("slider", name="border shown").press("End")
    sentence = page.locator(".course-impossible")
    expect(sentence).to_be_visible()
    why = sentence.evaluate("element => element.firstChild.textContent")
    assert widget.picture().alt.startswith(why)
    nearest = 3 - MIRRORS[fill]
    expect(picture(page, "input")).to_have_accessible_name(re.compile(f"border {nearest}"))
    expect(page.locator(".course-aloud")).to_contain_text(why)
    page.get_by_role("button").click()
    expect(sentence).to_be_hidden()
    expect(picture(page, "input")).to_be_focused()  # the button is gone
    expect(page.get_by_role("slider", name="border shown")).to_have_value(str(nearest))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_digit_keeps_its_greys(page: Page, open_explorer, dark: bool):
    open_explorer(page, explore.border(layers=0, width=0), dark=dark)
    corner = "canvas => [...canvas.getContext('2d').getImageData(0, 0, 1, 1).data]"
    canvas = page.locator("canvas").first
    assert canvas.evaluate(corner) == [255, 255, 255, 255]
    assert canvas.evaluate("canvas => getComputedStyle(canvas).opacity") == "1"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("side", [2, 5, 9, 12])
def test_black_is_black_and_white_is_white(page: Page, open_explorer, side: int, dark: bool):
    """As they are on the screen, numbers or not."""
    image = np.indices((side, side)).sum(axis=0) % 2  # a chess board
    open_explorer(page, explore.border(image, width=0, contaminated=False, at=(0, 0)), dark=dark)
    place = picture(page, "input").locator("canvas")
    screen = np.asarray(Image.open(io.BytesIO(place.screenshot())).convert("RGB"))
    pixel = screen.shape[0] / side
    for (row, column), value in np.ndenumerate(image):
        if (row, column) != (0, 0):  # which has a frame
            y, x = (int((each + 0.15) * pixel) for each in (row, column))  # beside the number
            near = screen[y, x] if min(row, column) else screen[y + 3, x + 3]
            assert near.tolist() == [255 * value] * 3


def test_numbers_stand_out_from_every_grey(page: Page, open_explorer):
    """Contrast at least 4.5 : 1, by the colour of the ink and a halo that keeps the hatch off."""
    open_explorer(page, explore.border(np.linspace(0, 255, 81).reshape(9, 9), layers=6))
    looks = page.locator(".course-pixels text").evaluate_all(
        "all => all.map(getComputedStyle).map(({ fill, stroke }) => [fill, stroke])"
    )
    assert len(looks) == 13 * 13 + 9 * 9
    inks = set()
    for look in looks:
        fill, behind = ([float(each) for each in re.findall(r"\d+", rgb)] for rgb in look)
        assert contrast(fill, behind) >= 4.5
        inks.add(tuple(fill))
    assert inks == {(0, 0, 0), (255, 255, 255)}


def test_numbers_have_as_many_decimals_as_have_room(page: Page, open_explorer):
    scales = (1, -10, 1e2, 1e3, 1e4, 1e6)
    images = [np.full((9, 9), scale / 3) for scale in scales]
    open_explorer(page, *(explore.border(image, layers=0) for image in images))
    written, longest = page.locator(".course-explorer").evaluate_all(
        """all => {
             const first = all.map((each) => each.querySelector("svg"));
             const texts = first.map((each) => [...each.querySelectorAll("text")]);
             return [
               texts.map((each) => each[2 * 13 + 2]?.textContent ?? ""),
               Math.max(...texts.flat().map((each) => each.getComputedTextLength())),
             ];
           }"""
    )
    assert written[0] == "0.333"
    assert written[-1] == ""  # six digits have no room
    decimals = [len(text.partition(".")[2]) for text in written[:-1]]
    assert decimals == sorted(decimals, reverse=True)
    assert decimals[-1] < 3
    assert 0.8 < longest < 0.95  # of a pixel


@pytest.mark.parametrize("width", [0, 1, 4])
def test_p_is_only_what_is_shown(page: Page, open_explorer, width: int):
    open_explorer(page, explore.border(np.ones((5, 5)), width=width))
    expect(page.get_by_role("slider", name="p, pixels of border shown")).to_have_value(str(width))
    expect(page.locator(".course-formula")).to_contain_text(
        "64.0 % of the outputs saw padding after layer 1, whatever fills it: "
        "each layer pads its own input by 1 pixel. "
        "Moving p changes the border you see, not the output."
    )


# In Python


def test_left_out_the_image_is_the_first_digit_as_ink_on_paper():
    (images, _), _ = digits.load("builtin")
    for widget in (explore.border(), explore.border(None)):
        np.testing.assert_array_equal(widget.image, 255 - images[0])


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"image": np.zeros((28, 28, 1))}, r"shape \(28, 28, 1\).*batch\[0, :, :, 0\]"),
        ({"image": np.zeros(9)}, r"shape \(9,\).*rows by columns"),
        ({"image": np.zeros((1, 9))}, "2 to 64 pixels a side"),
        ({"image": np.zeros((65, 9))}, "2 to 64 pixels a side"),
        ({"image": [[1, 2], [3, np.nan]]}, "from nan to nan.*±1,000,000"),
        ({"image": [[1, 2], [3, np.inf]]}, "from 1 to inf.*±1,000,000"),
        ({"image": [[1, 2], [3]]}, "rows of equal length"),
        ({"image": [[1, 2], [3, 1j]]}, "array of numbers"),
        ({"image": "digit"}, "array of numbers"),
        ({"fill": "edge"}, "fill='replicate'"),
        ({"fill": "same"}, "take one of .*'circular'"),
        ({"fill": None}, "fill"),
        ({"width": 5}, "width"),
        ({"width": -1}, "width"),
        ({"width": 1.5}, "width"),
        ({"layers": 7}, "layers"),
        ({"at": (1, 2, 3)}, "at"),
    ],
    ids=str,
)
def test_bad_settings_say_what_to_write(settings: dict, hint: str):
    with pytest.raises(traitlets.TraitError, match=hint):
        explore.border(**settings)
    widget = explore.border()
    before = widget.state()
    ((name, value),) = settings.items()
    with pytest.raises(traitlets.TraitError, match=hint):
        setattr(widget, name, value)
    assert widget.state() == before


@pytest.mark.parametrize("fill", MODES)
def test_static_picture_shows_numpys_numbers(fill: str):
    image = image_of((4, 5))
    alt = explore.border(image, fill, width=2, layers=2).picture().alt
    share = 100 * contaminated(image.shape, 2).mean()
    assert fill in alt
    assert f" {share:.1f} % of the outputs saw padding" in alt
    maps = {
        "image": image,
        f"{fill}, width=2": np.pad(image, 2, MODES[fill]),
        "after layer 2": blurred(image, MODES[fill], 2),
    }
    assert alt.endswith(figures.maps(maps).alt)


@pytest.mark.parametrize(
    ("image", "ends"),
    [(None, (0, 255)), (np.ones((5, 5)), (0, 1)), (np.full((3, 3), -7), (-7, 0)),
     (np.zeros((3, 3)), (0, 0)), (np.arange(9).reshape(3, 3) - 4, (-4, 4))],
    ids=["digit", "white", "black", "zeros", "signs"],
)  # fmt: skip
def test_static_picture_has_the_greys_of_the_explorer(image, ends):
    picture = explore.border(image).picture()
    drawn = [each for axes in picture.figure.axes for each in axes.images]
    assert len(drawn) == 3
    for each in drawn:
        assert each.get_cmap().name == "gray"
        assert each.get_clim() == ends
    assert "each padded by 1 pixel" in picture.alt


@pytest.mark.parametrize("shape", [(5, 5), (2, 4), (28, 28)])
@pytest.mark.parametrize("width", [0, 1, 4])
def test_static_padding_is_hatched(shape, width):
    picture = explore.border(np.ones(shape), width=width).picture()
    [ring] = picture.figure.findobj(lambda artist: artist.get_gid() == "padding")
    assert ring.get_hatch()
    rows, columns = np.add(shape, 2 * width)
    padded = np.pad(np.zeros(shape), width, constant_values=1)
    outline = ring.get_path()
    inside = [
        outline.contains_point((x + 0.1, y - 0.2)) for y in range(rows) for x in range(columns)
    ]
    assert inside == padded.astype(bool).ravel().tolist()

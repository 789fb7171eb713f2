"""The receptive field explorer, as in an exported notebook: in a browser, with no kernel."""

import json
import random
import re

import numpy as np
import pytest
import traitlets
from playwright.sync_api import Locator, Page, expect

from course import explore
from course.explore.receptive_field import LARGEST, ReceptiveFieldExplorer
from course.geometry import SettingError, Window
from course.receptive_field import of_windows
from explore.conftest import SLIDERS

COMPUTE = """async ({ module, states }) => {
  const source = `${module}\\nexport const { stack } = modules["stack.js"];` +
    `export const { cone } = modules["receptive_field.js"];`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { stack, cone } = await import(url);
  return JSON.stringify(states.map(({ n, layers }) => {
    const maps = stack(layers, n);
    const units = [...Array(maps.at(-1).size).keys()];
    return { maps, cones: units.map((unit) => cone(layers, maps, unit)) };
  }));
}"""


def any_widget(draw: random.Random) -> ReceptiveFieldExplorer:
    """An explorer of one to five layers with settings of all kinds, possible or not."""
    layers = [
        {
            "kernel_size": draw.randint(1, 6),
            "strides": draw.choice([1, 1, 2, 3]),
            "padding": draw.choice(
                ["valid", "same", "causal", "full", 1, (draw.randint(0, 4), draw.randint(0, 4))]
            ),
            "dilation_rate": draw.choice([1, 1, 1, 2, 3]),
        }
        for _ in range(draw.randint(1, 5))
    ]
    return explore.receptive_field(layers, n=draw.randint(1, 40), unit=draw.randint(0, 20))


def fitting(widget: ReceptiveFieldExplorer) -> tuple[list[Window], str | None]:
    """The windows below the first layer that does not fit, and why that one does not."""
    windows, n = [], widget.n
    for settings in widget.layers:
        try:
            window = Window(**settings)
            n = window.output_size(n)
        except SettingError as error:
            return windows, f"Layer {len(windows) + 1}: {error}"
        windows.append(window)
    return windows, None


def read_by_units(windows: list[Window], n: int) -> list[np.ndarray]:
    """What each unit of the last map reads in each map, the input first, by multiplying matrices.

    With weights of one and zeros as padding, a layer is the matrix (units, padded map below) of its
    taps, and units see what the product of all layers, without their padding, lets through.
    """
    matrices, sizes = [], [n]
    for window in windows:
        before, after = window.pads(sizes[-1])
        firsts = np.array(window.positions(sizes[-1])) + before
        matrix = np.zeros((firsts.size, before + sizes[-1] + after), int)
        for tap in range(0, window.span, window.dilation_rate):
            matrix[np.arange(firsts.size), firsts + tap] = 1
        matrices.append((matrix, slice(before, before + sizes[-1])))
        sizes.append(firsts.size)
    reads = [np.eye(sizes[-1], dtype=int)]
    real = reads[0]
    for matrix, inside in reversed(matrices):
        padded = (real @ matrix > 0).astype(int)
        reads.insert(0, padded)
        real = padded[:, inside]
    return reads


def pixels_read(widget: ReceptiveFieldExplorer) -> list[int]:
    """The input pixels behind the widget's unit."""
    windows, _ = fitting(widget)
    reads = read_by_units(windows, widget.n)[0]
    before = windows[0].pads(widget.n)[0] if windows else 0
    return list(np.flatnonzero(reads[min(widget.unit, len(reads) - 1), before:][: widget.n]))


def listed(text: str) -> list[int]:
    """The numbers in a list such as "0–3, 5"."""
    if text == "only padding":
        return []
    runs = [[int(end) for end in run.split("–")] for run in text.split(", ")]
    return [pixel for run in runs for pixel in range(run[0], run[-1] + 1)]


def picture(page: Page) -> Locator:
    return page.get_by_role("application")


def formula(page: Page) -> Locator:
    return page.locator(".course-formula")


def table(page: Page) -> list[list[float]]:
    """The numbers in the table, without the layers' names, when all changes have been drawn."""
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    rows = page.locator("table tr").all()[1:]
    texts = [row.locator("td").all_inner_texts() for row in rows]
    return [[float(text.replace("−", "-")) for text in row] for row in texts]


def nonsense(page: Page) -> str | None:
    """What no arithmetic should leave in a picture."""
    return page.evaluate(
        """document.querySelector(".course-explorer").outerHTML
             .match(/.{0,40}(NaN|Infinity|undefined|null).{0,40}/)?.[0] ?? null"""
    )


# The arithmetic


def test_every_stack_is_what_python_and_brute_force_compute(page: Page):
    draw = random.Random(0)
    widgets = [any_widget(draw) for _ in range(600)]
    states = [widget.state() for widget in widgets]
    answers = json.loads(
        page.evaluate(COMPUTE, {"module": ReceptiveFieldExplorer._esm, "states": states})
    )
    broken = 0
    for widget, answer in zip(widgets, answers, strict=True):
        windows, trouble = fitting(widget)
        broken += trouble is not None
        fields = [tuple(field) for field in of_windows(windows, widget.n)]
        maps = answer["maps"]
        assert [(m["r"], m["jump"], m["start"]) for m in maps] == [(1, 1, 0), *fields]
        reads = read_by_units(windows, widget.n)
        assert [m["size"] for m in maps[1:]] == [
            len(w.positions(m["size"])) for w, m in zip(windows, maps, strict=False)
        ]
        for row, (below, matrix) in enumerate(zip(maps, reads, strict=True)):
            assert below["to"] - below["from"] == matrix.shape[1]
            for unit, cone in enumerate(answer["cones"]):
                assert cone[row] == list(np.flatnonzero(matrix[unit]) + below["from"])
    assert 100 < broken < 500


def test_the_page_and_the_static_picture_say_which_pixels_are_read(page: Page, open_explorer):
    draw = random.Random(1)
    widgets = [any_widget(draw) for _ in range(15)]
    open_explorer(page, *widgets)
    texts = page.locator(".course-formula").all_inner_texts()
    shown = page.locator(".course-impossible").evaluate_all(
        "all => all.map((each) => each.hidden ? null : each.firstChild.textContent.trim())"
    )
    for widget, text, impossible in zip(widgets, texts, shown, strict=True):
        pixels = pixels_read(widget)
        count, n, pixel_list = re.search(r"reads (\d+) of (\d+) pixels: (.*)\.", text).groups()
        assert (int(count), int(n), listed(pixel_list)) == (len(pixels), widget.n, pixels)
        _, trouble = fitting(widget)
        assert impossible == trouble
        alt = widget.picture().alt
        assert f"It reads {count} of {n} pixels: {pixel_list}." in alt
        assert ("impossible" in alt) == bool(trouble)
        assert (trouble or "") in alt
    assert nonsense(page) is None


@pytest.mark.parametrize(
    ("name", "figures"),
    [("valid", (7, 1, 3)), ("same", (7, 1, 0)), ("strided", (15, 4, 3))],  # size, jump, start
)
def test_the_three_models(page: Page, open_explorer, name: str, figures: tuple):
    from course import models, receptive_field

    model = getattr(models, name)()
    widget = explore.receptive_field(model)
    assert (widget.n, len(widget.layers)) == (28, 3)
    open_explorer(page, widget)
    rows = table(page)
    fields = receptive_field.of_model(model)
    for layer, row in zip(("conv1", "conv2", "conv3"), rows[1:], strict=True):
        assert tuple(row[1:]) == fields[layer][0]
        assert row[0] == model.get_layer(layer).output.shape[1]
    assert tuple(rows[-1][1:]) == figures


# The picture


def test_cells_lie_where_the_fields_are(page: Page, open_explorer):
    """In the picture, a unit is centred over its field and as wide as the jump."""
    widget = explore.receptive_field([Window(4, 2, (1, 2)), Window(3, 2, "same")], n=20, unit=1)
    open_explorer(page, widget)
    boxes = (
        picture(page)
        .locator("path.course-window")
        .evaluate_all(
            """all => all.map((each) => each.getBBox()).map(({ x, width }) => [x, width])"""
        )
    )
    image = picture(page).locator("path.course-input").evaluate("each => each.getBBox().x")
    pixel = (
        picture(page).locator("path.course-input").evaluate("each => each.getBBox().width")
        / widget.n
    )
    windows, _ = fitting(widget)
    *_, top = of_windows(windows, widget.n)
    left, width = boxes[-1]
    assert width / pixel == pytest.approx(top.jump)
    assert (left + width / 2 - image) / pixel - 0.5 == pytest.approx(top.start + top.jump)
    read = np.flatnonzero(read_by_units(windows, widget.n)[0][1]) - windows[0].pads(widget.n)[0]
    left, width = boxes[0]
    assert (left - image) / pixel == pytest.approx(read.min())
    assert width / pixel == pytest.approx(np.ptp(read) + 1)


def test_footprint_shows_every_pixel_that_is_read_and_no_other(page: Page, open_explorer):
    widget = explore.receptive_field([Window(2, 1, 0, 3), Window(2, 4)], n=16, unit=1)
    open_explorer(page, widget)
    squares, pixel = page.evaluate(
        """(() => {
             const [input, read] = ["input", "read"].map((name) =>
               document.querySelector(`figure path.course-${name}`));
             const { x, width } = input.getBBox();
             const numbers = read.getAttribute("d").split("z").filter(Boolean)
               .map((each) => each.match(/[\\d.]+/g).map(Number))
               .map(([left, top, wide, high]) =>
                 [left - x, top - x, left - x + wide, top - x + high]);
             return [numbers, width / 16];
           })()"""
    )
    seen = np.zeros((16, 16), bool)
    for left, top, right, bottom in squares:
        seen[
            round(top / pixel) : round(bottom / pixel), round(left / pixel) : round(right / pixel)
        ] = True
    axis = np.isin(np.arange(16), pixels_read(widget))
    np.testing.assert_array_equal(seen, np.outer(axis, axis))
    assert 0 < axis.sum() < np.ptp(np.flatnonzero(axis)) + 1  # there are holes


def test_units_far_outside_the_image_are_shown_at_scales_of_their_own(page, open_explorer):
    open_explorer(page, explore.receptive_field([Window(9, 6, "full")] * 8), width=800)
    expect(picture(page)).to_contain_text("scales of their own")
    for box in picture(page).locator("path.course-window").all():
        place = box.bounding_box()
        assert place["width"] > 5  # CSS pixels
        assert 0 <= place["x"] < 800
    assert nonsense(page) is None


# By hand


def expect_unit(page: Page, unit: int, layer: int) -> None:
    expect(formula(page)).to_contain_text(f"Unit {unit} of layer {layer}:")
    expect(picture(page)).to_have_accessible_name(re.compile(f"^Unit {unit} of layer {layer}"))


def test_keys_choose_the_unit(page: Page, open_explorer):
    open_explorer(page, explore.receptive_field(unit=2))
    picture(page).focus()
    keys = ["ArrowRight", "ArrowLeft", "ArrowLeft", "End", "ArrowRight", "Home", "ArrowLeft"]
    for key, unit in zip(keys, [3, 2, 1, 6, 6, 0, 0], strict=True):
        page.keyboard.press(key)
        expect_unit(page, unit, 3)
        expect(picture(page)).to_be_focused()


@pytest.mark.parametrize("width", [360, 1000])
def test_pointing_at_the_last_row_chooses_the_unit(page: Page, open_explorer, width: int):
    open_explorer(page, explore.receptive_field(), width=width)
    row = picture(page).locator("path.course-output").last.bounding_box()
    y = row["y"] + row["height"] / 2
    page.mouse.move(row["x"] + row["width"] * 4.5 / 7, y)
    expect_unit(page, 0, 3)  # not before the button is down
    page.mouse.down()
    expect_unit(page, 4, 3)
    page.mouse.move(row["x"] + row["width"] * 2.5 / 7, y, steps=3)
    expect_unit(page, 2, 3)
    page.mouse.move(row["x"] - 10, y)  # beyond the first one
    expect_unit(page, 0, 3)
    page.mouse.up()


def test_settings_are_those_of_the_chosen_layer(page: Page, open_explorer):
    layers = [Window(3, 2, "same"), Window(5, 1, (1, 2)), Window(2, 1, 0, 4)]
    open_explorer(page, explore.receptive_field(layers, selected=1))
    chosen = page.get_by_label("layer", exact=True)
    padding = page.get_by_label("padding", exact=True)
    expect(chosen.locator(":checked")).to_have_text("2 of 3")
    expect(page.get_by_label("k, kernel_size")).to_have_value("5")
    expect(padding.locator(":checked")).to_have_text("1 before, 2 after")
    chosen.select_option("2 of 3")
    chosen.select_option("3 of 3")
    expect(page.get_by_label("d, dilation_rate")).to_have_value("4")
    expect(padding.locator(":checked")).to_have_text("0")
    padding.select_option("full")
    page.get_by_label("d, dilation_rate").press("ArrowLeft")
    expect(page.get_by_label("d, dilation_rate")).to_have_value("3")
    layers[2] = Window(2, 1, "full", 3)
    r, jump, start = of_windows(layers, 28)[-1]
    assert table(page)[-1][1:] == [r, jump, start]
    padding.select_option("2")
    expect(picture(page)).to_contain_text("p 2|2")


def test_layers_are_added_and_removed_up_to_the_ends(page: Page, open_explorer):
    open_explorer(page, explore.receptive_field([Window(3), Window(2)], n=28))
    add = page.get_by_role("button", name="Add a layer")
    remove = page.get_by_role("button", name="Remove the layer")
    chosen = page.get_by_label("layer", exact=True)
    for count in range(3, 9):
        add.press("Enter")
        expect(chosen.locator(":checked")).to_have_text(f"{count} of {count}")
        assert len(table(page)) == count + 1
    assert table(page)[-1][1] == of_windows([Window(3)] + [Window(2)] * 7, 28)[-1].size
    expect(add).to_be_disabled()
    expect(remove).to_be_focused()
    chosen.select_option("1 of 8")  # the one that is not like the others
    for count in range(7, 0, -1):
        remove.press("Enter")
        expect(chosen.locator(":checked")).to_have_text(f"1 of {count}")
    expect(remove).to_be_disabled()
    expect(add).to_be_focused()
    assert table(page)[-1][1] == Window(2).span


@pytest.mark.parametrize("padding", ["valid", "same", "causal", "full", "3"])
@pytest.mark.parametrize("layers", [1, 8])
def test_every_control_at_its_ends(page: Page, open_explorer, padding: str, layers: int):
    """From end to end, in an order that meets all 16 corners, each as Python has it."""
    first = Window(3, 2, "same")
    open_explorer(page, explore.receptive_field([first] * layers, unit=LARGEST))
    page.get_by_label("padding", exact=True).select_option(padding)
    settings = {"n": 28, "kernel_size": 3, "strides": 2, "dilation_rate": 1}
    name = padding if padding.isalpha() else (3, 3)
    for corner in range(1, 17):
        trait = list(SLIDERS)[(corner & -corner).bit_length() - 1 if corner < 16 else 3]
        slider = page.get_by_role("slider", name=SLIDERS[trait], exact=True)
        slider.press("Home" if slider.input_value() == slider.get_attribute("max") else "End")
        settings[trait] = int(slider.input_value())
        changed = {key: value for key, value in settings.items() if key != "n"} | {"padding": name}
        widget = explore.receptive_field([changed, *[first] * (layers - 1)], n=settings["n"])
        windows, trouble = fitting(widget)
        rows = [row[1:] for row in table(page)[1:]]
        if trouble:
            expect(page.locator(".course-impossible")).to_contain_text(trouble)
        else:
            expect(page.locator(".course-impossible")).to_be_hidden()
        assert rows == [list(field) for field in of_windows(windows, widget.n)]
        expect(picture(page).locator("path.course-input")).to_be_visible()
        assert nonsense(page) is None


def test_an_impossible_stack_names_the_layer_and_is_mended(page: Page, open_explorer):
    layers = [Window(3), Window(3, 2), Window(5), Window(3)]
    widget = explore.receptive_field(layers, n=9, unit=2)
    _, trouble = fitting(widget)
    assert trouble.startswith("Layer 3: ")
    open_explorer(page, widget)
    expect(page.locator(".course-impossible")).to_contain_text(trouble)
    expect_unit(page, 2, 2)  # what fits is shown
    while not page.locator(".course-impossible").is_hidden():
        page.locator(".course-impossible button").click()
        expect(picture(page)).to_be_focused()  # the button is gone
        table(page)
    assert len(table(page)) == 5
    expect_unit(page, 0, 4)


def test_a_combination_that_keras_refuses_is_mended(page: Page, open_explorer):
    settings = {"strides": 2, "dilation_rate": 2, "padding": "same"}
    open_explorer(page, explore.receptive_field([Window(3), settings]))
    with pytest.raises(SettingError) as raised:
        Window(**settings)
    expect(page.locator(".course-impossible")).to_contain_text(f"Layer 2: {raised.value}")
    page.get_by_role("button", name=f"Use dilation_rate = {raised.value.nearest}").click()
    expect(page.locator(".course-impossible")).to_be_hidden()
    expect(page.get_by_label("layer", exact=True).locator(":checked")).to_have_text("2 of 2")


def test_what_is_said_aloud(page: Page, open_explorer):
    open_explorer(page, explore.receptive_field([Window(3)] * 2, n=6))
    picture(page).press("ArrowRight")
    expect(page.locator(".course-aloud")).to_have_text(
        "Unit 1 of layer 2: centre = start + unit·jump = 2 + 1·1 = 3 field 1 to 5 "
        "reads 5 of 6 pixels: 1–5."
    )
    page.get_by_label("n, input size").press("ArrowRight")
    expect(page.locator(".course-aloud")).to_have_text("reads 5 of 7 pixels: 1–5.")
    page.get_by_label("k, kernel_size").press("End")
    expect(page.locator(".course-aloud")).to_contain_text("Layer 1: kernel_size=9 is impossible")


def test_the_cone_glides(page: Page, open_explorer):
    open_explorer(page, explore.receptive_field(unit=2))
    page.evaluate(
        """() => {
             window.moved = new Set();
             document.addEventListener("transitionrun", ({ target }) => {
               window.moved.add(target.classList[0]);
             });
           }"""
    )
    picture(page).press("ArrowRight")
    expect_unit(page, 3, 3)
    page.wait_for_function("moved.size === 4")  # in both drawings
    assert set(page.evaluate("[...moved]")) == {
        "course-window",
        "course-cone",
        "course-read",
        "course-field",
    }


def test_large_numbers_do_not_widen_the_page(page: Page, open_explorer):
    open_explorer(page, explore.receptive_field([Window(9, 6, "full")] * 8, n=1), width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_picture_follows_the_width_of_the_page(page: Page, open_explorer):
    open_explorer(page, explore.receptive_field(), width=1000)
    for width in (360, 700, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        drawn = min(width, 960) - 40
        page.wait_for_function(
            """([least, most]) => {
                 const width = +document.querySelector("svg").getAttribute("width");
                 return least < width && width <= most;
               }""",
            arg=[drawn - 20, drawn + 40],
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width


# In Python


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"layers": []}, "at least one"),
        ({"layers": None}, "Window"),
        ({"layers": Window(3)}, "list"),
        ({"layers": [Window(3), 3]}, "layer 2"),
        ({"layers": [{"kernel": 3}]}, "kernel_size"),
        ({"layers": [Window(3), {"kernel_size": 0}]}, "layer 2: kernel_size=0"),
        ({"layers": [{"padding": "sme"}]}, "Try padding='same'"),
        ({"layers": [{"strides": (2, 2)}]}, "Try strides=2"),
        ({"layers": [Window(3, padding=LARGEST)]}, "layer 1"),
        ({"layers": [Window(LARGEST, padding="same")] * 2}, str(LARGEST)),
        ({"n": 0}, "Try n=1"),
        ({"n": "28"}, "whole number"),
        ({"n": LARGEST + 1}, str(LARGEST)),
        ({"n": LARGEST + 1, "layers": [Window(LARGEST * 2)]}, str(LARGEST)),
        ({"unit": -1}, "Try unit=0"),
        ({"unit": [1, 1]}, "whole number"),
        ({"selected": 1.5}, "whole number"),
        ({"fixed": ["stride"]}, "strides"),
    ],
    ids=str,
)
def test_what_no_stack_can_be_is_refused_with_a_hint(settings: dict, hint: str):
    with pytest.raises(traitlets.TraitError) as raised:
        explore.receptive_field(**settings)
    assert hint in str(raised.value)


def test_a_bad_setting_leaves_the_explorer_as_it_was():
    widget = explore.receptive_field()
    before = widget.state()
    for name, value in [("layers", [{"strides": 0}]), ("n", -1), ("unit", -1), ("selected", "a")]:
        with pytest.raises(traitlets.TraitError):
            setattr(widget, name, value)
    assert widget.state() == before


def test_state_is_plain_data_and_can_be_set_as_it_is_read():
    widget = explore.receptive_field([Window(3, padding=1), {"strides": np.int64(2)}], np.int64(9))
    state = json.loads(json.dumps(widget.state()))
    assert state == widget.state()
    assert [Window(**layer) for layer in widget.layers] == [Window(3, padding=1), Window(strides=2)]
    widget.layers = widget.layers[::-1]
    assert widget.layers == state["layers"][::-1]


def test_static_picture_says_the_field_of_every_layer():
    widget = explore.receptive_field(unit=LARGEST)
    windows, _ = fitting(widget)
    for index, field in enumerate(of_windows(windows, 28), start=1):
        start = f"{field.start:g}"
        said = f"r = {field.size}, jump = {field.jump}, start = {start}"
        assert re.search(rf"layer {index}: [^.]*{said}", repr(widget))
    assert "unit 6 of layer 3" in repr(widget)  # the last one there is


# Keras models


def test_a_model_is_the_chain_of_its_windows():
    import keras
    from keras import layers

    from course import receptive_field

    model = keras.Sequential(
        [
            keras.Input((40, 30, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, (5, 3), strides=(2, 1), padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.ZeroPadding2D(((2, 1), (0, 0))),
            layers.DepthwiseConv2D(3, dilation_rate=2),
            layers.ReLU(),
            layers.SeparableConv2D(8, 3, padding="same"),
            layers.MaxPooling2D(2),
            layers.AveragePooling2D(3, strides=1, padding="same", name="last"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    widget = explore.receptive_field(model)
    windows, trouble = fitting(widget)
    assert (widget.n, len(windows), trouble) == (40, 6, None)
    rows, _ = receptive_field.of_model(model)["last"]
    assert of_windows(windows, widget.n)[-1] == rows
    assert explore.receptive_field(model, n=64).n == 64


def test_a_model_with_no_chain_of_windows_is_refused_with_a_hint():
    import keras
    from keras import layers

    image = keras.Input((28, 28, 1))
    first = layers.Conv2D(1, 3, padding="same", name="first")(image)
    left, right = (layers.Conv2D(1, 3, name=name)(first) for name in ("left", "right"))
    merged = layers.Add()([left, right])
    with pytest.raises(ValueError, match=r"left and right.*layers="):
        explore.receptive_field(keras.Model(image, merged))
    flat = keras.Sequential([image, layers.Flatten(), layers.Dense(1)], name="flat")
    with pytest.raises(ValueError, match=r"'flat'.*Conv2D"):
        explore.receptive_field(flat)
    inner = keras.Sequential([keras.Input((26, 26, 1)), layers.Conv2D(1, 3)], name="inner")
    for unknown in (inner, layers.Cropping2D(1, name="inner"), layers.UpSampling2D(name="inner")):
        rest = [layers.Conv2D(1, 3), unknown, layers.Conv2D(1, 3)]
        with pytest.raises(ValueError, match=r"'inner' \(.*layers="):
            explore.receptive_field(keras.Sequential([image, *rest]))
    with pytest.raises(ValueError, match="2 inputs"):
        explore.receptive_field(keras.Model([image, keras.Input((3,))], first))
    with pytest.raises(ValueError, match=r"keras\.Input"):
        explore.receptive_field(keras.Sequential([layers.Conv2D(1, 3)]))
    sizeless = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 3)])
    with pytest.raises(ValueError, match="n=28"):
        explore.receptive_field(sizeless)
    assert explore.receptive_field(sizeless, n=20).n == 20

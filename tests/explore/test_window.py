"""The window explorer, as in an exported notebook: in a browser, with no kernel and no network."""

import io
import itertools
import json
import math
import random
import re

import numpy as np
import pytest
import traitlets
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from course import explore, figures
from course.explore.window import WindowExplorer
from course.figures.kit import LONGEST
from course.geometry import SettingError, Window
from explore.conftest import SLIDERS, contrast, stop_clock

NAMES = ("kernel_size", "strides", "padding", "dilation_rate")

# Shows explorers of the given states and reports what one sees in each: the pixels that the window
# covers, the numbers in the cells, the sentences. With `same`, one view goes through all states.
LOOK = """async ({ module, states, same }) => {
  const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  const { default: view } = await import(url);
  // The cells [row, column] at whose corners the squares of a path begin.
  const places = (path, cell, from) =>
    [...(path?.getAttribute("d") ?? "").matchAll(/M([-\\d.]+) ([-\\d.]+)/g)].map(([, x, y]) => [
      Math.round((+y + from.y) / cell),
      Math.round((+x + from.x) / cell),
    ]);
  function look(el, n) {
    const [input, output] = el.querySelectorAll("svg");
    const image = input.querySelector(".course-input");
    const [x0, y0, width] = image.getAttribute("d").match(/[\\d.]+/g);
    const cell = width / n;
    const glide = input.querySelector(".course-glide");
    const [x, y] = (glide?.style.transform.match(/-?[\\d.]+/g) ?? [0, 0]).map(Number);
    const from = { x: x - x0, y: y - y0 };
    return {
      captions: [...el.querySelectorAll("figcaption")].map((each) => each.textContent),
      covered: places(glide.querySelector("path"), cell, from),
      chosen: places(output.querySelector(".course-window"), cell, { x: -2, y: -2 })[0] ?? null,
      numbers: [...input.querySelectorAll("text:not(.course-weight)")].map(
        (text) => text.textContent,
      ),
      results: [...output.querySelectorAll("text")].map((text) => text.textContent),
      crossed: input.querySelectorAll(".course-never").length,
      impossible:
        el.querySelector(".course-impossible:not([hidden])")?.firstChild.textContent ?? null,
      formulas: [...el.querySelectorAll(".course-formula")].map((line) => line.textContent),
      drawn: Math.min(...[input, output].map((each) => each.getAttribute("width") ?? 1e9)),
      nonsense: el.innerHTML.match(/.{0,40}(NaN|Infinity|undefined|null).{0,40}/)?.[0] ?? null,
    };
  }
  const frame = () => new Promise(requestAnimationFrame);
  const listeners = [];
  let state = states[0];
  const model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; },
    on: (event, listener) => listeners.push(listener),
    off() {},
    save_changes() {},
  };
  let el, stop;
  const seen = [];
  for (state of states) {
    if (!el || !same) {
      el = document.body.appendChild(document.createElement("div"));
      stop = view.render({ model, el });
    } else {
      for (const listener of listeners) listener();
      await frame();
    }
    seen.push(look(el, state.n));
    if (!same) {
      stop();
      el.remove();
    }
  }
  return JSON.stringify(seen);
}"""


def look(page: Page, widgets: list[WindowExplorer], same: bool = False) -> list[dict]:
    """What the explorers show."""
    states = [widget.state() for widget in widgets]
    return json.loads(
        page.evaluate(LOOK, {"module": WindowExplorer._esm, "states": states, "same": same})
    )


def any_widget(draw: random.Random) -> WindowExplorer:
    """An explorer with settings of all kinds, possible or not."""
    kernel_size, n = draw.randint(1, 9), draw.randint(1, 16)
    lopsided = (draw.randint(0, 5), draw.randint(0, 5))
    settings = {
        "n": n,
        "kernel_size": kernel_size,
        "strides": draw.randint(1, 6),
        "padding": draw.choice(["valid", "same", "causal", "full", draw.randint(0, 4), lopsided]),
        "dilation_rate": draw.choice([1, 1, 2, 3, 4]),
        "at": (draw.randint(0, 12), draw.randint(0, 12)),
        "usage": draw.random() < 0.5,
        "compare": draw.random() < 0.5,
    }
    numbers = np.random.default_rng(draw.randint(0, 99))
    if draw.random() < 0.4:
        settings["values"] = numbers.integers(-9, 10, (n, n))
    if draw.random() < 0.4:
        settings["kernel"] = numbers.integers(-2, 3, (kernel_size, kernel_size)) / 2
    return explore.window(**settings)


def short(number: float) -> str:
    """As the browser writes numbers."""
    return f"{round(number, 2):g}".replace("-", "−")


def expected(widget: WindowExplorer) -> dict:
    """What the explorer should show, by Python's arithmetic."""
    n = widget.n
    try:
        window = Window(**{name: getattr(widget, name) for name in NAMES})
        o = window.output_size(n)
    except SettingError as error:
        return {"impossible": str(error), "crossed": 0}
    row, column = (min(unit, o - 1) for unit in widget.at)
    taps = [
        [first + tap * window.dilation_rate for tap in range(window.kernel_size)]
        for first in window.positions(n)
    ]
    usage = np.outer(window.usage(n), window.usage(n))
    seen = {
        "impossible": None,
        "chosen": [row, column],
        "covered": [list(pixel) for pixel in itertools.product(taps[row], taps[column])],
        "crossed": np.count_nonzero(usage == 0) if widget.usage else 0,
    }
    before, after = window.pads(n)
    cell = max(11, min(38, 420 // (before + n + after)))
    readable = cell >= 16  # CSS pixels
    if widget.values is not None:
        image = np.pad(widget.values, (before, after))
        seen["numbers"] = [short(value) for value in image.flat] if readable else []
    elif widget.usage:
        seen["numbers"] = [str(times) for times in usage.flat] if readable else []
    if widget.values is not None and widget.kernel is not None:
        padded = np.pad(widget.values, ((before, before + after),) * 2)  # as far as taps can reach
        read = np.add(taps, before)
        sums = np.einsum("rict,it->rc", padded[read[:, :, None, None], read], widget.kernel)
        seen["results"] = [short(value) for value in sums.flat] if readable else []
    return seen


# What it shows


def test_every_setting_shows_what_geometry_computes(page: Page):
    draw = random.Random(0)
    widgets = [any_widget(draw) for _ in range(400)]
    for widget, seen in zip(widgets, look(page, widgets), strict=True):
        wanted = expected(widget)
        assert {key: seen[key] for key in wanted} == wanted, widget.state()
        assert seen["nonsense"] is None, widget.state()
        assert seen["drawn"] > 10  # CSS pixels
    impossible = sum(expected(widget)["impossible"] is not None for widget in widgets)
    assert 50 < impossible < 350


def test_whatever_changes_shows_what_a_fresh_explorer_does(page: Page):
    draw = random.Random(1)
    widgets = [any_widget(draw) for _ in range(100)]
    fresh = look(page, widgets)
    for widget, seen, wanted in zip(widgets, look(page, widgets, same=True), fresh, strict=True):
        if wanted["impossible"]:  # the output is hidden: what it would show does not matter
            for hidden in ("captions", "chosen", "results", "formulas", "drawn"):
                del seen[hidden], wanted[hidden]
        assert seen == wanted, widget.state()


def test_formula_has_the_numbers_put_in(page: Page):
    settings = {"strides": 2, "padding": (1, 0), "dilation_rate": 2}
    (seen,) = look(page, [explore.window(n=10, **settings)])
    o, unread = Window(**settings).output_size(10), Window(**settings).unread(10)
    formula, _ = seen["formulas"]
    assert f"⌊(10 + 1 + 0 − 5) / 2⌋ + 1 = {o}." in formula
    assert "Padding: 1 before, 0 after." in formula
    assert f"Never read: row and column {', '.join(map(str, unread))}." in formula
    assert unread


def test_products_and_their_sum(page: Page):
    values, kernel = np.arange(16).reshape(4, 4) - 5, np.array([[1, -0.5], [2, 0]])
    (seen,) = look(page, [explore.window(values=values, kernel=kernel, at=(1, 2))])
    _, line = seen["formulas"]
    products, total = line.replace("−", "-").split(" = ")
    factors = [term.strip("()").split("·") for term in re.split(r" \+ ", products)]
    pairs = [(float(value), float(weight.strip("()"))) for value, weight in factors]
    assert pairs == list(zip(values[1:3, 2:4].flat, kernel.flat, strict=True))
    assert float(total) == np.sum(values[1:3, 2:4] * kernel)


def conventions(n: int, kernel_size: int, strides: int, padding) -> dict[str, list[str]]:
    """Keras, PyTorch and rounding up, row by row, from their documented formulas."""
    window = Window(kernel_size, strides, padding)
    half = (kernel_size - 1) // 2
    before, after = (half, half) if padding == "same" else window.pads(n)
    room = n + before + after - kernel_size
    up = math.ceil(room / strides) + 1
    if (up - 1) * strides >= n + before:  # no window may begin in the padding after the input
        up -= 1

    def row(size: int, before: int, after: int) -> list[str]:
        stops = ", ".join(str(stop * strides - before) for stop in range(size))
        return [str(size) if size > 0 else "–", f"{before} | {after}", stops if size > 0 else "–"]

    first = {"causal": "Keras, Conv1D only", "full": "full, not in Keras"}.get(padding, "Keras")
    if not isinstance(padding, str):
        first = "Keras, after ZeroPadding2D"  # Conv2D has no such padding
    # PyTorch's padding=(1, 2) would mean 1 above and below, 2 on the left and on the right.
    torch = f"PyTorch, padding={before}" if before == after else "PyTorch, after F.pad"
    return {
        first: row(window.output_size(n), *window.pads(n)),
        torch: row(room // strides + 1, before, after),
        "rounding up (pooling's ceil_mode)": row(up, before, after),
    }


@pytest.mark.parametrize(
    ("n", "kernel_size", "strides", "padding"),
    [
        *((n, 3, 2, padding) for n in (7, 8) for padding in ("valid", "same", "causal", "full", 1)),
        (7, 2, 3, (1, 0)),
        (8, 3, 4, (0, 3)),  # rounded up, the last window would begin in the padding
        (1, 8, 1, "same"),  # too small for what PyTorch pads
        (6, 5, 6, "valid"),
    ],
)
def test_conventions_side_by_side(page, open_explorer, n, kernel_size, strides, padding):
    open_explorer(page, explore.window(n, kernel_size, strides, padding))
    page.get_by_label("compare conventions").check()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    cells = [row.locator("th, td").all_inner_texts() for row in rows.all()]
    assert {name: rest for name, *rest in cells} == conventions(n, kernel_size, strides, padding)
    page.get_by_label("compare conventions").uncheck()
    expect(page.get_by_role("table")).to_have_count(0)


# By hand


def picture(page: Page, name: str) -> Locator:
    return page.get_by_role("application", name=re.compile(f"^{name}"))


def shown(page: Page, text: str) -> Locator:
    """Where ``text`` is on the page: not in the copy that is read aloud a little later."""
    return page.get_by_text(text).and_(page.locator(":not([role=status])"))


def expect_unit(page: Page, row: int, column: int) -> None:
    """Both pictures say, and the output shows, which unit is chosen."""
    expect(picture(page, "Input")).to_have_accessible_name(
        re.compile(f"row {row}, column {column} of")
    )
    expect(picture(page, "Output")).to_have_accessible_name(
        re.compile(f"Row {row}, column {column} is")
    )


def cell(page: Page, name: str, row: float, column: float, size: int) -> tuple[float, float]:
    """Where on the page the middle of a cell is, of a picture of ``size`` × ``size`` cells."""
    box = picture(page, name).locator("svg").bounding_box()
    return (
        box["x"] + (column + 0.5) * box["width"] / size,
        box["y"] + (row + 0.5) * box["height"] / size,
    )


def test_window_follows_the_mouse(page: Page, open_explorer):
    open_explorer(page, explore.window(n=8, kernel_size=3, strides=2, padding=1))
    page.mouse.move(*cell(page, "Input", 1, 1, size=10))
    page.mouse.down()
    for row, column, unit in [(3, 1, (1, 0)), (3, 5, (1, 2)), (9, 9, (3, 3)), (3, 9, (1, 3))]:
        page.mouse.move(*cell(page, "Input", row, column, size=10), steps=4)
        expect_unit(page, *unit)
    page.mouse.move(5, 5)  # far outside, with the button down
    expect_unit(page, 0, 0)
    page.mouse.up()
    page.mouse.move(*cell(page, "Input", 9, 9, size=10))  # no button: no drag
    expect_unit(page, 0, 0)


def test_pointing_at_an_output_shows_its_window(page: Page, open_explorer):
    open_explorer(page, explore.window(n=8, kernel_size=3))
    for row, column in [(0, 5), (3, 2), (5, 5), (0, 0)]:
        page.mouse.move(*cell(page, "Output", row, column, size=6))
        expect_unit(page, row, column)


@pytest.mark.parametrize("name", ["Input", "Output"])
def test_keys_move_the_window(page: Page, open_explorer, name: str):
    open_explorer(page, explore.window(n=8, kernel_size=3, at=(2, 2)))  # 6 × 6 outputs
    keys = ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "Home", "ArrowLeft", "End"]
    units = [(2, 3), (3, 3), (3, 2), (2, 2), (2, 0), (2, 0), (2, 5)]
    picture(page, name).focus()
    for key, unit in zip(keys, units, strict=True):
        page.keyboard.press(key)
        expect_unit(page, *unit)
        expect(picture(page, name)).to_be_focused()


def test_step_goes_in_reading_order_and_round_again(page: Page, open_explorer):
    open_explorer(page, explore.window(n=5, kernel_size=3, strides=2))  # 2 × 2 outputs
    for unit in [(0, 1), (1, 0), (1, 1), (0, 0)]:
        page.get_by_role("button", name="Step").click()
        expect_unit(page, *unit)
    page.get_by_role("button", name="Back").click()
    expect_unit(page, 1, 1)


@pytest.mark.parametrize(("motion", "seconds"), [("no-preference", 0.5), ("reduce", 1.2)])
def test_play_steps_until_paused(page: Page, open_explorer, motion: str, seconds: float):
    page.emulate_media(reduced_motion=motion)
    stop_clock(page)
    open_explorer(page, explore.window(n=8))
    page.get_by_role("button", name="Play").click()
    for column in (1, 2):
        page.clock.run_for(round(seconds * 1000))  # milliseconds
        page.clock.run_for(100)  # and a frame
        expect_unit(page, 0, column)
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(5000)
    expect_unit(page, 0, 2)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_window_glides(page: Page, open_explorer):
    open_explorer(page, explore.window())
    duration = "getComputedStyle(document.querySelector('.course-glide')).transitionDuration"
    assert page.evaluate(duration) != "0s"


@pytest.mark.parametrize("padding", ["valid", "same", "causal", "full", "2"])
def test_sliders_at_their_ends(page: Page, open_explorer, padding: str):
    """From end to end, in an order that meets all 16 corners, each as geometry has it."""
    open_explorer(page, explore.window())
    page.get_by_label("padding", exact=True).select_option(padding)
    padding = int(padding) if padding.isdigit() else padding
    settings = {"n": 7, "kernel_size": 3, "strides": 1, "dilation_rate": 1}
    for corner in range(1, 17):
        name = list(SLIDERS)[(corner & -corner).bit_length() - 1 if corner < 16 else 3]
        slider = page.get_by_role("slider", name=SLIDERS[name], exact=True)
        value = int(slider.input_value())
        slider.press("Home" if value == int(slider.get_attribute("max")) else "End")
        settings[name] = int(slider.input_value())
        assert settings[name] != value
        try:
            n, window = (
                settings["n"],
                Window(**{k: v for k, v in settings.items() if k != "n"}, padding=padding),
            )
            text = f"+ 1 = {window.output_size(n)}."
        except SettingError as error:
            text = str(error)
        expect(shown(page, text)).to_be_visible()
        expect(page.locator("figure").first).to_be_visible()


def test_impossible_setting_says_why_and_is_mended(page: Page, open_explorer):
    open_explorer(page, explore.window(n=5))
    page.get_by_role("slider", name="k, kernel_size").press("End")
    with pytest.raises(SettingError) as raised:
        Window(kernel_size=9).output_size(5)
    expect(shown(page, str(raised.value))).to_be_visible()
    expect(page.locator(".course-aloud")).to_have_text(str(raised.value))
    expect(picture(page, "Output")).to_be_hidden()
    picture(page, "Input").press("ArrowRight")  # nothing to move, and nothing breaks
    page.mouse.click(*cell(page, "Input", 0, 0, size=5))
    page.get_by_role("button", name=f"Use kernel_size = {raised.value.nearest}").click()
    expect(shown(page, "⌊(5 + 0 + 0 − 5) / 1⌋ + 1 = 1.")).to_be_visible()
    expect(picture(page, "Input")).to_be_focused()  # the button is gone
    expect(page.locator(".course-impossible")).to_be_hidden()


def test_the_window_comes_back_as_it_was_before_an_impossible_setting(page, open_explorer):
    open_explorer(page, explore.window(strides=2))
    window = picture(page, "Input").locator(".course-window")
    before = window.get_attribute("d")
    page.get_by_role("slider", name="d, dilation_rate").press("ArrowRight")
    expect(page.locator(".course-impossible")).to_be_visible()
    expect(window).to_have_class("course-window course-unfit")
    page.get_by_role("button", name="Use dilation_rate = 1").click()
    expect(window).to_have_class("course-window")
    assert window.get_attribute("d") == before


def test_a_window_that_does_not_fit_is_shown_hanging_over(page: Page, open_explorer):
    open_explorer(page, explore.window(n=5, kernel_size=7, padding=(1, 0)))
    x, window, image, image_width, width = picture(page, "Input").evaluate(
        """picture => {
             const [image, window] = [".course-input", ".course-unfit"].map((each) =>
               picture.querySelector(each).getBBox());
             const glide = getComputedStyle(picture.querySelector(".course-glide")).transform;
             const { width } = picture.querySelector("svg").viewBox.baseVal;
             return [new DOMMatrix(glide).e, window.width, image.x, image.width, width];
           }"""
    )
    assert window == pytest.approx(7 * image_width / 5)
    assert x == image - image_width / 5  # it begins in the padding
    assert x + window < width  # all of it is on show


def test_values_fix_the_size_of_the_image_and_weights_that_of_the_window(page, open_explorer):
    open_explorer(page, explore.window(values=np.ones((5, 5)), kernel=np.ones((2, 2))))
    expect(page.get_by_label("n, input size")).to_be_disabled()
    expect(page.get_by_label("k, kernel_size")).to_be_disabled()
    expect(page.get_by_label("s, strides")).to_be_enabled()


def test_usage_is_shown_on_demand(page: Page, open_explorer):
    open_explorer(page, explore.window(n=6, kernel_size=2, strides=3))
    numbers = picture(page, "Input").locator("text")
    expect(numbers).to_have_count(0)
    page.get_by_label("how often each is read").check()
    usage = Window(kernel_size=2, strides=3).usage(6)
    expect(numbers).to_have_text([str(times) for times in np.outer(usage, usage).flat])
    page.get_by_label("how often each is read").uncheck()
    expect(numbers).to_have_count(0)


def test_a_lopsided_padding_from_python_is_in_the_list_while_it_lasts(page: Page, open_explorer):
    open_explorer(page, explore.window(padding=(0, 1)))
    chosen = page.get_by_label("padding", exact=True)
    expect(chosen.locator(":checked")).to_have_text("0 before, 1 after")
    chosen.select_option("same")
    expect(chosen.locator(":checked")).to_have_text("same")
    expect(chosen.locator("option", has_text="before")).to_have_count(0)


def test_what_changed_is_read_out_once_it_has_settled(page: Page, open_explorer):
    stop_clock(page)
    open_explorer(page, explore.window(n=6))
    status = page.locator(".course-aloud")
    assert status.get_attribute("aria-live") == "polite"
    page.evaluate(
        """status => {
             window.said = [];
             new MutationObserver(() => window.said.push(status.textContent))
               .observe(status, { childList: true, characterData: true, subtree: true });
           }""",
        status.element_handle(),
    )
    for _ in range(3):
        picture(page, "Input").press("ArrowRight")
        page.clock.run_for(100)  # milliseconds
    page.clock.run_for(400)
    assert page.evaluate("window.said") == ["Row 0, column 3."]  # nothing that is as it was
    page.get_by_label("n, input size").press("ArrowRight")
    page.clock.run_for(500)
    expect(status).to_have_text("Output 5 by 5.")
    page.get_by_label("s, strides").press("End")
    page.clock.run_for(500)
    expect(status).to_have_text(
        "Output 1 by 1. Row 0, column 0. Never read: row and column 3, 4, 5, 6."
    )
    page.get_by_label("k, kernel_size").press("End")
    page.clock.run_for(500)
    expect(status).to_contain_text("kernel_size=9 is impossible")


def test_a_page_that_opens_and_a_window_that_plays_keep_quiet(page: Page, open_explorer):
    stop_clock(page)
    open_explorer(page, explore.window(n=8))
    page.clock.run_for(2000)  # milliseconds
    expect(page.locator(".course-aloud")).to_be_empty()
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(3 * 500 + 450)
    expect_unit(page, 0, 3)
    expect(page.locator(".course-aloud")).to_be_empty()
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(2000)
    expect(page.locator(".course-aloud")).to_have_text("Row 0, column 3.")


# Beside others


def test_padding_is_hatched_also_when_another_explorer_is_folded_away(page: Page, open_explorer):
    open_explorer(page, explore.window(), explore.window(padding=2, at=(8, 8)))
    page.evaluate("document.querySelector('.course-explorer').style.display = 'none'")
    ring = Image.open(io.BytesIO(page.locator("figure svg").nth(2).screenshot())).convert("L")
    assert np.ptp(np.asarray(ring)[8:34, 8:34]) > 50  # inside the first cell


# How it looks

NUMBERS = {"values": np.arange(49).reshape(7, 7) - 24, "kernel": np.eye(3) - 0.25, "padding": 1}


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_numbers_do_not_overflow_the_page(page: Page, open_explorer, width: int):
    open_explorer(page, explore.window(**NUMBERS), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = (
        "[...document.querySelectorAll('.course-explorer *:not(.course-aloud)')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth)"
        ".filter(e => !e.closest('.course-wide')).length"
    )
    assert page.evaluate(wide) == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_numbers(page, open_explorer, violations, dark: bool):
    open_explorer(page, explore.window(**NUMBERS), dark=dark, width=360)
    assert violations(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("settings", [{"usage": True}, NUMBERS], ids=["usage", "numbers"])
def test_numbers_in_a_picture_can_be_read(page: Page, open_explorer, settings: dict, dark: bool):
    """axe-core leaves text on a drawing to us: measured on the pixels around every number."""
    open_explorer(page, explore.window(**settings), dark=dark)
    texts = page.evaluate(
        """[...document.querySelectorAll("svg text")].map((text) => {
             const { x, y, width, height } = text.getBoundingClientRect();
             return [x, y, x + width, y + height, getComputedStyle(text).fill];
           })"""
    )
    page.add_style_tag(content="svg text { visibility: hidden }")
    screen = np.asarray(Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB"))
    assert len(texts) >= 49
    for left, top, right, bottom, fill in texts:
        behind = np.median(screen[int(top) : int(bottom) + 1, int(left) : int(right) + 1], (0, 1))
        *ink, alpha = [*map(float, re.findall(r"[\d.]+", fill)), 1.0][:4]
        drawn = np.array(ink) * alpha + behind * (1 - alpha)
        assert contrast(drawn, behind) >= 4.5


# In Python


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"kernel_size": 0}, "Try kernel_size=1"),
        ({"kernel_size": (3, 3)}, "Try kernel_size=3"),
        ({"strides": 1.5}, "Try strides=2"),
        ({"padding": "sme"}, "Try padding='same'"),
        ({"padding": (1, 2, 3)}, "Try padding=(1, 2)"),
        ({"n": -3}, "Try n=1"),
        ({"n": 1000}, str(LONGEST)),
        ({"kernel_size": 90, "padding": "full"}, str(LONGEST)),
        ({"dilation_rate": True}, "whole number"),
        ({"at": (1, -1)}, "(row, column)"),
        ({"at": 3}, "(row, column)"),
        ({"values": np.zeros((3, 3, 3))}, "(3, 3, 3)"),
        ({"values": [[1, 2], [3]]}, "square of finite numbers"),
        ({"values": [[np.nan]]}, "finite"),
        ({"values": "image"}, "square of finite numbers"),
        ({"kernel": 3}, "square of finite numbers"),
        ({"kernel": np.ones((2, 3))}, "(2, 3)"),
        ({"fixed": ["stride"]}, "strides"),
    ],
    ids=str,
)
def test_what_no_window_can_be_is_refused_with_a_hint(settings: dict, hint: str):
    with pytest.raises(traitlets.TraitError) as raised:
        explore.window(**settings)
    assert hint in str(raised.value)
    assert next(iter(settings)) in str(raised.value)


def test_a_misspelt_setting_is_refused():
    with pytest.raises(TypeError, match="stride"):
        explore.window(stride=2)


def test_a_bad_setting_leaves_the_explorer_as_it_was():
    widget = explore.window(values=np.ones((4, 4)))
    before = widget.state()
    for name, value in [("strides", 0), ("padding", "sme"), ("n", 9), ("at", (1,)), ("n", 10**6)]:
        with pytest.raises(traitlets.TraitError, match=name):
            setattr(widget, name, value)
    assert widget.state() == before


def test_a_new_image_or_kernel_brings_its_size():
    widget = explore.window(n=7)
    widget.values, widget.kernel = np.ones((5, 5)), np.ones((2, 2))
    assert (widget.n, widget.kernel_size) == (5, 2)
    widget.values = widget.kernel = None
    widget.n, widget.kernel_size = 9, 4
    assert (widget.n, widget.kernel_size) == (9, 4)


def test_state_is_plain_data():
    widget = explore.window(
        values=np.ones((3, 3), np.uint8), kernel=np.eye(2), padding=np.int64(1), at=(np.int64(1), 0)
    )
    state = json.loads(json.dumps(widget.state()))
    assert state == widget.state()
    assert (state["padding"], state["at"], state["n"]) == ([1, 1], [1, 0], 3)


def test_static_picture_says_what_it_shows():
    assert explore.window(n=28, strides=2).picture().alt == repr(explore.window(n=28, strides=2))
    alt = explore.window(n=5, kernel_size=9).picture().alt
    with pytest.raises(SettingError) as raised:
        Window(kernel_size=9).output_size(5)
    assert alt.startswith(f"{raised.value} The picture shows kernel_size={raised.value.nearest}. ")
    assert figures.window(Window(kernel_size=5), 5, at=(0, 0)).alt in alt


def test_static_picture_mends_one_setting_after_the_other():
    alt = explore.window(5, 9, 2, dilation_rate=2).picture().alt
    assert "The picture shows dilation_rate=1. kernel_size=9 is impossible" in alt
    assert alt.endswith(figures.window(Window(5, 2), 5).alt)


def test_html_shows_the_picture_where_scripts_do_not_run(chromium):
    widget = explore.window(padding="same")
    context = chromium.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.set_content(widget._repr_mimebundle_()[0]["text/html"])
    image = page.get_by_role("img")
    assert image.get_attribute("alt") == repr(widget)
    assert image.bounding_box()["width"] > 100  # CSS pixels: the picture, not its text
    context.close()

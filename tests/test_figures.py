"""Pictures are right when what they draw, read back from the artists, is what it stands for."""

import base64
import functools
import html
import io
import itertools
import re
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.lines import Line2D
from matplotlib.text import Text
from PIL import Image

from course import figures
from course.figures import kit, style
from course.geometry import SettingError, Window

drawn = settings(max_examples=12, deadline=None)


@st.composite
def windows(draw, longest=14, taps=5):
    """A window and an input size on which it fits."""
    kernel_size, dilation = draw(st.integers(1, taps)), draw(st.integers(1, 3))
    pads = st.tuples(st.integers(0, 3), st.integers(0, 3))
    padding = draw(st.sampled_from(["valid", "same", "causal", "full"]) | pads)
    strides = 1 if dilation > 1 and isinstance(padding, str) else draw(st.integers(1, 4))
    window = Window(kernel_size, strides, padding, dilation)
    least = window.span if padding == "valid" else 1
    if isinstance(padding, tuple):
        least = max(1, window.span - sum(padding))
    return window, draw(st.integers(least, least + longest))


def artists(picture, kind, gid=None):
    """What stands on the page itself, of one kind of artist."""
    found = [artist for artist in picture.figure.artists if isinstance(artist, kind)]
    return [artist for artist in found if gid in (None, artist.get_gid())]


def collections(picture, gid):
    return artists(picture, PolyCollection, gid)


def boxes(picture, gid):
    """Array (cell, 4) of left, top, width and height of all cells with that gid."""
    paths = [path for cells in collections(picture, gid) for path in cells.get_paths()]
    bounds = [path.get_extents().bounds for path in paths]
    return np.array(bounds).reshape(-1, 4)


def texts(picture, gid):
    return [t.get_text() for t in artists(picture, Text, gid)]


def number(text):
    return float(text.replace("−", "-").replace(",", ""))


def stated(alt, before):
    """The numbers that the alternative text lists after the words ``before``."""
    found = re.search(rf"{re.escape(before)}:? ([^:;]*?)(\. |\.$|;)", alt)
    return [] if found[1] == "none" else [number(part) for part in found[1].split(", ")]


def pixels_of(picture, gid):
    """Index of the input pixel above each cell of a picture of one axis."""
    left, _, cell, _ = boxes(picture, "input")[0]
    return np.round((boxes(picture, gid)[:, 0] - left) / cell, 6).tolist()


@drawn
@given(windows())
def test_axis_draws_the_geometry(case):
    window, n = case
    picture = figures.axis(window, n)
    before, after = window.pads(n)
    assert pixels_of(picture, "input") == list(range(n))
    assert pixels_of(picture, "padding") == [*range(-before, 0), *range(n, n + after)]
    taps = range(0, window.span, window.dilation_rate)
    reads = [[first + tap for tap in taps] for first in window.positions(n)]
    assert pixels_of(picture, "window") == [pixel for pixels in reads for pixel in pixels]
    # Every output stands under the middle of its window.
    assert pixels_of(picture, "output") == [(pixels[0] + pixels[-1]) / 2 for pixels in reads]

    counts = dict(zip(pixels_of(picture, "usage"), texts(picture, "usage"), strict=True))
    counts |= dict.fromkeys(pixels_of(picture, "never read"), "0")
    assert [int(counts[pixel]) for pixel in range(n)] == window.usage(n)
    assert texts(picture, "never read") == ["0"] * len(window.unread(n))
    assert pixels_of(picture, "never read") == window.unread(n)


@drawn
@given(windows(longest=40))
def test_axis_puts_windows_that_touch_on_different_steps(case):
    window, n = case
    picture = figures.axis(window, n)
    stops = [c.get_paths() for c in collections(picture, "window")]
    places = [
        (paths[0].get_extents().y0, paths[0].get_extents().x0, paths[-1].get_extents().x1)
        for paths in stops
    ]
    steps = {}
    for step, start, end in places:
        assert start > steps.get(step, -1)
        steps[step] = end
    assert len(steps) <= 14 or len(steps) <= window.span


@drawn
@given(windows())
def test_axis_says_what_it_draws(case):
    window, n = case
    alt = figures.axis(window, n).alt
    before, after = window.pads(n)
    assert f"Padding: {before} before and {after} after the input." in alt
    assert stated(alt, "First pixel of each window") == list(window.positions(n))
    assert stated(alt, "Times each input pixel is read") == window.usage(n)
    assert stated(alt, "Never read") == window.unread(n)
    formula = re.search(r"o = ⌊(.+)⌋ \+ 1 = (\d+)", alt)
    numbers = [int(part) for part in re.findall(r"\d+", formula[1])]
    assert numbers == [n, before, after, window.span, window.strides]
    assert int(formula[2]) == window.output_size(n)
    assert f"k = {window.kernel_size}, s = {window.strides}" in alt
    assert (f"d = {window.dilation_rate}" in alt) == (window.dilation_rate > 1)


@drawn
@given(windows(longest=3, taps=3), st.data())
def test_axis_computes_outputs_as_numpy_does(case, data):
    window, n = case
    values = data.draw(st.lists(st.integers(-2, 2), min_size=n, max_size=n))
    size, weights = window.kernel_size, st.integers(-1, 1)  # there is room for every output
    kernel = data.draw(st.lists(weights, min_size=size, max_size=size))
    picture = figures.axis(window, n, values, kernel)

    dilated = np.zeros(window.span)
    dilated[:: window.dilation_rate] = kernel
    padded = np.pad(values, window.pads(n))
    expected = np.correlate(padded, dilated, "valid")[:: window.strides].tolist()
    assert [number(text) for text in texts(picture, "output")] == expected
    assert [number(text) for text in texts(picture, "input")] == values
    assert [number(text) for text in texts(picture, "window")] == kernel * len(expected)
    assert stated(picture.alt, "Output values") == expected
    assert stated(picture.alt, "Input values") == values
    assert stated(picture.alt, "Kernel values") == kernel


@drawn
@given(windows(), st.sampled_from(["input", "output", "usage"]), st.data())
def test_axis_puts_a_row_beside_one_of_its_own(case, below, data):
    window, n = case
    places = st.integers(-12, 2 * n + 12).map(lambda place: place / 2)
    cells = data.draw(
        st.dictionaries(places, st.tuples(st.sampled_from("ab"), st.booleans()), min_size=1)
    )
    plain, picture = (
        figures.axis(window, n),
        figures.axis(window, n, beside=figures.Row(below, "yours", "a note", cells)),
    )
    shown = pixels_of(picture, "beside")
    before, after = window.pads(n)
    near = {place for place in cells if -before - 3 <= place <= n + after + 2}
    assert near <= set(shown) <= set(cells)
    assert bool(texts(picture, "more")) == (len(shown) < len(cells))
    marks = {place for place in shown if cells[place][1]}
    cell = boxes(picture, "input")[0, 2]
    assert len(texts(picture, "wrong")) == (len(marks) if cell >= 9 else 0)
    [right, wrong] = collections(picture, "beside")
    assert len(right.get_paths()) == len(shown) - len(marks)
    assert len(wrong.get_paths()) == len(marks)
    if cell >= 13:
        assert sorted(texts(picture, "beside")) == sorted(cells[place][0] for place in shown)
    for gid in ("input", "padding", "window", "output", "usage", "never read"):
        assert pixels_of(picture, gid) == pixels_of(plain, gid)
    # It stands below its own row, and above the next.
    rows = {gid: boxes(picture, gid)[0, 1] for gid in ("input", "window", "output")}
    rows["usage"] = np.vstack([boxes(picture, "usage"), boxes(picture, "never read")])[0, 1]
    rows["page"] = picture.figure.bbox.height / kit.DENSITY
    following = {"input": "window", "output": "usage", "usage": "page"}[below]
    assert all(rows[below] < top < rows[following] for top in boxes(picture, "beside")[:, 1])


@pytest.mark.parametrize("n", [7, 28, 110])
@pytest.mark.parametrize("padding", ["valid", "same", "full"])
def test_axis_can_be_read_where_there_is_little_room(n, padding):
    """Beside the side bar a wider picture would shrink."""
    window = Window(4, 2, padding)
    cells = {pixel: (str(pixel), pixel % 2 == 0) for pixel in range(-9, n + 9)}
    for row in (None, figures.Row("usage", "yours", "", cells)):
        picture = figures.axis(window, n, beside=row)
        assert picture.figure.get_figwidth() * 72 <= kit.WIDTH
        assert min(text.get_size() for text in artists(picture, Text)) >= kit.SMALLEST


def test_axis_of_a_long_input_drops_numbers_not_pixels():
    picture = figures.axis(Window(12), 100)
    assert pixels_of(picture, "usage") == list(range(100))
    assert texts(picture, "usage") == []  # 10, 11 and 12 find no room
    assert "pale 1, dark 12" in texts(picture, None)
    assert [int(text) for text in texts(picture, "index")[:3]] == [0, 5, 10]
    assert "(100 numbers)" in picture.alt
    assert len(picture.alt) < 600
    assert_texts_apart(picture)


def test_a_zero_does_not_hide_how_a_narrow_pixel_is_marked():
    for narrow, wide, gid, count in (
        (figures.axis(Window(1, 50), 120), figures.axis(Window(1, 5), 9), "never read", 7),
        (figures.axis(Window(30, 1, 15), 40), figures.axis(Window(3, 1, 1), 9), "padding", 2),
    ):
        assert boxes(narrow, gid).size > 0 == len(texts(narrow, gid))
        assert texts(wide, gid) == ["0"] * count


@drawn
@given(windows(longest=5), windows(longest=5), st.data())
def test_window_draws_the_geometry_of_both_axes(rows, columns, data):
    axes = (rows, columns)
    outputs = [window.output_size(n) for window, n in axes]
    at = tuple(data.draw(st.integers(0, o - 1)) for o in outputs)
    picture = figures.window((rows[0], columns[0]), (rows[1], columns[1]), at)
    inputs = boxes(picture, "input")
    left, top, cell, _ = inputs[0]

    def where(cells, x=left, y=top):
        """(row, column) of the cells on a grid whose corner is (x, y)."""
        return np.round((cells[:, 1::-1] - (y, x)) / cell, 6)

    sizes = rows[1], columns[1]
    assert where(inputs).tolist() == [list(index) for index in np.ndindex(sizes)]
    ring = {tuple(index) for index in where(boxes(picture, "padding"))}
    (above, below), (before, after) = (window.pads(n) for window, n in axes)
    spread = np.ndindex(above + sizes[0] + below, before + sizes[1] + after)
    whole = {(i - above, j - before) for i, j in spread}
    assert ring == whole - set(np.ndindex(sizes))

    usage = np.outer(*(window.usage(n) for window, n in axes))
    read, never = boxes(picture, "usage"), boxes(picture, "never read")
    corner = np.vstack([read, never])[:, :2].min(axis=0)
    if cell >= 17:  # below, a key for the numbers stands beside the map
        shown = dict.fromkeys(map(tuple, where(never, *corner)), 0)
        counts = map(int, texts(picture, "usage"))
        shown |= dict(zip(map(tuple, where(read, *corner)), counts, strict=True))
        assert shown == dict(np.ndenumerate(usage))

    reads = [
        window.positions(n)[unit] + np.arange(0, window.span, window.dilation_rate)
        for (window, n), unit in zip(axes, at, strict=True)
    ]
    outline = boxes(picture, "window")
    if rows[0].dilation_rate == columns[0].dilation_rate == 1:
        assert where(outline).tolist() == [[reads[0][0], reads[1][0]]]
        assert outline[0, 2:] / cell == pytest.approx([reads[1].size, reads[0].size])
    else:
        assert where(outline).tolist() == [[i, j] for i in reads[0] for j in reads[1]]

    grid, unit = boxes(picture, "output"), boxes(picture, "output unit")
    assert where(grid, *grid[0, :2]).tolist() == [list(index) for index in np.ndindex(*outputs)]
    assert where(unit, *grid[0, :2]).tolist() == [list(at)]

    alt = picture.alt
    assert f"Padding: {above} above, {below} below, {before} left, {after} right." in alt
    assert stated(alt, "Times each row is read") == rows[0].usage(sizes[0])
    assert stated(alt, "Times each column is read") == columns[0].usage(sizes[1])
    assert (
        f"from {usage.min()} to {usage.max()}; {np.sum(usage == 0)} of {usage.size} pixels" in alt
    )
    for pixels in reads:
        assert re.sub(r"[\[\]]", "", str(pixels.tolist())).replace("-", "−") in alt


@pytest.mark.parametrize("strides", [1, 2, 3])
def test_window_of_28_by_28_has_a_key_instead_of_numbers(strides):
    window = Window(3, strides)
    picture = figures.window(window, 28)
    times = np.unique(np.outer(window.usage(28), window.usage(28)))
    key = [*texts(picture, "never read"), *texts(picture, "usage")]
    assert [int(text) for text in key] == times.tolist()
    assert len(picture.alt) < 700


def test_one_window_and_one_size_stand_for_both_axes():
    window = Window(3, 2, "same")
    pair = figures.window((window, window), (8, 8), (1, 2))
    assert figures.window(window, 8, (1, 2)).png() == pair.png()
    assert figures.window([window, window], [8, 8], np.array([1, 2])).alt == pair.alt


@pytest.mark.parametrize("draw", [figures.axis, figures.window])
def test_padding_and_unread_pixels_are_hatched_not_only_coloured(draw):
    picture = draw(Window(1, 3, 1), 7)  # reads the padding and leaves holes
    assert all(cells.get_hatch() for cells in collections(picture, "padding"))
    assert all(cells.get_hatch() for cells in collections(picture, "never read"))
    crosses = [line for line in artists(picture, Line2D) if line.get_color() == style.UNREAD]
    assert len(crosses) == 2 * len(boxes(picture, "never read")) > 0
    assert not any(cells.get_hatch() for cells in collections(picture, "usage"))


def maps_in(picture):
    return [image for axes in picture.figure.axes for image in axes.images]


def places(picture):
    """Left, top, right and bottom of each map, in CSS pixels, as it is drawn."""
    picture.figure.draw_without_rendering()
    height = picture.figure.bbox.height
    spots = [image.get_window_extent().extents for image in maps_in(picture)]
    return np.array([(x0, height - y1, x1, height - y0) for x0, y0, x1, y1 in spots]) / kit.DENSITY


def scales(picture):
    """The labels of every bar of colours, from left to right."""
    bars = [axes for axes in picture.figure.axes if not axes.images]
    return [axes.get_xticklabels() for axes in bars]


def ends(picture):
    return [[number(label.get_text()) for label in labels] for labels in scales(picture)]


def test_maps_draw_the_arrays_and_their_numbers():
    rng = np.random.default_rng(0)
    arrays = {"coarse": rng.integers(-9, 9, (3, 4)), "fine": rng.normal(size=(9, 2))}
    picture = figures.maps(arrays, values=True)
    shown, spots = maps_in(picture), places(picture)
    for image, array, (left, top, right, bottom) in zip(shown, arrays.values(), spots, strict=True):
        np.testing.assert_array_equal(image.get_array(), array)
        assert image.get_clim() == (array.min(), array.max())
        assert np.array([bottom - top, right - left]) / 50 == pytest.approx(array.shape)
    written = artists(picture, Text, "value")
    for (left, top, _, _), array in zip(spots, arrays.values(), strict=True):
        for index, value in np.ndenumerate(array):
            text = written.pop(0)
            assert number(text.get_text()) == pytest.approx(value, abs=0.0005)
            assert np.subtract(text.get_position(), (left, top)) // 50 == pytest.approx(index[::-1])
    for title, array in arrays.items():
        part = picture.alt.split(f"{title}, {array.shape[0]} × {array.shape[1]}, values from ")[1]
        low, high, first = re.match(r"(\S+) to (\S+): ([^,]+),", part).groups()
        expected = [array.min(), array.max(), array[0, 0]]
        assert [number(low), number(high), number(first)] == pytest.approx(expected, abs=0.0005)


def test_maps_with_a_shared_scale_have_one_range_and_one_bar():
    arrays = [np.array([[0.0, 1.0]]), np.array([[5.0, 7.0]])]
    shared = figures.maps(arrays, scale="shared")
    assert [image.get_clim() for image in maps_in(shared)] == [(0, 7), (0, 7)]
    assert ends(shared) == [[0, 7]]
    assert ends(figures.maps(arrays)) == [[0, 1], [5, 7]]


def test_a_bar_has_room_for_its_numbers_whatever_they_are():
    kernel = np.array([[-1234.567, 0, 1234.567]])
    picture = figures.maps({"image": np.eye(28), "kernel": kernel, "the same": kernel})
    assert ends(picture) == [[0, 1], *[[-1234.567, 1234.567]] * 2]
    assert_texts_apart(picture)
    assert_texts_apart(figures.maps([kernel[:, ::2]], scale="shared"))


def test_maps_of_a_generator_are_those_of_a_list():
    arrays = [np.eye(3), np.ones((2, 2))]
    assert figures.maps(each for each in arrays).alt == figures.maps(arrays).alt


@pytest.mark.parametrize("count", [1, 4, 5, 13])
def test_maps_wrap_and_never_overlap(count):
    picture = figures.maps([np.eye(28)] * count, titles=["a rather long title of a map"] * count)
    spots = places(picture)
    assert len({(left, top) for left, top, _, _ in spots}) == count == len(scales(picture))
    width, height = picture.figure.get_size_inches() * 72
    assert width <= kit.WIDTH
    assert spots[:, 2].max() <= width
    assert spots[:, 3].max() <= height
    assert_texts_apart(picture)


def test_maps_of_different_sizes_leave_no_gaps():
    """A row is as high as what stands in it, and what finds room in it stands in it."""
    small, large = np.zeros((3, 3)), np.ones((8, 8))
    spots = places(figures.maps([small, large, small, small], values=True, scale="shared"))
    assert (spots[1, 1] - spots[0, 3]) < 80
    assert (spots[2, 1] - spots[1, 3]) < 80
    assert spots[3, 1] == spots[2, 1]


def colours(picture):
    """The colours of the pixels of each map, as they are drawn, row by row."""
    image = np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGB"))
    drawn = []
    for (left, top, right, bottom), each in zip(places(picture), maps_in(picture), strict=True):
        rows, columns = each.get_array().shape
        ys = top + (np.arange(rows) + 0.2) * (bottom - top) / rows  # beside the numbers
        xs = left + (np.arange(columns) + 0.2) * (right - left) / columns
        ys, xs = ((kit.DENSITY * side).astype(int) for side in (ys, xs))
        drawn.append(image[np.ix_(ys, xs)].tolist())
    return drawn


@pytest.mark.parametrize("scale", ["each", "shared"])
@pytest.mark.parametrize("values", [True, False])
def test_black_is_black_and_white_is_white(scale, values):
    """An image's zeros and ones, or 0 and 255, whatever else is in it."""
    white, black = ([[[each] * 3] * 2] * 2 for each in (255, 0))
    for one in (1, 1.0, True, np.uint8(255)):
        kind = np.asarray(one).dtype
        images = [np.full((2, 2), one, kind), np.zeros((2, 2), kind)]
        assert colours(figures.maps(images, values=values, scale=scale)) == [white, black]
    half = np.array([[0.5, 0.4], [0.3, 0.5]])
    [[first, *_], _] = colours(figures.maps([half], scale=scale))[0]
    assert first == pytest.approx([128] * 3, abs=2)


def test_a_pair_says_what_is_black_and_what_is_white():
    [drawn] = colours(figures.maps([np.array([[-3, 5]])], scale=(-3, 5), values=True))
    assert drawn == [[[0] * 3, [255] * 3]]


def test_images_are_grey_and_feature_maps_are_not():
    digit = np.arange(4, dtype=np.uint8).reshape(2, 2)
    pair = [digit, digit / 2]
    assert [image.get_cmap().name for image in maps_in(figures.maps(pair))] == ["gray", "viridis"]
    both = maps_in(figures.maps(pair, scale="shared"))
    assert len({image.get_cmap().name for image in both}) == 1


@dataclass
class Row:
    name: str
    kind: str
    params: int
    macs: int | None
    output_shape: tuple = (None, 1, 1, 1)
    activations: int | None = None
    field: object = None


class Ledger(list):
    total_params = property(lambda self: sum(row.params for row in self))
    total_macs = property(lambda self: sum(row.macs or 0 for row in self))


@pytest.fixture
def ledgers():
    wide = Ledger(
        [
            Row("conv1", "Conv2D", 320, 190_000),
            Row("conv2", "Conv2D", 9_248, 5_300_000),
            Row("flatten", "Flatten", 0, 0),
            Row("dense", "Dense", 1_980_000, 1_979_000),
        ]
    )
    slim = Ledger([Row("conv1", "Conv2D", 320, 56_000), Row("mystery", "Custom", 70, None)])
    return {"wide": wide, "slim": slim, "nothing": Ledger([Row("flatten", "Flatten", 0, 0)])}


@pytest.mark.parametrize("quantity", ["params", "macs"])
def test_summary_bars_are_as_long_as_the_numbers(ledgers, quantity):
    picture = figures.summary(ledgers)
    lengths, amounts = [], []
    for name, ledger in ledgers.items():
        bars = boxes(picture, f"{quantity} {name}")
        expected = [getattr(row, quantity) for row in ledger if getattr(row, quantity)]
        assert len(bars) == len(expected)
        np.testing.assert_allclose(bars[1:, 0], bars[:-1, 0] + bars[:-1, 2])  # end to end
        lengths += bars[:, 2].tolist()
        amounts += expected
    np.testing.assert_allclose(np.divide(lengths, amounts), lengths[0] / amounts[0])


def test_summary_writes_and_says_the_totals_and_shares(ledgers):
    picture = figures.summary(ledgers)
    assert texts(picture, "total params") == [f"{m.total_params:,}" for m in ledgers.values()]
    macs = [f"{model.total_macs:,}" for model in ledgers.values()]
    assert texts(picture, "total macs") == [macs[0], f"≥ {macs[1]}", macs[2]]
    wide = ledgers["wide"]
    for row in wide:
        for amount, total in ((row.params, wide.total_params), (row.macs, wide.total_macs)):
            assert (f"{row.name} {amount:,} = {amount / total:.1%}" in picture.alt) == bool(amount)
            labelled = f"{amount / total:.1%}" in "".join(
                texts(picture, "params wide") + texts(picture, "macs wide")
            )
            assert labelled == (amount / total >= 0.05)


def test_summary_compares_what_it_is_asked_for(ledgers):
    both, params = figures.summary(ledgers), figures.summary(ledgers, quantities=["params"])
    assert both.alt.startswith(params.alt)
    assert "multiply" not in params.alt


def test_summary_sets_time_beside_work(ledgers):
    seconds = {"wide": 0.024, "slim": 0.0061, "nothing": 0.001}
    picture = figures.summary(ledgers, quantities=["macs"], seconds=seconds)
    lengths = [boxes(picture, f"seconds {name}")[0, 2] for name in seconds]
    np.testing.assert_allclose(np.divide(lengths, list(seconds.values())), lengths[0] / 0.024)
    assert texts(picture, "total seconds") == ["24.0", "6.1", "1.0"]
    assert "slim: 6.1 milliseconds." in picture.alt


def test_summary_names_models_by_number_too(ledgers):
    assert figures.summary({2: ledgers["slim"]}).alt.startswith("2: 390 parameters")


def test_summary_tells_layers_apart_by_more_than_colour(ledgers):
    picture = figures.summary(ledgers)
    bars = collections(picture, "params wide")
    assert len({bar.get_hatch() or "" for bar in bars[:2]}) == 2  # two convolutions
    looks = {(bar.get_hatch(), tuple(bar.get_facecolor()[0])) for bar in bars}
    assert len(looks) == len(bars)


def test_the_heat_map_is_darker_where_a_pixel_is_read_more_often():
    picture = figures.window(Window(3), 5)
    [cells] = collections(picture, "usage")
    shades = zip(map(int, texts(picture, "usage")), cells.get_facecolor(), strict=True)
    light = {times: luminance(shade[:3]) for times, shade in shades}
    assert sorted(light) == [1, 2, 3, 4, 6, 9]
    falling = [light[times] for times in sorted(light)]
    assert all(a > b for a, b in itertools.pairwise(falling))


def luminance(color):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast ratio of two colours, as WCAG 2.2 defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def beside(below, count):
    cells = {pixel - 1: (str(pixel), pixel % 2 == 0) for pixel in range(count)}
    return figures.Row(below, "yours", "crossed out: never", cells)


GALLERY = {
    "axis": lambda: figures.axis(Window(3, 2), 6),
    "axis, usage 1 to 7": lambda: figures.axis(Window(7), 13),
    "axis, holes": lambda: figures.axis(Window(2, 3), 8),
    "axis, dilated": lambda: figures.axis(Window(3, dilation_rate=2), 9),
    "axis, one pixel": lambda: figures.axis(Window(1), 1),
    "axis, 28": lambda: figures.axis(Window(5, padding="full"), 28),
    "axis, values": lambda: figures.axis(Window(3, 1, "same"), 6, [1, 2, 3, 4, 5, 6], [1, -1, 0.5]),
    "axis, outputs beside": lambda: figures.axis(Window(3, 2), 28, beside=beside("output", 28)),
    "axis, usage beside": lambda: figures.axis(Window(2, 3), 8, beside=beside("usage", 9)),
    "axis, zeros beside": lambda: figures.axis(Window(3, 2, 2), 6, beside=beside("input", 6)),
    "window": lambda: figures.window(Window(3, 2, "same"), 8),
    "window, usage 1 to 49": lambda: figures.window(Window(7), 13),
    "window, 28": lambda: figures.window(Window(3, 2), 28, at=(12, 12)),
    "window, two": lambda: figures.window((Window(3), Window(2, 3)), (3, 14)),
    "maps": lambda: figures.maps([np.arange(81).reshape(9, 9)], values=True),
    "maps, fractions": lambda: figures.maps([np.eye(5) / 3, np.eye(5) / -9], values=True),
    "summary": lambda: figures.summary({"a <b> & 'c'": Ledger([Row("d", "Dense", 5, 4)])}),
}
# Each is drawn once for all tests.
gallery = pytest.mark.parametrize("draw", [*map(functools.cache, GALLERY.values())], ids=GALLERY)


@gallery
def test_text_stands_out_from_what_is_behind_it(draw):
    """Contrast at least 4.5 : 1, on the cell the text stands in or else on the white page."""
    picture = draw()
    cells = []  # (zorder, left, top, right, bottom, colour), from the bottom of the pile up
    for patches in artists(picture, PolyCollection):
        fills = patches.get_facecolor()
        for index, path in enumerate(patches.get_paths() if len(fills) else ()):
            fill = fills[index % len(fills)]
            cells.append((patches.zorder, *path.get_extents().extents, *fill[:3]))
    for image, (left, top, right, bottom) in zip(maps_in(picture), places(picture), strict=True):
        high, wide = np.divide((bottom - top, right - left), image.get_array().shape)
        for (row, column), value in np.ndenumerate(image.get_array()):
            x, y = left + column * wide, top + row * high
            cells.append((0, x, y, x + wide, y + high, *image.to_rgba(value)[:3]))
    cells = np.array(cells)
    for text in artists(picture, Text):
        x, y = text.get_position()
        zorder, left, top, right, bottom = cells[:, :5].T
        inside = (left < x) & (x < right) & (top < y) & (y < bottom) & (zorder < text.zorder)
        behind = cells[inside][-1, 5:] if inside.any() else "white"
        assert contrast(text.get_color(), behind) >= 4.5, text.get_text()


def assert_texts_apart(picture):
    """Every text lies on the page and no two overlap."""
    picture.figure.draw_without_rendering()
    renderer = FigureCanvasAgg(picture.figure).get_renderer()
    written = [*artists(picture, Text), *itertools.chain(*scales(picture))]
    spots = [Text.get_window_extent(text, renderer) for text in written]
    page = picture.figure.bbox
    for index, spot in enumerate(spots):
        assert page.x0 <= spot.x0
        assert spot.x1 <= page.x1
        assert page.y0 <= spot.y0
        assert spot.y1 <= page.y1
        assert not any(spot.overlaps(other) for other in spots[:index])


@gallery
def test_texts_lie_on_the_page_and_apart(draw):
    assert_texts_apart(draw())


@gallery
def test_text_is_legible_in_a_narrow_column(draw):
    """At 900 px with its side bar open, JupyterLab shows a picture at most 448 px wide."""
    picture = draw()
    shrunk = min(1, 448 / (picture.figure.get_figwidth() * 72))
    written = [*artists(picture, Text), *itertools.chain(*scales(picture))]
    assert min(text.get_fontsize() for text in written if text.get_text()) * shrunk >= 9


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        assert data.isspace(), f"text outside of a tag: {data}"


@gallery
def test_a_picture_reaches_the_reader_as_one_small_image_with_its_alternative(draw):
    picture = draw()
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == repr(picture) == picture.alt
    parser = Tags()
    parser.feed(bundle["text/html"])
    [(tag, attributes)] = parser.tags
    assert tag == "img"
    assert attributes["alt"] == picture.alt
    assert html.escape(picture.alt) in bundle["text/html"]

    png = picture.png()
    assert len(png) <= 40_000
    assert base64.b64decode(attributes["src"].split(",")[1]) == png
    image = Image.open(io.BytesIO(png))
    assert image.width == kit.DENSITY * int(attributes["width"])
    assert int(attributes["width"]) <= kit.WIDTH
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)  # a white card in a dark theme
    assert image.info == {}


def test_a_picture_keeps_the_colours_it_was_drawn_in():
    for picture in (figures.axis(Window(2, 3, 1), 28), figures.window(Window(3, 2, 1), 12)):
        image = np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGB"), int)
        picture.figure.canvas.draw()
        drawn = np.asarray(picture.figure.canvas.buffer_rgba())[..., :3]
        assert np.abs(image - drawn).max() <= 5
        for colour in (style.PAPER, style.BLUE, style.BLUE_TINT, style.ORANGE, style.GREEN_TINT):
            exact = np.round(np.array(to_rgba(colour)[:3]) * 255)
            painted = (drawn == exact).all(-1)
            assert painted.any()
            assert np.abs(image[painted] - exact).max() <= (0 if colour == style.PAPER else 2)


def test_save_writes_the_png(tmp_path):
    picture = figures.axis(Window(3), 7)
    picture.save(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes() == picture.png()


def test_a_users_matplotlib_style_changes_nothing():
    import matplotlib

    def draw():
        maps = figures.maps([np.eye(3), np.arange(9).reshape(3, 3)], values=True)
        return figures.window(Window(3, 2, 1), 6).png() + maps.png()

    plain = draw()
    with matplotlib.rc_context(
        {
            "font.family": "monospace",
            "text.color": "white",
            "figure.facecolor": "black",
            "savefig.bbox": "tight",
            "image.interpolation": "bilinear",
            "axes.linewidth": 5,
            "hatch.linewidth": 5,
            "image.cmap": "magma",
        }
    ):
        assert draw() == plain


def test_pictures_need_neither_pyplot_nor_keras():
    script = (
        "import sys; from course import figures; from course.geometry import Window;"
        "figures.axis(Window(3), 7).png();"
        "print([m for m in ('matplotlib.pyplot', 'keras', 'tensorflow') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda: figures.axis(Window(3), 7, values=[1, 2]), "values.*give 7 numbers"),
        (lambda: figures.axis(Window(3), 7, kernel=[[1, 2, 3]]), "kernel.*give 3 numbers"),
        (lambda: figures.axis(Window(3), 1000), "at most 128"),
        (lambda: figures.axis(Window(3), 10**9), "1,000,000,000 pixels .* at most 128"),
        (lambda: figures.axis(Window(3, padding=10**9), 7), "at most 128"),
        (lambda: figures.axis(Window(10**9, padding="full"), 7), "at most 128"),
        (lambda: figures.window(Window(3), (7, 10**9)), "at most 128"),
        (lambda: figures.window(Window(3, 10**6), (10**9, 7)), "at most 128"),
        (lambda: figures.axis(3, 7), r"give a Window, as in Window\(3\)"),
        (lambda: figures.window((Window(3), 3), 7), r"give a Window, as in Window\(3\)"),
        (lambda: figures.window(Window(3), 7, at=2), "row from 0 to 4"),
        (lambda: figures.window(Window(3), 7, at=(0.5, 0)), "row from 0 to 4"),
        (lambda: figures.window(Window(3), 7, at=(0, 5)), "column from 0 to 4"),
        (lambda: figures.window(Window(3), 7, at=(-1, 0)), "row from 0 to 4"),
        (lambda: figures.window(Window(3), (7, 7, 7)), "one n or two"),
        (lambda: figures.maps([]), "at least one"),
        (lambda: figures.maps(np.zeros((2, 28, 28, 1))), "one channel"),
        (lambda: figures.maps(np.zeros((28, 28))), "give a list"),
        (lambda: figures.maps([np.zeros((0, 3))]), "shape"),
        (lambda: figures.maps([np.array([[np.nan]])]), "NaN"),
        (lambda: figures.maps([np.eye(2)], titles=["a", "b"]), "2 titles for 1 image"),
        (lambda: figures.maps([np.eye(2)], scale="own"), "'each', 'shared' or"),
        (lambda: figures.summary({}), "at least one model"),
        (lambda: figures.summary([Ledger()]), "name: ledger"),
        (lambda: figures.summary({"valid": "a model"}), r"'valid' is no ledger: .*ledger\(model\)"),
    ],
)
def test_a_wrong_argument_says_what_to_change(draw, says):
    with pytest.raises(ValueError, match=says):
        draw()


def test_an_impossible_window_raises_what_geometry_raises():
    for draw in (figures.axis, figures.window):
        with pytest.raises(SettingError, match="kernel_size"):
            draw(Window(5), 3)

"""The channels explorer: in a browser, with no kernel and no network."""

import itertools
import re

import numpy as np
import pytest
import traitlets
from playwright.sync_api import Page, expect

from course import explore
from course.explore.channels import BIAS, KERNEL, VALUES, ChannelsExplorer


def maps_of(widget: ChannelsExplorer) -> np.ndarray:
    """What its filters write, by walking: (filters, rows, columns)."""
    values, kernel = np.array(widget.values), np.array(widget.kernel)[..., : widget.filters]
    rows, columns = kernel.shape[:2]
    high, wide = np.subtract(values.shape[:2], (rows - 1, columns - 1))
    made = np.zeros((widget.filters, high, wide), int)
    for f, r, c in itertools.product(range(widget.filters), range(high), range(wide)):
        window = values[r : r + rows, c : c + columns]
        made[f, r, c] = (window * kernel[..., f]).sum() + widget.bias[f]
    return made


def numbers(texts: list[str]) -> list[int]:
    return [int(text.replace("−", "-")) for text in texts]


def shown_maps(page: Page) -> list[list[int]]:
    """The numbers of each output map on the page."""
    output = page.get_by_role("application", name=re.compile("^Output"))
    return [
        numbers(each.locator("text").all_text_contents()) for each in output.locator("svg").all()
    ]


ANY = np.random.default_rng(7)
WIDGETS = [
    explore.channels(),
    explore.channels(filters=3, filter=2, row=1, column=2),
    explore.channels(ANY.integers(-9, 10, (6, 4, 3)), ANY.integers(-9, 10, (2, 3, 3, 4))),
    explore.channels(values=[[[5]]], kernel=[[[[2]]]], bias=[-4], row=3),
]


@pytest.mark.parametrize("widget", WIDGETS, ids=range(len(WIDGETS)))
def test_what_it_shows_is_what_walking_gives(page: Page, open_explorer, widget):
    made = maps_of(widget)
    filter, row, column = np.minimum(
        [widget.filter, widget.row, widget.column], np.subtract(made.shape, 1)
    )
    result = made[filter, row, column]
    kernel = np.array(widget.kernel)[..., filter]
    read = np.array(widget.values)[row : row + kernel.shape[0], column : column + kernel.shape[1]]
    sums = (read * kernel).sum(axis=(0, 1))
    open_explorer(page, widget)
    assert shown_maps(page) == made.reshape(len(made), -1).tolist()
    tags = page.locator("text.course-tag").all_text_contents()
    assert numbers([tag[4:] for tag in tags if tag.startswith("sum ")]) == sums.tolist()
    total, count = page.locator(".course-formula").all_inner_texts()
    assert f"= {result}, written into map {filter} at row {row}".replace("-", "−") in total
    assert numbers(re.findall(r"[−\d]+", total.split("bias")[0])) == sums.tolist()
    parameters = widget.filters * (kernel.size + 1)
    assert count.endswith(f"= {parameters} parameters.")
    # The static picture says the same.
    alt = widget.picture().alt.replace("−", "-")
    assert alt.endswith(f"= {result}.")
    assert all(f"= {each}." in alt for each in sums)


def test_a_filter_more_is_a_map_more(page: Page, open_explorer):
    open_explorer(page, explore.channels(filters=1))
    assert len(shown_maps(page)) == 1
    page.get_by_label("filters in use").press("End")
    expect(page.locator(".course-formula").last).to_contain_text("3 filters make 3 maps")
    assert len(shown_maps(page)) == 3


def test_pointer_and_keys_pick_what_is_opened_up(page: Page, open_explorer):
    open_explorer(page, explore.channels())
    total = page.locator(".course-formula").first
    output = page.get_by_role("application", name=re.compile("^Output"))
    drawing = output.locator("svg").nth(1)
    box = drawing.bounding_box()
    drawing.click(position={"x": box["width"] - 8, "y": 8})
    expect(total).to_contain_text("into map 1 at row 0, column 2")
    output.press("ArrowDown")
    expect(total).to_contain_text("into map 1 at row 1, column 2")
    image = page.get_by_role("application", name=re.compile("^Input"))
    image.press("ArrowLeft")
    expect(total).to_contain_text("into map 1 at row 1, column 1")
    # The middle of the window follows the pointer in each channel.
    second = image.locator("svg").nth(1)
    second.click(position={"x": 30, "y": 24 * (4 + 3) + 14})
    expect(total).to_contain_text("into map 1 at row 2, column 0")
    expect(page.locator(".course-aloud")).to_contain_text("Filter 1, row 2, column 0:")


def test_what_is_fixed_moves_by_no_pointer(page: Page, open_explorer):
    open_explorer(page, explore.channels(fixed=["row", "filter"]))
    drawing = page.get_by_role("application", name=re.compile("^Output")).locator("svg").nth(1)
    box = drawing.bounding_box()
    drawing.click(position={"x": box["width"] - 8, "y": box["height"] - 8})
    expect(page.locator(".course-formula").first).to_contain_text("map 0 at row 0, column 2")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"values": np.ones((3, 3))}, "(rows, columns, channels)"),
        ({"values": np.ones((7, 7, 2))}, "at most 6 rows, 6 columns, 3 channels"),
        ({"values": np.ones((5, 5, 3))}, "values has 3 channels, and kernel reads 2"),
        ({"values": np.ones((2, 5, 2))}, "no window fits"),
        ({"values": np.full((5, 5, 2), 0.5)}, "whole numbers from −9 to 9"),
        ({"values": np.full((5, 5, 2), 10)}, "whole numbers from −9 to 9"),
        ({"kernel": np.ones((3, 3, 2, 5))}, "4 filters"),
        ({"bias": [1]}, "kernel has 3 filters"),
        ({"filters": 4}, "the kernel has 3"),
        ({"row": -1}, "Try row=0"),
    ],
)
def test_what_cannot_be_shown_says_what_to_write(settings, says):
    with pytest.raises(traitlets.TraitError, match=re.escape(says)):
        explore.channels(**settings)


def test_a_kernel_brings_its_filters():
    widget = explore.channels(np.ones((2, 2, 1), int), np.ones((2, 2, 1, 3), int))
    assert (widget.filters, widget.bias) == (3, [0, 0, 0])
    plain = explore.channels()
    assert (plain.values, plain.kernel, plain.bias) == (VALUES, KERNEL, BIAS)

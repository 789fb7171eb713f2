"""The arithmetic in the browser is the arithmetic in Python, on the whole grid of settings."""

import itertools
import json
from collections import Counter
from importlib import resources

from course.geometry import SettingError, Window

SOURCE = resources.files("course.explore").joinpath("geometry.js").read_text(encoding="utf-8")
LOPSIDED = [(0, 1), (1, 0), (0, 4), (3, 1)]
PADDINGS = ["valid", "same", "causal", "full", *((p, p) for p in range(4)), *LOPSIDED]
# kernel_size, strides, dilation_rate, padding
SETTINGS = list(itertools.product(range(1, 9), range(1, 6), range(1, 4), PADDINGS))
SIZES = range(1, 33)

IN_THE_BROWSER = """async ({ source, settings, sizes }) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const geometry = await import(url);
  const answer = (w, n) => {
    const wrong = geometry.problem(w, n);
    if (wrong) return [wrong.setting, wrong.value, wrong.nearest, geometry.sentence(wrong)];
    const { span, pads, outputSize, positions, usage, unread } = geometry;
    return [span(w), ...[pads, outputSize, positions, usage, unread].map((each) => each(w, n))];
  };
  // As text, which reaches Python many times faster than arrays of arrays do.
  return JSON.stringify(settings.map(([kernel_size, strides, dilation_rate, padding]) =>
    sizes.map((n) => answer({ kernel_size, strides, dilation_rate, padding }, n))));
}"""


def in_python(kernel_size, strides, dilation_rate, padding, n) -> list:
    """What the browser should answer."""
    try:
        window = Window(kernel_size, strides, padding, dilation_rate)
        size = window.output_size(n)
    except SettingError as error:
        return [error.setting, error.value, error.nearest, str(error)]
    pads, positions = list(window.pads(n)), list(window.positions(n))
    return [window.span, pads, size, positions, window.usage(n), window.unread(n)]


def test_same_answers_on_the_whole_grid(page):
    grid = {"source": SOURCE, "settings": SETTINGS, "sizes": list(SIZES)}
    answers = json.loads(page.evaluate(IN_THE_BROWSER, grid))
    different, kinds = [], Counter()
    for setting, row in zip(SETTINGS, answers, strict=True):
        for n, browser in zip(SIZES, row, strict=True):
            python = in_python(*setting, n)
            kinds[python[0] if isinstance(python[0], str) else "possible"] += 1
            if browser != python:
                different.append((setting, n, browser, python))
    assert different == []
    # The grid reaches every kind of answer.
    assert min(kinds[kind] for kind in ("possible", "kernel_size", "dilation_rate")) > 100

"""Every colour stands once, in `course.figures.style`."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import course
from course.figures import style

COURSE = Path(course.__file__).parent
COLOURS = {name: value for name, value in vars(style).items() if re.fullmatch(r"#.{6}", str(value))}
HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")

# Draws one picture of each kind, and prints every colour that is in one of them or in the CSS.
DRAW = """
import numpy as np
from matplotlib.colors import to_hex
from course import explore, figures
from course.explore.base import STYLE
from course.geometry import Window
from course.predict.progress import Progress

entry = {"question": "q", "lesson": "", "correct": True, "sure": 50, "tells": [], "mistake": None}
pictures = [
    figures.axis(Window(2, 3, 1), 8), figures.window(Window(2, 3, 1), 8),
    explore.receptive_field().picture(), explore.border().picture(),
    explore.network().picture(), explore.channels().picture(),
    Progress([entry]).picture(),
]
print(STYLE)
for picture in pictures:
    print(to_hex(picture.figure.get_facecolor()))
    for artist in picture.figure.findobj():
        for name in ("get_facecolor", "get_edgecolor", "get_color"):
            colours = getattr(artist, name, lambda: [])()
            if isinstance(colours, str) or len(np.shape(colours)) < 2:
                colours = [colours]
            for colour in colours:
                if isinstance(colour, str) or np.shape(colour) in ((3,), (4,)):
                    print(to_hex(colour) if str(colour) != "none" else "")
"""


def test_no_colour_stands_anywhere_else():
    assert len(COLOURS) > 10
    for path in COURSE.rglob("*"):
        if path.suffix in (".py", ".js", ".css") and path != Path(style.__file__):
            assert HEX.findall(path.read_text(encoding="utf-8")) == [], path


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The colours that are seen when every line of colours is changed, and the changes."""
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(COURSE, folder / "course", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "course" / "figures" / "style.py"
    source = path.read_text(encoding="utf-8")
    changes = {
        old: f"#{index:02x}abcd" for index, old in enumerate(dict.fromkeys(HEX.findall(source)))
    }
    path.write_text(HEX.sub(lambda found: changes[found[0]], source), encoding="utf-8")
    run = [sys.executable, "-c", DRAW]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=folder)
    return done.stdout.lower(), changes


@pytest.mark.parametrize("name", COLOURS)
def test_one_colour_is_changed_in_one_line(drawn, name):
    """In static pictures and, if it is one of theirs, in the stylesheet of the explorers."""
    seen, changes = drawn
    old, new = COLOURS[name].lower(), changes[COLOURS[name]]
    assert new in seen
    if name != "PAPER":  # white is a number's ink on a dark cell, too
        assert old not in seen

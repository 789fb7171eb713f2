"""Each case of the clinic stands alone, and is mended by its cure and by no shortcut around it."""

import contextlib
import io

import pytest
from lessons import NOTEBOOKS, read

CLINIC = read(NOTEBOOKS / "clinic.ipynb")
VALID = {'padding="same"': 'padding="valid"'}
AFTER = "((0, 1), (0, 1))"
PAD = "layers.ZeroPadding2D({}), layers.Conv2D"

# A case, and what is replaced in its last cell.
CURES = [
    ("A map that shrank", {"32, 3, 3,": "32, 3,"}),
    ("A picture squeezed to nothing", {"28, 28, 1,": "8, 3,"}),
    ("Too many parameters", {"= shots": "= np.moveaxis(shots, 1, 3)"}),
    ("A pooling that leaps", {"(3, name": "(3, strides=2, name"}),
    ("A row that does not count", {"strides=2,": 'strides=2, padding="same",'}),
    ("A mark beside its dot", {'name="up"': 'output_padding=0, name="up"'}),
    ("A mark beside its dot", {"[:27]": "[1:]"}),
    ("Right shape, wrong values", {'"same"': '"valid"', "layers.Conv2D": PAD.format(1)}),
    ("Weights that fit, and are noise", {"reshape(3, 3, 2, 8)": "transpose(2, 3, 1, 0)"}),
    ("News from the future", {'"same"': '"causal"'}),
    ("The mean of nothing", {"AveragePooling2D(9": "GlobalAveragePooling2D(keepdims=True"}),
    ("Padding as a number", VALID | {"layers.Conv2D": PAD.format(2)}),
    ("A mirror at the edge", VALID | {"(page))": '(keras.ops.pad(page, ring, mode="reflect")))'}),
    ("No looking ahead", VALID | {"layers.Conv2D": PAD.format("((2, 0), (1, 1))")}),
    ("Steps and gaps", {"None]))": "None])[:, ::2, ::2])"}),
    ("Nothing left to read", {"deep(3)": 'deep(5, padding="same")'}),
    ("A broken step", {"strides=2": "strides=3", "(ramp)": "(layers.UpSampling2D(2)(ramp))"}),
    ("A broken step", {"strides=2": "strides=1", "(ramp)": "(layers.Resizing(19, 19)(ramp))"}),
    ("Maps that miss each other", {"output_padding=1": "output_padding=0"}),
    ("An open size", {"(maps)": "(layers.GlobalAveragePooling2D()(maps))"}),
    ("A missing axis", {"[None]": "[..., None]"}),
]
SHORTCUTS = [
    ("A map that shrank", {"32, 3, 3,": '32, 3, 3, padding="same",'}),
    ("A picture squeezed to nothing", {"28, 28, 1,": '8, 28, padding="same",'}),
    ("Too many parameters", {"= shots": "= shots.reshape(2, 28, 28, 3)"}),
    ("A pooling that leaps", {"(3, name": "(2, name"}),
    ("A row that does not count", {"strides=2,": "strides=1,"}),
    ("A mark beside its dot", {"[:27]": ""}),
    ("Right shape, wrong values", {'"same"': '"valid"', "layers.Conv2D": PAD.format(AFTER)}),
    ("Weights that fit, and are noise", {"reshape(3, 3, 2, 8)": "transpose()"}),
    ("News from the future", {'"same"': '"valid"'}),
    ("The mean of nothing", {"AveragePooling2D(9": "AveragePooling2D(7"}),
    ("Padding as a number", {"np.ones((1, 28, 28": "np.ones((1, 30, 30"}),
    ("A mirror at the edge", VALID | {"(page))": '(np.pad(page, ring, mode="symmetric")))'}),
    ("No looking ahead", VALID | {"layers.Conv2D": PAD.format("((0, 2), (1, 1))")}),
    ("Steps and gaps", {"dilation_rate=2": "strides=2"}),
    ("Nothing left to read", {"deep(3)": "deep(5, padding='same', strides=2)"}),
    ("Maps that miss each other", {"output_padding=1": "output_padding=None"}),
    ("A missing axis", {"[None]": ".reshape(28, 28, 4, 1)"}),
]


def cases() -> dict[str, list[str]]:
    """The code cells of each case, without the pictures that show its cause."""
    found, case = {}, ""
    for cell in CLINIC.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            case = cell.source.partition("\n")[0].removeprefix("### ")
        elif cell.cell_type == "code" and "reveal" not in cell.metadata.get("tags", []):
            found.setdefault(case, []).append(cell.source)
    return found


OPENING, *CASES = cases()


def printed(case: str, replaced: dict[str, str]) -> str:
    """What the last cell of a case prints, right after the opening of the clinic."""
    *before, last = [*cases()[OPENING], *cases()[case]]
    for old, new in replaced.items():
        assert old in last
        last = last.replace(old, new)
    namespace = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for source in before:
            exec(source, namespace)
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(last, namespace)
    return output.getvalue()


@pytest.mark.parametrize(("case", "replaced"), CURES)
def test_a_case_is_mended_by_its_cure(case, replaced):
    assert printed(case, {}).endswith("mended: False\n")
    assert printed(case, replaced).endswith("mended: True\n")


@pytest.mark.parametrize(("case", "replaced"), SHORTCUTS)
def test_a_case_is_not_mended_by_a_shortcut(case, replaced):
    assert printed(case, replaced).endswith("mended: False\n")


def test_every_case_has_a_cure():
    assert list(dict(CURES)) == CASES

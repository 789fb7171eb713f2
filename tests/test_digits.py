"""`course.digits`, without the network and without anyone's real cache."""

import doctest
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course import digits

pytestmark = pytest.mark.filterwarnings("error")


def test_builtin_has_the_form_of_mnist():
    (x_train, y_train), (x_test, y_test) = digits.load("builtin")
    assert (x_train.shape, x_test.shape) == ((1500, 28, 28), (297, 28, 28))
    assert (y_train.shape, y_test.shape) == ((1500,), (297,))
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    for x in (x_train, x_test):
        assert (x.min(), x.max()) == (0, 255)
        frame = x.copy()
        frame[:, 4:-4, 4:-4] = 0
        assert not frame.any()  # the digit keeps to the 20×20 in the middle
        assert x[:, 4:-4, 4:-4].any(axis=(1, 2)).all()


def test_builtin_is_the_published_test_set_and_balanced():
    (_, y_train), (_, y_test) = digits.load("builtin")
    published = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # optdigits.names at UCI
    assert (np.bincount(y_train) + np.bincount(y_test)).tolist() == published
    for y in (y_train, y_test):
        np.testing.assert_allclose(np.bincount(y) / len(y), 0.1, atol=0.012)


def test_builtin_enlarges_as_pillow_does():
    with np.load(Path(digits.__file__).parent / "data" / "digits.npz") as data:
        small = data["images"]
    (x_train, _), (x_test, _) = digits.load("builtin")
    for image, large in zip(small, np.concatenate([x_train, x_test]), strict=True):
        paper_around = Image.fromarray(np.pad(image, 2).astype(np.float32))
        cubic = paper_around.resize((30, 30), Image.Resampling.BICUBIC).crop((5, 5, 25, 25))
        expected = 255 * np.clip((np.asarray(cubic) - 4) / 10, 0, 1)
        assert np.abs(large[4:-4, 4:-4] - expected).max() < 0.51  # rounded


def test_builtin_order_is_form_by_form():
    (x_train, y_train), (x_test, y_test) = digits.load("builtin")
    x, y = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    labels = "".join(map(str, y))
    middle = "0955650"  # comes once in a form, after the thirty digits that begin it
    starts = [i - 30 for i in range(len(labels)) if labels.startswith(middle, i)]
    assert len(starts) == 14
    assert starts[11] < digits.BUILTIN_TRAIN < starts[12]

    pixels = x.reshape(len(x), -1).astype(float)
    squares = (pixels**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * pixels @ pixels.T

    def score(order):  # of the nearest neighbour
        train, test = order[: digits.BUILTIN_TRAIN], order[digits.BUILTIN_TRAIN :]
        return (y[train][distance[np.ix_(test, train)].argmin(axis=1)] == y[test]).mean()

    in_order = np.arange(len(y))
    rng = np.random.default_rng(0)
    shuffled = [score(rng.permutation(in_order)) for _ in range(10)]
    assert score(in_order) < min(shuffled)


def test_what_a_student_writes_into_is_not_kept():
    untouched = [array.copy() for array in sum(digits.load(), ())]
    for array in sum(digits.load(), ()):
        array[...] = 99
    for array, expected in zip(sum(digits.load(), ()), untouched, strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("source", ["MNIST", "", None, "auto"])
def test_an_unknown_source_names_the_choices(source):
    with pytest.raises(ValueError, match='"builtin" or "mnist"') as caught:
        digits.load(source)
    assert repr(source) in str(caught.value)


def test_the_built_in_digits_load_neither_keras_nor_tensorflow():
    code = "import sys, course.digits as d; d.load(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert "numpy" in loaded
    assert not loaded & {"keras", "tensorflow", "matplotlib", "sklearn"}


def test_examples():
    assert doctest.testmod(digits).failed == 0


# MNIST


def test_mnist_is_what_keras_loads(monkeypatch):
    import keras

    loaded = ("x_train", "y_train"), ("x_test", "y_test")
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: loaded)
    assert digits.load("mnist") is loaded


@pytest.mark.slow
def test_without_a_network_one_error_says_what_to_do(tmp_path):
    nowhere = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https")}
    surroundings = os.environ | nowhere | {"KERAS_HOME": str(tmp_path), "no_proxy": ""}
    file = tmp_path / "datasets" / "mnist.npz"
    file.parent.mkdir()
    file.write_bytes(b"half a file")  # when it is tried for the first time
    code = """if True:
        import sys
        from course import digits
        try:
            digits.load("mnist")
        except digits.MNISTError as error:
            print(error, file=sys.stderr)
        digits.load("mnist")
    """
    run = subprocess.run(
        [sys.executable, "-c", code], env=surroundings, capture_output=True, text=True
    )
    first, *_, last = run.stderr.strip().split("\n")
    assert last.startswith("course.digits.MNISTError: MNIST could not be had (URL fetch failure")
    assert 'digits.load("builtin") needs none.' in last
    assert last == f"course.digits.MNISTError: {first}"
    assert not file.exists()  # half a file would be taken for all of it

"""The ground floor against the real thing: TensorFlow, Keras, NumPy and PyTorch's formula."""

import itertools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.geometry import PADDINGS, SettingError, Window, same_pads

SIZES, KERNELS = range(1, 33), range(1, 9)
SETTINGS = [(s, d) for s in range(1, 6) for d in range(1, 4)]


def reads(window: Window, n: int) -> np.ndarray:
    """0/1 array: [i, j, t] is 1 where window j reads input pixel i with tap t."""
    pattern = np.zeros((n, window.output_size(n), window.kernel_size), int)
    for j, first in enumerate(window.positions(n)):
        for t in range(window.kernel_size):
            pixel = first + t * window.dilation_rate
            if 0 <= pixel < n:
                pattern[pixel, j, t] = 1
    return pattern


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kernel_size", KERNELS)
def test_every_window_reads_what_tensorflow_reads(kernel_size, padding):
    """Convolve one-hot inputs with one-hot filters: TensorFlow itself draws the reading pattern.

    For every n there is a batch of n inputs with a single 1, and k filters with a single 1; the
    output says which tap of which window reads which pixel. Sizes, pads and usage follow.
    """
    import tensorflow as tf

    filters = tf.eye(kernel_size)[:, None, :]  # (tap, channel, filter)
    compared = 0
    for (s, d), n in itertools.product(SETTINGS, SIZES):
        if s > 1 and d > 1:
            continue  # refused; see test_refuses_what_keras_refuses
        window = Window(kernel_size, s, padding, d)
        inputs = tf.eye(n)[:, :, None]  # (image, pixel, channel)
        if padding == "valid" and window.span > n:
            with pytest.raises(SettingError):
                window.output_size(n)
            continue
        actual = tf.nn.convolution(inputs, filters, s, padding.upper(), dilations=d).numpy()
        np.testing.assert_array_equal(actual, reads(window, n), err_msg=f"{window}, n={n}")
        assert actual.sum(axis=(1, 2)).tolist() == window.usage(n)
        # Independently of `reads`: the first window's first tap that reads a pixel tells the pad.
        if actual[:, 0].any():
            pixel, tap = np.argwhere(actual[:, 0])[0]
            assert window.pads(n)[0] == tap * d - pixel
        compared += 1
    assert compared > 150


def test_a_window_larger_than_its_input_fails_in_keras_too():
    import keras

    for n, k, d in itertools.product((1, 2, 5), (2, 3, 6), (1, 2)):
        layer = keras.layers.Conv1D(1, k, dilation_rate=d)
        try:
            Window(k, dilation_rate=d).output_size(n)
        except SettingError:
            with pytest.raises(ValueError, match="zero or negative"):
                layer(keras.Input((n, 1)))
        else:
            assert layer(keras.Input((n, 1))).shape[1] == Window(k, 1, "valid", d).output_size(n)


def test_refuses_what_keras_refuses():
    import keras

    for (s, d), padding in itertools.product(SETTINGS, ("valid", "same", "causal")):
        try:
            keras.layers.Conv1D(1, 3, s, padding, dilation_rate=d)
        except ValueError:
            with pytest.raises(SettingError, match="Keras refuses"):
                Window(3, s, padding, d)
        else:
            Window(3, s, padding, d)


def test_depthwise_layers_compute_what_conv_refuses():
    """``same_pads`` holds for strides > 1 with dilation > 1, where only depthwise layers go."""
    import keras

    for n, k, s, d in itertools.product((9, 12, 17), (2, 3, 4), (2, 3), (2, 3)):
        window = Window(k, s, same_pads(n, k, s, d), d)
        layer = keras.layers.DepthwiseConv2D(
            k, s, "same", dilation_rate=d, depthwise_initializer="ones"
        )
        image = np.zeros((n, n, n, 1), "float32")
        image[np.arange(n), np.arange(n), :] = 1  # image i: row i is ones
        rows = layer(image).numpy()[..., 0].max(axis=2)  # the most a column sees: k, or 0
        seen = (rows > 0).astype(int)
        assert seen.shape[1] == window.output_size(n)
        np.testing.assert_array_equal(seen, reads(window, n).sum(axis=2))


@pytest.mark.parametrize("n", [1, 2, 6, 13])
def test_causal_is_keras_causal(n):
    import keras

    for k, (s, d) in itertools.product(range(1, 6), SETTINGS):
        if s > 1 and d > 1:
            continue
        layer = keras.layers.Conv1D(
            k, k, s, "causal", dilation_rate=d, use_bias=False, kernel_initializer="zeros"
        )
        layer.build((n, n, 1))
        layer.set_weights([np.eye(k)[:, None, :]])
        actual = layer(np.eye(n)[:, :, None]).numpy()
        np.testing.assert_array_equal(actual, reads(Window(k, s, "causal", d), n))


def test_full_is_numpys_full():
    for n, k in itertools.product(range(1, 12), range(1, 8)):
        patterns = [np.convolve(one_hot, np.ones(k)) for one_hot in np.eye(n)]
        np.testing.assert_array_equal(patterns, reads(Window(k, 1, "full"), n).sum(axis=2))


def test_integer_padding_is_pytorchs_formula():
    """⌊(L + 2·padding − dilation·(kernel_size − 1) − 1) / stride + 1⌋, as documented."""
    for n, k, (s, d), p in itertools.product(SIZES, KERNELS, SETTINGS, range(4)):
        documented = math.floor((n + 2 * p - d * (k - 1) - 1) / s + 1)
        window = Window(k, s, p, d)
        assert window.pads(n) == (p, p)
        if n + 2 * p >= d * (k - 1) + 1:
            assert window.output_size(n) == documented
            assert window.positions(n)[0] == -p
        else:
            with pytest.raises(SettingError):
                window.output_size(n)


windows = st.builds(
    Window,
    kernel_size=st.integers(1, 12),
    strides=st.integers(1, 7),
    padding=st.sampled_from(PADDINGS)
    | st.integers(0, 9)
    | st.tuples(st.integers(0, 9), st.integers(0, 9)),
) | st.builds(
    Window,
    kernel_size=st.integers(1, 12),
    strides=st.integers(1, 7),
    padding=st.integers(0, 9) | st.tuples(st.integers(0, 9), st.integers(0, 9)),
    dilation_rate=st.integers(1, 5),
)


@given(windows, st.integers(1, 60))
def test_laws_of_every_window(window, n):
    try:
        size = window.output_size(n)
    except SettingError as error:
        better = {
            "kernel_size": window.kernel_size,
            "strides": window.strides,
            "padding": window.padding,
            "dilation_rate": window.dilation_rate,
        } | {error.setting: error.nearest}
        assert Window(**better).output_size(n) >= 1
        return
    before, after = window.pads(n)
    positions = window.positions(n)
    assert len(positions) == size
    assert positions[0] == -before
    # The last window ends inside the padded input, and one more would not.
    assert positions[-1] + window.span <= n + after
    assert positions[-1] + window.strides + window.span > n + after
    # Every read is a pixel or padding.
    usage = window.usage(n)
    in_padding = sum(
        not 0 <= first + t * window.dilation_rate < n
        for first in positions
        for t in range(window.kernel_size)
    )
    assert sum(usage) == size * window.kernel_size - in_padding
    assert window.unread(n) == [pixel for pixel in range(n) if usage[pixel] == 0]
    if window.padding in ("same", "causal"):
        assert size == math.ceil(n / window.strides)


IMPOSSIBLE = [
    ({"kernel_size": 0}, "kernel_size", 1),
    ({"kernel_size": 2.0}, "kernel_size", 2),
    ({"kernel_size": (3, 3)}, "kernel_size", 3),
    ({"kernel_size": "3"}, "kernel_size", 3),
    ({"kernel_size": "three"}, "kernel_size", 1),
    ({"kernel_size": np.float32(4)}, "kernel_size", 4),
    ({"strides": 0}, "strides", 1),
    ({"strides": 1.5}, "strides", 2),
    ({"strides": float("nan")}, "strides", 1),
    ({"strides": float("inf")}, "strides", 1),
    ({"strides": True}, "strides", 1),
    ({"strides": None}, "strides", 1),
    ({"dilation_rate": -2}, "dilation_rate", 1),
    ({"strides": 2, "dilation_rate": 2}, "dilation_rate", 1),
    ({"padding": "sme"}, "padding", "same"),
    ({"padding": "reflect"}, "padding", "valid"),
    ({"padding": None}, "padding", 0),
    ({"padding": -1}, "padding", 0),
    ({"padding": 0.5}, "padding", 0),
    ({"padding": (1, -1)}, "padding", (1, 0)),
    ({"padding": (1, 2, 3)}, "padding", (1, 2)),
    ({"padding": ()}, "padding", (0, 0)),
]


@pytest.mark.parametrize(("settings", "named", "nearest"), IMPOSSIBLE)
def test_an_impossible_setting_is_named_with_the_nearest_that_works(settings, named, nearest):
    with pytest.raises(ValueError, match=rf"{named}=.* is impossible: .* Try {named}=") as caught:
        Window(**settings)
    assert (caught.value.setting, caught.value.nearest) == (named, nearest)
    Window(**settings | {named: nearest}).output_size(28)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(("strides", "dilation_rate"), [(1, 1), (10**12, 1), (1, 10**9)])
def test_a_window_of_any_size_is_counted_in_no_time(strides, dilation_rate):
    window = Window(10**12, strides, "same", dilation_rate)
    assert len(window.usage(30)) == 30


@pytest.mark.parametrize("n", [0, -3, 2.5, None, "28", (28, 28), True])
@pytest.mark.parametrize("method", ["pads", "output_size", "positions", "usage", "unread"])
def test_a_size_that_is_none(method, n):
    with pytest.raises(SettingError, match=r"n=.* is impossible"):
        getattr(Window(), method)(n)
    with pytest.raises(SettingError):
        same_pads(n, 3)


@pytest.mark.parametrize("n", [0, -3, 0.5, None, "1", (1, 1)])
def test_a_size_that_is_tried_instead_is_large_enough_for_the_window(n):
    smallest = {"valid": 5, "same": 1, "causal": 1, "full": 1, 1: 3, (0, 9): 1}
    for padding, size in smallest.items():
        window = Window(3, 1, padding, 2)
        with pytest.raises(SettingError) as caught:
            window.output_size(n)
        assert caught.value.nearest == size
        assert window.output_size(size) >= 1
        if size > 1:
            with pytest.raises(SettingError):
                window.output_size(size - 1)


def test_settings_are_normalised_as_keras_does():
    assert Window(np.int64(3), padding="SAME") == Window(3, padding="same")
    assert Window(padding=[1, np.int32(2)]).padding == (1, 2)
    assert Window(padding=2).padding == (2, 2)
    assert len({Window(3), Window(np.int64(3))}) == 1  # hashable, by value
    assert type(Window().output_size(np.int64(9))) is int  # as json needs it


def test_the_error_survives_pickling():
    error = pickle.loads(pickle.dumps(SettingError("strides", 0, "it must be at least 1", 1)))
    assert (error.setting, error.nearest) == ("strides", 1)
    assert "strides=0" in str(error)

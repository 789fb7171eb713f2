"""The receptive field against gradients: which input pixels really move a unit."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

from course import models, receptive_field
from course.geometry import SettingError, Window
from course.receptive_field import Field


def seen_by(model, layer_name: str) -> tuple[list, np.ndarray]:
    """Units (row, column) that meet every row and every column of a map, and the pixels they see.

    The pixels are a bool array (units, rows, columns): does the pixel move the unit? All weights
    are made positive, so that nothing cancels; the image is ones, so that every ReLU lets the
    gradient through. One image for each unit gives all gradients in one pass.
    """
    model.set_weights([np.abs(w) + 0.01 for w in model.get_weights()])
    to_layer = keras.Model(model.inputs, model.get_layer(layer_name).output)
    rows, columns = to_layer.output.shape[1:3]
    units = [(unit % rows, unit % columns) for unit in range(max(rows, columns))]
    images = tf.ones((len(units), *model.input_shape[1:]))
    with tf.GradientTape() as tape:
        tape.watch(images)
        maps = to_layer(images, training=False)
        total = tf.add_n([tf.reduce_sum(maps[u, i, j]) for u, (i, j) in enumerate(units)])
    return units, tape.gradient(total, images).numpy().any(axis=-1)


def assert_fields(model, layer_name: str):
    """The field of every unit, cut at the image's border, is what its gradient shows."""
    fields = receptive_field.of_model(model)[layer_name]
    for unit, seen in zip(*seen_by(model, layer_name), strict=True):
        for axis, field in enumerate(fields):
            pixels = np.flatnonzero(seen.any(axis=1 - axis))
            first, last = field.edges(unit[axis])
            expected = max(first, 0), min(last, seen.shape[axis] - 1)
            assert (pixels[0], pixels[-1]) == expected, (layer_name, unit, axis)


@pytest.mark.parametrize("build", [models.valid, models.same, models.strided])
def test_every_unit_of_the_three_models(build):
    model = build()
    for name in ("conv1", "conv2", "conv3"):
        assert_fields(model, name)


def stack(*layers_, size=(17, 14)):
    return keras.Sequential([keras.Input((*size, 1)), *layers_, layers.Identity(name="top")])


STACKS = {
    "even kernels": (layers.Conv2D(1, 4, 2, "same"), layers.Conv2D(1, 2)),
    "pooling": (layers.Conv2D(1, 3), layers.AveragePooling2D(3, 2, "same"), layers.Conv2D(1, 3)),
    "explicit padding": (layers.ZeroPadding2D(((2, 0), (1, 3))), layers.Conv2D(1, 3, 2)),
    "non-square": (layers.Conv2D(1, (3, 5), (1, 2), "same"), layers.Conv2D(1, (1, 2), (2, 1))),
    "separable": (layers.SeparableConv2D(2, 3, 2, "same"), layers.DepthwiseConv2D(3)),
    "pixelwise": (layers.Conv2D(2, 3, 2), layers.BatchNormalization(), layers.ReLU()),
    "cropping": (layers.Conv2D(1, 3, 2), layers.Cropping2D(((1, 0), (0, 2)))),
    "channel norm": (
        layers.Conv2D(2, 3, 2),
        layers.LayerNormalization(),
        layers.PReLU(shared_axes=[1, 2]),
    ),
    "augmenting": (layers.RandomFlip(), layers.RandomRotation(0.5), layers.Conv2D(1, 3, 2)),
    "noise": (layers.GaussianDropout(0.5), layers.ActivityRegularization(0.1), layers.Conv2D(1, 3)),
    "scaled": (layers.Normalization(mean=0.5, variance=2.0), layers.Conv2D(1, 3, 2, "same")),
    "nested": (keras.Sequential([keras.Input((17, 14, 1)), layers.Conv2D(1, 3, 2, "same")]),),
}


@pytest.mark.parametrize("name", STACKS)
def test_every_unit_of_a_stack(name):
    assert_fields(stack(*STACKS[name]), "top")


@pytest.mark.parametrize("name", [name for name in STACKS if name != "nested"])  # it has a size
def test_of_an_unknown_size_all_is_known_but_perhaps_the_start(name):
    clones = [layer.__class__.from_config(layer.get_config()) for layer in STACKS[name]]
    known = receptive_field.of_model(stack(*STACKS[name]))["top"]
    for there, here in zip(known, receptive_field.of_model(unknown(*clones))["top"], strict=True):
        assert here in (there, there._replace(start=None))


def unknown(*layers_):
    return stack(*layers_, size=(None, None))


def test_same_at_stride_1_is_placed_on_every_size():
    model = unknown(layers.Conv2D(8, 3, padding="same"), layers.Conv2D(8, 1, 2, "same"))
    assert receptive_field.of_model(model)["top"] == (Field(3, 2, 0.0),) * 2


def test_branches_that_are_shifted_together_join():
    image = keras.Input((None, None, 1))
    x = layers.Conv2D(2, 3, 2, "same")(image)  # shifted by a pixel or not
    added = layers.Add(name="top")([x, layers.Conv2D(2, 3, padding="same")(x)])
    fields = receptive_field.of_model(keras.Model(image, added))["top"]
    assert fields == (Field(7, 2, None),) * 2


def test_operations_join_and_pass_on():
    image = keras.Input((9, 9, 1))
    x = layers.Conv2D(1, 3, padding="same")(image)
    x = keras.ops.relu(x + image) * 0.5
    model = keras.Model(image, layers.Conv2D(1, 3, name="top")(x))
    assert_fields(model, "top")


def test_an_axis_for_the_channel_changes_nothing():
    plain = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(1, 3, 2, name="top")])
    image = [keras.Input((28, 28)), layers.Rescaling(1 / 255), layers.Reshape((28, 28, 1))]
    added = keras.Sequential([*image, layers.Conv2D(1, 3, 2, name="top")])
    fields = receptive_field.of_model(plain)["top"]
    assert receptive_field.of_model(added)["top"] == fields
    mixed = [keras.Input((28, 28)), layers.Dense(28), layers.Reshape((28, 28, 1), name="top")]
    assert receptive_field.of_model(keras.Sequential(mixed))["top"] is None
    pooled = [keras.Input((8, 8, 3)), layers.GlobalAveragePooling2D(name="mean")]
    pooled = keras.Sequential([*pooled, layers.Reshape((1, 1, 3)), layers.Conv2D(1, 1, name="top")])
    fields = receptive_field.of_model(pooled)
    assert fields["top"] == fields["mean"]


def test_sequences_have_one_axis_and_volumes_three():
    wave = [layers.Conv1D(2, 2, padding="causal", dilation_rate=2**i) for i in range(10)]
    model = keras.Sequential([keras.Input((None, 1)), *wave, layers.ReLU(name="top")])
    assert receptive_field.of_model(model)["top"] == (Field(1024, 1, -511.5),)
    volume = [layers.Conv3D(1, (3, 3, 5)), layers.MaxPooling3D(2, name="top")]
    model = keras.Sequential([keras.Input((16, 16, 16, 1)), *volume])
    assert [axis.size for axis in receptive_field.of_model(model)["top"]] == [4, 4, 6]


@pytest.mark.parametrize("layer", [layers.UpSampling2D(2), layers.UpSampling2D((3, 1))])
def test_repeated_pixels_read_alike(layer):
    model = stack(layers.Conv2D(1, 3, 2), layer, layers.Conv2D(1, 2), size=(24, 20))
    seen = seen_by(model, "top")[1].any(axis=2)[4:16]  # units × pixels, along rows
    field = receptive_field.of_model(model)["top"][0]
    assert field.size == max(np.ptp(np.flatnonzero(pixels)) + 1 for pixels in seen)


# Published, or checked against gradients where it is not: see Araujo et al. for the first four.
PUBLISHED = {"VGG16": 212, "ResNet50": 483, "InceptionV3": 1311, "MobileNet": 315}


@pytest.mark.slow  # Keras takes seconds to build them
@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("size", [224, None])
def test_networks_that_everybody_knows(name, size):
    build = getattr(keras.applications, name)
    model = build(weights=None, include_top=False, input_shape=(size, size, 3))
    fields = receptive_field.of_model(model)
    assert None not in fields.values()
    (last,) = {axis.size for axis in fields[model.layers[-1].name]}
    assert last == PUBLISHED[name]


def test_dilation_has_holes_but_the_hull_is_right_inside():
    model = stack(layers.Conv2D(1, 3, dilation_rate=2), layers.Conv2D(1, 3, dilation_rate=3))
    assert_fields(model, "top")


def test_branches_of_different_size_join_to_the_larger():
    image = keras.Input((15, 15, 1))
    narrow, wide = (layers.Conv2D(1, k, 2, "same")(image) for k in (3, 7))
    model = keras.Model(image, layers.Add(name="top")([narrow, wide]))
    assert_fields(model, "top")
    assert receptive_field.of_model(model)["top"][0].size == 7


TRANSPOSED = {
    "valid": (layers.Conv2D(1, 3), layers.Conv2DTranspose(1, 3, 2)),
    "same": (layers.Conv2D(1, 3), layers.Conv2DTranspose(1, 3, 2, "same")),
    "even": (layers.Conv2D(1, 3), layers.Conv2DTranspose(1, 4, 2, "same")),
    "output padding": (layers.Conv2DTranspose(1, 3, 2, "same", output_padding=0),),
    "convolution after it": (layers.Conv2DTranspose(1, 2, 2), layers.Conv2D(1, 2)),
    "strides after it": (layers.Conv2DTranspose(1, 3, 3), layers.Conv2D(1, 2, 2, "same")),
    "twice": (layers.Conv2DTranspose(1, 2, 2), layers.Conv2DTranspose(1, 5, 3)),
    "there and back": (layers.Conv2D(1, 3, 2, "same"), layers.Conv2DTranspose(1, 3, 2, "same")),
}


@pytest.mark.parametrize("name", TRANSPOSED)
def test_transposed_convolution_gives_the_largest_field_and_the_mean_centre(name):
    model = stack(*TRANSPOSED[name], size=(24, 20))
    seen = seen_by(model, "top")[1].any(axis=2)  # units × pixels, along rows
    field = receptive_field.of_model(model)["top"][0]
    # Away from the border, and as many units of each turn: 6 is a multiple of every cycle.
    units = len(seen) // 2 + np.arange(-6, 6)
    pixels = [np.flatnonzero(seen[unit]) for unit in units]
    assert field.size == max(np.ptp(each) + 1 for each in pixels)
    centres = [(each[0] + each[-1]) / 2 for each in pixels]
    predicted = [np.mean(field.edges(unit)) for unit in units]
    assert np.mean(centres) == pytest.approx(np.mean(predicted))


def test_a_transposed_convolution_joins_with_what_it_came_from():
    image = keras.Input((24, 18, 1))
    twos = layers.Conv2DTranspose(1, 2, 2)(layers.Conv2D(1, 3, 2, "same")(image))
    threes = layers.Conv2DTranspose(1, 3, 3)(layers.Conv2D(1, 4, 3, "same")(image))
    for branches in ([image, twos], [twos, threes]):
        model = keras.Model(image, layers.Concatenate(name="top")(branches))
        seen = seen_by(model, "top")[1].any(axis=2)  # units × pixels, along rows
        inside = [np.flatnonzero(pixels) for pixels in seen[6:18]]
        field = receptive_field.of_model(model)["top"][0]
        assert field.size == max(np.ptp(pixels) + 1 for pixels in inside)
        centres = [np.mean(pixels[[0, -1]]) for pixels in inside]
        predicted = [np.mean(field.edges(unit)) for unit in range(6, 18)]
        assert np.mean(centres) == pytest.approx(np.mean(predicted))


def test_units_that_see_nothing_do_not_count():
    model = stack(layers.Conv2DTranspose(1, 2, 3))  # every third unit lies between two kernels
    assert receptive_field.of_model(model)["top"][0].size == 1
    wide = stack(layers.Conv2DTranspose(1, 2, 3), layers.Conv2D(1, 3))
    assert receptive_field.of_model(wide)["top"][0].size == 2


def test_where_nothing_is_left_of_the_map_a_unit_sees_everything():
    model = models.strided()
    seen = receptive_field.of_model(model)
    first, last = seen["digit"][0].edges(0)
    assert first <= 0
    assert last >= 27
    assert seen["flatten"] == seen["hidden"] == seen["digit"]


def test_nothing_is_left_to_flatten_of_a_vector():
    model = keras.Sequential([keras.Input((9, 9, 1)), layers.GlobalAveragePooling2D(name="mean")])
    model.add(layers.Flatten(name="again"))
    seen = receptive_field.of_model(model)
    assert seen["again"] == seen["mean"] is not None


class EverySecond(layers.Conv2D):
    """A convolution that computes something else, with a convolution's settings."""

    def call(self, inputs):
        return super().call(inputs)[:, ::2, ::2]


@pytest.mark.parametrize(
    "unknown",
    [
        layers.LayerNormalization(axis=(1, 2, 3)),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.RandomCrop(4, 4),
        layers.Reshape((12, 15, 1)),
        layers.Softmax(axis=(1, 2)),  # shares each map out over its pixels
        EverySecond(2, 3),
        layers.Conv2D(1, 3, data_format="channels_first", padding="same"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_unknown_layers_are_not_guessed(unknown):
    model = stack(layers.Conv2D(1, 3, name="known"), unknown)
    seen = receptive_field.of_model(model)
    assert seen["known"][0].size == 3
    assert seen[unknown.name] is None
    assert seen["top"] is None


def test_branches_that_drift_apart_have_no_field():
    image = keras.Input((12, 12, 1))
    pooled = layers.UpSampling2D(2)(layers.MaxPooling2D(3)(image))  # two units for three pixels
    cropped = layers.Cropping2D(2)(image)
    model = keras.Model(image, layers.Concatenate(name="top")([cropped, pooled]))
    assert receptive_field.of_model(model)["top"] is None
    stacked = keras.Model(image, layers.Concatenate(axis=1, name="top")([image, image]))
    assert receptive_field.of_model(stacked)["top"] is None


def test_a_layer_used_twice_sees_two_things():
    image = keras.Input((16, 16, 1))
    conv = layers.Conv2D(1, 3, padding="same", name="twice")
    model = keras.Model(image, layers.ReLU(name="top")(conv(conv(image))))
    seen = receptive_field.of_model(model)
    assert seen["twice"] is None
    assert seen["top"][0].size == 5


def test_an_unknown_size_leaves_only_the_start_open():
    model = stack(layers.Conv2D(1, 3, 2, "same"), layers.Conv2D(1, 3), size=(None, None))
    assert receptive_field.of_model(model)["top"][0] == Field(7, 2, None)
    valid = stack(layers.Conv2D(1, 3, 2), layers.Conv2D(1, 3), size=(None, None))
    assert receptive_field.of_model(valid)["top"][0] == Field(7, 2, 3.0)
    image = keras.Input((None, None, 1))
    branches = [layers.Conv2D(1, 3, 2, "same")(image), layers.Conv2D(1, 1, 2)(image)]
    joined = keras.Model(image, layers.Concatenate(name="top")(branches))
    assert receptive_field.of_model(joined)["top"] is None
    # A transposed convolution makes a whole multiple, unless it has an output padding.
    spread = layers.Conv2DTranspose(1, 3, 2, "same")
    known = receptive_field.of_model(stack(spread))["top"]
    assert receptive_field.of_model(stack(spread, size=(None, None)))["top"] == known
    cut = layers.Conv2DTranspose(1, 3, 2, "same", output_padding=0)
    assert receptive_field.of_model(stack(cut, size=(None, 9)))["top"][0] == Field(2, 0.5, None)
    # Which unit of a turn stands where is open too, and with it the size.
    turns = stack(layers.Conv2DTranspose(1, 2, 2), layers.Conv2D(1, 2, 2, "same"), size=(None, 8))
    assert receptive_field.of_model(turns)["top"] is None


def test_the_edges_of_an_unknown_size_say_what_to_do():
    with pytest.raises(ValueError, match="rows and columns"):
        Field(7, 2, None).edges(0)


def test_a_model_without_a_graph_says_what_to_do():
    with pytest.raises(ValueError, match=r"keras\.Input"):
        receptive_field.of_model(keras.Sequential([layers.Conv2D(1, 3)]))


def test_what_is_no_model_says_so():
    with pytest.raises(TypeError, match="Keras model, not str"):
        receptive_field.of_model("same")


def test_a_stack_of_windows_is_the_same_model():
    windows = [Window(3, 2, "same"), Window(3, 2, "same"), Window(3, 1, "same")]
    fields = receptive_field.of_windows(windows, 28)
    seen = receptive_field.of_model(models.strided())
    assert fields == [seen[f"conv{number}"][0] for number in (1, 2, 3)]


def test_a_stack_that_runs_out_of_pixels_names_the_setting_and_the_layer():
    with pytest.raises(SettingError, match="Layer 14: kernel_size=3 is impossible"):
        receptive_field.of_windows([Window(3)] * 14, 28)
    with pytest.raises(SettingError, match=r"Layer 7: .*: 28 → 26 → 13 → 11 → 5 → 3 → 1"):
        receptive_field.of_windows([Window(3), Window(2, 2)] * 4, 28)


@given(
    st.lists(st.builds(Window, st.integers(1, 5), st.integers(1, 3), st.just("same")), max_size=5)
)
def test_fields_follow_the_windows_down(stack_of_windows):
    """The edges of a unit are the edges of what its window reads, one layer at a time."""
    n, sizes = 40, []
    for window in stack_of_windows:
        sizes.append(n)
        n = window.output_size(n)
    for depth, field in enumerate(receptive_field.of_windows(stack_of_windows, 40), start=1):
        unit = stack_of_windows[depth - 1].output_size(sizes[depth - 1]) - 1
        first = last = unit
        for window, size in zip(stack_of_windows[:depth][::-1], sizes[:depth][::-1], strict=True):
            before, _ = window.pads(size)
            first = first * window.strides - before
            last = last * window.strides - before + window.span - 1
        assert field.edges(unit) == (first, last)

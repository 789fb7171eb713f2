"""The ledger against Keras: shapes, parameters, padding and the work that is really done."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
from tensorflow.python.profiler import model_analyzer, option_builder

from course import models
from course.ledger import HEADINGS, ledger

MODELS = {"valid": models.valid, "same": models.same, "strided": models.strided}


def every_layer() -> keras.Model:
    """A model with each kind of layer that the ledger promises to know."""
    image = keras.Input((32, 30, 3))
    x = layers.Rescaling(1 / 255)(image)
    x = layers.Conv2D(8, (3, 5), (1, 2), "same", name="conv")(x)
    x = layers.Conv2D(8, 3, padding="same", groups=4, name="grouped")(x)
    x = layers.ZeroPadding2D(((1, 0), (2, 3)), name="zeros")(x)
    x = layers.DepthwiseConv2D(3, 2, depth_multiplier=2, name="depthwise")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.MaxPooling2D(2, padding="same", name="pool")(x)
    x = layers.SeparableConv2D(6, 3, padding="same", name="separable")(x)
    x = layers.Conv2DTranspose(4, 3, 2, "same", name="transposed")(x)
    y = layers.Conv2D(4, 1, dilation_rate=1, name="side")(x)
    x = layers.Add(name="add")([x, y])
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Dropout(0.5)(x)
    return keras.Model(image, layers.Dense(10, name="head")(x), name="every")


@pytest.mark.parametrize("build", [*MODELS.values(), every_layer])
def test_shapes_and_parameters_are_keras_own(build):
    model = build()
    table = ledger(model)
    assert table.total_params == model.count_params() == sum(row.params for row in table)
    assert [row.name for row in table] == [layer.name for layer in model.layers]
    for row, layer in zip(table, model.layers, strict=True):
        assert row.output_shape == tuple(layer.output.shape)
        assert row.params == layer.count_params()
        computes = not isinstance(layer, layers.InputLayer | layers.Flatten)
        assert row.activations == computes * np.prod(layer.output.shape[1:])


def profiled_macs(model) -> int:
    """Multiply-accumulates as TensorFlow's own profiler counts them (it counts 2 for each)."""
    spec = tf.TensorSpec((1, *model.input_shape[1:]))
    concrete = tf.function(lambda image: model(image, training=False)).get_concrete_function(spec)
    graph = convert_variables_to_constants_v2(concrete).graph
    options = option_builder.ProfileOptionBuilder.float_operation()
    options = option_builder.ProfileOptionBuilder(options).with_empty_output().build()
    ops = model_analyzer.profile(graph, options=options)
    counted = {"Conv2D", "DepthwiseConv2dNative", "MatMul", "Conv2DBackpropInput"}
    total = 0

    def walk(node):
        nonlocal total
        for child in node.children:
            try:
                kind = graph.get_operation_by_name(child.name).type
            except (KeyError, ValueError):
                kind = None
            if kind in counted:
                total += child.float_ops
            walk(child)

    walk(ops)
    return total // 2


@pytest.mark.parametrize("build", MODELS.values())
def test_macs_are_what_tensorflow_counts(build):
    model = build()
    assert ledger(model).total_macs == profiled_macs(model)


def counted_products(layer, shape) -> float:
    """Multiply-accumulates of a linear layer, counted by letting it count.

    With an image of ones and a kernel of ones every product is 1, so the sum of all outputs is
    the number of products that are not with a padded zero.
    """
    for weight in layer.weights:
        weight.assign(np.full(weight.shape, "kernel" in weight.name))
    return float(tf.reduce_sum(layer(tf.ones((1, *shape)))))


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(5, (3, 2), 2),
        layers.Conv2D(6, 3, groups=3),
        layers.Conv2D(4, 3, dilation_rate=2),
        layers.DepthwiseConv2D(3, 2, depth_multiplier=2),
        layers.Conv2DTranspose(5, 3, 2),
        layers.Dense(7),
    ],
    ids=lambda layer: layer.name,
)
def test_macs_of_a_layer_without_padding_are_counted(layer):
    shape = (11, 12, 3)
    table = ledger(keras.Sequential([keras.Input(shape), layer]))
    assert table.total_macs == counted_products(layer, shape)


def test_macs_of_a_separable_layer_are_those_of_its_two_halves():
    shape = (11, 12, 3)
    whole = ledger(keras.Sequential([keras.Input(shape), layers.SeparableConv2D(8, 3, 2)]))
    halves = [layers.DepthwiseConv2D(3, 2), layers.Conv2D(8, 1)]
    assert whole.total_macs == ledger(keras.Sequential([keras.Input(shape), *halves])).total_macs


@pytest.mark.parametrize("build", MODELS.values())
def test_pads_are_where_keras_reads_zeros(build):
    """Convolve ones with one-pixel kernels: a corner tap that reads a zero reads padding."""
    model = build()
    for row, layer in zip(ledger(model), model.layers, strict=True):
        if row.kind != "Conv2D":
            assert row.pads is None
            continue
        probe = layers.Conv2D(9, 3, layer.strides, layer.padding, use_bias=False)
        n = layer.input.shape[1]
        probe.build((None, n, n, 1))
        probe.set_weights([np.eye(9).reshape(3, 3, 1, 9)])
        outside = (
            probe(np.ones((1, n, n, 1))).numpy()[0].reshape(-1, row.output_shape[2], 3, 3) == 0
        )
        before = outside[0, 0].all(axis=1).sum()
        after = outside[-1, -1].all(axis=1).sum()
        assert row.pads == ((before, after), (before, after))


def test_the_table_says_everything_twice():
    table = ledger(models.strided())
    text, html = repr(table), table._repr_html_()
    for row in table:
        for cell in row.cells():
            assert cell in text
            assert f">{cell}<" in html
    assert all(heading in text and heading in html for heading in HEADINGS)
    assert f"{table.total_macs:,}" in text
    assert "0|1" in text
    assert "15 × 15" in text
    assert html.count("<tr>") == len(table) + 2
    assert html.count('scope="row"') == len(table) + 1


def test_what_is_not_known_is_a_dash_and_the_total_says_so():
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(1, 3), layers.GroupNormalization(1, name="odd")]
    )
    table = ledger(model)
    assert table["odd"].macs is None
    assert table["odd"].cells()[-1] == "–"
    assert f"≥ {table.total_macs:,}" in repr(table)


class Doubled(layers.Dense):
    """A layer that works twice, with a known layer's name and weights."""

    def call(self, inputs):
        return super().call(super().call(inputs))


def test_a_subclass_of_a_known_layer_may_compute_anything():
    table = ledger(keras.Sequential([keras.Input((8, 8, 4)), Doubled(4, name="odd")]))
    assert table["odd"].macs is table["odd"].field is None
    assert table["odd"].params == table.total_params == 20


def test_operations_are_rows_as_in_the_summary():
    image = keras.Input((8, 8, 3), name="image")
    product = keras.ops.matmul(image, keras.ops.ones((3, 5)))
    model = keras.Model(image, layers.Conv2D(2, 3, name="conv")(product))
    table = ledger(model)
    assert [row.kind for row in table] == ["InputLayer", "Matmul", "Conv2D"]
    assert (table.rows[1].output_shape, table.rows[1].params) == ((None, 8, 8, 5), 0)
    assert table.rows[1].macs is None
    assert f"≥ {table['conv'].macs:,}" in repr(table)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="subclassed")
        self.conv = layers.Conv2D(2, 3, padding="same")

    def call(self, inputs):
        return self.conv(inputs)


def test_a_nested_model_without_a_graph_is_one_row_with_dashes():
    image = keras.Input((8, 8, 1))
    model = keras.Model(image, layers.ReLU()(Subclassed()(image)))
    row = ledger(model)["subclassed"]
    assert (row.output_shape, row.params) == ((None, 8, 8, 2), 20)
    assert row.macs is row.field is None


def test_what_differs_between_the_uses_of_a_layer_stays_open():
    conv = layers.Conv2D(2, 3, 2, "same", name="shared")
    images = [keras.Input((8, 20, 1)), keras.Input((9, 20, 1))]
    row = ledger(keras.Model(images, [conv(image) for image in images]))["shared"]
    assert row.output_shape == (None, None, 10, 2)
    assert row.pads is None
    assert row.macs == (4 * 10 + 5 * 10) * 9 * 2
    assert row.activations == (4 * 10 + 5 * 10) * 2
    dense, (x, y) = layers.Dense(2, name="shared"), (keras.Input((3,)), keras.Input((4, 3)))
    row = ledger(keras.Model([x, y], [dense(x), dense(y)]))["shared"]
    assert row.output_shape == (None, None)
    assert row.macs == (1 + 4) * 3 * 2


def test_outputs_of_different_shape_stay_open():
    inner = keras.Input((8, 8, 1))
    two = keras.Model(inner, [layers.Conv2D(2, k)(inner) for k in (1, 3)], name="two")
    image = keras.Input((8, 8, 1))
    row = ledger(keras.Model(image, two(image)))["two"]
    assert row.field is None
    assert row.output_shape == (None, None, None, 2)
    assert row.activations == (8 * 8 + 6 * 6) * 2


def test_a_map_without_pixels_has_no_field():
    table = ledger(keras.Sequential([keras.Input((0, 8, 1)), layers.Flatten(name="flatten")]))
    assert table["flatten"].field is None


def test_unknown_sizes_stay_open():
    model = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(4, 3, 2, "same")])
    (row,) = ledger(model)
    assert (row.macs, row.activations, row.pads) == (None, None, None)
    assert row.params == model.count_params()
    padded = keras.Sequential(
        [keras.Input((None, None, 3)), layers.ZeroPadding2D(((1, 2), (3, 4)))]
    )
    assert ledger(padded).rows[0].pads == ((1, 2), (3, 4))  # they depend on no size


def test_a_layer_used_twice_pays_once_for_weights_and_twice_for_work():
    image = keras.Input((9, 9, 1))
    conv = layers.Conv2D(1, 3, padding="same", name="twice")
    once = ledger(keras.Model(image, conv(image)))["twice"]
    twice = ledger(keras.Model(image, conv(conv(image))))["twice"]
    assert twice.params == once.params
    assert twice.macs == 2 * once.macs


def test_a_nested_model_is_one_row_with_its_total():
    inner = keras.Sequential([keras.Input((9, 9, 1)), layers.Conv2D(2, 3)], name="inner")
    outer = ledger(keras.Sequential([keras.Input((9, 9, 1)), inner]))
    assert outer["inner"].macs == ledger(inner).total_macs


def flat_and_written_otherwise():
    """A network as a Sequential, as a Functional model, and with its body nested."""
    body = [
        layers.Conv2D(8, 3, name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.ReLU(),
    ]
    head = [layers.Flatten(), layers.Dense(10)]
    sequential = keras.Sequential([keras.Input((28, 28, 1)), *body, *head])
    image = x = keras.Input((28, 28, 1))
    for layer in [*body, *head]:
        x = layer(x)
    nested = keras.Sequential([keras.Input((28, 28, 1)), *body], name="body")
    return sequential, keras.Model(image, x), keras.Sequential([nested, *head])


def test_costs_are_the_same_however_a_network_is_written():
    flat, functional, nested = map(ledger, flat_and_written_otherwise())
    assert flat.total_macs == 26 * 26 * 9 * 8 + 26 * 26 * 8 * 10
    assert flat.total_activations == 3 * 26 * 26 * 8 + 10
    for other in (functional, nested):
        for total in ("total_params", "total_macs", "total_activations", "uncounted"):
            assert getattr(other, total) == getattr(flat, total)


def test_what_is_known_of_a_nested_model_is_shown_and_what_is_not_is_named():
    *_, nested = flat_and_written_otherwise()
    table = ledger(nested)
    known = 26 * 26 * 9 * 8
    assert (table["body"].macs, table["body"].uncounted) == (known, ("norm",))
    assert table["body"].cells()[4] == f"≥ {known:,}"
    note = "≥: without the MACs of norm, which are not counted."
    assert repr(table).endswith(note)
    assert note in table._repr_html_()
    many = [layers.BatchNormalization(name=f"norm{number}") for number in range(5)]
    table = ledger(keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(1, 3), *many]))
    assert "norm0, norm1, norm2 and 2 more, which" in table.note
    assert ledger(models.valid()).note == ""


@pytest.mark.parametrize(
    ("shape", "layer", "macs"),
    [
        ((20, 3), layers.Conv1D(4, 5), 16 * 5 * 3 * 4),
        ((20, 3), layers.DepthwiseConv1D(5), 16 * 5 * 3),
        ((20, 3), layers.SeparableConv1D(4, 5), 16 * (5 * 3 + 3 * 4)),
        ((20, 3), layers.Conv1DTranspose(4, 5), 20 * 5 * 3 * 4),
        ((16, 16, 16, 1), layers.Conv3D(8, 3), 14**3 * 27 * 8),
        ((16, 16, 16, 1), layers.Conv3DTranspose(8, 3), 16**3 * 27 * 8),
        *(((8, 2), kind(2), 0) for kind in (layers.MaxPooling1D, layers.AveragePooling1D)),
        *(((8, 8, 8, 2), kind(2), 0) for kind in (layers.MaxPooling3D, layers.AveragePooling3D)),
        ((8, 2), layers.GlobalAveragePooling1D(), 0),
    ],
    ids=lambda each: each.name if isinstance(each, keras.Layer) else "",
)
def test_one_and_three_axes_have_macs(shape, layer, macs):
    (row,) = ledger(keras.Sequential([keras.Input(shape), layer]))
    assert row.macs == macs
    assert len(row.field) == len(shape) - 1


def test_reading_a_model_leaves_it_as_it_was():
    shared = layers.Conv2D(2, 3, padding="same")
    image = keras.Input((8, 8, 2))
    model = keras.Model(image, shared(shared(image)))
    model.compile("adam", "mse")
    before = shared.output, model.summary(print_fn=lambda text, **_: None), len(model.operations)
    ledger(model), ledger(model)
    assert before == (shared.output, None, len(model.operations))
    assert len(shared.get_weights()) == 2


def test_bad_input_says_what_to_do():
    with pytest.raises(TypeError, match="Keras model, not str"):
        ledger("valid")
    with pytest.raises(TypeError, match=r"not function: call it, valid\(\)"):
        ledger(models.valid)
    with pytest.raises(ValueError, match=r"keras\.Input"):
        ledger(keras.Sequential([layers.Conv2D(1, 3)]))
    with pytest.raises(KeyError, match="conv1, conv2, conv3"):
        ledger(models.valid())["conv9"]

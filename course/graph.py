"""Reading a Keras model: its layers in order, and each layer as the windows it slides.

The receptive field and the ledger both stand on this.
"""

import inspect
from collections.abc import Iterator
from typing import NamedTuple

import keras
from keras import layers

from course.geometry import Window, same_pads

# A layer that is in none of these groups, slides no window and is no transposed convolution is
# unknown to the course: it is shown as Keras describes it, and nothing is guessed about it. Nor
# about a subclass of a known layer, which may compute anything.
PIXELWISE = (  # what comes out at a pixel depends on that pixel alone
    layers.Activation,
    layers.BatchNormalization,
    layers.Dense,
    layers.Dropout,
    layers.ELU,
    layers.GaussianNoise,
    layers.Identity,
    layers.LeakyReLU,
    layers.ReLU,
    layers.Rescaling,
    layers.Softmax,
    layers.SpatialDropout2D,
)
MERGING = (
    layers.Add,
    layers.Average,
    layers.Concatenate,
    layers.Maximum,
    layers.Minimum,
    layers.Multiply,
    layers.Subtract,
)
WHOLE_MAP = (layers.Flatten, layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D)
POOLING = (layers.AveragePooling2D, layers.MaxPooling2D)
CONVOLUTION = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)


class Call(NamedTuple):
    """One use of a layer: the layer (or nested model) and its symbolic inputs and outputs."""

    layer: keras.Layer
    inputs: list
    outputs: list


def graph_of(model: keras.Model) -> keras.Model:
    """The Functional model that holds the graph of a Sequential or Functional model.

    Raises
    ------
    TypeError
        If ``model`` is no Keras model.
    ValueError
        If the model has no graph: a Sequential without ``keras.Input``, or a subclassed model.
    """
    if not isinstance(model, keras.Model):
        hint = f": call it, {model.__name__}()" if inspect.isfunction(model) else ""
        raise TypeError(f"give a Keras model, not {type(model).__name__}{hint}")
    graph = getattr(model, "_functional", model)  # a built Sequential keeps a Functional inside
    if hasattr(graph, "_nodes_by_depth"):
        return graph
    raise ValueError(
        f"model {model.name!r} has no graph to follow: begin a Sequential with "
        "keras.Input((rows, columns, channels)) and then its layers, or build the model with "
        "keras.Model(inputs, outputs)"
    )


def calls(model: keras.Model) -> Iterator[Call]:
    """Every call of a layer in a model, each after those it needs; errors as in `graph_of`."""
    # Private, but there is no public way to see the calls; Keras' own summary reads the same.
    nodes = graph_of(model)._nodes_by_depth
    for depth in sorted(nodes, reverse=True):
        for node in nodes[depth]:
            yield Call(node.operation, node.input_tensors, node.output_tensors)


def map_size(layer: keras.Layer, shape: tuple) -> tuple[int | None, int | None]:
    """(rows, columns) of a map of this shape; (1, 1) for a vector, None where not known."""
    if len(shape) != 4:
        return 1, 1
    return shape[2:] if getattr(layer, "data_format", "") == "channels_first" else shape[1:3]


def is_pixelwise(layer: keras.Layer, shape: tuple) -> bool:
    """Whether each pixel that the layer puts out depends on that pixel alone.

    ``shape`` is that of its input; what is left of a flattened map counts as one pixel.
    """
    if type(layer) is layers.Flatten:
        return len(shape) == 2  # nothing is left to flatten
    if type(layer) is layers.Softmax:
        return layer.axis in (-1, len(shape) - 1)
    return type(layer) in PIXELWISE


def windows_of(layer: keras.Layer, shape: tuple) -> tuple[Window, Window] | None:
    """The windows (rows, columns) that a layer slides over a map of this shape.

    ``ZeroPadding2D`` is a window of one pixel on a padded map; Flatten and global pooling are one
    window as large as the map. None for a layer that slides no window over a map, or when the
    window depends on a size that is not known yet.
    """
    if len(shape) != 4:
        return None
    sizes = map_size(layer, shape)
    if type(layer) in WHOLE_MAP and all(sizes):
        return tuple(Window(n, strides=n) for n in sizes)
    if type(layer) is layers.ZeroPadding2D:
        return tuple(Window(1, padding=tuple(sides)) for sides in layer.padding)
    if type(layer) in POOLING:
        settings = zip(sizes, layer.pool_size, layer.strides, (1, 1), strict=True)
    elif type(layer) in CONVOLUTION:
        settings = zip(sizes, layer.kernel_size, layer.strides, layer.dilation_rate, strict=True)
    else:
        return None
    windows = []
    for n, k, s, d in settings:
        padding = layer.padding
        if s > 1 and d > 1:  # Conv2D refuses this, but the depthwise layers compute it
            if padding == "same" and n is None:
                return None
            padding = same_pads(n, k, s, d) if padding == "same" else 0
        windows.append(Window(k, s, padding, d))
    return tuple(windows)

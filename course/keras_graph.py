"""Reading a Keras model through its public API: its calls in order, and what each layer reads.

The receptive field, the ledger and the questions about models are built on this. A layer that is
in none of the groups below is unknown to the course: it is shown as Keras describes it, and nothing
is guessed about it. Nor about a subclass of a known layer, which may compute anything.
"""

import functools
import inspect
import re
from collections.abc import Iterator
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from course.geometry import Window, same_pads


def _kinds(*names: str) -> tuple[type, ...]:
    """The layers of these names; ``#`` stands for 1D, 2D and 3D, as far as Keras has them."""
    full = [name.replace("#", f"{axes}D") for name in names for axes in (1, 2, 3)]
    found = {name: getattr(layers, name) for name in full if hasattr(layers, name)}
    return tuple(found.values())


POOLING = _kinds("AveragePooling#", "MaxPooling#")
CONVOLUTION = _kinds("Conv#", "DepthwiseConv#", "SeparableConv#")
TRANSPOSED = _kinds("Conv#Transpose")
PADDING, CROPPING, REPEATING = map(_kinds, ("ZeroPadding#", "Cropping#", "UpSampling#"))
WHOLE_MAP = _kinds("Flatten", "GlobalAveragePooling#", "GlobalMaxPooling#")
MERGING = _kinds("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")
AUGMENTING = tuple(  # when a model predicts, they do nothing; RandomCrop is no exception to rely on
    kind
    for name, kind in vars(layers).items()
    if name.startswith("Random") and name != "RandomCrop"
)
EACH_NUMBER = (  # what comes out depends on the number in the same place alone
    *AUGMENTING,
    *_kinds("Activation", "ActivityRegularization", "AlphaDropout", "Dropout", "ELU"),
    *_kinds("GaussianDropout", "GaussianNoise", "Identity", "LeakyReLU", "ReLU", "Rescaling"),
    *_kinds("Normalization", "SpatialDropout#"),
)
SHAPING = _kinds("Flatten", "InputLayer", "Reshape")  # the same numbers in another shape
FREE = {  # layers that move, compare or add numbers but multiply none by a weight
    *(*MERGING, *POOLING, *WHOLE_MAP, *SHAPING, *PADDING, *CROPPING, *EACH_NUMBER),
    layers.Softmax,
}
EACH_PIXEL = {*EACH_NUMBER, *_kinds("BatchNormalization", "Dense", "PReLU")}
# Of keras.ops, as in x + y: what comes out depends on the numbers in the same place alone.
OPERATIONS = (
    *("Abs", "Absolute", "Add", "Cast", "Clip", "Cos", "Divide", "Elu", "Exp", "Gelu"),
    *("HardSigmoid", "HardSilu", "LeakyRelu", "Log", "Maximum", "Minimum", "Multiply"),
    *("Negative", "Power", "Relu", "Relu6", "Selu", "Sigmoid", "Sign", "Silu", "Sin"),
    *("Softplus", "Softsign", "Sqrt", "Square", "Subtract", "Tanh", "TrueDivide"),
)


class Call(NamedTuple):
    """One use of a layer, nested model or operation, with its symbolic inputs and outputs."""

    layer: keras.Operation
    inputs: list
    outputs: list


class Graph(NamedTuple):
    """What a model computes: each call comes after those whose outputs it needs."""

    inputs: list
    calls: list[Call]
    outputs: list


def read(model: keras.Model) -> Graph:
    """Read the calls of a Sequential or Functional model.

    A ``TypeError`` says that it is no Keras model, a ``ValueError`` that it has no graph, as a
    Sequential without ``keras.Input`` and a subclassed model have none.
    """
    if not isinstance(model, keras.Model):
        hint = f": call it, {model.__name__}()" if inspect.isfunction(model) else ""
        raise TypeError(f"give a Keras model, not {type(model).__name__}{hint}")
    try:
        inputs, outputs, operations = model.inputs, model.outputs, operations_of(model)
    except AttributeError:
        raise ValueError(
            f"model {model.name!r} has no graph to follow: begin a Sequential with "
            "keras.Input((rows, columns, channels)) and then its layers, or build the model with "
            "keras.Model(inputs, outputs)"
        ) from None
    listed = keras.tree.flatten
    calls = [Call(each, listed(each.input), listed(each.output)) for each in operations]
    # A layer tells of its first call only, which for one that is shared may be another.
    made = {id(each) for each in inputs} | {id(each) for call in calls for each in call.outputs}
    needed = [*outputs, *(each for call in calls for each in call.inputs)]
    if any(id(each) not in made for each in needed):
        return _replay(inputs, operations, outputs)
    return Graph(inputs, calls, outputs)


def chain(model: keras.Model) -> Iterator[Call]:
    """The calls of a model one after the other, up to the first layer that reads the whole map.

    Layers that look at one pixel at a time are passed over. Raises ``ValueError`` where the model
    branches, when it gets there; other errors as in `read`.
    """
    graph = read(model)
    if len(graph.inputs) != 1:
        raise ValueError(f"model {model.name!r} has {len(graph.inputs)} inputs: give one with one")
    tensor = graph.inputs[0]
    while users := [call for call in graph.calls if any(each is tensor for each in call.inputs)]:
        if len(users) > 1:
            names = " and ".join(call.layer.name for call in users)
            raise ValueError(
                f"model {model.name!r} branches into {names}: give the windows of one branch, "
                "such as layers=[Window(3), Window(3)]"
            )
        (call,) = users
        if type(call.layer) in WHOLE_MAP:
            return
        if not is_pixelwise(call.layer, tensor.shape):
            yield call
        tensor = call.outputs[0]


def operations_of(model: keras.Model) -> list:
    """The layers and operations of a model, in the order of ``model.summary()``."""
    return model.layers if isinstance(model, keras.Sequential) else model.operations


def called(model: keras.Model) -> dict[str, str]:
    """What to call each layer, by its name: nobody finds a name that Keras made up, by counting."""
    entries = [each for each in operations_of(model) if isinstance(each, layers.InputLayer)]
    words = {"input": "`input`"} | {each.name: "`input`" for each in entries}
    others = [each for each in operations_of(model) if each not in entries]
    for number, layer in enumerate(others, start=1):
        kind, name = type(layer).__name__, layer.name
        is_made_up = re.sub(r"_\d+$", "", name).replace("_", "") == kind.lower()
        words[name] = f"layer {number} ({kind})" if is_made_up else f"layer `{name}`"
        if isinstance(layer, keras.Sequential) or hasattr(layer, "operations"):
            inner = called(layer).items()
            words = {each: f"{word} of {words[name]}" for each, word in inner} | words
    return words


def _replay(inputs: list, operations: list, outputs: list) -> Graph:
    """Read a model by calling all of it again on new inputs: slower, and never wrong."""
    calls = []

    def call(layer, *args, **kwargs):
        result = _StandIn(layer)(*args, **kwargs)
        tensors = keras.tree.flatten((args, kwargs))
        given = [each for each in tensors if isinstance(each, keras.KerasTensor)]
        calls.append(Call(layer, given, keras.tree.flatten(result)))
        return result

    # Wrapped, a Sequential is a Functional model, and a compiled one is not compiled again.
    graph = keras.Model(inputs, outputs)
    copy = keras.models.clone_model(graph, clone_function=lambda each: each, call_function=call)
    renewed = {id(old): new for old, new in zip(inputs, copy.inputs, strict=True)}
    entries = [each for each in operations if isinstance(each, layers.InputLayer)]
    calls = [*(Call(each, [], [renewed[id(each.output)]]) for each in entries), *calls]
    return Graph(copy.inputs, calls, copy.outputs)


class _StandIn(keras.Operation):
    """Called in place of a layer, which would remember the call."""

    def __init__(self, layer: keras.Operation):
        super().__init__()
        self.layer = layer

    def compute_output_spec(self, *args, **kwargs):
        return self.layer.compute_output_spec(*args, **kwargs)


def map_size(layer: keras.Operation, shape: tuple) -> tuple[int | None, ...]:
    """Rows, columns, … of a map of this shape: () for a vector, None where not known."""
    first = getattr(layer, "data_format", "") == "channels_first"
    return tuple(shape[2:] if first else shape[1:-1])


def is_pixelwise(layer: keras.Operation, shape: tuple) -> bool:
    """Whether each pixel that the layer puts out depends on that pixel alone.

    ``shape`` is that of its input; what is left of a flattened map counts as one pixel.
    """
    kind = type(layer)
    if kind is layers.Flatten:
        return len(shape) == 2  # nothing is left to flatten
    if kind in (layers.Softmax, layers.LayerNormalization):
        return layer.axis in (-1, [-1], len(shape) - 1, [len(shape) - 1])
    return kind in EACH_PIXEL or is_operation(layer)


def is_operation(layer: keras.Operation) -> bool:
    """Whether this is one of the `OPERATIONS` of keras.ops."""
    kind = type(layer)
    ours = not isinstance(layer, keras.Layer) and kind.__module__.startswith("keras.")
    return ours and kind.__name__ in OPERATIONS


def is_repeating(layer: keras.Operation) -> bool:
    """Whether the layer repeats each pixel, as ``UpSampling2D`` does unless it interpolates."""
    return type(layer) in REPEATING and getattr(layer, "interpolation", "nearest") == "nearest"


def is_free(layer: keras.Operation) -> bool:
    """Whether the layer multiplies nothing by a weight."""
    return type(layer) in FREE or is_repeating(layer) or is_operation(layer)


def windows_of(layer: keras.Operation, shape: tuple) -> tuple[Window, ...] | None:
    """The windows (rows, columns, …) that a layer slides over a map of this shape.

    ``ZeroPadding2D`` is a window of one pixel on a padded map; Flatten and global pooling are one
    window as large as the map. None for a layer that slides no window over a map, or when the
    window depends on a size that is not known yet.
    """
    kind, sizes = type(layer), map_size(layer, shape)
    if kind in WHOLE_MAP and sizes and all(sizes):
        return tuple(Window(n, strides=n) for n in sizes if n)
    if kind in PADDING:
        return tuple(Window(1, padding=sides) for sides in sides_of(layer))
    if kind in POOLING:
        kernel, dilation = layer.pool_size, (1,) * len(sizes)
    elif kind in CONVOLUTION:
        kernel, dilation = layer.kernel_size, layer.dilation_rate
    else:
        return None
    windows = []
    for n, k, s, d in zip(sizes, kernel, layer.strides, dilation, strict=True):
        padding = layer.padding
        if s > 1 and d > 1:  # Conv2D refuses this, but the depthwise layers compute it
            if padding != "same":
                padding = 0
            elif n is None:
                return None
            else:
                padding = same_pads(n, k, s, d)
        windows.append(_window(k, s, padding, d))
    return tuple(windows)


_window = functools.lru_cache(Window)  # a model has few different ones


def sides_of(layer: keras.Layer) -> list[tuple[int, int]]:
    """What a padding or cropping layer adds or takes away, (before, after) along each axis."""
    amounts = layer.padding if type(layer) in PADDING else layer.cropping
    return [amounts] if isinstance(amounts[0], int) else list(amounts)


def pads_of(window: Window, n: int | None) -> tuple[int, int] | None:
    """What a window adds to ``n`` pixels (None: not known); None where that depends on n."""
    if n is None and window.padding == "same" and min(window.strides, window.span) > 1:
        return None
    return window.pads(n or 1)


def unread(model: keras.Model) -> dict[str, np.ndarray]:
    """Which pixels are read of each map that is not read whole, by the name of its layer.

    What comes out of the model counts as read, and so does all that a layer without windows gets.
    Zeros that a layer adds are no pixels. The name of what goes in is "input".

    Raises
    ------
    ValueError
        If the size of an input is open, or as in `read`.
    """
    graph = read(model)
    if any(None in each.shape[1:] for each in model.inputs):
        raise ValueError("which pixels are read depends on the size: give keras.Input numbers")
    seen: dict[int, np.ndarray] = {id(each): np.array(True) for each in graph.outputs}
    for layer, inputs, _ in graph.calls:
        for each in inputs:
            sizes = tuple(n or 0 for n in map_size(layer, each.shape))  # none is open
            windows = windows_of(layer, each.shape) or ()
            axes = [np.greater(w.usage(n), 0) for w, n in zip(windows, sizes, strict=False)]
            pixels = functools.reduce(np.multiply.outer, axes, np.array(True))
            if type(layer) in CROPPING:
                pixels = np.zeros(sizes, bool)
                pixels[_inside(layer, sizes)] = True
            seen[id(each)] = seen.get(id(each), False) | pixels
    makers = {id(each): call.layer for call in graph.calls if call.inputs for each in call.outputs}
    maps = {}
    for key, pixels in seen.items():
        layer = makers.get(key)
        if type(layer) in PADDING and pixels.ndim:
            pixels = pixels[_inside(layer, pixels.shape)]
        if not pixels.all():
            maps[layer.name if layer else "input"] = pixels
    return maps


def _inside(layer: keras.Layer, sizes: tuple[int, ...]) -> tuple[slice, ...]:
    """What is left of a map without the sides that a layer adds or takes away."""
    sides = zip(sides_of(layer), sizes, strict=True)
    return tuple(slice(before, n - after) for (before, after), n in sides)

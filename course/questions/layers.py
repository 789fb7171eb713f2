"""Questions about Keras layers, one or a chain; Keras is loaded only to look at a model."""

import functools
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from course.geometry import SettingError, whole
from course.ledger import ledger
from course.mistakes import Mistake
from course.questions.answers import Integer, Shape, Shapes
from course.questions.question import Question, first_different, need_shape, tidy
from course.questions.windows import (
    SETTINGS,
    Conv2DWindow,
    believed_size,
    formula,
    need_conv_padding,
    numbers_of,
    true_size,
    window_of,
)
from course.receptive_field import of_windows

if TYPE_CHECKING:
    import keras


class Layer(Conv2DWindow):
    """A question about one Conv2D layer on a square image."""

    channels: int = 1
    filters: int = 32

    takes = Integer(count=True)
    drawn: ClassVar = Conv2DWindow.drawn | {
        "channels": (2, 3, 4, 8, 16, 32),
        "filters": (4, 6, 10, 16, 32, 64),
    }

    def plain(self):
        setting = super().plain()
        for name in ("channels", "filters"):
            whole(name, setting[name])
        return setting

    @property
    def words(self) -> str:
        """The layer as one writes it in Keras, and what it gets."""
        bias = "" if self.setting.get("bias", True) else ", use_bias=False"
        return (
            f"`Conv2D({self.filters}, {self.kernel_size}, strides={self.strides}, "
            f"padding='{self.padding}'{bias})` on a map of {self.n}×{self.n}×{self.channels}."
        )

    @property
    def explorer(self):
        return _network(self.n, self.channels, [self.setting])


class Params(Layer):
    """How many parameters has a Conv2D layer on an image of n×n pixels?"""

    bias: bool = True

    asked = "{0.words} **How many parameters does the layer have?**"

    def plain(self):
        if not isinstance(self.bias, bool):
            raise SettingError("bias", self.bias, "it must be True or False", True)
        return super().plain()

    def right(self, kernel_size, channels, filters, bias, **others):
        return (kernel_size**2 * channels + bias) * filters

    def why(self, case):
        k, bias = case["kernel_size"], " and one bias" if case["bias"] else ""
        return (
            f"a filter has {k}·{k}·{case['channels']} weights{bias}, and the layer has "
            f"{case['filters']} of them"
        )


class Macs(Layer):
    """How many multiply-accumulates does a Conv2D layer take for an image of n×n pixels?"""

    asked = "{0.words} **How many multiply-accumulates (MACs) does one image take?**"

    def right(self, n, channels, filters, **window):
        places = true_size(n, **window) ** 2
        return places * filters * window["kernel_size"] ** 2 * channels

    def why(self, case):
        k, o = case["kernel_size"], window_of(case).output_size(case["n"])
        return (
            f"there are {o}·{o} places, at each place {case['filters']} filters, and each filter "
            f"takes {k}·{k}·{case['channels']} products"
        )


class TransposedSize(Conv2DWindow):
    """What comes out of a transposed convolution after a convolution took ``n`` pixels down?"""

    strides: int = 2

    asked = (
        "A convolution ({0.words}) turned {0.n} pixels into {0.cases[0][n]}. Now a "
        "`Conv2DTranspose` with the same setting gets those {0.cases[0][n]}. **How many come out?**"
    )

    @functools.cached_property
    def cases(self):
        n = window_of(self.setting).output_size(self.n)
        return ({"original": self.n} | self.setting | {"n": n},)

    def right(self, n, kernel_size, strides, padding, **others):
        return n * strides + (max(kernel_size - strides, 0) if padding == "valid" else 0)

    def why(self, case):
        n, k, s = case["n"], case["kernel_size"], case["strides"]
        if case["padding"] == "same":
            return f"with `same`, each of the {n} pixels becomes {s} (stride)"
        return (
            f"each of the {n} pixels writes {k} numbers, and begins {s} further on than the one "
            f"before: {n - 1} steps of {s}, and {max(k, s)} for the last"
        )

    def keras_says(self):
        import keras

        layer = keras.layers.Conv2DTranspose(1, self.kernel_size, self.strides, self.padding)
        return layer.compute_output_shape((None, *[self.cases[0]["n"]] * 2, 1))[1]


def _network(n: int, channels: int, layers: Iterable[dict]) -> dict:
    """The picture of layers on a square image."""
    names = ("filters", "kernel_size", "strides", "padding")
    shown = [{name: layer[name] for name in names} for layer in layers]
    return {"explorer": "network", "settings": {"n": n, "channels": channels, "layers": shown}}


def _along(layer: dict, axis: int) -> dict:
    """The window of a layer along rows (0) or columns (1)."""
    return {
        name: layer[name][axis] if isinstance(layer[name], tuple) else layer[name]
        for name in SETTINGS
    }


def chain(input_shape, layers, mistake: Mistake | None = None) -> tuple:
    """The shapes after each layer, as somebody works them out who makes this mistake, or none.

    `course.stack.walk` knows the true sizes only.
    """
    size = believed_size(mistake) if mistake else true_size
    shapes, shape = [], input_shape
    for layer in layers:
        deep, filters = shape[2], layer["filters"]
        if filters:
            believed = mistake and mistake.answer("channels", channels=deep, filters=filters)
            deep = believed or filters
        shape = (*(size(n=shape[axis], **_along(layer, axis)) for axis in (0, 1)), deep)
        shapes.append(shape)
    return tuple(shapes)


def _plain_layer(layer: object) -> dict:
    """One layer with all of its settings; what a Conv2D or pooling layer does not have stops."""
    if not isinstance(layer, dict):
        raise ValueError(f"a layer is a dict such as {{'filters': 8}}, not {layer!r}")
    layer = {name: _once(value) for name, value in tidy(layer).items()}
    pool = layer.get("filters") is None
    size = layer.get("kernel_size", 2 if pool else 3)
    usual = {"filters": None, "kernel_size": size, "strides": size if pool else 1}
    usual |= {"padding": "valid", "dilation_rate": 1}
    unknown = [name for name in layer if name not in usual]
    if pool and layer.get("dilation_rate", 1) != 1:
        unknown.append("dilation_rate")
    if unknown:
        kind = "a pooling layer (it has no filters)" if pool else "Conv2D"
        raise ValueError(f"{kind} has no setting {unknown[0]!r}: {layer}")
    if not pool:
        whole("filters", layer["filters"])
    need_conv_padding(layer.get("padding", "valid"))
    return usual | layer


def _call(layer: dict) -> str:
    """A layer as one writes it in Keras."""
    kind = f"Conv2D({layer['filters']}, " if layer["filters"] else "MaxPooling2D("
    dilation = f", dilation_rate={layer['dilation_rate']}" if layer["dilation_rate"] != 1 else ""
    window = f"{layer['kernel_size']}, strides={layer['strides']}, padding='{layer['padding']}'"
    return f"`{kind}{window}{dilation})`"


class ModelShapes(Question):
    """What is the shape after each layer? Arguments as in `output_shape`."""

    layers: "keras.Model | dict | list[dict]"
    input_shape: tuple[int, int, int] | None = None

    which = "each"
    depths: ClassVar[tuple[int, ...]] = (2, 3)  # of what `draw` draws
    asked = (
        "An image of {0.input_shape[0]}×{0.input_shape[1]}×{0.input_shape[2]} goes through "
        "{0.words}. **What is the shape after {0.which} layer?**"
    )

    def plain(self):
        layers, shape = self.layers, tidy(self.input_shape)
        if isinstance(layers, dict):
            layers = [layers]
        if not isinstance(layers, list | tuple):  # a Keras model
            if shape is not None:
                raise ValueError("a model has a shape of its own: leave input_shape out")
            described = describe(layers)
            if not described["layers"]:
                raise ValueError(
                    f"model {layers.name!r}: only a chain of Conv2D and pooling layers has shapes "
                    "that can be asked for; what comes after the last map is left out"
                )
            shape, layers = described["input_shape"], described["layers"]
        elif shape is None:
            raise ValueError("input_shape is missing: give rows, columns, channels")
        elif not layers:
            raise ValueError("there are no layers: give at least one")
        layers = tuple(map(_plain_layer, layers))
        need_shape("input_shape", shape)
        for axis in (0, 1):  # does it all fit?
            of_windows([_along(layer, axis) for layer in layers], shape[axis])
        return {"input_shape": shape, "layers": layers}

    def answer_of(self, case):
        return Shapes(len(case["layers"]))

    @property
    def words(self) -> str:
        """The layers as one writes them in Keras."""
        return ", ".join(map(_call, self.layers))

    @property
    def explorer(self):
        rows, columns, channels = self.input_shape
        if rows != columns or any(layer["dilation_rate"] != 1 for layer in self.layers):
            return None  # it draws squares only, and no dilation
        return _network(rows, channels, self.layers)

    def _asked(self, shapes):
        """What is asked for of the shapes after each layer."""
        return tuple(shapes)

    def right(self, **case):
        return self._asked(chain(**case))

    def keras_says(self):
        from keras.layers import Conv2D, MaxPooling2D

        shapes = [(None, *self.input_shape)]
        for layer in self.layers:
            window = layer["kernel_size"], layer["strides"], layer["padding"]
            made = Conv2D(**layer) if layer["filters"] else MaxPooling2D(*window)
            shapes.append(made.compute_output_shape(shapes[-1]))
        return self._asked([tuple(shape[1:]) for shape in shapes[1:]])

    def wrong(self, mistake, case):
        try:
            shapes = chain(**case, mistake=mistake)
        except SettingError:  # a layer does not fit what is believed
            return [None]
        if "shape" in mistake.formulas:
            shapes = tuple(mistake.answer("shape", shape=shape) for shape in shapes)
        return [self._asked(shapes)]

    def numbers(self, case):
        (layer, *more), (rows, columns, channels) = case["layers"], case["input_shape"]
        if more or rows != columns or _along(layer, 0) != _along(layer, 1):
            return {}
        return numbers_of(layer | {"n": rows, "channels": channels})

    def why(self, case):
        pairs = zip(case["layers"], (case["input_shape"], *chain(**case)), strict=False)
        rows = [formula(_along(layer, 0) | {"n": shape[0]}) for layer, shape in pairs]
        return f"along the rows, {'; then '.join(rows)}; each filter makes one channel"

    def fact(self, case, answer):
        right = chain(**case)
        number = first_different(answer, right)
        before = (case["input_shape"], *right)[number]
        axis = first_different(answer[number], right[number])
        start = f"Layer {number + 1} gets {before[0]}×{before[1]}×{before[2]}. Look at its"
        if axis == 2:
            return f"{start} channels: each filter makes one; pooling keeps them."
        places = formula(_along(case["layers"][number], axis) | {"n": before[axis]})
        return f"{start} {('rows', 'columns')[axis]}: {places}."

    def draw(self, pick):
        rows = pick(range(20, 65))
        shape = (rows, pick((rows, rows, pick(range(20, 65)))), pick((1, 2, 3)))
        layers = []
        for _ in range(pick(self.depths)):
            layer = {"filters": pick((4, 8, 16, 32, None)), "padding": pick(("valid", "same"))}
            if layer["filters"]:
                layer |= {"kernel_size": pick((2, 3, 3, 5)), "strides": pick((1, 2, 2, 3))}
            layers.append(layer)
        return {"input_shape": shape, "layers": layers}


class OutputShape(ModelShapes):
    """What is the shape after the last layer?

    ``layers`` is a Keras model, a dict or a list of dicts: a chain of Conv2D and pooling layers;
    what comes after the last map is left out. A dict has ``filters`` (None: max-pooling),
    ``kernel_size``, ``strides``, ``padding``, each a number or a pair (rows, columns).
    ``input_shape`` is rows, columns, channels; a model knows its own.
    """

    which = "the last"
    depths = (1,)

    def answer_of(self, case):
        return Shape()

    def _asked(self, shapes):
        return shapes[-1]

    def fact(self, case, answer):
        if len(case["layers"]) > 1:
            return "Write down the shape after each layer; each layer gets what the last one made."
        return super().fact(case, [answer])


def describe(model) -> dict:
    """What `build_model` looks at in a Keras model, as plain data.

    ``input_shape`` and ``output_shape`` are without the batch. ``macs`` are those that are counted,
    and ``uncounted`` the names of the other layers. ``field`` is the receptive field of the output
    along its shorter axis, None where it is not known. ``window`` is the largest kernel or pooling
    window. ``layers`` are the settings of the Conv2D and pooling layers when the model is a chain
    of them, up to where the map ends, else nothing.

    Raises
    ------
    TypeError, ValueError
        As `course.ledger.ledger` does: no Keras model, or none with a graph. Also for a model
        with several inputs or outputs.
    """
    table = ledger(model)
    if len(model.inputs) > 1 or len(model.outputs) > 1:
        raise ValueError(f"model {model.name!r} has more than one input or output")
    field = table.rows[-1].field
    return {
        "input_shape": tuple(model.input_shape[1:]),
        "output_shape": tuple(model.output_shape[1:]),
        "params": table.total_params,
        "macs": table.total_macs,
        "uncounted": table.uncounted,
        "field": field and min(axis.size for axis in field),
        "window": max(_windows_in(model), default=1),
        "layers": _chain_of(model),
    }


def examine(model) -> dict:
    """What `design` looks at besides, in nested models too, as plain data.

    ``span`` is the largest window with its gaps, or a whole map. ``unread`` has (layer, pixels
    never read, pixels) of maps, ``squeezed`` the layer with the smallest map and its numbers.
    ``deaf`` is a model that makes the same of different pictures.
    """
    import keras

    from course.keras_graph import read, unread, windows_of

    parts = [*_parts(model)]
    calls = [call for part in parts for call in read(part).calls if call.inputs]
    windows = [windows_of(layer, inputs[0].shape) or () for layer, inputs, _ in calls]
    maps = [(layer.name, math.prod(made.shape[1:])) for layer, _, (made, *_) in calls]
    maps.append(("input", math.prod(model.input_shape[1:])))
    pictures = keras.random.uniform((2, *model.input_shape[1:]), seed=0)
    one, other = model(pictures)
    return {
        "span": max((each.span for axes in windows for each in axes), default=1),
        "unread": [
            (name, int((~pixels).sum()), pixels.size)
            for part in parts
            for name, pixels in unread(part).items()
        ],
        "squeezed": min(maps, key=lambda each: each[1]),
        "deaf": bool(keras.ops.all(one == other)),
    }


def _parts(model):
    """The model and all nested models."""
    yield model
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _parts(layer)


def _windows_in(model):
    """The sizes of all kernels and pooling windows, those of nested models too."""
    for layer in [layer for part in _parts(model) for layer in part.layers]:
        size = getattr(layer, "kernel_size", getattr(layer, "pool_size", 1))
        yield from size if isinstance(size, tuple) else (size,)


def _chain_of(model) -> tuple:
    """The settings of the layers of a chain; empty for any other model."""
    from keras.layers import AveragePooling2D, Conv2D, MaxPooling2D

    from course.keras_graph import WHOLE_MAP, chain, is_pixelwise, windows_of

    settings = []
    try:
        for layer, inputs, _ in chain(model):
            if type(layer) in WHOLE_MAP:
                break
            if is_pixelwise(layer, inputs[0].shape):
                continue
            if type(layer) not in (AveragePooling2D, Conv2D, MaxPooling2D):
                return ()
            windows = windows_of(layer, inputs[0].shape) or ()
            pairs = {name: _once(tuple(getattr(w, name) for w in windows)) for name in SETTINGS}
            settings.append({"filters": getattr(layer, "filters", None)} | pairs)
    except ValueError:  # it branches
        return ()
    return tuple(settings)


def _once(value: object) -> object:
    """A number for a pair of equal numbers."""
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value

"""Questions about Keras layers, one or a chain; Keras is loaded only to look at a model."""

import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from course.geometry import SettingError
from course.ledger import ledger
from course.questions.answers import Integer, Shape, Shapes
from course.questions.question import IMAGE, Pick, Question, need_shape, need_whole, tidy
from course.questions.windows import (
    OneWindow,
    believed_size,
    formula,
    in_words,
    numbers_of,
    true_size,
    window_of,
)
from course.receptive_field import of_windows

if TYPE_CHECKING:
    import keras


def need_conv_padding(padding: object) -> None:
    """Raise ``SettingError`` for a padding that Keras has on one axis only, or not at all."""
    if padding not in ("valid", "same"):
        raise SettingError("padding", padding, "Conv2D has valid and same only", "same")


@dataclass(eq=False, repr=False)
class Layer(Question):
    """A question about one Conv2D layer on a square image."""

    n: int = 28
    kernel_size: int = 3
    strides: int = 1
    padding: str = "valid"
    channels: int = 1
    filters: int = 32

    answer_type = Integer(count=True)

    def plain(self):
        setting = super().plain()
        window_of(setting).output_size(setting["n"])
        need_conv_padding(setting["padding"])
        need_whole(channels=setting["channels"], filters=setting["filters"])
        return setting

    @property
    def described(self) -> str:
        """The layer as one writes it in Keras, and what it gets."""
        bias = "" if self.setting.get("bias", True) else ", use_bias=False"
        return (
            f"`Conv2D({self.filters}, {self.kernel_size}, strides={self.strides}, "
            f"padding='{self.padding}'{bias})` on a map of {self.n}×{self.n}×{self.channels}."
        )

    @property
    def explorer(self):
        names = ("filters", "kernel_size", "strides", "padding")
        layer = {name: self.setting[name] for name in names}
        settings = {"n": self.n, "channels": self.channels, "layers": [layer]}
        return {"explorer": "network", "settings": settings}

    def numbers(self, case):
        letters = {"kernel_size": "k", "strides": "s"}
        return {letters.get(name, name): value for name, value in case.items()}

    def draw(self, pick):
        setting = {"n": pick(range(8, 65)), "kernel_size": pick((2, 3, 3, 5))}
        setting |= {"strides": pick((1, 2, 2, 3)), "padding": pick(("valid", "same"))}
        return setting | {
            "channels": pick((2, 3, 4, 8, 16, 32)),
            "filters": pick((4, 6, 10, 16, 32, 64)),
        }


@dataclass(eq=False, repr=False)
class Params(Layer):
    """How many parameters has a Conv2D layer on an image of n×n pixels?"""

    bias: bool = True

    quantities = ("params",)

    def plain(self):
        if not isinstance(self.bias, bool):
            raise SettingError("bias", self.bias, "it must be True or False", True)
        return super().plain()

    @property
    def prompt(self):
        return f"{self.described} **How many parameters has the layer?**"

    def right(self, kernel_size, channels, filters, bias, **others):
        return (kernel_size**2 * channels + bias) * filters

    def why(self, case):
        k, bias = case["kernel_size"], " and one bias" if case["bias"] else ""
        return (
            f"a filter has {k}·{k}·{case['channels']} weights{bias}, and the layer has "
            f"{case['filters']} of them"
        )

    def keras_says(self):
        import keras

        settings = {k: v for k, v in self.setting.items() if k not in ("n", "channels", "bias")}
        layer = keras.layers.Conv2D(**settings, use_bias=self.bias)
        layer.build((None, self.n, self.n, self.channels))
        return layer.count_params()


@dataclass(eq=False, repr=False)
class Macs(Layer):
    """How many multiply-accumulates does a Conv2D layer take for an image of n×n pixels?"""

    quantities = ("macs",)

    @property
    def prompt(self):
        return f"{self.described} **How many multiply-accumulates (MACs) does one image take?**"

    def right(self, n, channels, filters, **window):
        places = true_size(n, **window) ** 2
        return places * filters * window["kernel_size"] ** 2 * channels

    def why(self, case):
        k, o = case["kernel_size"], window_of(case).output_size(case["n"])
        return (
            f"there are {o}·{o} places, at each place {case['filters']} filters, and each filter "
            f"takes {k}·{k}·{case['channels']} products"
        )


@dataclass(eq=False, repr=False)
class TransposedSize(OneWindow):
    """What comes out of a transposed convolution after a convolution took ``n`` pixels down?"""

    n: int = 28
    kernel_size: int = 3
    strides: int = 2
    padding: str = "valid"

    quantities = ("transposed_size",)

    def plain(self):
        setting = super().plain()
        need_conv_padding(setting["padding"])
        return setting

    @functools.cached_property
    def cases(self):
        n = window_of(self.setting).output_size(self.n)
        return (self.setting | {"original": self.n, "n": n},)

    @property
    def prompt(self):
        return (
            f"A convolution ({in_words(**self.setting)}) turned {self.n} pixels into "
            f"{self.cases[0]['n']}. Now a `Conv2DTranspose` with the same setting gets those "
            f"{self.cases[0]['n']}. **How many come out?**"
        )

    def numbers(self, case):
        return {"n": case["n"], "original": case["original"], "s": case["strides"]}

    def right(self, n, kernel_size, strides, padding, **others):
        return n * strides + (max(kernel_size - strides, 0) if padding == "valid" else 0)

    def why(self, case):
        n, k, s = case["n"], case["kernel_size"], case["strides"]
        if case["padding"] == "same":
            return f"with `same`, each of the {n} pixels becomes {s} (stride)"
        return (
            f"each of the {n} pixels is spread over {k}, and each begins {s} further on than the "
            "one before; nothing is cut off, and there is at least one step for every pixel"
        )

    def keras_says(self):
        import keras

        settings = {"filters": 1, "kernel_size": self.kernel_size, "strides": self.strides}
        layer = keras.layers.Conv2DTranspose(**settings, padding=self.padding)
        return layer.compute_output_shape((None, *[self.cases[0]["n"]] * 2, 1))[1]

    def draw(self, pick):
        setting = {"n": pick(range(8, 65)), "kernel_size": pick(range(2, 7))}
        return setting | {"strides": pick((2, 2, 3)), "padding": pick(("valid", "same"))}


def _along(layer: dict, axis: int) -> dict:
    """The window of a layer along rows (0) or columns (1)."""
    pairs = {name: layer[name] for name in ("kernel_size", "strides", "dilation_rate")}
    return {"padding": layer["padding"]} | {
        name: value[axis] if isinstance(value, tuple) else value for name, value in pairs.items()
    }


def chain(input_shape, layers, size: Callable, channels: Callable) -> tuple:
    """The shapes after each layer, by ways to work out a size and a number of channels.

    `course.stack.walk` knows the true sizes only.
    """
    shapes, shape = [], input_shape
    for layer in layers:
        deep = shape[2]
        if layer["filters"]:
            deep = channels(channels=deep, filters=layer["filters"])
        shape = (*(size(n=shape[axis], **_along(layer, axis)) for axis in (0, 1)), deep)
        shapes.append(shape)
    return tuple(shapes)


def plain(layers: object, input_shape: tuple | None) -> dict:
    """Layers as plain data: the shape they get, and a dict of settings for each."""
    if isinstance(layers, dict):
        layers = [layers]
    if not isinstance(layers, list | tuple):  # a Keras model
        if input_shape is not None:
            raise ValueError("a model has a shape of its own: leave input_shape out")
        described = describe(layers)
        if not described["layers"]:
            raise ValueError(
                f"model {layers.name!r}: only a chain of Conv2D and pooling layers has shapes "
                "that can be asked for; what comes after the last map is left out"
            )
        return {name: described[name] for name in ("input_shape", "layers")}
    if input_shape is None:
        raise ValueError("input_shape is missing: give rows, columns, channels")
    return {"input_shape": tidy(input_shape), "layers": tuple(map(_plain_layer, layers))}


def _plain_layer(layer: object) -> dict:
    """One layer with all of its settings; what a Conv2D or pooling layer does not have stops."""
    if not isinstance(layer, dict):
        raise ValueError(f"a layer is a dict such as {{'filters': 8}}, not {layer!r}")
    layer = tidy(layer)
    pool = layer.get("filters") is None
    size = layer.get("kernel_size", 2 if pool else 3)
    usual = {"filters": None, "kernel_size": size, "strides": size if pool else 1}
    usual |= {"padding": "valid", "dilation_rate": 1}
    unknown = [name for name in layer if name not in usual]
    if pool and layer.get("dilation_rate", 1) not in (1, (1, 1)):
        unknown.append("dilation_rate")
    if unknown:
        kind = "a pooling layer (it has no filters)" if pool else "Conv2D"
        raise ValueError(f"{kind} has no setting {unknown[0]!r}: {layer}")
    settings = usual | layer
    need_conv_padding(settings["padding"])
    if not pool:
        need_whole(filters=settings["filters"])
    return settings


def _call(layer: dict) -> str:
    """A layer as one writes it in Keras."""
    filters = f"{layer['filters']}, " if layer["filters"] else ""
    text = f"{filters}{layer['kernel_size']}, strides={layer['strides']}"
    text += f", padding='{layer['padding']}'"
    if layer["dilation_rate"] not in (1, (1, 1)):
        text += f", dilation_rate={layer['dilation_rate']}"
    return f"`{'Conv2D' if filters else 'MaxPooling2D'}({text})`"


def _in_keras(layer: dict) -> "keras.Layer":
    import keras

    settings = {name: layer[name] for name in ("strides", "padding")}
    if layer["filters"]:
        settings |= {name: layer[name] for name in ("filters", "kernel_size", "dilation_rate")}
        return keras.layers.Conv2D(**settings)
    return keras.layers.MaxPooling2D(layer["kernel_size"], **settings)


@dataclass(eq=False, repr=False)
class ModelShapes(Question):
    """What is the shape after each layer? Arguments as in `output_shape`."""

    layers: "keras.Model | dict | list[dict]"
    input_shape: tuple[int, int, int] | None = None

    quantities = ("output_size", "channels", "shape")

    def plain(self):
        setting = plain(self.layers, self.input_shape)
        shape, layers = setting.values()
        need_shape("input_shape", shape, like=(28, 28, 1), axes=IMAGE)
        if not layers:
            raise ValueError("there are no layers: give at least one")
        for axis in (0, 1):  # does it all fit?
            of_windows([_along(layer, axis) for layer in layers], shape[axis])
        return setting

    which = "each"

    @property
    def answer_type(self):
        return Shapes(len(self.layers))

    @property
    def prompt(self):
        rows, columns, channels = self.input_shape
        calls = ", ".join(map(_call, self.layers))
        return (
            f"An image of {rows}×{columns}×{channels} goes through {calls}. "
            f"**What is the shape after {self.which} layer?**"
        )

    @property
    def explorer(self):
        rows, columns, channels = self.input_shape
        if rows != columns or any(
            layer["dilation_rate"] not in (1, (1, 1)) for layer in self.layers
        ):
            return None  # it draws squares only, and no dilation
        names = ("filters", "kernel_size", "strides", "padding")
        layers = [{name: layer[name] for name in names} for layer in self.layers]
        settings = {"n": rows, "channels": channels, "layers": layers}
        return {"explorer": "network", "settings": settings}

    def _asked(self, shapes):
        """What is asked for of the shapes after each layer."""
        return tuple(shapes)

    def right(self, **case):
        return self._asked(_true_shapes(case))

    def keras_says(self):
        shapes = [(None, *self.input_shape)]
        for layer in self.layers:
            shapes.append(_in_keras(layer).compute_output_shape(shapes[-1]))
        return self._asked([tuple(shape[1:]) for shape in shapes[1:]])

    def wrong(self, mistake, case):
        channels = _made
        if "channels" in mistake.formulas:
            channels = functools.partial(mistake.answer, "channels")
        try:
            shapes = chain(**case, size=believed_size(mistake), channels=channels)
        except SettingError:  # a layer does not fit what is believed
            return [None]
        if "shape" in mistake.formulas:
            shapes = tuple(mistake.answer("shape", shape=shape) for shape in shapes)
        return [self._asked(shapes)]

    def numbers(self, case):
        if len(case["layers"]) > 1:
            return {}
        (layer,), (rows, columns, channels) = case["layers"], case["input_shape"]
        window = _along(layer, 0)
        if rows != columns or window != _along(layer, 1):
            return {}
        numbers = numbers_of(window | {"n": rows}) | {"channels": channels}
        return numbers | ({"filters": layer["filters"]} if layer["filters"] else {})

    def why(self, case):
        shapes = (case["input_shape"], *_true_shapes(case))
        pairs = zip(case["layers"], shapes, strict=False)
        rows = [_along(layer, 0) | {"n": shape[0]} for layer, shape in pairs]
        return (
            f"along the rows, {'; then '.join(map(formula, rows))}; each filter makes one channel"
        )

    def fact(self, case, answer):
        right = _true_shapes(case)
        number = list(map(operator.ne, answer, right)).index(True)
        return self._fact_about(number, case, answer[number], right)

    def _fact_about(self, number, case, shape, right):
        before = (case["input_shape"], *right)[number]
        axis = list(map(operator.ne, shape, right[number])).index(True)
        start = f"Layer {number + 1} gets {before[0]}×{before[1]}×{before[2]}. "
        if axis == 2:
            return f"{start}Look at its channels: each filter makes one; pooling keeps them."
        places = formula(_along(case["layers"][number], axis) | {"n": before[axis]})
        return f"{start}Look at its {('rows', 'columns')[axis]}: {places}."

    def draw(self, pick):
        return draw_stack(pick, depth=pick((2, 3)))


def _made(channels: int, filters: int) -> int:
    """Channels that a convolution makes."""
    return filters


def _true_shapes(case: dict) -> tuple:
    return chain(**case, size=true_size, channels=_made)


def draw_stack(pick: Pick, depth: int) -> dict:
    """An image and the layers that it goes through."""
    rows = pick(range(20, 65))
    shape = (rows, pick((rows, rows, pick(range(20, 65)))), pick((1, 2, 3)))
    layers = []
    for _ in range(depth):
        layer = {"filters": pick((4, 8, 16, 32, None)), "padding": pick(("valid", "same"))}
        if layer["filters"]:
            layer |= {"kernel_size": pick((2, 3, 3, 5)), "strides": pick((1, 2, 2, 3))}
        else:
            layer |= {"kernel_size": pick((2, 3)), "strides": 2}
        layers.append(layer)
    return {"input_shape": shape, "layers": layers}


@dataclass(eq=False, repr=False)
class OutputShape(ModelShapes):
    """What is the shape after the last layer?

    Parameters
    ----------
    layers : keras.Model, dict or list of dict
        A chain of Conv2D and pooling layers; what comes after the last map is left out. A dict
        has ``filters`` (None: max-pooling), ``kernel_size``, ``strides``, ``padding``, each a
        number or a pair (rows, columns).
    input_shape : (int, int, int)
        Rows, columns, channels; a model knows its own.
    """

    answer_type = Shape()
    which = "the last"

    def _asked(self, shapes):
        return shapes[-1]

    def fact(self, case, answer):
        if len(case["layers"]) > 1:
            return "Write down the shape after each layer; each layer gets what the last one made."
        return self._fact_about(0, case, answer, _true_shapes(case))

    def draw(self, pick):
        return draw_stack(pick, depth=1)


def describe(model) -> dict:
    """What `build_model` looks at in a Keras model, as plain data.

    Returns
    -------
    dict
        ``input_shape`` and ``output_shape`` without the batch; ``params``; ``macs``, as far as they
        are counted, and the names of the layers ``uncounted``; ``field``, the receptive field
        (rows, columns) of the output, None where it is not known; ``window``, the largest kernel
        or pooling window; ``layers``, the settings of the Conv2D and pooling layers when the model
        is a chain of them, up to where the map ends, else nothing.

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
        "field": field and tuple(axis.size for axis in field),
        "window": max(_windows_in(model), default=1),
        "layers": _chain_of(model),
    }


def _windows_in(model):
    """The sizes of all kernels and pooling windows, those of nested models too."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _windows_in(layer)
        size = getattr(layer, "kernel_size", getattr(layer, "pool_size", 1))
        yield from size if isinstance(size, tuple) else (size,)


def _chain_of(model) -> tuple:
    """The settings of the layers of a chain, as in `plain`; empty for any other model."""
    import keras

    from course.keras_graph import POOLING, WHOLE_MAP, chain, is_pixelwise

    settings = []
    try:
        for layer, inputs, _ in chain(model):
            if type(layer) in WHOLE_MAP:
                break
            if is_pixelwise(layer, inputs[0].shape):
                continue
            if type(layer) is keras.layers.Conv2D:
                setting = {"filters": layer.filters, "kernel_size": layer.kernel_size}
                setting["dilation_rate"] = layer.dilation_rate
            elif type(layer) in POOLING:
                setting = {"filters": None, "kernel_size": layer.pool_size, "dilation_rate": 1}
            else:
                return ()
            setting |= {"strides": layer.strides, "padding": layer.padding}
            settings.append({name: _once(value) for name, value in setting.items()})
    except ValueError:  # it branches
        return ()
    return tuple(settings)


def _once(value: object) -> object:
    """A number for a pair of equal numbers."""
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value

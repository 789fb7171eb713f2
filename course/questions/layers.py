"""Questions about Keras layers, one or a chain; Keras is loaded when it must answer."""

import functools
import operator
from collections.abc import Callable

from course.geometry import SettingError, Window
from course.mistakes import Mistake
from course.questions.answers import Shape, Shapes
from course.questions.question import IMAGE, Pick, Question, need_shape, need_whole, tidy
from course.questions.windows import AXIS, OutputSize, believed_size, formula, in_words


def need_conv_padding(padding: object) -> None:
    """Raise ``SettingError`` for a padding that Keras has on one axis only, or not at all."""
    if padding not in ("valid", "same"):
        raise SettingError("padding", padding, "Conv2D has valid and same only", "same")


@functools.lru_cache(maxsize=1000)
def _conv(n, kernel_size, strides, padding, channels, filters, bias=True):
    """A Keras model of one Conv2D layer, as its ledger: (parameters, MACs)."""
    import keras

    from course.ledger import ledger

    conv = keras.layers.Conv2D(filters, kernel_size, strides, padding, use_bias=bias)
    table = ledger(keras.Sequential([keras.Input((n, n, channels)), conv]))
    return table.total_params, table.total_macs


class Layer(Question):
    """A question about one Conv2D layer on a square image."""

    def __init__(self, **setting):
        super().__init__(**setting)
        n, k, s, padding = (
            self.setting[each] for each in ("n", "kernel_size", "strides", "padding")
        )
        Window(k, s, padding).output_size(n)
        need_conv_padding(padding)
        need_whole(channels=self.setting["channels"], filters=self.setting["filters"])
        if not isinstance(self.setting.get("bias", True), bool):
            raise SettingError("bias", self.setting["bias"], "it must be True or False", True)

    @property
    def _described(self) -> str:
        n, k, s = (self.setting[name] for name in ("n", "kernel_size", "strides"))
        bias = "" if self.setting.get("bias", True) else ", use_bias=False"
        return (
            f"`Conv2D({self.setting['filters']}, {k}, strides={s}, "
            f"padding='{self.setting['padding']}'{bias})` "
            f"on a map of {n}×{n}×{self.setting['channels']}."
        )

    @property
    def explorer(self):
        layer = {k: self.setting[k] for k in ("filters", "kernel_size", "strides", "padding")}
        return {"explorer": "network", "settings": {"layers": [layer]}}

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


class Params(Layer):
    kind = quantity = "params"
    known = (
        *("forgot_bias", "forgot_channels", "forgot_filters", "forgot_second_axis", "one_bias"),
        *("stride_changes_parameters", "padding_adds_parameters", "weights_at_each_place"),
    )

    @property
    def prompt(self):
        return f"{self._described} **How many parameters has the layer?**"

    def right(self, **layer):
        return _conv(**layer)[0]

    def fact(self, case, answer):
        k, bias = case["kernel_size"], " and one bias" if case["bias"] else ""
        return (
            f"A filter has {k}·{k}·{case['channels']} weights{bias}, and the layer has "
            f"{case['filters']} of them."
        )

    def draw(self, pick):
        return super().draw(pick) | {"bias": True}


class Macs(Layer):
    kind = quantity = "macs"
    known = (
        *("macs_at_input_size", "forgot_channels", "forgot_filters", "macs_at_one_place"),
        *("forgot_second_axis", "bias_is_a_mac", "products_and_sums", "ignored_stride"),
        "other_padding",
    )

    @property
    def prompt(self):
        return f"{self._described} **How many multiply-accumulates (MACs) does one image take?**"

    def right(self, **layer):
        return _conv(**layer)[1]

    def fact(self, case, answer):
        n, k, s, padding = (case[name] for name in ("n", "kernel_size", "strides", "padding"))
        o = Window(k, s, padding).output_size(n)
        return (
            f"There are {o}·{o} places, at each place {case['filters']} filters, and each filter "
            f"takes {k}·{k}·{case['channels']} products."
        )


class Transposed(Question):
    kind = quantity = "transposed_size"
    known = (
        *("transposed_inverts_size", "transposed_shrinks", "ignored_stride", "other_padding"),
        *("spreads_no_pixel", "counts_a_step_too_many"),
    )

    def __init__(self, **setting):
        super().__init__(**setting)
        n, window = self.setting["n"], {k: v for k, v in self.setting.items() if k != "n"}
        self.cases = ({"original": n, "n": Window(**window).output_size(n), **window},)
        need_conv_padding(window["padding"])

    @property
    def prompt(self):
        n, original = self.cases[0]["n"], self.setting["n"]
        window = {k: self.setting[k] for k in ("kernel_size", "strides", "padding")}
        return (
            f"A convolution ({in_words(**window)}) turned {original} pixels into {n}. Now a "
            f"`Conv2DTranspose` with the same setting gets those {n}. **How many come out?**"
        )

    @property
    def explorer(self):
        return {"explorer": "window", "settings": dict(self.setting)}

    def numbers(self, case):
        return {"n": case["n"], "original": case["original"], "s": case["strides"]}

    def right(self, n, kernel_size, strides, padding, original=None):
        import keras

        layer = keras.layers.Conv2DTranspose(1, kernel_size, strides, padding)
        return layer.compute_output_shape((None, n, n, 1))[1]

    def fact(self, case, answer):
        n, k, s = case["n"], case["kernel_size"], case["strides"]
        if case["padding"] == "same":
            return f"With `same`, each of the {n} pixels becomes {s} (stride)."
        return (
            f"Each of the {n} pixels is spread over {k}, and each begins {s} further on than the "
            "one before; nothing is cut off, and there is at least one step for every pixel."
        )

    def draw(self, pick):
        setting = {"n": pick(range(8, 65)), "kernel_size": pick(range(2, 7))}
        return setting | {"strides": pick((2, 2, 3)), "padding": pick(("valid", "same"))}


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


def _axes(layer: dict, shape: tuple) -> list[dict]:
    """The settings of a layer along rows and columns of what it gets."""
    names = ("kernel_size", "strides", "dilation_rate")
    return [
        {"n": n, "padding": layer["padding"]} | {name: _pair(layer[name])[axis] for name in names}
        for axis, n in enumerate(shape[:2])
    ]


def chain(input_shape, layers, size: Callable, channels: Callable) -> tuple:
    """The shapes after each layer, by ways to work out a size and a number of channels."""
    shapes, shape = [], input_shape
    for layer in layers:
        sizes = (size(**axis) for axis in _axes(layer, shape))
        deep = shape[2]
        if layer["filters"]:
            deep = channels(channels=shape[2], filters=layer["filters"])
        shape = (*sizes, deep)
        shapes.append(shape)
    return tuple(shapes)


def filters(channels: int, filters: int) -> int:
    return filters


def plain(layers: object, input_shape: tuple | None) -> tuple[tuple, tuple]:
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
        return described["input_shape"], described["layers"]
    if input_shape is None:
        raise ValueError("input_shape is missing: give rows, columns, channels")
    return tidy(input_shape), tuple(map(_plain_layer, layers))


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
    if layer["filters"]:
        arguments = f"{layer['filters']}, {layer['kernel_size']}"
    else:
        arguments = f"{layer['kernel_size']}"
    text = f"{arguments}, strides={layer['strides']}, padding='{layer['padding']}'"
    if layer["dilation_rate"] not in (1, (1, 1)):
        text += f", dilation_rate={layer['dilation_rate']}"
    return f"`{'Conv2D' if layer['filters'] else 'MaxPooling2D'}({text})`"


def keras_layer(layer: dict):
    import keras

    settings = {k: layer[k] for k in ("strides", "padding")}
    if layer["filters"]:
        settings["dilation_rate"] = layer["dilation_rate"]
        return keras.layers.Conv2D(layer["filters"], layer["kernel_size"], **settings)
    return keras.layers.MaxPooling2D(layer["kernel_size"], **settings)


class ModelShapes(Question):
    kind = "model_shapes"
    known = (
        *(name for name in AXIS if name not in ("padding_once", "forgot_padding")),
        *("kept_channels", "channels_times_filters", "axes_swapped"),
    )

    def __init__(self, input_shape, layers):
        super().__init__(input_shape=input_shape, layers=layers)
        need_shape("input_shape", self.setting["input_shape"], like=(28, 28, 1), axes=IMAGE)
        if not layers:
            raise ValueError("there are no layers: give at least one")
        chain(**self.setting, size=believed_size(_NOTHING), channels=filters)  # does it all fit?

    _after = "each"

    @property
    def answer_type(self):
        return Shapes(len(self.setting["layers"]))

    @property
    def prompt(self):
        rows, columns, channels = self.setting["input_shape"]
        calls = ", ".join(map(_call, self.setting["layers"]))
        return (
            f"An image of {rows}×{columns}×{channels} goes through {calls}. "
            f"**What is the shape after {self._after} layer?**"
        )

    @property
    def explorer(self):
        names = ("filters", "kernel_size", "strides", "padding")
        layers = [{name: layer[name] for name in names} for layer in self.setting["layers"]]
        return {"explorer": "network", "settings": {"layers": layers}}

    def right(self, input_shape, layers):
        shapes, shape = [], (None, *input_shape)
        for layer in layers:
            shape = keras_layer(layer).compute_output_shape(shape)
            shapes.append(tuple(shape[1:]))
        return self._asked(shapes)

    def _asked(self, shapes):
        return tuple(shapes)

    def wrong(self, mistake, case):
        size, channels = believed_size(mistake), filters
        if "channels" in mistake.formulas:
            channels = functools.partial(mistake.answer, "channels", None)
        shapes = chain(**case, size=size, channels=channels)
        if "shape" in mistake.formulas:
            shapes = tuple(mistake.answer("shape", shape=shape) for shape in shapes)
        return self._asked(shapes)

    def numbers(self, case):
        if len(case["layers"]) > 1:
            return {}
        rows, columns = _axes(case["layers"][0], case["input_shape"])
        if rows != columns:
            return {}
        filters = case["layers"][0]["filters"]
        numbers = OutputSize(**rows).numbers(rows) | {"channels": case["input_shape"][2]}
        return numbers | ({"filters": filters} if filters else {})

    def fact(self, case, answer):
        return self._fact(case, answer, self.right(**case))

    def _fact(self, case, shapes, right):
        number = list(map(operator.ne, shapes, right)).index(True)
        before = (case["input_shape"], *right)[number]
        axis = list(map(operator.ne, shapes[number], right[number])).index(True)
        start = f"Layer {number + 1} gets {before[0]}×{before[1]}×{before[2]}. "
        if axis == 2:
            return f"{start}Look at its channels: each filter makes one; pooling keeps them."
        setting = _axes(case["layers"][number], before)[axis]
        return f"{start}Look at its {('rows', 'columns')[axis]}: {formula(**setting)}."

    def draw(self, pick):
        return draw_stack(pick, depth=pick((2, 3)))


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
    return {"input_shape": shape, "layers": plain(layers, shape)[1]}


_NOTHING = Mistake("", "", "", "", {})  # wrong about nothing


class OutputShape(ModelShapes):
    kind = "output_shape"

    answer_type = Shape()

    _after = "the last"

    def _asked(self, shapes):
        return shapes[-1]

    def _fact(self, case, shape, right):
        if len(case["layers"]) > 1:
            return "Write down the shape after each layer; each layer gets what the last one made."
        return super()._fact(case, [shape], [right])

    def draw(self, pick):
        return draw_stack(pick, depth=1)


def describe(model) -> dict:
    """What `build_model` looks at in a Keras model, as plain data.

    Returns
    -------
    dict
        ``input_shape`` and ``output_shape`` without the batch, ``params``, ``macs`` (None when not
        known), ``field``: the receptive field (rows, columns) of the output, None for other
        outputs than a map; ``layers``: the settings of the Conv2D and pooling layers when the
        model is a chain of them, up to where the map ends, else nothing.

    Raises
    ------
    TypeError, ValueError
        As `course.ledger.ledger` does: no Keras model, or none with a graph. Also for a model
        with several inputs or outputs.
    """
    from course.ledger import ledger

    table = ledger(model)
    rows = list(table)
    if len(model.inputs) > 1 or len(model.outputs) > 1:
        raise ValueError(f"model {model.name!r} has more than one input or output")
    return {
        "input_shape": tuple(model.input_shape[1:]),
        "output_shape": tuple(model.output_shape[1:]),
        "params": table.total_params,
        "macs": None if any(row.macs is None for row in rows) else table.total_macs,
        "field": rows[-1].field and tuple(axis.size for axis in rows[-1].field),
        "layers": _chain_of(model),
    }


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

"""Questions about Keras layers, one or a chain; Keras is loaded only to look at a model."""

import math
from collections.abc import Callable, Iterable

from course.geometry import SettingError, Window, whole
from course.ledger import ledger
from course.mistakes import Mistake
from course.questions.answers import Integer, Shape, Shapes
from course.questions.question import LETTERS, Question, first_different, kind, need_shape, tidy
from course.questions.windows import (
    WINDOW,
    about,
    believed_size,
    formula,
    numbers_of,
    true_size,
)
from course.stack import walk

SETTINGS = ("kernel_size", "strides", "padding", "dilation_rate")
CONV = WINDOW | {"kernel_size": (2, 3, 3, 5), "padding": ("valid", "same")}
del CONV["dilation_rate"]
LAYER = CONV | {"channels": (2, 3, 4, 8, 16, 32), "filters": (4, 6, 10, 16, 32, 64)}


def need_conv_padding(padding: object) -> None:
    """Raise ``SettingError`` for a padding that Keras has on one axis only, or not at all."""
    if padding not in ("valid", "same"):
        raise SettingError("padding", padding, "Conv2D has valid and same only", "same")


def _about_layer(
    asked, n, kernel_size, strides, padding, channels, filters, bias=True, **more
) -> Question:
    """A question about one Conv2D layer on a square image."""
    window = Window(kernel_size, strides, padding)
    window.output_size(n)
    need_conv_padding(padding)
    whole("channels", channels)
    whole("filters", filters)
    layer = vars(window) | {"filters": filters}
    unbiased = "" if bias else ", use_bias=False"
    return about(
        f"`Conv2D({filters}, {kernel_size}, strides={strides}, padding='{padding}'{unbiased})` on "
        f"a map of {n}×{n}×{channels}. {asked}",
        *(n, window),
        takes=Integer(count=True),
        explorer=_network(n, channels, [layer]),
        **more,
    )


@kind(**LAYER)
def params(n=28, kernel_size=3, strides=1, padding="valid", channels=1, filters=32, bias=True):
    """How many parameters has a Conv2D layer on an image of n×n pixels?"""
    if not isinstance(bias, bool):
        raise SettingError("bias", bias, "it must be True or False", True)
    k = kernel_size
    return _about_layer(
        "**How many parameters does the layer have?**",
        *(n, kernel_size, strides, padding, channels, filters, bias),
        right=lambda kernel_size, channels, filters, bias, **others: (
            (kernel_size**2 * channels + bias) * filters
        ),
        why=f"a filter has {k}·{k}·{channels} weights{' and one bias' if bias else ''}, and the "
        f"layer has {filters} of them",
    )


@kind(**LAYER)
def macs(n=28, kernel_size=3, strides=1, padding="valid", channels=1, filters=32):
    """How many multiply-accumulates does a Conv2D layer take for an image of n×n pixels?"""
    k, o = kernel_size, Window(kernel_size, strides, padding).output_size(n)
    return _about_layer(
        "**How many multiply-accumulates (MACs) does one image take?**",
        *(n, kernel_size, strides, padding, channels, filters),
        right=lambda n, channels, filters, **window: (
            true_size(n, **window) ** 2 * filters * window["kernel_size"] ** 2 * channels
        ),
        why=f"there are {o}·{o} places, at each place {filters} filters, and each filter takes "
        f"{k}·{k}·{channels} products",
    )


@kind(**CONV)
def transposed_size(n=28, kernel_size=3, strides=2, padding="valid"):
    """What comes out of a transposed convolution after a convolution took ``n`` pixels down?"""
    window = Window(kernel_size, strides, padding)
    small = window.output_size(n)
    need_conv_padding(padding)
    case = {"original": n, "n": small, "kernel_size": kernel_size}
    case |= {"strides": strides, "padding": padding}
    k, s = kernel_size, strides
    if padding == "same":
        why = f"with `same`, each of the {small} pixels becomes {s} (stride)"
    else:
        why = (
            f"each of the {small} pixels writes {k} numbers, and begins {s} further on than the "
            f"one before: {small - 1} steps of {s}, and {max(k, s)} for the last"
        )

    def right(n, kernel_size, strides, padding, **others):
        return n * strides + (max(kernel_size - strides, 0) if padding == "valid" else 0)

    def keras_says(keras):
        layer = keras.layers.Conv2DTranspose(1, kernel_size, strides, padding)
        return layer.compute_output_shape((None, small, small, 1))[1]

    return about(
        f"A convolution ({{words}}) turned {n} pixels into {small}. Now a `Conv2DTranspose` with "
        f"the same setting gets those {small}. **How many come out?**",
        *(n, window, padding),
        right=right,
        why=why,
        numbers=case,
        keras_says=keras_says,
        cases=(case,),
    )


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


def plain_layer(layer: object) -> dict:
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


def call(layer: dict) -> str:
    """A layer as one writes it in Keras."""
    kind = f"Conv2D({layer['filters']}, " if layer["filters"] else "MaxPooling2D("
    dilation = f", dilation_rate={layer['dilation_rate']}" if layer["dilation_rate"] != 1 else ""
    window = f"{layer['kernel_size']}, strides={layer['strides']}, padding='{layer['padding']}'"
    return f"`{kind}{window}{dilation})`"


def _read(layers, input_shape) -> dict:
    """The setting of a question about shapes; layers that do not fit raise ``SettingError``."""
    if isinstance(layers, dict):
        layers = (layers,)
    if not isinstance(layers, tuple):  # a Keras model
        if input_shape is not None:
            raise ValueError("a model has a shape of its own: leave input_shape out")
        described = describe(layers)
        if not described["layers"]:
            raise ValueError(
                f"model {layers.name!r}: only a chain of Conv2D and pooling layers has shapes "
                "that can be asked for; what comes after the last map is left out"
            )
        input_shape, layers = described["input_shape"], described["layers"]
    elif input_shape is None:
        raise ValueError("input_shape is missing: give rows, columns, channels")
    elif not layers:
        raise ValueError("there are no layers: give at least one")
    layers = tuple(map(plain_layer, layers))
    need_shape("input_shape", input_shape)
    for axis in (0, 1):
        if problem := walk([_along(layer, axis) for layer in layers], input_shape[axis]).problem:
            raise problem
    return {"input_shape": input_shape, "layers": layers}


def _draw_shape(pick, mine) -> tuple:
    rows = pick(range(20, 65))
    return rows, pick((rows, rows, pick(range(20, 65)))), pick((1, 2, 3))


def _draw_layers(*depths: int) -> Callable:
    def layer(pick):
        drawn = {"filters": pick((4, 8, 16, 32, None)), "padding": pick(("valid", "same"))}
        if drawn["filters"]:
            drawn |= {"kernel_size": pick((2, 3, 3, 5)), "strides": pick((1, 2, 2, 3))}
        return drawn

    return lambda pick, mine: [layer(pick) for _ in range(pick(depths))]


def _about_shapes(setting: dict, which: str, takes, asked: Callable, hint="") -> Question:
    """A question about what is ``asked`` of the shapes after each layer.

    ``hint`` is the fact nearest to any wrong answer; without one, it is about the first wrong size.
    """
    (rows, columns, channels), layers = setting["input_shape"], setting["layers"]
    shapes = [setting["input_shape"], *chain(**setting)]

    def size(number, axis):
        return formula(Window(**_along(layers[number], axis)), shapes[number][axis])

    def wrong(mistake):
        try:
            believed = chain(**setting, mistake=mistake)
        except SettingError:  # a layer does not fit what is believed
            return []
        if "shape" in mistake.formulas:
            believed = tuple(mistake.answer("shape", shape=shape) for shape in believed)
        return [asked(believed)]

    def fact(answer):
        if hint:
            return hint
        answers = answer if which == "each" else [answer]
        number = first_different(answers, shapes[1:])
        rows, columns, channels = shapes[number]
        axis = first_different(answers[number], shapes[number + 1])
        start = f"Layer {number + 1} gets {rows}×{columns}×{channels}. Look at its"
        if axis == 2:
            return f"{start} channels: each filter makes one; pooling keeps them."
        return f"{start} {('rows', 'columns')[axis]}: {size(number, axis)}."

    def keras_says(keras):
        made = [(None, rows, columns, channels)]
        for each in layers:
            window = each["kernel_size"], each["strides"], each["padding"]
            pool = not each["filters"]
            layer = keras.layers.MaxPooling2D(*window) if pool else keras.layers.Conv2D(**each)
            made.append(layer.compute_output_shape(made[-1]))
        return asked(tuple(shape[1:]) for shape in made[1:])

    numbers, down = {}, _along(layers[0], 0)
    if len(layers) == 1 and rows == columns and down == _along(layers[0], 1):
        numbers = {LETTERS.get(name, name): value for name, value in layers[0].items()}
        numbers |= {"n": rows, "channels": channels} | numbers_of(Window(**down), rows)
    drawable = rows == columns and all(layer["dilation_rate"] == 1 for layer in layers)
    along_rows = "; then ".join(size(number, 0) for number in range(len(layers)))
    return Question(
        f"An image of {rows}×{columns}×{channels} goes through {', '.join(map(call, layers))}. "
        f"**What is the shape after {which} layer?**",
        takes=takes,
        right=lambda **case: asked(chain(**case)),
        wrong=wrong,
        why=f"along the rows, {along_rows}; each filter makes one channel",
        fact=fact,
        numbers=numbers,
        explorer=_network(rows, channels, layers) if drawable else None,
        keras_says=keras_says,
        setting=setting,
    )


@kind(input_shape=_draw_shape, layers=_draw_layers(2, 3))
def model_shapes(layers, input_shape=None):
    """What is the shape after each layer? Arguments as in `output_shape`."""
    takes = Shapes("{} shapes in order, such as 5x6x7 -> 4x5x6")
    return _about_shapes(_read(layers, input_shape), "each", takes, tuple)


@kind(input_shape=_draw_shape, layers=_draw_layers(1))
def output_shape(layers, input_shape=None):
    """What is the shape after the last layer?

    ``layers`` is a Keras model, a dict or a list of dicts: a chain of Conv2D and pooling layers;
    what comes after the last map is left out. A dict has ``filters`` (None: max-pooling),
    ``kernel_size``, ``strides``, ``padding``, each a number or a pair (rows, columns).
    ``input_shape`` is rows, columns, channels; a model knows its own.
    """
    setting = _read(layers, input_shape)
    hint = "Write down the shape after each layer; each layer gets what the last one made."
    hint = hint if len(setting["layers"]) > 1 else ""
    return _about_shapes(setting, "the last", Shape(), lambda shapes: [*shapes][-1], hint)


def describe(model) -> dict:
    """What `build_model` looks at in a Keras model, as plain data.

    ``input_shape`` and ``output_shape`` are without the batch. ``macs`` are those that are counted,
    and ``uncounted`` what the other layers are called. ``field`` is the receptive field of the
    output along its shorter axis, None where it is not known. ``window`` is what the largest kernel
    or pooling window reaches over, and ``pooling`` the number of pooling layers. ``layers`` are the
    settings of the Conv2D and pooling layers when the model is a chain of them, up to where the map
    ends, else nothing.

    Raises
    ------
    TypeError, ValueError
        As `course.ledger.ledger` does: no Keras model, or none with a graph. Also for a model
        with several inputs or outputs.
    """
    from course.keras_graph import called

    table = ledger(model)
    if len(model.inputs) > 1 or len(model.outputs) > 1:
        raise ValueError(f"model {model.name!r} has more than one input or output")
    field = table.rows[-1].field
    return {
        "input_shape": tuple(model.input_shape[1:]),
        "output_shape": tuple(model.output_shape[1:]),
        "params": table.total_params,
        "macs": table.total_macs,
        "uncounted": tuple(map(called(model).get, table.uncounted)),
        "field": field and min(axis.size for axis in field),
        "window": max(map(_reach, _layers_in(model)), default=1),
        "pooling": sum(hasattr(layer, "pool_size") for layer in _layers_in(model)),
        "layers": _chain_of(model),
    }


def examine(model) -> dict:
    """What `design` looks at besides, in nested models too, as plain data.

    ``window`` may be a whole map, too. ``unread`` has (layer, pixels never read, pixels) of maps,
    ``squeezed`` the layer with the smallest map and its numbers. ``deaf`` is a model that makes the
    same of different pictures.
    """
    import keras

    from course.keras_graph import called, read, unread, windows_of

    words = called(model)
    parts = [*_models_in(model)]
    calls = [call for part in parts for call in read(part).calls if call.inputs]
    windows = [windows_of(layer, inputs[0].shape) or () for layer, inputs, _ in calls]
    maps = [(words[layer.name], math.prod(made.shape[1:])) for layer, _, (made, *_) in calls]
    maps.append(("`input`", math.prod(model.input_shape[1:])))
    pictures = keras.random.uniform((2, *model.input_shape[1:]), seed=0)
    one, other = model(pictures)
    return {
        "window": max((each.span for axes in windows for each in axes), default=1),
        "unread": [
            (words[name], int((~pixels).sum()), pixels.size)
            for part in parts
            for name, pixels in unread(part).items()
        ],
        "squeezed": min(maps, key=lambda each: each[1]),
        "deaf": bool(keras.ops.all(one == other)),
    }


def bill(input_shape: tuple, layers: Iterable[dict]) -> dict:
    """What `describe` and `examine` say of a chain of square Conv2D layers, without Keras."""
    layers = tuple(map(plain_layer, layers))
    shapes = (input_shape, *chain(input_shape, layers))
    pairs = list(zip(layers, shapes, strict=False))
    weights = [each["kernel_size"] ** 2 * depth * each["filters"] for each, (_, _, depth) in pairs]
    walked = walk([_along(layer, 0) for layer in layers], input_shape[0])
    unread = [
        (f"conv{number}", len(lost), n)
        for number, (window, n) in enumerate(zip(walked.windows, walked.sizes, strict=False))
        if (lost := window.unread(n))
    ]
    return {
        "input_shape": input_shape,
        "output_shape": shapes[-1],
        "params": sum(weights) + sum(layer["filters"] for layer in layers),
        "macs": sum(w * math.prod(shape[:2]) for w, shape in zip(weights, shapes[1:], strict=True)),
        "uncounted": (),
        "field": walked.fields[-1].size,
        "window": max(window.span for window in walked.windows),
        "pooling": 0,
        "layers": layers,
        "unread": unread,
        "squeezed": ("", min(map(math.prod, shapes))),
        "deaf": False,
    }


def network(pick: Callable) -> tuple[tuple, list[dict]]:
    """An input shape, and the layers of a small network that takes it down to a quarter."""
    n, channels = pick(range(26, 42)), pick((1, 3))
    strides = pick(((2, 2, 1, 1), (2, 1, 2, 1), (1, 2, 2, 1)))
    filters = pick((6, 8, 10)), pick((10, 12, 14)), pick((16, 18, 20)), pick((20, 24, 28))
    layers = [
        {"filters": many, "kernel_size": 3, "strides": s, "padding": pick(("same", "valid"))}
        for many, s in zip(filters, strides, strict=True)
    ]
    return (n, n, channels), layers


def _models_in(model):
    """The model and all nested models."""
    yield model
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _models_in(layer)


def _layers_in(model) -> list:
    """All layers, those of nested models too."""
    return [layer for part in _models_in(model) for layer in part.layers]


def _reach(layer) -> int:
    """How far the window of a layer reaches, along its longer axis."""
    sizes = getattr(layer, "kernel_size", getattr(layer, "pool_size", (1,)))
    rates = getattr(layer, "dilation_rate", (1,) * len(sizes))
    return max(d * (k - 1) + 1 for k, d in zip(sizes, rates, strict=True))


def _chain_of(model) -> tuple:
    """The settings of the layers of a chain; empty for any other model."""
    from keras.layers import AveragePooling2D, Conv2D, MaxPooling2D

    from course.keras_graph import chain, windows_of

    settings = []
    try:
        for layer, inputs, _ in chain(model):
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

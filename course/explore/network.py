"""The explorer of a small image classifier."""

import difflib
import itertools
import math
from typing import TYPE_CHECKING

import traitlets

from course import figures, models
from course.explore.base import Explorer, bundle
from course.explore.settings import Layers, Setting
from course.geometry import SettingError, Window
from course.ledger import HEADINGS, Ledger, Row
from course.models import HEADS
from course.stack import StackError, walk
from course.text import by, first_sentence

if TYPE_CHECKING:
    import keras

DEFAULTS = {"kernel_size": 3, "strides": 1, "padding": "valid", "filters": models.FILTERS}
PADDINGS = ("valid", "same")  # of a Conv2D
TRAITS = ("n", "channels", "layers", "head")
UNCHANGED = {  # what the explorer cannot change must be as Keras has it
    "data_format": "channels_last",
    "dilation_rate": (1, 1),
    "groups": 1,
    "keepdims": False,
    "use_bias": True,
}
SQUARE = ("kernel_size", "strides")
MOST_LAYERS = 6
SOME = f"1 to {MOST_LAYERS} dicts, one for each convolution, such as {DEFAULTS}"
MOST_PARAMS = 100_000_000  # 0.4 GB; a kernel that asks for more than there is is killed
FAMILY = (
    f"explore.network shows a keras.Sequential of a square keras.Input, 1 to {MOST_LAYERS} Conv2D "
    "with square kernels and strides and a bias, and as head Flatten, Dense(128) and Dense(10), or "
    "GlobalAveragePooling2D and Dense(10)"
)


class NetworkExplorer(Explorer):
    """Turn the settings of a small image classifier, read its ledger, and build it in Keras.

    ``layers`` is ``"valid"`` (the default), ``"same"`` or ``"strided"``, the classifiers of
    `course.models`; or one dict for each convolution with any of ``kernel_size``, ``strides``,
    ``padding`` and ``filters``; or a model of this family. A ``ValueError`` says which that is.
    Adding and removing convolutions is the control "layers"; "presets" and "build" are others.
    """

    _esm = bundle("network")
    layer_name = "conv"
    controls = ("presets", *TRAITS, "build", *DEFAULTS)

    layers = Layers("conv", SOME, MOST_LAYERS, DEFAULTS)
    n = Setting(28, help="The rows and columns of the input.")
    channels = Setting(1, help="The channels of the input.")
    head = traitlets.Enum([*HEADS], "dense", help="Flatten and Dense(128), or global pooling.")
    # What Keras said, and about which network: views show it, and only for that network.
    built = traitlets.Unicode("", read_only=True)
    built_of = traitlets.Dict(read_only=True)

    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.on_msg(self._on_message)

    def completed(self, given):
        """A preset and a Keras model bring all settings."""
        layers = given.pop("layers", None)
        if layers is None or isinstance(layers, str):
            brought = _preset(layers or "valid")
        else:  # a Keras model can be called
            brought = _settings_of(layers) if callable(layers) else {"layers": layers}
        return brought | given

    # What the view shares with Python, so that it stands here alone.
    shared = traitlets.Dict(read_only=True)

    @traitlets.default("shared")
    def _constants(self):
        presets = {name: _preset(name) for name in models.PRESETS}
        heads = {"heads": HEADS, "headings": HEADINGS}
        return {"presets": presets, **heads, "most": MOST_LAYERS}

    @traitlets.validate("layers")
    def _known_to_conv2d(self, proposal):
        for number, layer in enumerate(proposal["value"], start=1):
            if layer["padding"] not in PADDINGS:
                why = 'a Conv2D takes "valid" or "same"'
                error = SettingError("padding", layer["padding"], why, "same")
                raise traitlets.TraitError(f"conv{number}: {error}")
        return proposal["value"]

    def build(self) -> "keras.Model":
        """Build the network in Keras, with layers conv1, conv2, …, flatten or pool, hidden, digit.

        A ``ValueError`` names a layer that Keras refuses, or says that there is too little memory.
        """
        return _build({name: getattr(self, name) for name in TRAITS})

    def draw(self, **state):
        """The bars of the network."""
        settings = {name: state[name] for name in TRAITS}
        ledger, problem = ledger_of(settings)
        if problem:
            raise problem
        picture = figures.summary({ledger.name: ledger})
        shapes = " → ".join(
            f"{row.name} {by(row.output_shape[1:])}"
            + (f", receptive field {row.field[0].size}," if row.kind == "Conv2D" else "")
            for row in ledger
        )
        size = f"{settings['n']} × {settings['n']} × {settings['channels']}"
        picture.alt = f"A network: input {size} → {shapes}. {picture.alt}"
        return picture

    def _on_message(self, _, content, buffers):
        """Build the network that a view asks for, and hold it against the rows the view shows.

        The message brings the network along, because a busy kernel gets it before the traits.
        """
        if "build" not in content:
            return
        self.send({"build": "started"})
        settings, broken = content["build"], content.get("broken")
        try:
            answer = _compare(_build(settings), content["rows"], broken)
        except models.LayerError as error:
            answer = f"Keras {'agrees' if error.args[0] == broken else 'disagrees'}. {error}"
        except Exception as error:  # whatever it is, the student reads a sentence
            answer = f"Keras could not build this network. {first_sentence(error)}"
        with self.hold_sync():
            self.set_trait("built", answer)
            self.set_trait("built_of", settings)
        self.send({"build": "done"})


def _preset(name: str) -> dict:
    """The settings of one of the classifiers in `course.models`."""
    if name not in models.PRESETS:
        nearest = (difflib.get_close_matches(name, models.PRESETS, n=1) or ["valid"])[0]
        raise ValueError(f"no preset {name!r}: take {', '.join(models.PRESETS)}. Try {nearest!r}.")
    layers = [
        {each: getattr(window, each, models.FILTERS) for each in DEFAULTS}
        for window in models.PRESETS[name]
    ]
    n, _, channels = models.INPUT_SHAPE
    return {"n": n, "channels": channels, "layers": layers, "head": "dense"}


def _settings_of(model):
    """The settings of a Keras model, or a sentence on why the explorer cannot show it."""
    import keras

    if not isinstance(model, keras.Sequential):
        raise ValueError(f"this is a {type(model).__name__}; {FAMILY}.")
    shape = model.input_shape if model.built else ()
    if len(shape) != 4 or shape[1] != shape[2] or None in shape[1:]:
        raise ValueError(f"{model.name} has the input shape {shape or 'unknown'}; {FAMILY}.")
    kinds = [(type(layer).__name__, getattr(layer, "units", None)) for layer in model.layers]
    count = kinds.count(("Conv2D", None))
    heads = {tuple(part[1:] for part in parts): head for head, parts in HEADS.items()}
    head = heads.get(tuple(kinds[count:]))
    if not head or not 1 <= count <= MOST_LAYERS:
        found = ", ".join(f"{layer.name} ({type(layer).__name__})" for layer in model.layers)
        raise ValueError(f"{model.name} has the layers {found or 'none'}; {FAMILY}.")
    for layer in model.layers:
        odd = [name for name, kept in UNCHANGED.items() if getattr(layer, name, kept) != kept]
        odd += [name for name in SQUARE if len(set(getattr(layer, name, ()))) > 1]
        if odd:
            raise ValueError(f"{layer.name} has {odd[0]}={getattr(layer, odd[0])!r}; {FAMILY}.")
    layers = [
        {n: getattr(each, n)[0] if n in SQUARE else getattr(each, n) for n in DEFAULTS}
        for each in model.layers[:count]
    ]
    return {"n": shape[1], "channels": shape[3], "layers": layers, "head": head}


def ledger_of(settings: dict) -> tuple[Ledger, StackError | None]:
    """The ledger of a network without Keras, up to the first layer that does not fit, and why."""
    layers, channels, rows = settings["layers"], settings["channels"], []
    stack = [{name: each[name] for name in each if name != "filters"} for each in layers]
    windows, sizes, fields, problem = walk(stack, settings["n"])

    def add(name, kind, shape, weights, biases, places, pads, field):
        activations = 0 if kind == "Flatten" else math.prod(shape)
        counts = weights + biases, weights * places, activations
        rows.append(Row(name, kind, (None, *shape), pads, *counts, (field, field)))

    for index, n in enumerate(sizes[1:]):
        window, filters = windows[index], layers[index]["filters"]
        pads, weights = window.pads(sizes[index]), window.kernel_size**2 * channels * filters
        shape, field = (n, n, filters), fields[index + 1]
        add(f"conv{index + 1}", "Conv2D", shape, weights, filters, n * n, (pads, pads), field)
        channels = filters
    if not problem:
        n, head = sizes[-1], settings["head"]
        whole = walk([*windows, Window(n, strides=n)], settings["n"]).fields[-1]
        units = n * n * channels if head == "dense" else channels
        for name, kind, made in HEADS[head]:
            add(name, kind, (made or units,), units * (made or 0), made or 0, 1, None, whole)
            units = made or units
    # The preset's name, for the network as `course.models` builds it.
    title = next((name for name in models.PRESETS if settings == _preset(name)), "network")
    return Ledger(title, rows, sum(row.params for row in rows)), problem


def _build(settings: dict) -> "keras.Model":
    """The Keras model of a network."""
    ledger, _ = ledger_of(settings)
    if (params := ledger.total_params) > MOST_PARAMS:
        raise ValueError(
            f"Its {params:,} parameters would take {4 * params / 1e9:.1f} GB of memory: make n or "
            "filters smaller, or strides larger."
        )
    shape = (settings["n"], settings["n"], settings["channels"])
    return models.build(ledger.name, shape, settings["layers"], settings["head"])


def facts(row) -> dict:
    """A row as the browser writes it; rows and columns are alike here, so one of them will do."""
    return {
        "name": row.name,
        "kind": row.kind,
        "shape": list(row.output_shape[1:]),
        "pads": row.pads and list(row.pads[0]),
        "params": row.params,
        "macs": row.macs,
        "activations": row.activations,
        "field": row.field[0].size,
    }


def _compare(model, rows, broken):
    """Hold a model against the rows of the browser; after an empty line, its summary."""
    from course.ledger import ledger  # loads Keras

    ours = [facts(row) for row in ledger(model)]
    differences = [
        f"{here.get('name')}: {fact} is {here.get(fact)} here and {keras.get(fact)} in Keras"
        for here, keras in itertools.zip_longest(rows, ours, fillvalue={})
        for fact in {**here, **keras}
        if here.get(fact) != keras.get(fact)
    ]
    said = f"Keras agrees: {len(ours)} layers, {model.count_params():,} parameters."
    if broken:
        said = f"Keras disagrees: it builds {broken}."
    elif differences:
        said = f"Keras disagrees. {'; '.join(differences)}."
    summary = []
    model.summary(line_length=72, print_fn=lambda text, **_: summary.append(text))
    return "\n\n".join([said, "\n".join(summary).strip()])

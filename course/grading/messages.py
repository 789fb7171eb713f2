"""What the grader and the child that runs a student's code say to each other.

The child is the student's: whatever it says is a claim. So all it can say is plain data of these
shapes, a packet each, within the limits; anything else raises ``MessageError``, and is no answer.

    grader → child    the request, JSON in a file: `Run`, `Ask`, `Rebuild` in order
    child → grader    ["step", n]            step n begins
                      ["trouble", n, text]   its cell stopped
                      ["answer", n, value]   to what it asks
                      ["done", n]            all n steps

A value is None, a number, a text, a list of values, or one of these dicts:

    {"missing": true}      there is nothing of this name, or only three dots
    {"set": [...]}         of plain values
    {"error": text}        a call that stopped, and with what
    {"what": text}         something else, in words, as `course.questions.answers.what` has them
    {"model": {...}}       a Keras model: its layers as [kind, settings], its calls as
                           [layer, inputs, outputs], by the numbers of layers and tensors
    {"described": {...}}   what a question reads in a model that was built anew
"""

import json
import re
from dataclasses import dataclass

MOST_BYTES = 60_000  # of a packet
MOST_TEXT = 1_000
DEEPEST = 12
LARGEST = 10**9  # of the numbers in a model
MISSING = {"missing": True}


class MessageError(ValueError):
    """What came is no message."""


@dataclass(frozen=True)
class Run:
    """Run a cell."""

    source: str


@dataclass(frozen=True)
class Ask:
    """Call what the student named so with each of ``calls``; without calls, say what it is.

    ``calls`` is the text of a list of tuples. ``after`` is the step that ran the answer's cell. The
    ``last`` time is for a part that had no answer before.
    """

    part: str
    name: str
    calls: str = ""
    after: int | None = None
    last: bool = False


@dataclass(frozen=True)
class Rebuild:
    """Build a model anew, from what `model` has looked through, and read it as a question does."""

    question: str
    model: dict


def request(steps: list) -> bytes:
    """What the child is to do."""
    return json.dumps([{"do": type(step).__name__, **vars(step)} for step in steps]).encode()


def parse(packet: bytes) -> tuple[str, int, object]:
    """The kind of a message, the step that it is about, and what it says."""
    if len(packet) > MOST_BYTES:
        raise MessageError("too long")
    try:
        return _parsed(json.loads(packet.decode()))
    except (TypeError, ValueError, RecursionError) as error:
        raise MessageError(f"no message: {error}") from error


def _parsed(message: object) -> tuple[str, int, object]:
    match message:
        case ["step" | "done" as kind, int(number)]:
            return str(kind), number, None
        case ["trouble", int(number), str(text)]:
            return "trouble", number, _text(text)
        case ["answer", int(number), value]:
            return "answer", number, _value(value)
    raise MessageError("no message")


def _text(text: str) -> str:
    """A text without what could not be printed."""
    printable = "".join(each if each.isprintable() else " " for each in text[:MOST_TEXT])
    return " ".join(printable.split())


def _value(value: object, deep: int = 0) -> object:
    if deep > DEEPEST:
        raise MessageError("too deep")
    match value:
        case str():
            return _text(value)
        case None | bool() | int() | float():
            return value
        case list():
            return [_value(each, deep + 1) for each in value]
        case dict() if len(value) == 1:
            match next(iter(value.items())):
                case "missing", True:
                    return MISSING
                case "set", list(items):
                    return {_value(item) for item in items}
                case ("error" | "what") as kind, str(text):
                    return {kind: _text(text)}
                case "model", dict(plain):
                    return {"model": model(plain)}
                case "described", dict():
                    return value
    raise MessageError("no answer")


# Models. Names and plain settings only: nothing of it can be code.

LAYERS = (
    "Activation Add Average AveragePooling1D AveragePooling2D BatchNormalization Concatenate "
    "Conv1D Conv2D Conv2DTranspose Cropping2D Dense DepthwiseConv2D Dropout ELU Flatten "
    "GaussianDropout GaussianNoise GlobalAveragePooling2D GlobalMaxPooling2D Identity "
    "LayerNormalization LeakyReLU MaxPooling1D MaxPooling2D Maximum Minimum Multiply PReLU ReLU "
    "Rescaling Reshape SeparableConv2D Softmax SpatialDropout2D Subtract UpSampling2D "
    "ZeroPadding2D"
)
SETTINGS = (
    "activation alpha axis center cropping data_format depth_multiplier dilation_rate epsilon "
    "filters groups interpolation kernel_size keepdims max_value momentum name negative_slope "
    "output_padding padding pool_size rate scale size strides target_shape threshold units "
    "use_bias"
)
WORD = re.compile(r"[A-Za-z][\w-]{0,60}")


def model(plain: dict) -> dict:
    """A model as the child describes it, looked through; each model in it may hold others.

    What else is wrong with it shows when it is built, where nothing can be harmed.
    """
    if plain.keys() != {"inputs", "layers", "calls", "outputs"}:
        raise MessageError("no model")
    return plain | {"layers": [_layer(layer) for layer in plain["layers"]]}


def _layer(layer: object) -> list:
    match layer:
        case ["Model", dict(inner)]:
            return ["Model", model(inner)]
        case [str(kind), dict(settings)] if WORD.fullmatch(kind):
            known = [name for name in SETTINGS.split() if _is_setting(settings.get(name, {}))]
            return [kind, {name: settings[name] for name in known}]
    raise MessageError("no layer")


def _is_setting(value: object) -> bool:
    match value:
        case None | bool():
            return True
        case int() | float():
            return abs(value) <= LARGEST
        case str():
            return bool(WORD.fullmatch(value))
        case list():
            return len(value) <= 4 and all(map(_is_setting, value))
    return False


def unknown(plain: dict) -> str | None:
    """The kind of the first layer that cannot be built from its settings, if there is one."""
    for kind, settings in plain["layers"]:
        if kind == "Model":
            if inner := unknown(settings):
                return inner
        elif kind not in LAYERS.split():
            return kind
    return None

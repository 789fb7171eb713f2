"""What the grader and the child that runs a student's code say to each other.

The child is the student's: whatever it says is a claim. So all it can say is plain data of these
shapes, a packet each, within the limits; anything else raises ``MessageError``, and is no answer.

    grader → child    the request, JSON in a file: `Run`, `Ask`, `Rebuild` in order
    child → grader    ["step", n]            step n begins
                      ["trouble", n, text]   its cell stopped
                      ["answer", n, value]   to what it asks
                      ["done", n]            all n steps
"""

import json
import re
from dataclasses import dataclass

MOST_BYTES = 60_000  # of a packet
MOST_TEXT = 1_000
DEEPEST = 12
MOST_LAYERS = 300


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


# What an answer can be, besides None, numbers, texts and lists


@dataclass(frozen=True)
class Unreadable:
    """A value that is no plain data, in words, as `course.questions.answers.what` has them."""

    what: str


@dataclass(frozen=True)
class Failed:
    """A call that stopped, and with what."""

    said: str


@dataclass(frozen=True)
class Missing:
    """There is nothing of this name, or only three dots."""


@dataclass(frozen=True)
class Built:
    """A Keras model: its layers as [kind, settings], its calls as [layer, inputs, outputs]."""

    plain: dict


@dataclass(frozen=True)
class Described:
    """What a question reads in a model that was built anew."""

    plain: dict


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
        case {"set": list(items), **rest} if not rest:
            return set(items)
        case {"missing": True, **rest} if not rest:
            return Missing()
        case {"what": str(text), **rest} if not rest:
            return Unreadable(_text(text))
        case {"error": str(text), **rest} if not rest:
            return Failed(_text(text))
        case {"model": dict(plain), **rest} if not rest:
            return Built(model(plain))
        case {"described": dict(plain), **rest} if not rest:
            return Described({name: _plain(part) for name, part in plain.items()})
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
    """A model as the child describes it, looked through; each model in it may hold others."""
    if plain.keys() != {"inputs", "layers", "calls", "outputs"}:
        raise MessageError("no model")
    if len(plain["layers"]) + len(plain["calls"]) > MOST_LAYERS:
        raise MessageError("too large a model")
    return {
        "inputs": [_numbers(shape) for shape in plain["inputs"]],
        "layers": [_layer(*layer) for layer in plain["layers"]],
        "calls": [[at, _numbers(given), _numbers(made)] for at, given, made in plain["calls"]],
        "outputs": _numbers(plain["outputs"]),
    }


def _layer(kind: str, settings: dict) -> list:
    if kind == "Model":
        return [kind, model(settings)]
    if not isinstance(kind, str) or not WORD.fullmatch(kind):
        raise MessageError("no layer")
    known = [name for name in SETTINGS.split() if _is_setting(settings.get(name, {}))]
    return [kind, {name: settings[name] for name in known}]


def _is_setting(value: object) -> bool:
    match value:
        case None | bool() | int() | float():
            return True
        case str():
            return bool(WORD.fullmatch(value))
        case list():
            return len(value) <= 4 and all(map(_is_setting, value))
    return False


def _size(size: object) -> int | None:
    if size is None or (type(size) is int and 0 <= size < 10**9):
        return size
    raise MessageError("no size")


def _numbers(numbers: list) -> list:
    return [_size(number) for number in numbers]


def unknown(plain: dict) -> str | None:
    """The kind of the first layer that cannot be built from its settings, if there is one."""
    for kind, settings in plain["layers"]:
        if kind == "Model":
            if inner := unknown(settings):
                return inner
        elif kind not in LAYERS.split():
            return kind
    return None


def _plain(value: object) -> object:
    """Lists as tuples, but of layers; nothing but plain data."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list():
            return tuple(map(_plain, value))
        case dict():
            return {name: _plain(part) for name, part in value.items()}
    raise MessageError("no plain data")

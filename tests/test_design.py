"""A design is judged by what it reads and costs, and passes by no way round that."""

import keras
import numpy as np
import pytest
from keras import layers
from lessons import NOTEBOOKS, read

from course import questions
from course.check import check
from course.keras_graph import called, unread

TASK = questions.design(
    (64, 64, 3), (8, 8, 32), max_params=20_000, max_macs=2_500_000, min_field=63, min_numbers=512
)


def stack(*stacked):
    return keras.Sequential([keras.Input((64, 64, 3)), *stacked])


def conv(filters, kernel_size=3, strides=1, padding="same", **more):
    return layers.Conv2D(filters, kernel_size, strides, padding, activation="relu", **more)


def tail(start, last=()):
    """What follows a start that makes 8 × 8 × 16, so that units see enough."""
    return stack(*start, conv(16), conv(16), conv(32), *last)


def plain():
    return tail(halved())


def pooled():
    pool = layers.MaxPooling2D
    return tail([conv(6), pool(2), conv(12), pool(2), conv(16), pool(2)])


def as_pytorch():
    pad = layers.ZeroPadding2D
    halved = [(pad(1), conv(filters, 3, 2, "valid")) for filters in (8, 16, 16)]
    return tail([layer for pair in halved for layer in pair])


def separable():
    slim = [layers.SeparableConv2D(f, 3, s, "same") for f, s in ((16, 2), (32, 2), (32, 2))]
    return stack(conv(8), *slim, *(layers.SeparableConv2D(32, 3, padding="same") for _ in "123"))


def residual():
    image = keras.Input((64, 64, 3))
    maps = conv(8, 3, 2)(image)
    for filters in (16, 32):
        short = conv(filters, 1)(layers.AveragePooling2D(2)(maps))
        maps = layers.Add()([short, conv(filters, 1)(conv(8, 3, 2)(maps))])
    for _ in range(3):
        maps = layers.Add()([maps, conv(32, 1)(conv(16)(conv(16, 1)(maps)))])
    return keras.Model(image, maps)


def nested():
    return keras.Sequential([keras.Input((64, 64, 3)), plain()])


@pytest.mark.parametrize("build", [plain, pooled, as_pytorch, separable, residual, nested])
def test_good_designs_pass(build):
    result = check(TASK, build())
    assert result, repr(result)


def functional(make):
    image = keras.Input((64, 64, 3))
    return keras.Model(image, make(image))


def whole_map(image):
    one = layers.GlobalAveragePooling2D(keepdims=True)(conv(32, 1)(image))
    return layers.UpSampling2D(8)(one)


def dense(image):
    small = layers.AveragePooling2D(2)(layers.AveragePooling2D(2)(image))
    hidden = layers.Dense(4, name="hidden")(layers.Flatten(name="flat")(small))
    return layers.Reshape((8, 8, 32))(layers.Dense(2048, use_bias=False)(hidden))


def squeezed(image):
    for name in ("1", "2", "3", "4", "5", "last"):
        image = layers.MaxPooling2D(3, 2, "same", name=name)(image)
    return conv(32, 1)(layers.UpSampling2D(8)(image))


def thin(image):
    for strides in (2, 2, 2, 1, 1, 1):
        image = layers.DepthwiseConv2D(3, strides, "same")(image)
    return conv(32, 1)(image)


def silent(image):
    return plain()(layers.Rescaling(0.0)(image))


def cancelled(image):
    return plain()(layers.Subtract()([image, image]))


def sliced(image):
    return plain()(layers.UpSampling2D(2)(image[:, ::2, ::2]))


def cropped(image):
    return plain()(layers.ZeroPadding2D(8)(layers.Cropping2D(8)(image)))


def lost(image):
    return layers.Lambda(lambda maps: maps * 1.0)(plain()(image))


def each(**more):
    """One more layer with few parameters."""
    return layers.DepthwiseConv2D(3, padding="same", **more)


def halved(first=3, second=("same",)):
    """Three strides, the first of a layer `a` with a kernel of its own."""
    padding, *added = second
    return [conv(8, first, 2, name="a"), conv(16, 3, 2, padding), *added, conv(16, 3, 2)]


TRICKS = {
    "empty": (lambda: keras.Sequential([keras.Input((64, 64, 3))]), "no layers yet"),
    "no layer": (lambda: functional(lambda image: image), "It makes (64, 64, 3)"),
    "deaf": (lambda: functional(silent), "the same of different pictures"),
    "deaf by a difference": (lambda: functional(cancelled), "the same of different pictures"),
    "whole map": (lambda: functional(whole_map), "a window of 64 pixels"),
    "one pixel": (lambda: functional(squeezed), "The map of layer `last` holds 3 numbers"),
    "dense": (lambda: functional(dense), "a window of 16 pixels"),
    "thin": (lambda: functional(thin), "holds 192 numbers"),
    "lambda": (lambda: functional(lost), "Without the MACs of layer 2 (Lambda)"),
    "slices": (lambda: functional(sliced), "Without the MACs of layer 1 (GetItem)"),
    "cropped": (lambda: functional(cropped), "Of the map of `input`, 1,792 of 4,096 pixels"),
    "one large window": (
        lambda: tail([*halved(), layers.MaxPooling2D(7, 1, "same")]),
        "a window of 7 pixels",
    ),
    "gaps": (lambda: tail(halved(), last=[each(dilation_rate=3)]), "a window of 7 pixels"),
    "holes": (lambda: tail(halved(first=1), last=[each()]), "3,072 of 4,096 pixels"),
    "a lost row": (
        lambda: tail(halved(second=("valid", layers.ZeroPadding2D(((0, 1), (0, 1)))))),
        "Of the map of layer `a`, 63 of 1,024 pixels are never read. The last window may",
    ),
    "nested": (lambda: stack(tail(halved(first=1), last=[each()])), "3,072 of 4,096"),
}


@pytest.mark.parametrize("name", TRICKS)
def test_no_trick_passes(name):
    build, said = TRICKS[name]
    result = check(TASK, build())
    assert not result
    assert said in repr(result)
    assert len(result.message.split()) <= 40


def two(one, other):
    return lambda image: layers.Concatenate()([one(image), other(image)])


READS = {
    "holes": conv(2, 1, 2),
    "a row left": conv(2, 3, 2, "valid"),
    "all": conv(2, 3, 2),
    "more holes": conv(2, (1, 2), (3, 4), "valid"),
    "gaps": layers.Conv2D(2, 2, dilation_rate=5),
    "pooling": layers.AveragePooling2D(3),
    "the same twice": two(conv(2, 1, 2), conv(2, 1, 2)),
    "what the other leaves": two(conv(2, (1, 2), 2), conv(2, (2, 1), 2)),
    "the middle": layers.Cropping2D(((1, 2), (0, 3))),
    "each number": layers.ReLU(),
    "padded": lambda image: conv(2, 1, 3)(layers.ZeroPadding2D(1, name="zero_padding2d")(image)),
}


@pytest.mark.parametrize("name", READS)
def test_what_is_read_is_what_has_a_gradient(name):
    import tensorflow as tf

    image = keras.Input((8, 9, 1))
    model = keras.Model(image, READS[name](image))
    model.set_weights([abs(weight) + 0.1 for weight in model.get_weights()])
    page = tf.Variable(tf.ones((1, 8, 9, 1)))
    with tf.GradientTape() as tape:
        output = tf.reduce_sum(model(page))
    reached = np.squeeze(tape.gradient(output, page)) != 0
    found = unread(model)
    name, *_ = found or [None]
    assert name in (None, "input", "zero_padding2d")
    np.testing.assert_array_equal(found.get(name, np.ones_like(reached)), reached)


PROJECT = [cell.source for cell in read(NOTEBOOKS / "project.ipynb").cells]
BLOCK = next(source for source in PROJECT if source.startswith("def block"))
SHRUNK = "layers.AveragePooling2D(2)(maps)"
POOLED = {
    "(maps)\n    maps = layers.Conv2D(32, 1": f"({SHRUNK})\n    maps = {SHRUNK}\n"
    "    maps = layers.Conv2D(32, 1",
    ", strides=2": "",
}
AS_V1_5 = {"(32, 1, strides=2": "(24, 1", "(32, 3,": "(24, 3, strides=2,"}
SHORTCUTS = {
    "nothing saved": AS_V1_5 | {"(32, 1, strides=2": "(32, 1"},
    "sees too little": POOLED | {"(32, 3,": "(32, 1,"},
    "a larger window": {"(32, 1, strides=2": "(32, 2, strides=2"},
    "reads with the other hand only": {"(32, 1, strides=2": "(24, (1, 2), strides=2"},
}


def project_says(replaced: dict[str, str]) -> object:
    """What the check of the block says after these changes."""
    source = BLOCK
    for old, new in replaced.items():
        assert old in source
        source = source.replace(old, new)
    body, _, last = source.rpartition("\n")
    namespace = {"keras": keras, "layers": layers, "questions": questions, "check": check}
    exec(body, namespace)
    return eval(last, namespace)


@pytest.mark.parametrize("replaced", [POOLED, AS_V1_5])
def test_the_block_is_mended_by_what_the_project_says(replaced):
    assert not project_says({})
    result = project_says(replaced)
    assert result, repr(result)


@pytest.mark.parametrize("replaced", SHORTCUTS.values(), ids=SHORTCUTS)
def test_the_block_is_not_mended_by_a_shortcut(replaced):
    assert not project_says(replaced)


def test_the_task_of_the_project_is_the_one_that_is_tried_here():
    namespace = {"questions": questions}
    source = next(source for source in PROJECT if source.startswith("limits = "))
    exec(source.rpartition("\n")[0], namespace)
    assert namespace["task"] == TASK


def test_a_layer_is_called_by_its_name_unless_keras_made_it_up():
    """Of several models built in a row, only the first has a conv2d."""
    for _ in range(2):
        inner = stack(conv(3), layers.ReLU())
        model = functional(lambda image, inner=inner: conv(4, name="mine")(inner(image)) + 1)
        words = called(model)
        for made, word in zip(inner.layers, ("layer 1 (Conv2D)", "layer 2 (ReLU)"), strict=True):
            assert words[made.name] == f"{word} of layer 1 (Sequential)"
        assert words["mine"] == "layer `mine`"
        assert list(map(words.get, (op.name for op in model.operations))) == [
            *("`input`", "layer 1 (Sequential)", "layer `mine`", "layer 3 (Add)")
        ]
    for built, said in (
        (stack(*halved()), "Layer 3 (Conv2D) is the last, and makes"),
        (tail([*halved(), conv(16, 1, 2)]), "Layer 7 (Conv2D) is the last, and makes"),
        (tail([conv(16, 1, 2), *halved()[1:]], last=[each()]), "of `input`, 3,072 of 4,096"),
        (
            tail([conv(16, 3, 2), conv(16, 1, 2), conv(16, 3, 2)], [each()]),
            "of layer 1 (Conv2D), 768",
        ),
        (keras.Sequential([conv(9)]), "before layer 1 (Conv2D)."),
    ):
        result = repr(check(TASK, built))
        assert said in result
        assert "conv2d" not in result.partition("\n")[0]


@pytest.mark.parametrize(
    ("build", "missed"),
    [
        (plain, ""),
        (lambda: stack(conv(16, 5, 3), conv(500, 1)), "makes at-most units windows"),
        (lambda: functional(squeezed), "maps"),
        (lambda: functional(silent), "something"),
        (lambda: keras.Sequential([keras.Input((None, None, 3)), conv(32)]), "takes makes units"),
    ],
)
def test_every_wish_is_told_and_whether_it_is_fulfilled(build, missed):
    wishes = [*TASK.wishes(TASK.read(build()))]
    words = [each.wanted.replace("at most", "at-most").split()[0] for each in wishes]
    assert " ".join(words) == "takes makes at-most at-most units windows every maps something"
    found = [word for word, each in zip(words, wishes, strict=True) if each.missed]
    assert " ".join(found) == missed


def test_of_an_open_size_nobody_knows_what_is_read():
    open_size = keras.Sequential([keras.Input((None, None, 3)), conv(8, 3, 2)])
    with pytest.raises(ValueError, match="depends on the size"):
        unread(open_size)
    assert "It takes" in repr(check(TASK, open_size))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "whole"),
    [
        *(("InceptionV3", False), ("Xception", False)),
        *(("ResNet50V2", True), ("MobileNetV2", True), ("DenseNet121", True)),
    ],
)
def test_the_project_says_which_networks_read_everything(name, whole):
    build = getattr(keras.applications, name)
    maps = unread(build(weights=None, include_top=False, input_shape=(224, 224, 3)))
    keras.utils.clear_session()
    assert whole == (not maps)
    assert whole or not (maps["input"][-1].any() or maps["input"][:, -1].any())

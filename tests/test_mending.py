"""What is broken can be mended, and changes are counted."""

import pytest

from course import questions
from course.check import check
from course.questions.layers import bill, describe, examine, network
from course.questions.mending import count_changes
from course.questions.question import picker

FIRST = {"filters": 8, "kernel_size": 3, "strides": 2, "padding": "same"}
SECOND = {"filters": 12, "kernel_size": 3, "strides": 1, "padding": "valid"}
THIRD = {"filters": 24, "kernel_size": 5, "strides": 1, "padding": "same"}


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        ([FIRST, SECOND, THIRD], 0),
        ([FIRST | {"strides": 1}, SECOND, THIRD], 1),
        ([FIRST | {"strides": 1, "padding": "valid"}, SECOND, THIRD], 2),
        ([FIRST | {"strides": 1}, SECOND | {"strides": 2}, THIRD], 2),
        ([FIRST, THIRD], 1),
        ([FIRST, SECOND, SECOND, THIRD], 1),
        ([FIRST, FIRST, SECOND, THIRD | {"filters": 8}], 2),
        ([SECOND, THIRD, FIRST], 2),
        ([], 3),
    ],
)
def test_the_fewest_changes_are_counted(after, changes):
    assert count_changes([FIRST, SECOND, THIRD], after) == changes
    assert count_changes(after, [FIRST, SECOND, THIRD]) == changes


def test_a_bill_without_keras_is_that_of_keras():
    import keras

    for seed in range(4):
        shape, layers = network(picker(f"bill {seed}"))
        stacked = [keras.layers.Conv2D(**layer) for layer in layers]
        model = keras.Sequential([keras.Input(shape), *stacked])
        counted, worked_out = describe(model) | examine(model), bill(shape, layers)
        assert counted.keys() == worked_out.keys()
        for name in counted.keys() - {"unread", "squeezed"}:
            assert counted[name] == worked_out[name], name
        assert bool(counted["unread"]) == bool(worked_out["unread"])
        assert counted["squeezed"][1] == worked_out["squeezed"][1]


def test_what_is_done_is_said():
    import keras
    from keras import layers

    question = questions.mend((28, 28, 1), (14, 14, 8), layers=[{"filters": 8}], min_field=3)
    assert question.trouble == "output_shape"
    assert "keras.Input((28, 28, 1)),\n    layers.Conv2D(8, 3, strides=1" in question.code
    assert question.code in question._repr_markdown_()

    def said(*stacked):
        return repr(check(question, keras.Sequential([keras.Input((28, 28, 1)), *stacked])))

    assert "It makes (26, 26, 8), not (14, 14, 8)" in said(layers.Conv2D(8, 3))
    two = layers.Conv2D(8, 3, strides=2, padding="same")
    assert "with 2 changes, and 1 will do" in said(two)
    pooled = layers.Conv2D(8, 3), layers.ZeroPadding2D(1), layers.AveragePooling2D(2)
    assert "Its changes cannot be counted" in said(*pooled)
    one = questions.mend((28, 28, 1), (13, 13, 8), layers=[{"filters": 8}], min_field=3)
    model = [keras.Input((28, 28, 1)), layers.Conv2D(8, 3), layers.MaxPooling2D(2)]
    assert check(one, keras.Sequential(model))


def test_changes_are_counted_whatever_else_is_missed():
    from keras import Input, Sequential
    from keras.layers import AveragePooling2D, Conv2D

    question = questions.mend((28, 28, 3), (14, 14, 8), layers=[{"filters": 8}], min_field=3)

    def found(*stacked):
        *_, last = question.wishes(question.read(Sequential([*stacked])))
        return last.found, bool(last.missed)

    assert found(Input((28, 28, 3)), Conv2D(8, 3)) == ("0", False)
    assert found(Input((28, 28, 3)), Conv2D(9, 3, strides=2)) == ("2", True)
    assert found(Input((None, None, 3)), Conv2D(8, 3)) == ("not countable", True)
    first = AveragePooling2D(4, data_format="channels_first")
    assert found(Input((3, 28, 28)), first) == ("not countable", True)

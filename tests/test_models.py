"""The three classifiers differ in padding and strides, and in nothing else."""

import pytest

from course import models, receptive_field


def test_the_convolutions_have_the_same_parameters_in_all_three():
    counts = [
        [layer.count_params() for layer in build().layers[:3]]
        for build in (models.valid, models.same, models.strided)
    ]
    weights_and_biases = [3 * 3 * 1 * 32 + 32] + 2 * [3 * 3 * 32 * 32 + 32]
    assert counts == 3 * [weights_and_biases]


def test_shapes_follow_the_text_of_the_docstrings():
    for build in (models.valid, models.same, models.strided):
        model = build()
        assert model.name == build.__name__
        sizes = [28, *(layer.output.shape[1] for layer in model.layers[:3])]
        assert " → ".join(map(str, sizes)) in build.__doc__


def test_two_builds_have_the_same_names():
    first, second = models.same(), models.same()
    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]


def test_wrong_settings_raise():
    with pytest.raises(ValueError, match="three strides"):
        models.classifier("short", "same", strides=(2, 2))
    with pytest.raises(ValueError, match="padding"):
        models.classifier("misspelt", "sme")


def test_networks_that_shrink_differ_in_how_and_in_nothing_else():
    kinds = ("strided", "circular", "blurred", "max pooling", "dilated", "random shifts")
    built = [models.shrinking(kind) for kind in kinds]
    assert len({model.count_params() for model in built}) == 1
    sizes = [model.get_layer("means").input.shape[1] for model in built]
    assert sizes == [8, 8, 8, 8, 32, 8]
    fields = [receptive_field.of_model(built[kind])["conv3"] for kind in (0, 4)]
    assert [field.size for both in fields for field in both] == [15] * 4


def test_the_blur_is_one_two_one_with_a_stride_of_two():
    import keras
    import numpy as np

    model = models.shrinking("blurred")
    blur = keras.Sequential(map(model.get_layer, ("blur1", "half1")), name="blur")
    dots = np.eye(32).reshape(32, 1, 32, 1).repeat(32, axis=1)
    weights = np.asarray(blur(dots))[:, 0, :, 0].T
    for place in range(15):  # the last one has no right neighbour
        expected = np.zeros(32)
        expected[2 * place : 2 * place + 3] = 0.25, 0.5, 0.25
        np.testing.assert_allclose(weights[place], expected, atol=1e-6)

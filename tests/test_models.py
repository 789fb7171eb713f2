"""The three classifiers differ in padding and strides, and in nothing else."""

import pytest

from course import models


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

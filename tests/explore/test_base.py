"""What all explorers share."""

import pytest
import traitlets

from course import explore


@pytest.mark.parametrize("make", [getattr(explore, name) for name in explore.__all__])
@pytest.mark.parametrize("trait", ["fixed", "hidden"])
def test_only_what_has_a_control_can_be_fixed_or_hidden(make, trait):
    controls = type(make()).controls
    assert getattr(make(**{trait: list(controls)}), trait) == list(controls)
    with pytest.raises(traitlets.TraitError, match=f"the settings are {controls[0]}"):
        make(**{trait: ["nonsense"]})

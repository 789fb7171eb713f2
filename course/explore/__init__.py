"""Pictures that answer at once: explorers that draw in the browser.

Each function returns a widget for the last line of a cell::

    from course import explore
    explore.window(n=7, kernel_size=3, strides=2, padding="same")
"""

from course.explore.border import border
from course.explore.channels import channels
from course.explore.network import network
from course.explore.receptive_field import receptive_field
from course.explore.shift import shift
from course.explore.transposed import transposed
from course.explore.which_side import which_side
from course.explore.window import window

__all__ = [
    "border",
    "channels",
    "network",
    "receptive_field",
    "shift",
    "transposed",
    "which_side",
    "window",
]

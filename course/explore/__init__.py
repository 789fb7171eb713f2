"""Pictures that answer at once: explorers that draw in the browser.

Each function returns a widget for the last line of a cell::

    from course import explore
    explore.window(n=7, kernel_size=3, strides=2, padding="same")
"""

from course.explore.border import BorderExplorer as border
from course.explore.channels import ChannelsExplorer as channels
from course.explore.network import NetworkExplorer as network
from course.explore.receptive_field import ReceptiveFieldExplorer as receptive_field
from course.explore.shift import ShiftExplorer as shift
from course.explore.transposed import TransposedExplorer as transposed
from course.explore.which_side import WhichSideExplorer as which_side
from course.explore.window import WindowExplorer as window

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

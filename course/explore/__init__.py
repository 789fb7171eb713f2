"""Pictures that answer at once: explorers that draw in the browser.

Each function returns a widget for the last line of a cell::

    from course import explore
    explore.window(n=7, kernel_size=3, strides=2, padding="same")
"""

from course.explore.border import BorderExplorer
from course.explore.channels import ChannelsExplorer
from course.explore.network import NetworkExplorer
from course.explore.receptive_field import ReceptiveFieldExplorer
from course.explore.shift import ShiftExplorer
from course.explore.transposed import TransposedExplorer
from course.explore.which_side import WhichSideExplorer
from course.explore.window import WindowExplorer

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
border = BorderExplorer
channels = ChannelsExplorer
network = NetworkExplorer
receptive_field = ReceptiveFieldExplorer
shift = ShiftExplorer
transposed = TransposedExplorer
which_side = WhichSideExplorer
window = WindowExplorer

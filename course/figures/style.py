"""Every colour of the course, once: those of static pictures, and as CSS those of explorers.

One visual language for both: input blue, padding grey and hatched, window orange, output green.
The colours are Okabe and Ito's, which colour-blind readers can tell apart.
"""

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#999999"
INK, PAPER, GUIDE = "#222222", "#FFFFFF", "#E6E6E6"
# As words on paper, orange, green and grey would be too pale (contrast below 4.5 : 1).
ORANGE_TEXT, GREEN_TEXT, GREY_TEXT = "#8A5D00", "#006B4E", "#666666"
BLUE_TINT, ORANGE_TINT, GREEN_TINT = "#CFE5F2", "#FBE9C7", "#CCECE3"
UNREAD = "#A63F00"
USAGE = ("#EDF6FB", "#7DBADD", BLUE)  # from read once to read most often
LAYERS = ("#56B4E9", "#DDA0C4", "#F0E442", "#E58A4D", "#BBBBBB")  # the kinds, in order of use

# In JupyterLab, text, lines and paper follow the theme; the colours are the same in both themes.
CSS = f""".course-explorer {{
  --ink: var(--jp-ui-font-color1, {INK});
  --paper: var(--jp-layout-color0, {PAPER});
  --line: color-mix(in srgb, var(--ink) 55%, var(--paper));
  --blue: {BLUE};
  --orange: {ORANGE};
  --green: {GREEN};
  --conv2d: {LAYERS[0]};
  --dense: {LAYERS[1]};
  --on-colour: {INK};
  --under-colour: {PAPER};
}}
"""

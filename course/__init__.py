"""A hands-on course on padding and stride in convolutional networks.

Every module is loaded when it is asked for::

    from course import figures
    from course.geometry import Window

Importing ``course`` itself costs next to nothing: no TensorFlow, no Keras, no matplotlib.
"""

import os

# TensorFlow reads its log level once, when it loads. A line of its start-up chatter in a
# lesson would be noise for the student and a failure for the tests, so this must come first.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Where a processor has what oneDNN likes, TensorFlow turns it on and says so in a line that no log
# level silences. Off, every machine prints the same, computes the same and refuses the same layers.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
# A keras.json left behind by another project may ask for a backend that is not installed here.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

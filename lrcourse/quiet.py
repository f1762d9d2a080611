"""matplotlib, imported without a word on a home that it can't write to, or on fonts that it looks up the first time.

Both are warnings in its log, which a notebook would show in red above the first figure.
"""

import logging

log = logging.getLogger("matplotlib")
level = log.level
log.setLevel(logging.ERROR)
try:
    import matplotlib
    import matplotlib.font_manager  # noqa: F401
finally:
    log.setLevel(level)

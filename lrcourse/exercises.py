"""``check``, under the name that notebooks of the first edition import it by."""

from lrcourse.lessons import check

__all__ = ["check"]

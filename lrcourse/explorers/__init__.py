"""Interactives that compute in the browser, for notebooks, slides and pages without a kernel. Needs anywidget."""

from lrcourse.explorers.ravine import Ravine

__all__ = ["Ravine"]

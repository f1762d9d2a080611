"""For all tests: which backends the frameworks take, and no doctests of frameworks that aren't installed."""

import os
from importlib.util import find_spec

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
collect_ignore = [] if all(map(find_spec, ("torch", "keras", "optax"))) else ["lrcourse/frameworks.py"]

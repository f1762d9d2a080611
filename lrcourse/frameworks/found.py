"""The frameworks themselves: each is imported when it is asked for, and not before."""

import importlib

from lrcourse.ranges import Choice, check_all

INSTALL = {"torch": "pip install torch", "keras": "pip install keras torch", "optax": "pip install optax", "jax": "pip install jax"}


class Missing(ImportError):
    """A framework that isn't installed. A notebook shows what to do about it, without a traceback."""

    def _render_traceback_(self):
        return [str(self)]


def framework(name):
    """Import a framework, "torch", "keras", "optax" or "jax"; where it is missing, the ImportError says what to install.

    >>> framework("optax").__name__
    'optax'
    """
    check_all("framework", {"name": Choice(tuple(INSTALL))}, {"name": name})
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if error.name == name:
            why = (f"This needs {name}, which is not installed: {INSTALL[name]}, or make lab-frameworks for all of them. "
                   "In a browser they can't be installed; the outputs that are stored in the lesson show what they do.")
        elif name == "keras":
            why = (f"Keras is installed and its backend is not ({error}). Set the environment variable KERAS_BACKEND to "
                   "torch or jax, whichever you have, before Keras is imported.")
        else:
            raise
        raise Missing(why, name=error.name) from None

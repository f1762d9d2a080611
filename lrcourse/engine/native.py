"""The kernel as a library of this machine, through ctypes, which lets go of Python's lock while it works."""

import ctypes
import functools
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

from lrcourse.engine.build import library

RESULTS = {"version": ctypes.c_uint64, "memory_needed": ctypes.c_uint64, "begin": None, "train": None, "end": None, "draw": None,
           "language_memory": ctypes.c_uint64, "language_gradient": None, "language_train": None}


def kinds():
    """Those of the kernel that this machine can run, the quickest first, by what numpy found of processor and operating system."""
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as features
    except ImportError:
        from numpy.core._multiarray_umath import __cpu_features__ as features
    needs = {"avx512": {"AVX512_SKX", "X86_V4"}, "avx2": {"AVX2"}}      # one of these: the first changed its name
    return [*(kind for kind, names in needs.items() if any(features.get(name) for name in names)), "baseline"]


class Kernel:
    """Raises OSError where there is no library, or none that can be loaded."""

    def __init__(self, wanted="", path=None):
        if path is None:
            there = [kind for kind in kinds() if library(kind).exists()]
            path = library(wanted if wanted in there else there[0] if there else "baseline")
        if not path.exists():
            raise OSError("the kernel was not compiled; python -m lrcourse.engine.build does it, with a C compiler or ziglang")
        self.library, self.path = ctypes.CDLL(str(path)), path
        for name, result in RESULTS.items():
            getattr(self.library, name).restype = result

    def version(self):
        return self.library.version()

    def call(self, name, *held):
        return getattr(self.library, name)(*(ctypes.c_void_p(each.address) for each in held))

    def put(self, array):
        return Held(array)

    def keep(self, array):
        return array.ctypes.data        # of an array that lives as long as the process

    def room(self):
        return nullcontext()

    def spread(self, work, runs, threads=None):
        """``work(run)`` for all runs, on threads."""
        threads = min(runs, threads or processors())
        if threads == 1:
            for run in range(runs):
                work(run)
        else:
            list(pool(threads, os.getpid()).map(work, range(runs)))


@functools.cache
def pool(threads, process):
    """Threads that wait for work; after a fork the child needs its own."""
    return ThreadPoolExecutor(threads)


class Held:
    """An array where the kernel can see it."""

    def __init__(self, array):
        self.array, self.address = array, array.ctypes.data

    def write(self, values):
        self.array[...] = values

    def read(self):
        return self.array


def processors():
    """How many we may use. OMP_NUM_THREADS holds for us too."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(here, int(allowed)) if allowed.isdecimal() and int(allowed) else here

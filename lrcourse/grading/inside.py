"""Runs a student's cells: in a process of its own, which may read Python and this package, and write to one empty folder.

``jail.run`` starts this file. It reads what to run from its standard input, and writes what was wanted to its standard
output, as JSON of plain values. Keys and hidden seeds never get here. The process that reads this first only watches: the
student's code runs in a child, and when that ends, or its time does, all that it started is killed.
"""

import ctypes
import json
import math
import os
import resource
import signal
import sys
import time
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
SUBREAPER, KEEP_CAPABILITIES, NO_NEW_PRIVILEGES = 36, 8, 38        # of prctl
NOBODY = 65534
PACKAGE = Path(__file__).resolve().parent.parent


def main():
    wanted = json.load(sys.stdin)
    sys.path.insert(0, str(PACKAGE.parent))
    import numpy  # noqa: F401  what a student's first cell imports, before the doors are shut

    import lrcourse  # noqa: F401
    limits = wanted["limits"]
    if hasattr(LIBC, "prctl"):
        LIBC.prctl(SUBREAPER, 1, 0, 0, 0)       # what a child leaves behind becomes ours, and can be found
    child = os.fork()
    if child == 0:
        work(wanted, limits)
    sys.exit(watch(child, time.monotonic() + limits["wall"]))


def watch(child, deadline):
    """Wait for the child, then end all that it started. Its exit status; 124 when its time was over."""
    status = None
    while status is None and time.monotonic() < deadline:
        done, ended = os.waitpid(child, os.WNOHANG)
        status = os.waitstatus_to_exitcode(ended) if done else None
        time.sleep(0 if done else 0.02)
    seen = set()
    while new := {pid for pid in descendants() if pid not in seen}:     # stopped first, since a fork loop outruns killing
        seen |= new
        for pid in new:
            tell(pid, signal.SIGSTOP)
    for pid in seen | {child} if status is None else seen:
        tell(pid, signal.SIGKILL)
    try:
        os.killpg(child, signal.SIGKILL)        # where there is no /proc to find them in
    except OSError:
        pass
    return 124 if status is None else status if status >= 0 else 128 - status


def descendants():
    """The processes below this one, where the system has them in /proc."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] not in "ZX":
            parents[int(folder.name)] = int(fields[1])
    found, queue = set(), [os.getpid()]
    while queue:
        above = queue.pop()
        below = [pid for pid, parent in parents.items() if parent == above and pid not in found]
        found |= set(below)
        queue += below
    return found


def tell(pid, what):
    try:
        os.kill(pid, what)
    except OSError:
        pass


# ---- the doors -------------------------------------------------------------------------------------------------------

def shut(limits):
    """Limits, then the files, then the user: from here on nothing of it can be taken back."""
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + 1))
    for name, value in (("AS", limits["memory"]), ("FSIZE", limits["file"]), ("CORE", 0), ("NOFILE", 256)):
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    root = os.getuid() == 0
    user = NOBODY if root else os.getuid()
    others = sum(1 for folder in Path("/proc").glob("[0-9]*/task/[0-9]*") if owner(folder) == user)
    resource.setrlimit(resource.RLIMIT_NPROC, (others + limits["processes"],) * 2)
    if limits["protect"]:
        landlock(os.getcwd())
    if root:
        become_nobody()


def owner(folder):
    try:
        return folder.stat().st_uid
    except OSError:
        return None


def landlock_version():
    """What this kernel offers, 0 where it has no Landlock. 3 is the first that also stops truncating."""
    return max(0, LIBC.syscall(444, None, 0, 1)) if sys.platform == "linux" else 0


def landlock(folder):
    """Nothing but ``folder`` can be written, deleted or renamed, and nothing but Python, its packages and libraries read."""
    version = landlock_version()
    if version < 3:
        raise OSError("no Landlock of version 3 or later")
    execute, write, read, listing, truncate = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
    everything = (1 << (16 if version >= 5 else 15)) - 1
    # TCP (4), and signals and abstract sockets to processes outside (6)
    handled = (ctypes.c_uint64 * 3)(everything, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    rules = LIBC.syscall(444, handled, 8 if version < 4 else 16 if version < 6 else 24, 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), "Landlock refused its rules")
    reading = execute | read | listing
    places = {folder: everything, "/dev/null": read | write | truncate, "/dev/urandom": read, "/dev/random": read, "/dev/zero": read}
    places |= {path: reading for path in ("/usr", "/lib", "/lib64", "/bin", "/etc", sys.prefix, sys.base_prefix, str(PACKAGE))}
    for path, allowed in places.items():
        if not os.path.exists(path):
            continue
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = allowed.to_bytes(8, sys.byteorder) + descriptor.to_bytes(4, sys.byteorder, signed=True)
        if LIBC.syscall(445, rules, 1, rule, 0):
            raise OSError(ctypes.get_errno(), f"Landlock refused the rule for {path}")
        os.close(descriptor)
    LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if LIBC.syscall(446, rules, 0):
        raise OSError(ctypes.get_errno(), "Landlock could not be switched on")
    os.close(rules)


def become_nobody():
    """Root's limits bind nobody, so root becomes nobody, and keeps but the right to read what Landlock leaves to be read."""
    os.chown(os.getcwd(), NOBODY, NOBODY)
    LIBC.prctl(KEEP_CAPABILITIES, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    header, read = (ctypes.c_uint32 * 2)(0x20080522, 0), 1 << 2         # CAP_DAC_READ_SEARCH
    if LIBC.syscall({"x86_64": 126, "aarch64": 91}[os.uname().machine], header, (ctypes.c_uint32 * 6)(read, read, 0, 0, 0, 0)):
        raise OSError(ctypes.get_errno(), "the rights of root could not be given up")


# ---- a student's cells -----------------------------------------------------------------------------------------------

def work(wanted, limits):
    """Run the cells, write what was wanted, and never return."""
    os.setsid()
    result = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    try:
        shut(limits)
    except Exception as error:
        os.write(result, json.dumps({"refused": str(error)}).encode())
        os._exit(3)
    namespace, errors = {"__name__": "__main__"}, {}
    for number, source in wanted["cells"]:
        try:
            exec(compile(source, f"<cell {number}>", "exec"), namespace)
        except BaseException as error:          # SystemExit too: the next cell may be right
            errors[number] = said(error)
    values = {}
    for name, how in wanted["values"].items():
        try:
            values[name] = {"value": plain(namespace[name], how)}
        except BaseException as error:
            missing = isinstance(error, KeyError) and name not in namespace or namespace.get(name) is ...
            values[name] = {"error": "" if missing else said(error)}
    os.write(result, json.dumps({"values": values, "errors": errors}).encode())
    os._exit(0)


def said(error):
    """What an error says; a student's own may raise another when asked."""
    try:
        return f"{type(error).__name__}: {error}"[:300]
    except BaseException:
        return type(error).__name__


def plain(value, how):
    """A number, a word, a list of words, the rates of a schedule at given times, or what a function gives, as plain values."""
    import numpy as np

    if how["kind"] == "number":
        return number(value)
    if how["kind"] == "word":
        return str(value)[:100]
    if how["kind"] == "words":
        return [str(each)[:100] for each in list(value)[:100]]
    if how["kind"] == "rates":
        times = np.array(how["times"])
        try:
            rates = np.broadcast_to(np.asarray(value(times), float), times.shape)
        except Exception:       # a function of one number
            rates = [value(float(t)) for t in times]
        return [number(rate) for rate in rates]
    return [number(value(**call)) for call in how["calls"]]


def number(value):
    value = float(value)
    if not math.isfinite(value):
        raise ValueError(f"{value} is no finite number")
    return value


if __name__ == "__main__":
    main()

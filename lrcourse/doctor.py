"""``lrcourse doctor``: what is there, what is missing, and how to mend it."""

import importlib
import locale
import os
import re
import subprocess
import sys
import tempfile
import warnings
import webbrowser
from importlib import metadata
from pathlib import Path

import lrcourse
from lrcourse import copies
from lrcourse.lessons.commands import DOCTOR, ILL, REASONS, WELL


def examine(course):
    """Print what each check found; returns 1 where something has to be mended."""
    ill = 0
    for check in CHECKS:
        well, names = check(course)
        ill += not well
        print("ok    " if well else "MEND  ", DOCTOR[check.__name__][0 if well else 1].format(**names), sep="", flush=True)
    print(ILL.format(count=ill) if ill else WELL)
    return int(ill > 0)


def python(course):
    needed, here = metadata.metadata("lrcourse")["Requires-Python"].strip(">= "), sys.version.split()[0]
    return version(here) >= version(needed), {"version": here, "path": sys.executable, "needed": needed}


def package(course):
    return True, {"version": lrcourse.__version__, "path": copies.HERE}


def packages(course):
    """What the package and its extra ``lab`` ask for."""
    found, missing = [], []
    for need in metadata.requires("lrcourse"):
        name, least = re.match(r"([\w.-]+)(?:\s*>=\s*([\d.]+))?", need).groups()
        if "extra ==" in need and not re.search(r"extra == ['\"]lab['\"]", need):
            continue
        try:
            here = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
        else:
            old = least is not None and version(here) < version(least)
            (missing if old else found).append(f"{name} {here}" + f" (needs {least})" * old)
    return not missing, {"found": ", ".join(found), "missing": ", ".join(missing), "python": sys.executable}


def kernel(course):
    """Starts one, as JupyterLab would."""
    reason = None
    try:
        from jupyter_client.kernelspec import NoSuchKernel
        from jupyter_client.manager import start_new_kernel
        try:
            manager, client = start_new_kernel(startup_timeout=60, kernel_name="python3",
                                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except NoSuchKernel:
            return False, {"reason": REASONS["no kernel"], "python": sys.executable}
        said = {}
        try:
            client.execute_interactive("import os, sys; print(os.fsencode(sys.executable).hex(), end=''); import lrcourse", timeout=60,
                                       output_hook=lambda message: said.update({message["msg_type"]: message["content"]}))
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        path = os.fsdecode(bytes.fromhex(said.get("stream", {}).get("text", "")))
        if not os.path.exists(path) or not os.path.samefile(os.path.dirname(path), os.path.dirname(sys.executable)):
            reason = REASONS["other"].format(path=path)
        elif "error" in said:
            reason = REASONS["import"].format(reason=said["error"]["evalue"])
    except Exception as error:      # whatever stops a kernel is what we are asked to name
        reason = REASONS["dead"].format(reason=[type(error).__name__, *str(error).strip().splitlines()][-1])
    return reason is None, {"reason": reason, "python": sys.executable}


def browser(course):
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return False, {}
    return True, {"found": getattr(found, "name", type(found).__name__)}


def engine(course):
    """Without it the course works, but slowly."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = importlib.import_module("lrcourse.engine").kernel()
    reason = REASONS["plain"] if os.environ.get("LRCOURSE_ENGINE") == "plain" else str(said[-1].message) if said else REASONS["no engine"]
    return found is not None, {"found": getattr(found, "path", type(found).__name__), "reason": reason}


def folder(course):
    """There, writable, its lessons readable and of this edition."""
    lessons, names = copies.originals(), {"folder": course}
    if not course.is_dir():
        return True, names | {"state": REASONS["no folder"]}
    if not writable(course):
        return False, names | {"reason": REASONS["not writable"]}
    marker = copies.marked(course)
    if not marker:
        return False, names | {"reason": REASONS["no marker"]}
    unreadable = []
    for path in (course / file for file, _ in lessons.values()):
        try:
            copies.read(path)
        except ValueError:
            unreadable.append(path.name)
        except FileNotFoundError:
            pass
    if unreadable:
        return False, names | {"reason": REASONS["unreadable"].format(names=", ".join(unreadable))}
    own = sorted(course.glob("*.py"))
    importable = sys.stdlib_module_names | metadata.packages_distributions().keys() | {"lrcourse"} if own else ()
    shadows = [path.name for path in own if path.stem in importable]
    if shadows:
        return False, names | {"reason": REASONS["shadow"].format(names=", ".join(shadows))}
    texts = marker["texts"]
    if any(new["metadata"]["lrcourse"]["text"] not in texts.get(name, ()) for name, (_, new) in lessons.items()):
        return False, names | {"reason": REASONS["old"].format(was=marker.get("version"), version=lrcourse.__version__)}
    return True, names | {"state": REASONS["lessons"].format(count=len(lessons))}


def home(course):
    wrong = [each for each in homes() if not writable(each)]
    return not wrong, {"folder": wrong[0] if wrong else Path.home()}


def encoding(course):
    """ASCII alone, as under LANG=C without Python's UTF-8 mode, cannot write what the lessons say."""
    name = "utf-8" if sys.flags.utf8_mode else locale.getencoding()
    try:
        ascii_only = "é한λ".encode(name, errors="ignore") == b""
    except LookupError:
        ascii_only = True
    return not ascii_only, {"encoding": name}


CHECKS = [python, package, packages, kernel, browser, engine, folder, home, encoding]


def version(text):
    """For comparing: 3.11.7 as (3, 11, 7), what follows the numbers left out."""
    return tuple(int(part) for part in re.match(r"[\d.]*\d", text)[0].split("."))


def homes():
    """Where Jupyter, IPython and matplotlib write."""
    places = [os.environ.get("IPYTHONDIR") or Path.home() / ".ipython", os.environ.get("MPLCONFIGDIR") or Path.home() / ".cache"]
    try:
        from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir, jupyter_runtime_dir
        places += [jupyter_config_dir(), jupyter_data_dir(), jupyter_runtime_dir()]
    except ImportError:
        pass
    return [Path(place) for place in places]


OWN_HOME = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython",
            "MPLCONFIGDIR": "matplotlib"}


def own_home(folder):
    """Where the home folder can't be written, let Jupyter, IPython and matplotlib write here; returns whether that was needed."""
    if all(map(writable, homes())):
        return False
    for name, place in OWN_HOME.items():
        (folder / place).mkdir(parents=True, exist_ok=True)
        os.environ.setdefault(name, str(folder / place))
    # matplotlib looks for fonts once, and says so in a cell if that takes long
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return True


def writable(folder):
    """Whether files can be made in a folder, or where it would be made."""
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if os.path.exists(each))
    try:
        with tempfile.TemporaryFile(dir=there):
            return True
    except OSError:
        return False

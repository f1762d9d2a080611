"""What the command ``lrcourse`` says."""

HELP = {
    "lrcourse": "The course on learning-rate decay: copies of its lessons to work in, kept up to date.",
    "start": "Make the course folder, or bring it up to date, and open it in JupyterLab. What you typed stays. "
             "Options that are not listed here go to JupyterLab.",
    "update": "Bring the course folder up to date without opening it. What you typed stays.",
    "doctor": "Look at this installation and the course folder, and say what is missing and how to mend it.",
    "grade": "Grade assignments that students handed in: a table, grades.csv, and a file of feedback for each.",
    "submitted": "a folder with a folder for each student, named by the student's number, that holds the notebooks",
    "key": "the key.json that was made with the assignments (default: %(default)s)",
    "out": "where table and feedback are written (default: %(default)s)",
    "publish": "Build pages, slides and live edition from a clone, in its build/publish, for any host of static files.",
    "clone": "the clone's folder (default: %(default)s)",
    "unprotected": "run students' code also where this system can't keep it from your files: in a container, or on a machine of its own",
    "folder": "where to work (default: %(default)s)",
    "no-browser": "print JupyterLab's address instead of opening it",
    "no-lab": "don't open JupyterLab",
}

# what happened to the copies; {lessons} are one or more names
DONE = {
    "copied": "Copied: {lessons}.",
    "merged": "Brought up to date, with all that you typed: {lessons}.",
    "renumbered": "{was} is now called {lesson}.",
    "conflict": "{lesson}: in {count} of its cells both you and we changed the same lines. There our text stands now; "
                "your whole notebook is kept in {kept}.",
    "unreadable": "{lesson} could not be read as a notebook. It is kept as {kept}, and a new copy stands in its place.",
    "unknown": "{lesson} doesn't say from which edition it was copied. It is kept as {kept}, and a new copy stands in its place.",
    "aside": "{lesson} stands here under another number too. This one is kept as {kept}.",
    "gone": "The lesson {lesson} is no longer part of the course. Your copy stays.",
}
FIRST = "The course is in {folder}. Begin with {lesson}. To have a lesson anew, delete its file there and start again."
NOTHING = "The copies in {folder} are up to date."
PUBLISHING = "Building pages, slides and live edition: some minutes."
PUBLISHED = 'To look at it:  "{python}" -m http.server -d "{folder}"  and open http://localhost:8000'
GRADED = "{count} students graded: {file}"
FAILED = {
    "folder": "{folder} holds other files and no .lrcourse, so it is not a course folder: name a new or an empty one, "
              "as in  lrcourse start my-course",
    "originals": "{folder} is where the lessons themselves are: name another folder, as in  lrcourse start course",
    "missing": "There is no course in {folder} yet:  lrcourse start {folder}  makes one.",
    "write": "{path} can't be written ({reason}): name a folder that you may write to, as in  lrcourse start FOLDER",
    "system": "Grading needs Linux or macOS: this system has no limits for processes.",
    "submitted": "{folder} is no folder: name the one with a folder for each student, as in  lrcourse grade submitted",
    "unprotected": "This system can't keep students' code from your files (that takes Linux 6.2 or newer, with Landlock). Grade in a "
                   "container or on a machine of its own, with  --unprotected  .",
    "key": "{path} is no key: name the key.json of the instructor's edition, as in  lrcourse grade submitted --key key.json",
    "clone": "{folder} is no clone of the course: pages are built from its sources, as in  lrcourse publish lrcourse",
    "site": 'What builds the pages is missing. Install it, in the clone\'s folder:  '
            '"{python}" -m pip install -c constraints.txt ".[lab,site]"',
    "publishing": "Pages are built on Linux or macOS: on Windows use WSL, or the workflow pages of a fork.",
    "tools": "{missing} missing: pages are built with npm (of Node, for formulas and slides) and chromium or google-chrome (for PDFs).",
    "lab": "The copies are in {folder}, but there is no JupyterLab here to open them.  lrcourse doctor  says what is missing.",
    "root": "You are root, for whom JupyterLab starts only with  lrcourse start --allow-root  (in a clone: make lab "
            "OPTIONS=--allow-root).",
}
HOME = "Your home folder can't be written, so Jupyter's settings are kept in {folder}."

# the doctor's findings: (what is there, what is missing and how to mend it)
DOCTOR = {
    "python": ("Python {version}, {path}",
               "Python {version}, {path}: the course needs {needed} or newer. "
               "Make a virtual environment with a newer Python, and install there."),
    "package": ("lrcourse {version}, {path}", ""),
    "packages": ("for the lab: {found}",
                 'missing or too old: {missing}. Mend it:  "{python}" -m pip install --upgrade "lrcourse[lab]"  (in a clone: make lab)'),
    "kernel": ("notebooks run with this Python",
               'notebooks don\'t run with this Python: {reason}. Mend it:  "{python}" -m ipykernel install --sys-prefix '
               ' and, if that doesn\'t help, remove other kernels called python3 (jupyter kernelspec list)'),
    "browser": ("a browser: {found}",
                "no browser found: start with  lrcourse start --no-browser  and open the address that JupyterLab prints"),
    "engine": ("the engine: {found}",
               "the engine: {reason}"),
    "folder": ("the course folder {folder}: {state}", "the course folder {folder}: {reason}"),
    "home": ("settings are written to {folder}",
             "{folder} can't be written, and Jupyter keeps its settings there: make it writable. Until then lrcourse start "
             "keeps them in the course folder."),
    "encoding": ("texts are written as {encoding}",
               "this terminal writes {encoding}, which has no Korean and no mathematics: set the environment variable PYTHONUTF8=1"),
}
REASONS = {
    "no kernel": "there is no kernel called python3",
    "other": "they run with {path}",
    "import": "lrcourse can't be imported there ({reason})",
    "dead": "the kernel doesn't start ({reason})",
    "no engine": "it can't be had here, so training takes several times as long",
    "lessons": "{count} lessons",
    "plain": "LRCOURSE_ENGINE=plain asks for the plain loop, which takes several times as long: unset it",
    "no folder": "not made yet.  lrcourse start  makes it",
    "no marker": "its file .lrcourse is missing or can't be read, so the lessons can't be brought up to date: make a new course folder, "
                 "as in  lrcourse start my-course  , and copy your notebooks into it",
    "not writable": "it can't be written. Make it writable, or copy it to where you may write",
    "unreadable": "not readable as notebooks: {names}.  lrcourse update  keeps them under another name and puts new copies in their place",
    "old": "made by version {was}.  lrcourse update  brings it to {version}",
    "shadow": "{names} there hide packages of the same name: rename them",
}
WELL = "All is well."
ILL = "{count} to mend."

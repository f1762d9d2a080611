# make lab: the course.  make test: all that CI runs.  make help: the rest.
SHELL := bash
# whatever the locale: a folder's name may be Korean
export PYTHONUTF8 := 1
PYTHON ?= python3
BIN := .venv/bin
SOURCES := pyproject.toml constraints.txt hatch_build.py lrcourse/engine/build.py lrcourse/engine/kernel.c lrcourse/engine/transformer.c
# learners get a normal install, made again when one of these is newer; where .light is, a developer's is, which follows them
COURSE := $(if $(wildcard .venv/.light),,$(shell find lrcourse notebooks -type f ! -name '*.pyc' ! -path '*/.*'))
EDITABLE = $$([ ! -e .venv/.light ] || printf %s -e)        # bash keeps the -e of echo to itself
# lrcourse anew each time: installing it compiles the kernel (hatch_build.py)
UV = $(BIN)/uv pip install -q --python $(BIN)/python -c constraints.txt --reinstall-package lrcourse
PYTEST := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 TQDM_DISABLE=1 $(BIN)/python -m pytest -n 2 --dist loadfile --doctest-modules
# what takes longest begins first (conftest.py says what stays together)
TESTS := tests/test_notebooks.py notebooks tests lrcourse
NBVAL := --nbval-current-env --nbval-cell-timeout=300 --nbval-sanitize-with tests/nbval.cfg
# without the frameworks and what builds the site; outputs are not compared, for another numpy may give other last digits
BARE := --nbval-lax --ignore notebooks/13_in_your_framework.ipynb --ignore tests/editions.py \
	$(addprefix --ignore tests/test_,slides.py site.py live.py waiting.py lecture.py quiz_schema.py stops.py)

.PHONY: help lab lab-frameworks test test-light test-long test-oldest test-newest mutants outputs picture league bench lint browser slides site live lecture publish \
	wheels walk test-live clean

help:
	@echo "make lab            install, and open a copy of the course, course/, in JupyterLab; OPTIONS=--no-browser is one for it"
	@echo "make lab-frameworks also install PyTorch, Keras and Optax, for lesson 13"
	@echo "make test           install, and run all tests, with PyTorch, Keras and Optax as oracles"
	@echo "make test-light     the same without those three"
	@echo "make test-long      what takes minutes: installs into empty environments, clones in odd places"
	@echo "make test-oldest    the tests and lessons on the oldest numpy and matplotlib that we support"
	@echo "make test-newest    the same on the newest release of everything"
	@echo "make mutants        one change at a time: which do the tests not notice? hours; SAMPLE=60 of a module, OWN=1 (its own tests alone): minutes"
	@echo "make test-live      lessons 00, 01 and 04 in the live edition; make test runs 00 alone there"
	@echo "make outputs        run the notebooks again and store their outputs"
	@echo "make picture        make the animation in README.md again"
	@echo "make league         run the leagues of lessons 10 and 12 again: minutes; Ctrl-C loses nothing"
	@echo "make slides         a deck of each lesson as HTML, PDF and PPTX, in build/slides"
	@echo "make site           the lessons as a web site, in build/site"
	@echo "make live           the course in the browser, in build/live; PYODIDE=dir takes Pyodide's packages from there"
	@echo "make lecture        what a lecturer needs, in build/lecture; STUDENTS=file has their numbers, SVG=1 draws figures as SVG, too"
	@echo "make publish        all three in one folder for a host of static files, build/publish"
	@echo "make bench          time lrcourse beside PyTorch, JAX and plain numpy (benchmarks/RESULTS.md)"
	@echo "make wheels         lrcourse compiled for Linux, macOS and Windows, x86-64 and ARM, and its sources, in dist"
	@echo "make walk           publish, then walk through all of it in chromium; wants PYODIDE=build/pyodide"
	@echo "make clean          remove what was installed and built"

# a stamp for each set of packages, so that the second time is quick
.venv/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt uv
	touch $@

.venv/.lab: .venv/.made $(SOURCES) $(COURSE)
	@echo "Installing the course and JupyterLab into .venv: half a minute, or some where the network is slow."
	@$(UV) $(EDITABLE) '.[lab]'
	touch $@

.venv/.light: .venv/.made $(SOURCES)
	@echo "Installing what tests and pages need into .venv: a minute, or some where the network is slow."
	@$(UV) -e '.[lab,test,site]'
	touch .venv/.lab $@

# pip, not uv: where PyTorch's builds lie in a folder (pip's find-links), pip looks there
.venv/.frameworks: .venv/.made $(SOURCES) | .venv/.lab
	@echo "Installing PyTorch, Keras and Optax into .venv: 1 GB or more, so minutes."
	@$(BIN)/python -m pip install -q -c constraints.txt $(EDITABLE) '.[lab,frameworks]'
	touch $@

lab: .venv/.lab
	$(BIN)/lrcourse start $(OPTIONS)

lab-frameworks: .venv/.frameworks lab

# Debian's chromium, for the tests that look at the pages; without it they skip, except under CI
browser:
	@command -v chromium chromium-browser google-chrome > /dev/null || \
	{ run=; [ "$$(id -u)" = 0 ] || run="sudo -n"; \
	  $$run apt-get install -qq -y chromium > /dev/null 2>&1 || \
	  { $$run apt-get update -qq > /dev/null 2>&1 && $$run apt-get install -qq -y chromium > /dev/null 2>&1; } || \
	  echo "No chromium, and none could be installed: the tests in the browser are skipped; slides and lecture kit need it."; }

lint: .venv/.light
	$(BIN)/ruff check lrcourse tests tools benchmarks notebooks site lecture hatch_build.py

test: .venv/.light .venv/.frameworks browser lint
	$(PYTEST) $(TESTS) --nbval $(NBVAL)

test-light: .venv/.light browser lint
	$(PYTEST) $(TESTS) --nbval $(NBVAL) --ignore notebooks/13_in_your_framework.ipynb

test-long: .venv/.light browser
	$(BIN)/python -m pytest -m long tests

# all pages, decks and three lessons of build/publish, with no address but this machine's to be found
walk: publish
	PUBLISHED=build/publish LIVE=all $(BIN)/python -m pytest -s tests/test_site.py tests/test_slides.py tests/test_live.py

test-live: .venv/.light browser
	LIVE=all $(BIN)/python -m pytest -s tests/test_live.py

.venv-oldest/.made: $(SOURCES)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "make test-oldest wants PYTHON=python3.11")'
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install -q -c constraints.txt uv
	.venv-oldest/bin/uv pip install -q --python .venv-oldest/bin/python -e '.[lab,test]' 'numpy==1.26.4' 'matplotlib==3.8.4' 'pyparsing<3.3'
	touch $@

test-oldest: .venv-oldest/.made
	$(subst $(BIN),.venv-oldest/bin,$(PYTEST)) $(TESTS) $(NBVAL) $(BARE)

.venv-newest/.made: $(SOURCES)
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/python -m pip install -q uv
	.venv-newest/bin/uv pip install -q --python .venv-newest/bin/python -e '.[lab,test]'
	touch $@

# what is newest changes by the day: remove .venv-newest to ask anew
test-newest: .venv-newest/.made
	$(subst $(BIN),.venv-newest/bin,$(PYTEST)) $(TESTS) $(NBVAL) $(BARE)

mutants: .venv/.light .venv/.frameworks
	$(BIN)/python tools/mutants.py $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(OWN),--own) $(MODULES)

outputs: .venv/.lab
	$(BIN)/python tools/notebooks.py run

# the animation in README.md
picture: site
	$(BIN)/python tools/picture.py

league: .venv/.light
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/league.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/language_league.py

# each is made from notebooks/ alone
slides lecture publish: browser
slides site live lecture publish: .venv/.light
	@command -v npm > /dev/null || { echo "There is no npm, which brings what sets formulas and slides: install Node."; exit 1; }
	@echo "Building build/$@: some minutes, fewer the next time."
	@$(BIN)/python site/build.py $@ $(if $(PYODIDE),--pyodide $(PYODIDE)) $(if $(STUDENTS),--students $(STUDENTS)) $(if $(SVG),--svg)
	@$(if $(filter site live publish,$@),echo "To look at it: $(BIN)/python -m http.server -d build/$@  and open http://localhost:8000")

# ziglang compiles for all of them, from any machine; the names are those of lrcourse/engine/build.py
wheels: .venv/.light
	set -e; for target in $$($(BIN)/python -c 'from lrcourse.engine.build import TARGETS; print(*TARGETS)'); do \
		LRCOURSE_TARGET=$$target $(BIN)/python -m pip wheel -q --no-deps --no-build-isolation -w dist .; done
	$(BIN)/python -m hatchling build -t sdist -d dist

bench: .venv/.frameworks
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf .venv .venv-oldest .venv-newest build dist .pytest_cache .hypothesis .ruff_cache lrcourse/engine/kernel_* lrcourse/engine/kernel.wasm

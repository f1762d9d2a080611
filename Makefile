# make lab: the course.  make test: all that CI runs.  make help: the rest.
SHELL := bash
PYTHON ?= python3
BIN := .venv/bin
SOURCES := pyproject.toml constraints.txt
UV = $(BIN)/uv pip install -q --python $(BIN)/python -c constraints.txt
PYTEST := OPENBLAS_NUM_THREADS=1 TQDM_DISABLE=1 $(BIN)/python -m pytest -n 2 --dist loadfile --doctest-modules
# what takes longest begins first (conftest.py says what stays together)
TESTS := tests/test_notebooks.py notebooks tests lrcourse
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=300 --nbval-sanitize-with tests/nbval.cfg

.PHONY: help lab lab-frameworks test test-light test-oldest outputs league bench lint browser slides site live publish clean

help:
	@echo "make lab            install, and open the course in JupyterLab"
	@echo "make lab-frameworks also install PyTorch, Keras and Optax, for lesson 13"
	@echo "make test           install, and run all tests, with PyTorch, Keras and Optax as oracles"
	@echo "make test-light     the same without those three"
	@echo "make test-oldest    the tests on the oldest numpy and matplotlib that we support"
	@echo "make test-live      lessons 00, 01 and 04 in the live edition; make test runs 00 alone there"
	@echo "make outputs        run the notebooks again and store their outputs"
	@echo "make league         run the leagues of lessons 10 and 12 again: minutes; Ctrl-C loses nothing"
	@echo "make slides         a deck and a PDF of each lesson, in build/slides"
	@echo "make site           the lessons as a web site, in build/site"
	@echo "make live           the course in the browser, in build/live; PYODIDE=dir takes Pyodide's packages from there"
	@echo "make publish        all three in one folder for a host of static files, build/publish"
	@echo "make bench          time lrcourse beside PyTorch, JAX and plain numpy (benchmarks/RESULTS.md)"
	@echo "make walk           publish, then walk through all of it in chromium; wants PYODIDE=build/pyodide"
	@echo "make clean          remove what was installed and built"

# a stamp for each set of packages, so that the second time is quick
.venv/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt uv
	touch $@

.venv/.lab: .venv/.made $(SOURCES)
	$(UV) -e '.[lab]'
	touch $@

.venv/.light: .venv/.lab
	$(UV) -e '.[lab,test,site]'
	touch $@

# pip, not uv: where PyTorch's builds lie in a folder (pip's find-links), pip looks there
.venv/.frameworks: .venv/.lab
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[lab,frameworks]'
	touch $@

lab: .venv/.lab
	$(BIN)/jupyter lab notebooks

lab-frameworks: .venv/.frameworks lab

# Debian's chromium, for the tests that look at the pages; without it they skip, except under CI
browser:
	@command -v chromium chromium-browser google-chrome > /dev/null || \
	{ run=; [ "$$(id -u)" = 0 ] || run="sudo -n"; \
	  $$run apt-get install -qq -y chromium > /dev/null 2>&1 || \
	  { $$run apt-get update -qq > /dev/null 2>&1 && $$run apt-get install -qq -y chromium > /dev/null 2>&1; } || \
	  echo "No chromium, and none could be installed: the tests in the browser will be skipped."; }

lint: .venv/.light
	$(BIN)/ruff check lrcourse tests tools benchmarks notebooks site

test: .venv/.light .venv/.frameworks browser lint
	$(PYTEST) $(TESTS) $(NBVAL)

test-light: .venv/.light browser lint
	$(PYTEST) $(TESTS) $(NBVAL) --ignore notebooks/13_in_your_framework.ipynb

# all pages, decks and three lessons of build/publish, with no address but this machine's to be found
walk: publish
	PUBLISHED=build/publish LIVE=all $(BIN)/python -m pytest -s tests/test_site.py tests/test_slides.py tests/test_live.py

test-live: .venv/.light browser
	LIVE=all $(BIN)/python -m pytest -s tests/test_live.py

.venv-oldest/.made: $(SOURCES)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "make test-oldest wants PYTHON=python3.11")'
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install -q -c constraints.txt uv
	.venv-oldest/bin/uv pip install -q --python .venv-oldest/bin/python -e '.[lab,test]' 'numpy==1.26.4' 'matplotlib==3.8.4'
	touch $@

test-oldest: .venv-oldest/.made
	$(subst $(BIN),.venv-oldest/bin,$(PYTEST)) $(TESTS) $(NBVAL) \
		--ignore notebooks/13_in_your_framework.ipynb \
		$(addprefix --ignore tests/test_,slides.py site.py live.py)

outputs: .venv/.lab
	$(BIN)/python tools/notebooks.py run

league: .venv/.lab
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/league.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/language_league.py

# each is made from notebooks/ alone
slides publish: browser
slides site live publish: .venv/.light
	$(BIN)/python site/build.py $@ $(if $(PYODIDE),--pyodide $(PYODIDE))

bench: .venv/.frameworks
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf .venv .venv-oldest build dist .pytest_cache .hypothesis .ruff_cache

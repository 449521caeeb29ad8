# The Margin Workbook. `make help` lists what there is to do.
# Works with GNU Make 3.81 (macOS) and later; all paths are relative, so the folder may have any name.

.DEFAULT_GOAL := help
.PHONY: help setup site-setup site serve lab lint test notebooks bench bench-site hub-setup class-load pins clean
SHELL := /bin/sh
PY := .venv/bin/python

# The notebooks' kernel is .venv's own, whatever other kernels this machine has.
export JUPYTER_PREFER_ENV_PATH := 1
# So are its packages.
unexport PYTHONPATH PYTHONHOME

# PYTHON       the Python that makes .venv; found when not given
# LAB_ARGS     more arguments for JupyterLab, such as --port=9999
# PYTEST_ARGS  more arguments for pytest
# SERVE_ARGS   more arguments for the site's server, such as --port=9000
# N            how many students `make class-load` has
# LOAD_ARGS    more arguments for it, such as --seconds=300
# PINS_ARGS    more arguments for `uv pip compile`, such as --upgrade
export PYTHON
LAB_ARGS =
PYTEST_ARGS =
SERVE_ARGS =
NOTEBOOKS =
N = 30
LOAD_ARGS =
PINS_ARGS =

help:
	@echo 'make setup   make the environment in .venv from the hashed pins'
	@echo 'make lab     open the workbook in JupyterLab (LAB_ARGS=... is passed on)'
	@echo 'make test    linters, types, tests and notebooks (PYTEST_ARGS=... is passed on)'
	@echo 'make notebooks  run the lessons anew and save their outputs (NOTEBOOKS=... for some)'
	@echo 'make site    build the pages that need nothing installed, into dist/site'
	@echo 'make serve   show them (SERVE_ARGS=... is passed on)'
	@echo 'make bench   measure the engine; make bench-site measures the site'
	@echo 'make class-load  measure N=30 students on a JupyterHub of this machine'
	@echo 'make pins    work out requirements.txt and environment.yml anew (PINS_ARGS=--upgrade)'
	@echo 'make site-setup  fetch what the site is built with, which the site does itself'
	@echo 'make hub-setup   fetch what the class needs, which class-load does itself'
	@echo 'make clean   remove .venv and everything else that was made here'

setup:
	@$(PY) -I tools/environment.py check 2>/dev/null || { \
		python=$$(sh tools/find_python.sh) && "$$python" -I tools/environment.py build; }

# What `make site` needs on top, in a folder of its own inside .venv.
site-setup: setup
	@$(PY) -m tools.site.setup

site: site-setup
	@$(PY) -m tools.site.build

serve: setup
	@$(PY) -m tools.site.serve $(SERVE_ARGS)

# Root in a container needs --allow-root. Where there is no desktop, no browser is looked for:
# JupyterLab prints the address to open.
lab: setup
	@page=notebooks/00_start_here.ipynb; \
	[ -f "$$page" ] || page=notebooks/05_loss_cascade.ipynb; \
	set -- --ServerApp.root_dir="$$PWD"; \
	[ ! -f "$$page" ] || set -- "$$@" --LabApp.default_url="/lab/tree/$$page"; \
	[ "$$(id -u)" != 0 ] || set -- "$$@" --allow-root; \
	[ "$$(uname -s)" != Linux ] || [ -n "$$DISPLAY$$WAYLAND_DISPLAY$$BROWSER" ] || set -- "$$@" --no-browser; \
	exec .venv/bin/jupyter lab "$$@" $(LAB_ARGS)

lint: setup
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports
	@.venv/bin/biome ci --error-on-warnings
	@$(PY) tools/check_types_js.py

test: lint
	@$(PY) -m pytest --cov -n logical --maxprocesses=4 $(PYTEST_ARGS)

# After a change that a lesson shows: run the lessons anew and save what they show.
notebooks: setup
	@$(PY) tools/run_notebooks.py $(NOTEBOOKS)

bench: setup
	@$(PY) tests/bench.py

# Of the site that `make site` has built.
bench-site: setup
	@PYTHONPATH=. $(PY) tests/bench_site.py

# What `make class-load` needs on top, in a folder of its own as well.
hub-setup: setup
	@$(PY) -m tools.hub.setup

# A JupyterHub on this machine's loopback, with a class in it.
class-load: hub-setup
	@PYTHONPATH=. $(PY) tests/class_load.py $(N) $(LOAD_ARGS)

# uv is not one of the project's dependencies: it is installed for the occasion.
COMPILE = UV_CUSTOM_COMPILE_COMMAND='make pins' .pins-venv/bin/uv pip compile --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-emit-index-url --no-annotate --quiet
pins: setup
	@rm -rf .pins-venv && $(PY) -m venv .pins-venv && \
	.venv/bin/python -m pip --python .pins-venv --disable-pip-version-check install --quiet uv && \
	$(COMPILE) pyproject.toml --extra lab --group test --output-file requirements.txt $(PINS_ARGS) && \
	$(COMPILE) --group site --constraint requirements.txt \
		$$(sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements.txt) \
		--output-file requirements-site.txt $(PINS_ARGS) && \
	$(COMPILE) --group hub --constraint requirements.txt \
		$$(sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements.txt) \
		--output-file requirements-hub.txt $(PINS_ARGS); \
	status=$$?; rm -rf .pins-venv; [ $$status = 0 ] && $(PY) tools/conda_pins.py

clean:
	rm -rf .venv .pins-venv node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find notebooks tests -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +

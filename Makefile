# Two commands are all a newcomer needs: `make demo` and `make test`.
# Both make the virtual environment from nothing and reuse it afterwards.
PYTHON ?= python3
# Tests run in so many processes, each with one thread for torch: threads that wait for each other take longest.
WORKERS ?= 2
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test lint types imports unit slow pictures wheel-check clean

demo: $(READY)
	$(BIN)/studio demo

test: lint types imports unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

unit: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow"

# The rest: the README's tour, the window by mouse and keys, kills, real clips. Some minutes.
slow: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m slow

# Every dock and the window, light and dark, empty and full, for the documents.
pictures: $(READY)
	$(BIN)/python tools/make_pictures.py

# The wheel, installed elsewhere and run outside the checkout, does the demo too.
wheel-check: $(READY)
	rm -rf .wheel-check
	$(BIN)/python -m build --wheel --outdir .wheel-check/dist
	$(PYTHON) -m venv .wheel-check/venv
	.wheel-check/venv/bin/python -m pip install --quiet --disable-pip-version-check .wheel-check/dist/*.whl
	elsewhere=$$(mktemp -d) && trap 'rm -rf "$$elsewhere"' EXIT && cd "$$elsewhere" && \
	export PATH="$(CURDIR)/.wheel-check/venv/bin:$$PATH" STUDIO_CACHE="$$elsewhere/cache" && \
	python -c 'from studio.core.paths import MODELS, RESOURCES; print(MODELS); assert "_data" in MODELS.parts and RESOURCES.is_dir()' && \
	studio doctor && studio demo --headless --out demo && studio check demo/project

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which with make PYTHON=python3.x")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(READY)

clean:
	rm -rf $(VENV) .wheel-check .mypy_cache .ruff_cache .pytest_cache

# Two commands do it all: `make search` runs the main job, `make test` the whole test suite.
# Both make `.venv` first. `make PY=python3.12 ...` chooses the Python, `ARGS=` is passed on.

VERSION := -c 'import sys; print("%d.%d" % sys.version_info[:2])'
HAVE := $(shell .venv/bin/python $(VERSION) 2>/dev/null)
WANT := $(if $(PY),$(shell $(PY) $(VERSION) 2>/dev/null),$(HAVE))
USABLE := $(and $(HAVE),$(filter $(HAVE),$(WANT)))
PY ?= python3
BIN := .venv/bin
SOURCES := pyproject.toml setup.py $(wildcard src/featcls/_ext/*.pyx src/featcls/_ext/*.h)

.PHONY: search test coverage test-torch sanitize fuzz lint docs bench wheel clean check FORCE

search: .venv/ready.stamp
	$(BIN)/featcls search --space default $(ARGS)

test: .venv/test.stamp
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

# The suite again, slower, with the lines of src/featcls that it runs; fails below 90 %.
coverage: .venv/test.stamp
	mkdir -p build
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS) --cov

# Networks on the CPU; TORCH says which build, for instance
# TORCH='torch --index-url https://download.pytorch.org/whl/cpu'.
TORCH := -c constraints.txt torch
test-torch: .venv/torch.stamp
	$(BIN)/python -m pytest plugins/featcls-torch $(ARGS)

sanitize: .venv/test.stamp
	PYTHON=$(BIN)/python .ci/sanitize $(ARGS)

fuzz: .venv/test.stamp
	PYTHONPATH=tests $(BIN)/python -m fuzz $(ARGS)

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/docs.stamp
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	$(BIN)/sphinx-build -W --keep-going -q -b doctest docs docs/_build/doctest

# Peers on one thread, as the kernels are unless told otherwise.
bench: export OPENBLAS_NUM_THREADS = 1
bench: export OPENCV_FOR_THREADS_NUM = 1
bench: .venv/bench.stamp
	$(BIN)/asv machine --yes --config benchmarks/asv.conf.json
	$(BIN)/asv run --config benchmarks/asv.conf.json -E existing:$(CURDIR)/$(BIN)/python \
	    --set-commit-hash $(shell git rev-parse HEAD) $(ARGS)

wheel: .venv/test.stamp
	rm -rf dist
	$(BIN)/python -m build

clean:
	rm -rf build dist docs/_build docs/api .venv/*.stamp src/featcls/_ext/*.so

# The virtual environment. It is made anew if it does not run, is of another version than the
# PY given, or was left half-made; pip runs again only when SOURCES changed.

.venv/ready.stamp: EXTRAS := all
.venv/test.stamp: EXTRAS := all,euxfel,test
.venv/docs.stamp: EXTRAS := all,docs
.venv/bench.stamp: EXTRAS := all,bench

.venv/ready.stamp .venv/test.stamp .venv/docs.stamp .venv/bench.stamp: \
    $(SOURCES) $(if $(USABLE),,FORCE)
	@$(MAKE) --no-print-directory check
	@# venv writes `activate` last; `unfinished` stays only where pip was killed.
	@if [ -z "$(USABLE)" ] || [ ! -f $(BIN)/activate ] || [ -f .venv/unfinished ] || \
	    ! $(BIN)/python -m pip --version >/dev/null 2>&1; \
	then $(PY) -m venv --clear .venv; fi
	@echo "installing featcls[$(EXTRAS)] into .venv, a minute or two"
	@touch .venv/unfinished
	@$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'; \
	    status=$$?; rm .venv/unfinished; exit $$status
	@touch .venv/ready.stamp $@

.venv/torch.stamp: plugins/featcls-torch/pyproject.toml .venv/test.stamp
	$(BIN)/python -m pip install --quiet $(TORCH)
	$(BIN)/python -m pip install --quiet --editable ./plugins/featcls-torch
	@touch $@

# Everything that is missing, in one message.
check:
	@command -v $(PY) >/dev/null || { echo "$(PY) is not installed; $$REMEDY" >&2; exit 1; }
	@$(PY) -c "$$CHECK"

define REMEDY
on Debian or Ubuntu:
    sudo apt install python3-venv python3-dev gcc make
For another Python than $(PY), for example: make PY=python3.12 (with python3.12-venv, python3.12-dev)
endef

define CHECK
import importlib.util, os, shutil, sys, sysconfig
header = os.path.join(sysconfig.get_path("include"), "Python.h")
compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
found = {
    "Python 3.11 or newer (this is %d.%d)" % sys.version_info[:2]: sys.version_info >= (3, 11),
    "the module ensurepip": importlib.util.find_spec("ensurepip"),
    "the header " + header: os.path.exists(header),
    "the C compiler " + compiler: shutil.which(compiler),
}
missing = [name for name in found if not found[name]]
if missing:
    sys.exit("$(PY) lacks " + ", ".join(missing) + "; " + os.environ["REMEDY"])
endef

export CHECK REMEDY

# The template's own commands; a generated project has a Makefile of its own.
.DEFAULT_GOAL := help
.PHONY: help demo adopt test proof test-fast bench docs pictures check format record lock .venv

GENERATED := {{ cookiecutter.django_project_name }}
PYTHON := .venv/bin/python

help: ## List the commands
	@'$(GENERATED)/bin/help' Makefile
demo: .venv ## Generate a project with the defaults and serve it at http://localhost:8000
	@'$(GENERATED)/bin/check-port'
	@mkdir -p build/project_name
	@find build/project_name -mindepth 1 -maxdepth 1 ! -name .venv ! -name 'db.sqlite3*' -exec rm -r {} +
	@.venv/bin/cookiecutter . --no-input --default-config --accept-hooks no --overwrite-if-exists --output-dir build
	@echo "Generated build/project_name"
	@cd build/project_name && PATH="$(CURDIR)/.venv/bin:$$PATH" bin/start
adopt: .venv ## Write deployment/ into a Django project that exists: make adopt PROJECT=../mysite
	@$(PYTHON) -m ddpt.adopt $(MAKEOVERRIDES)
test: .venv ## Run the tests; for some of them: make test ARGS="tests/bake/test_lock.py -k header"
	@$(PYTHON) -m pytest --numprocesses=auto -m "not long and not docker and not site" $(ARGS)
	@$(PYTHON) -m pytest --numprocesses=2 -m "not long and docker" $(ARGS)
	@$(PYTHON) -m pytest -m "not long and site" $(ARGS)
proof: .venv ## Run the tests that `make test` leaves out, and all tests of sites in production
	@$(PYTHON) -m pytest --numprocesses=2 -m "long or site" $(ARGS)
test-fast: .venv ## Run the tests that need nothing but Python
	@$(PYTHON) -m pytest --numprocesses=auto -m "not long" tests/unit tests/bake $(ARGS)
bench: .venv ## Measure speed beside other projects, and write docs/performance.md; one benchmark: make bench-pages
	@PYTHONPATH=tests $(PYTHON) -m bench
bench-%: .venv
	@PYTHONPATH=tests $(PYTHON) -m bench $*
docs: .venv ## Build the guide into build/docs; check its links to other sites: make docs ARGS="--builder linkcheck"
	@$(PYTHON) -m sphinx --fail-on-warning --fresh-env --nitpicky --quiet --doctree-dir build/doctrees docs build/docs $(ARGS)
	@echo "file://$(CURDIR)/build/docs/index.html"
pictures: .venv ## Make the pictures of the README again: the home page, and a release under load on a Docker Engine
	@PYTHONPATH=tests $(PYTHON) -m pictures
check: .venv ## Check format and lint of the template's own code
	@.venv/bin/black --check bench ddpt docs pictures src tests
	@.venv/bin/ruff check bench ddpt docs pictures src tests
	@.venv/bin/mypy
	@PYTHONPATH=src .venv/bin/lint-imports
format: .venv ## Format the template's own code
	@.venv/bin/black bench ddpt docs pictures src tests
	@.venv/bin/ruff check --fix bench ddpt docs pictures src tests
record: .venv ## Record again what a Docker Engine answers, for the tests of the deploy tool
	@$(PYTHON) tests/support/record.py
lock: .venv ## Lock the packages, of projects and of the template; newest versions: make lock ARGS=--upgrade
	@$(PYTHON) -m ddpt.lock $(ARGS)

.venv:
	@cmp -s requirements.txt .venv/installed.txt || { \
		python=$$('$(GENERATED)/bin/find-python') && echo "Installing requirements.txt into .venv with $$python" && \
		"$$python" -m venv --clear .venv && \
		sed -n '/^uv==/,/[^\\]$$/p' requirements.txt >.venv/uv.txt && \
		$(PYTHON) -m pip install -qq --disable-pip-version-check --require-hashes --requirement .venv/uv.txt && \
		UV_SYSTEM_CERTS=true .venv/bin/uv pip sync --quiet --python $(PYTHON) --require-hashes requirements.txt && \
		cp requirements.txt .venv/installed.txt; }

PYTHON ?= python3
TEST_DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/postgres
DEV = $(PYTHON) scripts/environment.py requirements-dev.txt
MANAGE = DJANGO_SETTINGS_MODULE=tests.settings .venv/bin/python manage.py
LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

.PHONY: help run test test-postgres soak bench lint migrations-check lock points css vendor

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 20

run: ## Start the site and its worker on http://localhost:8000 (another port: PORT=8001 make run)
	@$(PYTHON) scripts/run.py

test: ## Run the tests (some of them: make test ARGS="tests/comments -k approve")
	@$(DEV)
	.venv/bin/python -m pytest -n auto $(ARGS)

test-postgres: ## Run the tests that PostgreSQL could see differently, on TEST_DATABASE_URL
	@$(DEV)
	TEST_DATABASE_URL=$(TEST_DATABASE_URL) .venv/bin/python -m pytest -n auto -m "not browser and not any_database" $(ARGS)

soak: ## Kill the newsletter's workers 200 times instead of 52 (on PostgreSQL: TEST_DATABASE_URL=... make soak)
	@$(DEV)
	KILLS=200 .venv/bin/python -m pytest -s tests/newsletter/test_killing.py $(ARGS)

bench: ## Run every benchmark in tests/benchmarks/
	@$(DEV)
	@set -e; for file in tests/benchmarks/bench_*.py; do echo "== $$file"; .venv/bin/python $$file; done

lint: migrations-check ## Check style, templates and Django's own list
	.venv/bin/ruff check . && .venv/bin/ruff format --check .
	.venv/bin/djlint templates --lint --quiet && $(MANAGE) check

migrations-check: ## Fail where a model has changed without a migration
	@$(DEV)
	$(MANAGE) makemigrations --check --dry-run

lock: ## Lock requirements/*.in with hashes; needs uv (newer versions: make lock ARGS=--upgrade)
	$(LOCK) $(ARGS) requirements/base.in -o requirements.txt
	$(LOCK) $(ARGS) requirements/prod.in -o requirements-prod.txt
	$(LOCK) $(ARGS) requirements/dev.in -o requirements-dev.txt

points: ## Fit the points of triage to the labelled sentences
	.venv/bin/python scripts/fit_points.py

css: ## Compile the style sheet from frontend/; needs Node
	cd frontend && npm ci --ignore-scripts && npm run build

vendor: ## Fetch anew what browsers get from npm, as frontend/package-lock.json has it; needs Node
	cd frontend && npm ci --ignore-scripts && npm run vendor

# 明堂。make demo：从零搭起并走完一次招标；make test：全部测试。
# Every target sets up what it needs; a warm set-up takes no time.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo run test check bench clean

PY := .venv/bin/python
ARGS ?=
WORKERS ?= 2
ONLY ?=
STAMPS := .venv/.python-ready .venv/.system-ready

help: ## 有哪些命令
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(STAMPS) ## 系统软件包与 Python 环境

# The system first: it may bring the module that makes virtual environments.
.venv/.python-ready: requirements-dev.txt tools/setup-python.sh | .venv/.system-ready
	@tools/setup-python.sh
	@touch $@

# 3: something may not be installed here; it has been said, the rest works, and is asked again next time.
.venv/.system-ready: tools/setup-system.sh
	@status=0; tools/setup-system.sh || status=$$?; \
	if [ $$status -eq 0 ]; then mkdir -p .venv && touch $@; elif [ $$status -ne 3 ]; then exit $$status; fi

demo: setup ## 无人值守地走完一次招标，成果在 var/demo/
	@$(PY) -m demo $(ARGS)

run: setup ## 打开演示世界：印出网址和每个角色的登录
	@$(PY) -m demo serve $(ARGS)

test: setup ## 全部测试（两个进程，WORKERS=1 一个）；ARGS="tests/unit -k money" 只运行一部分
	@$(PY) -m pytest $(if $(ARGS),$(ARGS),-n $(WORKERS) --dist loadfile --no-loadscope-reorder)

check: setup ## ruff、mypy、import-linter、迁移、ES 模块
	@tools/check.sh

bench: setup ## 与同一次运行测得的极限相比；ONLY=seal_open 只量一项
	@$(PY) -m tests.bench ONLY=$(ONLY)

clean: ## 清掉缓存、演示成果、测量与截图；密钥和数据库不动
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist *.egg-info
	@rm -rf var/demo var/bench var/screenshots
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

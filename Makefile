# SPDX-License-Identifier: GPL-2.0-only
# whylate: GNU make, everything it makes goes under build/. Try `make help`.

MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
.SECONDARY:

# make V=1 shows every command
Q := $(if $(V),,@)

B := build

include mk/config.mk
include mk/deps.mk
include mk/core.mk
include mk/bpf.mk
include mk/lab.mk
include mk/user.mk
include mk/test.mk
include mk/fuzz.mk
include mk/arm64.mk
-include mk/guest.mk
include mk/kmod.mk
-include mk/kmod-lab.mk
include mk/debug-kernel.mk
include mk/bench.mk

.PHONY: all run check clean help install
all: $(B)/whylate	## build the program at build/whylate

run: deps	## install what is missing, build, measure this machine for ten seconds
	@$(MAKE) --no-print-directory all
	@$(B)/whylate

check: deps	## install what is missing, build, pass every test
	@$(MAKE) --no-print-directory check-all

install: all	## install the program (PREFIX, DESTDIR)
	install -D -m 0755 $(B)/whylate $(DESTDIR)$(PREFIX)/bin/whylate
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man4
	install -m 0644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 0644 docs/man/*.4 $(DESTDIR)$(PREFIX)/share/man/man4

clean:	## remove everything built (cached guest packages stay: rm -r build removes them too)
	rm -rf $(filter-out $(B)/guest $(B)/debug-kernel,$(wildcard $(B)/*))

help:	## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*##[[:space:]]*/\1\t/' | expand -t 14

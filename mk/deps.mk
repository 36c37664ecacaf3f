# SPDX-License-Identifier: GPL-2.0-only
# What `make run` and `make check` need from Debian's packages; installs only what is missing.

DEPS_BUILD := gcc libc6-dev clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libzstd-dev libjson-c-dev pkg-config
DEPS_CHECK := libcmocka-dev libclang-rt-dev python3 python3-pytest python3-pytest-timeout python3-pytest-xdist \
	python3-jsonschema rt-tests iproute2 util-linux procps kmod dkms gnuplot-nox pahole xz-utils zstd cpio busybox-static qemu-system-x86
DEPS_CHECK += qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross
DEPS_BENCH := linux-perf libbpf-tools

.PHONY: deps deps-bench
deps:	## install the Debian packages that building and testing need
	@missing=""; for p in $(DEPS_BUILD) $(if $(filter check check-all check-vm,$(MAKECMDGOALS)),$(DEPS_CHECK)); do \
		dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; apt-get -qq update && \
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing >/dev/null; fi

deps-bench:
	@missing=""; for p in $(DEPS_BENCH); do \
		dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then apt-get -qq update && \
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing >/dev/null; fi

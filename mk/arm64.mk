# SPDX-License-Identifier: GPL-2.0-only
# The program and the load generators for arm64, cross-built into build/arm64 by the rules of all
# else, and linked with the packages that its guest's root holds (test/guest/fetch).

ARM64_ROOT := $(B)/guest/6.12-rt-arm64/root
ARM64_LIB = $(abspath $(ARM64_ROOT))/usr/lib/aarch64-linux-gnu
ARM64_BIN = $(patsubst $(B)/%,$(B)/arm64/%,$(B)/whylate $(LOAD_BIN))
ARM64_KBUILD := ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-

.PHONY: arm64
arm64: $(ARM64_ROOT) $(B)/arm64/test/suspend32	## build for arm64, at build/arm64/whylate
	@PKG_CONFIG_SYSROOT_DIR=$(abspath $<) PKG_CONFIG_LIBDIR=$(ARM64_LIB)/pkgconfig \
		$(MAKE) --no-print-directory $(if $(V),,-s) B=$(B)/arm64 CC=aarch64-linux-gnu-gcc BPF_ARCH=arm64 \
		$(ARM64_BIN)

# 32 bits, as a Raspberry Pi's user space often is: clang and this linker know that processor too.
$(B)/arm64/test/suspend32: test/guest/suspend32.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CLANG) --target=armv7a-linux-gnueabi -marm -O2 -Wall -Wextra -ffreestanding -c $< -o $@.o
	$(Q)aarch64-linux-gnu-ld -m armelf_linux_eabi $@.o -o $@

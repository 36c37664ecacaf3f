# SPDX-License-Identifier: GPL-2.0-only
# One more guest, whose kernel is built here with every checker that kernels have for what modules
# do wrong: 6.12-debug (test/guest/debug.config). It takes a quarter of an hour on two CPUs, and
# the guest is several times as slow, so no other target needs it. `make clean` keeps it.

DEBUG_KERNEL := 6.12-debug
DEBUG_GUEST := $(B)/guest/$(DEBUG_KERNEL)

.PHONY: debug-kernel check-debug-kernel
debug-kernel: $(DEBUG_GUEST)/release	## build the kernel that checks what the module does

check-debug-kernel: check-build debug-kernel	## run the module in it (takes half an hour)
	@$(MAKE) --no-print-directory guest-module lab-kmod KERNEL=$(DEBUG_KERNEL)
	WHY_GUEST_KERNELS=$(DEBUG_KERNEL) WHY_GUEST_SLOW=4 $(GUESTS_PYTEST) \
		test/guest/test_debug_kernel.py test/guest/test_tracking.py test/guest/test_collectors.py

$(DEBUG_GUEST)/release: test/guest/debug.config test/guest/build-debug
	test/guest/build-debug 6.12 $(B)/debug-kernel $(DEBUG_GUEST)

# SPDX-License-Identifier: GPL-2.0-only
# Kernels for the QEMU guests: downloaded by apt, unpacked under build/guest/<flavour>, kept by
# `make clean`. KERNEL is 6.12 (default), 6.12-rt, 6.1 or 6.1-rt, as for test/guest/run --kernel.
# To get a newer one, remove its folder.

KERNEL ?= 6.12
GUEST := $(B)/guest/$(KERNEL)
GUEST_KDIR = $(abspath $(GUEST)/headers)

.PHONY: guest-kernel guest-kernels guest-headers check-vm
guest-kernel: $(GUEST)/modules/modules.dep	## unpack the guests' kernel (KERNEL=6.12)

guest-kernels:	## unpack all of the guests' kernels
	@for k in 6.12 6.12-rt 6.1 6.1-rt; do $(MAKE) --no-print-directory guest-kernel KERNEL=$$k || exit; done

guest-headers: $(GUEST)/headers/Makefile	## unpack the headers to build modules for it

check-vm: guest-kernels guest-headers	## run the tests that need a QEMU guest
	$(PYTHON) -m pytest -q -p no:cacheprovider test/guest

# Both need the release that the first of them chooses; in a parallel build one waits for the other.
$(GUEST)/modules/modules.dep:
	test/guest/fetch image $(KERNEL) $(GUEST)

$(GUEST)/headers/Makefile: | $(GUEST)/modules/modules.dep
	test/guest/fetch headers $(KERNEL) $(GUEST)

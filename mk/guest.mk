# SPDX-License-Identifier: GPL-2.0-only
# Kernels for the QEMU guests: downloaded by apt, unpacked under build/guest/<flavour>, kept by
# `make clean`. KERNEL is 6.12 (default), 6.12-rt, 6.1, 6.1-rt or 6.12-rt-arm64, as for
# test/guest/run --kernel. To get a newer one, remove its folder.

KERNEL ?= 6.12
GUESTS := 6.12 6.12-rt 6.1 6.1-rt 6.12-rt-arm64
GUEST := $(B)/guest/$(KERNEL)

.PHONY: guest-kernel guest-kernels guest-headers guest-build check-vm
guest-kernel: $(GUEST)/modules/modules.dep	## unpack the guests' kernel (KERNEL=6.12)

# Another processor's programs are not this machine's.
ifneq ($(filter %-arm64,$(KERNEL)),)
guest-kernel: $(GUEST)/root
endif

guest-kernels: $(GUESTS:%=$(B)/guest/%/modules/modules.dep) $(ARM64_ROOT)	## unpack all of the guests' kernels

guest-headers: $(GUEST)/headers/Makefile	## unpack the headers to build modules for it

# All that the tests in guests need.
guest-build: guest-kernels guest-headers arm64 all $(LOAD_BIN) $(TOOL_BIN)

# Two things for each CPU at a time: while one downloads, one compiles.
MAKE_MANY = $(MAKE) --no-print-directory -j$$((2 * $$(nproc)))

# A guest is one busy thread. Tests of one guest stay together (test/guest/conftest.py). A worker that
# has died is a failure and the end: with another in its place, pytest-xdist 3.1 may wait for ever.
# Adds to TALLY and tells the sum.
TALLY := $(B)/test/tally
GUESTS_PYTEST = $(PYTEST) -n 2 --dist loadgroup --max-worker-restart=0 --durations=8
CHECK_GUESTS = $(GUESTS_PYTEST) test/guest || failed=$$?

check-vm: deps	## run the tests that need a QEMU guest
	+@$(MAKE_MANY) guest-build
	@rm -f $(TALLY)
	@export WHY_TALLY=$(TALLY); failed=0; $(CHECK_GUESTS); exit $$failed

# All need the release that the first of them chooses; in a parallel build the others wait for it.
$(B)/guest/%/modules/modules.dep:
	test/guest/fetch image $* $(B)/guest/$*

$(B)/guest/%/root: | $(B)/guest/%/modules/modules.dep
	test/guest/fetch root $* $(B)/guest/$*

$(B)/guest/%/headers/Makefile: | $(B)/guest/%/modules/modules.dep
	test/guest/fetch headers $* $(B)/guest/$*

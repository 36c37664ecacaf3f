# SPDX-License-Identifier: GPL-2.0-only
# The lab's kernel modules, built for a guest's kernel (KERNEL as in mk/guest.mk) from a copy, so
# that nothing is written among the sources.

LAB_KMOD_SRC := $(wildcard lab/kmod/*)

.PHONY: lab-kmod lab-kmods
lab-kmod: $(B)/lab-kmod/$(KERNEL)/irq_demo.ko	## build the lab's modules for a guest's kernel (KERNEL=6.12)

lab-kmods: $(patsubst %,$(B)/lab-kmod/%/irq_demo.ko,$(filter-out %-arm64,$(GUESTS)))	## build them for all of the guests' kernels but arm64's

guest-build: lab-kmods

$(B)/lab-kmod/%/irq_demo.ko $(B)/lab-kmod/%/fault.ko: $(LAB_KMOD_SRC) $(B)/guest/%/headers/Makefile
	@mkdir -p $(@D)
	@echo "  KMOD  $(@D)"
	$(Q)cp $(LAB_KMOD_SRC) $(@D)/
	$(Q)$(MAKE) -s -C $(abspath $(B)/guest/$*/headers) M=$(abspath $(@D)) WHY_ROOT=$(CURDIR) modules

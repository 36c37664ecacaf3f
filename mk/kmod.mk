# SPDX-License-Identifier: GPL-2.0-only
# The kernel module, built out of the source tree: KDIR are the headers of the kernel it is for;
# KERNEL=... as in mk/guest.mk builds the one for that guest.

KDIR ?= /lib/modules/$(shell uname -r)/build
KMOD_SRC := $(wildcard kmod/*.c kmod/*.h hooks/*.[ch] core/*.[ch] abi/*.h compat/*.h) kmod/Kbuild

# Kbuild builds where its file is, so a folder of links stands for the sources. (+: make does not see
# by itself that a command which comes out of a call is a make.)
define build_module
	@mkdir -p $(1)
	@ln -sf $(abspath kmod)/* $(1)/
	@echo "  KMOD  $(1)/whylate.ko"
	+$(Q)$(MAKE) -s -C $(2) M=$(abspath $(1)) WHY_SRC=$(CURDIR) $(3) modules
endef

.PHONY: module guest-module guest-modules
module:	## build the kernel module (KDIR=headers) at build/kmod/whylate.ko
	$(call build_module,$(B)/kmod,$(KDIR))

guest-module: $(GUEST)/kmod/whylate.ko	## build it for a guest's kernel (KERNEL=6.12)

guest-modules: $(GUESTS:%=$(B)/guest/%/kmod/whylate.ko)	## build it for all of the guests' kernels

guest-build: guest-modules

# What debuggers read is a fifth of the work of building it, and a second of each guest that loads it.
BARE := KCFLAGS=-g0 CONFIG_DEBUG_INFO_BTF_MODULES=

$(B)/guest/%/kmod/whylate.ko: $(KMOD_SRC) mk/kmod.mk | $(B)/guest/%/headers/Makefile
	$(call build_module,$(@D),$(abspath $(B)/guest/$*/headers),$(BARE) $(if $(filter %-arm64,$*),$(ARM64_KBUILD)))

# What a module is built from, for DKMS: the rooms that it is of, under /usr/src.
KMOD_ROOMS := kmod hooks core abi compat
DKMS_DIR = $(DESTDIR)/usr/src/whylate-$(VERSION)

.PHONY: install-dkms
install-dkms:	## put the module's sources where `dkms install whylate/VERSION` finds them (DESTDIR)
	install -d $(DKMS_DIR)
	for room in $(KMOD_ROOMS); do install -d $(DKMS_DIR)/$$room && \
		install -m 0644 $$room/* $(DKMS_DIR)/$$room/; done
	sed 's/@VERSION@/$(VERSION)/' packaging/dkms/dkms.conf > $(DKMS_DIR)/dkms.conf

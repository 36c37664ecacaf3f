# SPDX-License-Identifier: GPL-2.0-only
# eBPF: the same core/*.c and the adapter in one object, then a skeleton. A broken
# compile by this clang can eat all memory, so each one has a limit.

BPF_ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
BPF_CFLAGS := -g -O2 -Wall -Werror -std=gnu11 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) \
	-I. -DWHY_WORLD='"bpf/world.h"' -DWHY_STALL_WORLD='"bpf/stall_world.h"' \
	-DWHY_FACTS='"compat/facts_core.h"' -MMD -MP
BPF_LIMIT := ulimit -v 4000000;
# All skeletons in one folder, included as skel/NAME.skel.h: no source knows where a build is.
MAKE_SKEL = mkdir -p $(@D) && $(BPFTOOL) gen skeleton $< name $(@F:.skel.h=) > $@

# One unit (bpf/whylate.bpf.c says why), inlined throughout.
BPF_INLINE := -mllvm -inline-threshold=100000

$(B)/bpf/whylate.bpf.o: bpf/whylate.bpf.c mk/bpf.mk
	@mkdir -p $(@D)
	@echo "  BPF   $@"
	$(Q)$(BPF_LIMIT) $(CLANG) $(BPF_CFLAGS) $(BPF_INLINE) -include compat/vmlinux.h -c $< -o $@

$(B)/skel/whylate.skel.h: $(B)/bpf/whylate.bpf.o
	$(Q)$(MAKE_SKEL)

-include $(B)/bpf/whylate.bpf.d

# What finds sections with interrupts off: few events, so calls do not matter.
$(B)/bpf/stalls.bpf.o: bpf/stalls.bpf.c mk/bpf.mk
	@mkdir -p $(@D)
	@echo "  BPF   $@"
	$(Q)$(BPF_LIMIT) $(CLANG) $(BPF_CFLAGS) -include compat/vmlinux.h -c $< -o $@

$(B)/skel/stalls.skel.h: $(B)/bpf/stalls.bpf.o
	$(Q)$(MAKE_SKEL)

-include $(B)/bpf/stalls.bpf.d

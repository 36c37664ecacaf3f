# SPDX-License-Identifier: GPL-2.0-only
# The lab's own eBPF programs: no part of what measures. The kernel's user-space headers are in
# another folder where the compiler is for another processor.

LAB_INCLUDE = $(foreach a,$(shell $(CC) -print-multiarch),-I/usr/include/$a -I/usr/$a/include)

$(B)/lab/inject.bpf.o: lab/inject.bpf.c
	@mkdir -p $(@D)
	@echo "  BPF   $@"
	$(Q)$(BPF_LIMIT) $(CLANG) $(BPF_CFLAGS) $(LAB_INCLUDE) -c $< -o $@

$(B)/skel/inject.skel.h: $(B)/lab/inject.bpf.o
	$(Q)$(MAKE_SKEL)

$(B)/lab/inject.o: $(B)/skel/inject.skel.h

-include $(B)/lab/inject.bpf.d

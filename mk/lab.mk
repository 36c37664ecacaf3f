# SPDX-License-Identifier: GPL-2.0-only
# The lab's own eBPF programs: no part of what measures.

$(B)/lab/inject.bpf.o: lab/inject.bpf.c
	@mkdir -p $(@D)
	@echo "  BPF   $@"
	$(Q)$(BPF_LIMIT) $(CLANG) $(BPF_CFLAGS) -I/usr/include/$$($(CC) -print-multiarch) -c $< -o $@

$(B)/lab/inject.skel.h: $(B)/lab/inject.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name inject > $@

$(B)/lab/inject.o: $(B)/lab/inject.skel.h

-include $(B)/lab/inject.bpf.d

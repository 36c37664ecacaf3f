# SPDX-License-Identifier: GPL-2.0-only
# Benchmarks against the peers: they need a quiet machine and are no part of `make check`.

$(B)/bench/floor.bpf.o: bench/floor.bpf.c
	@mkdir -p $(@D)
	@echo "  BPF   $@"
	$(Q)$(BPF_LIMIT) $(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/skel/floor.skel.h: $(B)/bench/floor.bpf.o
	$(Q)$(MAKE_SKEL)

$(B)/bench/floor: bench/floor.c $(B)/skel/floor.skel.h
	@echo "  CC    $@"
	$(Q)$(CC) $(CFLAGS_ALL) $< $(USER_LIBS) -o $@

$(B)/bench/synthetic: bench/synthetic.c $(LIB_OBJ) $(CORE_OBJ)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(USER_CFLAGS) $(filter %.c %.o,$^) $(USER_LIBS) -o $@

.PHONY: bench
bench: deps deps-bench	## measure our cost beside runqlat and perf sched, print the table
	@$(MAKE) --no-print-directory all $(B)/bench/floor $(B)/bench/synthetic $(LOAD_BIN)
	bench/overhead
	bench/watched
	bench/network
	bench/recording

# SPDX-License-Identifier: GPL-2.0-only
# Everything `make check` runs. Unit tests are one program a file, under both sanitizers.

UNIT_SRC := $(wildcard test/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:test/unit/%.c=$(B)/test/%)
LOAD_BIN := $(patsubst test/load/%.c,$(B)/test/load/%,$(wildcard test/load/*.c))

UNIT_CFLAGS := -std=gnu11 $(WARN) -O1 -g $(SAN) $(USER_CFLAGS) $(CORE_USER) -I. -I$(B) -Itest -MMD -MP
# What the unit tests link: everything but main, sanitized too.
UNIT_LIB_SRC := $(CORE_SRC) lib/names.c lib/snapshot.c lib/error.c lib/ring_reader.c lib/machine.c \
	lib/pack.c lib/unpack.c lib/recording_write.c lib/recording_read.c lib/recording_content.c \
	lib/collect.c lib/cgroup.c lib/series.c lib/pressure.c lib/rates.c lib/keyed.c lib/counts.c \
	lib/interrupts.c lib/merge.c lib/order.c lib/replay.c lib/replay_irq.c lib/replay_tasks.c \
	lib/replay_collect.c lib/replay_states.c lib/history.c lib/spans.c lib/violation.c \
	lib/watch.c lib/watch_build.c lib/watch_idle.c lib/window.c lib/told_tasks.c \
	lib/texts.c lib/texts_kernel.c lib/json.c lib/stalls.c lib/symbols.c \
	report/format.c cli/parse.c cli/output.c \
	explain/spikes.c explain/story.c test/vectors/parse.c test/vectors/expect.c
UNIT_LIB_OBJ := $(UNIT_LIB_SRC:%.c=$(B)/san/%.o)

$(B)/san/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(UNIT_CFLAGS) -c $< -o $@

$(B)/test/vector.bpf.o: test/vectors/vector.bpf.c
	@mkdir -p $(@D)
	@echo "  BPF   $@"
	$(Q)$(BPF_LIMIT) $(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/skel/vector.skel.h: $(B)/test/vector.bpf.o
	$(Q)$(MAKE_SKEL)

$(B)/test/test_vectors: $(B)/skel/vector.skel.h

$(B)/test/test_%: test/unit/test_%.c $(UNIT_LIB_OBJ)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(UNIT_CFLAGS) $< $(filter %.o,$^) -lcmocka $(USER_LIBS) -o $@

# Stepped instruction by instruction: as it is shipped, without the sanitizers' own.
$(B)/test/test_interrupted: test/unit/test_interrupted.c $(CORE_OBJ)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(filter-out $(SAN),$(UNIT_CFLAGS)) $(filter %.c %.o,$^) -lcmocka -o $@

$(B)/test/load/%: test/load/%.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -Itest/load -MMD -MP $< -lpthread -lm -o $@

TOOL_BIN := $(patsubst test/tool/%.c,$(B)/test/tool/%,$(wildcard test/tool/*.c))

$(B)/test/tool/%: test/tool/%.c $(LIB_OBJ) $(CORE_OBJ)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(USER_CFLAGS) $(filter %.c %.o,$^) $(USER_LIBS) -o $@

PYTEST := $(PYTHON) -m pytest -q -p no:cacheprovider

.PHONY: check-all check-fast check-build
check-build: all $(UNIT_BIN) $(LOAD_BIN) $(TOOL_BIN)

check-fast: check-build	## the checks that take seconds: style, include table, units, vectors, verifier
	$(PYTEST) test/unit test/tree test/live/test_programs.py

# What measures this machine has it for itself; guests follow.
check-all:
	+@$(MAKE_MANY) check-build guest-build
	@rm -f $(TALLY)
	@export WHY_TALLY=$(TALLY); failed=0; \
	$(PYTEST) --durations=8 --ignore=test/guest test || { failed=$$?; [ $$failed = 1 ] || exit $$failed; }; \
	$(CHECK_GUESTS); exit $$failed

-include $(UNIT_LIB_OBJ:.o=.d) $(UNIT_BIN:=.d) $(LOAD_BIN:=.d) $(B)/test/vector.bpf.d

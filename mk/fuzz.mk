# SPDX-License-Identifier: GPL-2.0-only
# Fuzzing what reads files: one program a target, under both sanitizers. What it has learnt stays
# under build/fuzz/corpus; test/fuzz/corpus holds the few files that every check runs.

FUZZ_SECONDS ?= 60

FUZZ_SRC := $(wildcard test/fuzz/fuzz_*.c)
FUZZ_BIN := $(FUZZ_SRC:test/fuzz/%.c=$(B)/fuzz/%)
FUZZ_LIB_SRC := lib/error.c lib/pack.c lib/unpack.c lib/recording_write.c lib/recording_read.c \
	lib/recording_content.c
# Whatever a file is played back with.
FUZZ_LIB_SRC += $(CORE_SRC) $(wildcard lib/replay*.c lib/texts*.c) lib/cgroup.c lib/collect.c \
	lib/counts.c lib/json.c lib/keyed.c lib/machine.c lib/merge.c lib/names.c lib/playback.c \
	lib/pressure.c lib/rates.c lib/series.c lib/snapshot.c
# And with what a story is told of it.
FUZZ_LIB_SRC += lib/history.c lib/spans.c lib/violation.c lib/watch.c lib/watch_build.c lib/watch_idle.c lib/window.c lib/told_tasks.c \
	lib/stalls.c lib/symbols.c $(wildcard explain/*.c report/*.c)
FUZZ_OBJ := $(FUZZ_LIB_SRC:%.c=$(B)/fuzz/%.o)

FUZZ_CFLAGS := -std=gnu11 $(WARN) -O1 -g -D_GNU_SOURCE $(CORE_USER) -I. -Itest/fuzz -MMD -MP $(SAN)
FUZZ_LIMITS := -rss_limit_mb=512 -timeout=20
FUZZ_MAX_LEN = $(if $(findstring unpack,$*),65536,16384)

$(B)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -c $< -o $@

$(B)/fuzz/%: test/fuzz/%.c $(FUZZ_OBJ)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer $(filter %.c %.o,$^) $(USER_LIBS) -o $@

# Writes the committed files anew, after a change of the format.
$(B)/fuzz/seeds: test/fuzz/seeds.c $(FUZZ_LIB_SRC)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(filter-out -MMD -MP,$(CFLAGS_ALL)) -D_GNU_SOURCE $(filter %.c,$^) $(USER_LIBS) -o $@

.PHONY: fuzz fuzz-seeds
fuzz: $(FUZZ_BIN:%=%.run)	## fuzz what reads recordings, FUZZ_SECONDS (60) for each target

$(B)/fuzz/%.run: $(B)/fuzz/%
	@mkdir -p $(B)/fuzz/corpus/$*
	$(B)/fuzz/$* $(FUZZ_LIMITS) -max_len=$(FUZZ_MAX_LEN) -max_total_time=$(FUZZ_SECONDS) \
		-print_final_stats=1 -artifact_prefix=$(B)/fuzz/ $(B)/fuzz/corpus/$* test/fuzz/corpus/$*

fuzz-seeds: $(B)/fuzz/seeds
	$(B)/fuzz/seeds test/fuzz/corpus

check-build: $(FUZZ_BIN)

-include $(FUZZ_OBJ:.o=.d) $(FUZZ_BIN:=.d)

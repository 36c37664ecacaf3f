# SPDX-License-Identifier: GPL-2.0-only
# The program: lib, report, cli and the user-space core, in one file.

USER_CFLAGS := -D_GNU_SOURCE -DWHY_VERSION='"$(VERSION)"' \
	$(shell pkg-config --cflags libbpf json-c 2>/dev/null)
USER_LIBS := $(shell pkg-config --libs libbpf json-c 2>/dev/null) -lelf -lz -lzstd -lm

LIB_SRC := $(filter-out %.bpf.c,$(wildcard lib/*.c explain/*.c report/*.c lab/*.c))
CLI_SRC := $(wildcard cli/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(B)/%.o)

$(B)/lib/collector_bpf.o: $(B)/skel/whylate.skel.h
$(B)/lib/stall_bpf.o: $(B)/skel/stalls.skel.h

$(B)/lib/replay.o $(B)/lib/unpack.o: USER_CFLAGS += $(HOT)

$(B)/%.o: %.c mk/config.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(USER_CFLAGS) -c $< -o $@

$(B)/whylate: $(CLI_OBJ) $(LIB_OBJ) $(CORE_OBJ)
	@echo "  CC    $@"
	$(Q)$(CC) $(CFLAGS) $(LTO) $^ $(USER_LIBS) -o $@

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d)

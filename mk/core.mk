# SPDX-License-Identifier: GPL-2.0-only
# core/, for user space. -ffreestanding: what it may not use, it cannot reach.

CORE_SRC := $(wildcard core/*.c)
CORE_OBJ := $(CORE_SRC:%.c=$(B)/%.o)

$(B)/core/%.o: core/%.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(HOT) -ffreestanding -c $< -o $@

-include $(CORE_OBJ:.o=.d)

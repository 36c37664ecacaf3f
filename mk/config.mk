# SPDX-License-Identifier: GPL-2.0-only
# Tools and flags. SANITIZE=1 builds user space with address and undefined-behaviour checks.

CC := gcc
CLANG := clang
BPFTOOL := $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PYTHON := /usr/bin/python3
PREFIX ?= /usr/local
VERSION := 0.1.0

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
CFLAGS ?= -O2 -g
# Of what a replay runs through for each event.
HOT := $(patsubst -O2,-O3,$(filter -O2,$(CFLAGS)))
# The program is optimized across files: replaying calls the core twenty times an event. Objects
# hold plain code as well, for tests that link them.
LTO ?= -flto=auto -ffat-lto-objects
# What user space's compiler is told of the core (core/base.h, core/hist.h).
CORE_USER := '-DWHY_MSB63(v)=(63 - __builtin_clzll(v))' -DWHY_SHORTCUTS=1 \
	'-DWHY_UNROLLED=_Pragma("GCC unroll 8")' \
	'-DWHY_ASIDE=static __attribute__((__noinline__))' \
	'-DWHY_RARELY(x)=__builtin_expect(!!(x), 0)'
CFLAGS_ALL := -std=gnu11 $(WARN) $(CFLAGS) $(LTO) -I. -I$(B) $(CORE_USER) -MMD -MP
SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

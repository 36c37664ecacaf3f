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
# The program is optimized across files: replaying calls the core twenty times an event. Objects
# hold plain code as well, for tests that link them.
LTO ?= -flto=auto -ffat-lto-objects
CFLAGS_ALL := -std=gnu11 $(WARN) $(CFLAGS) $(LTO) -I. -I$(B) -MMD -MP
SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

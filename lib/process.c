// SPDX-License-Identifier: GPL-2.0-only
/* Threads and processes by number: see process.h. */
#include "lib/process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads a file of `tid` whole, as far as it fits; empty where there is none. */
static void read_file(u32 tid, const char *name, char *ret, size_t size)
{
	char path[64];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/%s", tid, name);
	f = fopen(path, "re");
	if (f) {
		n = fread(ret, 1, size - 1, f);
		fclose(f);
	}
	ret[n] = 0;
}

bool why_thread_is_gone(u32 tid)
{
	char text[512], *state;

	read_file(tid, "stat", text, sizeof(text));
	/* Not by words: the name in the parentheses may hold anything. */
	state = strrchr(text, ')');
	return !state || strlen(state) < 3 || state[2] == 'Z' || state[2] == 'X';
}

bool why_process_is_gone(u32 pid)
{
	bool is_gone = true;
	struct dirent *e;
	char path[64];
	DIR *dir;

	if (!why_thread_is_gone(pid))
		return false;
	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	dir = opendir(path);
	while (dir && is_gone && (e = readdir(dir)))
		is_gone = e->d_name[0] == '.' ||
			  why_thread_is_gone((u32)strtoul(e->d_name, NULL, 10));
	if (dir)
		closedir(dir);
	return is_gone;
}

u32 why_process_of(u32 tid)
{
	char text[4096], *line;

	read_file(tid, "status", text, sizeof(text));
	line = strstr(text, "\nTgid:");
	return line ? (u32)strtoul(line + 6, NULL, 10) : 0;
}

u64 why_thread_run_ns(u32 tid)
{
	char text[128];

	read_file(tid, "schedstat", text, sizeof(text));
	return text[0] ? strtoull(text, NULL, 10) : ~0ULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Writes the corpus that every check runs: `seeds FOLDER`. */
#include "lib/pack.h"
#include "lib/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 60, HEAD = 10 };

static const u64 first_ns = 1ULL << 42;

/* Every type, few bodies: dictionaries, chains, lengths; `spread` makes gaps of any size. */
static void make_run(struct why_event *e, size_t n, u32 cpu, u32 spread)
{
	u64 at = first_ns, r = 88172645463325252ULL + spread;
	u32 type, last = 7;
	size_t i;

	for (i = 0; i < n; i++) {
		r ^= r << 13;
		r ^= r >> 7;
		r ^= r << 17;
		type = i % 3 ? (u32)(i % WHY_RECORD_NR) : WHY_RECORD_SWITCH;
		e[i] = (struct why_event){ .at_ns = at, .cpu = cpu };
		e[i].type = (spread > 40 ? type * 10 : type) & 0xff;
		e[i].body = why_record_body((u32)(r >> 60), last, (u32)(r >> 58) & 3);
		if (spread > 20)
			e[i].body = r;
		last = (u32)(r >> 60);
		at += r >> (64 - 1 - (r & 7) * spread / 8);
	}
}

static int write_run(const char *folder, const char *name, size_t n, u32 spread)
{
	static struct why_event e[WHY_PACK_EVENTS];
	unsigned char *packed = malloc(HEAD + why_pack_bound(n));
	char path[512];
	size_t size;
	FILE *f;

	make_run(e, n, 3, spread);
	packed[0] = (unsigned char)n;
	packed[1] = (unsigned char)(n >> 8);
	memcpy(packed + 2, &first_ns, sizeof(first_ns));
	size = HEAD + why_pack(e, n, packed + HEAD);
	snprintf(path, sizeof(path), "%s/fuzz_unpack/%s", folder, name);
	f = fopen(path, "we");
	if (!f || fwrite(packed, size, 1, f) != 1)
		return 1;
	free(packed);
	return fclose(f);
}

/* A recording behind the byte that says which checksums to mend; cut: without its last bytes. */
static int write_recording(const char *folder, const char *name, char mend, size_t cut)
{
	static struct why_event e[EVENTS];
	struct why_error err = { 0 };
	struct why_writer *w;
	char path[512], bytes[65536];
	size_t size;
	FILE *f;

	snprintf(path, sizeof(path), "%s/fuzz_recording/%s", folder, name);
	if (why_writer_open(path, &w, &err))
		return 1;
	make_run(e, EVENTS, 1, 12);
	if (why_writer_text(w, WHY_SECTION_META, "{\"kernel\":\"6.12\"}", &err) ||
	    why_writer_text(w, WHY_SECTION_TASKS, "[]", &err) ||
	    why_writer_events(w, 1, e, EVENTS, 5, &err) ||
	    why_writer_events(w, 0, NULL, 0, 9, &err) ||
	    why_writer_text(w, WHY_SECTION_FINAL, "{}", &err) || why_writer_close(w, &err))
		return 1;
	f = fopen(path, "re");
	size = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
	if (!f || fclose(f) || size <= cut)
		return 1;
	f = fopen(path, "we");
	if (!f || fwrite(&mend, 1, 1, f) != 1 || fwrite(bytes, size - cut, 1, f) != 1)
		return 1;
	return fclose(f);
}

int main(int argc, char **argv)
{
	const char *to = argc == 2 ? argv[1] : NULL;

	return !to || write_run(to, "one", 1, 8) || write_run(to, "usual", EVENTS, 12) ||
	       write_run(to, "long", 600, 10) || write_run(to, "any-body", EVENTS, 30) ||
	       write_run(to, "any-type", EVENTS, 60) ||
	       write_recording(to, "whole", 0, 0) || write_recording(to, "mended", 3, 0) ||
	       write_recording(to, "mended-heads", 1, 0) || write_recording(to, "cut", 1, 300);
}

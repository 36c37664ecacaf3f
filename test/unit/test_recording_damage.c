// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recording that was cut off, damaged or forged: that is told, and what comes back was written.
 */
#include "unit/recording_file.h"

#include <errno.h>
#include <fcntl.h>

/* What the undamaged file says of itself. */
static struct why_recording whole;

/* --- cut off --- */

/* How many sections end before `cut`. */
static size_t whole_before(size_t cut)
{
	size_t i = 0;

	while (i < whole.nr && whole.sections[i].offset + 64 + whole.sections[i].size <= cut)
		i++;
	return i;
}

static void cut_anywhere_it_opens_up_to_the_last_whole_section(void **state)
{
	struct why_recording r;
	size_t cut, i, whole_ones;

	(void)state;
	write_small();
	assert_int_equal(why_recording_open(path, &whole, &err), 0);
	for (cut = 0; cut < file_size; cut++) {
		write_file(file, cut);
		whole_ones = whole_before(cut);
		if (why_recording_open(path, &r, &err)) {
			assert_int_equal(whole_ones, 0);
			assert_int_equal(err.exit_code, WHY_EXIT_FAILED);
			continue;
		}
		assert_int_equal(r.nr, whole_ones);
		assert_false(r.is_complete);
		assert_non_null(strstr(r.damage, whole_ones < whole.nr ? "cut off" : ""));
		assert_string_not_equal(r.damage, "");
		for (i = 0; i < r.nr; i++)
			assert_small_section(&r, i);
		why_recording_close(&r);
	}
	why_recording_close(&whole);
}

static void the_place_of_the_cut_is_told(void **state)
{
	struct why_recording r;

	(void)state;
	write_small();
	assert_int_equal(why_recording_open(path, &whole, &err), 0);
	write_file(file, whole.sections[5].offset + 70);
	assert_int_equal(why_recording_open(path, &r, &err), 0);
	snprintf((char *)file, sizeof(file),
		 "cut off after %d events at byte %llu: the end is missing",
		 RUN + 1, whole.sections[5].offset);
	assert_string_equal(r.damage, (char *)file);
	why_recording_close(&r);
	why_recording_close(&whole);
}

/* --- damaged --- */

/* Where among write_small()'s sections is this one? It must tell the same of itself. */
static size_t place_of(const struct why_section_head *h)
{
	size_t i;

	for (i = 0; i < whole.nr; i++)
		if (!memcmp(h, &whole.sections[i], sizeof(*h)))
			return i;
	fail_msg("a section that was not written");
	return 0;
}

/* What can be read is as it was written. Returns 1 where something is told to be missing. */
static int reads_right_or_tells(const struct why_recording *r)
{
	int tells = r->damage[0] || !r->is_complete;
	size_t i;
	char *text;

	for (i = 0; i < r->nr; i++) {
		place_of(&r->sections[i]);
		text = NULL;
		if (r->sections[i].what == WHY_SECTION_EVENTS &&
		    why_recording_events(r, i, reader, back) < 0)
			tells = 1;
		else if (r->sections[i].what != WHY_SECTION_EVENTS &&
			 !(text = why_recording_text(r, i, &err)))
			tells = 1;
		else
			assert_small_section(r, place_of(&r->sections[i]));
		free(text);
	}
	return tells;
}

static void no_flipped_bit_passes_for_something_else(void **state)
{
	struct why_recording r;
	size_t bit, nr_told = 0;
	u8 byte;
	int fd;

	(void)state;
	write_small();
	assert_int_equal(why_recording_open(path, &whole, &err), 0);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	for (bit = 0; bit < 8 * file_size; bit++) {
		byte = file[bit / 8] ^ (u8)(1 << bit % 8);
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)bit / 8), 1);
		if (why_recording_open(path, &r, &err)) {
			assert_true(bit < 8 * 16);
			nr_told++;
		} else {
			if (reads_right_or_tells(&r))
				nr_told++;
			else
				assert_int_equal(r.nr, whole.nr);
			why_recording_close(&r);
		}
		assert_int_equal(pwrite(fd, &file[bit / 8], 1, (off_t)bit / 8), 1);
	}
	/* All but those in heads that the index has too, and frames' bits that mean nothing. */
	assert_true(nr_told > 8 * (file_size - (whole.nr + 1) * 64) - 64);
	close(fd);
	why_recording_close(&whole);
}

static void damaged_content_is_found_when_it_is_read(void **state)
{
	struct why_recording r;

	(void)state;
	write_small();
	assert_int_equal(why_recording_open(path, &r, &err), 0);
	file[r.sections[1].offset + 64 + r.sections[1].size / 2] ^= 0x10;
	file[r.sections[2].offset + 64 + r.sections[2].size - 1] ^= 1;
	why_recording_close(&r);
	write_file(file, file_size);
	assert_int_equal(why_recording_open(path, &r, &err), 0);
	assert_int_equal(why_recording_events(&r, 1, reader, back), -EBADMSG);
	assert_null(why_recording_text(&r, 2, &err));
	assert_non_null(strstr(err.what, "damaged"));
	assert_events(&r, 5, 0, RUN, 2000000);
	assert_int_equal(why_recording_events(&r, 0, reader, back), -EINVAL);
	assert_int_equal(why_recording_events(&r, 99, reader, back), -EINVAL);
	assert_null(why_recording_text(&r, 1, &err));
	assert_null(why_recording_text(&r, 99, &err));
	why_recording_close(&r);
}

/* Opens what stands in file[], which must say that it is damaged behind `nr` sections. */
static void assert_damaged_behind(size_t size, size_t nr, const char *damage)
{
	struct why_recording r;
	size_t i;

	write_file(file, size);
	if (!nr) {
		assert_true(why_recording_open(path, &r, &err) < 0);
		return;
	}
	assert_int_equal(why_recording_open(path, &r, &err), 0);
	assert_int_equal(r.nr, nr);
	assert_non_null(strstr(r.damage, damage));
	assert_string_not_equal(r.damage, "");
	for (i = 0; i < r.nr; i++)
		assert_small_section(&r, i);
	why_recording_close(&r);
}

static void a_damaged_head_ends_the_walk_and_a_damaged_index_starts_it(void **state)
{
	u64 third;

	(void)state;
	write_small();
	assert_int_equal(why_recording_open(path, &whole, &err), 0);
	third = whole.sections[3].offset;
	why_recording_close(&whole);
	file[file_size - 40] ^= 1;	/* in the index */
	assert_damaged_behind(file_size, 7, "index is damaged");
	file[file_size - 1] ^= 1;	/* the foot */
	assert_damaged_behind(file_size, 7, "index is damaged");
	file[third + 8] ^= 1;
	assert_damaged_behind(file_size, 3, "damaged after 20 events at byte");
}

static void what_stands_behind_the_foot_is_told(void **state)
{
	(void)state;
	write_small();
	memset(file + file_size, 'x', 100);
	assert_damaged_behind(file_size + 100, 7, "index is damaged");
}

/* --- forged: with checksums that are right --- */

static struct why_file_section head_at(u64 offset)
{
	struct why_file_section head;

	memcpy(&head, file + offset, sizeof(head));
	return head;
}

static void sign_foot(struct why_file_foot *foot)
{
	foot->crc = why_file_crc(foot, sizeof(*foot));
	memcpy(file + file_size - sizeof(*foot), foot, sizeof(*foot));
}

static struct why_file_foot foot_of_file(void)
{
	struct why_file_foot foot;

	memcpy(&foot, file + file_size - sizeof(foot), sizeof(foot));
	return foot;
}

/* Puts a head in its place and in the index, with checksums that are right. */
static void forge(size_t section, u64 offset, struct why_file_section *head)
{
	struct why_file_foot foot = foot_of_file();
	u8 *copies = file + le64toh(foot.index_offset) + sizeof(*head);

	head->crc = why_file_crc(head, sizeof(*head));
	memcpy(file + offset, head, sizeof(*head));
	memcpy(copies + section * sizeof(*head), head, sizeof(*head));
}

enum lie { SIZE, RAW_SIZE, NR_EVENTS, CPU, TIMES, OFFSET, MAGIC, NR_LIES };

static void tell_lie(struct why_file_section *head, enum lie lie)
{
	switch (lie) {
	case SIZE:
		head->size = htole32(0xfffffff0);
		break;
	case RAW_SIZE:
		head->raw_size = htole32(0xfffffff0);
		break;
	case NR_EVENTS:
		head->nr_events = htole32(WHY_PACK_EVENTS + 1);
		break;
	case CPU:
		head->cpu = htole32(0xffffffff);
		break;
	case TIMES:
		head->first_ns = htole64(le64toh(head->last_ns) + 1);
		break;
	case OFFSET:
		head->offset = htole64(~0ULL - 10);
		break;
	default:
		head->magic = 0;
	}
}

static void lying_heads_are_not_believed(void **state)
{
	struct why_file_section head;
	u64 offset;
	int lie;

	(void)state;
	for (lie = 0; lie < NR_LIES; lie++) {
		write_small();
		assert_int_equal(why_recording_open(path, &whole, &err), 0);
		offset = whole.sections[5].offset;
		why_recording_close(&whole);
		head = head_at(offset);
		tell_lie(&head, (enum lie)lie);
		forge(5, offset, &head);
		assert_damaged_behind(file_size, 5, lie == SIZE ? "" : "damaged after 21 events");
	}
}

static void lies_about_the_content_are_found_when_it_is_read(void **state)
{
	struct why_file_section head;
	struct why_recording r;
	u64 offset;
	int k;

	(void)state;
	for (k = 0; k < 2; k++) {
		write_small();
		assert_int_equal(why_recording_open(path, &r, &err), 0);
		offset = r.sections[5].offset;
		why_recording_close(&r);
		head = head_at(offset);
		if (k)
			head.raw_size = htole32(le32toh(head.raw_size) + 1);
		else
			head.last_ns = htole64(le64toh(head.last_ns) + 1);
		forge(5, offset, &head);
		write_file(file, file_size);
		assert_int_equal(why_recording_open(path, &r, &err), 0);
		assert_int_equal(why_recording_events(&r, 5, reader, back), -EBADMSG);
		why_recording_close(&r);
	}
}

/* Larger than any content of its kind, but in the file. */
static void a_section_too_large_is_not_believed(void **state)
{
	struct why_file_section head;
	int k;

	(void)state;
	for (k = 5; k < 7; k++) {
		write_small();
		assert_int_equal(why_recording_open(path, &whole, &err), 0);
		memset(file + file_size, 0, sizeof(file) - file_size);
		head = head_at(whole.sections[k].offset);
		head.size = htole32(sizeof(file) / 2);
		forge((size_t)k, whole.sections[k].offset, &head);
		why_recording_close(&whole);
		assert_damaged_behind(sizeof(file), (size_t)k, "damaged");
	}
}

/* An index without its last head would hide a section. */
static void a_short_index_is_not_believed(void **state)
{
	struct why_file_foot foot;

	(void)state;
	write_small();
	foot = foot_of_file();
	foot.nr_sections = htole64(6);
	file_size -= sizeof(struct why_file_section);
	sign_foot(&foot);
	assert_damaged_behind(file_size, 7, "");
}

static void a_lying_foot_is_not_believed(void **state)
{
	static const u64 values[] = { 0, 1, 6, 8, 1ULL << 32, 1ULL << 58, ~0ULL, ~0ULL - 15 };
	struct why_file_foot foot;
	size_t i, k;

	(void)state;
	for (i = 0; i < 8; i++)
		for (k = 0; k < 2; k++) {
			write_small();
			foot = foot_of_file();
			*(k ? &foot.nr_sections : &foot.index_offset) = htole64(values[i]);
			sign_foot(&foot);
			assert_damaged_behind(file_size, 7, "index is damaged");
		}
}

static void sections_of_a_later_kind_are_passed_over(void **state)
{
	struct why_file_section head;
	struct why_recording r;
	u64 offset;
	int k;

	(void)state;
	write_small();
	assert_int_equal(why_recording_open(path, &r, &err), 0);
	offset = r.sections[5].offset;
	why_recording_close(&r);
	head = head_at(offset);
	head.what = htole32(0xfedc);
	head.nr_events = htole32(0xffffffff);
	forge(5, offset, &head);
	for (k = 0; k < 2; k++) {
		write_file(file, file_size - (k ? 1 : 0));
		assert_int_equal(why_recording_open(path, &r, &err), 0);
		assert_int_equal(r.nr, 6);
		assert_int_equal(r.nr_events, RUN + 1);
		assert_int_equal(r.is_complete, !k);
		assert_int_equal(r.sections[5].what, WHY_SECTION_FINAL);
		why_recording_close(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_anywhere_it_opens_up_to_the_last_whole_section),
		cmocka_unit_test(the_place_of_the_cut_is_told),
		cmocka_unit_test(no_flipped_bit_passes_for_something_else),
		cmocka_unit_test(damaged_content_is_found_when_it_is_read),
		cmocka_unit_test(a_damaged_head_ends_the_walk_and_a_damaged_index_starts_it),
		cmocka_unit_test(what_stands_behind_the_foot_is_told),
		cmocka_unit_test(lying_heads_are_not_believed),
		cmocka_unit_test(lies_about_the_content_are_found_when_it_is_read),
		cmocka_unit_test(a_section_too_large_is_not_believed),
		cmocka_unit_test(a_short_index_is_not_believed),
		cmocka_unit_test(a_lying_foot_is_not_believed),
		cmocka_unit_test(sections_of_a_later_kind_are_passed_over),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

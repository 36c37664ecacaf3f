// SPDX-License-Identifier: GPL-2.0-only
/* /proc/interrupts, /proc/softirqs and affinity lists: whole texts, torn ones, hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/interrupts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* From a guest with 6.18, CPU 1 taken out of the table, a fourth one put in. */
static const char x86[] =
	"           CPU0       CPU2       CPU3       \n"
	" 24:          1          0          7  IO-APIC   5-edge      ACPI:Ged\n"
	" 27:          0          0          0  IO-APIC   9-fasteoi \n"
	" 36:          0     189958 4294967295 PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0\n"
	" 40:          3          0          0  IO-APIC  16-fasteoi   ehci_hcd:usb1, a b, i801\n"
	" 41:          5          0          2   XT-PIC      cascade\n"
	" 42:          5          0          2  xen-dyn    -event     xenbus\n"
	"NMI:          0          0          0   Non-maskable interrupts\n"
	"LOC:    3941372    3516509          9   Local timer interrupts\n"
	"ERR:          6\n"
	"MIS:          0\n"
	"PIN:          0          0          1   Posted-interrupt notification event\n";

/* As arm64 and RISC-V print them, with CONFIG_GENERIC_IRQ_SHOW_LEVEL. */
static const char arm64[] =
	"           CPU0       CPU1       \n"
	" 11:        262        109    GICv3  27 Level     arch_timer\n"
	" 44:          1          0   ITS-MSI 16384 Edge      aerdrv, PCIe PME, pciehp\n"
	" 46:        347          0  BRCM STB PCIe MSI 524288 Edge      xhci_hcd\n"
	" 47:          9          8  SiFive PLIC  10 Level     vc4 hdmi hpd\n"
	" 48:          7          0    dummy     Level     3-0024\n"
	" 49:          7          0    GICv3  99 Level   \n"
	" 50:          2          0   xen-dyn   0 Edge    -event     xenbus\n"
	" 51:          2          0     dummy  12  a -b\n"
	"IPI0:      1900       1805       Rescheduling interrupts\n"
	"IPI3:         0          2       CPU stop (for crash dump) interrupts\n"
	"Err:          5\n";

static FILE *text_of(const char *text, size_t len)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	rewind(f);
	return f;
}

static int parse_bytes(const char *text, size_t len, u32 nr_cpus, struct why_interrupts *ret)
{
	FILE *f = text_of(text, len);
	int rc = why_interrupts_parse(f, nr_cpus, ret);

	fclose(f);
	return rc;
}

static struct why_interrupts parse(const char *text, u32 nr_cpus)
{
	struct why_interrupts s;

	assert_int_equal(parse_bytes(text, strlen(text), nr_cpus, &s), 0);
	return s;
}

static size_t row_of(const struct why_interrupts *s, const char *id)
{
	size_t i;

	for (i = 0; i < s->nr && strcmp(s->lines[i].id, id); i++)
		;
	assert_true(i < s->nr);
	return i;
}

static void expect_counts(const struct why_interrupts *s, const char *id, const u64 *counts)
{
	size_t i = row_of(s, id);

	assert_true(s->lines[i].has_per_cpu);
	assert_memory_equal(s->counts + i * s->nr_cpus, counts, s->nr_cpus * sizeof(*counts));
}

static void expect_no_counts(const struct why_interrupts *s, const char *id)
{
	size_t i = row_of(s, id);
	u32 cpu;

	assert_false(s->lines[i].has_per_cpu);
	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		assert_int_equal(s->counts[i * s->nr_cpus + cpu], 0);
}

static void expect_texts(const struct why_interrupts *s, const char *id, const char *chip,
			 const char *trigger, const char *name)
{
	const struct why_interrupt_line *line = &s->lines[row_of(s, id)];

	assert_string_equal(line->chip, chip);
	assert_string_equal(line->trigger, trigger);
	assert_string_equal(line->name, name);
}

static void counts_go_to_the_cpu_numbers_of_the_head(void **state)
{
	struct why_interrupts s = parse(x86, 5);

	(void)state;
	assert_int_equal(s.nr_cpus, 5);
	assert_int_equal(s.nr, 11);
	assert_memory_equal(s.is_online, ((bool[]){ true, false, true, true, false }), 5);
	expect_counts(&s, "24", (u64[]){ 1, 0, 0, 7, 0 });
	expect_counts(&s, "36", (u64[]){ 0, 0, 189958, 4294967295, 0 });
	expect_counts(&s, "LOC", (u64[]){ 3941372, 0, 3516509, 9, 0 });
	expect_counts(&s, "PIN", (u64[]){ 0, 0, 0, 1, 0 });
	why_interrupts_free(&s);
	s = parse(x86, 3);	/* CPU 3 is none of the possible ones */
	assert_memory_equal(s.is_online, ((bool[]){ true, false, true }), 3);
	expect_counts(&s, "24", (u64[]){ 1, 0, 0 });
	expect_counts(&s, "36", (u64[]){ 0, 0, 189958 });
	why_interrupts_free(&s);
}

static void texts_of_x86_are_told_apart(void **state)
{
	struct why_interrupts s = parse(x86, 4);

	(void)state;
	expect_texts(&s, "24", "IO-APIC", "5-edge", "ACPI:Ged");
	expect_texts(&s, "27", "IO-APIC", "9-fasteoi", "");
	expect_texts(&s, "36", "PCI-MSIX-0000:00:02.0", "1-edge", "virtio1-req.0");
	expect_texts(&s, "40", "IO-APIC", "16-fasteoi", "ehci_hcd:usb1, a b, i801");
	expect_texts(&s, "41", "XT-PIC", "", "cascade");
	expect_texts(&s, "42", "xen-dyn", "-event", "xenbus");
	expect_texts(&s, "LOC", "", "", "Local timer interrupts");
	why_interrupts_free(&s);
}

static void texts_of_arm64_are_told_apart(void **state)
{
	struct why_interrupts s = parse(arm64, 2);

	(void)state;
	expect_counts(&s, "11", (u64[]){ 262, 109 });
	expect_counts(&s, "IPI0", (u64[]){ 1900, 1805 });
	expect_no_counts(&s, "Err");
	expect_texts(&s, "11", "GICv3", "27 Level", "arch_timer");
	expect_texts(&s, "44", "ITS-MSI", "16384 Edge", "aerdrv, PCIe PME, pciehp");
	expect_texts(&s, "46", "BRCM STB PCIe MSI", "524288 Edge", "xhci_hcd");
	expect_texts(&s, "47", "SiFive PLIC", "10 Level", "vc4 hdmi hpd");
	expect_texts(&s, "48", "dummy", "Level", "3-0024");
	expect_texts(&s, "49", "GICv3", "99 Level", "");
	expect_texts(&s, "50", "xen-dyn", "0 Edge    -event", "xenbus");
	expect_texts(&s, "51", "dummy", "12", "a -b");
	expect_texts(&s, "IPI3", "", "", "CPU stop (for crash dump) interrupts");
	why_interrupts_free(&s);
}

static void a_line_is_found_by_its_number(void **state)
{
	struct why_interrupts s = parse(x86, 4);

	(void)state;
	assert_ptr_equal(why_interrupts_find(&s, 36), &s.lines[2]);
	assert_int_equal(s.lines[2].irq, 36);
	assert_int_equal(s.lines[row_of(&s, "LOC")].irq, -1);
	assert_null(why_interrupts_find(&s, 37));
	assert_null(why_interrupts_find(&s, -1));
	why_interrupts_free(&s);
	assert_null(why_interrupts_find(&s, 36));
	why_interrupts_free(&s);
	s = parse("  CPU0 \n 5: 1 A 1-edge a\n 5: 2 B 2-edge b\n", 1);
	assert_int_equal(s.nr, 2);
	assert_ptr_equal(why_interrupts_find(&s, 5), &s.lines[0]);
	why_interrupts_free(&s);
}

static void a_single_number_is_no_cpus(void **state)
{
	struct why_interrupts s = parse(x86, 4);

	(void)state;
	expect_no_counts(&s, "ERR");
	expect_no_counts(&s, "MIS");
	why_interrupts_free(&s);
	s = parse("  CPU0 \n 1: 4 IO-APIC 1-edge \nLOC: 5 Local timer\nERR: 6\n", 2);
	expect_counts(&s, "1", (u64[]){ 4, 0 });
	expect_counts(&s, "LOC", (u64[]){ 5, 0 });
	expect_no_counts(&s, "ERR");
	why_interrupts_free(&s);
}

/* CPUs may come or go between the head and a row: whose number is whose, nobody knows. */
static void a_row_of_other_columns_than_the_head_has_no_counts(void **state)
{
	struct why_interrupts s = parse("  CPU0 CPU1 \n"
					" 1: 4 5 6 IO-APIC   1-edge  more\n"
					" 2: 4 IO-APIC   2-edge  fewer\n"
					" 3: 4 -5 IO-APIC   3-edge  negative\n"
					" 4: 4 18446744073709551616 IO-APIC   4-edge  huge\n"
					" 5: 18446744073709551615 4 IO-APIC   5-edge  fits\n"
					"FIQ:   usb_fiq\n"
					"LOC: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 more\n"
					" 6:\n"
					" 7: 4 5\n", 2);
	static const char *const without[] = { "1", "2", "3", "4", "FIQ", "LOC", "6" };
	size_t i;

	(void)state;
	assert_int_equal(s.nr, 9);
	for (i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		expect_no_counts(&s, without[i]);
	expect_counts(&s, "5", (u64[]){ 18446744073709551615ULL, 4 });
	expect_counts(&s, "7", (u64[]){ 4, 5 });
	expect_texts(&s, "1", "IO-APIC", "1-edge", "more");
	expect_texts(&s, "2", "IO-APIC", "2-edge", "fewer");
	expect_texts(&s, "4", "IO-APIC", "4-edge", "huge");
	expect_texts(&s, "7", "", "", "");
	expect_texts(&s, "FIQ", "", "", "usb_fiq");
	why_interrupts_free(&s);
}

static void lines_without_an_id_are_left_out(void **state)
{
	struct why_interrupts s = parse("  CPU0 \n\n  \n: 1 a\n 36 1 b\n x y: 1 c\n"
					"99999999999: 1 d\n3x: 1 e\n2147483648: 1 f\n"
					"2147483647: 1 IO-APIC 1-edge last\n", 1);

	(void)state;
	assert_int_equal(s.nr, 1);
	assert_int_equal(s.lines[0].irq, 2147483647);
	expect_texts(&s, "2147483647", "IO-APIC", "1-edge", "last");
	why_interrupts_free(&s);
}

static void a_text_longer_than_its_buffer_is_cut(void **state)
{
	char text[2048], x[301];
	struct why_interrupts s;

	(void)state;
	memset(x, 'x', 300);
	x[300] = 0;
	snprintf(text, sizeof(text), "  CPU0 \n 5: 1 %s  1-%s  %s\n%s: 2 %s\n", x, x, x, x, x);
	s = parse(text, 1);
	assert_int_equal(s.nr, 2);
	assert_int_equal(strlen(s.lines[0].chip), sizeof(s.lines[0].chip) - 1);
	assert_int_equal(strlen(s.lines[0].trigger), sizeof(s.lines[0].trigger) - 1);
	assert_int_equal(strlen(s.lines[0].name), sizeof(s.lines[0].name) - 1);
	assert_int_equal(strlen(s.lines[1].id), sizeof(s.lines[1].id) - 1);
	assert_int_equal(s.counts[1], 2);
	why_interrupts_free(&s);
}

static void what_is_no_table_is_refused_and_leaves_the_value_alone(void **state)
{
	static const char *const no_heads[] = {
		"", "\n", "   \n", "hello\n", "CPU\n", "CPU0 CPUx\n", "CPU0 x\n", "CPU1 CPU0\n",
		"CPU0", "CPU0 CPU0\n", "CPU-1\n", "CPU4294967295\n", "cpu0\n", "CPU0 CPU\n",
		"CPU0 1\n", "CPU18446744073709551616\n",
	};
	struct why_interrupts s;
	size_t i;

	(void)state;
	memset(&s, 0x5a, sizeof(s));
	for (i = 0; i < sizeof(no_heads) / sizeof(no_heads[0]); i++)
		assert_int_equal(parse_bytes(no_heads[i], strlen(no_heads[i]), 4, &s), -EINVAL);
	assert_int_equal(parse_bytes(x86, strlen(x86), 0, &s), -EINVAL);
	assert_int_equal(s.nr_cpus, 0x5a5a5a5a);
}

/* Every third CPU offline, one row, one long line. */
static void thousands_of_cpus_fit(void **state)
{
	enum { NR = 4096 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	struct why_interrupts s;
	u32 i;

	(void)state;
	for (i = 0; i < NR; i++)
		if (i % 3)
			fprintf(f, "CPU%-8u", i);
	fprintf(f, "\n 36:");
	for (i = 0; i < NR; i++)
		if (i % 3)
			fprintf(f, " %10u", i * 7);
	fprintf(f, " IO-APIC   1-edge      x\n");
	fclose(f);
	s = parse(text, NR);
	free(text);
	for (i = 0; i < NR; i++) {
		assert_int_equal(s.is_online[i], i % 3 != 0);
		assert_int_equal(s.counts[i], i % 3 ? i * 7 : 0);
	}
	expect_texts(&s, "36", "IO-APIC", "1-edge", "x");
	why_interrupts_free(&s);
}

/* What the part of a text tells by CPU, the whole tells too. */
static void expect_part_of(const struct why_interrupts *part, const struct why_interrupts *whole)
{
	size_t i;

	assert_true(part->nr <= whole->nr);
	for (i = 0; i < part->nr; i++) {
		assert_string_equal(part->lines[i].id, whole->lines[i].id);
		if (part->lines[i].has_per_cpu)
			assert_memory_equal(part->counts + i * whole->nr_cpus,
					    whole->counts + i * whole->nr_cpus,
					    whole->nr_cpus * sizeof(u64));
	}
}

static void a_text_cut_anywhere_tells_nothing_but_what_it_says(void **state)
{
	struct why_interrupts whole = parse(x86, 4), part;
	size_t len;

	(void)state;
	for (len = strcspn(x86, "\n"); len < strlen(x86); len++) {
		assert_int_equal(parse_bytes(x86, len, 4, &part), 0);
		expect_part_of(&part, &whole);
		why_interrupts_free(&part);
	}
	why_interrupts_free(&whole);
}

static void a_nul_byte_ends_its_line_only(void **state)
{
	static const char text[] = "CPU0 CPU1 \n 1: 4 5\0 6\n 2: 4 5 C  2-edge  na\0me\n 3: 6 7\n";
	struct why_interrupts s;

	(void)state;
	assert_int_equal(parse_bytes(text, sizeof(text) - 1, 2, &s), 0);
	expect_no_counts(&s, "1");
	expect_counts(&s, "2", (u64[]){ 4, 5 });
	expect_texts(&s, "2", "C", "2-edge", "na");
	expect_counts(&s, "3", (u64[]){ 6, 7 });
	why_interrupts_free(&s);
}

static void any_byte_may_be_any_other(void **state)
{
	static const char bytes[] = { 0, ' ', '\n', ':', '-', '9', 'x', (char)0xff };
	char text[sizeof(arm64)];
	struct why_interrupts s;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < strlen(arm64) * sizeof(bytes); i++) {
		memcpy(text, arm64, sizeof(text));
		text[i / sizeof(bytes)] = bytes[i % sizeof(bytes)];
		rc = parse_bytes(text, strlen(arm64), 2, &s);
		assert_true(rc == 0 || rc == -EINVAL);
		if (!rc)
			why_interrupts_free(&s);
	}
}

static int calls_until_memory_runs_out = -1;

/* In place of the C library's. */
void *reallocarray(void *p, size_t nr, size_t size)
{
	if (!calls_until_memory_runs_out)
		return NULL;
	calls_until_memory_runs_out--;
	return realloc(p, nr * size);
}

static void memory_that_runs_out_is_told_and_given_back(void **state)
{
	struct why_interrupts s;
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {	/* two a doubling: 1, 2, 4, 8, 16 rows */
		calls_until_memory_runs_out = i;
		assert_int_equal(parse_bytes(x86, strlen(x86), 4, &s), -ENOMEM);
	}
	calls_until_memory_runs_out = i;
	s = parse(x86, 4);
	why_interrupts_free(&s);
	calls_until_memory_runs_out = -1;
}

/* A file that fails after its first lines. */
static ssize_t read_then_fail(void *cookie, char *into, size_t size)
{
	const char **rest = cookie;

	if (!**rest || !size) {
		errno = EIO;
		return -1;
	}
	*into = *(*rest)++;
	return 1;
}

static void a_read_that_fails_is_told(void **state)
{
	const char *rest = x86;
	FILE *f = fopencookie(&rest, "r", (cookie_io_functions_t){ .read = read_then_fail });
	struct why_interrupts s;

	(void)state;
	assert_int_equal(why_interrupts_parse(f, 4, &s), -EIO);
	fclose(f);
}

static const char softirqs[] =
	"                    CPU0       CPU1       CPU3       \n"
	"          HI:          0          1          2\n"
	"       TIMER:     147995     169858          3\n"
	"      NET_TX:          4          0          0\n"
	"      NET_RX:   39747320   56336089          0\n"
	"       BLOCK:          0     189957          0\n"
	"     UNKNOWN:          1          1          1\n"
	"           R:          1          1          1\n"
	"         RCU:     778503     922862 4294967295\n"
	"    IRQ_POLL:          0          0          5\n"
	"     TASKLET:          4          0          0\n"
	"       SCHED:     528752     437841          0\n"
	"     HRTIMER:          0          0          8\n";

static int parse_softirqs(const char *text, u32 nr_cpus, u64 *counts)
{
	FILE *f = text_of(text, strlen(text));
	int rc = why_softirqs_parse(f, nr_cpus, counts);

	fclose(f);
	return rc;
}

static void softirqs_are_found_by_name(void **state)
{
	static const u64 expected[5][WHY_SOFTIRQ_NR] = {
		{ 0, 147995, 4, 39747320, 0, 0, 4, 528752, 0, 778503 },
		{ 1, 169858, 0, 56336089, 189957, 0, 0, 437841, 0, 922862 },
		{ 0 },
		{ 2, 3, 0, 0, 0, 5, 0, 0, 8, 4294967295 },
		{ 0 },
	};
	u64 counts[5][WHY_SOFTIRQ_NR];

	(void)state;
	memset(counts, 0x5a, sizeof(counts));
	assert_int_equal(parse_softirqs(softirqs, 5, counts[0]), 0);
	assert_memory_equal(counts, expected, sizeof(expected));
	memset(counts, 0x5a, sizeof(counts));
	assert_int_equal(parse_softirqs(softirqs, 2, counts[0]), 0);
	assert_int_equal(counts[1][WHY_SOFTIRQ_NR - 1], 922862);
	assert_int_equal(counts[2][0], 0x5a5a5a5a5a5a5a5aULL);
}

static void softirqs_cut_anywhere_are_refused_and_leave_the_counts_alone(void **state)
{
	static const u64 zeros[4 * WHY_SOFTIRQ_NR];
	u64 counts[4 * WHY_SOFTIRQ_NR] = { 0 };
	char text[sizeof(softirqs)];
	size_t len;

	(void)state;
	memcpy(text, softirqs, sizeof(text));
	for (len = strlen(softirqs); len--;) {
		text[len] = 0;
		assert_int_equal(parse_softirqs(text, 4, counts), -EINVAL);
		assert_memory_equal(counts, zeros, sizeof(zeros));
	}
	assert_int_equal(parse_softirqs(softirqs, 0, counts), -EINVAL);
}

static void softirqs_twice_or_of_other_columns_are_refused(void **state)
{
	static const char *const instead[] = { " 189 957 12", "        -57", "           " };
	char text[sizeof(softirqs) + 64];
	u64 counts[4 * WHY_SOFTIRQ_NR];
	size_t i;

	(void)state;
	snprintf(text, sizeof(text), "%s          HI: 1 2 3\n", softirqs);
	assert_int_equal(parse_softirqs(text, 4, counts), -EINVAL);
	for (i = 0; i < sizeof(instead) / sizeof(instead[0]); i++) {
		memcpy(text, softirqs, sizeof(softirqs));
		memcpy(strstr(text, "     189957"), instead[i], strlen(instead[i]));
		assert_int_equal(parse_softirqs(text, 4, counts), -EINVAL);
	}
}

static void expect_affinity(const char *text, const char *expected)
{
	FILE *f = text_of(text, strlen(text));
	struct why_affinity a;

	memset(&a, 0x5a, sizeof(a));
	why_affinity_parse(f, NULL, &a);
	assert_string_equal(a.allowed, expected);
	assert_string_equal(a.effective, "");
	rewind(f);
	memset(&a, 0x5a, sizeof(a));
	why_affinity_parse(NULL, f, &a);
	assert_string_equal(a.allowed, "");
	assert_string_equal(a.effective, expected);
	fclose(f);
}

static void affinity_is_told_as_far_as_the_kernel_tells(void **state)
{
	(void)state;
	expect_affinity("0-1,4\n", "0-1,4");
	expect_affinity("1\n", "1");
	expect_affinity("\n", "");
	expect_affinity("", "");
	expect_affinity("0-1", "");
	expect_affinity("1 2\n", "");
	expect_affinity("\033[2J\n", "");
}

#define FIFTEEN "100,102,104,106,108,110,112,114,116,118,120,122,124,126,128,"

/* 63 characters fit; of more, those before the last comma that leaves room for ",...". */
static void a_list_that_does_not_fit_is_cut_between_cpus(void **state)
{
	(void)state;
	expect_affinity(FIFTEEN "130\n", FIFTEEN "130");
	expect_affinity(FIFTEEN "12,4\n", FIFTEEN "...");
	expect_affinity("1111111111111111111111111111111111111111111111111111111111111111\n", "");
}

static int nr_open_files(void)
{
	int fd, nr = 0;

	for (fd = 0; fd < 256; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	return nr;
}

/* This machine's own: a line there is, if there is one, and a line there is not. */
static void this_machine_can_be_read(void **state)
{
	u64 counts[1024 * WHY_SOFTIRQ_NR] = { 0 };
	struct why_interrupts s;
	struct why_affinity a;
	int nr_open = nr_open_files();
	size_t i;

	(void)state;
	assert_int_equal(why_interrupts_read(1024, &s), 0);
	for (i = 0; i < s.nr; i++)
		if (s.lines[i].irq >= 0 && !why_affinity_read(s.lines[i].irq, &a))
			assert_true(a.allowed[0] >= '0' && a.allowed[0] <= '9');
	why_interrupts_free(&s);
	assert_int_equal(why_softirqs_read(1024, counts), 0);
	memset(&a, 0x5a, sizeof(a));
	assert_int_equal(why_affinity_read(2147483647, &a), -ENOENT);
	assert_int_equal(a.allowed[0], 0x5a);
	assert_int_equal(nr_open_files(), nr_open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_go_to_the_cpu_numbers_of_the_head),
		cmocka_unit_test(texts_of_x86_are_told_apart),
		cmocka_unit_test(texts_of_arm64_are_told_apart),
		cmocka_unit_test(a_line_is_found_by_its_number),
		cmocka_unit_test(a_single_number_is_no_cpus),
		cmocka_unit_test(a_row_of_other_columns_than_the_head_has_no_counts),
		cmocka_unit_test(lines_without_an_id_are_left_out),
		cmocka_unit_test(a_text_longer_than_its_buffer_is_cut),
		cmocka_unit_test(what_is_no_table_is_refused_and_leaves_the_value_alone),
		cmocka_unit_test(thousands_of_cpus_fit),
		cmocka_unit_test(a_text_cut_anywhere_tells_nothing_but_what_it_says),
		cmocka_unit_test(a_nul_byte_ends_its_line_only),
		cmocka_unit_test(any_byte_may_be_any_other),
		cmocka_unit_test(memory_that_runs_out_is_told_and_given_back),
		cmocka_unit_test(a_read_that_fails_is_told),
		cmocka_unit_test(softirqs_are_found_by_name),
		cmocka_unit_test(softirqs_cut_anywhere_are_refused_and_leave_the_counts_alone),
		cmocka_unit_test(softirqs_twice_or_of_other_columns_are_refused),
		cmocka_unit_test(affinity_is_told_as_far_as_the_kernel_tells),
		cmocka_unit_test(a_list_that_does_not_fit_is_cut_between_cpus),
		cmocka_unit_test(this_machine_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

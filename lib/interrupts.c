// SPDX-License-Identifier: GPL-2.0-only
/* Reads /proc/interrupts, /proc/softirqs and /proc/irq: see interrupts.h. */
#include "lib/interrupts.h"

#include "lib/names.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define BLANK  " \t\n"
#define DIGITS "0123456789"

/* A table being read: a head of CPUs, then lines. */
struct table {
	FILE *f;
	char *line;
	size_t line_room;
	u32 *cpu_of;		/* [nr_columns] */
	size_t nr_columns;
};

/* 1 with the next line in t->line, 0 at the end, or -errno. */
static int next_line(struct table *t)
{
	errno = 0;
	if (getline(&t->line, &t->line_room, t->f) >= 0)
		return 1;
	return feof(t->f) ? 0 : -(errno ? errno : EIO);
}

/* The next word and its length, 0 at the end of the line; *at moves behind it. */
static const char *next_word(const char **at, size_t *ret_len)
{
	const char *word = *at + strspn(*at, BLANK);

	*ret_len = strcspn(word, BLANK);
	*at = word + *ret_len;
	return word;
}

static bool parse_cpu(const char *word, size_t len, u32 *ret)
{
	unsigned long long cpu;

	if (len < 4 || strncmp(word, "CPU", 3) || strspn(word + 3, DIGITS) != len - 3)
		return false;
	cpu = strtoull(word + 3, NULL, 10);
	*ret = (u32)cpu;
	return cpu < UINT_MAX;
}

/* The head's CPUs rise, as for_each_online_cpu() has them; a cut one may be another's number. */
static int parse_head(struct table *t)
{
	const char *at = t->line, *word;
	size_t len;
	u32 cpu;

	t->cpu_of = calloc(strlen(at) / strlen("CPU0") + 1, sizeof(*t->cpu_of));
	if (!t->cpu_of)
		return -ENOMEM;
	while (word = next_word(&at, &len), len) {
		if (!parse_cpu(word, len, &cpu) || !*at)
			return -EINVAL;
		if (t->nr_columns && cpu <= t->cpu_of[t->nr_columns - 1])
			return -EINVAL;
		t->cpu_of[t->nr_columns++] = cpu;
	}
	return t->nr_columns ? 0 : -EINVAL;
}

static int open_table(struct table *t, FILE *f)
{
	int rc;

	*t = (struct table){ .f = f };
	rc = next_line(t);
	if (rc <= 0)
		return rc ? rc : -EINVAL;
	return parse_head(t);
}

static void close_table(struct table *t)
{
	free(t->line);
	free(t->cpu_of);
}

/* "  36: ...": moves *at behind the colon. False for a line without. */
static bool take_id(const char **at, const char **ret_id, size_t *ret_len)
{
	const char *id = *at + strspn(*at, BLANK);
	size_t len = strcspn(id, BLANK ":");

	if (!len || id[len] != ':')
		return false;
	*ret_id = id;
	*ret_len = len;
	*at = id + len + 1;
	return true;
}

/*
 * Takes a word of digits. Clears *is_whole if it is out of range, or if no blank follows: the line
 * was cut there, and the number with it, for all the reader can know.
 */
static bool take_number(const char **at, u64 *ret, bool *is_whole)
{
	const char *end = *at, *word;
	size_t len;

	word = next_word(&end, &len);
	if (!len || strspn(word, DIGITS) != len)
		return false;
	errno = 0;
	*ret = strtoull(word, NULL, 10);
	if (errno || !*end)
		*is_whole = false;
	*at = end;
	return true;
}

/*
 * Takes all numbers, the n-th column's into counts[its CPU * stride]. Returns whether there was
 * one for each column; if not, what is in counts means nothing.
 */
static bool take_counts(const struct table *t, const char **at, u32 nr_cpus, u64 *counts,
			size_t stride)
{
	bool is_whole = true;
	size_t n;
	u64 value;

	for (n = 0; take_number(at, &value, &is_whole); n++)
		if (n < t->nr_columns && t->cpu_of[n] < nr_cpus)
			counts[t->cpu_of[n] * stride] = value;
	return is_whole && n == t->nr_columns;
}

static void copy_text(char *into, size_t size, const char *from, const char *end)
{
	size_t len = (size_t)(end - from);

	if (len >= size)
		len = size - 1;
	memcpy(into, from, len);
	into[len] = 0;
}

/* -1 for an architecture's row. False for a number that no line can have. */
static bool parse_irq(const char *id, size_t len, int *ret)
{
	unsigned long long irq;

	*ret = -1;
	if (!strspn(id, DIGITS))
		return true;
	irq = strtoull(id, NULL, 10);
	if (strspn(id, DIGITS) != len || irq > INT_MAX)
		return false;
	*ret = (int)irq;
	return true;
}

/* CONFIG_GENERIC_IRQ_SHOW_LEVEL: arm64 and others, not x86. */
static bool is_level(const char *word, size_t len)
{
	return (len == 5 && !strncmp(word, "Level", len)) ||
	       (len == 4 && !strncmp(word, "Edge", len));
}

/* What a trigger can begin with: "27", "0-edge", "-virq", "Level". */
static bool is_trigger(const char *word, size_t len)
{
	size_t digits = strspn(word, DIGITS);

	return len && (digits == len || word[digits] == '-' || is_level(word, len));
}

/* Words one blank apart ("BRCM STB PCIe MSI 524288 Edge"), up to a gap or a trigger. */
static void take_chip(const char **at, struct why_interrupt_line *line)
{
	const char *chip = *at + strspn(*at, BLANK), *end = chip, *next = chip, *word;
	size_t len;

	while (word = next_word(&next, &len), len) {
		if (end > chip && (word - end > 1 || is_trigger(word, len)))
			break;
		end = next;
	}
	copy_text(line->chip, sizeof(line->chip), chip, end);
	*at = end;
}

/* "%*lu", hwirq; with CONFIG_GENERIC_IRQ_SHOW_LEVEL " %-8s"; where it has a name "-%-8s". */
static void take_trigger(const char **at, struct why_interrupt_line *line)
{
	const char *next = *at, *word, *from, *end;
	size_t len;

	from = word = next_word(&next, &len);
	if (!is_trigger(word, len))
		return;
	end = next;
	if (strspn(word, DIGITS) == len) {
		word = next_word(&next, &len);
		if (word - end == 1 && is_level(word, len))
			end = next;
	}
	if (end == next && is_level(word, len) && *next_word(&next, &len) == '-')
		end = next;
	copy_text(line->trigger, sizeof(line->trigger), from, end);
	*at = end;
}

static void take_name(const char *at, struct why_interrupt_line *line)
{
	const char *name = at + strspn(at, BLANK), *end = name + strlen(name);

	while (end > name && strchr(BLANK, end[-1]))
		end--;
	copy_text(line->name, sizeof(line->name), name, end);
}

/* Room for one more row; it doubles whenever nr is a power of two. */
static int grow(struct why_interrupts *s)
{
	size_t room = s->nr ? 2 * s->nr : 1;
	void *grown;

	if (s->nr & (s->nr - 1))
		return 0;
	grown = reallocarray(s->lines, room, sizeof(*s->lines));
	if (!grown)
		return -ENOMEM;
	s->lines = grown;
	grown = reallocarray(s->counts, room, s->nr_cpus * sizeof(*s->counts));
	if (!grown)
		return -ENOMEM;
	s->counts = grown;
	return 0;
}

static void parse_line(const struct table *t, const char *at, u64 *counts, u32 nr_cpus,
		       struct why_interrupt_line *line)
{
	memset(counts, 0, nr_cpus * sizeof(*counts));
	line->has_per_cpu = take_counts(t, &at, nr_cpus, counts, 1);
	if (line->irq >= 0) {
		take_chip(&at, line);
		take_trigger(&at, line);
	}
	take_name(at, line);
	/* With one CPU, "ERR: 0" differs from "LOC: 0 Local timer interrupts" by this alone. */
	if (line->irq < 0 && t->nr_columns == 1 && !line->name[0])
		line->has_per_cpu = false;
	if (!line->has_per_cpu)
		memset(counts, 0, nr_cpus * sizeof(*counts));
}

static int add_line(const struct table *t, struct why_interrupts *s)
{
	struct why_interrupt_line line = { 0 };
	const char *at = t->line, *id;
	size_t len;

	if (!take_id(&at, &id, &len) || !parse_irq(id, len, &line.irq))
		return 0;
	if (grow(s))
		return -ENOMEM;
	copy_text(line.id, sizeof(line.id), id, id + len);
	parse_line(t, at, s->counts + s->nr * s->nr_cpus, s->nr_cpus, &line);
	s->lines[s->nr++] = line;
	return 0;
}

static int add_lines(struct table *t, struct why_interrupts *s)
{
	size_t i;
	int rc;

	s->is_online = calloc(s->nr_cpus, sizeof(*s->is_online));
	if (!s->is_online)
		return -ENOMEM;
	for (i = 0; i < t->nr_columns; i++)
		if (t->cpu_of[i] < s->nr_cpus)
			s->is_online[t->cpu_of[i]] = true;
	while ((rc = next_line(t)) > 0) {
		rc = add_line(t, s);
		if (rc)
			break;
	}
	return rc;
}

int why_interrupts_parse(FILE *f, u32 nr_cpus, struct why_interrupts *ret)
{
	struct why_interrupts s = { .nr_cpus = nr_cpus };
	struct table t;
	int rc;

	if (!nr_cpus)
		return -EINVAL;
	rc = open_table(&t, f);
	if (!rc)
		rc = add_lines(&t, &s);
	close_table(&t);
	if (rc)
		why_interrupts_free(&s);
	else
		*ret = s;
	return rc;
}

int why_interrupts_read(u32 nr_cpus, struct why_interrupts *ret)
{
	FILE *f = fopen("/proc/interrupts", "re");
	int rc;

	if (!f)
		return -errno;
	rc = why_interrupts_parse(f, nr_cpus, ret);
	fclose(f);
	return rc;
}

void why_interrupts_free(struct why_interrupts *s)
{
	free(s->lines);
	free(s->counts);
	free(s->is_online);
	*s = (struct why_interrupts){ 0 };
}

const struct why_interrupt_line *why_interrupts_find(const struct why_interrupts *s, int irq)
{
	size_t i;

	for (i = 0; irq >= 0 && i < s->nr; i++)
		if (s->lines[i].irq == irq)
			return &s->lines[i];
	return NULL;
}

static int find_softirq(const char *name, size_t len)
{
	const char *known;
	int i;

	for (i = 0; i < WHY_SOFTIRQ_NR; i++) {
		known = why_softirq_names[i];
		if (strlen(known) == len && !strncmp(known, name, len))
			return i;
	}
	return -1;
}

/* Adds the row to *seen. */
static int parse_softirq(const struct table *t, u32 nr_cpus, u64 *counts, u32 *seen)
{
	const char *at = t->line, *name;
	size_t len;
	int i;

	if (!take_id(&at, &name, &len))
		return 0;
	i = find_softirq(name, len);
	if (i < 0)
		return 0;
	if (*seen & 1U << i)
		return -EINVAL;
	*seen |= 1U << i;
	return take_counts(t, &at, nr_cpus, counts + i, WHY_SOFTIRQ_NR) ? 0 : -EINVAL;
}

static int parse_softirqs(struct table *t, u32 nr_cpus, u64 *counts)
{
	u32 seen = 0;
	int rc;

	while ((rc = next_line(t)) > 0) {
		rc = parse_softirq(t, nr_cpus, counts, &seen);
		if (rc)
			return rc;
	}
	if (rc)
		return rc;
	return seen == (1U << WHY_SOFTIRQ_NR) - 1 ? 0 : -EINVAL;
}

int why_softirqs_parse(FILE *f, u32 nr_cpus, u64 *counts)
{
	const size_t row = WHY_SOFTIRQ_NR * sizeof(*counts);
	struct table t;
	u64 *read;
	int rc;

	if (!nr_cpus)
		return -EINVAL;
	read = calloc(nr_cpus, row);
	if (!read)
		return -ENOMEM;
	rc = open_table(&t, f);
	if (!rc)
		rc = parse_softirqs(&t, nr_cpus, read);
	if (!rc)
		memcpy(counts, read, nr_cpus * row);
	close_table(&t);
	free(read);
	return rc;
}

int why_softirqs_read(u32 nr_cpus, u64 *counts)
{
	FILE *f = fopen("/proc/softirqs", "re");
	int rc;

	if (!f)
		return -errno;
	rc = why_softirqs_parse(f, nr_cpus, counts);
	fclose(f);
	return rc;
}

/* Half an entry would be another CPU: a list without its end is none, one too long ends earlier. */
static void copy_list(char *into, size_t size, const char *list)
{
	static const char more[] = ",...";
	size_t len = strspn(list, DIGITS ",-");

	if (list[len] != '\n')
		return;
	if (len < size) {
		copy_text(into, size, list, list + len);
		return;
	}
	for (len = size - sizeof(more); len && list[len] != ','; len--)
		;
	copy_text(into, size, list, list + len);
	if (len)
		memcpy(into + len, more, sizeof(more));
}

static void read_list(FILE *f, char *into, size_t size)
{
	size_t room = 0;
	char *line = NULL;

	into[0] = 0;
	if (f && getline(&line, &room, f) > 0)
		copy_list(into, size, line);
	free(line);
}

void why_affinity_parse(FILE *allowed, FILE *effective, struct why_affinity *ret)
{
	read_list(allowed, ret->allowed, sizeof(ret->allowed));
	read_list(effective, ret->effective, sizeof(ret->effective));
}

static FILE *open_irq(int irq, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/irq/%d/%s", irq, file);
	return fopen(path, "re");
}

int why_affinity_read(int irq, struct why_affinity *ret)
{
	FILE *allowed = open_irq(irq, "smp_affinity_list");
	FILE *effective = open_irq(irq, "effective_affinity_list");

	if (!allowed && !effective)
		return -errno;
	why_affinity_parse(allowed, effective, ret);
	if (allowed)
		fclose(allowed);
	if (effective)
		fclose(effective);
	return 0;
}

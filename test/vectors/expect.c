// SPDX-License-Identifier: GPL-2.0-only
/* What a vector expects: see parse.h. A name that does not exist is a failure, never a pass. */
#include "test/vectors/parse.h"

#include "lib/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const class_names[WHY_CLASS_NR] = {
	[WHY_CLASS_IDLE] = "idle",	 [WHY_CLASS_TASK] = "task",
	[WHY_CLASS_SOFTIRQ] = "softirq", [WHY_CLASS_HARDIRQ] = "hardirq",
	[WHY_CLASS_SWITCH] = "switch",	 [WHY_CLASS_OFFLINE] = "offline",
	[WHY_CLASS_UNSEEN] = "unseen",
};

static const u64 *by_name(const char *name, const char *const *names, const u64 *values, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (!strcmp(name, names[i]))
			return &values[i];
	return NULL;
}

static const u64 *row_field(const struct why_row *row, const char *name)
{
	if (!strcmp(name, "count"))
		return &row->hist.count;
	if (!strcmp(name, "sum"))
		return &row->hist.sum_ns;
	if (!strcmp(name, "min"))
		return &row->hist.min_ns;
	if (!strcmp(name, "max"))
		return &row->hist.max_ns;
	return by_name(name, why_cause_names, row->causes, WHY_CAUSE_NR);
}

static const u64 *task_field(const struct why_task *t, const char *name)
{
	static u64 state;

	state = t->state;
	if (!strcmp(name, "state"))
		return &state;
	if (!strcmp(name, "voluntary"))
		return &t->stats.nr_voluntary;
	if (!strcmp(name, "involuntary"))
		return &t->stats.nr_involuntary;
	if (!strcmp(name, "run"))
		return &t->stats.run_ns;
	if (!strcmp(name, "response"))
		return &t->stats.response.sum_ns;
	return strcmp(name, "relief") ? NULL : &t->stats.relief.sum_ns;
}

static const u64 *cpu_field(const struct why_cpu *cpu, const char *what, const char *name)
{
	int kind = why_kind_by_name(what, (unsigned int)strlen(what));

	if (kind >= 0)
		return row_field(&cpu->rows[kind], name);
	if (!strcmp(what, "account"))
		return by_name(name, class_names, cpu->account.ns, WHY_CLASS_NR);
	if (strcmp(what, "lost"))
		return NULL;
	if (!strcmp(name, "switches"))
		return &cpu->nr_switches;
	return by_name(name, why_loss_names, cpu->lost, WHY_LOSS_NR);
}

bool vec_expect(const char *line, const struct why_cpu *cpus, const struct why_task *tasks,
		char *ret_why, size_t size)
{
	char who[32], what[32] = "", copy[256], *field, *value, *save;
	const u64 *found;

	if (strncmp(line, "expect ", 7))
		return true;
	snprintf(copy, sizeof(copy), "%s", line + 7);
	copy[strcspn(copy, "\n")] = 0;
	snprintf(who, sizeof(who), "%s", strtok_r(copy, " ", &save) ?: "");
	if (who[0] >= '0' && who[0] <= '9')
		snprintf(what, sizeof(what), "%s", strtok_r(NULL, " ", &save) ?: "");
	while ((field = strtok_r(NULL, " ", &save))) {
		value = strchr(field, '=');
		if (value)
			*value++ = 0;
		found = *what ? cpu_field(&cpus[atoi(who) & 3], what, field) :
				task_field(&tasks[(who[0] - 'A') & 7], field);
		if (found && value && *found == strtoull(value, NULL, 10))
			continue;
		snprintf(ret_why, size, "%s: %s is %lld", line, field,
			 found ? (long long)*found : -1LL);
		return false;
	}
	return true;
}

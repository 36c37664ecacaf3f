// SPDX-License-Identifier: GPL-2.0-only
/* Events by the kernel's names for them: see record_text.h. */
#include "kmod/record_text.h"

#include "core/irq.h"
#include "core/task.h"

#include <linux/ctype.h>
#include <linux/kernel.h>

static int print_switch(char *text, const struct why_record *r)
{
	u32 how = why_record_extra(r->body);
	const char *left = how & WHY_OUT_DEAD ? "dies" :
			   how & WHY_OUT_RUNNABLE ? "runnable" : "sleeps";

	return scnprintf(text, WHY_RECORD_TEXT_BYTES, "sched_switch: %u (%s) ==> %u",
			 why_record_b(r->body), left, why_record_a(r->body));
}

static int print_vector(char *text, const struct why_record *r, const char *edge)
{
	static const char *const names[] = {
#define NAME(symbol, name) #name,
		WHY_VECTORS(NAME)
	};
	u32 vector = why_record_vector_of(r->body);

	if (vector >= ARRAY_SIZE(names))
		return 0;
	return scnprintf(text, WHY_RECORD_TEXT_BYTES, "%s_%s", names[vector], edge);
}

/* An event that is about one number. */
static int print_one(char *text, const char *event, u32 a)
{
	return scnprintf(text, WHY_RECORD_TEXT_BYTES, "%s: %u", event, a);
}

int why_record_text(char text[WHY_RECORD_TEXT_BYTES], const struct why_record *r)
{
	u32 a = why_record_a(r->body), b = why_record_b(r->body), extra = why_record_extra(r->body);

	switch (why_record_type(r)) {
	case WHY_RECORD_SWITCH:
		return print_switch(text, r);
	case WHY_RECORD_WAKING:
		return scnprintf(text, WHY_RECORD_TEXT_BYTES, "sched_waking: %u on CPU %u", a, b);
	case WHY_RECORD_WAKEUP:
		return scnprintf(text, WHY_RECORD_TEXT_BYTES, "sched_wakeup: %u on CPU %u", a, b);
	case WHY_RECORD_MIGRATE:
		return scnprintf(text, WHY_RECORD_TEXT_BYTES, "sched_migrate_task: %u to CPU %u",
				 a, extra);
	case WHY_RECORD_NEW:
		return scnprintf(text, WHY_RECORD_TEXT_BYTES, "sched_process_fork: %u by %u", a, b);
	case WHY_RECORD_IRQ_ENTRY:
		return print_one(text, "irq_handler_entry", a);
	case WHY_RECORD_IRQ_EXIT:
		return print_one(text, "irq_handler_exit", a);
	case WHY_RECORD_VECTOR_ENTRY:
		return print_vector(text, r, "entry");
	case WHY_RECORD_VECTOR_EXIT:
		return print_vector(text, r, "exit");
	case WHY_RECORD_SOFTIRQ_ENTRY:
		return print_one(text, "softirq_entry", a);
	case WHY_RECORD_SOFTIRQ_EXIT:
		return print_one(text, "softirq_exit", a);
	default:
		return 0;
	}
}

const char *why_name_text(char text[TASK_COMM_LEN], const char *name, size_t most)
{
	size_t i;

	for (i = 0; i < min_t(size_t, most, TASK_COMM_LEN - 1) && name[i]; i++)
		text[i] = isascii(name[i]) && isprint(name[i]) ? name[i] : '?';
	text[i] = '\0';
	return text;
}

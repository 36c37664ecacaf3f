// SPDX-License-Identifier: GPL-2.0-only
/* Bounds on interrupt lines: of whichever tracked threads serve them. */
#include "kmod/tracked.h"

#include <linux/atomic.h>
#include <linux/sysfs.h>

/* Bounds of lines: few, changed by the mutex, read by hooks. */
enum { LINES = 32 };
static struct line_bound {
	u32 irq_plus_1;		/* 0: free */
	u64 bound_ns;
	atomic64_t violations;
} line_bounds[LINES];

void why_tracker_check_line(u32 irq, u64 ns)
{
	struct line_bound *b;

	for (b = line_bounds; b < line_bounds + LINES && READ_ONCE(b->irq_plus_1); b++)
		if (b->irq_plus_1 == irq + 1 && b->bound_ns && ns > READ_ONCE(b->bound_ns))
			atomic64_inc(&b->violations);
}

int why_tracker_bound_line(u32 irq, u64 bound_ns)
{
	struct line_bound *b = line_bounds;
	int rc = -ENOSPC;

	/* As many bits as the key of a thread's row has for its line (core/keyed.h). */
	if (irq >= 1 << 12)
		return -ERANGE;
	why_tracker_lock();
	while (b < line_bounds + LINES && b->irq_plus_1 && b->irq_plus_1 != irq + 1)
		b++;
	if (b < line_bounds + LINES) {
		if (b->bound_ns != bound_ns)
			atomic64_set(&b->violations, 0);
		WRITE_ONCE(b->bound_ns, bound_ns);
		smp_store_release(&b->irq_plus_1, irq + 1);
		rc = 0;
	}
	why_tracker_unlock();
	return rc;
}

int why_tracker_print_lines(char *page, int n)
{
	struct line_bound *b;

	for (b = line_bounds; b < line_bounds + LINES && b->irq_plus_1; b++)
		if (b->bound_ns)
			n += sysfs_emit_at(page, n, "irq %u %llu (%lld violations)\n",
					   b->irq_plus_1 - 1, b->bound_ns,
					   (s64)atomic64_read(&b->violations));
	return n;
}

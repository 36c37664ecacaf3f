/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every way to lose or distrust something: counted where it is seen, printed even when zero.
 * One list for every collector and every report: X(symbol, name, what one of it is).
 */
#ifndef WHY_CORE_LOSS_H
#define WHY_CORE_LOSS_H

#define WHY_LOSSES(X)                                                                              \
	X(UNSEEN_CONTEXT, "unseen_context", "switch that the kernel counted and hid from us")      \
	X(BREAK, "breaks", "switch away from a task that was not seen to be switched in")          \
	X(UNSEEN_WAKING, "unseen_waking", "sleeper that ran without a waking that we saw")         \
	X(UNSEEN_RUN, "unseen_runs", "run whose beginning was hidden: its wait ends there")        \
	X(UNSEEN_OUT, "unseen_outs", "task switched in that was not seen to leave its CPU")        \
	X(ROW_DROPPED, "row_dropped", "interrupt or work item whose row found no room")            \
	X(WORK_DROPPED, "work_dropped", "work item whose queueing was forgotten for another's")    \
	X(TORN_READ, "torn_read", "wait whose accounts could not be read whole")                   \
	X(NO_TASK_STATE, "no_task_state", "event of a task that was refused its storage")          \
	X(UNPAIRED, "unpaired", "interrupt exit without its entry, or nested too deep")            \
	X(CLOCK_BACK, "clock_back", "time before the last one on the same CPU")                    \
	X(CLAIM, "claim_failed", "update given up because it was interrupted again and again")     \
	X(EXITED, "exited_dropped", "dead task whose row found no room")                           \
	X(RING_OVERRUN, "ring_overrun", "record overwritten before it was read")

enum why_loss {
#define WHY_LOSS_ENUM(symbol, name, help) WHY_LOSS_##symbol,
	WHY_LOSSES(WHY_LOSS_ENUM)
#undef WHY_LOSS_ENUM
	WHY_LOSS_NR,
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Four classic faults as small programs of threads on one CPU, to try what finds faults on. The
 * victim is always called "control".
 *
 *	inversion	control (fifo 80) wants a mutex that low (fifo 10) holds, which cannot run
 *			because of medium (fifo 50)
 *	priority	control was left an ordinary task; logger (fifo 5) computes for 4 ms
 *	blocking	control (fifo 80) asks backend something in every fifth turn, and waits 4 ms
 *			for the answer
 *	hog		control and two threads called hog are ordinary tasks, and want one CPU
 */
#ifndef WHY_LAB_SCENE_H
#define WHY_LAB_SCENE_H

#include "core/base.h"
#include "lib/error.h"

enum why_scene { WHY_SCENE_INVERSION, WHY_SCENE_PRIORITY, WHY_SCENE_BLOCKING, WHY_SCENE_HOG,
		 WHY_SCENE_NR };

/* As users write them. */
extern const char *const why_scene_names[WHY_SCENE_NR];

/*
 * Plays a scene for so long on that CPU, and returns once all its threads have ended. Returns 0, or
 * -errno with *err.
 */
int why_scene_play(enum why_scene scene, u32 cpu, u64 duration_ns, struct why_error *err);

#endif

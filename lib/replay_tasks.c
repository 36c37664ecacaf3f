// SPDX-License-Identifier: GPL-2.0-only
/* The tasks of a replay: see replay_tasks.h. In chunks, so that a task never moves. */
#include "lib/replay_tasks.h"

#include "core/keyed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256, NAME_BITS = 15 };

int why_replay_tasks_init(struct why_replay_tasks *t)
{
	memset(t, 0, sizeof(*t));
	t->by_pid = calloc(WHY_RECORD_FIELD + 1, sizeof(*t->by_pid));
	t->place_of_name = calloc(1 << NAME_BITS, sizeof(*t->place_of_name));
	return t->by_pid && t->place_of_name ? 0 : -ENOMEM;
}

void why_replay_tasks_free(struct why_replay_tasks *t)
{
	u32 i;

	for (i = 0; i < t->nr_chunks; i++)
		free(t->chunks[i]);
	free(t->chunks);
	free(t->free_places);
	free(t->by_pid);
	free(t->place_of_name);
	free(t->dead);
}

struct why_replay_task *why_replay_at(const struct why_replay_tasks *t, u32 i)
{
	return &t->chunks[i / CHUNK][i % CHUNK];
}

static int add_chunk(struct why_replay_tasks *t)
{
	size_t nr = t->nr_chunks + 1;
	struct why_replay_task **chunks = realloc(t->chunks, nr * sizeof(*chunks));
	u32 *free_places;

	if (!chunks)
		return -ENOMEM;
	t->chunks = chunks;
	free_places = realloc(t->free_places, nr * CHUNK * sizeof(*free_places));
	if (!free_places)
		return -ENOMEM;
	t->free_places = free_places;
	t->chunks[t->nr_chunks] = malloc(CHUNK * sizeof(**chunks));
	if (!t->chunks[t->nr_chunks])
		return -ENOMEM;
	t->nr_chunks++;
	return 0;
}

struct why_replay_task *why_replay_make(struct why_replay_tasks *t, u32 pid)
{
	struct why_replay_task *task;
	u32 place;

	if (t->nr_free) {
		place = t->free_places[--t->nr_free];
	} else {
		if (t->nr_used == t->nr_chunks * CHUNK && add_chunk(t)) {
			t->is_short = true;
			return NULL;
		}
		place = t->nr_used++;
	}
	task = memset(why_replay_at(t, place), 0, sizeof(*task));
	task->pid = pid;
	task->place = place;
	t->by_pid[pid & WHY_RECORD_FIELD] = task;
	return task;
}

void why_replay_drop(struct why_replay_tasks *t, u32 pid)
{
	struct why_replay_task *task = why_replay_find(t, pid);

	if (!task)
		return;
	task->pid = 0;
	t->by_pid[pid & WHY_RECORD_FIELD] = NULL;
	t->free_places[t->nr_free++] = task->place;
}

void why_replay_exchange(struct why_replay_tasks *t, u32 from, u32 to)
{
	struct why_replay_task *task = why_replay_find(t, from), *other = why_replay_find(t, to);
	char comm[WHY_COMM_LEN];

	/* No task is 0, whatever a file says. */
	if (!task || task == other || !to)
		return;
	t->by_pid[from & WHY_RECORD_FIELD] = other;
	t->by_pid[to & WHY_RECORD_FIELD] = task;
	task->pid = to;
	if (!other)
		return;
	other->pid = from;
	memcpy(comm, task->comm, sizeof(comm));
	memcpy(task->comm, other->comm, sizeof(comm));
	memcpy(other->comm, comm, sizeof(comm));
}

struct why_exited *why_replay_dead(struct why_replay_tasks *t, const char *comm)
{
	struct why_dead *dead;
	u64 words[WHY_COMM_LEN / 8];
	u32 at;

	memcpy(words, comm, sizeof(words));
	at = why_place(words[0] * 31 + words[1], NAME_BITS);
	for (; t->place_of_name[at]; at = (at + 1) % (1 << NAME_BITS)) {
		dead = &t->dead[t->place_of_name[at] - 1];
		if (!memcmp(dead->key.comm, comm, WHY_COMM_LEN))
			return &dead->exited;
	}
	if (t->nr_dead == WHY_REPLAY_DEAD)
		return NULL;
	if (!t->dead)
		t->dead = malloc(WHY_REPLAY_DEAD * sizeof(*t->dead));
	if (!t->dead)
		return NULL;
	dead = memset(&t->dead[t->nr_dead++], 0, sizeof(*dead));
	memcpy(dead->key.comm, comm, WHY_COMM_LEN);
	t->place_of_name[at] = t->nr_dead;
	return &dead->exited;
}

void why_replay_forget_dead(struct why_replay_tasks *t)
{
	t->nr_dead = 0;
	memset(t->place_of_name, 0, sizeof(*t->place_of_name) << NAME_BITS);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Known numbers of read, mmap, futex and openat, between a reset of a file that counts system calls
 * and a copy of it, with none of the four besides:
 *
 *	write "reset" | read, mmap, futex, openat as often as asked, the sleepers' rounds | pread
 *
 * With --sleepers, so many threads wait for a futex at once, round after round; each is moved to
 * the next CPU while it sleeps, so that its call ends on another CPU than it began on.
 */
#include "load.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum { MAX_SLEEPERS = 64, SNAPSHOT_BYTES = 1 << 16 };

enum { READ, MMAP, FUTEX, OPENAT, NR_CALLS };

static uint64_t asked[NR_CALLS], nr_sleepers, nr_rounds = 1, fifo;
static uint64_t sleep_ns = 30 * LOAD_MS, for_ns;
static const char *trace_path, *snapshot_path;
static sem_t over; /* asked by nobody: load_rest() wants one */
static int zero, trace = -1, snapshot = -1;
static char buffer[SNAPSHOT_BYTES];

/* The tally; the sleepers' own calls apart. */
static uint64_t done[NR_CALLS], begin_ns, end_ns;
static _Atomic uint64_t nr_waits, nr_woken;
static _Atomic uint32_t word, nobodys;
static unsigned int nr_cpus;
static _Atomic pid_t tids[MAX_SLEEPERS];

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		load_die("open %s", path);
	return fd;
}

/* Everything is there before: pages, files, threads. */
static void set_up(void)
{
	memset(buffer, 1, sizeof(buffer));
	zero = open_or_die("/dev/zero", O_RDONLY);
	if (trace_path)
		trace = open_or_die(trace_path, O_RDWR);
	if (snapshot_path)
		snapshot = open_or_die(snapshot_path, O_WRONLY | O_CREAT | O_TRUNC);
}

static void read_once(void)
{
	char c;

	if (syscall(SYS_read, zero, &c, 1) != 1)
		load_die("read");
}

static void mmap_once(void)
{
	long at = syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == -1 || syscall(SYS_munmap, at, 4096))
		load_die("mmap");
}

static void futex_once(void)
{
	if (syscall(SYS_futex, &nobodys, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0))
		load_die("futex");
}

static void openat_once(void)
{
	long fd = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);

	if (fd < 0 || syscall(SYS_close, fd))
		load_die("openat");
}

static void (*const once[NR_CALLS])(void) = {read_once, mmap_once, futex_once, openat_once};

static void *sleep_each_round(void *slot)
{
	tids[(uintptr_t)slot] = load_tid();
	while (!word)
		usleep(1000);
	for (uint32_t round = 1; round <= nr_rounds; round++) {
		while (word == round) {
			nr_waits++;
			syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, round, NULL, NULL, 0);
		}
		nr_woken++;
	}
	load_rest(&over);
	return NULL;
}

static void start_sleepers(void)
{
	nr_cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN); /* opens a file and reads it */
	if (nr_sleepers > MAX_SLEEPERS)
		load_quit(2, 0, "--sleepers: at most %d", MAX_SLEEPERS);
	for (uintptr_t i = 0; i < nr_sleepers; i++) {
		load_thread(sleep_each_round, (void *)i, 65536);
		while (!tids[i])
			usleep(1000);
	}
}

static void wake_sleepers(void)
{
	for (uint32_t round = 1; round <= nr_rounds && nr_sleepers; round++) {
		word = round;
		load_sleep_until(load_now_ns() + sleep_ns);
		for (uint64_t i = 0; i < nr_sleepers; i++)
			load_pin(tids[i], (round + i) % nr_cpus);
		word = round + 1;
		done[FUTEX]++;
		syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
		while (nr_woken < round * nr_sleepers)
			usleep(1000);
	}
}

static void call_all(void)
{
	for (int call = 0; call < NR_CALLS; call++)
		for (uint64_t i = 0; i < asked[call]; i++, done[call]++)
			once[call]();
}

static void keep_snapshot(ssize_t bytes)
{
	if (bytes < 0 || bytes == sizeof(buffer))
		load_die("pread %s", trace_path);
	if (snapshot >= 0 && write(snapshot, buffer, bytes) != bytes)
		load_die("write %s", snapshot_path);
}

static void work(void)
{
	ssize_t bytes = 0;

	if (trace >= 0 && write(trace, "reset\n", 6) != 6)
		load_die("reset %s", trace_path);
	begin_ns = load_now_ns();
	do
		call_all();
	while (load_now_ns() - begin_ns < for_ns);
	wake_sleepers();
	end_ns = load_now_ns();
	if (trace >= 0)
		bytes = pread(trace, buffer, sizeof(buffer), 0);
	keep_snapshot(bytes);
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"read", LOAD_NR, &asked[READ], "how many, of one byte of /dev/zero"},
		{"mmap", LOAD_NR, &asked[MMAP], "how many, of one page"},
		{"futex", LOAD_NR, &asked[FUTEX], "how many, waking nobody"},
		{"openat", LOAD_NR, &asked[OPENAT], "how many, of /dev/null"},
		{"sleepers", LOAD_NR, &nr_sleepers, "threads that wait for a futex (default none)"},
		{"rounds", LOAD_NR, &nr_rounds, "how often each (default 1)"},
		{"sleep", LOAD_TIME, &sleep_ns, "how long a round (default 30ms)"},
		{"for", LOAD_TIME, &for_ns, "these numbers again and again for so long"},
		{"fifo", LOAD_NR, &fifo, "SCHED_FIFO priority (default 0: as started)"},
		{"trace", LOAD_TEXT, &trace_path, "file to reset before and copy after"},
		{"snapshot", LOAD_TEXT, &snapshot_path, "where to put the copy"},
		{0},
	};

	load_options(argc, argv, options);
	set_up();
	start_sleepers();
	load_wait_for_go();
	if (fifo)
		load_set_fifo(fifo);
	work();
	printf("{\"load\": \"syscalls\", \"pid\": %d, \"read\": %" PRIu64 ", \"mmap\": %" PRIu64
	       ", \"futex\": %" PRIu64 ", \"openat\": %" PRIu64 ", \"waits\": %" PRIu64
	       ", \"elapsed_ns\": %" PRIu64 "}\n",
	       getpid(), done[READ], done[MMAP], done[FUTEX] + nr_waits, done[OPENAT], nr_waits,
	       end_ns - begin_ns);
	load_linger();
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the lab's modules have in common: the way in of a command, which is one write(2), and time
 * taken up. A command is words with one space between them, perhaps with a newline at its end. The
 * whole of it is understood before anything of it is done.
 */
#ifndef WHY_LAB_KMOD_COMMAND_H
#define WHY_LAB_KMOD_COMMAND_H

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/types.h>
#include <linux/uaccess.h>

#define LAB_COMMAND_BYTES 64

/* Into a string of LAB_COMMAND_BYTES. 0; -EINVAL: longer, or not text; -EFAULT. */
static inline int lab_read_command(char *ret_text, const char __user *from, size_t bytes)
{
	if (bytes >= LAB_COMMAND_BYTES)
		return -EINVAL;
	if (copy_from_user(ret_text, from, bytes))
		return -EFAULT;
	ret_text[bytes] = '\0';
	if (strlen(ret_text) != bytes)
		return -EINVAL;
	if (bytes && ret_text[bytes - 1] == '\n')
		ret_text[bytes - 1] = '\0';
	return 0;
}

/* The number, digits alone, that is the next word at *at. 0, -EINVAL, or -ERANGE. */
static inline int lab_take_number(char **at, u32 least, u32 most, u32 *ret_number)
{
	const char *word = strsep(at, " ");
	u32 number;
	int err;

	if (!word || !isdigit(*word))
		return -EINVAL;
	err = kstrtou32(word, 10, &number);
	if (err)
		return err;
	if (number < least || number > most)
		return -ERANGE;
	*ret_number = number;
	return 0;
}

/*
 * The clock of every time stamp. Not the fast variant, which may step back a little when the clock
 * is adjusted: this one doesn't, between CPUs neither, and can be read anywhere but in an NMI.
 */
static __always_inline u64 lab_now_ns(void)
{
	return ktime_get_ns();
}

/* Takes up the CPU until `ns` after `begin_ns`. Inlined, so that a stack names the caller. */
static __always_inline void lab_spin_until(u64 begin_ns, u64 ns)
{
	while (lab_now_ns() - begin_ns < ns)
		cpu_relax();
}

#endif

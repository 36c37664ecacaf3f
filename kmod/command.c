// SPDX-License-Identifier: GPL-2.0-only
/* Parses commands: see command.h. Every input is hostile. */
#include "kmod/command.h"

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/string.h>

/* Into the command's own text, without the line's end. A zero byte inside is no text. */
static int take_text(const char *buf, size_t count, struct why_command *c)
{
	memset(c, 0, sizeof(*c));
	if (count >= sizeof(c->text))
		return -E2BIG;
	if (strnlen(buf, count) != count)
		return -EINVAL;
	memcpy(c->text, buf, count);
	if (count && c->text[count - 1] == '\n')
		c->text[count - 1] = 0;
	return 0;
}

/* The next word, or NULL. Words are apart by one space or more. */
static char *next_word(char **at)
{
	char *word;

	do {
		word = strsep(at, " ");
	} while (word && !*word);
	return word;
}

/* A positive number in decimal, nothing before and nothing behind. */
static int take_number(const char *word, int least, int *ret)
{
	int rc;

	if (!word || !isdigit(*word))
		return -EINVAL;
	rc = kstrtoint(word, 10, ret);
	return rc ?: *ret < least ? -EINVAL : 0;
}

static int take_ns(const char *word, u64 *ret)
{
	if (!word || !isdigit(*word))
		return -EINVAL;
	return kstrtou64(word, 10, ret);
}

/* Who is meant; what is left stands at *at. */
static int take_group(char *word, char **at, struct why_command *c)
{
	if (!word)
		return -EINVAL;
	if (!strcmp(word, "cgroup")) {
		c->group = WHY_GROUP_CGROUP;
		c->path = next_word(at);
		return c->path && *c->path == '/' ? 0 : -EINVAL;
	}
	if (!strcmp(word, "tgid")) {
		c->group = WHY_GROUP_PROCESS;
		word = next_word(at);
	}
	return take_number(word, 1, &c->number);
}

int why_command_task(const char *buf, size_t count, bool may_trace, struct why_command *ret)
{
	int rc = take_text(buf, count, ret);
	char *at = ret->text, *word;

	rc = rc ?: take_group(next_word(&at), &at, ret);
	if (rc)
		return rc;
	word = next_word(&at);
	if (word && may_trace && !strcmp(word, "trace")) {
		ret->has_trace = true;
		word = next_word(&at);
	}
	return word ? -EINVAL : 0;
}

int why_command_bound(const char *buf, size_t count, bool may_irq, struct why_command *ret)
{
	int rc = take_text(buf, count, ret);
	char *at = ret->text, *word;

	if (rc)
		return rc;
	word = next_word(&at);
	if (word && may_irq && !strcmp(word, "irq")) {
		ret->is_irq = true;
		word = next_word(&at);
	}
	rc = take_number(word, ret->is_irq ? 0 : 1, &ret->number);
	rc = rc ?: take_ns(next_word(&at), &ret->bound_ns);
	return rc ?: next_word(&at) ? -EINVAL : 0;
}

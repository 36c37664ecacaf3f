// SPDX-License-Identifier: GPL-2.0-only
/* Fills in an error: see error.h. */
#include "lib/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int why_error_set(struct why_error *err, int exit_code, int code, const char *hint,
		  const char *text, ...)
{
	size_t n;
	va_list ap;

	err->exit_code = exit_code;
	va_start(ap, text);
	vsnprintf(err->what, sizeof(err->what), text, ap);
	va_end(ap);
	n = strlen(err->what);
	if (code)
		snprintf(err->what + n, sizeof(err->what) - n, ": %s", strerror(code));
	snprintf(err->hint, sizeof(err->hint), "%s", hint ? hint : "");
	return code ? -code : -1;
}

// SPDX-License-Identifier: Apache-2.0
/* Messages about what was wrong. */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>

enum err diag_set(struct diag *d, enum err e, const char *fmt, ...)
{
    if (d) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(d->text, sizeof(d->text), fmt, ap);
        va_end(ap);
    }
    return e;
}

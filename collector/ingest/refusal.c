// SPDX-License-Identifier: Apache-2.0
/* Reasons by name. */
#include "collector/ingest/refusal.h"

#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>

#define NAME(reason, name) [REFUSAL_##reason] = name,

static const char *const names[] = {[REFUSAL_NONE] = "unreadable",
                                    REFUSAL_LIST(NAME)};

const char *refusal_name(enum refusal_reason reason)
{
    return names[reason];
}

enum err refusal_set(struct refusal *why, enum refusal_reason reason,
                     const char *key, const char *fmt, ...)
{
    why->reason = reason;
    str_copy(why->key, sizeof(why->key), key);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why->d.text, sizeof(why->d.text), fmt, ap);
    va_end(ap);
    return ERR_PARSE;
}

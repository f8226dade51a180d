// SPDX-License-Identifier: Apache-2.0
#include "base/log_rare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define PAUSE_US (60 * INT64_C(1000000))

void log_rare_say(struct log_rare *r, int64_t now_us, enum log_level level,
                  const char *module, const char *fmt, ...)
{
    int64_t next_us = atomic_load(&r->next_us);
    if (now_us < next_us || !atomic_compare_exchange_strong(
                                &r->next_us, &next_us, now_us + PAUSE_US)) {
        atomic_fetch_add(&r->held, 1);
        return;
    }
    uint64_t held = atomic_exchange(&r->held, 0);
    char text[900];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (held > 0) {
        log_at(level, module,
               "%s (and %" PRIu64 " times more since the last "
               "line)",
               text, held);
    } else {
        log_at(level, module, "%s", text);
    }
}

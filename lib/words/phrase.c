// SPDX-License-Identifier: Apache-2.0
/* Numbers, dates and periods in English. */
#include "words/phrase.h"

#include "base/calendar.h"
#include "base/clock.h"
#include <string.h>

void phrase_count(struct buf *b, uint64_t n)
{
    if (n >= 1000) {
        phrase_count(b, n / 1000);
        buf_printf(b, ",%03u", (unsigned)(n % 1000));
    } else {
        buf_printf(b, "%u", (unsigned)n);
    }
}

/* "24 November 2026", or without the year. */
static void add_date(struct buf *b, int64_t unix_s, bool year)
{
    static const char *const months[] = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    char t[20];
    if (clock_format(unix_s, t) != ERR_OK) {
        return;
    }
    unsigned month = (unsigned)(t[5] - '0') * 10 + (unsigned)(t[6] - '0');
    buf_printf(b, "%s%c %s", t[8] == '0' ? "" : (char[]){t[8], '\0'}, t[9],
               months[(month - 1) % 12]);
    if (year) {
        buf_printf(b, " %.4s", t);
    }
}

void phrase_date(struct buf *b, int64_t unix_s)
{
    add_date(b, unix_s, true);
}

void phrase_period(struct buf *b, int64_t first_s, int64_t last_s)
{
    char t1[20] = "", t2[20] = "";
    if (calendar_day(first_s) == calendar_day(last_s)) {
        buf_add_c(b, "on ");
        phrase_date(b, first_s);
        return;
    }
    bool both = clock_format(first_s, t1) == ERR_OK &&
                clock_format(last_s, t2) == ERR_OK;
    buf_add_c(b, "from ");
    add_date(b, first_s, !both || strncmp(t1, t2, 4) != 0);
    buf_add_c(b, " to ");
    phrase_date(b, last_s);
}

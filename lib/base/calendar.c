// SPDX-License-Identifier: Apache-2.0
/* Days and times as text: slices of what the clock writes. */
#include "base/calendar.h"
#include "base/clock.h"
#include <string.h>

int64_t calendar_day(int64_t unix_s)
{
    int64_t day = unix_s / DAY_S;
    return unix_s % DAY_S < 0 ? day - 1 : day;
}

/* The first `len` bytes of "YYYY-MM-DD HH:MM:SS". */
static void add_start(struct buf *b, int64_t unix_s, size_t len)
{
    char t[20];
    if (clock_format(unix_s, t) == ERR_OK) {
        buf_add(b, t, len);
    }
}

void calendar_add_day(struct buf *b, int64_t day)
{
    add_start(b, day * DAY_S, sizeof("YYYY-MM-DD") - 1);
}

void calendar_add_minute(struct buf *b, int64_t unix_s)
{
    add_start(b, unix_s, sizeof("YYYY-MM-DD HH:MM") - 1);
}

void calendar_iso(char out[24], int64_t unix_s)
{
    char t[20];
    out[0] = '\0';
    if (clock_format(unix_s, t) == ERR_OK) {
        t[10] = 'T';
        memcpy(out, t, sizeof(t) - 1);
        memcpy(out + sizeof(t) - 1, "Z", 2);
    }
}

int64_t calendar_month(struct str date)
{
    int64_t year = 0, month = 0;
    if (date.len < 7 || date.p[4] != '-' ||
        str_to_i64(str_sub(date, 0, 4), 0, 9999, &year) != ERR_OK ||
        str_to_i64(str_sub(date, 5, 2), 1, 12, &month) != ERR_OK) {
        return -1;
    }
    return year * 12 + month - 1;
}

// SPDX-License-Identifier: Apache-2.0
#include "probe/plan/hours.h"

#include "base/clock.h"

#define MINUTE_S 60

/* "8" or "8:30", up to 24:00. */
static bool read_time(struct str text, int64_t *out)
{
    struct str rest = text, hour, minute;
    int64_t h = 0, m = 0;
    if (!str_next(&rest, ':', &hour) ||
        str_to_i64(str_trim(hour), 0, 24, &h) != ERR_OK) {
        return false;
    }
    if (str_find_char(text, ':') != SIZE_MAX &&
        (!str_next(&rest, ':', &minute) || rest.len ||
         str_to_i64(str_trim(minute), 0, 59, &m) != ERR_OK)) {
        return false;
    }
    *out = h * HOUR_S + m * MINUTE_S;
    return *out <= DAY_S;
}

enum err hours_parse(struct str text, struct hours *out, struct diag *d)
{
    size_t dash = str_find_char(text, '-');
    int64_t from = 0, to = 0;
    if (dash == SIZE_MAX || !read_time(str_sub(text, 0, dash), &from) ||
        !read_time(str_sub(text, dash + 1, text.len), &to)) {
        return diag_set(d, ERR_PARSE,
                        "`" STR_FMT "` are no hours; write them like 8-23 or "
                        "22:30-6",
                        STR_ARG(str_sub(text, 0, 40)));
    }
    int64_t len = to - from;
    if (len <= 0) {
        len += DAY_S; /* over midnight, or the whole day */
    }
    *out = (struct hours){(uint32_t)(from % DAY_S), (uint32_t)len};
    return ERR_OK;
}

struct hours_moment hours_at(const struct hours *h, int64_t unix_s,
                             int64_t offset_s)
{
    int64_t local = unix_s + offset_s - h->from_s;
    int64_t s = local % DAY_S;
    if (s < 0) {
        s += DAY_S;
    }
    return (struct hours_moment){(local - s) / DAY_S, (uint32_t)s};
}

int64_t hours_unix(const struct hours *h, struct hours_moment m,
                   int64_t offset_s)
{
    return m.day * DAY_S + m.s + h->from_s - offset_s;
}

// SPDX-License-Identifier: Apache-2.0
/* The machine's clocks, and dates without the C library's time zones. */
#include "base/clock.h"
#include "base/ascii.h"
#include "base/str.h"

#include <string.h>
#include <sys/timex.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec ts;
    if (clock_gettime(id, &ts) != 0) {
        return 0;
    }
    return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

/* What clock_hold said, and when, by the monotonic clock. */
static int64_t held_us, held_at;

int64_t clock_machine_us(void)
{
    return read_us(CLOCK_REALTIME);
}

void clock_hold(int64_t least_us)
{
    held_us = least_us;
    held_at = least_us ? clock_mono_us() : 0;
}

int64_t clock_wall_us(void)
{
    int64_t machine = clock_machine_us();
    int64_t held = held_us ? held_us + (clock_mono_us() - held_at) : machine;
    return machine > held ? machine : held;
}

bool clock_is_kept(void)
{
    struct timex t = {.modes = 0};
    int state = adjtimex(&t); /* -1 where it may not be asked */
    return state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

/* Civil date from days since 1970 and back, in the proleptic Gregorian
 * calendar; eras of 400 years start on March 1st so that the leap day is the
 * last day of a year. */
static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static void civil_from_days(int64_t z, int64_t *y, int64_t *m, int64_t *d)
{
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = yoe + era * 400 + (*m <= 2);
}

static void put_digits(char *out, size_t n, int64_t v)
{
    for (; n > 0; v /= 10) {
        out[--n] = (char)('0' + v % 10);
    }
}

enum err clock_format(int64_t unix_s, char out[20])
{
    static const char form[20] = "0000-00-00 00:00:00";
    int64_t days = unix_s / 86400, left = unix_s % 86400;
    if (left < 0) {
        left += 86400;
        days--;
    }
    if (days < days_from_civil(0, 1, 1) ||
        days > days_from_civil(9999, 12, 31)) {
        return ERR_INVAL;
    }
    int64_t y, m, d;
    civil_from_days(days, &y, &m, &d);
    memcpy(out, form, sizeof(form));
    put_digits(out, 4, y);
    put_digits(out + 5, 2, m);
    put_digits(out + 8, 2, d);
    put_digits(out + 11, 2, left / 3600);
    put_digits(out + 14, 2, left / 60 % 60);
    put_digits(out + 17, 2, left % 60);
    return ERR_OK;
}

static bool digits(const char **p, int n, int64_t min, int64_t max, int64_t *v)
{
    struct str s = {*p, 0};
    while (s.len < (size_t)n && ascii_isdigit(s.p[s.len])) {
        s.len++;
    }
    if (s.len != (size_t)n || str_to_i64(s, min, max, v) != ERR_OK) {
        return false;
    }
    *p += n;
    return true;
}

static bool skip(const char **p, char c)
{
    if (**p != c) {
        return false;
    }
    (*p)++;
    return true;
}

enum err clock_parse(const char *text, int64_t *unix_s)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30,
                                     31, 31, 30, 31, 30, 31};
    const char *p = text;
    int64_t y, mo, d, h = 0, mi = 0, s = 0;
    if (!digits(&p, 4, 0, 9999, &y) || !skip(&p, '-') ||
        !digits(&p, 2, 1, 12, &mo) || !skip(&p, '-') ||
        !digits(&p, 2, 1, 31, &d)) {
        return ERR_PARSE;
    }
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (d > month_days[mo - 1] + (mo == 2 && leap ? 1 : 0)) {
        return ERR_PARSE;
    }
    if (*p != '\0') {
        bool iso = *p == 'T';
        if (!iso && *p != ' ') {
            return ERR_PARSE;
        }
        p++;
        if (!digits(&p, 2, 0, 23, &h) || !skip(&p, ':') ||
            !digits(&p, 2, 0, 59, &mi) || !skip(&p, ':') ||
            !digits(&p, 2, 0, 60, &s) || (iso && !skip(&p, 'Z')) ||
            *p != '\0') {
            return ERR_PARSE;
        }
    }
    *unix_s = days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + s;
    return ERR_OK;
}

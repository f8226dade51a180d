// SPDX-License-Identifier: Apache-2.0
/* A file of one line, `2026-11`. */
#include "probe/run/clock_good.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "probe/volunteer/paths.h"

#include <stdio.h>
#include <string.h>

#define FILE_NAME "clock"
#define FILE_MAX  16
#define MONTH_LEN 7 /* YYYY-MM */
/* A clock that is kept may be this far behind whoever signed. */
#define AHEAD_S DAY_S

/* The beginning of the month that is kept, 0 if none is. */
static int64_t kept_s(void)
{
    char path[PATHS_MAX], day[FILE_MAX + 4];
    struct buf text;
    int64_t s = 0;
    buf_init(&text, FILE_MAX);
    if (paths_state(FILE_NAME, path, NULL) == ERR_OK &&
        fs_read(path, FILE_MAX, &text, NULL) == ERR_OK &&
        str_trim(buf_str(&text)).len == MONTH_LEN) {
        snprintf(day, sizeof(day), "%.7s-01", (const char *)text.p);
        if (clock_parse(day, &s) != ERR_OK || s < 0) {
            s = 0; /* damaged: as if nothing were known */
        }
    }
    buf_fini(&text);
    return s;
}

int64_t clock_good_now(void)
{
    return clock_is_kept() ? clock_wall_us() / US_PER_S : kept_s();
}

/* What cannot be written is not known later; no more comes of it. */
static void keep(int64_t now_s)
{
    char path[PATHS_MAX], text[20];
    struct diag d = {""};
    enum err e = clock_format(now_s, text);
    if (e == ERR_OK) {
        e = paths_state(FILE_NAME, path, &d);
    }
    if (e == ERR_OK) {
        e = fs_write_atomic(path, str_sub(str_c(text), 0, MONTH_LEN), 0600, &d);
    }
    if (e != ERR_OK) {
        log_debug("clock", "%s", d.text[0] ? d.text : err_str(e));
    }
}

static bool same_month(int64_t a_s, int64_t b_s)
{
    char a[20], b[20];
    return clock_format(a_s, a) == ERR_OK && clock_format(b_s, b) == ERR_OK &&
           memcmp(a, b, MONTH_LEN) == 0;
}

void clock_good_set(int64_t now_s)
{
    if (now_s > 0 && !same_month(now_s, kept_s())) {
        keep(now_s);
    }
}

void clock_good_at_least(int64_t made_s)
{
    bool ahead =
        clock_is_kept() && made_s > clock_wall_us() / US_PER_S + AHEAD_S;
    if (!ahead && made_s > kept_s()) {
        clock_good_set(made_s);
    }
}

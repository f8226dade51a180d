// SPDX-License-Identifier: Apache-2.0
/* A file of one line, `2026-11`, `2026-11 2026-11-30`, or, after a run that was
 * held, `2026-11 2026-11-30 00:20:00`; 0000-00 where no month is known. */
#include "probe/run/clock_good.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "probe/volunteer/paths.h"

#include <stdio.h>
#include <string.h>

#define FILE_NAME "clock"
#define FILE_MAX  32
#define MONTH_LEN 7            /* YYYY-MM */
#define DAY_LEN   10           /* YYYY-MM-DD */
#define TIME_LEN  19           /* YYYY-MM-DD hh:mm:ss */
#define STEP_S    INT64_C(600) /* of times: so seldom one is written */
#define NO_MONTH  "0000-00"
#define NEAR_S    120 /* clocks that agree */
#define FAR_S     (366 * DAY_S)
/* A clock that is kept may be this far behind whoever signed. */
#define AHEAD_S DAY_S

/* Seconds since 1970, 0 where nothing is known. */
struct kept {
    int64_t month; /* its beginning */
    int64_t day;   /* which follows on that of the last record; a time, if that
                      was dated by what was kept: it tells nothing of the true
                      one, and days would add up from start to start */
};

/* 0 if it is none. */
static int64_t date_of(struct str text)
{
    char day[TIME_LEN + 1];
    int64_t s = 0;
    if (text.len != MONTH_LEN && text.len != DAY_LEN && text.len != TIME_LEN) {
        return 0;
    }
    snprintf(day, sizeof(day), STR_FMT "%s", STR_ARG(text),
             text.len == MONTH_LEN ? "-01" : "");
    return clock_parse(day, &s) == ERR_OK && s > 0 ? s : 0;
}

/* What is damaged is as if nothing were known. */
static struct kept look(void)
{
    char path[PATHS_MAX];
    struct kept k = {0, 0};
    struct buf text;
    buf_init(&text, FILE_MAX);
    if (paths_state(FILE_NAME, path, NULL) == ERR_OK &&
        fs_read(path, FILE_MAX, &text, NULL) == ERR_OK) {
        struct str all = str_trim(buf_str(&text));
        struct str day = str_sub(all, MONTH_LEN, SIZE_MAX);
        if (day.len == 0 || day.p[0] == ' ') {
            k.day = date_of(str_trim(day));
            k.month =
                day.len == 0 || k.day ? date_of(str_sub(all, 0, MONTH_LEN)) : 0;
        }
    }
    buf_fini(&text);
    return k;
}

int64_t clock_good_now(void)
{
    return clock_is_kept() ? clock_machine_us() / US_PER_S : look().month;
}

/* What cannot be written is not known later; no more comes of it. */
static void keep(const struct kept *k)
{
    char path[PATHS_MAX], month[20] = NO_MONTH, day[20] = "", text[FILE_MAX];
    struct diag d = {""};
    enum err e = k->month ? clock_format(k->month, month) : ERR_OK;
    if (e == ERR_OK && k->day) {
        e = clock_format(k->day, day);
    }
    snprintf(text, sizeof(text), "%.*s%s%.*s", MONTH_LEN, month,
             k->day ? " " : "", k->day % DAY_S ? TIME_LEN : DAY_LEN, day);
    if (e == ERR_OK) {
        e = paths_state(FILE_NAME, path, &d);
    }
    if (e == ERR_OK) {
        e = fs_write_atomic(path, str_c(text), 0600, &d);
    }
    if (e != ERR_OK) {
        log_debug("clock", "%s", d.text[0] ? d.text : err_str(e));
    }
}

static int64_t month_of(int64_t s)
{
    char text[20];
    return clock_format(s, text) == ERR_OK
               ? date_of(str_sub(str_c(text), 0, MONTH_LEN))
               : 0;
}

static int64_t day_after(int64_t s)
{
    return s - s % DAY_S + DAY_S;
}

void clock_good_set(int64_t now_s)
{
    struct kept k = look();
    struct kept next = {month_of(now_s), k.day};
    if (now_s <= 0) {
        return;
    }
    if (k.day > day_after(now_s)) {
        next.day = 0; /* of a record that was dated by a clock that ran ahead */
    }
    if (next.month != k.month || next.day != k.day) {
        keep(&next);
    }
}

void clock_good_at_least(int64_t made_s)
{
    bool ahead =
        clock_is_kept() && made_s > clock_machine_us() / US_PER_S + AHEAD_S;
    struct kept k = look();
    if (!ahead && made_s > k.month && month_of(made_s) != k.month) {
        k.month = month_of(made_s);
        keep(&k);
    }
}

static int64_t least_of(const struct kept *k)
{
    return k->month > k->day ? k->month : k->day;
}

static bool is_held(void)
{
    return clock_wall_us() > clock_machine_us() + US_PER_S;
}

void clock_good_dated(int64_t start_s)
{
    struct kept k = look();
    int64_t least = least_of(&k);
    int64_t next =
        is_held() ? start_s - start_s % STEP_S + STEP_S : day_after(start_s);
    if (start_s < CLOCK_GOOD_LEAST_S || next <= k.day ||
        (least && start_s > least + FAR_S)) {
        return;
    }
    k.day = next;
    keep(&k);
}

void clock_good_hold(void)
{
    struct kept k = look();
    int64_t now = clock_machine_us() / US_PER_S;
    /* the day of the last record itself may not be over */
    bool lost = now < k.month || now < k.day - DAY_S;
    if (!clock_is_kept() && lost) {
        clock_hold(least_of(&k) * US_PER_S);
    }
}

static const char *age_of(const struct kept *k, int64_t now_s)
{
    if (!k->month || now_s < k->month || now_s < k->day - DAY_S) {
        return "unknown";
    }
    return now_s - k->month <= 31 * DAY_S ? "month" : "longer";
}

struct clock_good clock_good_look(int64_t server_s)
{
    int64_t now = clock_machine_us() / US_PER_S;
    int64_t apart = server_s - now;
    if (clock_is_kept()) {
        return (struct clock_good){true, "ntp", "ntp", "now"};
    }
    if (server_s && apart > -NEAR_S && apart < NEAR_S) {
        return (struct clock_good){true, "https", "collector", "now"};
    }
    struct kept k = look();
    return (struct clock_good){false, "none", k.month ? "file" : "none",
                               age_of(&k, now)};
}

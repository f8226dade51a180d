// SPDX-License-Identifier: Apache-2.0
#include "probe/cmd/plan_show.h"

#include "base/calendar.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "cli/terminal.h"
#include "probe/run/progress.h"
#include "record/site_classes.h"

#include <stdio.h>

#define OUT_MAX ((size_t)64 << 20)

/* A run of the day, as far as it is still to come. */
struct coming {
    int64_t unix_s;
    bool over, due;
    const struct draw_row **rows;
    size_t n;
    size_t classes[SITE_CLASSES];
};

struct day {
    struct coming runs[TIMES_MAX];
    size_t left; /* sites of a run that was cut short */
    enum agenda_state state;
};

static void count(struct coming *c)
{
    for (size_t i = 0; i < c->n; i++) {
        c->classes[c->rows[i]->risk % SITE_CLASSES]++;
    }
}

/* Run after run draws its sites from where the one before will have left the
 * pass. What was missed draws none. */
static enum err look_ahead(struct region *r, const struct plan_show *s,
                           struct day *out)
{
    const struct keeper *k = s->keeper;
    const struct agenda *a = &k->agenda;
    struct draw_pass pass = k->diary.pass;
    unsigned due = TIMES_MAX;
    size_t n;
    out->state = keeper_due(k, &due, &n);
    due = out->state == AGENDA_DUE ? due : TIMES_MAX;
    out->left = out->state == AGENDA_RESUME ? n : 0;
    struct diary ahead = k->diary;
    struct agenda then = *a;
    then.diary = &ahead;
    for (unsigned i = 0; i < a->times.n; i++) {
        struct coming *c = &out->runs[i];
        c->unix_s = agenda_time(a, i);
        c->due = i == due;
        c->over = i < k->diary.gone || (!c->due && a->times.at[i] <= a->at.s);
        if (c->over || a->behind) {
            continue;
        }
        n = agenda_sites(&then, k->draw.n);
        c->rows = region_calloc(r, n + 1, sizeof(*c->rows));
        if (!c->rows) {
            return ERR_NOMEM;
        }
        c->n = keeper_pick(k, &pass, n, c->rows);
        ahead.sites += c->n;
        count(c);
    }
    return ERR_OK;
}

static const char *network_words(enum by_schedule_network w)
{
    switch (w) {
    case BY_SCHEDULE_AGREED:
        return "agreed to";
    case BY_SCHEDULE_NEW:
        return "new: nothing is measured here by schedule before you agree "
               "(parallax plan --agree)";
    case BY_SCHEDULE_FIRST:
        return "not asked about yet: with the first run by schedule you agree "
               "to the network where it begins";
    case BY_SCHEDULE_OFFLINE:
        break;
    }
    return "none now";
}

static void print_sites(const struct coming *c)
{
    char safe[1024];
    for (size_t i = 0; i < c->n; i++) {
        terminal_safe(c->rows[i]->site->url.text, safe, sizeof(safe));
        printf("           %s\n", safe);
    }
}

static void print_run(const struct plan_show *s, const struct coming *c)
{
    char when[32];
    by_schedule_when(c->unix_s, when);
    printf("  %-8s ", when);
    if (c->over) {
        printf("over\n");
        return;
    }
    printf("%s%zu site%s", c->due ? "due now: " : "", c->n,
           c->n == 1 ? "" : "s");
    for (int k = 0; k < SITE_CLASSES; k++) {
        if (c->classes[k]) {
            printf(", %zu of R%d", c->classes[k], k);
        }
    }
    printf("\n");
    if (s->urls) {
        print_sites(c);
    }
}

static void print_rest(const struct plan_show *s, const struct day *day)
{
    const struct keeper *k = s->keeper;
    const struct agenda *a = &k->agenda;
    char used[16], most[16], when[32];
    progress_format_bytes(k->diary.bytes, used);
    progress_format_bytes(a->rules.day_bytes, most);
    if (day->left) {
        printf("Cut short, and gone on with: %zu site%s\n", day->left,
               day->left == 1 ? "" : "s");
    }
    by_schedule_when(agenda_next(a), when);
    printf("Used today: %llu site%s, %s of %s\n",
           (unsigned long long)k->diary.sites, k->diary.sites == 1 ? "" : "s",
           used, most);
    printf("Next run: %s\n",
           a->behind ? "not before this machine's clock is right"
           : day->state == AGENDA_DUE || day->state == AGENDA_RESUME ? "now"
                                                                     : when);
    printf("This pass through %zu sites: %zu are left\n", k->draw.n,
           draw_left(&k->draw, &k->diary.pass));
    printf("Of the sensitive ones (R2, R3) this device has part %u of %d\n",
           k->diary.cohort + 1, DRAW_COHORTS);
    printf("This network: %s\n", network_words(s->network));
}

enum err plan_show_text(struct region *r, const struct plan_show *s)
{
    struct day day = {.left = 0};
    const struct agenda *a = &s->keeper->agenda;
    enum err e = look_ahead(r, s, &day);
    if (e != ERR_OK) {
        return e;
    }
    printf("Today %u run%s within %s (local time):\n", a->times.n,
           a->times.n == 1 ? "" : "s", s->hours);
    for (unsigned i = 0; i < a->times.n; i++) {
        print_run(s, &day.runs[i]);
    }
    print_rest(s, &day);
    return ERR_OK;
}

/* ---- JSON ---------------------------------------------------------------- */

static void write_run(struct jw *w, const struct plan_show *s,
                      const struct coming *c)
{
    char when[24];
    calendar_iso(when, c->unix_s);
    jw_obj(w);
    jw_kc(w, "at", when);
    jw_kc(w, "state", c->over ? "over" : c->due ? "due" : "planned");
    jw_ki(w, "sites", (int64_t)c->n);
    jw_key(w, "classes");
    jw_obj(w);
    for (int k = 0; k < SITE_CLASSES; k++) {
        const char name[] = {'R', (char)('0' + k), '\0'};
        jw_ki(w, name, (int64_t)c->classes[k]);
    }
    jw_obj_end(w);
    if (s->urls) {
        jw_key(w, "urls");
        jw_arr(w);
        for (size_t i = 0; i < c->n; i++) {
            jw_c(w, c->rows[i]->site->url.text);
        }
        jw_arr_end(w);
    }
    jw_obj_end(w);
}

static void write_day(struct jw *w, const struct plan_show *s,
                      const struct day *day)
{
    static const char *const networks[] = {"agreed", "new", "first", "none"};
    const struct keeper *k = s->keeper;
    const struct agenda *a = &k->agenda;
    char when[24];
    jw_obj(w);
    jw_kc(w, "hours", s->hours);
    jw_key(w, "runs");
    jw_arr(w);
    for (unsigned i = 0; i < a->times.n; i++) {
        write_run(w, s, &day->runs[i]);
    }
    jw_arr_end(w);
    calendar_iso(when, agenda_next(a));
    jw_kc(w, "next", when);
    jw_kb(w, "due", day->state == AGENDA_DUE || day->state == AGENDA_RESUME);
    jw_kb(w, "clock_behind", a->behind);
    jw_ki(w, "cut_short", (int64_t)day->left);
    jw_ki(w, "sites_today", (int64_t)k->diary.sites);
    jw_ki(w, "sites_a_day", (int64_t)a->rules.day_sites);
    jw_ki(w, "bytes_today", (int64_t)k->diary.bytes);
    jw_ki(w, "bytes_a_day", (int64_t)a->rules.day_bytes);
    jw_ki(w, "pass_sites", (int64_t)k->draw.n);
    jw_ki(w, "pass_left", (int64_t)draw_left(&k->draw, &k->diary.pass));
    jw_ki(w, "cohort", k->diary.cohort);
    jw_ki(w, "cohorts", DRAW_COHORTS);
    jw_kc(w, "network", networks[s->network]);
    jw_obj_end(w);
}

enum err plan_show_json(struct region *r, const struct plan_show *s)
{
    struct day day = {.left = 0};
    struct buf out;
    struct jw w;
    enum err e = look_ahead(r, s, &day);
    buf_init(&out, OUT_MAX);
    if (e == ERR_OK) {
        jw_init(&w, &out);
        write_day(&w, s, &day);
        buf_add_byte(&out, '\n');
        e = out.failed;
    }
    if (e == ERR_OK) {
        fwrite(out.p, 1, out.len, stdout);
    }
    buf_fini(&out);
    return e;
}

// SPDX-License-Identifier: Apache-2.0
#include "probe/run/session_order.h"

#include "base/clock.h"
#include "base/log.h"
#include "probe/run/cursor.h"

#define JITTER_STEPS 1000 /* of which chance takes some */

/* A run that is killed loses its place in so many sites at most. */
#define SAVE_EVERY 25
/* So many rows are looked at for one whose host may be visited now. */
#define LOOK_AHEAD 256

/* Where the last run through this set of sites ended before its end. */
static enum err begin_place(struct session *s, const uint8_t key[SHA256_LEN])
{
    struct diag d = {""};
    bool found = false;
    uint64_t place = 0;
    s->set = order_place(key, s->cfg->set);
    if (cursor_load(s->set, &found, &place, &d) != ERR_OK) {
        log_info("session", "%s: the list is begun anew", d.text);
    }
    return found ? order_begin_behind(&s->order, place) : ERR_OK;
}

enum err session_order_make(struct session *s)
{
    const struct targets *t = s->cfg->targets;
    uint8_t key[SHA256_LEN];
    enum err e = ERR_OK;
    if (s->cfg->schedule) {
        e = order_keep(&s->order, t->todo, t->n_todo);
        return e == ERR_OK ? spacing_make(&s->spacing, &s->order) : e;
    }
    order_key((struct str){(const char *)s->secret, sizeof(s->secret)}, key);
    e = order_make(&s->order, key, t->todo, t->n_todo);
    if (e == ERR_OK && s->cfg->set.p) {
        e = begin_place(s, key);
    }
    return e == ERR_OK ? spacing_make(&s->spacing, &s->order) : e;
}

bool session_order_next(struct session *s, size_t *row)
{
    int64_t now = clock_mono_us();
    size_t looked = 0;
    s->spaced = 0;
    if (s->name_at > now) {
        s->spaced = s->next < s->order.n ? s->name_at : 0;
        return false;
    }
    for (size_t i = s->next; i < s->order.n && looked < LOOK_AHEAD; i++) {
        if (s->order.rows[i].begun) {
            continue;
        }
        int64_t until = spacing_until(&s->spacing, i, now);
        if (until == 0) {
            s->spaced = 0;
            *row = i;
            return true;
        }
        s->spaced = s->spaced && s->spaced < until ? s->spaced : until;
        looked++;
    }
    return false;
}

/* Chance makes the distance longer, so that it is not that of a clock. */
static void wait_for_name(struct session *s, int64_t now)
{
    int64_t gap = s->cfg->schedule->name_us;
    s->name_at =
        now + gap + gap / JITTER_STEPS * crypto_random_below(JITTER_STEPS);
}

void session_order_begin(struct session *s, size_t row)
{
    int64_t now = clock_mono_us();
    spacing_begin(&s->spacing, row, now);
    if (s->cfg->schedule) {
        wait_for_name(s, now);
    }
    s->order.rows[row].begun = true;
    while (s->next < s->order.n && s->order.rows[s->next].begun) {
        s->next++;
    }
}

static void save(struct session *s)
{
    uint64_t place;
    struct diag d = {""};
    enum err e = ERR_OK;
    if (!s->cfg->set.p || s->cfg->schedule ||
        !order_reached(&s->order, &place)) {
        return;
    }
    s->saved = s->order.open;
    if (s->order.open == s->order.n) {
        e = cursor_forget(s->set, &d);
    } else {
        e = cursor_store(s->set, place, &d);
    }
    if (e != ERR_OK) {
        log_warn("session", "the next run will not go on from here: %s",
                 d.text[0] ? d.text : err_str(e));
    }
}

void session_order_done(struct session *s, const struct site *site)
{
    order_done(&s->order, site);
    if (s->cfg->schedule) {
        s->cfg->schedule->reached(s->cfg->schedule->arg, s->order.open);
        return;
    }
    if (s->order.open - s->saved >= SAVE_EVERY) {
        save(s);
    }
}

void session_order_ended(struct session *s, const struct site *site,
                         const struct measurement *m, bool failed)
{
    if (!s->cfg->schedule) {
        return;
    }
    int64_t until = clock_mono_us() + s->cfg->schedule->apart_us;
    if (failed) {
        spacing_put_off(&s->spacing, &s->order, site->url.host, until);
    }
    for (size_t i = 0; i < m->n_tcp; i++) {
        spacing_met(&s->spacing, &s->order, site->url.host, &m->tcp[i].ip);
        if (failed) {
            spacing_put_off_at(&s->spacing, &m->tcp[i].ip, until);
        }
    }
}

void session_order_end(struct session *s)
{
    if (s->order.open > s->saved) {
        save(s);
    }
    order_free(&s->order);
    spacing_free(&s->spacing);
}

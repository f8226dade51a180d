// SPDX-License-Identifier: Apache-2.0
#include "probe/plan/keeper.h"

#include "base/fs.h"
#include "probe/volunteer/paths.h"

#include <string.h>
#include <unistd.h>

static enum err take_lock(struct keeper *k, int *holder, struct diag *d)
{
    char path[PATHS_MAX];
    enum err e = paths_make_state(d);
    if (e == ERR_OK) {
        e = paths_state(DIARY_LOCK, path, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    e = fs_lock(path, &k->lock, holder);
    return e == ERR_OK || e == ERR_BUSY
               ? e
               : diag_set(d, e, "%.200s: %s", path, err_str(e));
}

/* A diary that is damaged says nothing of what was done today. */
static enum err load(struct keeper *k, int64_t day, struct diag *d)
{
    enum err e = diary_load(&k->diary, d);
    if (e != ERR_NOTFOUND && e != ERR_PARSE) {
        return e;
    }
    k->found = e == ERR_PARSE ? KEEPER_DAMAGED : KEEPER_FRESH;
    if (e == ERR_PARSE) {
        str_copy(k->why, sizeof(k->why), d->text);
    }
    d->text[0] = '\0';
    diary_begin(&k->diary, day, e == ERR_PARSE);
    return ERR_OK;
}

static enum err order(struct keeper *k)
{
    draw_free(&k->draw);
    return draw_make(&k->draw, &k->diary.pass, k->diary.cohort, k->sites,
                     k->n_sites);
}

/* The pass goes the same way again as when the sites were picked. */
static void advance(struct keeper *k, size_t n)
{
    while (k->done < n && draw_next(&k->draw, &k->diary.pass)) {
        k->done++;
        k->diary.left -= k->diary.left > 0;
    }
}

/* Behind what was done since the diary was written. After a power cut nobody
 * knows how much that was: it is done again, later, and counts as done today,
 * so that the day has no more than it may have. */
static void catch_up(struct keeper *k)
{
    uint64_t n = 0;
    if (diary_marked(&k->diary, &n)) {
        advance(k, (size_t)n);
    } else {
        k->diary.left -=
            k->diary.left < KEEPER_SAVE ? k->diary.left : KEEPER_SAVE;
    }
}

/* A pass that is over is followed by the next one. */
static enum err begin_pass(struct keeper *k)
{
    enum err e = order(k);
    if (e == ERR_OK && k->found == KEEPER_KNOWN) {
        catch_up(k);
    }
    if (e == ERR_OK && k->draw.n && !draw_left(&k->draw, &k->diary.pass)) {
        draw_pass_next(&k->diary.pass);
        k->turned = true;
        e = order(k);
    }
    return e;
}

enum err keeper_open(struct keeper *k, bool lock,
                     const struct agenda_rules *rules,
                     const struct agenda_now *now,
                     const struct draw_site *sites, size_t n, int *holder,
                     struct diag *d)
{
    struct hours_moment at =
        hours_at(&rules->hours, now->unix_s, now->offset_s);
    *k = (struct keeper){
        .lock = -1, .mark.fd = -1, .sites = sites, .n_sites = n};
    enum err e = lock ? take_lock(k, holder, d) : ERR_OK;
    if (e == ERR_OK) {
        e = load(k, at.day, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    int64_t day = k->diary.day;
    agenda_make(&k->agenda, &k->diary, rules, now);
    k->turned = k->diary.day != day;
    e = begin_pass(k);
    return e == ERR_OK ? e : diag_set(d, e, "%s", err_str(e));
}

void keeper_close(struct keeper *k)
{
    draw_free(&k->draw);
    crypto_forget(&k->diary, sizeof(k->diary));
    if (k->mark.fd >= 0) {
        close(k->mark.fd);
    }
    if (k->lock >= 0) {
        close(k->lock);
    }
    k->mark.fd = k->lock = -1;
}

enum err keeper_save(struct keeper *k, struct diag *d)
{
    enum err e = diary_store(&k->diary, k->turned, d);
    if (k->mark.fd < 0 && k->diary.left) {
        k->mark = diary_mark_open();
    }
    if (e == ERR_OK) {
        k->turned = false;
        diary_mark(&k->mark, &k->diary, 0);
    }
    return e;
}

enum agenda_state keeper_due(const struct keeper *k, unsigned *run, size_t *n)
{
    *n = 0;
    enum agenda_state st = agenda_due(&k->agenda, k->draw.n, run);
    if (st == AGENDA_DUE) {
        *n = agenda_sites(&k->agenda, k->draw.n);
    } else if (st == AGENDA_RESUME) {
        *n = (size_t)k->diary.left;
    }
    return st;
}

size_t keeper_pick(const struct keeper *k, struct draw_pass *pass, size_t n,
                   const struct draw_row **out)
{
    size_t got = 0;
    while (got < n) {
        const struct draw_row *row = draw_next(&k->draw, pass);
        if (!row) {
            break;
        }
        out[got++] = row;
    }
    return got;
}

enum err keeper_begin(struct keeper *k, enum agenda_state state, unsigned run,
                      size_t n, struct diag *d)
{
    k->may = agenda_bytes(&k->agenda);
    k->done = 0;
    k->saved = 0;
    agenda_begin(&k->agenda, state, run, n);
    k->mark = diary_mark_open();
    return keeper_save(k, d);
}

enum err keeper_reached(struct keeper *k, size_t n, struct diag *d)
{
    advance(k, n);
    if (k->done - k->saved < KEEPER_SAVE) {
        diary_mark(&k->mark, &k->diary, k->done - k->saved);
        return ERR_OK;
    }
    k->saved = k->done;
    return keeper_save(k, d);
}

enum err keeper_end(struct keeper *k, int64_t unix_s, uint64_t used, bool cut,
                    struct diag *d)
{
    agenda_end(&k->agenda, unix_s, k->may, used, cut);
    return keeper_save(k, d);
}

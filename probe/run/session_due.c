// SPDX-License-Identifier: Apache-2.0
/* A site is not measured again while residual blocking may explain it. */
#include "probe/run/session_due.h"

#include "base/clock.h"
#include "probe/run/session_jobs.h"

#include <stdio.h>

/* How often a site waits for what others set off, which may never end where
 * many share an address. */
#define HELD_MAX 4
/* How long it waits for one that is being measured at the same address. */
#define BESIDE_US (500 * US_PER_MS)
/* How often it waits so for a page of a notice server. */
#define WAITED_MAX   120
#define KNOCK_REGION ((size_t)64 << 10)

/* The next measurement asks the address where it got stuck whether it is open,
 * without a name. */
static enum err aim_knock(struct retest *r, const struct stuck *at)
{
    char endpoint[56], text[80];
    bool https = at->port != 80;
    if (!r->region) {
        r->region = region_new(KNOCK_REGION);
    }
    r->knock = r->region ? region_alloc(r->region, sizeof(*r->knock)) : NULL;
    if (!r->knock) {
        return ERR_NOMEM;
    }
    r->knock_ip = at->ip;
    ip_endpoint(&at->ip, at->port, endpoint);
    snprintf(text, sizeof(text), "http%s://%s/", https ? "s" : "", endpoint);
    enum err e = url_parse(r->region, str_c(text), r->knock, NULL);
    if (e != ERR_OK) {
        r->knock = NULL;
    }
    return e;
}

/* What was shut may last longer than it was waited for: the address is asked
 * once more before each measurement, until somebody answers. */
static void ask_once_more(struct retest *r)
{
    if (r->shut_since && r->where < r->n_stuck &&
        aim_knock(r, &r->stuck[r->where]) == ERR_OK) {
        r->shut_since = false;
    }
}

/* The moment until which the site has to wait before it is measured, or 0 if it
 * can be measured now. Where another site was cut off at its address, the
 * address is asked first (a knock), and the site waits only if it is shut. */
static int64_t wait_until(const struct session *s, struct retest *r,
                          int64_t now)
{
    size_t where = 0;
    if (r->page && ip_eq(&r->ip, &r->notice) && r->waited < WAITED_MAX &&
        (session_jobs_ask_notice(s, r) ||
         (!notices_asked(&s->notices, &r->ip) &&
          session_retest_lesser(s, r)))) {
        r->waited++;
        return now + BESIDE_US;
    }
    if (session_jobs_beside(s, r)) {
        return now + BESIDE_US;
    }
    if (r->own) {
        r->own = false;
        if (r->n_stuck > 0 && aim_knock(r, &r->stuck[0]) == ERR_OK) {
            return 0;
        }
    }
    if (r->knock) {
        return 0;
    }
    int64_t until = 0;
    if (r->held < HELD_MAX) {
        until = residual_until(s->cuts, r->site->url.host, r->stuck, r->n_stuck,
                               now, &where);
    }
    if (until == 0) {
        ask_once_more(r);
        return 0;
    }
    r->held++;
    if (!r->shut && aim_knock(r, &r->stuck[where]) == ERR_OK) {
        r->where = where;
        r->shut_since = true;
        return 0;
    }
    r->shut = false;
    progress_say(s->progress,
                 "%s: another site was cut off at its address, which is shut "
                 "since; it is measured again in %d s",
                 progress_name(s->progress, r->site->input),
                 (int)((until - now) / US_PER_S) + 1);
    return until;
}

bool session_due(struct session *s)
{
    int64_t now = clock_mono_us();
    while (s->retests && s->retests->due <= now) {
        int64_t until = wait_until(s, s->retests, now);
        if (until == 0) {
            return true;
        }
        session_retest_add_at(s, session_retest_take(s), until);
    }
    return false;
}

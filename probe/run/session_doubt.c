// SPDX-License-Identifier: Apache-2.0
#include "probe/run/session_doubt.h"

#include "base/log.h"
#include "probe/run/outage_note.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* With so many rows it is decided: if they are not enough, it is no outage. */
#define HELD_MAX 12
/* So many are enough if not one byte came. */
#define UNHEARD_ROWS 3

/* ---- words --------------------------------------------------------------- */

static const char *const sentences[] = {
    [OUTAGE_LINE] =
        "nothing can be reached on this line, not even the collector: it is "
        "down, or wants you to log in first (open any page in a browser); "
        "nothing of the sites tried meanwhile was kept",
    [OUTAGE_PORTAL] =
        "this network leads every site to one place, as networks do that want "
        "you to log in first (open any page in a browser); nothing of the "
        "sites tried meanwhile was kept",
};

static const char *const whys[] = {
    [OUTAGE_LINE] = "nothing can be reached on this line",
    [OUTAGE_PORTAL] = "this network wants a login first",
};

void session_doubt_say(struct session *s, const char *fmt, ...)
{
    char text[SESSION_UNSAID_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (s->doubt && s->n_unsaid < SESSION_UNSAID) {
        str_copy(s->unsaid[s->n_unsaid++], SESSION_UNSAID_MAX, text);
    } else {
        progress_say(s->progress, "%s", text);
    }
}

/* ---- decisions ----------------------------------------------------------- */

static void over(struct session *s)
{
    s->doubt = false;
    s->let_go = true;
    for (size_t i = 0; i < s->n_unsaid; i++) {
        progress_say(s->progress, "%s", s->unsaid[i]);
    }
    s->n_unsaid = 0;
}

static void held_free(struct held *h)
{
    region_free(h->m->region);
    free(h);
}

void session_doubt_free(struct session *s)
{
    while (s->held) {
        struct held *next = s->held->next;
        held_free(s->held);
        s->held = next;
    }
    s->n_held = 0;
}

static void stop(struct session *s, enum outage o)
{
    struct diag d = {""};
    if (s->result->outage != OUTAGE_NONE) {
        return;
    }
    s->result->outage = o;
    s->doubt = false;
    s->n_unsaid = 0;
    session_doubt_free(s);
    progress_say(s->progress, "%s", sentences[o]);
    if (outage_note_add(o, &d) != ERR_OK) {
        log_info("session", "the outage is not noted: %s", d.text);
    }
    session_state_stop_measuring(s, whys[o]);
    if (loop_timer_in(s->grace, 0) != ERR_OK) {
        log_debug("session", "what is in flight goes on");
    }
}

/* A page that is known from censors is a finding, wherever all leads to it. */
static bool any_finding(struct session *s)
{
    bool found = false;
    for (struct held *h = s->held; h && !found; h = h->next) {
        struct site_result o = {.state = X_INTERNAL};
        struct buf record;
        buf_init(&record, SUBMISSION_MAX_RECORD);
        found =
            submission_record(h->m, &s->env, s->fps, &record, &o) != ERR_OK ||
            o.state == X_BLOCKED;
        buf_fini(&record);
    }
    return found;
}

static void judge(struct session *s, bool last)
{
    /* a check-in that failed speaks for an outage; where none was tried, those
     * who fail first may be those who are blocked */
    size_t enough = s->cfg->defer ? HELD_MAX : UNHEARD_ROWS;
    if (s->cfg->defer && !last && s->n_held < HELD_MAX) {
        return;
    }
    const struct outage_sign *rows[HELD_MAX];
    size_t n = 0;
    for (const struct held *h = s->held; h && n < HELD_MAX; h = h->next) {
        rows[n++] = &h->sign;
    }
    session_state_count_traffic(s);
    bool unheard = s->progress->counts.down == 0 && (last || n >= enough);
    enum outage o = outage_judge(rows, n, unheard);
    if (o != OUTAGE_NONE && !any_finding(s)) {
        stop(s, o);
    } else if (o != OUTAGE_NONE || last || n == HELD_MAX) {
        over(s);
    }
}

/* ---- what comes ---------------------------------------------------------- */

void session_doubt_none(struct session *s)
{
    struct outage_note n = {.line = 0};
    struct diag d = {""};
    if (s->cfg->set.p && outage_note_take(&n, &d) != ERR_OK) {
        log_info("session", "%s", d.text);
    }
    if (n.line + n.portal > 0) {
        progress_say(s->progress,
                     "since the last check-in that worked, %d runs ended on a "
                     "dead line and %d at a login page",
                     (int)n.line, (int)n.portal);
    }
}

void session_doubt_begin(struct session *s)
{
    s->doubt = s->cfg->set.p; /* one site alone is explained, not given up */
}

static bool add(struct session *s, struct measurement *m,
                const struct site *site, int64_t began,
                const struct outage_sign *sign)
{
    struct held *h = calloc(1, sizeof(*h));
    struct held **last = &s->held;
    if (!h) {
        return false;
    }
    *h = (struct held){.m = m, .site = site, .began = began, .sign = *sign};
    while (*last) {
        last = &(*last)->next;
    }
    *last = h;
    s->n_held++;
    s->let_go = false;
    return true;
}

bool session_doubt_hold(struct session *s, struct measurement *m,
                        const struct site *site, int64_t began, bool silent)
{
    struct outage_sign sign;
    if (s->result->outage != OUTAGE_NONE) {
        region_free(m->region);
        return true;
    }
    if (!s->cfg->set.p || m->internal != ERR_OK || (!s->doubt && !silent)) {
        return false;
    }
    outage_look(m, site, &sign);
    if ((s->doubt && outage_excludes(&sign)) ||
        !add(s, m, site, began, &sign)) {
        over(s);
        return false;
    }
    if (s->doubt) {
        judge(s, false);
    }
    return true;
}

void session_doubt_last(struct session *s)
{
    if (s->doubt) {
        judge(s, true);
    } else {
        over(s);
    }
}

void session_doubt_heard(struct session *s)
{
    if (!s->doubt) {
        over(s);
    }
}

void session_doubt_dead(struct session *s)
{
    if (s->cfg->set.p) {
        stop(s, OUTAGE_LINE);
    }
}

struct held *session_doubt_take(struct session *s)
{
    struct held *h = s->let_go ? s->held : NULL;
    if (h) {
        s->held = h->next;
        s->n_held--;
    }
    return h;
}

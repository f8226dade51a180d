// SPDX-License-Identifier: Apache-2.0
/* Sites being measured: from the plan for the engine to what it found. */
#include "probe/run/session_jobs.h"

#include "base/clock.h"
#include "base/log.h"
#include "probe/run/session_place.h"
#include "probe/run/session_record.h"

#include <stdlib.h>

/* What the transaction ids of a further measurement have more than those of the
 * one before. */
#define ID_STEP 100000

/* R1: a site of no greater class may be asked about to compare (safety.md). */
#define RISK_ORDINARY 1

/* One site being measured. */
struct job {
    struct session *s;
    struct job *prev, *next;
    struct engine_job *handle;
    struct plan plan;
    struct site_consent consent; /* the plan's */
    const struct site *site;
    struct retest *again; /* what the further measurement is of; else NULL */
    void (*ended)(struct session *s);
    int64_t began;
    bool silence; /* the whole line was silent meanwhile */
};

static void job_free(struct job *j)
{
    if (j->prev) {
        j->prev->next = j->next;
    } else {
        j->s->jobs = j->next;
    }
    if (j->next) {
        j->next->prev = j->prev;
    }
    j->s->n_jobs--;
    session_retest_free(j->again);
    free(j);
}

static void on_measured(void *arg, struct measurement *m)
{
    struct job *j = arg;
    struct session *s = j->s;
    struct retest *r = j->again;
    void (*ended)(struct session *) = j->ended;
    bool kept = false;
    j->again = NULL;
    if (r && r->knock) {
        session_record_knock(s, m, r, j->began);
    } else {
        kept = session_record(s, m, j->site, r, j->began, j->silence);
    }
    if (!kept) {
        region_free(m->region);
    }
    job_free(j);
    ended(s);
}

/* The page of one address. That of a notice server is asked for once in a run,
 * and never with a name of the class that is dangerous to be seen with. */
static struct plan plan_page(const struct session *s, const struct retest *r)
{
    bool notice = ip_eq(&r->ip, &r->notice);
    return (struct plan){.kind = PLAN_PAGE,
                         .compare = &r->ip,
                         .only_told = notice && !session_retest_may_ask(s, r),
                         .input = r->site->input,
                         .url = r->url,
                         .client_resolver = s->resolver_ip,
                         .first_id = r->tries * ID_STEP};
}

static struct plan plan_for(const struct session *s, const struct job *j)
{
    const struct retest *r = j->again;
    unsigned tries = r ? r->tries : 0;
    if (r && r->page) {
        return plan_page(s, r);
    }
    if (r && r->knock) {
        return (struct plan){.kind = PLAN_UNNAMED,
                             .compare = &r->knock_ip,
                             .input = j->site->input,
                             .url = r->knock,
                             .client_resolver = s->resolver_ip,
                             .first_id = tries * ID_STEP};
    }
    return (struct plan){
        .kind = r && r->compare ? PLAN_COMPARE : PLAN_PROBE,
        .compare = r ? &r->ip : NULL,
        .input = j->site->input,
        .category = j->site->category[0] ? j->site->category : NULL,
        .url = r ? r->url : &j->site->url,
        .helpers = s->checkin.helpers,
        .n_helpers = s->checkin.n_helpers,
        .consent = &j->consent,
        .all_resolvers = tries > 0 || session_place_samples(s, j->site),
        .doh = r && r->lied_to,
        .own = &s->scrub,
        .sensitive = j->site->risk > RISK_ORDINARY,
        .again = tries > 0,
        .client_resolver = s->resolver_ip,
        .first_id = tries * ID_STEP,
    };
}

enum err session_jobs_start(struct session *s, const struct site *site,
                            struct retest *again,
                            void (*ended)(struct session *s))
{
    struct job *j = calloc(1, sizeof(*j));
    if (!j) {
        return ERR_NOMEM;
    }
    j->s = s;
    j->site = site;
    j->again = again;
    j->ended = ended;
    j->began = clock_mono_us();
    j->consent = targets_consent(s->cfg->targets, site);
    j->plan = plan_for(s, j);
    j->next = s->jobs;
    if (s->jobs) {
        s->jobs->prev = j;
    }
    s->jobs = j;
    s->n_jobs++;
    if (again && again->page && ip_eq(&again->ip, &again->notice)) {
        notices_note(&s->notices, &again->ip);
    }
    enum err e = engine_submit(s->engine, &j->plan, on_measured, j, &j->handle);
    if (e != ERR_OK) {
        j->again = NULL; /* still the caller's */
        job_free(j);
        return e;
    }
    log_debug("session", "%s: measuring%s", site->input, again ? " again" : "");
    return ERR_OK;
}

bool session_jobs_beside(const struct session *s, const struct retest *r)
{
    for (const struct job *j = s->jobs; j; j = j->next) {
        const struct retest *o = j->again;
        for (size_t i = 0; o && i < o->n_stuck * r->n_stuck; i++) {
            if (ip_eq(&o->stuck[i / r->n_stuck].ip,
                      &r->stuck[i % r->n_stuck].ip)) {
                return true;
            }
        }
    }
    return false;
}

bool session_jobs_ask_notice(const struct session *s, const struct retest *r)
{
    for (const struct job *j = s->jobs; j; j = j->next) {
        const struct retest *o = j->again;
        if (o && ip_eq(&o->notice, &r->notice) &&
            (o->page || o->site->risk < r->site->risk)) {
            return true;
        }
    }
    return false;
}

void session_jobs_silent(struct session *s)
{
    for (struct job *j = s->jobs; j; j = j->next) {
        j->silence = true;
    }
}

bool session_jobs_again(const struct session *s)
{
    for (const struct job *j = s->jobs; j; j = j->next) {
        if (j->again && !j->again->knock) {
            return true;
        }
    }
    return false;
}

void session_jobs_cancel(struct session *s)
{
    while (s->jobs) {
        struct job *j = s->jobs;
        s->jobs = j->next;
        engine_cancel(j->handle);
        if (j->again) {
            session_retest_add(s, j->again);
            j->again = NULL;
        }
        job_free(j);
    }
}

void session_jobs_free(struct session *s)
{
    while (s->jobs) {
        struct job *j = s->jobs;
        s->jobs = j->next;
        job_free(j);
    }
}

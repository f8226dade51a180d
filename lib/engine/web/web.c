// SPDX-License-Identifier: Apache-2.0
/* One visit of a site: rounds, redirects and the control. */
#include "engine/web/web.h"
#include "engine/web/ask_control.h"
#include "engine/web/ask_dns.h"
#include "engine/web/control_seen.h"
#include "engine/web/round.h"
#include "record/scrub_url.h"

#include <string.h>

struct web {
    struct task task;
    struct measure *ms;
    struct browser browser;
    struct rounds rounds;
    struct round *first; /* that of the site itself */
    struct ask_control *control;
    struct ask_control *other; /* asked because that one got no page */
    struct control_seen seen;
    struct hash_list control_networks;
    struct obs_http page; /* in the end */
    bool paged;
};

/* An address of the site itself showed its certificate, maybe only after a
 * redirect from http: then nobody was lied to about the name. */
static bool is_proven(const struct web *w)
{
    for (const struct round *r = w->rounds.first; r; r = r->next) {
        if (r->proven && strcmp(r->url->host, w->first->url->host) == 0) {
            return true;
        }
    }
    return false;
}

/* Nothing is under way any more at the site itself: is it what the control
 * found? */
static void compare(struct web *w)
{
    if (!w->seen.known || !w->first || w->first->running > 0 || is_proven(w) ||
        (w->paged && control_seen_alike(&w->seen, &w->page))) {
        return;
    }
    if (!w->seen.addrs_agree || (w->paged && w->seen.status != 0)) {
        round_suspect(w->first);
    }
}

/* One control that got no page may be hindered itself. Where the page has come
 * over TLS here, that need not be known. */
static void ask_other(struct web *w, const struct control_helper *after)
{
    struct ask_control_request q = {
        .ms = w->ms,
        .task = &w->task,
        .url = w->first->url,
        .addrs = &w->first->addrs,
        .after = after,
    };

    if (w->seen.no_page && !(w->paged && w->page.alpn && !w->page.failure)) {
        w->other = ask_control_start(&q);
    }
}

static void on_control_addrs(void *arg, const struct control_helper *who,
                             const struct addr_list *found,
                             const struct json *answer)
{
    struct web *w = arg;

    control_seen_read(&w->seen, answer, &w->first->addrs);
    run_networks_control(&w->control_networks, answer, w->ms->in->cfg.geo);
    ask_other(w, who);
    round_add_addrs(w->first, found);
    compare(w);
}

static void on_quiet(void *arg, struct round *r)
{
    struct web *w = arg;

    (void)r; /* any round may be the one that proves it */
    compare(w);
}

static void on_addrs(void *arg, struct round *r)
{
    struct web *w = arg;

    if (r->depth > 0) {
        return;
    }
    w->first = r;
    struct ask_control_request q = {
        .ms = w->ms,
        .task = &w->task,
        .url = r->url,
        .addrs = &r->addrs,
        .on_addrs = on_control_addrs,
        .arg = w,
    };
    w->control = ask_control_start(&q);
}

/* Before the host of a redirect's target is looked up: whether some list has
 * it, and whether the volunteer agreed to such sites. It is no failure of the
 * site when she did not. */
static void ask_consent(struct web *w, struct obs_http *http,
                        struct redirect *re)
{
    const struct site_consent *c = w->ms->plan->consent;

    if (!c || !re->leads) {
        return;
    }
    http->leads_unlisted = site_consent_unlisted(c, &re->to);
    http->leads_listed = !http->leads_unlisted;
    if (!site_consent_allows(c, &re->to)) {
        re->follow = false;
        re->failure = NULL;
        w->ms->m->not_followed = "consent";
    }
}

/* Was visited once as a browser does; a second visit from here would tell who
 * asked both times. */
static bool may_follow(const struct web *w, const struct obs_http *http,
                       const struct url *to)
{
    const struct plan *p = w->ms->plan;
    struct url site;

    if (!p->again || !p->own) {
        return true;
    }
    return url_parse(w->ms->region, str_c(p->input), &site, NULL) == ERR_OK &&
           scrub_url_is_clean(p->own, site.host, http->leads_listed,
                              str_c(to->text));
}

static void on_page(void *arg, struct round *r, struct obs_http *http)
{
    struct web *w = arg;
    struct redirect re = {0};
    const struct site_consent *c = w->ms->plan->consent;

    http->listed = c && !site_consent_unlisted(c, r->url);
    http->unlisted = c && r->depth > 0 && !http->listed;
    if (http->failure) {
        return;
    }
    enum err e = browser_follow(&w->browser, r->url, http, &re);
    if (e != ERR_OK) {
        measure_internal(w->ms, e, "redirect");
        return;
    }
    ask_consent(w, http, &re);
    http->failure = re.failure;
    if (re.follow && !may_follow(w, http, &re.to)) {
        w->ms->m->not_followed = "own_address";
    } else if (!re.follow && !w->ms->m->not_followed) {
        w->page = *http;
        w->paged = true;
    } else if (re.follow && w->ms->m->internal == ERR_OK) {
        round_start(&w->rounds, &re.to, r->depth + 1);
    }
}

static enum err web_start(void *self)
{
    struct web *w = self;

    round_start(&w->rounds, w->ms->plan->url, 0);
    return ERR_OK;
}

static void web_cancel(void *self)
{
    struct web *w = self;

    ask_control_cancel(w->control);
    ask_control_cancel(w->other);
    round_cancel_all(&w->rounds);
}

/* What the run knows goes into the record, what this saw to the run. */
static void share(const struct web *w)
{
    struct measure *ms = w->ms;
    const char *hosts[RUN_FACTS_TOLD] = {NULL};
    struct run_visit v = {
        .m = ms->m,
        .hosts = hosts,
        .control = w->control_networks,
        .alike =
            w->seen.known && w->paged && control_seen_alike(&w->seen, &w->page),
        .geo = ms->in->cfg.geo,
    };

    for (const struct round *r = w->rounds.first;
         r && v.n_hosts < RUN_FACTS_TOLD; r = r->next) {
        hosts[v.n_hosts++] = r->url->host;
    }
    measure_internal(ms, run_facts_tell(&ms->in->run_facts, &v), "the run");
    instruments_lost(ms->in, run_facts_note(&ms->in->run_facts, &v));
}

static void web_result(void *self)
{
    const struct web *w = self;

    share(w);
    ask_dns_tell_others(w->ms);
}

enum err web_add(struct measure *ms)
{
    static const struct task_kind kind = {
        .name = "web",
        .start = web_start,
        .cancel = web_cancel,
        .result = web_result,
    };
    struct web *w = region_calloc(ms->region, 1, sizeof(*w));

    if (!w) {
        return ERR_NOMEM;
    }
    w->ms = ms;
    browser_init(&w->browser, ms);
    w->rounds = (struct rounds){
        .browser = &w->browser,
        .task = &w->task,
        .on_addrs = on_addrs,
        .on_page = on_page,
        .on_quiet = on_quiet,
        .arg = w,
    };
    measure_add(ms, &w->task, &kind, w);
    return ERR_OK;
}

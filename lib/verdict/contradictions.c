// SPDX-License-Identifier: Apache-2.0
#include "verdict/contradictions.h"
#include "verdict/read/vhttp.h"

/* Clocks of one measurement agree; what is written down is rounded. */
#define SLACK_S 0.01

/* The endpoint is of another host than the site: the first step of a visit is
 * never that. */
static bool of_another(const struct observations *o,
                       const struct vendpoint *end)
{
    struct str host = str_c(o->url.host);
    struct url url;
    return (end->server_name.len > 0 && !str_ieq(end->server_name, host)) ||
           (end->resp.url.len > 0 &&
            url_parse(o->r, end->resp.url, &url, NULL) == ERR_OK &&
            !str_ieq(str_c(url.host), host));
}

/* No page before `depth` redirected to it, as one must have. */
static bool nobody_led_to(const struct observations *o, int depth)
{
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        struct str location;
        if (end->depth == depth - 1 && end->resp.status / 100 == 3 &&
            vhttp_header(&end->resp, "location", &location)) {
            return false;
        }
    }
    return depth > 0;
}

/* Addresses do not come with such a failure. That of a wrong id or of a bogon
 * may be kept beside them. */
static bool has_no_answer(struct outcome o)
{
    switch (o.kind) {
    case FAILURE_NXDOMAIN:
    case FAILURE_NO_ANSWER:
    case FAILURE_DNS_REFUSED:
    case FAILURE_SERVFAIL:
    case FAILURE_TIMEOUT:
    case FAILURE_ANDROID_NO_DATA:
        return true;
    default:
        return false;
    }
}

static bool is_backward(double t0, double t)
{
    return t != 0 && t0 > t;
}

/* A step ended before the one that it needs had. */
static bool is_early(double t, double before)
{
    return t > 0 && t + SLACK_S < before;
}

/* A step was taken though the one before it had failed, or before it was. A
 * request that was never made may stand there as one that failed. */
static bool out_of_order(const struct vendpoint *end)
{
    bool later = end->tls.known || outcome_ok(end->http);
    return (later && (outcome_bad(end->tcp) || end->unsent)) ||
           (end->unsaid && (outcome_ok(end->tls) || outcome_ok(end->http))) ||
           (outcome_bad(end->tls) && !end->no_verify &&
            outcome_ok(end->http)) ||
           is_early(end->tls_t, end->t) || is_early(end->http_t, end->t) ||
           is_early(end->http_t, end->tls_t) || is_backward(end->t0, end->t) ||
           is_backward(end->tls_t0, end->tls_t) ||
           is_backward(end->http_t0, end->http_t);
}

/* The control did a handshake where it had no connection. */
static bool control_is_out_of_order(const struct vendpoint *end)
{
    return outcome_bad(end->ctl_tcp) && outcome_ok(end->ctl_tls);
}

static bool in_endpoints(const struct observations *o, struct ids *ids)
{
    int known = 0;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->doubtful || out_of_order(end) ||
            control_is_out_of_order(end) ||
            (end->depth == 0 && o->url.text && of_another(o, end)) ||
            (end->depth != known && nobody_led_to(o, end->depth))) {
            ids_add(ids, end->id);
            return true;
        }
        known = end->depth; /* asked once: many endpoints are of one step */
    }
    return false;
}

static bool in_lookups(const struct observations *o, struct ids *ids)
{
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (q->doubtful || (q->n_addrs > 0 && has_no_answer(q->result)) ||
            is_backward(q->t0, q->t) ||
            (q->depth == 0 && o->url.text &&
             !str_ieq(q->host, str_c(o->url.host)))) {
            ids_add(ids, q->id);
            return true;
        }
    }
    return false;
}

/* The control was asked about another site than the record is about. */
static bool of_other_site(const struct observations *o)
{
    struct url url;
    return o->names_site && o->control.present &&
           url_parse(o->r, o->input, &url, NULL) == ERR_OK &&
           !str_ieq(o->control.host, str_c(url.host));
}

bool contradictions_found(const struct observations *o, struct ids *ids)
{
    return o->run_doubtful || o->control.doubtful ||
           (o->control.present && o->control_failure.p) ||
           in_endpoints(o, ids) || in_lookups(o, ids) || of_other_site(o);
}

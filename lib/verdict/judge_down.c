// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_down.h"
#include "verdict/attempts.h"
#include "verdict/rules.h"
#include "verdict/standing.h"

/* ---- limits of ours ------------------------------------------------------ */

/* The server answered; it leads where we do not go. */
static bool leads_away(struct outcome out)
{
    switch (out.known ? out.kind : FAILURE_NONE) {
    case FAILURE_REDIRECT_COUNT:
    case FAILURE_REDIRECT_URL:
    case FAILURE_REDIRECT_HOST:
    case FAILURE_REDIRECT_SCHEME:
    case FAILURE_REDIRECT_PORT:
    case FAILURE_REDIRECT_ADDRESS:
        return true;
    default:
        return false;
    }
}

/* Alerts that refuse whoever calls. */
static bool is_refused(struct outcome out)
{
    static const char *const alerts[] = {"handshake failure", "access denied",
                                         "internal error"};
    for (size_t i = 0; i < sizeof(alerts) / sizeof(*alerts); i++) {
        if (failure_is_alert(out.failure) && str_ends(out.failure, alerts[i])) {
            return true;
        }
    }
    return false;
}

/* A handshake that ended for what one side does not speak, or will not: no cut
 * and no bad certificate. Browsers may speak it, or have a certificate of their
 * own, which servers ask for once they have shown theirs. */
static bool is_unspoken(const struct judging *j, const struct vendpoint *end)
{
    struct outcome out = end->tls;
    bool for_all = outcome_is(out, FAILURE_NO_TLS) ||
                   (is_refused(out) && j->o->control.certificates &&
                    end->ctl_leaf.len == 0);
    return outcome_bad(out) && !outcome_is_cut(out) && !outcome_is_cert(out) &&
           !for_all;
}

/* The page began, and its server broke it off. */
static bool broke_off(const struct vendpoint *end)
{
    return outcome_is(end->http, FAILURE_HTTP2_STREAM) &&
           end->resp.status / 100 == 2 && end->resp.body.len > 0;
}

/* Something was answered that we do not read: neither a cut nor silence. A
 * server that wants a certificate of its visitor's says so as late as that. */
static bool is_unread(struct outcome out)
{
    return out.known &&
           (failure_is_limit(out.kind) || outcome_is(out, FAILURE_UNKNOWN) ||
            outcome_is(out, FAILURE_TRANSFER));
}

static enum note limit_of(const struct judging *j, const struct vendpoint *end)
{
    if (is_unread(end->http) && !broke_off(end)) {
        return leads_away(end->http) ? NOTE_LIMIT_LEADS : NOTE_LIMIT_ANSWER;
    }
    return is_unspoken(j, end) ? NOTE_LIMIT_HANDSHAKE : NOTE_COUNT;
}

/* Every address of the step had the same fate, or there is a better reason. */
static enum note limit_here(const struct judging *j, struct ids *ids)
{
    enum note found = NOTE_COUNT;
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->depth != j->depth || end->fetch_body == 0 ||
            limit_of(j, end) == NOTE_COUNT) {
            continue;
        }
        found = limit_of(j, end);
        ids_add(ids, end->id);
    }
    return found;
}

/* ---- limits of the control's --------------------------------------------- */

/* All that the control could try was IPv6, and nothing of it connected: OONI's
 * helpers do not say that they have no IPv6. */
static bool only_ipv6(const struct observations *o)
{
    size_t tried = 0;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth > 0) {
            continue;
        }
        if (o->addrs[end->addr].ip.family == 4 || outcome_ok(end->ctl_tcp) ||
            outcome_is(end->ctl_tcp, FAILURE_TIMEOUT) ||
            outcome_is(end->ctl_tcp, FAILURE_HELPER_REFUSED)) {
            return false;
        }
        tried++;
    }
    return tried > 0;
}

static bool control_could_not(const struct observations *o)
{
    const struct outcome *why = &o->control.page;
    if (outcome_is(*why, FAILURE_HTTP2_STREAM) && o->control.page_length > 0) {
        return false; /* the server broke it off */
    }
    if (why->known) {
        return failure_is_no_way(why->kind) || failure_is_limit(why->kind);
    }
    return outcome_bad(o->control.http) && only_ipv6(o);
}

/* ---- what nobody asked --------------------------------------------------- */

static const struct vendpoint *cut_page(const struct judging *j)
{
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->depth == j->depth && outcome_is_cut(end->http)) {
            return end;
        }
    }
    return NULL;
}

/* Probe and control ask one address for the page, whichever is first, and it
 * was cut off there: one ill server of several looks so, too. Another one takes
 * connections. Not where that failed for the control, or its handshake for
 * anybody. */
static bool is_unasked(const struct judging *j, struct ids *ids)
{
    const struct vendpoint *cut = cut_page(j);
    for (size_t i = 0; cut && i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->depth == cut->depth && end->port == cut->port &&
            end->addr != cut->addr && outcome_ok(end->tcp) &&
            !end->http.known && !outcome_bad(end->tls) &&
            !outcome_bad(end->ctl_tcp) && !outcome_bad(end->ctl_tls) &&
            standing_is_usable(j, end->addr, judging_host(j, end->depth))) {
            ids_add(ids, end->id);
            return true;
        }
    }
    return false;
}

/* ---- a visitor of whom it had enough ------------------------------------- */

/* Cut off as somebody is who comes too often. A page that does not come over a
 * handshake that ended well is the site's own silence, unless its own pages
 * came before. */
static bool is_sent_off(const struct vendpoint *end)
{
    return outcome_is_cut(end->tcp) || attempts_refused(end->tcp) ||
           outcome_is_cut(end->tls) ||
           (outcome_is_cut(end->http) &&
            (end->run_pages > 0 || !outcome_ok(end->tls) ||
             !outcome_is(end->http, FAILURE_TIMEOUT)));
}

/* The same run had pages from there, so the server lives; it may take only so
 * many connections of one visitor, and controls that look at all the names of
 * the run are visitors as well. */
static enum note had_enough(const struct judging *j, struct ids *ids)
{
    enum note found = NOTE_COUNT;
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->depth != j->depth || !is_sent_off(end) ||
            (end->run_pages == 0 && end->run_others == 0)) {
            continue;
        }
        if (end->run_pages > 0) {
            found = NOTE_PAGES_BEFORE;
        } else if (found == NOTE_COUNT) {
            found = NOTE_PAGES_OTHERS;
        }
        ids_add(ids, end->id);
    }
    return found;
}

/* ---- the end of a page --------------------------------------------------- */

static bool says_its_length(const struct vendpoint *end)
{
    struct str value;
    return vhttp_header(&end->resp, "content-length", &value) ||
           vhttp_header(&end->resp, "transfer-encoding", &value);
}

/* Nothing of it is missing, whatever its length was to be. */
static bool ends_html(const struct vendpoint *end)
{
    struct str body = str_trim(end->resp.body);
    struct str last =
        str_sub(body, body.len - (body.len < 7 ? body.len : 7), 7);
    return str_ieq_c(last, "</html>");
}

static bool hung_up(struct outcome out)
{
    return outcome_is(out, FAILURE_RESET) || outcome_is(out, FAILURE_EOF) ||
           outcome_is(out, FAILURE_ABORTED);
}

/* A page that a server ends by hanging up, cleanly or not (HTTP/1): it came as
 * far for the control, and nothing says that more was to come, or its own end
 * says that no more was. */
static const struct vendpoint *whole_page(const struct judging *j)
{
    const struct vcontrol *c = &j->o->control;
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->depth == j->depth && hung_up(end->http) && !end->h2 &&
            end->resp.status / 100 == 2 && end->resp.body.len > 0 &&
            (!says_its_length(end) || ends_html(end)) && c->page.known &&
            c->page_status == end->resp.status &&
            (end->resp.truncated ||
             c->page_length == (int64_t)end->resp.body.len)) {
            return end;
        }
    }
    return NULL;
}

/* The server ends its pages by hanging up, at once, and a visitor on a bad line
 * may lose all of one so: it is not for want of a page that none came. */
static bool is_lost(const struct judging *j, struct ids *ids)
{
    const struct vcontrol *c = &j->o->control;
    bool served = c->page.known && hung_up(c->page) &&
                  c->page_status / 100 == 2 && c->page_length > 0;
    for (size_t i = 0; served && i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->depth == j->depth && outcome_is_cut(end->http) &&
            !end->resp.got_headers) {
            ids_add(ids, end->id);
        }
    }
    return ids->n > 0;
}

/* ---- judging ------------------------------------------------------------- */

/* All of the way was by TLS, and the site itself leads to another kind of
 * program (mail, an app): it works. */
static const struct vendpoint *to_a_program(const struct judging *j)
{
    const struct vendpoint *found = NULL;
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->resp.status > 0 && !outcome_ok(end->tls)) {
            return NULL; /* who led here is not known */
        }
        if (end->depth == j->depth && outcome_ok(end->tls) && !end->no_verify &&
            outcome_is(end->http, FAILURE_REDIRECT_SCHEME)) {
            found = end;
        }
    }
    return found;
}

static void conclude_ok(struct judging *j, const struct vendpoint *end,
                        enum note note)
{
    struct ids ids = {.n = 0};
    ids_add(&ids, end->id);
    j->n_reasons = j->n_alternatives = 0;
    judging_conclude_by(j, X_OK, note, &ids,
                        outcome_ok(end->tls) && !end->no_verify ? 0.97 : 0.9);
}

static bool works(struct judging *j)
{
    const struct vendpoint *end = to_a_program(j);
    if (end) {
        conclude_ok(j, end, NOTE_PAGE_PROGRAM);
        return true;
    }
    end = whole_page(j);
    if (end) {
        conclude_ok(j, end,
                    outcome_ok(end->tls) && !end->no_verify
                        ? NOTE_PAGE_ENDS_SO
                        : NOTE_PAGE_SAME_END);
    }
    return end;
}

static void weigh_controls(struct judging *j)
{
    struct verdict *v = j->v;
    switch (j->o->other) {
    case OTHER_PAGELESS:
    case OTHER_FOUND:
        judging_reason(j, NOTE_DOWN_FOR_OTHER, NULL);
        v->confidence = 1 - (1 - v->confidence) / 2;
        break;
    case OTHER_SILENT:
        judging_start_over(j);
        judging_conclude(j, X_INCONCLUSIVE, NOTE_DOWN_UNCONFIRMED, NULL);
        break;
    case OTHER_UNASKED:
    case OTHER_PAGE: /* that one was asked first, then, and has no page */
        judging_alternative(j, NOTE_DOWN_FOR_ONE, NULL);
        break;
    }
}

void judge_down(struct judging *j)
{
    struct ids ids = {.n = 0};
    if (j->v->state != X_DOWN || works(j)) {
        return;
    }
    if (is_lost(j, &ids)) {
        judging_start_over(j);
        judging_conclude(j, X_INCONCLUSIVE, NOTE_PAGE_LOST, &ids);
        return;
    }
    enum note limit = limit_here(j, &ids);
    if (limit == NOTE_COUNT && control_could_not(j->o)) {
        limit = NOTE_LIMIT_CONTROL;
    }
    if (limit == NOTE_COUNT && is_unasked(j, &ids)) {
        limit = NOTE_LIMIT_ADDRESS;
    }
    if (limit == NOTE_COUNT) {
        limit = had_enough(j, &ids);
    }
    if (limit != NOTE_COUNT) {
        judging_start_over(j);
        judging_conclude(j, X_INCONCLUSIVE, limit, &ids);
        return;
    }
    weigh_controls(j);
}

// SPDX-License-Identifier: Apache-2.0
#include "probe/explain/explain_steps.h"

#include "base/utf8.h"
#include "probe/explain/explain_names.h"
#include "verdict/judge.h"
#include "verdict/pagediff_title.h"
#include "verdict/read/observe.h"
#include "words/words.h"

#define MAX_DEPTH   20
#define MAX_RETESTS 8
#define TITLE_MAX   60 /* bytes */

/* ---- addresses ----------------------------------------------------------- */

/* ok, what failed, or `unknown`. */
static const char *outcome_text(struct outcome out, const char *unknown)
{
    return !out.known        ? unknown
           : outcome_ok(out) ? "ok"
                             : words_failure(out.failure);
}

static const char *control_text(struct explainer *b, struct outcome out,
                                int depth)
{
    /* it says nothing of the single steps after a redirect */
    const char *unknown = depth > 0 ? NULL : "not tried";
    return b->o->control.present ? outcome_text(out, unknown) : NULL;
}

/* IPv6 that leads nowhere is everyday where IPv4 is there too; a refusal is not
 * that, nor is one address of many. */
static bool only_v6(const struct explainer *b, const struct vendpoint *end)
{
    const struct observations *o = b->o;
    bool v4 = false;
    if (o->addrs[end->addr].ip.family != 6 || outcome_ok(end->tcp) ||
        outcome_is(end->tcp, FAILURE_REFUSED) ||
        outcome_is(end->tcp, FAILURE_RESET)) {
        return false;
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        bool six = o->addrs[o->ends[i].addr].ip.family == 6;
        if (six && outcome_ok(o->ends[i].tcp)) {
            return false;
        }
        v4 = v4 || (!six && o->ends[i].depth == end->depth);
    }
    return v4;
}

/* The https side of a site measured over http is told only where it fails
 * here alone: many sites have none. */
static bool worth_telling(const struct vendpoint *end, struct outcome here,
                          struct outcome there)
{
    return here.known &&
           (end->fetch_body != 0 || (outcome_bad(here) && outcome_ok(there)));
}

static void address_row(struct explainer *b, struct explain_step *s,
                        const struct vendpoint *end, struct outcome here,
                        struct outcome there)
{
    char ip[IP_TEXT_MAX];
    ip_format(&b->o->addrs[end->addr].ip, ip);
    struct explain_row row = {
        .mark = outcome_ok(here) ? MARK_OK : MARK_FAILED,
        .here = outcome_text(here, ""),
        .plain_ok = outcome_ok(here),
        .failure = outcome_bad(here) ? explainer_copy(b, here.failure) : NULL,
        .control = control_text(b, there, end->depth),
        .id = end->id};
    if (only_v6(b, end)) {
        row.mark = MARK_NOT_TRIED;
        row.here = "no IPv6 on this network";
    }
    row.what = end->fetch_body == 0 ? explainer_printf(b, "%s, https", ip)
                                    : explainer_printf(b, "%s", ip);
    explainer_add_row(b, s, row, true);
}

/* Is an https page asked for at this depth? */
static bool wants_tls(const struct observations *o, int depth)
{
    if (depth == 0 && o->url.text) {
        return o->url.https;
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        if (o->ends[i].depth == depth && o->ends[i].fetch_body != 0) {
            return o->ends[i].port == 443;
        }
    }
    return false;
}

static void not_tried(struct explainer *b, struct explain_step *s,
                      const char *control)
{
    explainer_add_row(
        b, s,
        (struct explain_row){.mark = MARK_NOT_TRIED,
                             .what = "",
                             .here = "not tried: it did not get this far",
                             .control = control},
        false);
}

/* STEP_CONNECT or STEP_SECURE at one depth. */
static void address_step(struct explainer *b, enum guide_step kind, int depth)
{
    const struct observations *o = b->o;
    struct explain_step *s = NULL;
    bool tcp = kind == STEP_CONNECT;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        struct outcome here = tcp ? end->tcp : end->tls;
        struct outcome there = tcp ? end->ctl_tcp : end->ctl_tls;
        if (end->depth != depth || !worth_telling(end, here, there)) {
            continue;
        }
        if (!s) {
            s = explainer_add_step(b, kind, depth, "");
        }
        if (s) {
            address_row(b, s, end, here, there);
        }
    }
    if (!s && (tcp || wants_tls(b->o, depth))) {
        not_tried(b, explainer_add_step(b, kind, depth, ""), NULL);
    }
}

/* ---- the page ------------------------------------------------------------ */

static const char *page_text(struct explainer *b, int64_t status,
                             struct str title)
{
    struct str shown = utf8_cut(str_trim(title), TITLE_MAX);
    const char *what = status / 100 == 2
                           ? "came"
                           : explainer_printf(b, "error %d", (int)status);
    if (shown.len == 0) {
        return what;
    }
    return explainer_printf(b, "%s, \"" STR_FMT "%s\"", what, STR_ARG(shown),
                            shown.len < str_trim(title).len ? "..." : "");
}

static const char *control_page(struct explainer *b)
{
    const struct vcontrol *c = &b->o->control;
    if (!c->present || !c->http.known) {
        return NULL;
    }
    return outcome_bad(c->http) ? words_failure(c->http.failure)
                                : page_text(b, c->status, c->title);
}

static bool name_is_accused(const struct explainer *b)
{
    return b->v->state == X_BLOCKED && b->v->method == METHOD_DNS;
}

static struct explain_row page_row(struct explainer *b,
                                   const struct vendpoint *end)
{
    struct str location;
    struct explain_row row = {.what = "", .id = end->id};
    if (outcome_bad(end->http)) {
        row.mark = MARK_FAILED;
        row.failure = explainer_copy(b, end->http.failure);
        row.here = end->resp.got_headers && outcome_is_cut(end->http)
                       ? "began and broke off"
                       : words_failure(end->http.failure);
        return row;
    }
    row.mark = explainer_accused(b, STEP_PAGE, end->id) ? MARK_ODD : MARK_OK;
    if (end->resp.status / 100 == 3 &&
        vhttp_header(&end->resp, "location", &location)) {
        row.here = explainer_printf(b, "leads on to " STR_FMT,
                                    STR_ARG(utf8_cut(location, URL_MAX)));
    } else {
        row.here =
            page_text(b, end->resp.status, pagediff_title(end->resp.body));
        if (name_is_accused(b) && !b->o->addrs[end->addr].classic) {
            row.what = "from the other address";
        }
    }
    return row;
}

/* `last`: the control's page, which came after all redirects, is beside it. */
static void page_step(struct explainer *b, int depth, bool last)
{
    const struct observations *o = b->o;
    struct explain_step *s = explainer_add_step(b, STEP_PAGE, depth, "");
    for (size_t i = 0; s && i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth == depth &&
            (outcome_bad(end->http) || end->resp.got_headers)) {
            struct explain_row row = page_row(b, end);
            row.control = last ? control_page(b) : NULL;
            explainer_add_row(b, s, row, true);
        }
    }
    if (s && s->n_rows == 0) {
        not_tried(b, s, last ? control_page(b) : NULL);
    }
}

/* ---- further measurements ------------------------------------------------ */

/* What one measurement leaves open may be what was found in all of them. */
static bool is_part_of_it(const struct explainer *b,
                          const struct verdict *again)
{
    return b->v->state == X_BLOCKED && again->n_reasons > 0 &&
           rules_of(again->reasons[0].note) == RULE_DNS_UNCONFIRMED &&
           explainer_has_reason(b, RULE_DNS_NOTICE);
}

static void again_verdict(struct explainer *b, struct explain_row *row,
                          const struct verdict *v)
{
    const char *brief = NULL;
    if (v->n_reasons > 0) {
        brief = words_rule(rules_of(v->reasons[0].note))->brief;
    }
    switch (v->state) {
    case X_OK:
        row->mark = MARK_OK;
        row->here = "it worked";
        break;
    case X_BLOCKED:
        row->mark = MARK_FAILED;
        row->here = v->method == b->v->method
                        ? "the same again"
                        : explainer_printf(b, "again: %s",
                                           words_method(v->method)->done);
        break;
    case X_DOWN:
        row->mark = MARK_FAILED;
        row->here = "it failed, and elsewhere too";
        break;
    default:
        if (is_part_of_it(b, v)) {
            row->mark = MARK_FAILED;
            row->here = "the same again";
            break;
        }
        row->mark = MARK_ODD;
        row->here =
            explainer_printf(b, "undecided: %s", brief ? brief : "it failed");
    }
}

/* What a comparison showed, or an address that was asked for nobody. */
static void compared_row(const struct explainer *b, struct explain_row *row,
                         bool compared)
{
    static const enum rule named[] = {
        RULE_TLS_INTERCEPTED, RULE_SLOW_NAMED,      RULE_STALLS_NAMED,
        RULE_TLS_CUT_NAMED,   RULE_TLS_ALERT_NAMED,
    };

    row->here = compared ? "with the site's name and without: nothing certain"
                         : "its address, without the site's name";
    for (size_t i = 0; compared && i < sizeof(named) / sizeof(*named); i++) {
        if (explainer_has_reason(b, named[i])) {
            row->mark = MARK_FAILED;
            row->here = "the same again, and all well without the site's name";
        }
    }
    if (compared && explainer_has_alternative(b, RULE_SLOW_ANYWAY)) {
        row->here = "the same without the site's name";
    }
}

/* One page in cleartext from one address, which was asked for no more than
 * that. */
static void fetched_row(struct explainer *b, struct explain_row *row,
                        const struct observations *o)
{
    char text[IP_TEXT_MAX];
    if (o->n_ends == 0) {
        row->here = "its address was not asked for a page again";
        return;
    }
    ip_format(&o->addrs[o->ends[0].addr].ip, text);
    row->here = explainer_printf(
        b, "one page in cleartext from %s: %s", text,
        outcome_ok(o->ends[0].http) ? "it came" : "it did not come");
}

static void again_row(struct explainer *b, struct explain_step *s,
                      const struct json *entry)
{
    struct explain_row row = {.mark = MARK_NOTE, .what = "", .here = ""};
    const struct json *keys = json_get(entry, "test_keys");
    struct str failure = json_str(json_get(entry, "failure"));
    struct str kind = json_str(json_get(entry, "kind"));
    double after = 0;
    struct verdict v = {.state = X_INCONCLUSIVE};
    struct observations *o = region_alloc(b->r, sizeof(*o));
    if (!o) {
        b->failed = ERR_NOMEM;
        return;
    }
    if (json_num(json_get(entry, "after"), &after) && after > 0 &&
        after < 1e6) {
        row.what = explainer_printf(b, "after %.0f s", after);
    } else {
        row.what = explainer_copy(b, kind);
    }
    bool compared = str_eq_c(kind, "compare");
    if (json_is_obj(keys) && (compared || str_eq_c(kind, "unnamed"))) {
        compared_row(b, &row, compared);
    } else if (str_eq_c(kind, "page") && json_is_obj(keys) &&
               observe_keys(b->r, b->record, keys, o, NULL) == ERR_OK) {
        fetched_row(b, &row, o);
    } else if (json_is_obj(keys) &&
               observe_keys(b->r, b->record, keys, o, NULL) == ERR_OK &&
               judge_verdict(o, b->fps, &v) == ERR_OK) {
        again_verdict(b, &row, &v);
    } else if (failure.len) {
        row.mark = MARK_FAILED;
        row.failure = explainer_copy(b, failure);
        row.here = words_failure(failure);
    } else {
        row.here = "done";
    }
    explainer_add_row(b, s, row, false);
}

static void again_step(struct explainer *b)
{
    const struct json *list = json_path(b->record, "test_keys.x_retest");
    struct explain_step *s = NULL;
    size_t n = 0;
    for (const struct json *e = json_is_arr(list) ? json_first(list) : NULL;
         e && n < MAX_RETESTS; e = json_next(e), n++) {
        s = s ? s : explainer_add_step(b, STEP_AGAIN, 0, "");
        if (s) {
            again_row(b, s, e);
        }
    }
}

/* ---- all of it ----------------------------------------------------------- */

static int deepest(const struct observations *o)
{
    int depth = 0;
    for (size_t i = 0; i < o->n_queries; i++) {
        depth = o->queries[i].depth > depth ? o->queries[i].depth : depth;
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        depth = o->ends[i].depth > depth ? o->ends[i].depth : depth;
    }
    return depth < MAX_DEPTH ? depth : MAX_DEPTH;
}

void explain_steps(struct explainer *b)
{
    const struct observations *o = b->o;
    int last = deepest(o);
    const bool *bad = explain_names_bad(b);
    for (int depth = 0; depth <= last && b->failed == ERR_OK; depth++) {
        explain_names(b, depth, bad);
        address_step(b, STEP_CONNECT, depth);
        address_step(b, STEP_SECURE, depth);
        page_step(b, depth, depth == last);
    }
    again_step(b);
}

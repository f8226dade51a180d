// SPDX-License-Identifier: Apache-2.0
/* What happened, step by step: connection, secure connection, page, further
 * measurements, and the same for each redirect (names: explain_names.c). Rows
 * that say the same of several addresses become one.
 */
#include "base/utf8.h"
#include "probe/explain/explain_int.h"

#include "verdict/judge.h"
#include "verdict/pagediff_title.h"
#include "verdict/read/observe.h"
#include "verdict/rules.h"

#include <string.h>

#define MAX_STEPS   256
#define MAX_ROWS    64 /* of one step; what is more is left out */
#define MAX_DEPTH   20
#define MAX_RETESTS 8
#define TITLE_MAX   60 /* bytes */

/* ---- rows ---------------------------------------------------------------- */

struct explain_step *explain_add_step(struct explainer *b,
                                      enum explain_step_kind kind, int depth,
                                      const char *about)
{
    struct explanation *x = b->x;
    enum err e = region_grow(b->r, (void **)&x->steps, &x->cap_steps,
                             x->n_steps, sizeof(*x->steps), MAX_STEPS);
    if (e != ERR_OK) {
        b->failed = e;
        return NULL;
    }
    x->steps[x->n_steps] =
        (struct explain_step){.kind = kind, .depth = depth, .about = about};
    return &x->steps[x->n_steps++];
}

bool explain_same(const char *a, const char *c)
{
    return a == c || (a && c && strcmp(a, c) == 0);
}

void explain_add_row(struct explainer *b, struct explain_step *s,
                     struct explain_row row, bool merge)
{
    for (size_t i = 0; s && merge && i < s->n_rows; i++) {
        struct explain_row *old = &s->rows[i];
        if (old->mark == row.mark && explain_same(old->here, row.here) &&
            explain_same(old->control, row.control)) {
            old->more += !explain_same(old->what, row.what);
            return;
        }
    }
    if (!s || s->n_rows >= MAX_ROWS) {
        return;
    }
    enum err e = region_grow(b->r, (void **)&s->rows, &s->cap_rows, s->n_rows,
                             sizeof(*s->rows), MAX_ROWS);
    if (e != ERR_OK) {
        b->failed = e;
        return;
    }
    s->rows[s->n_rows++] = row;
}

const char *explain_copy(struct explainer *b, struct str s)
{
    const char *copy = region_strndup(b->r, s.p ? s.p : "", s.len);
    if (!copy) {
        b->failed = ERR_NOMEM;
        return "";
    }
    return copy;
}

const char *explain_failure(struct explainer *b, struct str failure)
{
    const char *known = words_failure(failure);
    return known ? known
                 : explain_printf(b, "failed (" STR_FMT ")", STR_ARG(failure));
}

bool explain_accused(const struct explainer *b, enum explain_step_kind step,
                     int64_t id)
{
    const struct verdict *v = b->v;
    if (v->state != X_BLOCKED && v->state != X_INCONCLUSIVE) {
        return false;
    }
    for (size_t i = 0; i < v->n_reasons; i++) {
        const struct reason *why = &v->reasons[i];
        const struct rule_words *w = words_rule(why->rule);
        for (size_t k = 0; w && w->step == step && k < why->n_ids; k++) {
            if (why->ids[k] == id) {
                return true;
            }
        }
    }
    return false;
}

/* ---- addresses ----------------------------------------------------------- */

/* ok, what failed, or `unknown`. */
static const char *outcome_text(struct explainer *b, struct outcome out,
                                const char *unknown)
{
    return !out.known        ? unknown
           : outcome_ok(out) ? "ok"
                             : explain_failure(b, out.failure);
}

static const char *control_text(struct explainer *b, struct outcome out,
                                int depth)
{
    /* it says nothing of the single steps after a redirect */
    const char *unknown = depth > 0 ? NULL : "not tried";
    return b->o->control.present ? outcome_text(b, out, unknown) : NULL;
}

/* IPv6 that leads nowhere is everyday where IPv4 is there too; a refusal is not
 * that, nor is one address of many. */
static bool only_v6(const struct explainer *b, const struct vendpoint *end)
{
    const struct observations *o = b->o;
    bool v4 = false;
    if (o->addrs[end->addr].ip.family != 6 || outcome_ok(end->tcp) ||
        str_eq_c(end->tcp.failure, "connection_refused") ||
        str_eq_c(end->tcp.failure, "connection_reset")) {
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
        .here = outcome_text(b, here, ""),
        .failure = outcome_bad(here) ? explain_copy(b, here.failure) : NULL,
        .control = control_text(b, there, end->depth),
        .id = end->id};
    if (only_v6(b, end)) {
        row.mark = MARK_NOT_TRIED;
        row.here = "no IPv6 on this network";
    }
    row.what = end->fetch_body == 0 ? explain_printf(b, "%s, https", ip)
                                    : explain_printf(b, "%s", ip);
    explain_add_row(b, s, row, true);
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
    explain_add_row(
        b, s,
        (struct explain_row){.mark = MARK_NOT_TRIED,
                             .what = "",
                             .here = "not tried: it did not get this far",
                             .control = control},
        false);
}

/* STEP_CONNECT or STEP_SECURE at one depth. */
static void address_step(struct explainer *b, enum explain_step_kind kind,
                         int depth)
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
            s = explain_add_step(b, kind, depth, "");
        }
        if (s) {
            address_row(b, s, end, here, there);
        }
    }
    if (!s && (tcp || wants_tls(b->o, depth))) {
        not_tried(b, explain_add_step(b, kind, depth, ""), NULL);
    }
}

/* ---- the page ------------------------------------------------------------ */

static const char *page_text(struct explainer *b, int64_t status,
                             struct str title)
{
    struct str shown = utf8_cut(str_trim(title), TITLE_MAX);
    const char *what =
        status / 100 == 2 ? "came" : explain_printf(b, "error %d", (int)status);
    if (shown.len == 0) {
        return what;
    }
    return explain_printf(b, "%s, \"" STR_FMT "%s\"", what, STR_ARG(shown),
                          shown.len < str_trim(title).len ? "..." : "");
}

static const char *control_page(struct explainer *b)
{
    const struct vcontrol *c = &b->o->control;
    if (!c->present || !c->http.known) {
        return NULL;
    }
    return outcome_bad(c->http) ? explain_failure(b, c->http.failure)
                                : page_text(b, c->status, c->title);
}

static bool name_is_accused(const struct explainer *b)
{
    return b->v->state == X_BLOCKED && explain_same(b->v->method, "dns");
}

static struct explain_row page_row(struct explainer *b,
                                   const struct vendpoint *end)
{
    struct str location;
    struct explain_row row = {.what = "", .id = end->id};
    if (outcome_bad(end->http)) {
        row.mark = MARK_FAILED;
        row.failure = explain_copy(b, end->http.failure);
        row.here = end->resp.got_headers && words_cut(end->http.failure)
                       ? "began and broke off"
                       : explain_failure(b, end->http.failure);
        return row;
    }
    row.mark = explain_accused(b, STEP_PAGE, end->id) ? MARK_ODD : MARK_OK;
    if (end->resp.status / 100 == 3 &&
        vhttp_header(&end->resp, "location", &location)) {
        row.here = explain_printf(b, "leads on to " STR_FMT,
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
    struct explain_step *s = explain_add_step(b, STEP_PAGE, depth, "");
    for (size_t i = 0; s && i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth == depth &&
            (outcome_bad(end->http) || end->resp.got_headers)) {
            struct explain_row row = page_row(b, end);
            row.control = last ? control_page(b) : NULL;
            explain_add_row(b, s, row, true);
        }
    }
    if (s && s->n_rows == 0) {
        not_tried(b, s, last ? control_page(b) : NULL);
    }
}

/* ---- further measurements ------------------------------------------------ */

static void again_verdict(struct explainer *b, struct explain_row *row,
                          const struct verdict *v)
{
    const struct rule_words *w =
        v->n_reasons > 0 ? words_rule(v->reasons[0].rule) : NULL;
    switch (v->state) {
    case X_OK:
        row->mark = MARK_OK;
        row->here = "it worked";
        break;
    case X_BLOCKED:
        row->mark = MARK_FAILED;
        row->here =
            explain_same(v->method, b->v->method)
                ? "the same again"
                : explain_printf(b, "again: %s", words_method(v->method));
        break;
    case X_DOWN:
        row->mark = MARK_FAILED;
        row->here = "it failed, and elsewhere too";
        break;
    default:
        row->mark = MARK_ODD;
        row->here = explain_printf(b, "undecided: %s",
                                   w && w->brief ? w->brief : "it failed");
    }
}

static bool rule_among(const struct reason *list, size_t n, const char *rule)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].rule, rule) == 0) {
            return true;
        }
    }
    return false;
}

/* What a comparison showed, or an address that was asked for nobody. */
static void compared_row(const struct explainer *b, struct explain_row *row,
                         bool compared)
{
    static const char *const named[] = {RULE_TLS_INTERCEPTED, RULE_SLOW_NAMED,
                                        RULE_STALLS_NAMED};
    const struct verdict *v = b->v;
    row->here = compared ? "with the site's name and without: nothing certain"
                         : "its address, without the site's name";
    for (size_t i = 0; compared && i < sizeof(named) / sizeof(*named); i++) {
        if (rule_among(v->reasons, v->n_reasons, named[i])) {
            row->mark = MARK_FAILED;
            row->here = "the same again, and all well without the site's name";
        }
    }
    if (compared &&
        rule_among(v->alternatives, v->n_alternatives, RULE_SLOW_ANYWAY)) {
        row->here = "the same without the site's name";
    }
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
        row.what = explain_printf(b, "after %.0f s", after);
    } else {
        row.what = explain_copy(b, kind);
    }
    bool compared = str_eq_c(kind, "compare");
    if (json_is_obj(keys) && (compared || str_eq_c(kind, "unnamed"))) {
        compared_row(b, &row, compared);
    } else if (json_is_obj(keys) &&
               observe_keys(b->r, b->record, keys, o, NULL) == ERR_OK &&
               judge_verdict(o, b->fps, &v) == ERR_OK) {
        again_verdict(b, &row, &v);
    } else if (failure.len) {
        row.mark = MARK_FAILED;
        row.failure = explain_copy(b, failure);
        row.here = explain_failure(b, failure);
    } else {
        row.here = "done";
    }
    explain_add_row(b, s, row, false);
}

static void again_step(struct explainer *b)
{
    const struct json *list = json_path(b->record, "test_keys.x_retest");
    struct explain_step *s = NULL;
    size_t n = 0;
    for (const struct json *e = json_is_arr(list) ? json_first(list) : NULL;
         e && n < MAX_RETESTS; e = json_next(e), n++) {
        s = s ? s : explain_add_step(b, STEP_AGAIN, 0, "");
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
    const bool *bad = explain_bad_addrs(b);
    for (int depth = 0; depth <= last && b->failed == ERR_OK; depth++) {
        explain_name_step(b, depth, bad);
        address_step(b, STEP_CONNECT, depth);
        address_step(b, STEP_SECURE, depth);
        page_step(b, depth, depth == last);
    }
    again_step(b);
}

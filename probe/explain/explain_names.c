// SPDX-License-Identifier: Apache-2.0
#include "probe/explain/explain_names.h"

#include "words/words.h"

#define MAX_LISTED 2  /* addresses told of one answer */
#define MAX_KNOWN  64 /* that are told apart */

static bool same_resolver(const struct vquery *a, const struct vquery *c)
{
    return a->depth == c->depth && a->duplicate == c->duplicate &&
           str_eq(a->engine, c->engine) && str_eq(a->resolver, c->resolver) &&
           str_ieq(a->host, c->host);
}

const bool *explain_names_bad(struct explainer *b)
{
    const struct observations *o = b->o;
    bool *bad = region_calloc(b->r, o->n_addrs + 1, sizeof(*bad));
    for (size_t i = 0; bad && i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        bool wrong = !q->duplicate && explainer_accused(b, STEP_NAME, q->id);
        for (size_t k = 0; wrong && k < q->n_addrs; k++) {
            bad[q->addrs[k]] = true;
        }
    }
    if (!bad) {
        b->failed = ERR_NOMEM;
    }
    return bad;
}

/* The answers of all queries like `q`. */
struct answers {
    uint32_t addrs[MAX_KNOWN];
    size_t n;
    struct outcome failure; /* of the first that failed, IPv4 before IPv6 */
    size_t n_bad;
};

static void add_answers(struct answers *a, const struct vquery *q,
                        const bool *bad)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        bool known = false;
        a->n_bad += bad[q->addrs[i]];
        for (size_t k = 0; k < a->n && k < MAX_KNOWN; k++) {
            known = known || a->addrs[k] == q->addrs[i];
        }
        if (!known && a->n < MAX_KNOWN) {
            a->addrs[a->n] = q->addrs[i];
        }
        a->n += !known;
    }
    if (outcome_bad(q->result) && (!a->failure.known || !q->aaaa)) {
        a->failure = q->result;
    }
}

static struct answers answers_like(const struct explainer *b,
                                   const struct vquery *q, const bool *bad)
{
    struct answers a = {.n = 0};
    for (size_t i = 0; i < b->o->n_queries; i++) {
        const struct vquery *other = &b->o->queries[i];
        if (same_resolver(other, q)) {
            add_answers(&a, other, bad);
        }
    }
    return a;
}

static const char *list_addrs(struct explainer *b, const uint32_t *addrs,
                              size_t n)
{
    char text[MAX_LISTED][IP_TEXT_MAX] = {"", ""};
    for (size_t i = 0; i < n && i < MAX_LISTED; i++) {
        ip_format(&b->o->addrs[addrs[i]].ip, text[i]);
    }
    if (n > MAX_LISTED) {
        return explainer_printf(b, "%s, %s and %zu more", text[0], text[1],
                                n - MAX_LISTED);
    }
    return explainer_printf(b, "%s%s%s", text[0], n > 1 ? ", " : "", text[1]);
}

static const char *resolver_text(struct explainer *b, const struct vquery *q)
{
    struct str name = q->resolver;
    struct url url;
    if (q->classic) {
        return "your network";
    }
    if (q->doh && url_parse(b->r, name, &url, NULL) == ERR_OK) {
        return explainer_printf(b, "encrypted, %s", url.host);
    }
    if (str_ends(name, ":53")) {
        name.len -= 3;
    }
    return explainer_printf(b, "public " STR_FMT "%s", STR_ARG(name),
                            str_eq_c(q->engine, "tcp") ? " (TCP)" : "");
}

static const char *control_name(struct explainer *b)
{
    const struct observations *o = b->o;
    uint32_t addrs[MAX_LISTED];
    size_t n = 0;
    if (!o->control.present || !o->control.dns.known) {
        return NULL;
    }
    if (outcome_bad(o->control.dns)) {
        return words_failure(o->control.dns.failure);
    }
    for (size_t i = 0; i < o->n_addrs; i++) {
        if (o->addrs[i].control) {
            if (n < MAX_LISTED) {
                addrs[n] = (uint32_t)i;
            }
            n++;
        }
    }
    return n > 0 ? list_addrs(b, addrs, n) : "no address";
}

static void name_row(struct explainer *b, struct explain_step *s,
                     const struct vquery *q, const bool *bad)
{
    struct answers a = answers_like(b, q, bad);
    bool found = a.n > 0;
    struct explain_row row = {.mark = !found        ? MARK_FAILED
                                      : a.n_bad > 0 ? MARK_ODD
                                                    : MARK_OK,
                              .what = resolver_text(b, q),
                              .id = q->id};
    if (found) {
        row.here = list_addrs(b, a.addrs, a.n);
    } else if (a.failure.known) {
        row.here = words_failure(a.failure.failure);
        row.failure = explainer_copy(b, a.failure.failure);
    } else {
        row.here = "no address";
    }
    if (q->duplicate) {
        row.mark = MARK_NOTE;
        row.what = explainer_has_reason(b, RULE_DNS_TWO_ANSWERS)
                       ? "then, contradicting it"
                       : "then also";
    }
    if (q->classic && q->ctl) {
        row.control = control_name(b);
    }
    explainer_add_row(b, s, row, false);
}

static bool seen_before(const struct observations *o, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (same_resolver(&o->queries[k], &o->queries[i])) {
            return true;
        }
    }
    return false;
}

/* Further answers after the first one to the same question. */
static void later_rows(struct explainer *b, struct explain_step *s,
                       const struct vquery *q, const bool *bad)
{
    const struct observations *o = b->o;
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *late = &o->queries[i];
        if (late->duplicate && late->id == q->id && late->depth == q->depth &&
            !seen_before(o, i)) {
            name_row(b, s, late, bad);
        }
    }
}

/* The network's own lookup first, then the others. */
static void name_rows(struct explainer *b, struct explain_step *s, bool classic,
                      const bool *bad)
{
    const struct observations *o = b->o;
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (q->depth == s->depth && !q->duplicate && q->classic == classic &&
            !seen_before(o, i)) {
            name_row(b, s, q, bad);
            later_rows(b, s, q, bad);
        }
    }
}

void explain_names(struct explainer *b, int depth, const bool *bad)
{
    const struct observations *o = b->o;
    for (size_t i = 0; i < o->n_queries; i++) {
        if (o->queries[i].depth == depth && !o->queries[i].duplicate) {
            struct explain_step *s = explainer_add_step(
                b, STEP_NAME, depth, explainer_copy(b, o->queries[i].host));
            if (s) {
                name_rows(b, s, true, bad);
                name_rows(b, s, false, bad);
            }
            return;
        }
    }
}

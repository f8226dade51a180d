// SPDX-License-Identifier: Apache-2.0
/* Writes rows of tables: one per measurement, finding, site, network, and
 * network and day. */
#include "collector/report/report_csv.h"

#include "base/calendar.h"
#include "base/csv.h"
#include "base/plain.h"
#include "collector/report/report_text.h"
#include "verdict/verdict.h"
#include <stdio.h>

/* Names of the columns, given as one comma-separated list. */
static void header(struct buf *b, const char *names)
{
    buf_add_c(b, names);
    csv_end(b);
}

static void text(struct buf *b, struct region *r, const char *s, bool first)
{
    csv_add(b, str_c(plain_copy(r, s ? s : "")), first, true);
}

static void number(struct buf *b, uint64_t n)
{
    char t[24];
    snprintf(t, sizeof(t), "%llu", (unsigned long long)n);
    csv_add(b, str_c(t), false, false);
}

static void when(struct buf *b, int64_t unix_s)
{
    char t[24] = "";
    if (unix_s != 0) {
        calendar_iso(t, unix_s);
    }
    csv_add(b, str_c(t), false, false);
}

static void flag(struct buf *b, bool v)
{
    csv_add(b, v ? STR("true") : STR("false"), false, false);
}

static void counts(struct buf *b, const struct aggregate_counts *c)
{
    static const int order[AGGREGATE_STATES] = {X_OK, X_BLOCKED, X_DOWN,
                                                X_INCONCLUSIVE, X_INTERNAL};
    number(b, aggregate_total(c));
    for (size_t i = 0; i < AGGREGATE_STATES; i++) {
        number(b, c->n[order[i]]);
    }
}

void report_csv_rows_begin(struct report_out_file *f)
{
    header(&f->buf, "uid,start,cc,asn,network,input,domain,category,state,"
                    "method,confidence,reasons,blocking,control_verified,"
                    "inferred_location,software,finding");
}

void report_csv_row(struct report_out_file *f, struct region *scratch,
                    const struct store_row *row,
                    const struct aggregate_finding *finding)
{
    struct buf *b = &f->buf;
    char confidence[16];
    snprintf(confidence, sizeof(confidence), "%.2f", row->confidence);
    text(b, scratch, row->uid, true);
    when(b, row->start_s);
    text(b, scratch, row->cc, false);
    number(b, row->asn);
    text(b, scratch, row->network_name, false);
    text(b, scratch, row->input, false);
    text(b, scratch, row->domain, false);
    text(b, scratch, row->category, false);
    text(b, scratch, xstate_name((enum xstate)row->state), false);
    text(b, scratch, row->method, false);
    text(b, scratch, confidence, false);
    text(b, scratch, row->reasons, false);
    text(b, scratch, row->blocking, false);
    flag(b, row->control_verified);
    flag(b, row->inferred_location);
    text(b, scratch, row->software, false);
    text(b, scratch, finding ? finding->id : "", false);
    csv_end(b);
}

/* Codes with blanks between. */
static void rights(struct buf *b, unsigned bits)
{
    struct buf t;
    buf_init(&t, 200);
    report_text_rights(&t, bits, " ", true);
    csv_add(b, buf_str(&t), false, false);
    buf_fini(&t);
}

/* Ids, with blanks between, of those that can be held against the country. */
static void commitments(struct buf *b, const struct report *rep,
                        const struct report_finding *f)
{
    struct buf t;
    buf_init(&t, 4096);
    for (size_t i = 0; i < rep->n_commitments; i++) {
        if (f->commitments[i] == COMMITMENT_APPLIES ||
            f->commitments[i] == COMMITMENT_BEFORE_JOINING) {
            buf_add_c(&t, t.len > 0 ? " " : "");
            buf_add_c(&t, rep->commitments[i].c->id);
        }
    }
    csv_add(b, buf_str(&t), false, false);
    buf_fini(&t);
}

/* Which site on which network. */
static void finding_place(struct buf *b, struct region *r,
                          const struct report *rep,
                          const struct report_finding *rf)
{
    const struct aggregate_network *net = rf->f->cell->net;
    const struct aggregate_site *site = rf->f->cell->site;
    text(b, r, rf->f->id, true);
    number(b, rf->number);
    text(b, r, rep->cc, false);
    number(b, net->asn);
    text(b, r, net->name, false);
    text(b, r, site->domain, false);
    text(b, r, site->input, false);
    text(b, r, site->category, false);
    text(b, r, rf->category ? rf->category->meaning : "", false);
}

/* What was seen, and how sure it is. */
static void finding_evidence(struct buf *b, struct region *r,
                             const struct report_finding *rf)
{
    const struct aggregate_finding *f = rf->f;
    struct buf label;
    text(b, r, f->method, false);
    number(b, f->blocked);
    counts(b, &f->cell->count);
    flag(b, rf->intermittent);
    when(b, f->first_s);
    when(b, f->last_s);
    when(b, f->clean_before_s);
    when(b, f->clean_after_s);
    number(b, f->observers);
    number(b, f->rounds);
    text(b, r, report_text_strength_key(rf->strength), false);
    buf_init(&label, 200);
    report_text_strength(&label, rf->strength, f->cell->site->blocked_networks,
                         f->observers);
    csv_add(b, buf_str(&label), false, false);
    buf_fini(&label);
    number(b, f->cell->site->blocked_networks);
    text(b, r, report_text_confidence(rf->confidence), false);
    number(b, f->control_verified);
}

/* Rights, commitments, and the three parts of the test, left to people. */
static void finding_rights(struct buf *b, struct region *r,
                           const struct report *rep,
                           const struct report_finding *rf)
{
    const struct category *k = rf->category;
    char presumption[2] = {k ? k->presumption : '\0', '\0'};
    rights(b, k ? k->primary : 0);
    rights(b, k ? k->secondary : 0);
    text(b, r, presumption, false);
    text(b, r, coalition_membership_name(rf->membership), false);
    commitments(b, rep, rf);
    for (int i = 0; i < 3; i++) {
        csv_add(b, STR("not_assessed"), false, false);
    }
}

static void finding(struct buf *b, struct region *r, const struct report *rep,
                    const struct report_finding *rf)
{
    finding_place(b, r, rep, rf);
    finding_evidence(b, r, rf);
    finding_rights(b, r, rep, rf);
    text(b, r, rf->f->uids[0], false);
    csv_end(b);
}

static void target(struct buf *b, struct region *r,
                   const struct report_tested *t)
{
    const struct aggregate_site *s = t->site;
    text(b, r, s->domain, true);
    text(b, r, s->input, false);
    text(b, r, s->category, false);
    text(b, r, t->category ? t->category->meaning : "", false);
    text(b, r, report_text_status(t->status), false);
    counts(b, &s->count);
    number(b, s->networks);
    number(b, s->blocked_networks);
    number(b, s->observers);
    when(b, s->first_s);
    when(b, s->last_s);
    csv_end(b);
}

static void network(struct buf *b, struct region *r,
                    const struct aggregate_network *n)
{
    char asn[16];
    snprintf(asn, sizeof(asn), "%u", n->asn);
    csv_add(b, str_c(asn), true, false);
    text(b, r, n->name, false);
    counts(b, &n->count);
    number(b, n->sites);
    number(b, n->blocked);
    number(b, n->days);
    number(b, n->observers);
    when(b, n->first_s);
    when(b, n->last_s);
    csv_end(b);
}

static void day(struct buf *b, struct region *r,
                const struct aggregate_daynet *d)
{
    struct buf t;
    buf_init(&t, 32);
    calendar_add_day(&t, d->day);
    csv_add(b, buf_str(&t), true, false);
    buf_fini(&t);
    number(b, d->net->asn);
    text(b, r, d->net->name, false);
    counts(b, &d->count);
    number(b, d->observers);
    csv_end(b);
}

enum table {
    FINDINGS,
    TARGETS,
    NETWORKS,
    COVERAGE
};

static const struct {
    const char *file, *columns;
} tables[] = {
    {"findings.csv",
     "finding,number,cc,asn,network,domain,input,category,meaning,method,"
     "blocked_this_way,measurements,ok,blocked,down,inconclusive,internal,"
     "intermittent,first_seen,last_seen,last_ok_before,first_ok_after,"
     "observers,rounds,strength,strength_label,networks_with_site,confidence,"
     "control_verified,rights_primary,rights_secondary,presumption,membership,"
     "commitments,legality,legitimate_aim,necessity_proportionality,"
     "first_uid"},
    {"targets.csv", "domain,input,category,meaning,status,measurements,ok,"
                    "blocked,down,inconclusive,internal,networks,"
                    "networks_blocked,observers,first,last"},
    {"networks.csv", "asn,network,measurements,ok,blocked,down,inconclusive,"
                     "internal,targets,targets_blocked,days,observers,first,"
                     "last"},
    {"coverage.csv", "day,asn,network,measurements,ok,blocked,down,"
                     "inconclusive,internal,observers"},
};

static void table_row(struct buf *b, struct region *r, const struct report *rep,
                      enum table t, size_t i)
{
    switch (t) {
    case FINDINGS:
        finding(b, r, rep, &rep->findings[i]);
        break;
    case TARGETS:
        target(b, r, &rep->tested[i]);
        break;
    case NETWORKS:
        network(b, r, rep->networks[i]);
        break;
    case COVERAGE:
        day(b, r, rep->aggregate->daynets[i]);
        break;
    }
}

/* Rows use a small region of their own, renewed now and then. */
static enum err write_table(struct report_out *o, const struct report *rep,
                            enum table t, size_t n, struct diag *d)
{
    struct report_out_file f;
    enum err e = report_out_open(o, tables[t].file, &f, d);
    if (e != ERR_OK) {
        report_out_drop(&f);
        return e;
    }
    header(&f.buf, tables[t].columns);
    struct region *r = NULL;
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        if (i % 256 == 0) {
            region_free(r);
            r = region_new((size_t)512 << 20);
        }
        if (!r) {
            e = diag_set(d, ERR_NOMEM, "%s: out of memory", tables[t].file);
            break;
        }
        table_row(&f.buf, r, rep, t, i);
        e = report_out_flush(&f, d);
    }
    region_free(r);
    if (e == ERR_OK) {
        return report_out_close(o, &f, d);
    }
    report_out_drop(&f);
    return e;
}

enum err report_csv_tables(struct report_out *o, const struct report *rep,
                           struct diag *d)
{
    const size_t n[] = {rep->n_findings, rep->aggregate->n_sites,
                        rep->aggregate->n_networks, rep->aggregate->n_daynets};
    enum err e = ERR_OK;
    for (int t = FINDINGS; t <= COVERAGE && e == ERR_OK; t++) {
        e = write_table(o, rep, (enum table)t, n[t], d);
    }
    return e;
}

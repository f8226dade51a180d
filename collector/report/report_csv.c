// SPDX-License-Identifier: Apache-2.0
#include "collector/report/report_files.h"

#include "base/calendar.h"
#include "base/csv.h"
#include "base/plain.h"
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

void csv_measurements_head(struct out_file *f)
{
    header(&f->buf, "uid,start,cc,asn,network,input,domain,category,state,"
                    "method,confidence,reasons,blocking,control_verified,"
                    "inferred_location,software,finding");
}

void csv_measurement(struct out_file *f, struct region *scratch,
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

/* Bits of rights and ids of commitments as lists with blanks between. */
static void rights(struct buf *b, unsigned bits)
{
    struct buf t;
    buf_init(&t, 200);
    text_rights(&t, bits, " ", true);
    csv_add(b, buf_str(&t), false, false);
    buf_fini(&t);
}

static void commitments(struct buf *b, const struct report *rep,
                        const struct report_finding *f)
{
    struct buf t;
    buf_init(&t, 4096);
    for (size_t i = 0; i < rep->n_commitments; i++) {
        const struct commitment *c = rep->commitments[i].c;
        enum commitment_state s = report_commitment_of(rep, f, c);
        if (s == COMMITMENT_APPLIES || s == COMMITMENT_BEFORE_JOINING) {
            buf_add_c(&t, t.len > 0 ? " " : "");
            buf_add_c(&t, c->id);
        }
    }
    csv_add(b, buf_str(&t), false, false);
    buf_fini(&t);
}

static void finding(struct buf *b, struct region *r, const struct report *rep,
                    const struct report_finding *rf)
{
    const struct aggregate_finding *f = rf->f;
    const struct aggregate_site *site = f->cell->site;
    struct buf label;
    char presumption[2] = {rf->category ? rf->category->presumption : '\0', 0};
    text(b, r, f->id, true);
    number(b, rf->number);
    text(b, r, rep->cc, false);
    number(b, f->cell->net->asn);
    text(b, r, f->cell->net->name, false);
    text(b, r, site->domain, false);
    text(b, r, site->input, false);
    text(b, r, site->category, false);
    text(b, r, rf->category ? rf->category->meaning : "", false);
    text(b, r, f->method, false);
    number(b, f->blocked);
    counts(b, &f->cell->count);
    flag(b, report_intermittent(rf));
    when(b, f->first_s);
    when(b, f->last_s);
    when(b, f->clean_before_s);
    when(b, f->clean_after_s);
    number(b, f->observers);
    number(b, f->rounds);
    text(b, r, text_strength_key(rf->strength), false);
    buf_init(&label, 200);
    text_strength(&label, rf->strength, site->blocked_networks, f->observers);
    csv_add(b, buf_str(&label), false, false);
    buf_fini(&label);
    number(b, site->blocked_networks);
    text(b, r, text_confidence(rf->confidence), false);
    number(b, f->control_verified);
    rights(b, rf->category ? rf->category->primary : 0);
    rights(b, rf->category ? rf->category->secondary : 0);
    text(b, r, presumption, false);
    text(b, r, coalition_membership_name(rf->membership), false);
    commitments(b, rep, rf);
    for (int i = 0; i < 3; i++) {
        csv_add(b, STR("not_assessed"), false, false);
    }
    text(b, r, f->uids[0], false);
    csv_end(b);
}

static void target(struct buf *b, struct region *r, const struct report *rep,
                   const struct aggregate_site *s)
{
    const struct category *k = coalition_category(rep->coalition, s->category);
    text(b, r, s->domain, true);
    text(b, r, s->input, false);
    text(b, r, s->category, false);
    text(b, r, k ? k->meaning : "", false);
    text(b, r, text_status(report_site_status(s)), false);
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
        target(b, r, rep, rep->tested[i]);
        break;
    case NETWORKS:
        network(b, r, rep->networks[i]);
        break;
    case COVERAGE:
        day(b, r, rep->agg->daynets[i]);
        break;
    }
}

/* Rows use a small region of their own, renewed now and then. */
static enum err write_table(struct report_out *o, const struct report *rep,
                            enum table t, size_t n, struct diag *d)
{
    struct out_file f;
    enum err e = out_open(o, tables[t].file, &f, d);
    if (e != ERR_OK) {
        out_drop(&f);
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
        e = out_flush(o, &f, d);
    }
    region_free(r);
    if (e == ERR_OK) {
        return out_close(o, &f, d);
    }
    out_drop(&f);
    return e;
}

enum err report_csvs(struct report_out *o, const struct report *rep,
                     struct diag *d)
{
    const size_t n[] = {rep->n_findings, rep->agg->n_sites,
                        rep->agg->n_networks, rep->agg->n_daynets};
    enum err e = ERR_OK;
    for (int t = FINDINGS; t <= COVERAGE && e == ERR_OK; t++) {
        e = write_table(o, rep, (enum table)t, n[t], d);
    }
    return e;
}

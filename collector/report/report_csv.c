// SPDX-License-Identifier: Apache-2.0
/* Writes rows of tables: one per measurement, finding, site, network, and
 * network and day. */
#include "collector/report/report_csv.h"

#include "base/calendar.h"
#include "base/csv.h"
#include "base/plain.h"
#include "collector/report/report_sentence.h"
#include "collector/report/report_text.h"
#include "collector/store/store_claim.h"
#include "verdict/xstate.h"
#include <stdio.h>

/* Bytes; text that is longer and not plain is left empty. */
#define TEXT_MAX ((size_t)1 << 20)

/* Names of the columns, given as one comma-separated list. */
static void header(struct buf *b, const char *names)
{
    buf_add_c(b, names);
    csv_end(b);
}

static void text(struct buf *b, const char *s, bool first)
{
    struct buf room;
    buf_init(&room, TEXT_MAX);
    csv_add(b, plain_clean(&room, s ? s : ""), first, true);
    if (room.failed == ERR_NOMEM && b->failed == ERR_OK) {
        b->failed = ERR_NOMEM;
    }
    buf_fini(&room);
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
                    "inferred_location,software,site,claimed_start,received,"
                    "timing,vouched,place,finding");
}

void report_csv_row(struct report_out_file *f, const struct store_row *row,
                    const struct aggregate_finding *finding)
{
    struct buf *b = &f->buf;
    char confidence[16];
    snprintf(confidence, sizeof(confidence), "%.2f", row->confidence);
    text(b, row->uid, true);
    when(b, row->start_s);
    text(b, row->cc, false);
    number(b, row->asn);
    text(b, row->network_name, false);
    text(b, row->input, false);
    text(b, row->domain, false);
    text(b, row->category, false);
    text(b, xstate_name((enum xstate)row->state), false);
    text(b, row->method, false);
    text(b, confidence, false);
    text(b, row->reasons, false);
    text(b, row->blocking, false);
    flag(b, row->control_verified);
    flag(b, row->inferred_location);
    text(b, row->software, false);
    text(b, row->site, false);
    when(b, row->claimed_s);
    when(b, row->receipt_s);
    text(b, store_claim_timing(row->timing), false);
    text(b, row->vouched, false);
    text(b, store_claim_place(row->place), false);
    text(b, finding ? finding->id : "", false);
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
static void finding_place(struct buf *b, const struct report *rep,
                          const struct report_finding *rf)
{
    const struct aggregate_network *net = rf->f->cell->net;
    const struct aggregate_site *site = rf->f->cell->site;
    text(b, rf->f->id, true);
    number(b, rf->number);
    text(b, rep->cc, false);
    number(b, net->asn);
    text(b, net->name, false);
    text(b, site->domain, false);
    text(b, site->input, false);
    text(b, site->category, false);
    text(b, rf->category ? rf->category->meaning : "", false);
}

/* Who reached the site since, and whether that is enough to doubt. */
static void finding_contested(struct buf *b, const struct report_finding *rf)
{
    struct buf why;
    buf_init(&why, 1000);
    if (rf->contested) {
        report_sentence_contested(&why, rf);
    }
    number(b, rf->f->ok_since);
    number(b, rf->f->ok_vouched);
    number(b, rf->f->ok_observers);
    flag(b, rf->contested);
    csv_add(b, buf_str(&why), false, false);
    buf_fini(&why);
}

/* What was seen, and how sure it is. */
static void finding_evidence(struct buf *b, const struct report_finding *rf)
{
    const struct aggregate_finding *f = rf->f;
    struct buf label;
    text(b, f->method, false);
    number(b, f->blocked);
    counts(b, &f->cell->count);
    flag(b, rf->intermittent);
    when(b, f->first_s);
    when(b, f->last_s);
    when(b, f->clean_before_s);
    when(b, f->clean_after_s);
    number(b, f->observers);
    number(b, f->rounds);
    text(b, report_text_strength_key(rf->strength), false);
    buf_init(&label, 200);
    report_text_strength(&label, rf->strength, f->cell->site->placed_networks,
                         f->observers);
    csv_add(b, buf_str(&label), false, false);
    buf_fini(&label);
    number(b, f->cell->site->blocked_networks);
    text(b, report_text_confidence(rf->confidence), false);
    number(b, f->control_verified);
    finding_contested(b, rf);
}

/* Rights, commitments, and the three parts of the test, left to people. */
static void finding_rights(struct buf *b, const struct report *rep,
                           const struct report_finding *rf)
{
    const struct category *k = rf->category;
    char presumption[2] = {k ? k->presumption : '\0', '\0'};
    rights(b, k ? k->primary : 0);
    rights(b, k ? k->secondary : 0);
    text(b, presumption, false);
    text(b, coalition_membership_name(rf->membership), false);
    commitments(b, rep, rf);
    for (int i = 0; i < 3; i++) {
        csv_add(b, STR("not_assessed"), false, false);
    }
}

static void finding(struct buf *b, const struct report *rep,
                    const struct report_finding *rf)
{
    finding_place(b, rep, rf);
    finding_evidence(b, rf);
    finding_rights(b, rep, rf);
    text(b, rf->f->uids[0], false);
    csv_end(b);
}

static void target(struct buf *b, const struct report_tested *t)
{
    const struct aggregate_site *s = t->site;
    text(b, s->domain, true);
    text(b, s->input, false);
    text(b, s->category, false);
    text(b, t->category ? t->category->meaning : "", false);
    text(b, report_text_status(t->status), false);
    counts(b, &s->count);
    number(b, s->networks);
    number(b, s->blocked_networks);
    number(b, s->observers);
    when(b, s->first_s);
    when(b, s->last_s);
    csv_end(b);
}

static void network(struct buf *b, const struct aggregate_network *n)
{
    char asn[16];
    snprintf(asn, sizeof(asn), "%u", n->asn);
    csv_add(b, str_c(asn), true, false);
    text(b, n->name, false);
    counts(b, &n->count);
    number(b, n->sites);
    number(b, n->blocked);
    number(b, n->days);
    number(b, n->observers);
    when(b, n->first_s);
    when(b, n->last_s);
    csv_end(b);
}

static void day(struct buf *b, const struct aggregate_daynet *d)
{
    struct buf t;
    buf_init(&t, 32);
    calendar_add_day(&t, d->day);
    csv_add(b, buf_str(&t), true, false);
    buf_fini(&t);
    number(b, d->net->asn);
    text(b, d->net->name, false);
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
     "control_verified,ok_since,ok_vouched,ok_observers,contested,"
     "contested_why,rights_primary,rights_secondary,presumption,membership,"
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

static void table_row(struct buf *b, const struct report *rep, enum table t,
                      size_t i)
{
    switch (t) {
    case FINDINGS:
        finding(b, rep, &rep->findings[i]);
        break;
    case TARGETS:
        target(b, &rep->tested[i]);
        break;
    case NETWORKS:
        network(b, rep->networks[i]);
        break;
    case COVERAGE:
        day(b, rep->aggregate->daynets[i]);
        break;
    }
}

static enum err write_table(struct report_out *o, const struct report *rep,
                            enum table t, size_t n, struct diag *d)
{
    struct report_out_file f;
    enum err e = report_out_open(o, tables[t].file, &f, d);
    if (e == ERR_OK) {
        header(&f.buf, tables[t].columns);
    }
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        table_row(&f.buf, rep, t, i);
        e = report_out_flush(&f, d);
    }
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

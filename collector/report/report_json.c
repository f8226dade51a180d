// SPDX-License-Identifier: Apache-2.0
/* Writes report.json, element by element. */
#include "collector/report/report_json.h"
#include "collector/store/store_claim.h"

#include "base/calendar.h"
#include "base/json_out.h"
#include "base/plain.h"
#include "collector/report/report_sentence.h"
#include "collector/report/report_text.h"
#include "verdict/rules.h"
#include "verdict/xstate.h"
#include "words/words.h"

#define KEY_FINDINGS 100 /* sentences at most */
#define KEY_UIDS     50  /* of one site */

/* Bytes; text that is longer and not plain is left empty. */
#define TEXT_MAX ((size_t)1 << 20)

/* Where the writer, the file and what to do about failure come together. */
struct out {
    struct jw w;
    struct report_out *o;
    struct report_out_file f;
    const struct report *rep;
    enum err e;
    struct diag *d;
};

/* After each element of a long list: go on? */
static bool step(struct out *x)
{
    if (x->e == ERR_OK) {
        x->e = report_out_flush(&x->f, x->d);
    }
    return x->e == ERR_OK;
}

/* Text that came from data. */
static void text_value(struct out *x, const char *s)
{
    struct buf room;
    buf_init(&room, TEXT_MAX);
    jw_str(&x->w, plain_clean(&room, s));
    if (room.failed == ERR_NOMEM && x->w.out->failed == ERR_OK) {
        x->w.out->failed = ERR_NOMEM;
    }
    buf_fini(&room);
}

static void text(struct out *x, const char *key, const char *s)
{
    jw_key(&x->w, key);
    text_value(x, s);
}

static void when(struct out *x, const char *key, int64_t unix_s)
{
    char t[24];
    calendar_iso(t, unix_s);
    if (unix_s == 0 || t[0] == '\0') {
        jw_kn(&x->w, key);
    } else {
        jw_kc(&x->w, key, t);
    }
}

static void day(struct out *x, const char *key, int64_t n)
{
    struct buf t;
    buf_init(&t, 32);
    calendar_add_day(&t, n);
    jw_ks(&x->w, key, buf_str(&t));
    buf_fini(&t);
}

static void number(struct out *x, const char *key, uint64_t n)
{
    jw_ki(&x->w, key, (int64_t)n);
}

static void counts(struct out *x, const struct aggregate_counts *c)
{
    static const int order[AGGREGATE_STATES] = {X_OK, X_BLOCKED, X_DOWN,
                                                X_INCONCLUSIVE, X_INTERNAL};
    number(x, "measurements", aggregate_total(c));
    for (size_t i = 0; i < AGGREGATE_STATES; i++) {
        number(x, xstate_name((enum xstate)order[i]), c->n[order[i]]);
    }
}

static void rights(struct out *x, const char *key, unsigned bits)
{
    jw_key(&x->w, key);
    jw_arr(&x->w);
    for (unsigned i = 0; i < RIGHTS_N; i++) {
        if ((bits & 1u << i) != 0) {
            jw_c(&x->w, coalition_rights[i].code);
        }
    }
    jw_arr_end(&x->w);
}

static void network_ref(struct out *x, const struct aggregate_network *n)
{
    number(x, "asn", n->asn);
    text(x, "network", n->name);
}

static void site_ref(struct out *x, const struct aggregate_site *s)
{
    text(x, "domain", s->domain);
    text(x, "input", s->input);
    text(x, "category", s->category);
}

static void finding_commitments(struct out *x, const struct report_finding *f)
{
    jw_key(&x->w, "commitments");
    jw_arr(&x->w);
    for (size_t i = 0; i < x->rep->n_commitments; i++) {
        enum commitment_state s = (enum commitment_state)f->commitments[i];
        if (s != COMMITMENT_NOT) {
            jw_obj(&x->w);
            jw_kc(&x->w, "id", x->rep->commitments[i].c->id);
            jw_kc(&x->w, "status", coalition_state_name(s));
            jw_obj_end(&x->w);
        }
    }
    jw_arr_end(&x->w);
}

static void three_part_test(struct out *x)
{
    jw_key(&x->w, "three_part_test");
    jw_obj(&x->w);
    jw_kc(&x->w, "legality", "not_assessed");
    jw_kc(&x->w, "legitimate_aim", "not_assessed");
    jw_kc(&x->w, "necessity_proportionality", "not_assessed");
    jw_obj_end(&x->w);
}

static void alternatives(struct out *x, const struct report_finding *f)
{
    jw_key(&x->w, "alternatives");
    jw_arr(&x->w);
    for (size_t i = 0; i < REPORT_ALTERNATIVES; i++) {
        const struct report_alternative *a = &f->alternatives[i];
        jw_obj(&x->w);
        jw_kc(&x->w, "hypothesis", report_text_cause(a->cause));
        jw_kc(&x->w, "check", report_text_check(a));
        jw_kb(&x->w, "excluded", a->excluded);
        jw_obj_end(&x->w);
    }
    jw_arr_end(&x->w);
}

/* Who reached the site since the finding was first seen. */
static void contested(struct out *x, const struct report_finding *rf)
{
    struct buf t;
    buf_init(&t, 1000);
    if (rf->contested) {
        report_sentence_contested(&t, rf);
    }
    buf_add_byte(&t, '\0');
    jw_kb(&x->w, "contested", rf->contested);
    jw_kc(&x->w, "contested_why",
          rf->contested && !t.failed ? (const char *)t.p : NULL);
    number(x, "ok_since", rf->f->ok_since);
    number(x, "ok_vouched", rf->f->ok_vouched);
    number(x, "ok_observers", rf->f->ok_observers);
    buf_fini(&t);
}

static void strength(struct out *x, const struct report_finding *rf)
{
    struct buf t;
    buf_init(&t, 1000);
    jw_kc(&x->w, "strength", report_text_strength_key(rf->strength));
    report_text_strength(&t, rf->strength, rf->f->cell->site->placed_networks,
                         rf->f->observers);
    jw_ks(&x->w, "strength_label", buf_str(&t));
    buf_clear(&t);
    jw_kc(&x->w, "confidence_interference",
          report_text_confidence(rf->confidence));
    report_sentence_basis(&t, rf);
    jw_ks(&x->w, "confidence_basis", buf_str(&t));
    contested(x, rf);
    jw_kc(&x->w, "confidence_operator", "not_assessed");
    jw_kc(&x->w, "confidence_state", "not_assessed");
    buf_fini(&t);
}

static void string_list(struct out *x, const char *key,
                        const char *const *items, size_t n)
{
    jw_key(&x->w, key);
    jw_arr(&x->w);
    for (size_t i = 0; i < n; i++) {
        text_value(x, items[i]);
    }
    jw_arr_end(&x->w);
}

/* Those that two people saw, where two saw it at all. */
static void reasons(struct out *x, const struct aggregate_finding *f)
{
    jw_key(&x->w, "reasons");
    jw_arr(&x->w);
    for (size_t i = 0; i < f->n_reasons; i++) {
        if (f->reasons[i].founded) {
            text_value(x, f->reasons[i].name);
        }
    }
    jw_arr_end(&x->w);
}

static void finding(struct out *x, const struct report_finding *rf)
{
    const struct aggregate_finding *f = rf->f;
    const struct category *k = rf->category;
    char presumption[2] = {k ? k->presumption : '\0', '\0'};
    jw_obj(&x->w);
    jw_kc(&x->w, "id", f->id);
    number(x, "number", rf->number);
    jw_kc(&x->w, "label", "interference");
    network_ref(x, f->cell->net);
    site_ref(x, f->cell->site);
    jw_kc(&x->w, "category_meaning", k ? k->meaning : NULL);
    text(x, "method", f->method);
    text(x, "method_text", words_method(rf->method)->name);
    number(x, "blocked_this_way", f->blocked);
    counts(x, &f->cell->count);
    jw_kb(&x->w, "intermittent", rf->intermittent);
    when(x, "first_seen", f->first_s);
    when(x, "last_seen", f->last_s);
    when(x, "first_seen_by_one", f->lone_first_s);
    when(x, "last_seen_by_one", f->lone_last_s);
    when(x, "last_ok_before", f->clean_before_s);
    when(x, "first_ok_after", f->clean_after_s);
    number(x, "observers", f->observers);
    number(x, "rounds", f->rounds);
    number(x, "networks_with_site", f->cell->site->blocked_networks);
    strength(x, rf);
    number(x, "control_verified", f->control_verified);
    reasons(x, f);
    rights(x, "rights_primary", k ? k->primary : 0);
    rights(x, "rights_secondary", k ? k->secondary : 0);
    jw_kc(&x->w, "presumption", k ? presumption : NULL);
    jw_kc(&x->w, "membership", coalition_membership_name(rf->membership));
    finding_commitments(x, rf);
    three_part_test(x);
    alternatives(x, rf);
    string_list(x, "uids", f->uids, f->n_uids);
    number(x, "uids_total", f->blocked);
    jw_obj_end(&x->w);
}

/* One measurement of each of the site's findings. */
static void site_uids(struct out *x, const struct aggregate_site *site)
{
    size_t n = 0;
    jw_key(&x->w, "uids");
    jw_arr(&x->w);
    for (const struct aggregate_finding *f = site->findings; f && n < KEY_UIDS;
         f = f->next_of_site, n++) {
        text_value(x, f->uids[0]);
    }
    jw_arr_end(&x->w);
}

static void key_findings(struct out *x)
{
    const struct report *rep = x->rep;
    struct buf t;
    buf_init(&t, 16384);
    jw_key(&x->w, "key_findings");
    jw_arr(&x->w);
    for (size_t i = 0; i < rep->n_sites && i < KEY_FINDINGS && step(x); i++) {
        const struct report_site *s = &rep->sites[i];
        buf_clear(&t);
        report_sentence_key(&t, rep, s);
        buf_add_byte(&t, '\0');
        jw_obj(&x->w);
        text(x, "sentence", t.failed == ERR_OK ? (const char *)t.p : "");
        site_ref(x, s->site);
        jw_kc(&x->w, "confidence_interference",
              report_text_confidence(s->confidence));
        jw_kc(&x->w, "strength", report_text_strength_key(s->strength));
        number(x, "networks", s->networks);
        number(x, "observers", s->observers);
        site_uids(x, s->site);
        jw_obj_end(&x->w);
    }
    jw_arr_end(&x->w);
    buf_fini(&t);
}

static void networks(struct out *x)
{
    jw_key(&x->w, "networks");
    jw_arr(&x->w);
    for (size_t i = 0; i < x->rep->aggregate->n_networks && step(x); i++) {
        const struct aggregate_network *n = x->rep->networks[i];
        jw_obj(&x->w);
        network_ref(x, n);
        counts(x, &n->count);
        number(x, "targets", n->sites);
        number(x, "targets_blocked", n->blocked);
        number(x, "days", n->days);
        number(x, "observers", n->observers);
        when(x, "first", n->first_s);
        when(x, "last", n->last_s);
        jw_obj_end(&x->w);
    }
    jw_arr_end(&x->w);
}

static void tested(struct out *x)
{
    const struct report *rep = x->rep;
    jw_key(&x->w, "tested");
    jw_obj(&x->w);
    jw_key(&x->w, "counts");
    jw_obj(&x->w);
    number(x, "targets", rep->aggregate->n_sites);
    for (int s = SITE_BLOCKED; s <= SITE_INTERNAL; s++) {
        number(x, report_text_status((enum report_status)s), rep->by_status[s]);
    }
    jw_obj_end(&x->w);
    jw_key(&x->w, "targets");
    jw_arr(&x->w);
    for (size_t i = 0; i < rep->aggregate->n_sites && step(x); i++) {
        const struct aggregate_site *s = rep->tested[i].site;
        jw_obj(&x->w);
        site_ref(x, s);
        jw_kc(&x->w, "status", report_text_status(rep->tested[i].status));
        counts(x, &s->count);
        number(x, "networks", s->networks);
        number(x, "networks_blocked", s->blocked_networks);
        number(x, "observers", s->observers);
        jw_obj_end(&x->w);
    }
    jw_arr_end(&x->w);
    jw_obj_end(&x->w);
}

static void not_tested(struct out *x)
{
    const struct report *rep = x->rep;
    jw_key(&x->w, "not_tested");
    jw_obj(&x->w);
    jw_key(&x->w, "categories");
    jw_arr(&x->w);
    for (size_t i = 0; i < rep->n_untested; i++) {
        jw_c(&x->w, rep->untested[i]->code);
    }
    jw_arr_end(&x->w);
    jw_key(&x->w, "single_observer_networks");
    jw_arr(&x->w);
    for (size_t i = 0; i < rep->aggregate->n_networks && step(x); i++) {
        if (rep->networks[i]->observers == 1) {
            jw_i64(&x->w, (int64_t)rep->networks[i]->asn);
        }
    }
    jw_arr_end(&x->w);
    jw_key(&x->w, "days_without_measurement");
    jw_arr(&x->w);
    for (size_t i = 0; i < rep->n_gaps && step(x); i++) {
        jw_obj(&x->w);
        day(x, "from", rep->gaps[i].from_day);
        day(x, "to", rep->gaps[i].to_day);
        jw_obj_end(&x->w);
    }
    jw_arr_end(&x->w);
    jw_kc(&x->w, "note", "No finding is not \"no censorship\".");
    jw_obj_end(&x->w);
}

/* What was stored but believed nothing, and what was believed on whose word. */
static void claims(struct out *x)
{
    const struct aggregate *a = x->rep->aggregate;
    jw_key(&x->w, "set_aside");
    jw_obj(&x->w);
    number(x, store_claim_timing(TIMING_FUTURE), a->set_aside[TIMING_FUTURE]);
    number(x, store_claim_timing(TIMING_OLD), a->set_aside[TIMING_OLD]);
    jw_obj_end(&x->w);
    number(x, "vouched", a->vouched);
    jw_key(&x->w, "places");
    jw_obj(&x->w);
    for (int i = 0; i < STORE_PLACES; i++) {
        number(x, store_claim_place(i), a->by_place[i]);
    }
    jw_obj_end(&x->w);
}

static void coverage(struct out *x)
{
    const struct report *rep = x->rep;
    jw_key(&x->w, "coverage");
    jw_obj(&x->w);
    counts(x, &rep->aggregate->count);
    number(x, "networks", rep->aggregate->n_networks);
    number(x, "networks_standing", rep->standing);
    number(x, "networks_affected", rep->affected);
    number(x, "other", aggregate_total(&rep->aggregate->other));
    number(x, "targets", rep->aggregate->n_sites);
    number(x, "targets_blocked", rep->n_sites);
    number(x, "days", (uint64_t)rep->days);
    number(x, "days_measured", (uint64_t)rep->days_measured);
    number(x, "observers", rep->aggregate->observers);
    number(x, "control_verified", rep->aggregate->control_verified);
    number(x, "inferred_location", rep->aggregate->inferred_location);
    claims(x);
    when(x, "received_until", rep->aggregate->receipt_s);
    jw_obj_end(&x->w);
}

static void coalition(struct out *x)
{
    const struct report *rep = x->rep;
    jw_key(&x->w, "coalition");
    jw_obj(&x->w);
    jw_kc(&x->w, "membership_first_seen",
          coalition_membership_name(rep->member_first));
    jw_kc(&x->w, "membership_last_seen",
          coalition_membership_name(rep->member_last));
    rights(x, "rights_primary", rep->rights_primary);
    rights(x, "rights_secondary", rep->rights_secondary);
    jw_key(&x->w, "commitments");
    jw_arr(&x->w);
    for (size_t i = 0; i < rep->n_commitments; i++) {
        const struct report_commitment *c = &rep->commitments[i];
        jw_obj(&x->w);
        jw_kc(&x->w, "id", c->c->id);
        jw_kc(&x->w, "title", c->c->title);
        jw_kc(&x->w, "date", c->c->date);
        jw_kc(&x->w, "says", c->c->says);
        rights(x, "rights", c->c->rights);
        jw_kc(&x->w, "status_first_seen", coalition_state_name(c->first));
        jw_kc(&x->w, "status_last_seen", coalition_state_name(c->last));
        if (c->c->scope == SCOPE_PARTIES) {
            jw_kc(&x->w, "iccpr_party", "not_recorded");
        }
        jw_obj_end(&x->w);
    }
    jw_arr_end(&x->w);
    jw_obj_end(&x->w);
}

static void write_all(struct out *x)
{
    const struct report *rep = x->rep;
    jw_obj(&x->w);
    jw_kc(&x->w, "schema", REPORT_SCHEMA);
    jw_kc(&x->w, "marking", "INTERNAL");
    jw_kc(&x->w, "software", "parallax " PARALLAX_VERSION);
    jw_kc(&x->w, "report_rules", REPORT_RULES);
    jw_kc(&x->w, "verdict_rules", VERDICT_RULES_VERSION);
    jw_kc(&x->w, "country", rep->cc);
    jw_kc(&x->w, "country_name", rep->country);
    when(x, "since", rep->since_s);
    when(x, "until", rep->until_s);
    when(x, "generated", rep->generated_s);
    jw_kc(&x->w, "lang", "en");
    coverage(x);
    key_findings(x);
    jw_key(&x->w, "findings");
    jw_arr(&x->w);
    for (size_t i = 0; i < rep->n_findings && step(x); i++) {
        finding(x, &rep->findings[i]);
    }
    jw_arr_end(&x->w);
    networks(x);
    tested(x);
    not_tested(x);
    coalition(x);
    jw_obj_end(&x->w);
    buf_add_c(&x->f.buf, "\n");
}

enum err report_json_write(struct report_out *o, const struct report *rep,
                           struct diag *d)
{
    struct out x = {.o = o, .rep = rep, .d = d};
    x.e = report_out_open(o, "report.json", &x.f, d);
    if (x.e == ERR_OK) {
        jw_init(&x.w, &x.f.buf);
        write_all(&x);
    }
    if (x.e == ERR_OK) {
        return report_out_close(o, &x.f, d);
    }
    report_out_drop(&x.f);
    return x.e;
}

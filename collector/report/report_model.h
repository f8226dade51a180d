// SPDX-License-Identifier: Apache-2.0
/* What a report says, before it is laid out: findings in order of weight, how
 * sure each is and why, rights and commitments, and what was not tested. The
 * layouts (html, json, csv) read this and add no judgement of their own.
 *
 * Words matter here. Measurements show interference. Whether a right was
 * violated is a conclusion of law for people to draw: the three-part test is
 * carried as fields that say "not assessed".
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_MODEL_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_MODEL_H

#include "collector/analysis/aggregate.h"
#include "collector/analysis/coalition.h"

#define REPORT_SCHEMA "parallax-report/1"
#define REPORT_RULES  "1" /* version of the rules for strength, confidence */
#define REPORT_BINS   62  /* bars of the timeline at most */
#define REPORT_ALTS   5

enum report_strength {
    STRENGTH_ONE,
    STRENGTH_OBSERVERS,
    STRENGTH_NETWORKS
};

enum report_confidence {
    CONF_LOW,
    CONF_MODERATE,
    CONF_HIGH,
    CONF_CONFIRMED
};

enum site_status {
    SITE_BLOCKED, /* has a finding */
    SITE_OK,
    SITE_DOWN,
    SITE_INCONCLUSIVE,
    SITE_INTERNAL,
};

/* An innocent explanation, what speaks about it, and whether it is excluded. */
struct report_alt {
    const char *hypothesis, *check;
    bool excluded;
};

struct report_finding {
    const struct aggregate_finding *f;
    const struct category *category; /* NULL: code unknown */
    enum report_strength strength;
    enum report_confidence confidence;
    enum membership membership; /* on the day it was first seen */
    unsigned number;            /* in this report, from 1 */
};

/* A site with findings, over all networks. */
struct report_site {
    const struct aggregate_site *site;
    const struct category *category;
    enum report_strength strength;
    enum report_confidence confidence; /* best of its findings */
    const struct report_finding *best; /* whose evidence is quoted first */
    uint64_t blocked, measurements;    /* in networks with a finding */
    uint64_t ok_since;                 /* reached after interference began */
    unsigned observers;                /* over all networks */
    int64_t first_s, last_s;
};

struct report_span {
    int64_t from_day, to_day; /* both included */
};

struct report_bin {
    int64_t from_day, to_day;
    struct aggregate_counts count;
};

struct report_commitment {
    const struct commitment *c;
    enum commitment_state first, last; /* on the first and the last day */
};

struct report {
    struct region *region;
    const struct aggregate *agg;
    const struct coalition *coalition;
    const char *cc, *country;
    int64_t since_s, until_s, generated_s;
    bool generated_fixed;            /* SOURCE_DATE_EPOCH was given */
    struct report_finding *findings; /* by network, then weight */
    size_t n_findings;
    struct report_site *sites; /* those with findings, by weight */
    size_t n_sites;
    struct aggregate_network *
        *networks;                    /* by number of blocked sites, then asn */
    struct aggregate_site **tested;   /* all, by input */
    uint64_t by_status[5];            /* enum site_status */
    const struct category **untested; /* no site of it was tested */
    size_t n_untested;
    uint64_t single_observer; /* networks seen by one observer only */
    uint64_t affected;        /* networks with a finding */
    int64_t days, days_measured;
    struct report_span *gaps; /* days without a measurement */
    size_t n_gaps;
    struct report_bin bins[REPORT_BINS];
    size_t n_bins;
    int64_t bin_days;
    unsigned rights_primary, rights_secondary; /* of all findings */
    struct report_commitment *commitments;     /* that touch those rights */
    size_t n_commitments;
    enum membership member_first, member_last; /* on first and last day */
};

struct report_args {
    const char *cc;
    int64_t since_s, until_s, generated_s;
    bool generated_fixed;
};

/* Builds everything in `r`; borrows agg and coalition. The aggregate must be
 * finished. */
MUST_USE enum err report_build(struct region *r, const struct aggregate *agg,
                               const struct coalition *c,
                               const struct report_args *args,
                               struct report **out);
enum site_status report_site_status(const struct aggregate_site *s);
/* Explanations other than interference; returns how many. */
size_t report_alternatives(const struct report_finding *f,
                           struct report_alt out[REPORT_ALTS]);
/* Some measurements of the site got through after it began. */
bool report_intermittent(const struct report_finding *f);
/* How a commitment stands for one finding. */
enum commitment_state report_commitment_of(const struct report *rep,
                                           const struct report_finding *f,
                                           const struct commitment *c);

#endif

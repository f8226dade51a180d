// SPDX-License-Identifier: Apache-2.0
/* What a report says, before it is laid out: findings in order of weight, how
 * sure each is and why, rights and commitments, and what was not tested.
 * report_model builds it once with all that is said; the layouts (html, json,
 * csv) read it and add no judgement of their own. Counts stay where they were
 * made, in the aggregate, and are pointed to.
 *
 * Words matter here. Measurements show interference. Whether a right was
 * violated is a conclusion of law for people to draw: the three-part test is
 * carried as fields that say "not assessed".
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_H

#include "collector/analysis/aggregate.h"
#include "collector/analysis/coalition.h"
#include "verdict/method.h"

#define REPORT_SCHEMA "parallax-report/1"
#define REPORT_RULES  "3" /* version of the rules for strength, confidence */
#define REPORT_BINS   62  /* bars of the timeline at most */

/* How many agree on a finding. */
enum report_strength {
    STRENGTH_ONE,
    STRENGTH_OBSERVERS,
    STRENGTH_NETWORKS
};

enum report_confidence {
    CONF_LOW,
    CONF_CONTESTED, /* would be more, but too many people reached the site */
    CONF_MODERATE,
    CONF_HIGH,
    CONF_CONFIRMED
};

#define REPORT_CONFIDENCES 5

/* What the measurements of one site amount to. */
enum report_status {
    SITE_BLOCKED, /* has a finding */
    SITE_OK,
    SITE_DOWN,
    SITE_INCONCLUSIVE,
    SITE_INTERNAL,
};

#define REPORT_STATUSES 5

/* Innocent explanations of a finding. The first four are weighed for each;
 * of the last three, one, by its method. */
enum report_cause {
    CAUSE_SITE_DOWN,
    CAUSE_EQUIPMENT,
    CAUSE_PASSING_FAULT,
    CAUSE_COUNTRY_TURNED_AWAY,
    CAUSE_OTHER_ADDRESS,
    CAUSE_OTHER_PAGE,
    CAUSE_NETWORK_REFUSED,
};

#define REPORT_ALTERNATIVES 5

struct report_alternative {
    enum report_cause cause;
    bool excluded; /* the measurements speak against it */
};

struct report_finding {
    const struct aggregate_finding *f;
    const struct category *category; /* NULL: code unknown */
    enum method method; /* METHOD_NONE: the record has a word for it
                           that we do not know */
    enum report_strength strength;
    enum report_confidence confidence;
    enum membership membership; /* on the day it was first seen */
    /* those who saw it blocked reached it at other times */
    bool intermittent;
    bool contested; /* more than half as many people reached it since */
    struct report_alternative alternatives[REPORT_ALTERNATIVES];
    /* enum commitment_state of each of the report's commitments, on the day
     * the finding was first seen; COMMITMENT_NOT too where it names none of
     * the rights touched */
    const uint8_t *commitments;
    unsigned number; /* in this report, from 1 */
};

/* A site with findings, over all networks. */
struct report_site {
    const struct aggregate_site *site;
    const struct category *category;
    enum report_strength strength;     /* best of its findings */
    enum report_confidence confidence; /* best of its findings */
    const struct report_finding *best; /* whose evidence is quoted first */
    unsigned methods;                  /* bits, 1u << enum method */
    bool intermittent;
    uint64_t networks; /* with a well-founded finding, else with any */
    uint64_t tested;   /* networks it is known to have been tested on */
    uint64_t blocked, measurements; /* in networks with a finding */
    uint64_t ok_since;              /* reached there since, in so many */
    unsigned ok_observers;          /* by so many, where it was most */
    unsigned observers;             /* over all networks */
    int64_t first_s, last_s;
};

/* A site that was tested, whatever came of it. */
struct report_tested {
    const struct aggregate_site *site;
    const struct category *category; /* NULL: code unknown */
    enum report_status status;
};

struct report_span {
    int64_t from_day, to_day; /* both included */
};

struct report_bin {
    int64_t from_day, to_day;
    struct aggregate_counts count;
};

/* Sites with findings that touch one right. */
struct report_right {
    uint64_t primary, secondary;
};

struct report_commitment {
    const struct commitment *c;
    enum commitment_state first, last; /* on the first and the last day */
};

struct report {
    const char *cc, *country;
    const char *country_inline; /* in a sentence: "the Netherlands" */
    int64_t since_s, until_s, generated_s;
    bool generated_fixed;              /* SOURCE_DATE_EPOCH was given */
    const struct aggregate *aggregate; /* counts of everything */

    /* findings */
    struct report_finding *findings; /* by network, then weight */
    size_t n_findings;
    struct report_site *sites; /* those with findings, by weight */
    size_t n_sites;
    uint64_t by_method[METHOD_COUNT];           /* findings */
    uint64_t by_confidence[REPORT_CONFIDENCES]; /* sites */

    /* coverage; networks and tested are as many as the aggregate has */
    struct aggregate_network **networks; /* most sites blocked first */
    uint64_t standing; /* networks that somebody is known to be in, else all */
    uint64_t affected; /* of those, with a finding */
    uint64_t founded_sites, founded_networks; /* with a well-founded one */
    uint64_t single_observer;     /* networks seen by one observer only */
    struct report_tested *tested; /* by domain */
    uint64_t by_status[REPORT_STATUSES];
    const struct category **untested; /* no site of it was tested */
    size_t n_untested;
    int64_t days, days_measured;
    struct report_span *gaps; /* days without a measurement */
    size_t n_gaps;
    struct report_bin bins[REPORT_BINS]; /* from the first day measured on */
    size_t n_bins;
    int64_t bin_days;

    /* rights */
    unsigned rights_primary, rights_secondary; /* bits, of all findings */
    struct report_right rights[RIGHTS_NAMED];
    uint64_t unmapped; /* sites with findings whose kind is not recorded */
    struct report_commitment *commitments; /* that touch those rights */
    size_t n_commitments;
    const struct member *member;               /* NULL: never was one */
    enum membership member_first, member_last; /* on first and last day */
};

#endif

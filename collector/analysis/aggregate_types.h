// SPDX-License-Identifier: Apache-2.0
/* What an aggregate (aggregate.h) holds. Plain values; all of it lives as long
 * as the aggregate.
 */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_TYPES_H
#define PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_TYPES_H

#include "base/region.h"
#include "collector/analysis/pair.h"
#include "collector/analysis/said.h"
#include "collector/store/store.h"

#define AGGREGATE_STATES       5 /* enum xstate */
#define AGGREGATE_MAX_SITES    300000u
#define AGGREGATE_MAX_NETWORKS 70000u
#define AGGREGATE_MAX_CELLS    600000u /* (network, site) */
#define AGGREGATE_MAX_FINDINGS 300000u
#define AGGREGATE_MAX_DAYNETS  600000u /* (day, network) */
#define AGGREGATE_KEEP_UIDS    3 /* named per finding; the annex has all */
#define AGGREGATE_MAX_REASONS  8
#define AGGREGATE_FINDING_ID   15 /* "F-" + 12 hex + NUL */

struct observers; /* counts independent observers */
struct settled;   /* what was counted of a day before its tags expired */

/* Measurements by state of the verdict. */
struct aggregate_counts {
    uint64_t n[AGGREGATE_STATES];
};

struct aggregate_network {
    uint32_t asn;
    const char *name; /* what most people call it, "" if that is not known */
    struct said names;
    bool stands; /* somebody is known to be in it (senders.h) */
    struct aggregate_counts count;
    int64_t first_s, last_s;
    uint64_t days;    /* days with a measurement */
    uint64_t sites;   /* sites tested */
    uint64_t blocked; /* sites with a finding */
    uint64_t founded; /* sites with a well-founded one */
    unsigned observers;
    struct observers *seen;
    struct aggregate_daynet *today; /* its last day so far */
};

struct aggregate_site {
    const char *input, *domain; /* input in its normal spelling */
    const char *category;       /* code or "" */
    struct said categories;     /* of all who tested it */
    struct said
        of_blocked; /* of those who saw it blocked, or are vouched for */
    struct aggregate_counts count;
    int64_t first_s, last_s;
    uint64_t networks;          /* networks that tested it */
    uint64_t standing_networks; /* those that somebody is known to be in */
    uint64_t reached_networks;  /* where two people reached it on one day */
    uint64_t blocked_networks;  /* networks with a finding */
    uint64_t founded_networks;  /* networks with a well-founded one */
    /* as many; where there is none, networks with a finding that somebody was
     * in as far as can be told; all others that are claimed from where nobody
     * knows are one, and those claimed from elsewhere none */
    uint64_t placed_networks;
    bool unplaced_network; /* that one was counted */
    unsigned methods;      /* of its well-founded findings, else of all */
    unsigned observers, blocked_observers; /* blocked: who saw a finding */
    struct observers *seen, *seen_blocked; /* over all networks */
    struct aggregate_finding *findings;    /* of all networks */
};

/* One site on one network. */
struct aggregate_cell {
    struct aggregate_network *net;
    struct aggregate_site *site;
    struct aggregate_counts count;
    struct aggregate_finding *findings;
    bool placed;               /* somebody who saw a finding was there */
    bool unchecked;            /* and somebody, nobody knows where */
    bool stands;               /* somebody is known to have tested it there */
    struct pair ok;            /* two people reached it */
    int64_t last_ok_s;         /* when two had, last; 0: never */
    int64_t any_ok_s;          /* when anybody had, last */
    struct observers *seen_ok; /* NULL unless counted (aggregate_count_ok) */
};

/* A rule of the verdicts behind a finding. */
struct aggregate_reason {
    const char *name;
    struct pair by;
    bool founded; /* two people's, or all there is: for reports */
};

struct aggregate_finding {
    /* of country, network, site and method: the same in every report */
    char id[AGGREGATE_FINDING_ID];
    struct aggregate_cell *cell;
    const char *method; /* the rows' word for it; "other" if they have none */
    uint64_t blocked;
    uint64_t rounds;     /* an observer's tests within one hour count once */
    uint64_t ok_since;   /* ok rows of the cell after the first blocked one */
    uint64_t ok_vouched; /* of those, the ones that somebody vouches for */
    uint64_t control_verified;
    uint64_t verified_rounds; /* rounds whose control is verified */
    bool founded;             /* well founded */
    uint64_t vouched;         /* blocked rows that somebody vouches for */
    /* Never beyond receipt. Of the days on which two people saw it, if there is
     * one. */
    int64_t first_s, last_s;
    int64_t lone_first_s, lone_last_s; /* of all days, whoever says so */
    /* Last ok before the first blocked, and first one after the last, 0: none;
     * of two people on one day, or vouched for; of anybody for a finding that
     * is not well founded. */
    int64_t clean_before_s, clean_after_s;
    bool lone_before, lone_after; /* 0 there, and yet one alone reached it */
    unsigned observers;
    unsigned ok_observers;       /* people behind ok_since */
    unsigned both;               /* of observers, who reached it since */
    unsigned verified_observers; /* people behind control_verified */
    struct observers *seen, *seen_ok, *seen_both;
    struct observers
        *seen_verified; /* NULL while it would be `seen`, or none */
    /* at least one: of the days that its dates are of, by who can be believed
     * most, the first ones; their bytes are in `dates` */
    const char *uids[AGGREGATE_KEEP_UIDS];
    size_t n_uids;
    struct aggregate_reason *reasons; /* rules of the verdicts */
    size_t n_reasons, cap_reasons;
    struct aggregate_dates *dates; /* what they are made from */
    struct aggregate_finding *next_in_cell, *next_of_site;
};

/* One network on one day. */
struct aggregate_daynet {
    int64_t day; /* since 1970 */
    struct aggregate_network *net;
    struct aggregate_counts count;
    unsigned observers;
    struct observers *seen;
};

struct aggregate {
    struct region *region;
    struct aggregate_counts count;
    int64_t first_s, last_s, receipt_s; /* receipt: the latest */
    uint64_t control_verified, inferred_location, vouched;
    struct aggregate_counts other;   /* of `count`, what found no room */
    bool any_stands;                 /* one of the networks does */
    uint64_t by_place[STORE_PLACES]; /* enum store_place */
    /* rows of enum store_timing that nobody vouches for: counted nowhere else
     */
    uint64_t set_aside[STORE_TIMINGS];
    unsigned observers;
    struct observers *seen;
    /* each in the order in which it was met */
    struct aggregate_network **networks;
    struct aggregate_site **sites;
    struct aggregate_cell **cells;
    struct aggregate_finding **findings;
    struct aggregate_daynet **daynets;
    size_t n_networks, n_sites, n_cells, n_findings, n_daynets;
    struct aggregate_tables *tables;
};

/* How much one holds at most. */
struct aggregate_limits {
    size_t networks, sites, cells, findings, daynets;
};

#endif

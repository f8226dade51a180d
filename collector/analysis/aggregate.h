// SPDX-License-Identifier: Apache-2.0
/* Counts of measurements by network, site, method and day, made in one pass
 * over rows in order of start time. Called by the report; knows neither store
 * nor files. Single thread. Everything lives in the aggregate's own region
 * until aggregate_free; every table has a stated maximum (ERR_LIMIT beyond
 * it).
 *
 * A finding is one (network, site, method) with at least one row in state
 * blocked. Nothing here keeps x_probe or a source tag longer than the day
 * being counted, and then only as a hash; a finding keeps hashes of the
 * pseudonyms of those who saw it, as long as the aggregate lives.
 */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_H
#define PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_H

#include "base/region.h"
#include "collector/store/store.h"

#define AGGREGATE_STATES       5 /* enum xstate */
#define AGGREGATE_MAX_SITES    1000000u
#define AGGREGATE_MAX_NETWORKS 70000u
#define AGGREGATE_MAX_CELLS    2000000u /* (network, site) */
#define AGGREGATE_MAX_FINDINGS 1000000u
#define AGGREGATE_MAX_DAYNETS  2000000u /* (day, network) */
#define AGGREGATE_KEEP_UIDS    3 /* named per finding; the annex has all */
#define AGGREGATE_MAX_REASONS  8
#define AGGREGATE_FINDING_ID   15 /* "F-" + 12 hex + NUL */

struct observers; /* counts independent observers */

/* Measurements by state of the verdict. */
struct aggregate_counts {
    uint64_t n[AGGREGATE_STATES];
};

struct aggregate_network {
    uint32_t asn;
    const char *name; /* what most rows call it, "" if none does */
    uint64_t votes;   /* for that name, above those for others */
    struct aggregate_counts count;
    int64_t first_s, last_s;
    uint64_t days;    /* days with a measurement */
    uint64_t sites;   /* sites tested */
    uint64_t blocked; /* sites with a finding */
    unsigned observers;
    struct observers *seen;
    struct aggregate_daynet *today; /* its last day so far */
};

struct aggregate_site {
    const char *input, *domain; /* input in its normal spelling */
    const char *category;       /* code or "" */
    struct aggregate_counts count;
    int64_t first_s, last_s;
    uint64_t networks;         /* networks that tested it */
    uint64_t blocked_networks; /* networks with a finding */
    /* of those, the ones that somebody was in as far as can be told; all others
     * that are claimed from where nobody knows are one, and those claimed from
     * elsewhere none */
    uint64_t placed_networks;
    bool unplaced_network; /* that one was counted */
    unsigned methods;      /* distinct methods of its findings */
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
    bool placed;       /* somebody who saw a finding was there */
    bool unchecked;    /* and somebody, nobody knows where */
    int64_t last_ok_s; /* 0: none */
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
    int64_t first_s, last_s;
    int64_t clean_before_s; /* last ok before the first blocked, 0: none */
    int64_t clean_after_s;  /* first ok after the last blocked, 0: none */
    unsigned observers;
    unsigned ok_observers;       /* people behind ok_since */
    unsigned both;               /* of observers, who reached it since */
    unsigned verified_observers; /* people behind control_verified */
    struct observers *seen, *seen_ok, *seen_both;
    struct observers
        *seen_verified; /* NULL while it would be `seen`, or none */
    const char **uids;  /* the first ones, at least one */
    size_t n_uids, cap_uids;
    const char *reasons[AGGREGATE_MAX_REASONS]; /* rules of the verdicts */
    size_t n_reasons;
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

/* Empty; NULL when there is no memory. Caller frees with aggregate_free. */
struct aggregate *aggregate_new(void);
/* Frees it and all that stands in it; NULL is allowed. */
void aggregate_free(struct aggregate *a);
/* Counts one row; texts that it leaves out may be NULL.
 * `*finding` is the finding it belongs to, NULL unless blocked. A row whose
 * time cannot be believed (store_claim_counts) is only counted as set aside.
 * ERR_INVAL: an unknown state, or out of order of start time; ERR_LIMIT,
 * ERR_NOMEM. After an error the aggregate is good for aggregate_free only. */
MUST_USE enum err aggregate_add(struct aggregate *a,
                                const struct store_row *row,
                                const struct aggregate_finding **finding);
/* Call once after the last row: fills the counts of observers. */
void aggregate_finish(struct aggregate *a);
/* Measurements in all states. */
uint64_t aggregate_total(const struct aggregate_counts *c);

#endif

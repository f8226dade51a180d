// SPDX-License-Identifier: Apache-2.0
/* Counts of measurements by network, site, method and day, made in one pass
 * over rows in order of start time. Called by the report; knows neither store
 * nor files. Single thread. Everything lives in the aggregate's own region
 * until agg_free; every table has a stated maximum (ERR_LIMIT beyond it).
 *
 * A finding is one (network, site, method) with at least one row in state
 * blocked. Nothing here keeps x_probe or a source tag longer than the day
 * being counted, and then only as a hash.
 */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_H
#define PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_H

#include "base/region.h"
#include "collector/store/store.h"

#define AGG_STATES       5 /* enum xstate */
#define AGG_MAX_SITES    1000000u
#define AGG_MAX_NETWORKS 70000u
#define AGG_MAX_CELLS    2000000u /* (network, site) */
#define AGG_MAX_FINDINGS 1000000u
#define AGG_MAX_DAYNETS  2000000u /* (day, network) */
#define AGG_KEEP_UIDS    100      /* named per finding; the annex has all */
#define AGG_UID_BUDGET   400000u  /* named over all findings, past the first */
#define AGG_MAX_REASONS  8
#define AGG_MAX_COUNTED  255 /* observers told apart in one cell and day */
#define AGG_FINDING_ID   15  /* "F-" + 12 hex + NUL */

struct observers; /* counts independent observers of one cell */

struct agg_counts {
    uint64_t n[AGG_STATES];
};

struct agg_network {
    uint32_t asn;
    const char *name; /* what most rows call it, "" if none does */
    uint64_t votes;   /* for that name, above those for others */
    struct agg_counts count;
    int64_t first_s, last_s;
    uint64_t days;    /* days with a measurement */
    uint64_t sites;   /* sites tested */
    uint64_t blocked; /* sites with a finding */
    unsigned observers;
    struct observers *seen;
    struct agg_daynet *today;
};

struct agg_site {
    const char *input, *domain;
    const char *category; /* code or "" */
    struct agg_counts count;
    int64_t first_s, last_s;
    uint64_t networks;         /* networks that tested it */
    uint64_t blocked_networks; /* networks with a finding */
    unsigned methods;          /* distinct methods among its findings */
    unsigned observers, blocked_observers; /* blocked: who saw a finding */
    struct observers *seen, *seen_blocked; /* over all networks */
    struct agg_finding *findings;          /* of all networks */
};

struct agg_cell {
    struct agg_network *net;
    struct agg_site *site;
    struct agg_counts count;
    struct agg_finding *findings;
    int64_t last_ok_s; /* 0: none */
};

struct agg_finding {
    char id[AGG_FINDING_ID]; /* stable: of country, network, site, method */
    struct agg_cell *cell;
    const char *method; /* "" is written "other" */
    uint64_t blocked;
    uint64_t rounds;   /* an observer's tests within one hour count once */
    uint64_t ok_since; /* ok rows of the cell after the first blocked one */
    uint64_t control_verified;
    int64_t first_s, last_s;
    int64_t clean_before_s; /* last ok before the first blocked, 0: none */
    int64_t clean_after_s;  /* first ok after the last blocked, 0: none */
    unsigned observers;
    struct observers *seen;
    const char **uids; /* the first ones, at least one */
    size_t n_uids, cap_uids;
    const char *reasons[AGG_MAX_REASONS];
    size_t n_reasons;
    struct agg_finding *next_in_cell, *next_of_site;
};

struct agg_daynet {
    int64_t day; /* since 1970 */
    struct agg_network *net;
    struct agg_counts count;
    unsigned observers;
    struct observers *seen;
};

struct agg {
    struct region *region;
    struct agg_counts count;
    int64_t first_s, last_s, receipt_s; /* receipt: the latest */
    uint64_t control_verified, inferred_location;
    unsigned observers;
    struct observers *seen;
    struct agg_network **networks;
    struct agg_site **sites;
    struct agg_cell **cells;
    struct agg_finding **findings;
    struct agg_daynet **daynets;
    size_t n_networks, n_sites, n_cells, n_findings, n_daynets;
    struct agg_tables *tables;
};

/* NULL when there is no memory. Caller frees with agg_free. */
struct agg *agg_new(void);
void agg_free(struct agg *a);
/* One row; `*finding` is the finding it belongs to, NULL unless blocked.
 * ERR_INVAL: rows out of order of start time. */
MUST_USE enum err agg_add(struct agg *a, const struct store_row *row,
                          const struct agg_finding **finding);
/* Call once after the last row: fills the counts of observers. */
void agg_finish(struct agg *a);

uint64_t agg_total(const struct agg_counts *c);
/* Whole days since 1970 of a time, also before 1970. */
int64_t agg_day(int64_t unix_s);

#endif

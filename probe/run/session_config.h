// SPDX-License-Identifier: Apache-2.0
/* What a run is asked to do, and what came of it. */
#ifndef PARALLAX_PROBE_RUN_SESSION_CONFIG_H
#define PARALLAX_PROBE_RUN_SESSION_CONFIG_H

#include "probe/deliver/ways.h"
#include "probe/run/outage.h"
#include "probe/run/targets.h"
#include "record/list_orders.h"

/* Why a run measured nothing, or measures no more. */
#define SESSION_PAUSED "a signed list has paused measuring here"

/* What a run by schedule does otherwise than a plain one. */
struct session_schedule {
    int64_t name_us;  /* sites begin so far apart, and up to as much more */
    int64_t apart_us; /* between a failure and the next visit there */
    /* The first `n` of the targets have their records. */
    void (*reached)(void *arg, size_t n);
    void *arg;
};

struct session_config {
    const struct targets *targets;
    const struct session_schedule *schedule; /* the targets come in the order
                                                in which they are, and nothing
                                                is kept of where the run ends;
                                                NULL: a plain run */
    struct str set; /* what was asked for, the same in the next run: if this one
                       ends early, that one goes on. Without: it begins anew */
    const char *collector;   /* URL; NULL: none, then no upload either */
    struct ways_config ways; /* to it */
    const char *asn_db;      /* file, or NULL */
    unsigned parallel;
    int64_t max_runtime_us;           /* 0: no limit */
    uint64_t budget_bytes;            /* 0: no limit */
    const char *out;                  /* file, "-", or NULL */
    const struct list_orders *orders; /* of believed lists, or NULL */
    const uint8_t *seal_key; /* of the collector, or NULL: there is none */
    bool seal_may_fail; /* it may be a collector that knows no sealed records */
    bool upload;        /* keep and send */
    bool defer; /* nothing goes to the collector or to a control: what is kept
                   waits for `parallax upload`, and the collector asks a control
                   then */
    uint64_t spool_max_bytes; /* of what waits */
    unsigned spool_max_days;  /* older records go */
    int64_t spool_burst_us;   /* they are written no more often; 0: at once */
    int64_t retest_pause_us;  /* before a site is measured again */
    int64_t residual_us;      /* after another site was cut off there */
    /* Gets the bytes of each finished record, borrowed for the call; or NULL.
     */
    void (*on_record)(void *arg, struct str record);
    void *on_record_arg;
};

struct session_result {
    enum err failed;         /* not 0: could not start, or could not go on */
    bool interrupted;        /* first Ctrl-C or SIGTERM */
    bool killed;             /* second one */
    enum outage outage;      /* it stopped because nothing works here */
    bool out_failed;         /* --out could not be written */
    bool keep_failed;        /* a record could not be put into the spool */
    bool forgets;            /* what waits cannot be opened by the next run */
    size_t lost;             /* records that could be kept nowhere */
    const char *why_stopped; /* before the end of the targets, else NULL */
};

#endif

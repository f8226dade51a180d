// SPDX-License-Identifier: Apache-2.0
/* What is the same for all records of a run: who measures, and from where.
 * Filled by the probe before the first measurement; read by whatever writes
 * records. A plain struct; nothing here is freed.
 */
#ifndef PARALLAX_RECORD_RECORD_ENV_H
#define PARALLAX_RECORD_RECORD_ENV_H

#include <stdbool.h>
#include <stdint.h>

struct scrub;

/* Strings are borrowed and must outlive the run. */
struct record_env {
    const char *probe_cc;  /* "ZZ" unknown */
    const char *probe_asn; /* "AS0" unknown */
    const char *probe_network_name;
    const char *resolver_asn; /* "AS0" */
    const char *resolver_ip;  /* "127.0.0.2" unknown */
    const char *resolver_network_name;
    const char *report_id; /* "" : written as such, collector or upload fills */
    const char *software_version;
    int64_t test_start_s;
    const char *platform;      /* "linux" */
    const char *architecture;  /* Go names: amd64, arm64, arm, 386 */
    const char *clock_trust;   /* ntp, https, none */
    const char *clock_source;  /* of when it was last right; NULL: not said */
    const char *clock_age;     /* how long ago that was; NULL: not said */
    const char *sandbox;       /* words of cli/sandbox.h; NULL unknown */
    const char *network_type;  /* NULL unknown */
    const struct scrub *scrub; /* own addresses; see scrub.h */
    bool control_deferred;     /* a control is asked later, by the collector */
};

#endif

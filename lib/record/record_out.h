// SPDX-License-Identifier: Apache-2.0
/* A measurement as the JSON record of OONI's envelope (data_format_version
 * 0.2.0, test_name web_connectivity, test_version 0.5.28), scrubbed.
 */
#ifndef PARALLAX_RECORD_RECORD_OUT_H
#define PARALLAX_RECORD_RECORD_OUT_H

#include "base/json_out.h"
#include "record/measurement.h"

/* What is the same for all records of a run. Strings borrowed. */
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
    const char *network_type;  /* NULL unknown */
    const struct scrub *scrub; /* own addresses; see scrub.h */
};

/* The observation members of test_keys, without the enclosing braces and
 * without derived keys (for the verdict to read: wrap in braces). Everything
 * that leaves here is already scrubbed. */
MUST_USE enum err record_write_observations(struct jw *w,
                                            const struct measurement *m,
                                            const struct record_env *env);
/* Part of it: x_compare, if there is any. */
void record_write_compare(struct jw *w, const struct measurement *m);
/* The whole record: envelope, then test_keys made of `observations` (from the
 * function above) and `derived` (members written by the verdict), both as
 * comma-separated members without braces. */
MUST_USE enum err record_write(struct jw *w, const struct measurement *m,
                               const struct record_env *env,
                               struct str observations, struct str derived);

#endif

// SPDX-License-Identifier: Apache-2.0
/* tests/e2e/serve.t keeps the list complete: it is that of all tables. */
#include "cli/opt_keys.h"

#include "cli/distance.h"

#include <stddef.h>

#define NEAR_MAX 3 /* letters that are wrong */

static const char *const keys[] = {
    "analyze.fingerprints",
    "asn_db",
    "collector",
    "collector.admin_listen",
    "collector.control_keys",
    "collector.control_listen",
    "collector.echo_listen",
    "collector.further",
    "collector.headers_listen",
    "collector.json_headers",
    "collector.listen",
    "collector.proxy",
    "collector.public_url",
    "collector.relays",
    "collector.seal_key",
    "collector.seal_secret",
    "collector.tcp_echo",
    "collector.test_helpers",
    "collector.tests_off",
    "collector.trusted_proxy",
    "collector.ways",
    "control.defer",
    "control.key",
    "control.listen",
    "control.lists",
    "control.ports",
    "control.resolver",
    "control.target_per_minute",
    "data",
    "lists.key",
    "lists.url",
    "log_level",
    "plan.apart",
    "plan.day_bytes",
    "plan.day_sites",
    "plan.hours",
    "plan.max_runtime",
    "plan.networks",
    "retest.pause",
    "retest.residual",
    "run.budget",
    "run.country",
    "run.max_runtime",
    "run.parallel",
    "spool.burst",
    "spool.max_bytes",
    "spool.max_days",
};

bool opt_keys_has(struct str key)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (str_eq_c(key, keys[i])) {
            return true;
        }
    }
    return false;
}

const char *opt_keys_nearest(struct str key)
{
    const char *out = NULL;
    size_t best = NEAR_MAX + 1;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && key.len < 64;
         i++) {
        size_t d = distance(key, str_c(keys[i]));
        if (d < best && 2 * d < key.len) {
            best = d;
            out = keys[i];
        }
    }
    return out;
}

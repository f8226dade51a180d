// SPDX-License-Identifier: Apache-2.0
/* The verdict: a pure function of a record. One implementation serves probe
 * and collector; no I/O, no clock, no name or address of any test world. The
 * OONI-compatible keys follow Web Connectivity 0.5's analysis ("classic" and
 * the extended flags); x_verdict is our own. The keys come from the first
 * measurement alone; x_verdict also from those made again (`x_retest`).
 */
#ifndef PARALLAX_VERDICT_VERDICT_H
#define PARALLAX_VERDICT_VERDICT_H

#include "base/json.h"
#include "base/json_out.h"
#include "base/region.h"
#include "record/fingerprint.h"

/* access(2) has a macro X_OK with the value 1, which is X_BLOCKED here: both
 * headers that define it are read first, so that it cannot come back. */
#include <fcntl.h>
#include <unistd.h>
#undef X_OK

#define VERDICT_RULES_VERSION "8"

enum opt_bool {
    OPT_NULL = -1,
    OPT_FALSE = 0,
    OPT_TRUE = 1
};

enum xstate {
    X_OK,
    X_BLOCKED,
    X_DOWN,
    X_INCONCLUSIVE,
    X_INTERNAL
};

struct reason {
    const char *rule;   /* stable rule name, static */
    const int64_t *ids; /* transaction ids it used */
    size_t n_ids;
    const char *note; /* one plain sentence, or NULL */
};

struct verdict {
    /* OONI-compatible; NULL strings are JSON null */
    const char *dns_experiment_failure;
    const char *dns_consistency; /* consistent, inconsistent, NULL */
    const char *control_failure; /* copied from the observation */
    const char *http_experiment_failure;
    enum opt_bool body_length_match;
    double body_proportion;
    enum opt_bool status_code_match;
    enum opt_bool headers_match;
    enum opt_bool title_match;
    int64_t x_dns_flags, x_blocking_flags, x_null_null_flags;
    enum opt_bool accessible;
    const char *blocking; /* tcp_ip, dns, http-diff, http-failure; "false";
                             NULL for null */
    /* ours */
    enum xstate state;
    const char
        *method;       /* dns, ip, tls, http, throttling; NULL unless blocked */
    double confidence; /* 0..1 of the state */
    const struct reason *reasons;
    size_t n_reasons;
    const struct reason *alternatives;
    size_t n_alternatives;
    const char *internal_what; /* X_INTERNAL: what failed, or NULL */
    bool want_again; /* a second measurement, a little later, would settle it */
    const char *want_url; /* of the target of a redirect; NULL: of the site */
    const char *want_compare; /* address at which want_url is to be fetched with
                                 and without its name instead; or NULL */
    double want_if_faster; /* only where the line is faster by far than so many
                              bytes a second; 0: wherever */
};

/* `record` is the whole record (root object with test_keys). Derived keys that
 * may stand in it are ignored. Results live in `r` and borrow the record.
 * ERR_PARSE: unusable record, `d` names the key. */
MUST_USE enum err verdict_compute(struct region *r, const struct json *record,
                                  const struct fingerprints *fps,
                                  struct verdict *out, struct diag *d);
/* A verdict for a measurement that this machine failed to make; `what` is
 * borrowed. */
void verdict_internal(struct verdict *out, const char *what);
/* The 13 derived keys and control_failure, as members. */
void verdict_write_compatible(struct jw *w, const struct verdict *v);
/* The x_verdict object value. */
void verdict_write_x(struct jw *w, const struct verdict *v);
const char *xstate_name(enum xstate s);

#endif

// SPDX-License-Identifier: Apache-2.0
#include "verdict/verdict.h"
#include "verdict/judge.h"
#include "verdict/ooni/classic.h"
#include "verdict/ooni/flags.h"
#include "verdict/otherwise.h"
#include "verdict/read/observe.h"
#include "verdict/retest.h"
#include "verdict/rules.h"

static const struct verdict empty = {
    .body_length_match = OPT_NULL,
    .status_code_match = OPT_NULL,
    .headers_match = OPT_NULL,
    .title_match = OPT_NULL,
    .accessible = OPT_NULL,
    .state = X_INCONCLUSIVE,
};

enum err verdict_compute(struct region *r, const struct json *record,
                         const struct fingerprints *fps, struct verdict *out,
                         struct diag *d)
{
    struct verdict v = empty;
    struct observations *o = region_alloc(r, sizeof(*o));
    enum err e = o ? observe(r, record, o, d) : ERR_NOMEM;
    if (!e && o->control_failure.p) {
        v.control_failure =
            region_strndup(r, o->control_failure.p, o->control_failure.len);
        e = v.control_failure ? ERR_OK : ERR_NOMEM;
    }
    if (!e) {
        e = classic_verdict(o, &v);
    }
    if (!e) {
        flags_verdict(o, &v);
        e = observe_best(record, json_get(record, "test_keys"), o, d);
    }
    if (!e) {
        e = judge_verdict(o, fps, &v);
    }
    if (!e) {
        e = retest_verdict(record, o, fps, &v, d);
    }
    if (!e) {
        e = otherwise_add(r, &v);
    }
    if (!e) {
        *out = v;
    }
    return e;
}

void verdict_internal(struct verdict *out, const char *what)
{
    static const struct reason reason = {.note = NOTE_MACHINE_FAILED};
    *out = empty;
    out->state = X_INTERNAL;
    out->confidence = rules_confidence(rules_of(reason.note));
    out->reasons = &reason;
    out->n_reasons = 1;
    out->internal_what = what;
}

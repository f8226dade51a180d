// SPDX-License-Identifier: Apache-2.0
/* Makes a report (report.h) of what was counted. */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_MODEL_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_MODEL_H

#include "collector/report/report.h"

struct report_args {
    const char *cc; /* ISO 3166, two capital letters */
    int64_t since_s, until_s, generated_s;
    bool generated_fixed; /* generated_s was given, not read from a clock */
};

/* Builds everything in `r`; borrows agg, c and args->cc. The aggregate must be
 * finished. ERR_INVAL: args->cc is no country; ERR_NOMEM, ERR_LIMIT. */
MUST_USE enum err report_model_build(struct region *r,
                                     const struct aggregate *agg,
                                     const struct coalition *c,
                                     const struct report_args *args,
                                     struct report **out);

#endif

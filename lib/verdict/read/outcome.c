// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/outcome.h"

static bool one_of(struct str s, const char *const *list)
{
    for (; *list; list++) {
        if (str_eq_c(s, *list)) {
            return true;
        }
    }
    return false;
}

bool outcome_is_cert(struct outcome o)
{
    static const char *const list[] = {"ssl_invalid_hostname",
                                       "ssl_unknown_authority",
                                       "ssl_invalid_certificate", NULL};
    return o.known && one_of(o.failure, list);
}

bool outcome_is_cut(struct outcome o)
{
    static const char *const list[] = {"connection_reset",      "eof_error",
                                       "generic_timeout_error", "timed_out",
                                       "connection_aborted",    NULL};
    return o.known && one_of(o.failure, list);
}

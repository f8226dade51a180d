// SPDX-License-Identifier: Apache-2.0
/* What becomes of a measurement that ended. */
#ifndef PARALLAX_PROBE_RUN_SESSION_RECORD_H
#define PARALLAX_PROBE_RUN_SESSION_RECORD_H

#include "probe/run/session_retest.h"

/* A measurement ended that began at `began`: the first of its site, or a
 * further one (`again`, which is taken). Its record is kept, or parked and the
 * site measured again. `silence`: meanwhile nothing at all was heard on this
 * line. True: the measurement is kept for later, its region with it. */
bool session_record(struct session *s, struct measurement *m,
                    const struct site *site, struct retest *again,
                    int64_t began, bool silence);

/* The address where `r` (which is taken) got stuck was asked without a name:
 * its site is measured now, or waits on. */
void session_record_knock(struct session *s, struct measurement *m,
                          struct retest *r, int64_t began);

/* Deals with what was held back (session_doubt.h) and is no longer. */
void session_record_held(struct session *s);

#endif

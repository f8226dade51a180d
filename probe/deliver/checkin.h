// SPDX-License-Identifier: Apache-2.0
/* The check-in: what a collector tells at the start of a run. Which network it
 * sees us in, and which test helpers (controls) to ask. The helpers of the
 * last good check-in are kept in the state directory, so that a run behind a
 * blocked collector still has a control. Nothing is sent from here: a run sends
 * the request (probe/run/session.c).
 */
#ifndef PARALLAX_PROBE_DELIVER_CHECKIN_H
#define PARALLAX_PROBE_DELIVER_CHECKIN_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/region.h"
#include "engine/engine.h"

#define CHECKIN_MAX_HELPERS  16
#define CHECKIN_MAX_RESPONSE (16u << 20)
#define CHECKIN_MONTH        8 /* "YYYY-MM", NUL */

struct checkin {
    char cc[3];       /* "ZZ" unknown */
    uint32_t asn;     /* 0 unknown */
    char org[128];    /* "" unknown */
    struct ip seen;   /* the public address that it saw us come from; family 0:
                         not told. Kept in memory only */
    int64_t server_s; /* its clock, seconds since 1970; 0: not told */
    struct control_helper helpers[CHECKIN_MAX_HELPERS];
    size_t n_helpers;
    bool defers; /* it asks a control itself, about records that come without */
};

/* The request. It says nothing about the volunteer but the program's name, and
 * whether a timer or a person began the run: a collector tells a timer's runs
 * of fewer sites, of which we need none. */
MUST_USE enum err checkin_request(bool timed, struct buf *out);

/* Strings live in `r`. Helpers that are not https (or http on this machine),
 * or of a type we cannot use, are left out. ERR_PARSE names what is wrong. */
MUST_USE enum err checkin_parse(struct region *r, struct str body,
                                struct checkin *out, struct diag *d);

/* Helpers of the last good check-in with this collector; ERR_NOTFOUND if there
 * are none, or none of this month and the one before. `month` gets theirs: the
 * day would tell when a run was. */
MUST_USE enum err checkin_cached(struct region *r, const char *collector,
                                 int64_t now_s, struct checkin *out,
                                 char month[CHECKIN_MONTH], struct diag *d);

/* Has this collector said, in a check-in of this month or the one before, that
 * it asks a control about records that come without one? */
bool checkin_defers(const char *collector, int64_t now_s);

/* Keeps the helpers for checkin_cached, in place of those of the last good
 * check-in. ERR_INVAL: there are none, and those of before stay. */
MUST_USE enum err checkin_remember(const char *collector, int64_t now_s,
                                   const struct checkin *c, struct diag *d);

#endif

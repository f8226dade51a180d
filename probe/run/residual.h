// SPDX-License-Identifier: Apache-2.0
/* Residual blocking. Some censors, having seen a name they look for, stop
 * everything between the two hosts for a while, whatever it is about: a site
 * that shares its address with such a name then fails, and is innocent. (90 s
 * were measured for the GFW's HTTP filter, 60 to 180 s for others.)
 *
 * A run remembers where and when its sites were cut off ("cuts"), and where a
 * site that is to be measured again got stuck ("stuck"): that it was, soon
 * after another site was cut off at that address, says nothing about the site.
 * The address is asked first, without any name, whether it is open; if not, the
 * site is measured again when that is over.
 */
#ifndef PARALLAX_PROBE_RUN_RESIDUAL_H
#define PARALLAX_PROBE_RUN_RESIDUAL_H

#include "base/region.h"
#include "record/measurement.h"

#define RESIDUAL_STUCK 8 /* addresses of one site that are remembered */

/* One place where a measurement got stuck, from when it tried to connect until
 * it gave up; monotonic microseconds. */
struct stuck {
    struct ip ip;
    uint16_t port;
    int64_t t0, t;
};

struct residual; /* the cuts of a run */

/* `window_us`: for so long after a cut its address is not to be trusted. NULL:
 * no memory. residual_free takes NULL too. */
struct residual *residual_new(int64_t window_us);
void residual_free(struct residual *r);

/* Keeps where the measurement `m` of the site `host` (kept as a pointer), begun
 * at `began`, said a name and was cut off; `forged`: its pages count as well,
 * since they were not the site's. If there is no room for a cut, every site
 * that gets stuck later counts as explained. */
void residual_note(struct residual *r, const char *host,
                   const struct measurement *m, int64_t began, bool forged);

/* Where `m` got stuck; returns how many of `out`. */
size_t residual_stuck(const struct measurement *m, int64_t began,
                      struct stuck out[RESIDUAL_STUCK]);

/* At `now` somebody answered at the address: what was cut off there before is
 * over. */
void residual_open(struct residual *r, const struct ip *ip, int64_t now);

/* Whether the cut of another site than `host` explains one of the `n` places
 * where this one got stuck. */
bool residual_explain(const struct residual *r, const char *host,
                      const struct stuck *list, size_t n);

/* The moment at which the last of the cuts that other sites met at these
 * places is over; 0 if all of them are. *where: the index of the place. */
int64_t residual_until(const struct residual *r, const char *host,
                       const struct stuck *list, size_t n, int64_t now,
                       size_t *where);

#endif

// SPDX-License-Identifier: Apache-2.0
/* What was counted of a day while it was known who sent what. Source tags and
 * pseudonyms are deleted after 35 days; before that, the numbers of people are
 * written down, for every country, and reports of later read those. Nothing
 * that comes later changes them.
 *
 * The text has a line for each count of two people or more (one is what a row
 * without a sender is, too): country, 16 hex digits of SHA-256 of what is
 * counted, and the numbers of struct settled_count, with blanks between; the
 * last two are missing in lines of earlier versions.
 */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_SETTLED_H
#define PARALLAX_COLLECTOR_ANALYSIS_SETTLED_H

#include "base/buf.h"

struct aggregate;
struct settled;

enum settled_kind {
    SETTLED_ALL = 'c',     /* of a country */
    SETTLED_NETWORK = 'n', /* of a network */
    SETTLED_SITE = 's',    /* of a site, on all networks */
    SETTLED_BLOCKED = 'b', /* of the site's findings, on all networks */
    SETTLED_FINDING = 'f', /* of one finding */
    SETTLED_OK = 'o',      /* who reached a site on a network */
};

/* What is counted; what its kind does not name is 0 and "". */
struct settled_key {
    enum settled_kind kind;
    uint32_t asn;
    const char *site, *method;
};

struct settled_count {
    unsigned observers;
    /* of a finding only */
    unsigned rounds, verified_observers, verified_rounds;
    unsigned ok_observers; /* since its first blocked row of the day */
    unsigned both;
    /* between which seconds of the day two had seen it, the first of the day
     * being 1; 0: not known */
    unsigned first, last;
};

/* Appends the lines of `a`, which has the rows of one day and of the country
 * `cc`, was told to count who reached a site, and is finished. */
void settled_write(struct buf *out, const char *cc, const struct aggregate *a);
/* Reads those of the country `cc`; lines that make no sense are passed over.
 * NULL: no memory. Caller frees. */
struct settled *settled_read(struct str text, const char *cc);
void settled_free(struct settled *s);
/* NULL: not among them. */
const struct settled_count *settled_get(const struct settled *s,
                                        const struct settled_key *key);

#endif

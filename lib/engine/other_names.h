// SPDX-License-Identifier: Apache-2.0
/* Which names the system's resolver, or public ones, have answered lately. A
 * measurement of a name that the system's does not answer for is told whether
 * it answers for others, and whether these were given the same address: nothing
 * has to be asked for that. Names that were answered are also what a silent
 * line is asked about.
 */
#ifndef PARALLAX_ENGINE_OTHER_NAMES_H
#define PARALLAX_ENGINE_OTHER_NAMES_H

#include "net/dnsreply.h"

#define OTHER_NAMES_KEPT  32
#define OTHER_NAMES_ADDRS 4 /* of one name */
#define OTHER_NAMES_MANY  8 /* counts are told up to this */

/* Whose name it is. */
enum other_kind {
    OTHER_PEER,     /* the collector's, or a control's */
    OTHER_SITE,     /* that of a site of the run */
    OTHER_SENSITIVE /* of one that is asked about for its own sake only */
};

/* Zeroed: nothing was answered. */
struct other_names {
    struct other_name {
        char host[256]; /* "": a free place */
        enum other_kind kind;
        struct ip addrs[OTHER_NAMES_ADDRS];
        size_t n_addrs;
        int64_t t;    /* monotonic clock; when the answer came */
        int64_t used; /* when other_names_draw last gave it */
    } kept[OTHER_NAMES_KEPT];

    size_t next; /* the place to be used again next */
};

/* The resolver was asked about `host`. Kept if a server gave an
 * address; a hosts file's answer says nothing of a server. */
void other_names_put(struct other_names *o, const char *host,
                     enum other_kind kind, const struct lookup_result *res);
/* Tells the record how many names, besides those it has looked up by the system
 * itself, were answered at `since` or later: with an address that the system
 * gave to the record's names as well, and without. */
void other_names_tell(const struct other_names *o, struct measurement *m,
                      int64_t since);
/* A name that was answered and was drawn the longest ago; with `site` only that
 * of a site. With a `host` it is for comparison with that: another name, and no
 * sensitive one. NULL if there is none. Lives until the next
 * other_names_put. */
const char *other_names_draw(struct other_names *o, const char *host,
                             bool site);

#endif

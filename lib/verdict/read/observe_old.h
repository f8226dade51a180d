// SPDX-License-Identifier: Apache-2.0
/* Records of Web Connectivity 0.4, in which no step has a transaction id: which
 * of them belong together is told by their order and their addresses. Used by
 * the other readers of this folder.
 *
 * What such a record holds: the lookups of the site's name by the system; a
 * connection, and for https a handshake, to each of its addresses, at the URL's
 * port; and the page, fetched over a connection of its own that is not
 * described, with each redirect, the last one first. The control's request is
 * not kept: it was about the input.
 */
#ifndef PARALLAX_VERDICT_READ_OBSERVE_OLD_H
#define PARALLAX_VERDICT_READ_OBSERVE_OLD_H

#include "verdict/read/observations.h"

/* Is there a lookup, a connection, a handshake or a page, and none with an id?
 */
bool observe_old_is(const struct json *keys);
/* Gives a lookup the id of the first one of the same name by the same means, or
 * a new one, and its depth: the input's name was looked up at the beginning. */
void observe_old_query(const struct observations *o, struct vquery *q);
/* Gives a connection its id: its place in the list. */
void observe_old_connect(const struct observations *o, struct vendpoint *end);
/* The id of the connection that a handshake went over: the first one to its
 * address that has none yet, or without an address the first one at all; 0 if
 * there is none. */
int64_t observe_old_handshake(const struct observations *o,
                              const struct json *handshake);

/* One page of the list. */
struct old_request {
    const struct json *entry; /* as it stands in the list */
    struct str url;
    struct outcome result;
    int depth; /* redirects before it */
};

/* The id of the connection that a page came over: of those to the input, the
 * first that stands; of a redirect, one that is made here, whose steps are
 * known to have gone as far as the failure says. 0: nothing can be said of it;
 * sets `legacy` if that leaves the record without meaning. ERR_PARSE: too many.
 */
MUST_USE enum err observe_old_request(struct observations *o,
                                      const struct old_request *q, int64_t *id,
                                      struct diag *d);

#endif

// SPDX-License-Identifier: Apache-2.0
/* The collector's key, for which records are sealed. It comes with the
 * settings, a signed list (list_orders.h) or the package, in that order, never
 * from the line: who is between us and the collector would else read what
 * waits.
 */
#ifndef PARALLAX_PROBE_VOLUNTEER_COLLECTOR_KEY_H
#define PARALLAX_PROBE_VOLUNTEER_COLLECTOR_KEY_H

#include "base/crypto.h"
#include "base/diag.h"
#include "record/list_orders.h"

enum collector_key_from {
    COLLECTOR_KEY_NONE,   /* there is none */
    COLLECTOR_KEY_SET,    /* for whichever collector */
    COLLECTOR_KEY_LIST,   /* for the one with this URL, and it knows boxes */
    COLLECTOR_KEY_PACKAGE /* likewise */
};

/* Finds the key of the collector with this URL: the first of the `n` given
 * ones, of which there may be two while keys change; without any, the one that
 * believed lists order for that URL (`orders`, or NULL), else the one that a
 * file of the package has for it (lines of URL and one or two keys,
 * `collector.keys`, see paths_packaged, believed only if it is root's alone to
 * change). An empty first given one: none shall be used. ERR_INVAL: a given one
 * is no key. */
MUST_USE enum err collector_key_find(const char *url, const char *const *given,
                                     size_t n, const struct list_orders *orders,
                                     uint8_t pub[CRYPTO_BOX_KEY_LEN],
                                     enum collector_key_from *from,
                                     struct diag *d);

/* For tests: the same in the text of such a file; false: there is none. */
bool collector_key_in(struct str text, const char *url,
                      uint8_t pub[CRYPTO_BOX_KEY_LEN]);

#endif

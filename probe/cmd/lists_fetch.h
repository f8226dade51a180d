// SPDX-License-Identifier: Apache-2.0
/* A signed list and its signature, fetched over HTTPS by the same way that the
 * collector is reached. Whoever watches the line sees the host's name.
 */
#ifndef PARALLAX_PROBE_CMD_LISTS_FETCH_H
#define PARALLAX_PROBE_CMD_LISTS_FETCH_H

#include "base/buf.h"
#include "base/diag.h"
#include "probe/deliver/ways.h"

/* Is it a URL, and not a file? */
bool lists_fetch_is_url(const char *text);

/* Fetches what `url` (https, or http to this machine) names and URL.minisig, by
 * the proxies and in the order of `ways`.
 * Enters the sandbox: no file outside the state directory can be opened
 * afterwards. ERR_INVAL: the URL is no good. ERR_NOTFOUND: 404.
 * ERR_NET: it cannot be reached, or says something else than 200. `d` has a
 * sentence. */
MUST_USE enum err lists_fetch(const char *url, const struct ways_config *ways,
                              struct buf *list, struct buf *signature,
                              struct diag *d);

#endif

// SPDX-License-Identifier: Apache-2.0
/* What all transfers of one engine share (net/fetch): libcurl on the loop, the
 * trusted authorities and the count of bytes.
 */
#ifndef PARALLAX_NET_FETCHER_H
#define PARALLAX_NET_FETCHER_H

#include "base/loop.h"

struct fetcher;

/* `ca_file` as in tls.h. Bytes on the wire above TCP are added to `*up` and
 * `*down`, which must outlive it. */
MUST_USE enum err fetcher_new(struct loop *l, const char *ca_file, uint64_t *up,
                              uint64_t *down, struct fetcher **out);
/* No transfer may be left. NULL allowed. */
void fetcher_free(struct fetcher *f);

#endif

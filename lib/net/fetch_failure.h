// SPDX-License-Identifier: Apache-2.0
/* Why a transfer failed, in the words of records. */
#ifndef PARALLAX_NET_FETCH_FAILURE_H
#define PARALLAX_NET_FETCH_FAILURE_H

#include "net/fetch_notes.h"

/* The failure of the stage that it was in, from what libcurl says (`code`, not
 * CURLE_OK), the errno of its socket (0: none) and what was noted on the way.
 * Static, or as long-lived as the region. */
const char *fetch_failure_of(const struct fetch *t, CURLcode code, int errnum);

#endif

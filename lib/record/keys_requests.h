// SPDX-License-Identifier: Apache-2.0
/* The member requests of test_keys: what was asked by HTTP and what came.
 */
#ifndef PARALLAX_RECORD_KEYS_REQUESTS_H
#define PARALLAX_RECORD_KEYS_REQUESTS_H

#include "record/key_writer.h"

/* Newest first, as OONI has it. */
void keys_requests(struct key_writer *c);

#endif

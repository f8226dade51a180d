// SPDX-License-Identifier: Apache-2.0
/* Members of test_keys about names: queries, what the system's resolver did
 * with other names, how fast each resolver has answered.
 */
#ifndef PARALLAX_RECORD_KEYS_DNS_H
#define PARALLAX_RECORD_KEYS_DNS_H

#include "record/key_writer.h"

/* Member `key`: the array of all queries that belong to `list`. */
void keys_dns_queries(struct key_writer *c, const char *key,
                      enum query_list list);
/* Member x_run: what other measurements of the run tell of this one; absent if
 * they tell nothing. */
void keys_dns_others(struct key_writer *c);
/* Member x_dns_fastest: the fastest answer of each resolver so far. */
void keys_dns_fastest(struct key_writer *c);

#endif

// SPDX-License-Identifier: Apache-2.0
/* Members of test_keys about names: queries, who the resolvers are seen as, how
 * fast each has answered.
 */
#ifndef PARALLAX_RECORD_KEYS_DNS_H
#define PARALLAX_RECORD_KEYS_DNS_H

#include "record/key_writer.h"

/* Member `key`: the array of all queries that belong to `list`. */
void keys_dns_queries(struct key_writer *c, const char *key,
                      enum query_list list);
/* Member x_dns_whoami: the address that name servers see a resolver ask from;
 * null if neither answered. */
void keys_dns_whoami(struct key_writer *c);
/* Member x_dns_fastest: the fastest answer of each resolver so far. */
void keys_dns_fastest(struct key_writer *c);

#endif

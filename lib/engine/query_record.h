// SPDX-License-Identifier: Apache-2.0
/* DNS queries in the record. */
#ifndef PARALLAX_ENGINE_QUERY_RECORD_H
#define PARALLAX_ENGINE_QUERY_RECORD_H

#include "engine/measure.h"

/* Adds an exchange to the record; what it points to must live as long. Nothing
 * is added when out of memory, which the record then says. */
void query_record_add(struct measure *ms, enum query_list list,
                      const char *host, const struct dns_exchange *x,
                      int64_t id, struct obs_tags tags);
/* Fills in the network of an answer's address; "" and 0 if it is not known. */
void query_record_network(struct measure *ms, struct dns_answer *a);

#endif

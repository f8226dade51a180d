// SPDX-License-Identifier: Apache-2.0
/* How lookups are written down. */
#ifndef PARALLAX_ENGINE_WEB_ASK_DNS_RECORD_H
#define PARALLAX_ENGINE_WEB_ASK_DNS_RECORD_H

#include "engine/measure.h"
#include "net/dnsreply.h"

/* The system's way as one query of type ANY, as getaddrinfo would look. `host`
 * and what `res` points to live as long as the record. What lacks memory the
 * record then says. */
void ask_dns_record_system(struct measure *ms, const char *host, int64_t id,
                           struct obs_tags tags,
                           const struct lookup_result *res);
/* The beginning and the end of a lookup, by DoH or another way. */
void ask_dns_record_events(struct measure *ms, bool doh, int64_t id,
                           struct obs_tags tags,
                           const struct lookup_result *res);

#endif

// SPDX-License-Identifier: Apache-2.0
/* Members of test_keys about single events: reads and writes, packets kept as
 * evidence, notes.
 */
#ifndef PARALLAX_RECORD_KEYS_EVENTS_H
#define PARALLAX_RECORD_KEYS_EVENTS_H

#include "record/key_writer.h"

/* Member network_events, in order of time: those that belong to `list`. */
void keys_events(struct key_writer *c, enum event_list list);
/* Member x_evidence: packets around an interference, where they could be
 * captured. */
void keys_events_packets(struct key_writer *c);
/* Member x_conn_priority_log: why which connection fetched the page. */
void keys_events_notes(struct key_writer *c);

#endif

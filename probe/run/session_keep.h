// SPDX-License-Identifier: Apache-2.0
/* A finished record: into the file of --out, into the spool, and to whoever
 * waits for it. What cannot be kept anywhere ends the run.
 */
#ifndef PARALLAX_PROBE_RUN_SESSION_KEEP_H
#define PARALLAX_PROBE_RUN_SESSION_KEEP_H

#include "probe/run/session_state.h"

/* The site is done: its record is kept, the result is shown and counted. If it
 * is not 0, `parked` is the parked record of this site, which goes. */
void session_keep(struct session *s, const struct site *site, struct str record,
                  const struct site_result *o, uint64_t parked);

/* The site is done without a record, for the reason `e`; a person is told. */
void session_keep_lost(struct session *s, const struct site *site, enum err e);

/* Writes the records that are due to be written; a disk that does not take them
 * ends measuring. session_keep_all: the rest, at the end. */
void session_keep_due(struct session *s);
void session_keep_all(struct session *s);

/* The frame that holds `record` in the spool; its body is put into `packed`,
 * from which *f borrows. */
MUST_USE enum err session_keep_frame(struct session *s, struct str record,
                                     struct buf *packed, struct frame *f);

#endif

// SPDX-License-Identifier: Apache-2.0
/* Notes: frames of the segments that hold no record but say something of
 * others, so that an index made again knows it, too. One says by which uid of
 * somebody else's a record was seen again; one says which records are lost.
 * Used by store.c, store_loss.c and store_catchup.c.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_NOTE_H
#define PARALLAX_COLLECTOR_STORE_STORE_NOTE_H

#include "base/json.h"
#include "collector/store/store_index.h"

/* How many uids a note of what is lost may name. */
#define STORE_NOTE_UIDS 1000

/* Are these facts of a frame a note? */
bool store_note_is(const struct json *facts);
/* Tells the index what a note says. */
MUST_USE enum err store_note_apply(const struct json *facts,
                                   const struct store_index *ix);

/* Adds the note that a record is known by `foreign_uid`, too. */
MUST_USE enum err store_note_also(struct segments *s, const char *uid,
                                  const char *foreign_uid);
/* Adds the note that records are lost: `uids` with commas between. */
MUST_USE enum err store_note_lost(struct segments *s, struct str uids);

#endif

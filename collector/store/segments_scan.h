// SPDX-License-Identifier: Apache-2.0
/* All frames of the segments, one after the other. Used by store_catchup.c and
 * store_verify.c.
 */
#ifndef PARALLAX_COLLECTOR_STORE_SEGMENTS_SCAN_H
#define PARALLAX_COLLECTOR_STORE_SEGMENTS_SCAN_H

#include "collector/store/segments.h"

typedef enum err (*segments_fn)(void *arg, const struct segments_pos *pos,
                                struct str meta, struct str record);
/* Calls fn for each whole frame from the given place on. Damage with whole
 * frames after it, or a file that is missing, is reported and stepped over;
 * damage up to the end of the last file is a torn tail and is cut when the
 * segments are open for writing, but for what segments_keep names; a file that
 * is nothing else is put aside.
 */
MUST_USE enum err segments_scan(struct segments *s, uint32_t segment,
                                uint64_t offset, segments_fn fn, void *arg);
/* Appends the facts of the frame that begins at a place of file `n`, however
 * long it is. ERR_PARSE: none begins there, or it is damaged; ERR_NOTFOUND: the
 * file is missing. */
MUST_USE enum err segments_scan_facts(struct segments *s, uint32_t n,
                                      uint64_t offset, struct buf *meta);
/* The mark of file `n`; "" if it has none, or its first frame is damaged.
 * ERR_NOTFOUND: the file is missing. */
MUST_USE enum err segments_scan_mark(struct segments *s, uint32_t n,
                                     char mark[SEGMENTS_MARK_MAX]);

#endif

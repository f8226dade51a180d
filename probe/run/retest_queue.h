// SPDX-License-Identifier: Apache-2.0
/* Finished submissions of sites that will be measured again after a pause. They
 * wait on the disk, so that a record in its pause holds neither a slot nor
 * memory. One file for each run, in the spool's directory:
 *
 *     0  "PXPARK03"
 *     8  in network byte order: length (32 bits), 1 while it waits or 0 once it
 *        is done with (8 bits), the place of the frame that it replaces or 0
 *        (32 bits), what the spool knows its successor by or 0 (64 bits), the
 *        sealed frame (see frame.h); and so on
 *
 * Each is one write, so that a process which is killed leaves the one record or
 * the other of a site, never both: they would be two with two uids.
 * Earlier versions wrote "PXPARK02", of length and state only, and "PXPARK01"
 * with frames that were not sealed: these are read too, and overwritten when
 * they are removed.
 * The run holds a lock on its file. What a run that died has left is taken into
 * the spool by the next one: those records say themselves that they were not
 * confirmed.
 */
#ifndef PARALLAX_PROBE_RUN_RETEST_QUEUE_H
#define PARALLAX_PROBE_RUN_RETEST_QUEUE_H

#include "base/diag.h"
#include "probe/deliver/spool.h"

#define RETEST_QUEUE_MAX_BYTES (512u << 20)

struct retest_queue;

/* Makes the file in `dir`, which is made too if it is missing; `seal` is
 * borrowed. Without `keep` it has no name any more, so that nobody finds it
 * later. */
MUST_USE enum err retest_queue_open(const char *dir, bool keep,
                                    const struct seal *seal,
                                    struct retest_queue **out, struct diag *d);

/* Removes the file unless a frame still waits in it. NULL is allowed. */
void retest_queue_close(struct retest_queue *q);

/* Writes a frame, which survives that the process is killed; *at is its place.
 * The frame at `replaces`, if that is not 0, no longer waits once this one is
 * whole: never do both. ERR_LIMIT: the file is full. */
MUST_USE enum err retest_queue_put(struct retest_queue *q,
                                   const struct frame *f, uint64_t replaces,
                                   uint64_t *at, struct diag *d);

/* Reads a frame into `bytes`, from which *out borrows. */
MUST_USE enum err retest_queue_get(struct retest_queue *q, uint64_t at,
                                   struct buf *bytes, struct frame *out,
                                   struct diag *d);

/* The record that the spool knows by `successor` (spool_add_after) is about to
 * take the place of the frame at `at`: if it is found in the spool later, this
 * one is not taken. */
MUST_USE enum err retest_queue_succeed(struct retest_queue *q, uint64_t at,
                                       uint64_t successor);

/* The frame no longer waits: it is kept elsewhere, or not wanted. */
MUST_USE enum err retest_queue_drop(struct retest_queue *q, uint64_t at);

/* Gets a frame, which it may use until it returns, and the successor that was
 * noted for it, or 0. */
typedef enum err (*retest_queue_fn)(void *arg, const struct frame *f,
                                    uint64_t successor);

/* For tests: hands every frame that waits in such a file to `fn`, in order; one
 * that is damaged is passed over, one whose key is gone is counted in *lost, a
 * damaged end ends it. The error is that of `fn` or of reading. */
MUST_USE enum err retest_queue_scan(int fd, const struct seal *seal,
                                    retest_queue_fn fn, void *arg,
                                    size_t *lost);

struct retest_left {
    size_t taken; /* records that wait in the spool now */
    size_t lost;  /* records whose key is gone */
};

/* Takes the frames that runs which ended left in the spool's directory `dir`
 * into the spool, and removes those files. A damaged end is passed over; so is
 * a file that cannot be read, which is named. */
MUST_USE enum err retest_queue_recover(const char *dir, const struct seal *seal,
                                       struct spool *s, struct retest_left *out,
                                       struct diag *d);

#endif

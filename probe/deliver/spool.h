// SPDX-License-Identifier: Apache-2.0
/* What waits to be sent: frames (frame.h) in files to which they are appended
 * (spool_file.h). On the disk nobody can look inside: a frame is sealed. In the
 * clear stand its length, its priority, its state and the day.
 *
 * Each process that keeps records appends to files of its own, one for what
 * shows sites that work and one for the rest, so that the former can go first
 * where room ends. They are synced together every SPOOL_SYNC_US; with
 * spool_hold nothing at all is written for a while, and then all at once. A
 * process that is killed loses what it held and no more; so does a power cut,
 * after which an unfinished end is cut off. A file goes once all in it is done
 * with. Its name is a number that begins at 0 in an empty spool, and a random
 * one.
 *
 * Damaged frames are counted and passed over; a file that is none of ours is
 * set aside as NAME.bad, one of a newer version stays as it is. Frames whose
 * key is gone with the machine's memory are counted and removed. Files of
 * earlier versions, one for each frame, are taken over when the spool is
 * opened, and the old bytes overwritten.
 *
 * Before measuring, room for what is in flight is reserved on the disk, so that
 * a disk that fills up ends the run and loses no record.
 */
#ifndef PARALLAX_PROBE_DELIVER_SPOOL_H
#define PARALLAX_PROBE_DELIVER_SPOOL_H

#include "probe/deliver/spool_file.h"

#define SPOOL_SYNC_US INT64_C(5000000)

struct spool;

/* A frame in the list. */
struct spool_item {
    uint64_t id; /* while the spool is open */
    enum frame_state state;
    enum frame_priority priority;
    bool boxed;     /* closed in a box for the collector */
    bool open;      /* spool_load gives it: no box, or in memory besides */
    unsigned day;   /* since 1970, by the clock of this machine */
    uint64_t bytes; /* on the disk */
};

/* Opens (makes) the directory and lists it; `seal` is borrowed. Only the
 * process that holds its lock may send from it or remove anything; another one
 * may only add: see spool_may_send. A directory that cannot be read is an
 * error; a file that cannot is passed over, and named. */
MUST_USE enum err spool_open(const char *dir, uint64_t max_bytes,
                             const struct seal *seal, struct spool **out,
                             struct diag *d);

/* The same for who only looks: nothing is made, locked, mended or taken over,
 * and nothing may be changed. ERR_NOTFOUND: there is no such directory. Frames
 * whose key is gone are counted, not listed. */
MUST_USE enum err spool_look(const char *dir, const struct seal *seal,
                             struct spool **out, struct diag *d);

/* Writes what is held, gives the lock and the disk room back. NULL is allowed.
 * Who wants to know whether all is on the disk calls spool_sync before. */
void spool_close(struct spool *s);

/* Another process had the lock when the spool was opened: tries once more, and
 * on success reads the directory again; ids change. */
MUST_USE enum err spool_retake(struct spool *s, struct diag *d);

/* False: *pid is the process that sends. */
bool spool_may_send(const struct spool *s, int *pid);

/* From now on frames are closed in boxes for the collector that has this key
 * (record/sealed.h, borrowed), which outlast this machine's memory. NULL, as at
 * the beginning: they are sealed with the device's key. `copies`: the latest
 * boxed frames of this process are in memory besides, as they are, for a
 * collector that turns out to know no boxes. */
void spool_box(struct spool *s, const uint8_t pub[CRYPTO_BOX_KEY_LEN],
               bool copies);

/* Sets disk room aside until spool_close. ERR_NOSPC: there is none. */
MUST_USE enum err spool_reserve(struct spool *s, size_t bytes, struct diag *d);

/* From now on frames are written at most once in `burst_us` (or when 4 MiB of
 * them wait), and synced then. 0, as at the beginning: they
 * are written at once, and synced by spool_tick. */
void spool_hold(struct spool *s, int64_t burst_us);

/* Keeps a frame. Where more than the maximum would be kept, the oldest frames
 * of sites that work go first. When the disk is full the reserve is given up
 * for it, and spool_tight is true from then on. */
MUST_USE enum err spool_add(struct spool *s, const struct frame *f,
                            struct diag *d);

/* The same; `fn`, unless NULL, is told right before it is written what the
 * frame is known by to spool_has, also after the next start. Its error is
 * returned, and nothing is kept then. */
MUST_USE enum err spool_add_after(struct spool *s, const struct frame *f,
                                  spool_known_fn fn, void *arg, struct diag *d);

/* Is there a frame that is known by that? */
bool spool_has(const struct spool *s, uint64_t known_by);

/* To be called now and then, with the monotonic time: writes and syncs what is
 * due. */
MUST_USE enum err spool_tick(struct spool *s, int64_t now_us, struct diag *d);

/* Writes and syncs all. What is kept stays listed whatever the error. */
MUST_USE enum err spool_sync(struct spool *s, struct diag *d);

/* Removes frames of `days` and more before `today`, of the oldest file first;
 * gives their number. Only by a clock that is trusted. */
size_t spool_expire(struct spool *s, unsigned today, unsigned days);

/* No more should be measured: the disk is full, or the maximum is reached and
 * nothing in it may go. */
bool spool_tight(const struct spool *s);

/* Bytes of all frames, whatever their state. */
uint64_t spool_bytes(const struct spool *s);

/* How many frames are in a state, and how many there are. */
size_t spool_count(const struct spool *s, enum frame_state state);
size_t spool_len(const struct spool *s);

/* The i-th frame, oldest file first, from 0 to spool_len - 1. */
struct spool_item spool_item(const struct spool *s, size_t i);

/* What a person calls it: its file and its place there. */
void spool_name(const struct spool *s, uint64_t id, char out[SPOOL_NAME_MAX]);

/* Reads a frame that is open into `bytes`, from which *out borrows. ERR_ACCESS:
 * it is not. ERR_NOMEM and ERR_FDLIMIT: not now. After every other error the
 * frame is no longer listed as waiting, which was said: ERR_PARSE it was
 * damaged, ERR_NOTFOUND it is gone, or its key is; else it is passed over. */
MUST_USE enum err spool_load(struct spool *s, uint64_t id, struct buf *bytes,
                             struct frame *out, struct diag *d);

/* The same of one that is boxed: the box itself. */
MUST_USE enum err spool_load_box(struct spool *s, uint64_t id, struct buf *box,
                                 struct diag *d);

/* The collector has it, or nobody wants it: it goes. ERR_NOTFOUND: it did
 * already. */
MUST_USE enum err spool_done(struct spool *s, uint64_t id);

/* Changes the state of a frame, on the disk too. */
MUST_USE enum err spool_mark(struct spool *s, uint64_t id,
                             enum frame_state state);

/* Nothing more is done with this frame until the spool is opened again. */
void spool_pass(struct spool *s, uint64_t id);

/* What a volunteer is told of the latter; takes the number, a size_t. */
#define SPOOL_LOST_TEXT                                                         \
    "%zu records of before this machine was started again, or its user logged " \
    "out, were not sent: their key was in memory only. They are removed"

/* Since spool_open: what was damaged, frames whose key was gone, and frames
 * that went to make room. */
size_t spool_damaged(const struct spool *s);
size_t spool_lost(const struct spool *s);
size_t spool_dropped(const struct spool *s);

#endif

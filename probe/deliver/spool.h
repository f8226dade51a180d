// SPDX-License-Identifier: Apache-2.0
/* What waits to be sent: a directory of frames, one file each. A frame is
 * opaque: a finished, compressed submission and the few bytes that open the
 * report it belongs to. Nobody but the collector looks inside again, and on
 * the disk nobody can: it is sealed (probe/volunteer/seal.h).
 *
 * File:
 *     0  "PXSPOOL2"
 *     8  state (1 waiting, 2 held, 3 refused), which changes in place
 *     9  the frame, sealed
 *
 * Frame, in network byte order:
 *     0  "PXSPOOL1"
 *     8  kind (1: submission)        9  state when it was made
 *    10  0 (16 bits)                12  created, seconds since 1970 (64 bits)
 *    20  length of `open`           24  length of `body` (32 bits each)
 *    28  SHA-256 over bytes 0..8, 10..27, open and body
 *    60  open, then body, then nothing
 *
 * A file's name is a number that begins at 0 in an empty spool, and a random
 * one: no time, no name of what is in it. Files are written beside, fsynced and
 * renamed: a frame is whole or absent. A damaged one is set aside as NAME.bad;
 * one whose key is gone with the machine's memory is counted and removed.
 * Earlier versions kept the frame itself as the file: what they left is sealed
 * when the spool is opened, and the old bytes overwritten.
 *
 * Before measuring, room for what is in flight is reserved on the disk, so that
 * a disk that fills up ends the run and loses no record.
 */
#ifndef PARALLAX_PROBE_DELIVER_SPOOL_H
#define PARALLAX_PROBE_DELIVER_SPOOL_H

#include "base/buf.h"
#include "base/diag.h"
#include "probe/volunteer/seal.h"

#define SPOOL_MAX_FILES  100000
#define SPOOL_MAX_FRAME  (32u << 20)
#define SPOOL_MAX_SEALED (SPOOL_MAX_FRAME + SEAL_MORE(SPOOL_MAX_FRAME))
#define SPOOL_HEADER_LEN 60
#define SPOOL_NAME_MAX   48

enum spool_kind {
    SPOOL_SUBMISSION = 1
};

enum spool_state {
    SPOOL_WAITING = 1,
    SPOOL_HELD = 2, /* accepted but not stored: wants a known location */
    SPOOL_REFUSED =
        3,           /* the collector will not have it; kept, not sent again */
    SPOOL_PASSED = 4 /* cannot be read or changed now; never on the disk */
};

struct spool_frame {
    enum spool_kind kind;
    enum spool_state state;
    int64_t created_s;
    struct str open; /* body of the request that opens its report */
    struct str body; /* of the submission, see submission_pack */
};

/* A frame of these bytes, which it borrows; pure. ERR_PARSE says why not. */
MUST_USE enum err spool_decode(struct str bytes, struct spool_frame *out,
                               struct diag *d);

/* For tests: the bytes of a frame, appended. */
MUST_USE enum err spool_encode(const struct spool_frame *f, struct buf *out);

/* The same, sealed. The frame borrows `bytes`. ERR_NOTFOUND: the key is gone;
 * ERR_PARSE: damaged. */
MUST_USE enum err spool_seal(const struct seal *seal,
                             const struct spool_frame *f, struct buf *out);
MUST_USE enum err spool_unseal(const struct seal *seal, struct str sealed,
                               struct buf *bytes, struct spool_frame *out,
                               struct diag *d);

struct spool;

/* Opens (makes) the directory and lists it; `seal` is borrowed. Only the
 * process that holds its lock may send from it; another one may only add: see
 * spool_may_send. A directory that cannot be read is an error; a file that
 * cannot is passed over, and named. */
MUST_USE enum err spool_open(const char *dir, uint64_t max_bytes,
                             const struct seal *seal, struct spool **out,
                             struct diag *d);

/* Gives the lock and the disk room back. NULL is allowed. */
void spool_close(struct spool *s);

/* Another process had the lock when the spool was opened: tries once more, and
 * on success reads the directory again. */
MUST_USE enum err spool_retake(struct spool *s, struct diag *d);

/* False: *pid is the process that sends. */
bool spool_may_send(const struct spool *s, int *pid);

/* Sets disk room aside until spool_close. ERR_NOSPC: there is none. */
MUST_USE enum err spool_reserve(struct spool *s, size_t bytes, struct diag *d);

/* Writes a frame durably; its name goes to `name`. When the disk is full the
 * reserve is given up for it, and spool_tight is true from then on. The
 * maximum does not refuse a frame: it is asked before measuring. */
MUST_USE enum err spool_add(struct spool *s, const struct spool_frame *f,
                            char name[SPOOL_NAME_MAX], struct diag *d);

/* No more should be measured: the disk is full, or the maximum is reached. */
bool spool_tight(const struct spool *s);

/* Bytes of all frames, whatever their state. */
uint64_t spool_bytes(const struct spool *s);

/* How many frames are in a state, and how many there are. */
size_t spool_count(const struct spool *s, enum spool_state state);
size_t spool_len(const struct spool *s);

/* Name and state of the i-th frame, oldest first, from 0 to spool_len - 1. */
const char *spool_name(const struct spool *s, size_t i);
enum spool_state spool_state_of(const struct spool *s, size_t i);

/* Reads a frame into `bytes`, from which *out borrows. ERR_NOMEM and
 * ERR_FDLIMIT: not now. After every other error the frame is no longer listed
 * as waiting, which was said: ERR_PARSE it was damaged and is set aside under
 * NAME.bad, ERR_NOTFOUND it is gone, or its key is; else it is passed over. */
MUST_USE enum err spool_load(struct spool *s, const char *name,
                             struct buf *bytes, struct spool_frame *out,
                             struct diag *d);

/* The collector has it: removes the file. */
MUST_USE enum err spool_done(struct spool *s, const char *name);

/* Changes the state of a frame, on the disk too. */
MUST_USE enum err spool_mark(struct spool *s, const char *name,
                             enum spool_state state);

/* Nothing more is done with this frame until the spool is opened again. */
void spool_pass(struct spool *s, const char *name);

/* What a volunteer is told of the latter; takes the number, a size_t. */
#define SPOOL_LOST_TEXT                                                         \
    "%zu records of before this machine was started again, or its user logged " \
    "out, were not sent: their key was in memory only. They are removed"

/* Since spool_open: damaged files, and files whose key was gone. */
size_t spool_damaged(const struct spool *s);
size_t spool_lost(const struct spool *s);

#endif

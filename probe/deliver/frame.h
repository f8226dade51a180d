// SPDX-License-Identifier: Apache-2.0
/* A finished, compressed submission and the few bytes that open the report it
 * belongs to. Whoever keeps it on a disk seals it (probe/volunteer/seal.h).
 *
 * In network byte order:
 *     0  "PXSPOOL1"
 *     8  kind (1: submission)        9  state when it was made
 *    10  0 (16 bits)                12  created, seconds since 1970 (64 bits)
 *    20  length of `open`           24  length of `body` (32 bits each)
 *    28  SHA-256 over bytes 0..8, 10..27, open and body
 *    60  open, then body, then nothing
 */
#ifndef PARALLAX_PROBE_DELIVER_FRAME_H
#define PARALLAX_PROBE_DELIVER_FRAME_H

#include "base/buf.h"
#include "base/diag.h"
#include "probe/volunteer/seal.h"

#define FRAME_MAX        (32u << 20)
#define FRAME_MAX_SEALED (FRAME_MAX + SEAL_MORE(FRAME_MAX))
#define FRAME_HEAD_LEN   60

enum frame_kind {
    FRAME_SUBMISSION = 1
};

enum frame_state {
    FRAME_DONE = 0, /* sent, or not wanted any more */
    FRAME_WAITING = 1,
    FRAME_HELD = 2, /* accepted but not stored: wants a known location */
    FRAME_REFUSED =
        3,           /* the collector will not have it; kept, not sent again */
    FRAME_PASSED = 4 /* cannot be read or changed now; never on the disk */
};

/* What goes first where there is too little room: the lowest, and of equals the
 * oldest. */
enum frame_priority {
    FRAME_INNOCENT = 0, /* the site works */
    FRAME_ODD = 1,      /* it does not, or it is not settled why */
    FRAME_BLOCKED = 2,
    FRAME_PRIORITIES
};

struct frame {
    enum frame_kind kind;
    enum frame_state state;
    enum frame_priority priority; /* is not among its bytes */
    int64_t created_s;
    struct str open; /* body of the request that opens its report */
    struct str body; /* of the submission, see submission_pack */
};

/* A frame of these bytes, which it borrows; pure. ERR_PARSE says why not. */
MUST_USE enum err frame_decode(struct str bytes, struct frame *out,
                               struct diag *d);

/* Its bytes, appended. ERR_LIMIT: too long. */
MUST_USE enum err frame_encode(const struct frame *f, struct buf *out);

/* The same, sealed with the device's key. The frame borrows `bytes`.
 * ERR_NOTFOUND: the key is gone; ERR_PARSE: damaged. */
MUST_USE enum err frame_seal(const struct seal *seal, const struct frame *f,
                             struct buf *out);
MUST_USE enum err frame_unseal(const struct seal *seal, struct str sealed,
                               struct buf *bytes, struct frame *out,
                               struct diag *d);

/* A state that may stand on a disk and means that the frame is there. */
bool frame_state_known(int state);

#endif

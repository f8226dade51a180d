// SPDX-License-Identifier: Apache-2.0
/* Frames of the spool: whatever decodes must encode to the same bytes, sealed
 * or not; and no bytes that are not sealed open. */
#include "probe/deliver/frame.c" /* no library holds the probe */
#include "probe/volunteer/paths.c"
#include "probe/volunteer/seal.c"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct seal key = {.keys = {{1, 2, 3}}, .n = 1};

/* The bytes as what was sealed: the frame in them, or the same complaint. */
static void through_the_seal(struct str bytes, enum err want)
{
    struct frame f;
    struct diag d = {""};
    struct buf sealed, opened;
    buf_init(&sealed, FRAME_MAX_SEALED);
    buf_init(&opened, FRAME_MAX);
    if (seal_close(&key, bytes, &sealed) != ERR_OK ||
        frame_unseal(&key, buf_str(&sealed), &opened, &f, &d) != want ||
        !str_eq(buf_str(&opened), bytes)) {
        abort();
    }
    buf_fini(&sealed);
    buf_fini(&opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame f;
    struct diag d = {""};
    struct buf again;
    struct str bytes = {(const char *)data, size};
    buf_init(&again, FRAME_MAX);
    if (frame_unseal(&key, bytes, &again, &f, &d) == ERR_OK) {
        abort();
    }
    enum err e = frame_decode(bytes, &f, &d);
    through_the_seal(bytes, e);
    if (e != ERR_OK) {
        if (!d.text[0]) {
            abort();
        }
        buf_fini(&again);
        return 0;
    }
    buf_clear(&again);
    if (frame_encode(&f, &again) != ERR_OK || again.len != size ||
        memcmp(again.p, data, size) != 0) {
        abort();
    }
    buf_fini(&again);
    return 0;
}

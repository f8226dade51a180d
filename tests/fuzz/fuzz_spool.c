// SPDX-License-Identifier: Apache-2.0
/* Frames of the spool: whatever decodes must encode to the same bytes. */
#include "probe/deliver/spool.c" /* no library holds the probe */

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spool_frame f;
    struct diag d = {""};
    struct buf again;
    if (spool_decode((struct str){(const char *)data, size}, &f, &d) !=
        ERR_OK) {
        if (!d.text[0]) {
            abort();
        }
        return 0;
    }
    buf_init(&again, SPOOL_MAX_FRAME);
    if (spool_encode(&f, &again) != ERR_OK || again.len != size ||
        memcmp(again.p, data, size) != 0) {
        abort();
    }
    buf_fini(&again);
    return 0;
}

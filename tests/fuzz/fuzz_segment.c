// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a frame of a segment, and as the content of one: what is
 * written reads back the same, and what is damaged is not read. */
#include "base/crypto.h"
#include "collector/store/segment_frame.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf meta, record, frame;
    struct str in = {(const char *)data, size};
    size_t len = 0;
    buf_init(&meta, (size_t)1 << 20);
    buf_init(&record, SEGMENT_RECORD_MAX);
    buf_init(&frame, SEGMENT_RECORD_MAX);
    if (segment_frame_parse(in, &meta, &record, &len) == ERR_OK && len > size) {
        abort();
    }
    buf_clear(&meta);
    buf_clear(&record);
    size_t cut = size > 0 ? data[0] % size : 0;
    struct str m = str_sub(in, 0, cut), r = str_sub(in, cut, SIZE_MAX);
    if (m.len < ((size_t)1 << 16) &&
        segment_frame_write(NULL, &frame, m, r) == ERR_OK) {
        if (segment_frame_parse(buf_str(&frame), &meta, &record, &len) !=
                ERR_OK ||
            len != frame.len || !str_eq(buf_str(&meta), m) ||
            !str_eq(buf_str(&record), r)) {
            abort();
        }
        if (size > 1) { /* one byte changed */
            frame.p[data[1] % frame.len] ^= 1;
            buf_clear(&meta);
            buf_clear(&record);
            if (segment_frame_parse(buf_str(&frame), &meta, &record, &len) ==
                ERR_OK) {
                abort();
            }
        }
    }
    buf_fini(&meta);
    buf_fini(&record);
    buf_fini(&frame);
    return 0;
}

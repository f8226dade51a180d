// SPDX-License-Identifier: Apache-2.0
/* What is in a box, a file of keys, and bytes that are no box: whatever splits
 * closes and opens to the same; no bytes open that were not closed. */
#include "record/sealed_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void through_the_box(const struct sealed_keys *keys, struct str open,
                            struct str body)
{
    struct buf box, plain;
    struct str open2, body2;
    buf_init(&box, SEALED_MAX);
    buf_init(&plain, SEALED_MAX);
    if (sealed_close(keys->pub[0], open, body, &box) != ERR_OK ||
        sealed_open(keys, buf_str(&box), &plain, &open2, &body2) != ERR_OK ||
        !str_eq(open, open2) || !str_eq(body, body2)) {
        abort();
    }
    buf_fini(&box);
    buf_fini(&plain);
}

/* The bytes as a file that was carried by hand. */
static void as_file(const uint8_t *data, size_t size)
{
    struct buf box;
    size_t n = 0;
    FILE *f = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
    buf_init(&box, SEALED_MAX);
    if (f && sealed_file_enter(f) == ERR_OK) {
        while (sealed_file_next(f, &box) == ERR_OK) {
            n += 4 + box.len;
        }
    }
    if (n > size) {
        abort();
    }
    buf_fini(&box);
    if (f) {
        fclose(f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sealed_keys keys;
    struct sealed_keys read;
    struct buf plain;
    struct str bytes = {(const char *)data, size};
    struct str open, body;
    if (!keys.n) {
        keys.n = 1;
        crypto_box_pair(keys.pub[0], keys.secret[0]);
    }
    as_file(data, size);
    buf_init(&plain, SEALED_MAX);
    if (sealed_open(&keys, bytes, &plain, &open, &body) == ERR_OK) {
        abort();
    }
    if (sealed_split(bytes, &open, &body) == ERR_OK) {
        if (open.len + body.len + 8 > size) {
            abort();
        }
        through_the_box(&keys, open, body);
    }
    if (sealed_read_keys(bytes, &read) == ERR_OK &&
        (read.n == 0 || read.n > SEALED_KEYS)) {
        abort();
    }
    buf_fini(&plain);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
/* Damaged frames through both readers with their limits, what was packed is
 * unpacked as it was, and base64 likewise. */
#include "base/base64.h"
#include "base/compress.h"
#include "base/fs.h"
#include "base/inflater.h"
#include "record/dictionary.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX ((size_t)1 << 20)

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void stream(struct str in)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct inflater *i = NULL;
    char chunk[5000];
    size_t got = 1, sum = 0;

    must(fd >= 0 && fs_write_all(fd, in.p, in.len) == ERR_OK);
    lseek(fd, 0, SEEK_SET);
    if (inflater_open(fd, &i)) {
        return;
    }
    while (got > 0 && sum < MAX) {
        if (inflater_read(i, chunk, sizeof(chunk), &got)) {
            break;
        }
        must(got <= sizeof(chunk));
        sum += got;
    }
    inflater_close(i);
}

static void round_trip(struct str in)
{
    struct buf packed, plain;

    buf_init(&packed, 2 * MAX);
    buf_init(&plain, MAX);
    must(compress_pack(in, 1, &packed) == ERR_OK);
    must(compress_unpack(buf_str(&packed), &plain) == ERR_OK);
    must(str_eq(buf_str(&plain), in));
    buf_clear(&packed);
    buf_clear(&plain);
    must(compress_pack_dcz(in, 1, dictionary_text(), &packed) == ERR_OK);
    must(compress_unpack_dcz(buf_str(&packed), dictionary_text(), &plain) ==
         ERR_OK);
    must(str_eq(buf_str(&plain), in));
    buf_clear(&packed);
    buf_clear(&plain);
    must(base64_add(&packed, in) == ERR_OK);
    must(base64_decode(buf_str(&packed), &plain) == ERR_OK);
    must(str_eq(buf_str(&plain), in));
    buf_fini(&packed);
    buf_fini(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = {(const char *)data, size};
    struct buf out, again;

    buf_init(&out, MAX);
    buf_init(&again, MAX);
    if (compress_unpack(in, &out)) {
        must(out.len == 0);
    }
    buf_clear(&out);
    if (compress_unpack_dcz(in, dictionary_text(), &out)) {
        must(out.len == 0);
    }
    buf_clear(&out);
    if (base64_decode(in, &out) == ERR_OK) {
        must(base64_add(&again, buf_str(&out)) == ERR_OK);
        must(str_eq(buf_str(&again), in)); /* one text for given bytes */
    }
    buf_fini(&out);
    buf_fini(&again);
    stream(in);
    round_trip(in);
    return 0;
}

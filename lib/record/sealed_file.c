// SPDX-License-Identifier: Apache-2.0
/* Boxes behind each other. */
#include "record/sealed_file.h"

#include "base/cur.h"

#include <string.h>

#define MAGIC     "PXBOXES1"
#define MAGIC_LEN 8u

static enum err put(FILE *f, struct str data)
{
    return fwrite(data.p, 1, data.len, f) == data.len ? ERR_OK : ERR_IO;
}

enum err sealed_file_begin(FILE *f)
{
    return put(f, STR(MAGIC));
}

enum err sealed_file_add(FILE *f, struct str box)
{
    struct buf head;
    buf_init(&head, 4);
    enum err e = buf_add_u32(&head, (uint32_t)box.len);
    if (e == ERR_OK) {
        e = put(f, buf_str(&head));
    }
    buf_fini(&head);
    return e == ERR_OK ? put(f, box) : e;
}

enum err sealed_file_enter(FILE *f)
{
    char magic[MAGIC_LEN];
    return fread(magic, 1, MAGIC_LEN, f) == MAGIC_LEN &&
                   memcmp(magic, MAGIC, MAGIC_LEN) == 0
               ? ERR_OK
               : ERR_PARSE;
}

bool sealed_file_is(const char *path)
{
    FILE *f = strcmp(path, "-") != 0 ? fopen(path, "re") : NULL;
    bool is = f && sealed_file_enter(f) == ERR_OK;
    if (f) {
        fclose(f);
    }
    return is;
}

enum err sealed_file_next(FILE *f, struct buf *out)
{
    uint8_t head[4];
    char chunk[16384];
    size_t got = fread(head, 1, sizeof(head), f);
    if (got == 0 && feof(f)) {
        return ERR_NOTFOUND;
    }
    struct cur c = cur_of(head, got);
    uint32_t left = cur_u32(&c);
    if (c.bad || left > SEALED_MAX) {
        return ERR_PARSE;
    }
    buf_clear(out);
    while (left > 0) {
        size_t want = left < sizeof(chunk) ? left : sizeof(chunk);
        if (fread(chunk, 1, want, f) != want) {
            return ERR_PARSE;
        }
        enum err e = buf_add(out, chunk, want);
        if (e != ERR_OK) {
            return e;
        }
        left -= (uint32_t)want;
    }
    return ERR_OK;
}

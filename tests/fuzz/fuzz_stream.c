// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a file to import: plain, compressed, archive. The reader ends,
 * and every value it gives is one. */
#include "base/inflater.h"
#include "base/json.h"
#include "base/stream.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ITEMS_MAX 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes once unpacked; as far as it can be unpacked, and is of interest. */
static size_t plain_size(int fd)
{
    struct inflater *in = NULL;
    char chunk[4096];
    size_t n = 1, sum = 0;
    int copy = dup(fd);
    if (copy < 0 || lseek(copy, 0, SEEK_SET) != 0) {
        abort();
    }
    if (inflater_open(copy, &in) == ERR_OK) {
        while (n > 0 && sum < ITEMS_MAX &&
               inflater_read(in, chunk, sizeof(chunk), &n) == ERR_OK) {
            sum += n;
        }
        inflater_close(in);
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    char path[64];
    struct stream *s = NULL;
    struct diag d = {{0}};
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    size_t plain = plain_size(fd);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (stream_open(path, &s, &d) != ERR_OK) {
        abort();
    }
    for (size_t i = 0; i < ITEMS_MAX; i++) {
        struct stream_item item;
        struct json_doc *doc = NULL;
        enum err e = stream_next(s, &item, &d);
        if (e != ERR_OK && e != ERR_PARSE) {
            break;
        }
        if (i > 4 * plain + 4 || (e == ERR_PARSE && d.text[0] == '\0')) {
            abort(); /* it does not get on, or does not say what is wrong */
        }
        if (e == ERR_OK && json_parse(item.text, &json_default_limits, &doc,
                                      &d) == ERR_INTERNAL) {
            abort();
        }
        json_doc_free(doc);
    }
    stream_close(s);
    close(fd);
    return 0;
}

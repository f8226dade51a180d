// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a file to import: plain, compressed, archive. The reader ends,
 * and every value it gives is one. */
#include "base/json.h"
#include "base/stream.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    char path[64];
    struct stream *s = NULL;
    struct diag d = {{0}};
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (stream_open(path, &s, &d) != ERR_OK) {
        abort();
    }
    for (size_t i = 0; i < 100000; i++) {
        struct stream_item item;
        struct json_doc *doc = NULL;
        enum err e = stream_next(s, &item, &d);
        if (e != ERR_OK && e != ERR_PARSE) {
            break;
        }
        if (i > 4 * size + 4 || (e == ERR_PARSE && d.text[0] == '\0')) {
            abort(); /* it does not get on, or does not say what is wrong */
        }
        if (e == ERR_OK && json_parse(item.text, &json_default_limits, &doc,
                                      &d) == ERR_INTERNAL) {
            abort();
        }
        json_doc_free(doc);
    }
    stream_close(s);
    (void)close(fd);
    return 0;
}

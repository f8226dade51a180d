// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a list of relays: what is taken holds every address it names. */
#include "collector/ingest/relays.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const struct relays *r, struct str line)
{
    char addr[64];
    struct str first;
    if (!str_next(&line, '#', &first) || !str_next(&first, '/', &line)) {
        return;
    }
    line = str_trim(line);
    if (line.len == 0 || line.len >= sizeof(addr)) {
        return;
    }
    memcpy(addr, line.p, line.len);
    addr[line.len] = '\0';
    if (!relays_has(r, addr)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size}, line;
    struct relays *r = NULL;
    struct diag d = {{0}};
    enum err e = relays_parse(text, &r, &d);
    if (e == ERR_PARSE && !d.text[0]) {
        abort();
    }
    while (e == ERR_OK && str_next(&text, '\n', &line)) {
        check_line(r, line);
    }
    relays_free(r);
    return 0;
}

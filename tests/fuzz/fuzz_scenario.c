// SPDX-License-Identifier: Apache-2.0
/* Any text as a world or scenario file of the lab: it is taken, or refused
 * with the file and the line. The lab frees its configuration by ending, so
 * what an input made is remembered and freed here. No file is opened. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static void *made[1 << 16];
static size_t n_made;

static void *keep(void *p)
{
    if (!p || n_made == sizeof(made) / sizeof(made[0])) {
        abort();
    }
    return made[n_made++] = p;
}

static void forget(void *p)
{
    for (size_t i = n_made; i-- > 0 && p;) {
        if (made[i] == p) {
            made[i] = made[--n_made];
            break;
        }
    }
}

static void *fuzz_calloc(size_t n, size_t size)
{
    return keep(calloc(n, size));
}

static void *fuzz_realloc(void *p, size_t size)
{
    forget(p);
    return keep(realloc(p, size));
}

static char *fuzz_strdup(const char *s)
{
    return keep(strdup(s));
}

static void fuzz_free(void *p)
{
    forget(p);
    free(p);
}

#undef strdup
#define calloc                   fuzz_calloc
#define realloc                  fuzz_realloc
#define reallocarray(p, n, size) fuzz_realloc((p), (n) * (size))
#define strdup                   fuzz_strdup
#define free                     fuzz_free
#define open(...)                (errno = ENOENT, -1)
#include "../lab/conf.c"
#include "../lab/lines.c"
#include "../lab/scenario.c"
#include "../lab/util.c"
#include "../lab/world.c"
#undef calloc
#undef free

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096) {
        return 0;
    }
    char *text = calloc(1, size + 1);
    struct lab_conf *c = calloc(1, sizeof(*c));
    if (!text || !c) {
        abort();
    }
    if (size) {
        memcpy(text, data, size);
    }
    lab_conf_init(c);
    bool ok = lab_lines_text(c, "t.lab", ".", text) && lab_conf_finish(c) &&
              lab_conf_settle(c);
    if (!ok && !c->error[0]) {
        abort();
    }
    while (n_made) {
        free(made[--n_made]);
    }
    free(text);
    free(c);
    return 0;
}

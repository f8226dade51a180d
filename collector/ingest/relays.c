// SPDX-License-Identifier: Apache-2.0
/* Prefixes sorted by family, length and bytes; an address is cut to each length
 * that occurs and looked for. */
#include "collector/ingest/relays.h"

#include "base/fs.h"
#include "wire/ip.h"

#include <stdlib.h>
#include <string.h>

#define BITS_MAX 128

struct prefix {
    struct ip ip; /* zero beyond its bits */
    uint8_t bits;
};

struct relays {
    struct prefix *list;
    size_t n, cap;
    bool has[2][BITS_MAX + 1]; /* of IPv4, IPv6: lengths that occur */
};

static void cut(struct prefix *p)
{
    for (unsigned i = 0; i < sizeof(p->ip.b); i++) {
        unsigned from = i * 8;
        unsigned keep = p->bits <= from       ? 0
                        : p->bits - from >= 8 ? 8
                                              : p->bits - from;
        p->ip.b[i] &= (uint8_t)(0xff00u >> keep);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct prefix *x = a, *y = b;
    int c = (x->ip.family > y->ip.family) - (x->ip.family < y->ip.family);
    if (c == 0) {
        c = (x->bits > y->bits) - (x->bits < y->bits);
    }
    return c != 0 ? c : memcmp(x->ip.b, y->ip.b, sizeof(x->ip.b));
}

static bool read_prefix(struct str line, struct prefix *out)
{
    struct str addr;
    struct prefix p = {.bits = 0};
    if (!str_next(&line, '/', &addr) || !ip_parse(str_trim(addr), &p.ip)) {
        return false;
    }
    int64_t bits = p.ip.family == 4 ? 32 : BITS_MAX;
    if (line.p && str_to_i64(str_trim(line), 0, bits, &bits) != ERR_OK) {
        return false;
    }
    p.bits = (uint8_t)bits;
    cut(&p);
    *out = p;
    return true;
}

static enum err add(struct relays *r, const struct prefix *p)
{
    if (r->n == RELAYS_MAX) {
        return ERR_LIMIT;
    }
    if (r->n == r->cap) {
        size_t cap = r->cap * 2 + 64;
        struct prefix *grown = reallocarray(r->list, cap, sizeof(*grown));
        if (!grown) {
            return ERR_NOMEM;
        }
        r->list = grown;
        r->cap = cap;
    }
    r->list[r->n++] = *p;
    r->has[p->ip.family == 6][p->bits] = true;
    return ERR_OK;
}

enum err relays_parse(struct str text, struct relays **out, struct diag *d)
{
    struct relays *r = calloc(1, sizeof(*r));
    struct str line;
    enum err e = r ? ERR_OK : ERR_NOMEM;
    for (size_t n = 1; e == ERR_OK && str_next(&text, '\n', &line); n++) {
        struct str comment = line;
        struct prefix p;
        if (!str_next(&comment, '#', &line) || str_trim(line).len == 0) {
            continue;
        }
        e = read_prefix(line, &p) ? add(r, &p) : ERR_PARSE;
        if (e == ERR_PARSE) {
            diag_set(d, e, "line %zu: neither an address nor a prefix", n);
        } else if (e == ERR_LIMIT) {
            diag_set(d, e, "more than %u addresses", RELAYS_MAX);
        }
    }
    if (e != ERR_OK) {
        relays_free(r);
        return e;
    }
    if (r->n > 0) {
        qsort(r->list, r->n, sizeof(*r->list), by_place);
    }
    *out = r;
    return ERR_OK;
}

enum err relays_open(const char *path, struct relays **out, struct diag *d)
{
    struct buf text;
    struct diag why = {{0}};
    buf_init(&text, RELAYS_FILE_MAX);
    enum err e = fs_read(path, RELAYS_FILE_MAX, &text, d);
    if (e == ERR_OK) {
        e = relays_parse(buf_str(&text), out, &why);
        if (e != ERR_OK) {
            diag_set(d, e, "%s: %s", path, why.text[0] ? why.text : err_str(e));
        }
    }
    buf_fini(&text);
    return e;
}

void relays_free(struct relays *r)
{
    if (r) {
        free(r->list);
        free(r);
    }
}

bool relays_has(const struct relays *r, const char *addr)
{
    struct prefix whole = {.bits = 0};
    if (!r || r->n == 0 || !addr || !ip_parse(str_c(addr), &whole.ip)) {
        return false;
    }
    unsigned most = whole.ip.family == 4 ? 32 : BITS_MAX;
    for (unsigned bits = 0; bits <= most; bits++) {
        if (!r->has[whole.ip.family == 6][bits]) {
            continue;
        }
        struct prefix p = {.ip = whole.ip, .bits = (uint8_t)bits};
        cut(&p);
        if (bsearch(&p, r->list, r->n, sizeof(*r->list), by_place)) {
            return true;
        }
    }
    return false;
}

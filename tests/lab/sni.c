// SPDX-License-Identifier: Apache-2.0
#include "sni.h"

#include <string.h>
#include <strings.h>

#define HELLO_MAX 16384

// A cursor over the handshake bytes.
struct cur {
    const uint8_t *p;
    size_t len;
};

static int take(struct cur *c, size_t n, struct cur *out)
{
    if (c->len < n) {
        return 0;
    }
    *out = (struct cur){c->p, n};
    c->p += n;
    c->len -= n;
    return 1;
}

// A vector with a length field of `width` bytes.
static int take_vec(struct cur *c, size_t width, struct cur *out)
{
    struct cur head;
    if (!take(c, width, &head)) {
        return 0;
    }
    size_t n = 0;
    for (size_t i = 0; i < width; i++) {
        n = n << 8 | head.p[i];
    }
    return take(c, n, out);
}

static enum lab_sni read_name(struct cur list, char name[256])
{
    struct cur type, host;
    if (!take(&list, 1, &type) || type.p[0] != 0 ||
        !take_vec(&list, 2, &host) || !host.len || host.len > 255 ||
        memchr(host.p, 0, host.len)) {
        return LAB_SNI_NONE;
    }
    memcpy(name, host.p, host.len);
    name[host.len] = 0;
    return LAB_SNI_FOUND;
}

static enum lab_sni read_hello(struct cur body, char name[256])
{
    struct cur skip, exts;
    if (!take(&body, 34, &skip) || !take_vec(&body, 1, &skip) ||
        !take_vec(&body, 2, &skip) || !take_vec(&body, 1, &skip) ||
        !take_vec(&body, 2, &exts)) {
        return LAB_SNI_NONE;
    }
    while (exts.len) {
        struct cur type, ext, list;
        if (!take(&exts, 2, &type) || !take_vec(&exts, 2, &ext)) {
            return LAB_SNI_NONE;
        }
        if (type.p[0] == 0 && type.p[1] == 0) {
            return take_vec(&ext, 2, &list) ? read_name(list, name)
                                            : LAB_SNI_NONE;
        }
    }
    return LAB_SNI_NONE;
}

enum lab_sni lab_sni_find(const uint8_t *p, size_t len, char name[256])
{
    uint8_t hello[HELLO_MAX];
    size_t have = 0;
    size_t want = 4; // handshake type and length
    while (have < want) {
        if (!len) {
            return LAB_SNI_MORE;
        }
        if (p[0] != 22 || (len > 1 && p[1] != 3)) {
            return LAB_SNI_NONE;
        }
        if (len < 5) {
            return LAB_SNI_MORE;
        }
        size_t record = (size_t)p[3] << 8 | p[4];
        size_t part = record < len - 5 ? record : len - 5;
        if (!record || part > sizeof(hello) - have) {
            return LAB_SNI_NONE;
        }
        memcpy(hello + have, p + 5, part);
        have += part;
        p += 5 + part;
        len -= 5 + part;
        if (have && hello[0] != 1) {
            return LAB_SNI_NONE;
        }
        if (have >= 4) {
            want =
                4 + ((size_t)hello[1] << 16 | (size_t)hello[2] << 8 | hello[3]);
            if (want > sizeof(hello)) {
                return LAB_SNI_NONE;
            }
        }
    }
    return read_hello((struct cur){hello + 4, want - 4}, name);
}

enum lab_sni lab_http_host(const uint8_t *p, size_t len, char name[256])
{
    const uint8_t *end = len ? memmem(p, len, "\r\n\r\n", 4) : NULL;
    const uint8_t *at = len ? memmem(p, len, "\r\n", 2) : NULL;
    while (at && (size_t)(at + 2 - p) + 5 <= len) {
        at += 2;
        size_t left = len - (size_t)(at - p);
        const uint8_t *eol = memmem(at, left, "\r\n", 2);
        if (strncasecmp((const char *)at, "host:", 5) == 0 && eol) {
            at += 5;
            while (at < eol && *at == ' ') {
                at++;
            }
            size_t n = 0;
            while (at + n < eol && at[n] != ':' && n < 255) {
                name[n] = (char)at[n];
                n++;
            }
            name[n] = 0;
            return n ? LAB_SNI_FOUND : LAB_SNI_NONE;
        }
        at = eol;
    }
    return end || len > HELLO_MAX ? LAB_SNI_NONE : LAB_SNI_MORE;
}

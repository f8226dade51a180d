// SPDX-License-Identifier: Apache-2.0
/* Records, hellos and alerts of TLS, read from their bytes. */
#include "wire/tlsmsg.h"
#include <string.h>

#define EXT_SERVER_NAME        0
#define EXT_ALPN               16
#define EXT_SUPPORTED_VERSIONS 43
#define EXT_ECH                0xfe0d /* draft-ietf-tls-esni */

#define TLS13 0x0304

/* SHA-256 of "HelloRetryRequest" (RFC 8446 4.1.3). */
static const uint8_t retry_random[32] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
    0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
    0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

enum err tlsmsg_record(struct cur *stream, struct tls_record *out)
{
    struct cur c = *stream;
    struct tls_record rec;
    if (cur_left(&c) >= 1 &&
        (c.p[c.pos] < TLS_CHANGE_CIPHER || c.p[c.pos] > TLS_DATA)) {
        return ERR_PARSE;
    }
    if (cur_left(&c) >= 2 && c.p[c.pos + 1] != 3) {
        return ERR_PARSE;
    }
    if (cur_left(&c) < 5) {
        return ERR_NOTFOUND;
    }
    rec.type = cur_u8(&c);
    rec.version = cur_u16(&c);
    uint16_t len = cur_u16(&c);
    if (len > TLS_RECORD_MAX) {
        return ERR_PARSE;
    }
    if (cur_left(&c) < len) {
        return ERR_NOTFOUND;
    }
    rec.body = cur_bytes(&c, len);
    *out = rec;
    *stream = c;
    return ERR_OK;
}

/* The message at the start of `bytes`, which are whole records' bodies. */
static enum err message(struct str bytes, uint8_t *type, struct str *body)
{
    struct cur c = cur_of(bytes.p, bytes.len);
    uint8_t t = cur_u8(&c);
    uint32_t len = cur_u24(&c);
    if (c.bad) {
        return ERR_NOTFOUND;
    }
    if (len > TLS_HANDSHAKE_MAX) {
        return ERR_PARSE;
    }
    struct str b = cur_bytes(&c, len);
    if (c.bad) {
        return ERR_NOTFOUND;
    }
    *type = t;
    *body = b;
    return ERR_OK;
}

enum err tlsmsg_handshake(struct str stream, struct buf *join, uint8_t *type,
                          struct str *body)
{
    struct cur c = cur_of(stream.p, stream.len);
    struct tls_record rec;
    struct str bytes = {NULL, 0};
    enum err e = ERR_NOTFOUND;
    buf_clear(join);
    for (bool first = true; e == ERR_NOTFOUND; first = false) {
        e = tlsmsg_record(&c, &rec);
        if (e) {
            return e;
        }
        /* Empty handshake records are forbidden (RFC 8446 5.1). */
        if (rec.type != TLS_HANDSHAKE || rec.body.len == 0) {
            return ERR_PARSE;
        }
        if (first) {
            bytes = rec.body;
        } else {
            if (join->len == 0) {
                buf_add_str(join, bytes);
            }
            if (join->len + rec.body.len > TLS_HANDSHAKE_MAX + TLS_RECORD_MAX) {
                return ERR_PARSE;
            }
            e = buf_add_str(join, rec.body);
            if (e) {
                return e;
            }
            bytes = buf_str(join);
        }
        e = message(bytes, type, body);
    }
    return e;
}

static struct str vec8(struct cur *c)
{
    return cur_bytes(c, cur_u8(c));
}

static struct str vec16(struct cur *c)
{
    return cur_bytes(c, cur_u16(c));
}

static struct cur over(struct str s)
{
    return cur_of(s.p, s.len);
}

/* RFC 6066 3: a list of which only host_name (0) was ever defined. */
static bool read_sni(struct str ext, struct str *sni)
{
    struct cur c = over(ext);
    struct cur list = over(vec16(&c));
    if (c.bad || cur_left(&c) > 0) {
        return false;
    }
    while (cur_left(&list) > 0) {
        uint8_t kind = cur_u8(&list);
        struct str name = vec16(&list);
        if (list.bad) {
            return false;
        }
        if (kind == 0 && sni->len == 0) {
            *sni = name;
        }
    }
    return true;
}

/* RFC 7301 3.1: the list is checked here so that it can be walked later. */
static bool read_alpn(struct str ext, struct str *alpn)
{
    struct cur c = over(ext);
    struct str list = vec16(&c);
    if (c.bad || cur_left(&c) > 0) {
        return false;
    }
    for (struct cur l = over(list); cur_left(&l) > 0;) {
        struct str proto = vec8(&l);
        if (l.bad || proto.len == 0) {
            return false;
        }
    }
    *alpn = list;
    return true;
}

static bool client_extension(struct tls_client_hello *h, uint16_t type,
                             struct str ext)
{
    struct cur c = over(ext);
    switch (type) {
    case EXT_SERVER_NAME:
        return read_sni(ext, &h->sni);
    case EXT_ALPN:
        return read_alpn(ext, &h->alpn);
    case EXT_SUPPORTED_VERSIONS:
        h->versions = vec8(&c);
        return !c.bad && cur_left(&c) == 0 && h->versions.len % 2 == 0;
    case EXT_ECH:
        h->ech = true;
        return true;
    default:
        return true;
    }
}

enum err tlsmsg_client_hello(struct str body, struct tls_client_hello *out)
{
    struct cur c = over(body);
    struct tls_client_hello h = {0};
    h.legacy_version = cur_u16(&c);
    h.random = cur_bytes(&c, 32);
    h.session_id = vec8(&c);
    h.ciphers = vec16(&c);
    vec8(&c); /* compression methods */
    if (c.bad || h.session_id.len > 32 || h.ciphers.len % 2 != 0) {
        return ERR_PARSE;
    }
    if (cur_left(&c) > 0) { /* extensions may be missing before TLS 1.3 */
        struct cur exts = over(vec16(&c));
        while (!c.bad && cur_left(&exts) > 0) {
            uint16_t type = cur_u16(&exts);
            struct str ext = vec16(&exts);
            if (exts.bad || !client_extension(&h, type, ext)) {
                return ERR_PARSE;
            }
        }
    }
    if (c.bad || cur_left(&c) > 0) {
        return ERR_PARSE;
    }
    *out = h;
    return ERR_OK;
}

static bool server_extension(struct tls_server_hello *h, uint16_t type,
                             struct str ext)
{
    struct cur c = over(ext);
    struct str list;
    switch (type) {
    case EXT_SUPPORTED_VERSIONS:
        h->version = cur_u16(&c);
        return !c.bad && cur_left(&c) == 0;
    case EXT_ALPN:
        if (!read_alpn(ext, &list) || !tlsmsg_alpn_next(&list, &h->alpn)) {
            return false;
        }
        return list.len == 0; /* a server names exactly one */
    default:
        return true;
    }
}

enum err tlsmsg_server_hello(struct str body, struct tls_server_hello *out)
{
    struct cur c = over(body);
    struct tls_server_hello h = {0};
    h.version = cur_u16(&c);
    h.random = cur_bytes(&c, 32);
    h.session_id = vec8(&c);
    h.cipher = cur_u16(&c);
    cur_u8(&c); /* compression */
    if (c.bad || h.session_id.len > 32) {
        return ERR_PARSE;
    }
    h.retry = memcmp(h.random.p, retry_random, 32) == 0;
    if (cur_left(&c) > 0) {
        struct cur exts = over(vec16(&c));
        while (!c.bad && cur_left(&exts) > 0) {
            uint16_t type = cur_u16(&exts);
            struct str ext = vec16(&exts);
            if (exts.bad || !server_extension(&h, type, ext)) {
                return ERR_PARSE;
            }
        }
    }
    if (c.bad || cur_left(&c) > 0) {
        return ERR_PARSE;
    }
    *out = h;
    return ERR_OK;
}

enum err tlsmsg_alert(struct str body, struct tls_alert *out)
{
    struct cur c = over(body);
    struct tls_alert a;
    a.level = cur_u8(&c);
    a.description = cur_u8(&c);
    if (c.bad || cur_left(&c) > 0 || a.level < 1 || a.level > 2) {
        return ERR_PARSE;
    }
    *out = a;
    return ERR_OK;
}

bool tlsmsg_alpn_next(struct str *list, struct str *proto)
{
    struct cur c = over(*list);
    struct str p = vec8(&c);
    if (c.bad) {
        return false;
    }
    *proto = p;
    *list = str_sub(*list, c.pos, list->len);
    return true;
}

bool tlsmsg_has_u16(struct str list, uint16_t v)
{
    struct cur c = over(list);
    while (cur_left(&c) >= 2) {
        if (cur_u16(&c) == v) {
            return true;
        }
    }
    return false;
}

const char *tlsmsg_version_name(uint16_t version)
{
    switch (version) {
    case 0x0300:
        return "SSLv3";
    case 0x0301:
        return "TLSv1";
    case 0x0302:
        return "TLSv1.1";
    case 0x0303:
        return "TLSv1.2";
    case TLS13:
        return "TLSv1.3";
    default:
        return "";
    }
}

const char *tlsmsg_alert_name(uint8_t description)
{
    static const struct {
        uint8_t code;
        const char *name;
    } names[] = {
        {0, "close_notify"},
        {10, "unexpected_message"},
        {20, "bad_record_mac"},
        {22, "record_overflow"},
        {40, "handshake_failure"},
        {42, "bad_certificate"},
        {43, "unsupported_certificate"},
        {44, "certificate_revoked"},
        {45, "certificate_expired"},
        {46, "certificate_unknown"},
        {47, "illegal_parameter"},
        {48, "unknown_ca"},
        {49, "access_denied"},
        {50, "decode_error"},
        {51, "decrypt_error"},
        {70, "protocol_version"},
        {71, "insufficient_security"},
        {80, "internal_error"},
        {86, "inappropriate_fallback"},
        {90, "user_canceled"},
        {109, "missing_extension"},
        {110, "unsupported_extension"},
        {112, "unrecognized_name"},
        {113, "bad_certificate_status_response"},
        {115, "unknown_psk_identity"},
        {116, "certificate_required"},
        {120, "no_application_protocol"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].code == description) {
            return names[i].name;
        }
    }
    return NULL;
}

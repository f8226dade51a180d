// SPDX-License-Identifier: Apache-2.0
/* The parts of TLS that travel in the clear (RFC 8446, RFC 5246): records,
 * ClientHello, ServerHello, alerts. Bytes -> structs, no I/O, no allocation
 * except where several records must be joined; every `struct str` borrows the
 * bytes that were given.
 *
 * Parsers of a stream return ERR_NOTFOUND while more bytes may still complete
 * what is there, and ERR_PARSE when nothing that follows can.
 *
 * Captured packets are kept as they are, and not read by the programs:
 * only tests call these parsers.
 */
#ifndef PARALLAX_WIRE_TLSMSG_H
#define PARALLAX_WIRE_TLSMSG_H

#include "base/buf.h"
#include "base/cur.h"

#define TLS_RECORD_MAX    (16384 + 256)
#define TLS_HANDSHAKE_MAX 65536

enum tls_content {
    TLS_CHANGE_CIPHER = 20,
    TLS_ALERT = 21,
    TLS_HANDSHAKE = 22,
    TLS_DATA = 23,
};

enum tls_handshake_type {
    TLS_CLIENT_HELLO = 1,
    TLS_SERVER_HELLO = 2
};

struct tls_record {
    uint8_t type; /* enum tls_content */
    uint16_t version;
    struct str body;
};

struct tls_client_hello {
    uint16_t legacy_version;
    struct str random, session_id;
    struct str ciphers;  /* two bytes each */
    struct str sni;      /* host_name as sent, empty if there is none */
    struct str alpn;     /* for tlsmsg_alpn_next, empty if there is none */
    struct str versions; /* supported_versions, two bytes each, may be empty */
    bool ech;            /* offers an encrypted ClientHello */
};

struct tls_server_hello {
    uint16_t version; /* the negotiated one */
    uint16_t cipher;
    struct str random, session_id;
    struct str alpn; /* chosen protocol; TLS 1.3 does not show it */
    bool retry;      /* a HelloRetryRequest */
};

struct tls_alert {
    uint8_t level; /* 1 warning, 2 fatal */
    uint8_t description;
};

/* For tests: the next record of a stream; the cursor moves past it only on
 * success. */
MUST_USE enum err tlsmsg_record(struct cur *stream, struct tls_record *out);

/* For tests: the first handshake message of a stream of records, its type and
 * body. A message in one record is borrowed from `stream`, else put together in
 * `join`. */
MUST_USE enum err tlsmsg_handshake(struct str stream, struct buf *join,
                                   uint8_t *type, struct str *body);

/* For tests: the body of a handshake message of the type. */
MUST_USE enum err tlsmsg_client_hello(struct str body,
                                      struct tls_client_hello *out);
MUST_USE enum err tlsmsg_server_hello(struct str body,
                                      struct tls_server_hello *out);

/* For tests: from the body of an alert record; an encrypted one is ERR_PARSE.
 */
MUST_USE enum err tlsmsg_alert(struct str body, struct tls_alert *out);

/* For tests: cuts the next protocol off `*list`; false at its end. */
bool tlsmsg_alpn_next(struct str *list, struct str *proto);

/* For tests: is `v` among two-byte numbers (versions, ciphers)? */
bool tlsmsg_has_u16(struct str list, uint16_t v);

/* For tests: "TLSv1.3", "" unknown; and the alerts of RFC 8446, section 6, NULL
 * unknown. */
const char *tlsmsg_version_name(uint16_t version);
const char *tlsmsg_alert_name(uint8_t description);

#endif

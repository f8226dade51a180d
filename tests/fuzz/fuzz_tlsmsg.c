// SPDX-License-Identifier: Apache-2.0
/* Any bytes as the start of a TLS stream. Everything that is handed out lies
 * within the input or the buffer that joined its records. */
#include "base/cur.h"
#include "wire/tlsmsg.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct str part, struct str whole)
{
    if (part.len > 0 &&
        (part.p < whole.p || part.p + part.len > whole.p + whole.len)) {
        abort();
    }
}

static void hello(uint8_t type, struct str body)
{
    struct tls_client_hello c;
    struct tls_server_hello s;
    if (type == TLS_CLIENT_HELLO && tlsmsg_client_hello(body, &c) == ERR_OK) {
        struct str list = c.alpn, proto;
        within(c.sni, body);
        within(c.alpn, body);
        within(c.versions, body);
        while (tlsmsg_alpn_next(&list, &proto)) {
            within(proto, body);
            if (proto.len == 0) {
                abort();
            }
        }
        if (list.len != 0) {
            abort();
        }
        tlsmsg_has_u16(c.ciphers, 0x1301);
    }
    if (type == TLS_SERVER_HELLO && tlsmsg_server_hello(body, &s) == ERR_OK) {
        within(s.alpn, body);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cur c = cur_of(data, size);
    struct str stream = {(const char *)data, size}, body;
    struct tls_record rec;
    struct tls_alert alert;
    struct buf join;
    uint8_t type;
    while (tlsmsg_record(&c, &rec) == ERR_OK) {
        within(rec.body, stream);
        if (rec.type == TLS_ALERT && tlsmsg_alert(rec.body, &alert) == ERR_OK) {
            tlsmsg_alert_name(alert.description);
        }
    }
    buf_init(&join, TLS_HANDSHAKE_MAX * 2);
    if (tlsmsg_handshake(stream, &join, &type, &body) == ERR_OK) {
        hello(type, body);
    }
    if (size > 0) { /* straight to the parsers behind the framing */
        hello(data[0] % 3, str_sub(stream, 1, size));
    }
    buf_fini(&join);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// The server name in the first bytes of a TLS connection (RFC 8446 4.1.2,
// RFC 6066 3), as a censor reads it. Also the Host of an HTTP request, for
// the transparent proxy. Pure, every length checked.
#ifndef LAB_SNI_H
#define LAB_SNI_H

#include <stddef.h>
#include <stdint.h>

enum lab_sni {
    LAB_SNI_MORE, // could still become one
    LAB_SNI_NONE, // not a ClientHello, or one without a name
    LAB_SNI_FOUND
};

// The ClientHello may be cut over several TLS records.
enum lab_sni lab_sni_find(const uint8_t *p, size_t len, char name[256]);
enum lab_sni lab_http_host(const uint8_t *p, size_t len, char name[256]);

#endif

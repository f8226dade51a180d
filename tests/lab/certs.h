// SPDX-License-Identifier: Apache-2.0
// The certificates of the lab: a CA everyone here trusts, one nobody trusts,
// and a certificate for every host. All leaves share one key: what a test
// looks at is the certificate, and 900 keys would cost a second.
#ifndef LAB_CERTS_H
#define LAB_CERTS_H

#include "conf.h"

#include <openssl/types.h>

// Writes DIR/ca.pem, DIR/certs/leaf.key, DIR/certs/NAME.pem of every host
// with a TLS port, and DIR/certs/doh.pem for the DoH names.
// Also, for the interceptor, DIR/certs/mitm-trusted.pem and -untrusted.pem
// (certificate and key of its authorities) when a directive needs them.
void lab_certs_write(const struct lab_conf *c, const char *dir);

// A certificate for `name` (a host's name or an address) by one of the
// interceptor's authorities, put into `ctx` with its key.
bool lab_certs_forge(const char *dir, bool trusted, const char *name,
                     SSL_CTX *ctx);

#endif

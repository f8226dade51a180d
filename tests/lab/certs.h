// SPDX-License-Identifier: Apache-2.0
// The certificates of the lab: a CA everyone here trusts, one nobody trusts,
// and a certificate for every host. All leaves share one key: what a test
// looks at is the certificate, and 900 keys would cost a second.
#ifndef LAB_CERTS_H
#define LAB_CERTS_H

#include "conf.h"

// Writes DIR/ca.pem, DIR/certs/leaf.key, DIR/certs/NAME.pem of every host
// with a TLS port, and DIR/certs/doh.pem for the DoH names.
void lab_certs_write(const struct lab_conf *c, const char *dir);

#endif

// SPDX-License-Identifier: Apache-2.0
// The interceptor of `mitm` lines: takes a TLS connection in the server's
// place with a certificate of its own, makes another to the true server and
// passes on what is said. A connection whose name no such line means is
// passed on as it is.
#ifndef LAB_MITM_H
#define LAB_MITM_H

#include "conf.h"

// One connection, to its end.
void lab_mitm(const struct lab_conf *c, const char *dir, int fd);

#endif

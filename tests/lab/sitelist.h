// SPDX-License-Identifier: Apache-2.0
// Site lists (CSV with a `url` column): every host of a list becomes a host
// of the world. Names are mapped to A-labels as browsers do; a row whose URL
// has no usable host is counted and left out.
#ifndef LAB_SITELIST_H
#define LAB_SITELIST_H

#include "conf.h"

// Reads the files together: hosts get their addresses in byte order of all
// the names. Names the world has already stay as they are.
// false: c->error says why. `*skipped`: rows without a usable host.
bool lab_sitelist_read(struct lab_conf *c, const char *const *path, size_t n,
                       size_t *skipped);

// One URL -> host (A-label or address, lower case) and port.
// false when it is not http(s) or has no usable host.
bool lab_url_host(const char *url, size_t len, char host[256],
                  struct lab_port *port);

#endif

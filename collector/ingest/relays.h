// SPDX-License-Identifier: Apache-2.0
/* Addresses that say nothing about who sends from them, because many people's
 * traffic leaves there: exits of Tor, VPNs, proxies. A list in a file, one
 * address or prefix (192.0.2.0/24, 2001:db8::/32) a line, "#" begins a comment;
 * the list of exits that the Tor Project publishes is one. Read once; any
 * number of threads may ask.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_RELAYS_H
#define PARALLAX_COLLECTOR_INGEST_RELAYS_H

#include "base/diag.h"
#include "base/str.h"

#define RELAYS_MAX      500000u            /* lines with an address */
#define RELAYS_FILE_MAX ((size_t)32 << 20) /* bytes */

struct relays;

/* For tests: reads the text of a list. ERR_PARSE: `d` names the line that is
 * neither an address nor a prefix; ERR_LIMIT. Caller frees *out. */
MUST_USE enum err relays_parse(struct str text, struct relays **out,
                               struct diag *d);
/* Reads a file; what is wrong with it is named as above, with its name. Caller
 * frees *out. */
MUST_USE enum err relays_open(const char *path, struct relays **out,
                              struct diag *d);
void relays_free(struct relays *r);
/* Is the address in the list? False for NULL and for what is no address. */
bool relays_has(const struct relays *r, const char *addr);

#endif

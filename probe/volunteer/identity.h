// SPDX-License-Identifier: Apache-2.0
/* x_probe: a pseudonym that lets the collector count independent observers of
 * one network for one month, and nothing else. It travels beside the record,
 * is never published, and changes with country, network and month, so that
 * months and networks of one volunteer cannot be linked. It stands on 32
 * random bytes that never leave this machine.
 */
#ifndef PARALLAX_PROBE_VOLUNTEER_IDENTITY_H
#define PARALLAX_PROBE_VOLUNTEER_IDENTITY_H

#include "base/diag.h"

#include <stdint.h>

#define IDENTITY_SECRET_LEN 32
#define IDENTITY_TEXT       33 /* 16 bytes in hex, NUL */

/* Reads the device secret, or makes it (mode 0600). A file of another length
 * is ERR_PARSE: a new secret would count this volunteer twice. */
MUST_USE enum err identity_secret(uint8_t secret[IDENTITY_SECRET_LEN],
                                  struct diag *d);
/* HMAC-SHA256(secret, "CC|asn|YYYY-MM"), the first 16 bytes in hex. `unix_s`
 * gives the month (UTC). */
MUST_USE enum err identity_probe(const uint8_t secret[IDENTITY_SECRET_LEN],
                                 const char *cc, uint32_t asn, int64_t unix_s,
                                 char out[IDENTITY_TEXT]);

#endif

// SPDX-License-Identifier: Apache-2.0
/* x_probe: a pseudonym that lets the collector count independent observers of
 * one network for one month, and nothing else. It travels beside the record,
 * is never published, and changes with country, network and month, so that
 * months and networks of one volunteer cannot be linked. It stands on 32
 * random bytes that never leave this machine.
 *
 * These turn once a month: the next ones are HMAC-SHA256 of these, and these
 * are overwritten, so that whoever takes the device cannot tell the pseudonyms
 * of earlier months. The file holds the 32 bytes and, once a clock was trusted,
 * the month that they are for, `YYYY-MM`.
 */
#ifndef PARALLAX_PROBE_VOLUNTEER_IDENTITY_H
#define PARALLAX_PROBE_VOLUNTEER_IDENTITY_H

#include "base/diag.h"

#include <stdint.h>

#define IDENTITY_SECRET_LEN 32
#define IDENTITY_TEXT       33 /* 16 bytes in hex, NUL */

/* Farther ahead than this no clock is believed. */
#define IDENTITY_MONTHS_MAX 120

/* Reads the device secret, or makes it (mode 0600). Anything else in the file
 * is ERR_PARSE: a new secret would count this volunteer twice. */
MUST_USE enum err identity_secret(uint8_t secret[IDENTITY_SECRET_LEN],
                                  struct diag *d);
/* The secret as it is for the month of `unix_s`, by a clock that is trusted:
 * turned as often as months went by, on the disk first. It is never turned
 * back, nor for a month more than IDENTITY_MONTHS_MAX ahead. On failure the
 * secret is the one before, and stays so. */
MUST_USE enum err identity_turn(int64_t unix_s,
                                uint8_t secret[IDENTITY_SECRET_LEN],
                                struct diag *d);
/* HMAC-SHA256(secret, "CC|asn|YYYY-MM"), the first 16 bytes in hex. `unix_s`
 * gives the month (UTC). */
MUST_USE enum err identity_probe(const uint8_t secret[IDENTITY_SECRET_LEN],
                                 const char *cc, uint32_t asn, int64_t unix_s,
                                 char out[IDENTITY_TEXT]);

#endif

// SPDX-License-Identifier: Apache-2.0
// IPv6 on a volunteer's line. The world behind the router speaks IPv4 only:
// the middlebox turns a volunteer's IPv6 packets into IPv4 ones (RFC 7915,
// without fragments and extension headers) from an address of the
// volunteer's shadow, and what comes back into IPv6, so that every directive
// means both. Pure, every length checked.
#ifndef LAB_SIX_H
#define LAB_SIX_H

#include "conf.h"

// Every address of the world, and what is given to volunteers, as IPv6.
#define LAB_SIX_SITES      "2e64:64::"
#define LAB_SIX_VOLUNTEERS "2e64:65::"
#define LAB_SIX_NAT64      "64:ff9b::"

#define LAB_SIX_MAX 65575

bool lab_six_is_site(const uint8_t addr[16]);
void lab_six_volunteer(uint32_t addr, uint8_t out[16]);
void lab_six_site(uint32_t addr, uint8_t out[16]);
// As text, for zones and resolv.conf.
const char *lab_six_text(const uint8_t addr[16], char out[46]);

// The volunteer whose shadow an address is; -1: nobody's.
int lab_six_shadow(const struct lab_conf *c, uint32_t addr);
// Whether any volunteer has IPv6 at all.
bool lab_six_on(const struct lab_conf *c);
bool lab_six_any(const struct lab_conf *c, enum lab_v6 mode);
// Whether the world's names have AAAA records.
bool lab_six_names(const struct lab_conf *c);
// Lengths that a NAT64 prefix may have (RFC 6052, 2.2).
bool lab_six_nat64_bits(long bits);
// NAT64's prefix as text, with its length.
const char *lab_six_prefix(const struct lab_conf *c, char out[64]);
// The address by which volunteer `i` knows a server.
void lab_six_server(const struct lab_conf *c, int i, uint32_t addr,
                    uint8_t out[16]);

// A volunteer's packet as IPv4; 0: it is for nobody. `*volunteer` is whose.
size_t lab_six_up(const struct lab_conf *c, const uint8_t *raw, size_t len,
                  uint8_t *out, size_t max, int *volunteer);
// A packet for volunteer `i` as IPv6; 0: it cannot be.
size_t lab_six_down(const struct lab_conf *c, int i, const uint8_t *raw,
                    size_t len, uint8_t *out, size_t max);

// The type and code of an ICMP error as ICMPv6 says it. false: it has no word
// for it, and both are as they were.
bool lab_six_error(uint8_t *type, uint8_t *code);

#endif

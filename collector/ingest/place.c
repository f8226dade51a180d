// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/place.h"

#include "wire/ip.h"

#include <string.h>

enum store_place place_check(const char *source, const struct geo_entry *at,
                             const char *cc, uint32_t asn)
{
    struct ip ip;
    if (!source || !ip_parse(str_c(source), &ip) || ip_is_special(&ip) ||
        at->asn == 0) {
        return PLACE_UNCHECKED;
    }
    /* a database without countries knows networks only */
    bool cc_known = at->cc[0] != '\0' && strcmp(at->cc, "ZZ") != 0;
    bool fits = at->asn == asn && (!cc_known || strcmp(at->cc, cc) == 0);
    return fits ? PLACE_AGREES : PLACE_DISAGREES;
}

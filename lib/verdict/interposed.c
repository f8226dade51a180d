// SPDX-License-Identifier: Apache-2.0
#include "verdict/interposed.h"
#include "base/base64.h"
#include "base/crypto.h"
#include "base/hex.h"

#define MAX_LEAF ((size_t)64 * 1024)

/* As it stands in a certificate, with tag and length: the list of proofs that
 * it was published (RFC 6962, 3.3). */
static const uint8_t published[] = {0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
                                    0x01, 0xd6, 0x79, 0x02, 0x04, 0x02};

static bool is_hash(const uint8_t hash[SHA256_LEN], struct str hex)
{
    char text[2 * SHA256_LEN + 1];
    hex_encode(hash, SHA256_LEN, text);
    return str_ieq_c(hex, text);
}

/* Neither the certificate that the control was shown, nor one that the same
 * authority issued: sites have several of these. */
static bool is_foreign(struct str der, const struct vendpoint *end)
{
    uint8_t hash[SHA256_LEN];
    crypto_sha256(der, hash);
    return !is_hash(hash, end->ctl_leaf) && crypto_issuer_sha256(der, hash) &&
           !is_hash(hash, end->ctl_issuer);
}

bool interposed(const struct vendpoint *end)
{
    struct str data = json_str(json_get(end->shown, "data"));
    struct str want = {(const char *)published, sizeof(published)};
    struct buf der;
    if (!outcome_ok(end->tls) || !outcome_ok(end->ctl_tls) ||
        end->ctl_leaf.len != 2 * (size_t)SHA256_LEN ||
        end->ctl_issuer.len != 2 * (size_t)SHA256_LEN || data.len == 0 ||
        data.len > MAX_LEAF) {
        return false;
    }
    buf_init(&der, data.len + 1);
    bool found = base64_decode(data, &der) == ERR_OK && der.len > 0 &&
                 is_foreign(buf_str(&der), end) &&
                 str_find(buf_str(&der), want) == SIZE_MAX;
    buf_fini(&der);
    return found;
}

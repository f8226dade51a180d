// SPDX-License-Identifier: Apache-2.0
/* The text that a control signs and a collector checks. */
#include "collector/control/control_signed.h"

#include "base/crypto.h"
#include "base/hex.h"

enum err control_signed(struct str request, int64_t minute, struct str nonce,
                        struct str answer, struct buf *out)
{
    uint8_t hash[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];
    crypto_sha256(request, hash);
    hex_encode(hash, sizeof(hash), hex);
    buf_printf(out, "parallax-control-1\n%s\n%lld\n" STR_FMT "\n", hex,
               (long long)minute, STR_ARG(nonce));
    buf_add_str(out, answer);
    return out->failed;
}

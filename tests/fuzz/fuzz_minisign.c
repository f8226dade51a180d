// SPDX-License-Identifier: Apache-2.0
/* A file is refused, in words, or is one of minisign's; what was read can be
 * written and read again to the same; no signature verifies that nobody made.
 */
#include "record/minisign.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right) {
        abort();
    }
}

static void read_public(struct str file, struct buf *out)
{
    struct minisign_public key, again;
    struct diag d = {""};
    if (minisign_read_public(file, &key, &d) != ERR_OK) {
        check(d.text[0]);
        return;
    }
    buf_clear(out);
    check(minisign_write_public(&key, out) == ERR_OK);
    check(minisign_read_public(buf_str(out), &again, &d) == ERR_OK);
    check(memcmp(&key, &again, sizeof(key)) == 0);
}

static void read_secret(struct str file, struct buf *out)
{
    struct minisign_secret key, again;
    struct diag d = {""};
    if (minisign_read_secret(file, &key, &d) != ERR_OK) {
        check(d.text[0]);
        return;
    }
    buf_clear(out);
    check(minisign_write_secret(&key, out) == ERR_OK);
    check(minisign_read_secret(buf_str(out), &again, &d) == ERR_OK);
    check(memcmp(&key, &again, sizeof(key)) == 0);
}

static void read_signature(struct str file)
{
    struct minisign_signature s;
    struct minisign_public key = {.id = {0}};
    struct diag d = {""};
    if (minisign_read_signature(file, &s, &d) != ERR_OK) {
        check(d.text[0]);
        return;
    }
    check(s.comment.len <= MINISIGN_MAX_COMMENT);
    check(!memchr(s.comment.len ? s.comment.p : "", '\n', s.comment.len));
    memcpy(key.id, s.id, sizeof(key.id));
    check(minisign_verify(&key, STR("never signed"), &s, &d) != ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str file = {(const char *)data, size};
    struct buf out;
    check(crypto_setup() == ERR_OK);
    buf_init(&out, MINISIGN_MAX_BYTES);
    read_public(file, &out);
    read_secret(file, &out);
    read_signature(file);
    buf_fini(&out);
    return 0;
}

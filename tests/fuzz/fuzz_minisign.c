// SPDX-License-Identifier: Apache-2.0
/* A file is refused, in words, or is one of minisign's; what was read can be
 * written and read again to the same; no signature verifies that nobody made.
 */
#include "record/list_orders.h"
#include "record/minisign.h"
#include "record/signed_list.h"

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
    const struct str none = {NULL, 0};
    if (minisign_read_secret(file, none, &key, &d) != ERR_OK) {
        check(d.text[0]);
        return;
    }
    buf_clear(out);
    check(minisign_write_secret(&key, none, NULL, out) == ERR_OK);
    check(minisign_read_secret(buf_str(out), none, &again, &d) == ERR_OK);
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

/* What a list says beside its rows, and the two in one file. */
static void read_list(struct str file, struct buf *out)
{
    struct signed_list l;
    struct list_orders orders = {.everywhere = false};
    struct str list = {NULL, 0};
    struct diag d = {""};
    buf_clear(out);
    if (signed_list_split(file, &list, out)) {
        check(list.len < file.len);
        check(!list.len || list.p + list.len == file.p + file.len);
    }
    if (signed_list_claim(file, &l, &d) == ERR_OK) {
        check(signed_list_is_name(l.name) && l.version > 0 && l.expires_s > 0);
        buf_clear(out);
        check(signed_list_comment(&l, out) == ERR_OK);
    }
    list_orders_add(file, "web_connectivity", &orders);
    if (list_orders_check(file, &d) == ERR_OK) {
        check(!list_orders_paused(&orders, "ZZ") || orders.everywhere);
    }
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
    read_list(file, &out);
    buf_fini(&out);
    return 0;
}

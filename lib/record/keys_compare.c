// SPDX-License-Identifier: Apache-2.0
#include "record/keys_compare.h"

#include "base/crypto.h"
#include "base/hex.h"

static void write_certificate(struct key_writer *c, struct str der)
{
    uint8_t hash[SHA256_LEN];
    char text[2 * SHA256_LEN + 1];
    bool tell = der.len > 0 && !key_writer_tells(c, der);
    if (tell) {
        crypto_sha256(der, hash);
        hex_encode(hash, sizeof(hash), text);
    }
    key_writer_word(c, "certificate", tell ? text : NULL);
}

void keys_compare_write(struct key_writer *c)
{
    const struct measurement *m = c->m;
    struct jw *w = c->w;
    if (m->n_compare == 0) {
        return;
    }
    jw_key(w, "x_compare");
    jw_arr(w);
    for (size_t i = 0; i < m->n_compare; i++) {
        const struct obs_compare *o = &m->compare[i];
        jw_obj(w);
        key_writer_endpoint(c, "address", &o->ip, o->port);
        jw_kb(w, "named", o->named);
        if (o->other) {
            key_writer_text(c, "other_name", o->other);
        }
        jw_key(w, "t0");
        jw_seconds(w, o->t0);
        jw_key(w, "connected");
        jw_seconds(w, o->connected);
        jw_key(w, "secured");
        jw_seconds(w, o->secured);
        jw_key(w, "first");
        jw_seconds(w, o->first);
        jw_key(w, "last");
        jw_seconds(w, o->last);
        jw_key(w, "t");
        jw_seconds(w, o->t);
        jw_ki(w, "status", o->status);
        jw_ki(w, "headers", (int64_t)o->n_headers);
        jw_ki(w, "bytes", (int64_t)o->bytes);
        jw_ki(w, "received", (int64_t)o->received);
        jw_kb(w, "truncated", o->truncated);
        jw_kb(w, "trusted", o->trusted);
        write_certificate(c, o->cert);
        key_writer_failure(c, o->failure);
        jw_ki(w, "transaction_id", o->id);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

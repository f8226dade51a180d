// SPDX-License-Identifier: Apache-2.0
#include "record/keys_compare.h"

#include "base/crypto.h"
#include "base/hex.h"

static void write_certificate(struct jw *w, struct str der)
{
    uint8_t hash[SHA256_LEN];
    char text[2 * SHA256_LEN + 1];
    if (der.len > 0) {
        crypto_sha256(der, hash);
        hex_encode(hash, sizeof(hash), text);
    }
    jw_kc(w, "certificate", der.len > 0 ? text : NULL);
}

void keys_compare_write(struct jw *w, const struct measurement *m)
{
    if (m->n_compare == 0) {
        return;
    }
    jw_key(w, "x_compare");
    jw_arr(w);
    for (size_t i = 0; i < m->n_compare; i++) {
        const struct obs_compare *o = &m->compare[i];
        char text[56];
        ip_endpoint(&o->ip, o->port, text);
        jw_obj(w);
        jw_kc(w, "address", text);
        jw_kb(w, "named", o->named);
        if (o->other) {
            jw_kc(w, "other_name", o->other);
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
        write_certificate(w, o->cert);
        jw_kc(w, "failure", o->failure);
        jw_ki(w, "transaction_id", o->id);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

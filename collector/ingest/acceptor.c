// SPDX-License-Identifier: Apache-2.0
/* Opens fingerprints, network database and keys of controls. */
#include "collector/ingest/acceptor.h"

#include "base/hex.h"
#include "base/log.h"
#include "collector/ingest/fingerprint_sets.h"

/* Records are worth more than a list: judged with fewer fingerprints they can
 * be judged again, refused they are lost. */
static void on_set(void *arg, const struct fingerprint_set *set)
{
    (void)arg;
    if (set->reason[0]) {
        log_error("fingerprints", "set %s is not used: %s", set->name,
                  set->reason);
    } else if (set->imported_s) {
        log_info("fingerprints", "set %s: %zu fingerprints", set->name,
                 set->dns + set->body + set->header);
    }
}

enum err acceptor_open(struct acceptor *a, const char *data_dir,
                       const char *asn_db, const char *const *control_keys,
                       size_t n, struct diag *d)
{
    struct acceptor made = {0};
    enum err e =
        fingerprint_sets_open(data_dir, on_set, NULL, &made.fingerprints);
    if (e != ERR_OK) {
        diag_set(d, e, "fingerprints: %s", err_str(e));
    }
    if (e == ERR_OK && asn_db && asn_db[0]) {
        e = geo_open(asn_db, &made.geo, d);
    }
    if (e == ERR_OK) {
        e = control_keys_open(data_dir, &made.keys, d);
    }
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        uint8_t key[CRYPTO_PUB_LEN];
        e = hex_decode(str_c(control_keys[i]), key, sizeof(key)) == ERR_OK
                ? control_keys_add(made.keys, key, false, d)
                : diag_set(d, ERR_INVAL, "'%.80s' is not a control's key",
                           control_keys[i]);
    }
    if (e != ERR_OK) {
        acceptor_close(&made);
        return e;
    }
    *a = made;
    return ERR_OK;
}

void acceptor_close(struct acceptor *a)
{
    fingerprints_free(a->fingerprints);
    geo_close(a->geo);
    control_keys_close(a->keys);
    relays_free(a->relays);
    *a = (struct acceptor){0};
}

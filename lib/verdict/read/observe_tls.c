// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/observe_tls.h"
#include "base/base64.h"
#include "base/crypto.h"
#include "base/hex.h"
#include "verdict/read/field.h"
#include "verdict/read/observe_old.h"

#define HANDSHAKES "test_keys.tls_handshakes"

#define MAX_LEAF ((size_t)64 * 1024)

#define GET(fn, key, out)                                                      \
    if (!e) {                                                                  \
        e = fn(json_get(n, key), AT_I(list, i, key), out, d);                  \
    }

/* An alert, or an answer that is no TLS. An alert that the name is unknown is
 * called like a certificate for another name, but comes without any
 * certificate. */
static bool is_alert(struct outcome result, const struct json *certs)
{
    return failure_is_alert(result.failure) ||
           outcome_is(result, FAILURE_NO_TLS) ||
           (outcome_is(result, FAILURE_BAD_HOST) && certs &&
            json_is_null(certs));
}

/* The hash of the certificate, if it is there and can be read. */
static enum err read_leaf(struct observations *o, const struct json *cert,
                          struct vendpoint *end)
{
    struct str data = json_str(json_get(cert, "data"));
    uint8_t hash[SHA256_LEN];
    char text[2 * SHA256_LEN + 1];
    struct buf der;
    if (data.len == 0 || data.len > MAX_LEAF) {
        return ERR_OK;
    }
    buf_init(&der, data.len + 1);
    enum err e = base64_decode(data, &der);
    if (e == ERR_OK) {
        crypto_sha256(buf_str(&der), hash);
        hex_encode(hash, sizeof(hash), text);
        end->leaf = str_c(region_strdup(o->r, text));
        e = end->leaf.p ? ERR_OK : ERR_NOMEM;
    }
    buf_fini(&der);
    return e == ERR_PARSE ? ERR_OK : e;
}

/* An entry that cannot be true beside the connection's other ones, or in
 * itself. A version and a cipher beside a failure can: they are agreed on
 * before the handshake ends. */
static bool contradicts(const struct observations *o, const struct json *n,
                        const struct vendpoint *end, struct outcome result)
{
    struct ip ip;
    uint16_t port;
    bool success = false;
    return (end->tls.known && outcome_ok(end->tls) != outcome_ok(result)) ||
           (json_bool(json_get(n, "success"), &success) &&
            success != outcome_ok(result)) ||
           (ip_endpoint_parse(json_str(json_get(n, "address")), &ip, &port) &&
            (port != end->port || !ip_eq(&ip, &o->addrs[end->addr].ip)));
}

static enum err read_handshake(struct observations *o, const struct json *n,
                               size_t i, struct diag *d)
{
    const char *list = HANDSHAKES;
    struct outcome result = {0};
    struct str name;
    int64_t id = 0;
    double t0 = 0, t = 0;
    bool no_verify = false;
    const struct json *certs = json_get(n, "peer_certificates");
    enum err e = json_is_obj(n)
                     ? ERR_OK
                     : field_fail(AT_I(list, i, NULL), "want an object", d);
    GET(field_outcome, "failure", &result)
    GET(field_str, "server_name", &name)
    GET(field_i64, "transaction_id", &id)
    GET(field_bool, "no_tls_verify", &no_verify)
    GET(field_num, "t0", &t0)
    GET(field_num, "t", &t)
    if (!e) {
        e = field_arr(certs, AT_I(list, i, "peer_certificates"), 1024, d);
    }
    id = o->old ? observe_old_handshake(o, n) : id;
    struct vendpoint *end = e ? NULL : observations_endpoint(o, id);
    if (end) {
        end->doubtful = end->doubtful || contradicts(o, n, end, result);
        end->stage = VSTAGE_TLS;
        end->tls = result;
        end->server_name = observations_name(name);
        end->no_verify = no_verify;
        end->shown = outcome_ok(result) ? json_first(certs) : NULL;
        end->tls_t0 = t0;
        end->tls_t = t;
        end->alerted = is_alert(result, certs) &&
                       json_is_null(json_get(n, "x_certificates_scrubbed"));
        e = outcome_is_cert(result) ? read_leaf(o, json_first(certs), end)
                                    : ERR_OK;
    }
    return e;
}

enum err observe_tls(struct observations *o, const struct json *tk,
                     struct diag *d)
{
    const struct json *arr = json_get(tk, "tls_handshakes");
    enum err e = field_arr(arr, AT_KEY(HANDSHAKES, NULL), OBS_MAX_ENDPOINTS, d);
    size_t i = 0;
    for (const struct json *n = json_first(arr); n && !e; n = json_next(n)) {
        e = read_handshake(o, n, i++, d);
    }
    return e;
}

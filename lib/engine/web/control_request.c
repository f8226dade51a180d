// SPDX-License-Identifier: Apache-2.0
#include "engine/web/control_request.h"
#include "net/headers.h"
#include "record/scrub.h"

#include "base/crypto.h"
#include "base/hex.h"
#include "base/json_out.h"

#define REQUEST_MAX ((size_t)64 * 1024)
/* Of a server that cuts off two in three by chance one in 27 is not noticed. */
#define TRIES 3

/* Addresses that are the volunteer's own are nothing a control should know. */
static void add_endpoints(struct jw *w, const struct plan *p,
                          const struct url *url, const struct addr_list *addrs)
{
    char text[56];

    jw_key(w, "tcp_connect");
    jw_arr(w);
    for (size_t i = 0; i < addrs->n; i++) {
        const struct ip *ip = &addrs->items[i].ip;

        if (p->own && scrub_own_is(p->own, ip)) {
            continue;
        }
        if (url->explicit_port) {
            ip_endpoint(ip, url->port, text);
            jw_c(w, text);
            continue;
        }
        ip_endpoint(ip, 443, text);
        jw_c(w, text);
        ip_endpoint(ip, 80, text);
        jw_c(w, text);
    }
    jw_arr_end(w);
}

static void add_headers(struct jw *w, const struct plan *p, bool https)
{
    static const char *const names[] = {"Accept", "Accept-Language",
                                        "User-Agent"};
    struct obs_header h[HEADERS_MAX];
    size_t n = headers_for(https, p->headers, p->n_headers, h);

    jw_key(w, "http_request_headers");
    jw_obj(w);
    for (size_t i = 0; i < 3; i++) {
        const struct obs_header *one = headers_find(h, n, names[i]);
        if (!one) {
            continue;
        }
        jw_key(w, names[i]);
        jw_arr(w);
        jw_str(w, one->value);
        jw_arr_end(w);
    }
    jw_obj_end(w);
}

enum err control_request(const struct measure *ms, const struct url *url,
                         const struct addr_list *addrs, struct str *out)
{
    uint8_t nonce[16];
    char hex[33];
    struct buf b;
    struct jw w;

    crypto_random(nonce, sizeof(nonce));
    hex_encode(nonce, sizeof(nonce), hex);
    buf_init(&b, REQUEST_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kc(&w, "http_request", url->text);
    add_headers(&w, ms->plan, url->https);
    add_endpoints(&w, ms->plan, url, addrs);
    jw_kb(&w, "x_quic_enabled", false);
    jw_key(&w, "x_parallax");
    jw_obj(&w);
    jw_kc(&w, "nonce", hex);
    if (ms->plan->again) {
        jw_ki(&w, "tries", TRIES);
    }
    jw_obj_end(&w);
    jw_obj_end(&w);
    enum err e = b.failed;
    if (e == ERR_OK) {
        *out = region_str(ms->region, buf_str(&b));
        e = out->len > 0 ? ERR_OK : ERR_NOMEM;
    }
    buf_fini(&b);
    return e;
}

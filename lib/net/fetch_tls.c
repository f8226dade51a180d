// SPDX-License-Identifier: Apache-2.0
/* The handshake of a transfer. */
#include "net/fetch_tls.h"

#define READ_AT_ONCE ((size_t)32 * 1024)

static void on_tls_start(void *arg)
{
    fetch_notes_event(arg, "tls_handshake_start");
}

static void on_tls_done(void *arg)
{
    fetch_notes_tls(arg, NULL);
}

static void on_tls_io(void *arg, bool write, size_t bytes)
{
    struct fetch *t = arg;

    if (!write) {
        t->read_bytes += bytes;
    }
    fetch_notes_io(t, write, bytes);
}

static bool on_tls_want(void *arg)
{
    struct fetch *t = arg;
    int64_t tick = loop_now_us(t->owner->loop);

    if (t->read_tick != tick) {
        t->read_bytes = 0;
    }
    t->read_tick = tick;
    return t->read_bytes < READ_AT_ONCE;
}

/* libcurl makes the TLS context at the moment TCP stands. */
static CURLcode on_ssl_ctx(CURL *easy, void *ctx, void *arg)
{
    struct fetch *t = arg;

    (void)easy;
    fetch_notes_tcp(t, NULL);
    t->res.has_tls = true;
    t->res.tls = (struct obs_tls){
        .t0 = fetch_notes_now(t),
        .ip = t->req.ip,
        .port = t->req.port,
        .server_name = t->req.host,
        .version = "",
        .cipher = "",
        .alpn = "",
    };
    fetch_notes_stage(t, FETCH_TLS, t->req.tls_us);
    enum err e = tls_watch_attach(t->owner->store, ctx, &t->tls);
    if (e != ERR_OK) {
        fetch_notes_internal(t, e, "tls");
        return CURLE_ABORTED_BY_CALLBACK;
    }
    return CURLE_OK;
}

void fetch_tls_set(struct fetch *t)
{
    CURL *c = t->transfer.easy;

    t->tls = (struct tls_watch){
        .region = t->req.region,
        .host = t->req.host,
        .host_is_ip = t->req.host_is_ip,
        .any_cert = t->req.any_cert,
        .on_start = on_tls_start,
        .on_done = on_tls_done,
        .on_io = on_tls_io,
        .on_want = on_tls_want,
        .arg = t,
        .version = "",
        .cipher = "",
        .alpn = "",
    };
    /* the chain is checked in tls.c, against the store shared by all */
    curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(c, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
    curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, t);
}

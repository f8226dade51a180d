// SPDX-License-Identifier: Apache-2.0
/* libcurl's multi interface on our loop: it says which sockets and which one
 * timer it waits for, we tell it what happened. */
#include "net/fetch_int.h"

#include "base/log.h"
#include <stdlib.h>

static void collect_finished(struct fetcher *f)
{
    int left;
    CURLMsg *msg;

    while ((msg = curl_multi_info_read(f->multi, &left))) {
        if (msg->msg != CURLMSG_DONE) {
            continue;
        }
        CURLcode code = msg->data.result;
        void *owner = NULL;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &owner);
        fetch_finished(owner, code);
    }
}

static void socket_action(struct fetcher *f, curl_socket_t fd, int what)
{
    int running;

    curl_multi_socket_action(f->multi, fd, what, &running);
    collect_finished(f);
}

static void on_timer(void *arg)
{
    socket_action(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_multi_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct fetcher *f = arg;

    (void)multi;
    if (timeout_ms < 0) {
        loop_timer_stop(f->timer);
        return 0;
    }
    return loop_timer_in(f->timer, (int64_t)timeout_ms * 1000) == ERR_OK ? 0
                                                                         : -1;
}

static void on_socket_ready(void *arg, int fd, unsigned what)
{
    int bits = 0;

    if (what & LOOP_READ) {
        bits |= CURL_CSELECT_IN;
    }
    if (what & LOOP_WRITE) {
        bits |= CURL_CSELECT_OUT;
    }
    socket_action(arg, fd, bits);
}

static int on_multi_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                           void *sock)
{
    struct fetcher *f = arg;
    struct loop_io *io = sock;
    unsigned bits = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        curl_multi_assign(f->multi, fd, NULL);
        loop_io_free(io);
        return 0;
    }
    if (what & CURL_POLL_IN) {
        bits |= LOOP_READ;
    }
    if (what & CURL_POLL_OUT) {
        bits |= LOOP_WRITE;
    }
    if (io) {
        return loop_io_set(io, bits) == ERR_OK ? 0 : -1;
    }
    if (loop_io_new(f->loop, fd, bits, on_socket_ready, f, &io) != ERR_OK) {
        return -1;
    }
    curl_multi_assign(f->multi, fd, io);
    return 0;
}

enum err fetcher_new(struct loop *l, const char *ca_file, uint64_t *up,
                     uint64_t *down, struct fetcher **out)
{
    struct diag d = {{0}};
    enum err e = ERR_NOMEM;
    struct fetcher *f = calloc(1, sizeof(*f));

    if (!f) {
        return ERR_NOMEM;
    }
    f->loop = l;
    f->up = up;
    f->down = down;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(f);
        return ERR_NOMEM;
    }
    e = tls_store_new(ca_file, &f->store, &d);
    if (e != ERR_OK) {
        log_error("engine", "%s", d.text);
        goto fail;
    }
    e = loop_timer_new(l, on_timer, f, &f->timer);
    if (e != ERR_OK) {
        goto fail;
    }
    e = ERR_NOMEM;
    f->multi = curl_multi_init();
    if (!f->multi) {
        goto fail;
    }
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_multi_socket);
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_multi_timer);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
    /* nothing measured is ever sent over a connection made for another */
    curl_multi_setopt(f->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, 1L);
    *out = f;
    return ERR_OK;
fail:
    fetcher_free(f);
    return e;
}

void fetcher_free(struct fetcher *f)
{
    if (!f) {
        return;
    }
    if (f->multi) {
        curl_multi_cleanup(f->multi);
    }
    loop_timer_free(f->timer);
    tls_store_free(f->store);
    curl_global_cleanup();
    free(f);
}

enum err fetch_multi_add(struct fetch *t)
{
    CURLMcode rc = curl_multi_add_handle(t->owner->multi, t->easy);

    return rc == CURLM_OK              ? ERR_OK
           : rc == CURLM_OUT_OF_MEMORY ? ERR_NOMEM
                                       : ERR_INTERNAL;
}

// SPDX-License-Identifier: Apache-2.0
/* One transfer from its start to its end. What libcurl tells on the way is
 * noted by the files net/fetch_*.
 */
#include "net/fetch.h"
#include "net/fetch_failure.h"
#include "net/fetch_notes.h"
#include "net/fetch_page.h"
#include "net/fetch_socket.h"
#include "net/fetch_tls.h"
#include "record/failure.h"

#include <stdlib.h>

/* ---- the end ------------------------------------------------------------- */

static void fetch_free(struct fetch *t)
{
    if (t->transfer.easy) {
        curl_loop_remove(&t->transfer);
        curl_easy_cleanup(t->transfer.easy);
    }
    loop_timer_free(t->deadline);
    fetch_page_fini(t);
    fetch_socket_fini(t);
    free(t);
}

static void conclude(struct fetch *t, const char *failure)
{
    switch (t->stage) {
    case FETCH_TCP:
        fetch_notes_tcp(t,
                        failure ? failure : failure_text(FAILURE_UNCONNECTED));
        break;
    case FETCH_TLS:
        fetch_notes_tls(t, failure ? failure : failure_text(FAILURE_EOF));
        break;
    case FETCH_HTTP:
        fetch_page_end(t, failure);
        break;
    case FETCH_DONE:
        break;
    }
    fetch_socket_note_held(t);
    if (t->tls.no_memory) {
        fetch_notes_internal(t, ERR_NOMEM, "tls");
    }
    enum err trouble = curl_loop_trouble(&t->transfer);
    if (failure && t->stage != FETCH_DONE && trouble != ERR_OK) {
        fetch_notes_internal(t, trouble, "transfer");
    }
    /* closes the socket, which is where the local port is read */
    curl_loop_remove(&t->transfer);
    curl_easy_cleanup(t->transfer.easy);
    t->transfer.easy = NULL;

    struct fetch_result res = t->res;
    void (*on_done)(void *, struct fetch_result *) = t->req.on_done;
    void *arg = t->req.arg;
    fetch_free(t);
    on_done(arg, &res);
}

/* The server refused the stream, wants HTTP/1.1 or is going away; or somebody
 * hung up before a byte of the answer came. */
static enum fetch_again asks_again(const struct fetch *t, CURLcode code,
                                   const char *failure)
{
    enum failure f = failure_of(str_c(failure));

    if (t->stage != FETCH_HTTP || t->res.first > 0) {
        return FETCH_AGAIN_NO;
    }
    if (f == FAILURE_RESET || f == FAILURE_EOF || f == FAILURE_ABORTED) {
        return FETCH_AGAIN_ALIKE;
    }
    return t->asks_again || code == CURLE_HTTP2 ? FETCH_AGAIN_HTTP1
                                                : FETCH_AGAIN_NO;
}

static void on_transfer_done(void *arg, CURLcode code)
{
    struct fetch *t = arg;
    const char *failure = NULL;
    long errnum = 0;

    curl_easy_getinfo(t->transfer.easy, CURLINFO_OS_ERRNO, &errnum);
    if (t->socket_errno) {
        errnum = t->socket_errno;
    }
    if (code == CURLE_OUT_OF_MEMORY && fetch_page_line_too_long(t)) {
        t->head_too_big = true;
    } else if (code == CURLE_OUT_OF_MEMORY) {
        fetch_notes_internal(t, ERR_NOMEM, "transfer");
    }
    if (failure_internal((int)errnum) != ERR_OK && code != CURLE_OK) {
        fetch_notes_internal(t, failure_internal((int)errnum), "socket");
    }
    if (code == CURLE_URL_MALFORMAT || code == CURLE_FAILED_INIT) {
        fetch_notes_internal(t, ERR_INTERNAL, "transfer could not be set up");
    }
    if (code != CURLE_OK && !t->res.enough) {
        failure = fetch_failure_of(t, code, (int)errnum);
        t->res.again = asks_again(t, code, failure);
    }
    conclude(t, failure);
}

/* A page that still comes in has the rest of its time. */
static bool still_comes(struct fetch *t)
{
    int64_t now = fetch_notes_now(t);
    int64_t last = t->res.last > t->res.http.t0 ? t->res.last : t->res.http.t0;
    int64_t quiet = last + t->req.idle_us - now;
    int64_t left = t->res.http.t0 + t->req.http_us - now;
    if (t->stage != FETCH_HTTP || t->req.idle_us == 0 || quiet <= 0 ||
        left <= 0) {
        return false;
    }
    fetch_notes_stage(t, FETCH_HTTP, quiet < left ? quiet : left);
    return t->res.internal == ERR_OK;
}

static void on_deadline(void *arg)
{
    if (!still_comes(arg)) {
        conclude(arg, failure_text(FAILURE_TIMEOUT));
    }
}

void fetch_expire(struct fetch *t)
{
    conclude(t, failure_text(FAILURE_TIMEOUT));
}

void fetch_cancel(struct fetch *t)
{
    if (!t) {
        return;
    }
    fetch_free(t);
}

/* ---- the beginning ------------------------------------------------------- */

static int on_prereq(void *arg, char *remote_ip, char *local_ip,
                     int remote_port, int local_port)
{
    struct fetch *t = arg;
    struct ip got;

    (void)remote_port;
    ip_parse(str_c(local_ip), &t->res.local_ip);
    t->res.local_port = (uint16_t)local_port;
    if (!ip_parse(str_c(remote_ip), &got) || !ip_eq(&got, &t->req.ip)) {
        fetch_notes_internal(t, ERR_INTERNAL,
                             "connected to another address than asked");
        return CURL_PREREQFUNC_ABORT;
    }
    if (!t->req.https) {
        fetch_notes_tcp(t, NULL);
    }
    t->stage = FETCH_DONE;
    loop_timer_stop(t->deadline);
    if (!t->req.on_ready || !t->req.on_ready(t->req.arg)) {
        return CURL_PREREQFUNC_ABORT;
    }
    fetch_page_begin(t);
    return t->res.internal == ERR_OK ? CURL_PREREQFUNC_OK
                                     : CURL_PREREQFUNC_ABORT;
}

enum err fetch_start(struct fetcher *f, const struct fetch_request *req,
                     struct fetch **out)
{
    struct fetch *t = calloc(1, sizeof(*t));

    if (!t) {
        return ERR_NOMEM;
    }
    t->owner = f;
    t->req = *req;
    t->res.has_tcp = true;
    t->res.tcp = (struct obs_tcp){
        .t0 = fetch_notes_now(t), .ip = req->ip, .port = req->port};

    enum err e = loop_timer_new(f->loop, on_deadline, t, &t->deadline);
    if (e == ERR_OK) {
        e = loop_timer_in(t->deadline, req->tcp_us);
    }
    if (e != ERR_OK) {
        goto fail;
    }
    e = ERR_NOMEM;
    t->transfer.easy = curl_easy_init();
    if (!t->transfer.easy) {
        goto fail;
    }
    curl_easy_setopt(t->transfer.easy, CURLOPT_PREREQFUNCTION, on_prereq);
    curl_easy_setopt(t->transfer.easy, CURLOPT_PREREQDATA, t);
    if (req->https) {
        fetch_tls_set(t);
    }
    if (!fetch_socket_set(t) || !fetch_page_set(t)) {
        goto fail;
    }
    t->transfer.on_done = on_transfer_done;
    t->transfer.arg = t;
    e = curl_loop_add(f->curl, &t->transfer);
    if (e != ERR_OK) {
        goto fail;
    }
    *out = t;
    return ERR_OK;
fail:
    fetch_free(t);
    return e;
}

const char *fetch_version(void)
{
    return curl_version();
}

// SPDX-License-Identifier: Apache-2.0
#include "net/fetch.h"
#include "net/fetch_int.h"
#include "net/headers.h"
#include "net/memory.h"
#include "record/failure.h"

#include "base/clock.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX       64
#define HEAD_LINES_MAX   1000
#define HEAD_BYTES_MAX   ((size_t)256 * 1024)
#define FOLD_BYTES_MAX   ((size_t)1024 * 1024)
#define HEAD_LINE_MAX    ((size_t)90 * 1024) /* libcurl's is 100 KiB */
#define READ_AT_ONCE     ((size_t)32 * 1024)
#define RATIO_MAX        100
#define RATIO_FREE_BYTES ((uint64_t)64 * 1024)

static int64_t now(const struct fetch *t)
{
    return clock_mono_us() - t->req.zero_us;
}

static void internal(struct fetch *t, enum err e, const char *what)
{
    if (t->res.internal != ERR_OK) {
        return;
    }
    t->res.internal = e;
    t->res.internal_what = what;
}

static void stage_limit(struct fetch *t, enum fetch_stage stage, int64_t us)
{
    t->stage = stage;
    if (loop_timer_in(t->deadline, us) != ERR_OK) {
        internal(t, ERR_NOMEM, "timer");
    }
}

/* ---- events ------------------------------------------------------------- */

static struct obs_event *add_event(struct fetch *t, const char *operation)
{
    struct fetch_result *res = &t->res;

    t->merge_read = t->merge_write = false;
    if (res->n_events >= EVENTS_MAX) {
        return NULL;
    }
    if (region_grow(t->req.region, (void **)&res->events, &t->cap_events,
                    res->n_events, sizeof(*res->events),
                    EVENTS_MAX) != ERR_OK) {
        internal(t, ERR_NOMEM, "events");
        return NULL;
    }
    struct obs_event *ev = &res->events[res->n_events++];
    int64_t at = now(t);
    *ev = (struct obs_event){.t0 = at, .t = at, .operation = operation};
    return ev;
}

static struct obs_event *add_wire_event(struct fetch *t, const char *operation)
{
    struct obs_event *ev = add_event(t, operation);

    if (ev) {
        ev->proto = "tcp";
        ev->ip = t->req.ip;
        ev->port = t->req.port;
    }
    return ev;
}

static void on_io(struct fetch *t, bool write, size_t bytes)
{
    int64_t tick = loop_now_us(t->owner->loop);
    bool merge = (write ? t->merge_write : t->merge_read) &&
                 t->merge_tick == tick && t->res.n_events > 0;

    if (write) {
        *t->owner->up += bytes;
    } else {
        *t->owner->down += bytes;
        t->res.received += bytes;
        t->res.last = now(t);
    }
    struct obs_event *ev = NULL;
    if (merge) {
        ev = &t->res.events[t->res.n_events - 1];
        ev->t = now(t);
    } else {
        ev = add_wire_event(t, write ? "write" : "read");
    }
    if (ev) {
        ev->num_bytes += bytes;
    }
    t->merge_tick = tick;
    t->merge_write = write;
    t->merge_read = !write;
}

/* ---- stages ------------------------------------------------------------- */

static void tcp_done(struct fetch *t, const char *failure)
{
    struct obs_tcp *tcp = &t->res.tcp;

    tcp->t = now(t);
    tcp->failure = failure;
    struct obs_event *ev = add_wire_event(t, "connect");
    if (ev) {
        ev->t0 = tcp->t0;
        ev->t = tcp->t;
        ev->failure = failure;
    }
}

static void tls_done(struct fetch *t, const char *failure)
{
    struct obs_tls *tls = &t->res.tls;

    tls->t = now(t);
    tls->failure = failure;
    tls->version = t->tls.version;
    tls->cipher = t->tls.cipher;
    tls->alpn = t->tls.alpn;
    tls->certs = t->tls.certs;
    tls->n_certs = t->tls.n_certs;
    t->res.trusted = t->tls.trusted;
    struct obs_event *ev = add_event(t, "tls_handshake_done");
    if (ev) {
        ev->failure = failure;
    }
}

static void on_tls_start(void *arg)
{
    add_event(arg, "tls_handshake_start");
}

static void on_tls_done(void *arg)
{
    tls_done(arg, NULL);
}

static void on_tls_io(void *arg, bool write, size_t bytes)
{
    struct fetch *t = arg;

    if (!write) {
        t->read_bytes += bytes;
    }
    on_io(t, write, bytes);
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
    tcp_done(t, NULL);
    t->res.has_tls = true;
    t->res.tls = (struct obs_tls){
        .t0 = now(t),
        .ip = t->req.ip,
        .port = t->req.port,
        .server_name = t->req.host,
        .version = "",
        .cipher = "",
        .alpn = "",
    };
    stage_limit(t, STAGE_TLS, t->req.tls_us);
    enum err e = tls_watch_attach(t->owner->store, ctx, &t->tls);
    if (e != ERR_OK) {
        internal(t, e, "tls");
        return CURLE_ABORTED_BY_CALLBACK;
    }
    return CURLE_OK;
}

static int header_order(const void *a, const void *b)
{
    const struct obs_header *x = a, *y = b;

    return strcmp(x->name, y->name);
}

/* What libcurl is about to send, as records show it: sorted by name. */
static bool note_request(struct fetch *t)
{
    struct obs_http *http = &t->res.http;
    const struct fetch_request *q = &t->req;
    struct obs_header *h =
        region_calloc(q->region, q->n_headers + 1, sizeof(*h));
    const char *from = strstr(q->url, "://");

    if (!h || !from) {
        return false;
    }
    from += 3;
    h[0] = (struct obs_header){"Host", {from, strcspn(from, "/?#")}};
    for (size_t i = 0; i < q->n_headers; i++) {
        h[i + 1].name = header_canonical(q->region, str_c(q->headers[i].name));
        h[i + 1].value = region_str(q->region, q->headers[i].value);
        if (!h[i + 1].name) {
            return false;
        }
    }
    qsort(h, q->n_headers + 1, sizeof(*h), header_order);
    http->req_headers = h;
    http->n_req_headers = q->n_headers + 1;
    return true;
}

static int on_prereq(void *arg, char *remote_ip, char *local_ip,
                     int remote_port, int local_port)
{
    struct fetch *t = arg;
    struct ip got;

    (void)remote_port;
    ip_parse(str_c(local_ip), &t->res.local_ip);
    t->res.local_port = (uint16_t)local_port;
    if (!ip_parse(str_c(remote_ip), &got) || !ip_eq(&got, &t->req.ip)) {
        internal(t, ERR_INTERNAL, "connected to another address than asked");
        return CURL_PREREQFUNC_ABORT;
    }
    if (!t->req.https) {
        tcp_done(t, NULL);
    }
    t->stage = STAGE_DONE;
    loop_timer_stop(t->deadline);
    if (!t->req.on_ready || !t->req.on_ready(t->req.arg)) {
        return CURL_PREREQFUNC_ABORT;
    }

    t->res.granted = true;
    t->res.has_http = true;
    t->res.http = (struct obs_http){
        .t0 = now(t),
        .ip = t->req.ip,
        .port = t->req.port,
        .url = t->req.url,
        .alpn = t->req.https ? t->res.tls.alpn : NULL,
    };
    add_event(t, "http_transaction_start");
    if (!note_request(t)) {
        internal(t, ERR_NOMEM, "request headers");
    }
    stage_limit(t, STAGE_HTTP, t->req.http_us);
    return t->res.internal == ERR_OK ? CURL_PREREQFUNC_OK
                                     : CURL_PREREQFUNC_ABORT;
}

/* ---- bytes -------------------------------------------------------------- */

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t size,
                    void *arg)
{
    struct fetch *t = arg;

    (void)easy;
    (void)data;
    memory_check_errno(); /* also told of what a library below gave up on */
    if (t->req.https) {
        return 0; /* counted below TLS */
    }
    if (type == CURLINFO_HEADER_IN || type == CURLINFO_DATA_IN) {
        on_io(t, false, size);
    } else if (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT) {
        on_io(t, true, size);
    }
    return 0;
}

static size_t on_body(char *p, size_t one, size_t n, void *arg)
{
    struct fetch *t = arg;
    size_t room = t->req.keep_bytes - t->body.len;
    size_t keep = n < room ? n : room;

    (void)one;
    t->decoded += n;
    if (buf_add(&t->body, p, keep) != ERR_OK) {
        internal(t, ERR_NOMEM, "body");
        return 0;
    }
    if (t->decoded >= t->req.count_bytes ||
        (t->req.wire_bytes > 0 && t->res.received >= t->req.wire_bytes)) {
        t->res.enough = true;
        return 0;
    }
    if (t->decoded > RATIO_FREE_BYTES && t->res.received > 0 &&
        t->decoded / RATIO_MAX > t->res.received) {
        t->res.enough = true;
        t->res.http.body_truncated = true;
        return 0;
    }
    return n;
}

static bool add_header(struct fetch *t, struct str line)
{
    size_t colon = str_find_char(line, ':');

    if (t->n_head > 0 && (line.p[0] == ' ' || line.p[0] == '\t')) {
        struct obs_header *h = &t->head[t->n_head - 1];
        struct str more = str_trim(line);
        t->fold_bytes += h->value.len + more.len;
        if (t->fold_bytes > FOLD_BYTES_MAX) {
            t->head_too_big = true;
            return false;
        }
        char *joined = region_printf(t->req.region, STR_FMT " " STR_FMT,
                                     STR_ARG(h->value), STR_ARG(more));
        if (joined) {
            h->value = str_c(joined);
        }
        return joined;
    }
    if (colon == SIZE_MAX) {
        return true;
    }
    if (region_grow(t->req.region, (void **)&t->head, &t->cap_head, t->n_head,
                    sizeof(*t->head), HEAD_LINES_MAX) != ERR_OK) {
        return false;
    }
    struct obs_header *h = &t->head[t->n_head];
    h->name = header_canonical(t->req.region, str_sub(line, 0, colon));
    h->value =
        region_str(t->req.region, str_trim(str_sub(line, colon + 1, line.len)));
    if (!h->name) {
        return false;
    }
    t->n_head++;
    return true;
}

static size_t on_header(char *p, size_t one, size_t n, void *arg)
{
    struct fetch *t = arg;
    struct str line = {p, n};

    (void)one;
    t->head_bytes += n;
    if (t->res.first == 0) {
        t->res.first = now(t);
    }
    if (t->head_bytes > HEAD_BYTES_MAX || t->n_head >= HEAD_LINES_MAX) {
        t->head_too_big = true;
        return 0;
    }
    while (line.len > 0 &&
           (line.p[line.len - 1] == '\n' || line.p[line.len - 1] == '\r')) {
        line.len--;
    }
    if (line.len == 0) {
        t->head_done = true;
        return n;
    }
    if (str_starts(line, "HTTP/")) { /* also after a 1xx */
        t->n_head = 0;
        t->head_done = false;
        return n;
    }
    if (!add_header(t, line)) {
        if (!t->head_too_big) {
            internal(t, ERR_NOMEM, "response headers");
        }
        return 0;
    }
    return n;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *a)
{
    struct fetch *t = arg;

    (void)purpose;
    if (t->res.granted) {
        /* the peer refused the stream, and libcurl would try elsewhere */
        t->asks_again = true;
        return CURL_SOCKET_BAD;
    }
    t->res.tcp.t0 = now(t);
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    a->protocol);
    if (fd < 0) {
        t->socket_errno = errno;
        enum err e = failure_internal(errno);
        if (e != ERR_OK) {
            internal(t, e, "socket");
        }
        return CURL_SOCKET_BAD;
    }
    return fd;
}

static int on_close_socket(void *arg, curl_socket_t fd)
{
    struct fetch *t = arg;
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof(ss);
    struct tcp_info info = {0};
    socklen_t info_len = sizeof(info);

    if (t && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_len) == 0) {
        t->socket_in = info.tcpi_bytes_received;
    }
    if (t && t->res.local_port == 0 &&
        getsockname(fd, (struct sockaddr *)&ss, &len) == 0) {
        if (ss.ss_family == AF_INET) {
            const struct sockaddr_in *in = (const struct sockaddr_in *)&ss;
            t->res.local_ip.family = 4;
            memcpy(t->res.local_ip.b, &in->sin_addr, 4);
            t->res.local_port = ntohs(in->sin_port);
        } else if (ss.ss_family == AF_INET6) {
            const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&ss;
            t->res.local_ip.family = 6;
            memcpy(t->res.local_ip.b, &in->sin6_addr, 16);
            t->res.local_port = ntohs(in->sin6_port);
        }
    }
    return close(fd);
}

/* libcurl calls a header line that is too long for it a lack of memory. */
static bool line_too_long(const struct fetch *t)
{
    return t->stage == STAGE_HTTP && !t->head_done &&
           t->socket_in > t->head_bytes + HEAD_LINE_MAX;
}

/* ---- the end ------------------------------------------------------------ */

static const char *failure_of_code(const struct fetch *t, CURLcode code,
                                   int errnum)
{
    const struct tls_watch *w = &t->tls;

    if (t->stage == STAGE_TLS) {
        if (w->cert_failure) {
            return w->cert_failure;
        }
        if (w->alert_failure) {
            return w->alert_failure;
        }
    }
    if (t->head_too_big) {
        return failure_text(FAILURE_HEADERS_TOO_LARGE);
    }
    if (t->asks_again) {
        return failure_text(FAILURE_HTTP2_REFUSED);
    }
    switch (code) {
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return failure_text(errnum ? failure_from_errno(errnum) : FAILURE_EOF);
    case CURLE_OPERATION_TIMEDOUT:
        return failure_text(FAILURE_TIMEOUT);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 */
        return failure_text(FAILURE_HTTP_MALFORMED);
    case CURLE_BAD_CONTENT_ENCODING:
        return failure_text(FAILURE_BODY_DECODING);
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        if (w->alert_failure) {
            return w->alert_failure;
        }
        if (errnum) {
            return failure_text(failure_from_errno(errnum));
        }
        return failure_text(w->eof ? FAILURE_EOF : FAILURE_HTTP2_STREAM);
    case CURLE_PEER_FAILED_VERIFICATION:
        return failure_text(FAILURE_BAD_CERT);
    default:
        break;
    }
    if (errnum) {
        return failure_text(failure_from_errno(errnum));
    }
    if (t->stage == STAGE_HTTP && w->alert_failure) {
        return w->alert_failure;
    }
    if (w->eof) {
        return failure_text(FAILURE_EOF);
    }
    if (w->error) {
        return w->error;
    }
    if (t->stage == STAGE_TLS) {
        return failure_text(FAILURE_EOF);
    }
    if (code == CURLE_RECV_ERROR) {
        return failure_text(FAILURE_HTTP_MALFORMED);
    }
    return failure_text(FAILURE_TRANSFER);
}

/* Hands the body to the region as it is: a copy would double the largest part
 * of a measurement's memory. */
static void keep_body(struct fetch *t)
{
    size_t len;
    uint8_t *p = buf_take(&t->body, &len);

    if (!p) {
        return;
    }
    if (region_on_free(t->req.region, free, p) != ERR_OK) {
        free(p);
        internal(t, ERR_NOMEM, "body");
        return;
    }
    t->res.http.body = (struct str){(const char *)p, len};
}

static void http_done(struct fetch *t, const char *failure)
{
    struct obs_http *http = &t->res.http;
    long status = 0;

    http->t = now(t);
    http->failure = failure;
    curl_easy_getinfo(t->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    http->status = (int)status;
    http->headers = t->head;
    http->n_headers = t->n_head;
    http->body_bytes = t->decoded;
    if (t->body.len >= t->req.keep_bytes) {
        http->body_truncated = true;
    }
    keep_body(t);
    struct obs_event *ev = add_event(t, "http_transaction_done");
    if (ev) {
        ev->failure = failure;
    }
}

static void fetch_free(struct fetch *t)
{
    if (t->transfer.easy) {
        curl_loop_remove(&t->transfer);
        curl_easy_cleanup(t->transfer.easy);
    }
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->connect_to);
    loop_timer_free(t->deadline);
    buf_fini(&t->body);
    free(t);
}

static void conclude(struct fetch *t, const char *failure)
{
    switch (t->stage) {
    case STAGE_TCP:
        tcp_done(t, failure ? failure : failure_text(FAILURE_UNCONNECTED));
        break;
    case STAGE_TLS:
        tls_done(t, failure ? failure : failure_text(FAILURE_EOF));
        break;
    case STAGE_HTTP:
        http_done(t, failure);
        break;
    case STAGE_DONE:
        break;
    }
    if (t->tls.no_memory) {
        internal(t, ERR_NOMEM, "tls");
    }
    enum err trouble = curl_loop_trouble(&t->transfer);
    if (failure && t->stage != STAGE_DONE && trouble != ERR_OK) {
        internal(t, trouble, "transfer");
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

static void on_transfer_done(void *arg, CURLcode code)
{
    struct fetch *t = arg;
    const char *failure = NULL;
    long errnum = 0;

    curl_easy_getinfo(t->transfer.easy, CURLINFO_OS_ERRNO, &errnum);
    if (t->socket_errno) {
        errnum = t->socket_errno;
    }
    if (code == CURLE_OUT_OF_MEMORY && line_too_long(t)) {
        t->head_too_big = true;
    } else if (code == CURLE_OUT_OF_MEMORY) {
        internal(t, ERR_NOMEM, "transfer");
    }
    if (failure_internal((int)errnum) != ERR_OK && code != CURLE_OK) {
        internal(t, failure_internal((int)errnum), "socket");
    }
    if (code == CURLE_URL_MALFORMAT || code == CURLE_FAILED_INIT) {
        internal(t, ERR_INTERNAL, "transfer could not be set up");
    }
    if (code != CURLE_OK && !t->res.enough) {
        failure = failure_of_code(t, code, (int)errnum);
    }
    conclude(t, failure);
}

static void on_deadline(void *arg)
{
    conclude(arg, failure_text(FAILURE_TIMEOUT));
}

void fetch_expire(struct fetch *t)
{
    conclude(t, failure_text(FAILURE_TIMEOUT));
}

/* ---- the beginning ------------------------------------------------------ */

static bool add_slist(struct curl_slist **list, const char *text)
{
    struct curl_slist *more = curl_slist_append(*list, text);

    if (!more) {
        return false;
    }
    *list = more;
    return true;
}

static bool set_headers(struct fetch *t)
{
    for (size_t i = 0; i < t->req.n_headers; i++) {
        const struct obs_header *h = &t->req.headers[i];
        char *line = region_printf(t->req.region, "%s: " STR_FMT, h->name,
                                   STR_ARG(h->value));
        if (!line) {
            return false;
        }
        if (str_ieq_c(str_c(h->name), "accept-encoding")) {
            /* this way libcurl decodes, too */
            curl_easy_setopt(t->transfer.easy, CURLOPT_ACCEPT_ENCODING,
                             strchr(line, ' ') + 1);
        } else if (!add_slist(&t->headers, line)) {
            return false;
        }
    }
    curl_easy_setopt(t->transfer.easy, CURLOPT_HTTPHEADER, t->headers);
    return true;
}

static bool set_address(struct fetch *t)
{
    char endpoint[56], pin[64];

    ip_endpoint(&t->req.ip, t->req.port, endpoint);
    str_copy(pin, sizeof(pin), "::");
    str_copy(pin + 2, sizeof(pin) - 2, endpoint);
    if (!add_slist(&t->connect_to, pin)) {
        return false;
    }
    curl_easy_setopt(t->transfer.easy, CURLOPT_CONNECT_TO, t->connect_to);
    return true;
}

static void set_connection(struct fetch *t)
{
    CURL *c = t->transfer.easy;

    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 120L); /* ours are shorter */
    curl_easy_setopt(c, CURLOPT_SERVER_RESPONSE_TIMEOUT, 600L);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, t);
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_prereq);
    curl_easy_setopt(c, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(c, CURLOPT_DEBUGDATA, t);
    if (!t->req.https) {
        return;
    }
    /* the chain is checked in tls.c, against the store shared by all */
    curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(c, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
    curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, t);
}

static bool set_transfer(struct fetch *t)
{
    CURL *c = t->transfer.easy;

    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    return curl_easy_setopt(c, CURLOPT_URL, t->req.url) == CURLE_OK &&
           set_headers(t) && set_address(t);
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
    t->tls = (struct tls_watch){
        .region = req->region,
        .host = req->host,
        .host_is_ip = req->host_is_ip,
        .any_cert = req->any_cert,
        .on_start = on_tls_start,
        .on_done = on_tls_done,
        .on_io = on_tls_io,
        .on_want = on_tls_want,
        .arg = t,
        .version = "",
        .cipher = "",
        .alpn = "",
    };
    buf_init(&t->body, req->keep_bytes);
    t->res.has_tcp = true;
    t->res.tcp =
        (struct obs_tcp){.t0 = now(t), .ip = req->ip, .port = req->port};

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
    set_connection(t);
    if (!set_transfer(t)) {
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

void fetch_cancel(struct fetch *t)
{
    if (!t) {
        return;
    }
    fetch_free(t);
}

const char *fetch_version(void)
{
    return curl_version();
}

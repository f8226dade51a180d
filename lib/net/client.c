// SPDX-License-Identifier: Apache-2.0
/* A call goes  start -> (curl_loop) -> finish -> callback,  and from finish
 * back to start with the next address as long as nothing of the request was
 * sent.
 */
#include "net/client.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/region.h"
#include "net/client_target.h"
#include "net/curl_loop.h"
#include "net/memory.h"
#include "net/tls.h"
#include "record/failure.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CA_FILE          "/etc/ssl/certs/ca-certificates.crt"
#define MAX_HEADERS      100
#define MAX_HEADER_BYTES 65536
#define DEFAULT_TIMEOUT  (30 * US_PER_S)
#define DEFAULT_MAX_BODY ((size_t)16 << 20)
#define ATTEMPT_MAX      (10 * US_PER_S)
#define UNKNOWN_FAILURE  FAILURE_UNKNOWN_TEXT ": "
/* Also for what libcurl says of answers that a proxy made up: that it has no
 * memory, or was called in a wrong way. Where memory did run out we know it by
 * then. */
#define PROXY_REFUSES "the proxy does not connect"

struct client {
    struct curl_loop *curl;
    char *user_agent;
    char *ca_file;
    struct client_call *calls; /* all that are not finished */
    uint64_t up, down;
};

struct client_call {
    struct client *client;
    struct client_call *prev, *next;
    struct curl_transfer transfer;
    struct curl_slist *headers;
    struct curl_slist *connect_to;
    char **addrs;
    size_t n_addrs, tried;
    uint16_t port;
    bool proxied;
    struct client_proxy proxy;
    int64_t deadline_us;
    client_done_fn fn;
    void *arg;
    bool in_callback;

    /* of the current attempt */
    struct region *region; /* response headers */
    struct client_header res_headers[MAX_HEADERS];
    size_t n_res_headers;
    size_t header_bytes;
    struct buf body;
    int open_errno;        /* why no socket could be had, 0 = none */
    enum err internal;     /* this machine failed */
    const char *too_large; /* a limit of ours ended the transfer */
    char error[CURL_ERROR_SIZE];
    char failure[CURL_ERROR_SIZE + sizeof(UNKNOWN_FAILURE)];
};

/* ---- failures ------------------------------------------------------------ */

static const char *unknown(struct client_call *c, const char *text)
{
    str_copy(c->failure, sizeof(c->failure), UNKNOWN_FAILURE);
    str_copy(c->failure + strlen(UNKNOWN_FAILURE),
             sizeof(c->failure) - strlen(UNKNOWN_FAILURE), text);
    return c->failure;
}

static const char *verify_failure(struct client_call *c)
{
    long result = 0;
    curl_easy_getinfo(c->transfer.easy, CURLINFO_SSL_VERIFYRESULT, &result);
    switch (result) {
    case 0:
    case 1: /* libcurl refused the name before it stored the chain's result */
        return failure_text(FAILURE_BAD_HOST);
    default:
        return failure_text(tls_verify_failure(result));
    }
}

/* What the last connect, send or recv left; 0: they did not fail. */
static int socket_errno(struct client_call *c)
{
    long os = 0;
    curl_easy_getinfo(c->transfer.easy, CURLINFO_OS_ERRNO, &os);
    return (int)os;
}

static const char *transport_failure(struct client_call *c, const char *text)
{
    enum failure f = failure_from_errno(socket_errno(c));
    /* that a read would have waited is how the library found nothing there,
     * not why the connection ended */
    if (f != FAILURE_NETWORK_ERROR && f != FAILURE_WOULD_BLOCK) {
        return failure_text(f);
    }
    /* OpenSSL names an end of file only in its error text. */
    if (strstr(text, "unexpected eof") || strstr(text, "SSL_ERROR_SYSCALL")) {
        return failure_text(FAILURE_EOF);
    }
    return unknown(c, text);
}

/* The failure string of a finished attempt, NULL for success; sets
 * c->internal if this machine is to blame. */
static const char *attempt_failure(struct client_call *c, CURLcode rc)
{
    const char *text = c->error[0] ? c->error : curl_easy_strerror(rc);
    if (!c->internal && rc != CURLE_OK && !c->too_large) {
        c->internal = curl_loop_trouble(&c->transfer);
    }
    if (c->internal) {
        return unknown(c, err_str(c->internal));
    }
    if (rc == CURLE_OK) {
        return NULL;
    }
    if (c->too_large) {
        return unknown(c, c->too_large);
    }
    if (c->open_errno) {
        enum failure f = failure_from_errno(c->open_errno);
        c->internal = failure_internal(c->open_errno);
        return f != FAILURE_NETWORK_ERROR ? failure_text(f)
                                          : unknown(c, strerror(c->open_errno));
    }
    c->internal = failure_internal(socket_errno(c));
    if (c->internal) {
        return unknown(c, err_str(c->internal));
    }
    switch (rc) {
    case CURLE_OPERATION_TIMEDOUT:
        return failure_text(FAILURE_TIMEOUT);
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return failure_text(FAILURE_EOF);
    case CURLE_PEER_FAILED_VERIFICATION:
        return verify_failure(c);
    case CURLE_PROXY: /* the library's text would name who was asked for */
        return unknown(c, PROXY_REFUSES);
    case CURLE_OUT_OF_MEMORY:
        c->internal = c->proxied ? ERR_OK : ERR_NOMEM;
        return unknown(c, c->proxied ? PROXY_REFUSES : text);
    case CURLE_SSL_CACERT_BADFILE:
        c->internal = ERR_IO;
        return unknown(c, text);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        c->internal = c->proxied ? ERR_OK : ERR_INTERNAL;
        return unknown(c, c->proxied ? PROXY_REFUSES : text);
    default:
        return transport_failure(c, text);
    }
}

/* ---- what libcurl tells us ----------------------------------------------- */

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
    struct client_call *c = arg;
    struct str line = str_trim((struct str){p, size * n});
    size_t colon = str_find_char(line, ':');
    bool named = colon != SIZE_MAX && c->body.len == 0; /* no trailer */
    c->header_bytes += line.len;
    if ((named && c->n_res_headers == MAX_HEADERS) ||
        c->header_bytes > MAX_HEADER_BYTES) {
        c->too_large = "response headers are too large";
        return 0;
    }
    if (str_starts(line, "HTTP/")) { /* also after each 1xx, and a proxy's */
        c->n_res_headers = 0;
        return size * n;
    }
    if (!named) {
        return size * n;
    }
    struct str value = str_trim(str_sub(line, colon + 1, line.len));
    char *name = region_strndup(c->region, line.p, colon);
    char *text = region_strndup(c->region, value.p, value.len);
    if (!name || !text) {
        c->internal = ERR_NOMEM;
        return 0;
    }
    for (char *s = name; *s; s++) {
        *s = ascii_lower(*s);
    }
    c->res_headers[c->n_res_headers++] = (struct client_header){name, text};
    return size * n;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct client_call *c = arg;
    enum err e = buf_add(&c->body, p, size * n);
    if (e == ERR_OK) {
        return size * n;
    }
    if (e == ERR_LIMIT) {
        c->too_large = "response body is too large";
    } else {
        c->internal = e;
    }
    return 0;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose,
                             struct curl_sockaddr *a)
{
    struct client_call *c = arg;
    (void)purpose;
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
    if (fd < 0) {
        c->open_errno = errno;
        return CURL_SOCKET_BAD;
    }
    return fd;
}

static int on_debug(CURL *easy, curl_infotype type, char *p, size_t n,
                    void *arg)
{
    struct client *client = arg;
    (void)easy;
    (void)p;
    memory_check_errno(); /* also told of what a library below gave up on */
    if (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT ||
        type == CURLINFO_SSL_DATA_OUT) {
        client->up += n;
    } else if (type == CURLINFO_HEADER_IN || type == CURLINFO_DATA_IN ||
               type == CURLINFO_SSL_DATA_IN) {
        client->down += n;
    }
    return 0;
}

/* ---- calls --------------------------------------------------------------- */

static void unlink_call(struct client_call *call)
{
    struct client *c = call->client;
    if (call->prev) {
        call->prev->next = call->next;
    } else {
        c->calls = call->next;
    }
    if (call->next) {
        call->next->prev = call->prev;
    }
}

static void link_call(struct client_call *call)
{
    struct client *c = call->client;
    call->next = c->calls;
    if (c->calls) {
        c->calls->prev = call;
    }
    c->calls = call;
}

static void call_free(struct client_call *call)
{
    if (!call) {
        return;
    }
    curl_easy_cleanup(call->transfer.easy);
    curl_slist_free_all(call->headers);
    curl_slist_free_all(call->connect_to);
    for (size_t i = 0; i < call->n_addrs; i++) {
        free(call->addrs[i]);
    }
    free(call->addrs);
    region_free(call->region);
    buf_fini(&call->body);
    free(call);
}

static enum err pin_address(struct client_call *call)
{
    struct buf text;
    if (call->n_addrs == 0) {
        return ERR_OK;
    }
    const char *addr = call->addrs[call->tried];
    if (call->proxied) {
        return client_proxy_apply(&call->proxy, addr, call->transfer.easy);
    }
    buf_init(&text, 128);
    if (strchr(addr, ':')) {
        buf_printf(&text, "::[%s]:%u", addr, call->port);
    } else {
        buf_printf(&text, "::%s:%u", addr, call->port);
    }
    curl_slist_free_all(call->connect_to);
    call->connect_to =
        text.failed ? NULL : curl_slist_append(NULL, (char *)text.p);
    buf_fini(&text);
    if (!call->connect_to) {
        return ERR_NOMEM;
    }
    curl_easy_setopt(call->transfer.easy, CURLOPT_CONNECT_TO, call->connect_to);
    return ERR_OK;
}

static enum err start(struct client_call *call)
{
    int64_t left = call->deadline_us - clock_mono_us();
    size_t attempts =
        call->n_addrs > call->tried ? call->n_addrs - call->tried : 1;
    int64_t connect = left / (int64_t)attempts;
    enum err e = pin_address(call);
    if (e) {
        return e;
    }
    if (left < US_PER_MS) {
        left = US_PER_MS; /* 0 would mean no limit */
    }
    if (connect > ATTEMPT_MAX) {
        connect = ATTEMPT_MAX;
    }
    if (connect < US_PER_MS) {
        connect = US_PER_MS;
    }
    curl_easy_setopt(call->transfer.easy, CURLOPT_TIMEOUT_MS,
                     (long)(left / US_PER_MS));
    curl_easy_setopt(call->transfer.easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(connect / US_PER_MS));
    region_free(call->region);
    call->region = region_new(4 * MAX_HEADER_BYTES);
    if (!call->region) {
        return ERR_NOMEM;
    }
    buf_clear(&call->body);
    call->n_res_headers = 0;
    call->header_bytes = 0;
    call->open_errno = 0;
    call->internal = ERR_OK;
    call->too_large = NULL;
    call->error[0] = '\0';
    return curl_loop_add(call->client->curl, &call->transfer);
}

static void report(struct client_call *call, const char *failure)
{
    struct client_response res = {.failure = failure,
                                  .internal = call->internal,
                                  .primary_ip = "",
                                  .headers = call->res_headers,
                                  .n_headers = call->n_res_headers,
                                  .body = buf_str(&call->body)};
    char *ip = NULL;
    long status = 0;
    curl_easy_getinfo(call->transfer.easy, CURLINFO_PRIMARY_IP, &ip);
    curl_easy_getinfo(call->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (ip) {
        res.primary_ip = ip;
    }
    res.status = (int)status;
    call->in_callback = true;
    call->fn(call->arg, &res);
}

/* An attempt ended: the next address, or the end of the call. */
static void finish(void *arg, CURLcode rc)
{
    struct client_call *call = arg;
    const char *failure = attempt_failure(call, rc);
    bool sent = client_call_sent(call);
    curl_loop_remove(&call->transfer);
    call->tried++;
    if (failure && !call->internal && !sent && call->tried < call->n_addrs &&
        clock_mono_us() < call->deadline_us) {
        enum err e = start(call);
        if (e == ERR_OK) {
            return;
        }
        call->internal = e;
        failure = unknown(call, err_str(e));
    }
    unlink_call(call);
    report(call, failure);
    call_free(call);
}

/* ---- interface ----------------------------------------------------------- */

/* OpenSSL writes to sockets without MSG_NOSIGNAL, and libcurl is told to leave
 * signals alone. */
static void ignore_sigpipe(void)
{
    struct sigaction old;
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL) {
        signal(SIGPIPE, SIG_IGN);
    }
}

enum err client_new(struct loop *l, const char *user_agent, struct client **out)
{
    const char *ca = getenv("SSL_CERT_FILE");
    struct client *c = calloc(1, sizeof(*c));
    if (!c) {
        return ERR_NOMEM;
    }
    ignore_sigpipe();
    c->user_agent = strdup(user_agent);
    c->ca_file = strdup(ca && *ca ? ca : CA_FILE);
    enum err e = curl_loop_new(l, true, &c->curl);
    if (e || !c->user_agent || !c->ca_file) {
        client_free(c);
        return e ? e : ERR_NOMEM;
    }
    *out = c;
    return ERR_OK;
}

void client_free(struct client *c)
{
    if (!c) {
        return;
    }
    while (c->calls) {
        struct client_call *call = c->calls;
        unlink_call(call);
        curl_loop_remove(&call->transfer);
        call_free(call);
    }
    curl_loop_free(c->curl);
    free(c->user_agent);
    free(c->ca_file);
    free(c);
}

static enum err add_header(struct client_call *call, const char *line)
{
    struct curl_slist *more = curl_slist_append(call->headers, line);
    if (!more) {
        return ERR_NOMEM;
    }
    call->headers = more;
    return ERR_OK;
}

static enum err add_headers(struct client_call *call,
                            const struct client_request *req)
{
    bool has_type = false;
    enum err e = ERR_OK;
    for (size_t i = 0; i < req->n_headers && !e; i++) {
        const struct client_header *h = &req->headers[i];
        struct buf line;
        if (h->name[0] == '\0' || strpbrk(h->name, "\r\n:; ") ||
            strpbrk(h->value, "\r\n")) {
            return ERR_INVAL;
        }
        if (str_ieq_c(str_c(h->name), "content-type")) {
            has_type = true;
        }
        buf_init(&line, MAX_HEADER_BYTES);
        /* "Name;" is how libcurl is told to send an empty value. */
        if (h->value[0]) {
            buf_printf(&line, "%s: %s", h->name, h->value);
        } else {
            buf_printf(&line, "%s;", h->name);
        }
        e = line.failed ? line.failed : add_header(call, (char *)line.p);
        buf_fini(&line);
    }
    if (!e && !has_type) {
        e = add_header(call, "Content-Type:"); /* none, unless asked for */
    }
    if (!e) {
        e = add_header(call, "Expect:"); /* no 100-continue round trip */
    }
    return e;
}

static enum err copy_addrs(struct client_call *call,
                           const struct client_request *req)
{
    if (req->n_addrs == 0) {
        return ERR_OK;
    }
    call->addrs = calloc(req->n_addrs, sizeof(*call->addrs));
    if (!call->addrs) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < req->n_addrs; i++) {
        call->addrs[i] = strdup(req->addrs[i]);
        if (!call->addrs[i]) {
            return ERR_NOMEM;
        }
        call->n_addrs++;
    }
    return ERR_OK;
}

static enum err set_method(struct client_call *call,
                           const struct client_request *req)
{
    CURL *h = call->transfer.easy;
    bool get = strcmp(req->method, "GET") == 0;
    if (get && req->body.len == 0) {
        return curl_easy_setopt(h, CURLOPT_HTTPGET, 1L) ? ERR_NOMEM : ERR_OK;
    }
    if (get ||
        (strcmp(req->method, "POST") != 0 && strcmp(req->method, "PUT") != 0)) {
        return ERR_INVAL;
    }
    curl_easy_setopt(h, CURLOPT_POST, 1L);
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body.len);
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, req->body.p ? req->body.p : "");
    if (strcmp(req->method, "PUT") == 0 &&
        curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, "PUT") != CURLE_OK) {
        return ERR_NOMEM;
    }
    return ERR_OK;
}

static enum err set_options(struct client_call *call,
                            const struct client_request *req)
{
    struct client *c = call->client;
    CURL *h = call->transfer.easy;
    bool ok = true;
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, call->error);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    /* a connection that is being made is waited for: fifty calls at once would
     * make fifty */
    curl_easy_setopt(h, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(h, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(h, CURLOPT_DEBUGDATA, c);
    curl_easy_setopt(h, CURLOPT_VERBOSE, 1L); /* to count bytes */
    /* With a CApath, Debian's libcurl would parse the bundle again for every
     * handshake instead of keeping it. */
    curl_easy_setopt(h, CURLOPT_CAPATH, NULL);
    ok = ok && !curl_easy_setopt(h, CURLOPT_URL, req->url);
    ok = ok && !curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    ok = ok && !curl_easy_setopt(h, CURLOPT_PROXY, "");
    ok = ok && !curl_easy_setopt(h, CURLOPT_NOPROXY, "");
    ok = ok && !curl_easy_setopt(h, CURLOPT_CAINFO, c->ca_file);
    ok = ok && !curl_easy_setopt(h, CURLOPT_USERAGENT,
                                 req->nameless ? NULL : c->user_agent);
    return ok ? ERR_OK : ERR_NOMEM;
}

enum err client_call(struct client *c, const struct client_request *req,
                     client_done_fn fn, void *arg, struct client_call **out)
{
    struct client_call *call = calloc(1, sizeof(*call));
    if (!call) {
        return ERR_NOMEM;
    }
    call->client = c;
    call->fn = fn;
    call->arg = arg;
    call->deadline_us =
        clock_mono_us() +
        (req->timeout_us > 0 ? req->timeout_us : DEFAULT_TIMEOUT);
    buf_init(&call->body,
             req->max_response > 0 ? req->max_response : DEFAULT_MAX_BODY);
    struct client_target target = {req->url, req->addrs, req->n_addrs,
                                   req->insecure_loopback, req->proxy};
    if (req->proxy) {
        call->proxied = true;
        call->proxy = *req->proxy;
    }
    enum err e = client_target_check(&target, &call->port);
    if (!e) {
        e = add_headers(call, req);
    }
    if (!e) {
        e = copy_addrs(call, req);
    }
    if (!e) {
        call->transfer.on_done = finish;
        call->transfer.arg = call;
        call->transfer.easy = curl_easy_init();
        e = call->transfer.easy ? ERR_OK : ERR_NOMEM;
    }
    if (!e) {
        e = set_options(call, req);
    }
    if (!e) {
        e = set_method(call, req);
    }
    if (!e) {
        e = start(call);
    }
    if (e) {
        call_free(call);
        return e;
    }
    link_call(call);
    if (out) {
        *out = call;
    }
    return ERR_OK;
}

void client_cancel(struct client_call *call)
{
    if (!call || call->in_callback) {
        return;
    }
    unlink_call(call);
    curl_loop_remove(&call->transfer);
    call_free(call);
}

bool client_call_sent(const struct client_call *call)
{
    curl_off_t at = 0;
    curl_easy_getinfo(call->transfer.easy, CURLINFO_PRETRANSFER_TIME_T, &at);
    return at > 0;
}

void client_bytes(const struct client *c, uint64_t *up, uint64_t *down)
{
    *up = c->up;
    *down = c->down;
}

// SPDX-License-Identifier: Apache-2.0
#include "collector/http/http_conn.h"

#include "collector/http/http_head.h"
#include "collector/http/http_inside.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define FIELDS_MAX     100
#define REGION_MAX     ((size_t)256 << 10)
#define REPLY_MAX      ((size_t)64 << 20)
#define DISCARD_FACTOR 2 /* how much of a body too large is read away */

/* One connection. */
struct line {
    struct http_crowd_member *member;
    struct http_refusal_line *refusal;
};

/* One request. */
struct conn {
    struct http_req req; /* first: handlers see only this */
    struct http_server *server;
    struct MHD_Connection *mhd;
    struct line *line;
    struct http_crowd_member *member;
    struct http_head head;
    struct region *region;
    struct buf body;
    size_t discarded;
    int refuse; /* status to answer instead of calling the handler */
    const char *refuse_why;
    bool called, deferred, sent;
    atomic_bool ready;
};

static void conn_defer(struct http_req *req)
{
    struct conn *c = (struct conn *)req;
    c->deferred = true;
    MHD_suspend_connection(c->mhd);
}

static void conn_answer(struct http_req *req)
{
    struct conn *c = (struct conn *)req;
    struct http_server *s = c->server;
    bool deferred = c->deferred;
    atomic_store(&c->ready, true);
    if (deferred) {
        /* Once it goes on, the connection may be gone at any time, and with
         * threads the server too. */
        struct http_loop *loop = s->cfg.loop ? &s->loop : NULL;
        MHD_resume_connection(c->mhd);
        if (loop) {
            http_loop_wake(loop);
        }
    }
}

struct collect {
    struct conn *c;
    struct http_field *fields;
    size_t n;
    unsigned lengths, encodings, hosts;
    bool failed;
};

static enum MHD_Result collect_field(void *arg, enum MHD_ValueKind kind,
                                     const char *name, size_t name_len,
                                     const char *value, size_t value_len)
{
    struct collect *co = arg;
    if (co->n == FIELDS_MAX) {
        co->failed = true;
        return MHD_NO;
    }
    struct http_field *f = &co->fields[co->n++];
    f->name = region_strdup(co->c->region, name ? name : "");
    f->value = region_strdup(co->c->region, value ? value : "");
    if (!f->name || !f->value) {
        co->failed = true;
        return MHD_NO;
    }
    if (kind == MHD_HEADER_KIND) {
        co->lengths += strcasecmp(f->name, "Content-Length") == 0;
        co->encodings += strcasecmp(f->name, "Transfer-Encoding") == 0;
        co->hosts += strcasecmp(f->name, "Host") == 0;
        http_head_field(&co->c->head, (struct http_head_text){name, name_len},
                        (struct http_head_text){value, value_len});
    }
    return MHD_YES;
}

static bool collect_all(struct conn *c, enum MHD_ValueKind kind,
                        struct collect *co)
{
    *co = (struct collect){.c = c};
    co->fields = region_calloc(c->region, FIELDS_MAX, sizeof(*co->fields));
    if (!co->fields) {
        return false;
    }
    /* returns how many there are: collect_field sees to what is kept */
    (void)MHD_get_connection_values_n(c->mhd, kind, collect_field, co);
    return !co->failed;
}

static void refuse(struct conn *c, int status, const char *why)
{
    if (!c->refuse) {
        c->refuse = status;
        c->refuse_why = why;
    }
}

static const char *peer_text(struct conn *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[INET6_ADDRSTRLEN] = "";
    if (info && info->client_addr->sa_family == AF_INET) {
        struct sockaddr_in a;
        memcpy(&a, info->client_addr, sizeof(a));
        inet_ntop(AF_INET, &a.sin_addr, text, sizeof(text));
    } else if (info && info->client_addr->sa_family == AF_INET6) {
        struct sockaddr_in6 a;
        memcpy(&a, info->client_addr, sizeof(a));
        if (IN6_IS_ADDR_V4MAPPED(&a.sin6_addr)) {
            inet_ntop(AF_INET, &a.sin6_addr.s6_addr[12], text, sizeof(text));
        } else {
            inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof(text));
        }
    }
    return region_strdup(c->region, text);
}

/* What can mean one thing to nginx and another to us is refused outright, and
 * the connection ends. */
static void check_framing(struct conn *c, const struct collect *headers)
{
    if (!http_head_ok(&c->head)) {
        refuse(c, 400, "Malformed header field");
    }
    bool old = strcmp(c->head.version, "HTTP/1.1") != 0;
    if (headers->lengths > 1 || headers->encodings > 1 ||
        (headers->lengths > 0 && headers->encodings > 0) ||
        (headers->encodings > 0 && old)) {
        refuse(c, 400, "Ambiguous message length");
    }
    if (headers->hosts > 1) {
        refuse(c, 400, "More than one Host");
    }
    const char *encoding = http_header(&c->req, "Transfer-Encoding");
    if (encoding && strcasecmp(encoding, "chunked") != 0) {
        refuse(c, 501, "Transfer-Encoding other than chunked");
    }
    const char *length = http_header(&c->req, "Content-Length");
    int64_t n = 0;
    if (length && str_to_i64(str_c(length), 0, INT64_MAX, &n) != ERR_OK) {
        refuse(c, 400, "Bad Content-Length");
    } else if (length && (uint64_t)n > c->server->cfg.max_body) {
        refuse(c, 413, "Content Too Large");
    }
}

static void begin_head(struct conn *c, const char *method, const char *version)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        c->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    http_head_begin(&c->head, method, info ? info->header_size : 0, version);
}

static struct line *line_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static struct conn *conn_new(struct http_server *s, struct MHD_Connection *mhd,
                             const char *url, const char *method,
                             const char *version)
{
    struct line *line = line_of(mhd);
    struct conn *c = line ? calloc(1, sizeof(*c)) : NULL;
    if (!c) {
        return NULL;
    }
    c->server = s;
    c->mhd = mhd;
    c->line = line;
    c->member = line->member;
    http_refusal_handed(s->refusal, line->refusal, true);
    http_crowd_state(s->crowd, c->member, HTTP_CROWD_BODY);
    begin_head(c, method, version);
    c->region = region_new(REGION_MAX);
    buf_init(&c->body, s->cfg.max_body);
    buf_init(&c->req.reply.body, REPLY_MAX);
    c->req.region = c->region;
    c->req.on_defer = conn_defer;
    c->req.on_answer = conn_answer;
    atomic_fetch_add(&s->busy, 1);
    struct collect headers = {0}, query = {0};
    if (!c->region || !(c->req.method = region_strdup(c->region, method)) ||
        !(c->req.path = region_strdup(c->region, url)) ||
        !(c->req.peer = peer_text(c)) ||
        !collect_all(c, MHD_HEADER_KIND, &headers) ||
        !collect_all(c, MHD_GET_ARGUMENT_KIND, &query)) {
        refuse(c, 431, "Too many header fields");
        return c;
    }
    c->req.headers = headers.fields;
    c->req.n_headers = headers.n;
    c->req.query = query.fields;
    c->req.n_query = query.n;
    check_framing(c, &headers);
    if (atomic_load(&s->quiesced)) {
        http_reply_field(&c->req, "Retry-After", "10");
        refuse(c, 503, "Stopping");
    }
    return c;
}

static void conn_free(struct conn *c)
{
    http_crowd_give(c->server->crowd, c->member);
    http_crowd_state(c->server->crowd, c->member, HTTP_CROWD_HEAD);
    http_refusal_handed(c->server->refusal, c->line->refusal, false);
    atomic_fetch_sub(&c->server->busy, 1);
    buf_fini(&c->body);
    buf_fini(&c->req.reply.body);
    region_free(c->region);
    free(c);
}

static void add_header(struct MHD_Response *res, const char *name,
                       const char *value)
{
    /* without memory the answer lacks a header: better than no answer */
    (void)MHD_add_response_header(res, name, value);
}

static enum MHD_Result conn_send(struct conn *c)
{
    struct http_reply *r = &c->req.reply;
    size_t len = 0;
    void *bytes = buf_take(&r->body, &len);
    struct MHD_Response *res = MHD_create_response_from_buffer(
        len, bytes ? bytes : "",
        bytes ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (!res) {
        free(bytes);
        return MHD_NO;
    }
    add_header(res, "Content-Type",
               r->content_type ? r->content_type : "application/json");
    add_header(res, "Cache-Control", "no-cache");
    for (size_t i = 0; i < r->n_fields; i++) {
        add_header(res, r->fields[i].name, r->fields[i].value);
    }
    enum MHD_Result ok = MHD_queue_response(c->mhd, (unsigned)r->status, res);
    MHD_destroy_response(res);
    http_crowd_state(c->server->crowd, c->member, HTTP_CROWD_ANSWER);
    c->sent = true;
    return ok;
}

static enum MHD_Result conn_refuse(struct conn *c)
{
    http_reply_field(&c->req, "Connection", "close");
    http_answer_detail(&c->req, c->refuse, c->refuse_why);
    return conn_send(c);
}

static enum MHD_Result conn_body(struct conn *c, const char *p, size_t len)
{
    struct http_server *s = c->server;
    if (!c->refuse && len > s->cfg.max_body - c->body.len) {
        refuse(c, 413, "Content Too Large");
    }
    if (!c->refuse && !http_crowd_take(s->crowd, c->member, len)) {
        http_reply_field(&c->req, "Retry-After", "10");
        refuse(c, 503, "Busy");
        buf_fini(&c->body); /* those who fit in need the room */
    }
    if (c->refuse) {
        c->discarded += len;
        return c->discarded > DISCARD_FACTOR * s->cfg.max_body ? MHD_NO
                                                               : MHD_YES;
    }
    if (buf_add(&c->body, p, len) != ERR_OK) {
        refuse(c, 503, "Busy");
    }
    return MHD_YES;
}

enum MHD_Result http_conn_request(void *arg, struct MHD_Connection *mhd,
                                  const char *url, const char *method,
                                  const char *version, const char *data,
                                  size_t *len, void **state)
{
    struct http_server *s = arg;
    struct conn *c = *state;
    if (!c) {
        c = conn_new(s, mhd, url, method, version);
        *state = c;
        if (!c) {
            return MHD_NO;
        }
        /* Answered before the body is read; the connection then closes. */
        return c->refuse ? conn_refuse(c) : MHD_YES;
    }
    if (*len > 0) {
        enum MHD_Result ok = conn_body(c, data, *len);
        *len = 0;
        return ok;
    }
    if (c->sent) {
        return MHD_YES;
    }
    if (c->refuse) {
        return conn_refuse(c);
    }
    if (!c->called) {
        c->called = true;
        http_crowd_state(s->crowd, c->member, HTTP_CROWD_WORK);
        c->req.body = buf_str(&c->body);
        s->cfg.fn(s->cfg.arg, &c->req);
        if (c->deferred) {
            return MHD_YES;
        }
    }
    return atomic_load(&c->ready) ? conn_send(c) : MHD_YES;
}

void http_conn_completed(void *arg, struct MHD_Connection *mhd, void **state,
                         enum MHD_RequestTerminationCode why)
{
    (void)arg;
    (void)mhd;
    (void)why;
    if (*state) {
        conn_free(*state);
        *state = NULL;
    }
}

static void line_free(struct http_server *s, struct line *l)
{
    if (l && l->member) {
        http_crowd_leave(s->crowd, l->member);
    }
    if (l) {
        http_refusal_leave(s->refusal, l->refusal);
    }
    free(l);
}

static struct line *line_new(struct http_server *s, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *peer =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct line *l = fd ? calloc(1, sizeof(*l)) : NULL;
    if (!l) {
        return NULL;
    }
    l->refusal = http_refusal_enter(s->refusal, mhd, fd->connect_fd);
    l->member = http_crowd_enter(s->crowd, fd->connect_fd,
                                 peer ? peer->client_addr : NULL);
    if (!l->refusal || !l->member) {
        line_free(s, l);
        return NULL;
    }
    return l;
}

void http_conn_notify(void *arg, struct MHD_Connection *mhd, void **state,
                      enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = arg;
    if (what != MHD_CONNECTION_NOTIFY_CLOSED) {
        /* without a line, and so without a limit, no request is answered */
        *state = line_new(s, mhd);
        return;
    }
    line_free(s, *state);
    if (s->cfg.loop) {
        s->loop.closed = true;
    }
}

size_t http_conn_unescape(void *arg, struct MHD_Connection *mhd, char *text)
{
    (void)arg;
    (void)mhd;
    return strstr(text, "%00") ? strlen(text) : MHD_http_unescape(text);
}

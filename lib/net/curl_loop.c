// SPDX-License-Identifier: Apache-2.0
/* libcurl on the loop. Its callbacks only note what happened; transfers end in
 * drive(), when libcurl is no longer on the stack.
 */
#include "net/curl_loop.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/memory.h"
#include "net/tls.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#define IDLE_MAX 8L /* connections kept for the next transfer */

struct curl_loop {
    struct loop *loop;
    CURLM *multi;
    struct loop_timer *timer;
    struct curl_transfer *first; /* all that were added */
    bool keep;
    bool driving;         /* within drive(): the struct must outlive it */
    bool closing;         /* freed meanwhile */
    bool troubled;        /* some transfer has trouble */
    bool spoiled;         /* the multi handle must not be used any more */
    unsigned long memory; /* memory_failures() when it was made */
    bool timer_late;  /* the time that libcurl waits for could not be armed */
    bool timer_again; /* the last one, neither: this is the second attempt */
};

/* ---- trouble ------------------------------------------------------------- */

static void hit(struct curl_transfer *t, enum err e)
{
    if (t->trouble == ERR_OK) {
        t->trouble = e;
    }
    t->owner->troubled = true;
}

static void hit_all(struct curl_loop *c, enum err e)
{
    for (struct curl_transfer *t = c->first; t; t = t->next) {
        hit(t, e);
    }
}

/* Those that wait for this socket. */
static void hit_waiting(struct curl_loop *c, curl_socket_t fd, enum err e)
{
    for (struct curl_transfer *t = c->first; t; t = t->next) {
        if (t->fd == fd) {
            hit(t, e);
        }
    }
}

enum err curl_loop_trouble(const struct curl_transfer *t)
{
    if (t->trouble != ERR_OK) {
        return t->trouble;
    }
    return memory_failures() != t->memory ? ERR_NOMEM : ERR_OK;
}

/* ---- ends ---------------------------------------------------------------- */

static struct curl_transfer *transfer_of(CURL *easy)
{
    char *t = NULL;

    if (easy) {
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    }
    return (struct curl_transfer *)(void *)t;
}

static struct curl_transfer *next_troubled(struct curl_loop *c)
{
    for (struct curl_transfer *t = c->first; c->troubled && t; t = t->next) {
        if (t->trouble != ERR_OK) {
            return t;
        }
    }
    c->troubled = false;
    return NULL;
}

/* The HTTP/2 library packs the first request of a connection before it looks at
 * what came. If nothing of it was sent, no peer can be the reason: it found no
 * memory, and does not say so. */
static bool is_not_packed(CURL *easy, CURLcode code)
{
    long made = 0, sent = 0, errnum = 0;

    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &made);
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &errnum);
    return code == CURLE_HTTP2 && made > 0 && sent == 0 && errnum == 0;
}

/* Tells of one transfer that ended, if there is one. One by one, because what
 * is told may remove others. */
static bool end_one(struct curl_loop *c)
{
    struct curl_transfer *t = next_troubled(c);
    int left;
    CURLMsg *msg;

    if (t) {
        t->on_done(t->arg, CURLE_ABORTED_BY_CALLBACK);
        return true;
    }
    while ((msg = curl_multi_info_read(c->multi, &left))) {
        CURLcode code = msg->data.result;
        t = transfer_of(msg->easy_handle);
        if (msg->msg == CURLMSG_DONE && t) {
            if (is_not_packed(t->easy, code)) {
                hit(t, ERR_NOMEM);
            }
            t->on_done(t->arg, code);
            return true;
        }
    }
    return false;
}

static void end_all(struct curl_loop *c)
{
    while (!c->closing && end_one(c)) {
        ;
    }
}

/* ---- what libcurl waits for ---------------------------------------------- */

static void drive(struct curl_loop *c, curl_socket_t fd, int what);

static void on_timer(void *arg)
{
    drive(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_multi_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct curl_loop *c = arg;

    (void)multi;
    c->timer_late = false;
    if (timeout_ms < 0) {
        loop_timer_stop(c->timer);
    } else if (loop_timer_in(c->timer, timeout_ms * US_PER_MS) != ERR_OK) {
        c->timer_late = true;
    }
    return 0;
}

static void on_ready(void *arg, int fd, unsigned what)
{
    int bits = 0;

    if (what & LOOP_READ) {
        bits |= CURL_CSELECT_IN;
    }
    if (what & LOOP_WRITE) {
        bits |= CURL_CSELECT_OUT;
    }
    drive(arg, fd, bits);
}

/* Nobody waits for a socket any more, as a rule because it is closed. */
static void unwatch(struct curl_loop *c, curl_socket_t fd, struct loop_io *io)
{
    curl_multi_assign(c->multi, fd, NULL);
    loop_io_free(io);
    for (struct curl_transfer *t = c->first; t; t = t->next) {
        if (t->fd == fd) {
            t->fd = CURL_SOCKET_BAD;
        }
    }
}

static enum err watch(struct curl_loop *c, curl_socket_t fd, unsigned bits,
                      struct loop_io *io)
{
    if (io) {
        return loop_io_set(io, bits);
    }
    enum err e = loop_io_new(c->loop, fd, bits, on_ready, c, &io);
    if (e == ERR_OK && curl_multi_assign(c->multi, fd, io) != CURLM_OK) {
        loop_io_free(io);
        e = ERR_INTERNAL;
    }
    return e;
}

/* Has the connection failed within the call that began it? */
static int64_t dead_since(curl_socket_t fd)
{
    struct pollfd p = {.fd = fd};

    return poll(&p, 1, 0) > 0 && (p.revents & POLLERR) ? clock_mono_us() : 0;
}

static int on_multi_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                           void *io)
{
    struct curl_loop *c = arg;
    struct curl_transfer *t = transfer_of(easy);
    unsigned bits = 0;

    if (what == CURL_POLL_REMOVE) {
        unwatch(c, fd, io);
        return 0;
    }
    if (what & CURL_POLL_IN) {
        bits |= LOOP_READ;
    }
    if (what & CURL_POLL_OUT) {
        bits |= LOOP_WRITE;
    }
    if (t && t->fd != fd) {
        t->fd = fd;
        t->dead_us = dead_since(fd);
    }
    enum err e = watch(c, fd, bits, io);
    if (e != ERR_OK) {
        hit_waiting(c, fd, e);
    }
    return 0;
}

/* ---- the multi handle ---------------------------------------------------- */

static enum err open_multi(struct curl_loop *c)
{
    c->multi = curl_multi_init();
    if (!c->multi) {
        return ERR_NOMEM;
    }
    c->memory = memory_failures();
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_multi_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_multi_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    if (c->keep) {
        curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, IDLE_MAX);
    } else {
        curl_multi_setopt(c->multi, CURLMOPT_PIPELINING,
                          (long)CURLPIPE_NOTHING);
        curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, 1L);
    }
    return ERR_OK;
}

/* Is there something in it that must not be kept? libcurl keeps the trusted
 * authorities, which may lack some if memory ran out. */
static bool is_stale(const struct curl_loop *c)
{
    return c->spoiled || (c->keep && memory_failures() != c->memory);
}

/* Closes all connections and begins anew. Only without transfers. */
static enum err reopen_multi(struct curl_loop *c)
{
    curl_multi_cleanup(c->multi);
    loop_timer_stop(c->timer);
    c->timer_late = false;
    c->spoiled = true;
    enum err e = open_multi(c);
    if (e == ERR_OK) {
        c->spoiled = false;
    }
    return e;
}

static void release(struct curl_loop *c)
{
    curl_multi_cleanup(c->multi);
    loop_timer_free(c->timer);
    curl_global_cleanup();
    free(c);
}

enum err curl_loop_new(struct loop *l, bool keep, struct curl_loop **out)
{
    struct curl_loop *c;
    enum err e = tls_setup(); /* before libcurl makes OpenSSL allocate */

    if (e != ERR_OK) {
        return e;
    }
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_malloc, free,
                             memory_realloc, memory_strdup,
                             memory_calloc) != CURLE_OK) {
        return ERR_NOMEM;
    }
    c = calloc(1, sizeof(*c));
    if (!c) {
        curl_global_cleanup();
        return ERR_NOMEM;
    }
    c->loop = l;
    c->keep = keep;
    e = loop_timer_new(l, on_timer, c, &c->timer);
    if (e == ERR_OK) {
        e = open_multi(c);
    }
    if (e != ERR_OK) {
        release(c);
        return e;
    }
    *out = c;
    return ERR_OK;
}

void curl_loop_free(struct curl_loop *c)
{
    if (!c || c->closing) {
        return;
    }
    if (c->driving) {
        c->closing = true; /* drive() does the rest on its way out */
    } else {
        release(c);
    }
}

/* ---- driving ------------------------------------------------------------- */

static bool act(struct curl_loop *c, curl_socket_t fd, int what)
{
    int running;

    errno = 0;
    CURLMcode rc = curl_multi_socket_action(c->multi, fd, what, &running);
    memory_check_errno();
    if (rc != CURLM_OK) {
        log_error("curl", "it cannot go on (its code %d)", (int)rc);
    }
    return rc == CURLM_OK;
}

/* libcurl found no memory for its list of sockets. It does not say whose socket
 * it was, stopped halfway, and leaves an entry in the list that makes it crash
 * once the same descriptor comes again: the handle is of no use to anybody. */
static void give_up(struct curl_loop *c)
{
    c->spoiled = true;
    hit_all(c, ERR_NOMEM);
}

static void ask_at_once(struct curl_loop *c)
{
    c->timer_late = false;
    c->timer_again = true;
    if (loop_timer_in(c->timer, 0) != ERR_OK) {
        log_error("curl", "a timer for at once was refused"); /* it never is */
    }
}

/* The timer fired and could not be armed for the next time. Without it any
 * transfer might wait for ever: libcurl is called at once, so that it asks for
 * it again, and if that fails too they end. */
static void see_to_timer(struct curl_loop *c)
{
    if (!c->timer_late) {
        c->timer_again = false;
    } else if (!c->timer_again) {
        ask_at_once(c);
    } else {
        c->timer_late = false;
        hit_all(c, ERR_NOMEM);
        end_all(c);
    }
}

static void drive(struct curl_loop *c, curl_socket_t fd, int what)
{
    c->driving = true;
    if (!act(c, fd, what)) {
        give_up(c);
    }
    end_all(c);
    if (!c->closing) {
        see_to_timer(c);
    }
    if (!c->closing && is_stale(c) && !c->first && reopen_multi(c) != ERR_OK) {
        log_error("curl", "%s", err_str(ERR_NOMEM)); /* the next add tries */
    }
    c->driving = false;
    if (c->closing) {
        release(c);
    }
}

/* ---- transfers ----------------------------------------------------------- */

enum err curl_loop_add(struct curl_loop *c, struct curl_transfer *t)
{
    if (is_stale(c) && !c->first && !c->driving) {
        enum err e = reopen_multi(c);
        if (e != ERR_OK) {
            return e;
        }
    }
    if (c->spoiled) {
        return ERR_NOMEM;
    }
    t->fd = CURL_SOCKET_BAD;
    t->trouble = ERR_OK;
    t->memory = c->keep ? c->memory : memory_failures();
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    CURLMcode rc = curl_multi_add_handle(c->multi, t->easy);
    if (rc != CURLM_OK) {
        return rc == CURLM_OUT_OF_MEMORY ? ERR_NOMEM : ERR_INTERNAL;
    }
    t->owner = c;
    t->prev = NULL;
    t->next = c->first;
    if (c->first) {
        c->first->prev = t;
    }
    c->first = t;
    if (c->timer_late && !c->driving) {
        ask_at_once(c);
    }
    return ERR_OK;
}

void curl_loop_remove(struct curl_transfer *t)
{
    struct curl_loop *c = t->owner;

    if (!c) {
        return;
    }
    t->owner = NULL;
    if (t->prev) {
        t->prev->next = t->next;
    } else {
        c->first = t->next;
    }
    if (t->next) {
        t->next->prev = t->prev;
    }
    curl_multi_remove_handle(c->multi, t->easy);
}

// SPDX-License-Identifier: Apache-2.0
/* The helpers that are tried, and their answers. */
#include "engine/web/ask_control.h"
#include "engine/web/control_order.h"
#include "engine/web/control_request.h"
#include "record/failure.h"
#include "record/scrub_url.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/json_out.h"
#include <string.h>

#define CONTROL_US   (30 * US_PER_S)
#define RESPONSE_MAX ((size_t)4 * 1024 * 1024)

/* A helper measures the site itself before it answers, which takes so long at
 * the most. */
#define SLOW_US (15 * US_PER_S)
/* One that is not reached in this time is silent, on all but the worst lines:
 * a lookup, a connection and a handshake. */
#define SILENT_US (3 * US_PER_S)
/* How often it is looked which of several was reached. */
#define LOOK_US (250 * US_PER_MS)
/* After so many sites in a row for which no helper had an answer, the next ones
 * wait for half the time, and after twice as many just so long that helpers
 * which are back are noticed. */
#define MISSED_MAX 3
#define NOTICED_US (5 * US_PER_S)
/* A helper that has too much to do says after how long to come again: it is
 * taken at its word, for so long in all and so often. */
#define BUSY_US     (60 * US_PER_S)
#define BUSY_ROUNDS 10

struct attempt {
    struct ask_control *ask;
    const struct control_helper *helper;
    struct peers_call *lookup; /* of the helper's own name */
    struct client_call *call;
    int64_t since; /* when it began; if it was silent first, when that ended */
    bool silent;   /* the helper was not reached in SILENT_US */
    bool told;     /* it was reached, and has the request */
    bool slow;     /* and had SLOW_US for it */
    bool running;
};

struct ask_control {
    struct ask_control_request q;
    struct str request;         /* the body, the same for every helper */
    struct loop_timer *overall; /* 30 s */
    struct loop_timer *look;    /* is it time for another helper? */
    struct attempt attempts[CONTROL_ORDER_MAX];
    size_t n_attempts;                                       /* begun */
    const struct control_helper *helpers[CONTROL_ORDER_MAX]; /* for them */
    size_t n_helpers;
    const char *failure; /* of the attempts so far; the one that says most */
    int64_t busy_us;   /* until the first that is busy may be asked; -1: none */
    int64_t waited_us; /* for those that were */
    unsigned rounds;
    bool waiting; /* now, with no attempt running */
};

/* ---- the end ------------------------------------------------------------ */

static void stop_attempt(struct attempt *a)
{
    peers_cancel(a->lookup);
    if (a->call) {
        client_cancel(a->call);
    }
    a->lookup = NULL;
    a->call = NULL;
    a->running = false;
}

static void stop_attempts(struct ask_control *c)
{
    for (size_t i = 0; i < c->n_attempts; i++) {
        stop_attempt(&c->attempts[i]);
    }
    loop_timer_free(c->overall);
    loop_timer_free(c->look);
    c->overall = c->look = NULL;
}

void ask_control_cancel(struct ask_control *c)
{
    if (c) {
        stop_attempts(c);
    }
}

static void control_end(struct ask_control *c, const char *failure)
{
    struct measure *ms = c->q.ms;

    stop_attempts(c);
    ms->in->controls_missed = failure ? ms->in->controls_missed + 1 : 0;
    if (c->q.after) {
        ms->m->other_control.failure = failure;
    } else {
        ms->m->control_failure = failure;
    }
    task_release(c->q.task);
}

/* ---- the answer --------------------------------------------------------- */

/* "v1 MINUTE NONCE SIGNATURE KEY"; anything else is left out. */
static struct str signature_json(struct region *r, const char *value)
{
    struct str rest = str_c(value), f[5], none = {NULL, 0};
    struct buf b;
    struct jw w;
    int64_t minute;

    for (size_t i = 0; i < 5; i++) {
        if (!str_next(&rest, ' ', &f[i])) {
            return none;
        }
    }
    if (!str_eq_c(f[0], "v1") ||
        str_to_i64(f[1], 0, INT64_MAX, &minute) != ERR_OK || f[2].len != 32 ||
        f[3].len != 2 * (size_t)CRYPTO_SIG_LEN ||
        f[4].len != 2 * (size_t)CRYPTO_PUB_LEN) {
        return none;
    }
    buf_init(&b, 1024);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_ki(&w, "v", 1);
    jw_ki(&w, "minute", minute);
    jw_ks(&w, "nonce", f[2]);
    jw_ks(&w, "signature", f[3]);
    jw_ks(&w, "key", f[4]);
    jw_obj_end(&w);
    struct str out = b.failed == ERR_OK ? region_str(r, buf_str(&b)) : none;
    buf_fini(&b);
    return out;
}

static void tell_addrs(const struct attempt *a, const struct json *root)
{
    const struct ask_control *c = a->ask;
    struct measure *ms = c->q.ms;
    const struct json *addrs = json_path(root, "dns.addrs");
    struct addr_list found = {0};

    for (const struct json *n = json_first(addrs); n; n = json_next(n)) {
        struct ip ip;

        if (ip_parse(json_str(n), &ip)) {
            enum err e = addr_list_add(ms->region, &found, &ip, ORIGIN_CONTROL);
            measure_internal(ms, e, "addresses");
        }
    }
    c->q.on_addrs(c->q.arg, a->helper, &found, root);
}

static void keep_answer(const struct attempt *a,
                        const struct client_response *res, struct str body)
{
    struct region *r = a->ask->q.ms->region;
    struct measurement *m = a->ask->q.ms->m;
    struct str signature = {NULL, 0};

    for (size_t i = 0; i < res->n_headers; i++) {
        if (strcmp(res->headers[i].name, "x-parallax-signature") == 0) {
            signature = signature_json(r, res->headers[i].value);
        }
    }
    if (a->ask->q.after) {
        m->other_control.answer = body;
        m->other_control.url = region_strdup(r, a->helper->url);
        m->other_control.signature = signature;
        return;
    }
    m->control = body;
    m->control_url = region_strdup(r, a->helper->url);
    m->control_type =
        region_strdup(r, a->helper->type ? a->helper->type : "https");
    m->control_signature = signature;
}

static const char *take_answer(struct attempt *a,
                               const struct client_response *res)
{
    struct measure *ms = a->ask->q.ms;
    struct json_doc *doc = NULL;

    if (res->status != 200) {
        return failure_text(FAILURE_HELPER_FAILED);
    }
    struct str body = region_str(ms->region, res->body);
    enum err e = body.len == res->body.len
                     ? json_parse(body, &json_default_limits, &doc, NULL)
                     : ERR_NOMEM;
    if (e == ERR_NOMEM) {
        measure_internal(ms, e, "control answer");
    }
    if (e != ERR_OK) {
        return failure_text(FAILURE_JSON);
    }
    if (!json_is_obj(json_root(doc))) {
        json_doc_free(doc);
        return failure_text(FAILURE_JSON);
    }
    keep_answer(a, res, body);
    if (!a->ask->q.after) {
        tell_addrs(a, json_root(doc));
    }
    json_doc_free(doc);
    return NULL;
}

/* "503 Service Unavailable" with "Retry-After: SECONDS" (RFC 9110, 10.2.3). */
static void note_busy(struct ask_control *c, const struct client_response *res)
{
    int64_t s = 0;

    for (size_t i = 0; res->status == 503 && i < res->n_headers; i++) {
        if (strcmp(res->headers[i].name, "retry-after") != 0 ||
            str_to_i64(str_c(res->headers[i].value), 0, BUSY_US / US_PER_S,
                       &s) != ERR_OK) {
            continue;
        }
        if (c->busy_us < 0 || s * US_PER_S < c->busy_us) {
            c->busy_us = s * US_PER_S;
        }
    }
}

/* ---- attempts ----------------------------------------------------------- */

static void try_next(struct ask_control *c);

static bool may_try_next(const struct ask_control *c)
{
    return c->n_attempts < c->n_helpers;
}

static void look_in(struct ask_control *c, int64_t us)
{
    if (loop_timer_in(c->look, us) != ERR_OK) {
        measure_internal(c->q.ms, ERR_NOMEM, "timer");
    }
}

/* For all that the run measures after this. */
static void note_silent(struct attempt *a)
{
    a->silent = true;
    hash_list_add(&a->ask->q.ms->in->silent_helpers, str_c(a->helper->url));
}

static void note_told(struct attempt *a)
{
    if (!a->told && a->call && client_call_sent(a->call)) {
        a->told = true;
        a->since = a->silent ? clock_mono_us() : a->since;
        hash_list_remove(&a->ask->q.ms->in->silent_helpers,
                         str_c(a->helper->url));
    }
}

/* The one that has the request and is at work. */
static struct attempt *at_work(struct ask_control *c)
{
    struct attempt *found = NULL;

    for (size_t i = 0; i < c->n_attempts; i++) {
        struct attempt *a = &c->attempts[i];

        if (a->running) {
            note_told(a);
        }
        if (a->running && a->told && !a->slow && !found) {
            found = a;
        }
    }
    return found;
}

/* One is told of the site, not all that could be reached in the end. The last
 * one begun can still have its turn. */
static void hush_others(struct ask_control *c)
{
    for (size_t i = c->n_attempts; i-- > 0;) {
        struct attempt *a = &c->attempts[i];

        if (a->running && !a->told) {
            stop_attempt(a);
            c->n_attempts -= i + 1 == c->n_attempts;
        }
    }
}

static bool any_running(const struct ask_control *c)
{
    for (size_t i = 0; i < c->n_attempts; i++) {
        if (c->attempts[i].running) {
            return true;
        }
    }
    return false;
}

static int64_t time_for(const struct instruments *in)
{
    return in->controls_missed < MISSED_MAX       ? CONTROL_US
           : in->controls_missed < 2 * MISSED_MAX ? CONTROL_US / 2
                                                  : NOTICED_US;
}

/* All have been asked, and none has an answer. */
static void all_failed(struct ask_control *c)
{
    if (c->busy_us < 0 || c->rounds == BUSY_ROUNDS ||
        c->waited_us + c->busy_us > BUSY_US) {
        control_end(c, c->failure ? c->failure : failure_text(FAILURE_CONTROL));
        return;
    }
    c->waiting = true;
    c->waited_us += c->busy_us;
    c->rounds++;
    look_in(c, c->busy_us);
    if (loop_timer_in(c->overall, c->busy_us + time_for(c->q.ms->in)) !=
        ERR_OK) {
        measure_internal(c->q.ms, ERR_NOMEM, "timer");
    }
}

/* Those that were busy may be asked now. */
static void ask_again(struct ask_control *c)
{
    c->waiting = false;
    c->busy_us = -1;
    c->n_attempts = 0;
    try_next(c);
}

static void attempt_failed(struct attempt *a, const char *failure)
{
    struct ask_control *c = a->ask;

    a->running = false;
    if (!a->told) {
        note_silent(a);
    }
    /* the first that says what happened wins over one that does not */
    if (!c->failure ||
        (failure_is_unknown(c->failure) && !failure_is_unknown(failure))) {
        c->failure = region_strdup(c->q.ms->region, failure);
    }
    if (at_work(c)) {
        return;
    }
    if (may_try_next(c)) {
        try_next(c);
    } else if (!any_running(c)) {
        all_failed(c);
    }
}

static void on_response(void *arg, const struct client_response *res)
{
    struct attempt *a = arg;
    struct ask_control *c = a->ask;
    const char *failure = res->failure;

    note_told(a);
    a->call = NULL;
    a->running = false;
    if (res->internal != ERR_OK) {
        measure_internal(c->q.ms, res->internal, "control call");
        failure = failure_text(FAILURE_CONTROL_UNASKED);
    }
    if (!failure) {
        note_busy(c, res);
        failure = take_answer(a, res);
    }
    if (failure) {
        attempt_failed(a, failure);
    } else {
        control_end(c, NULL);
    }
}

/* A helper's address that makes no sense is a fault of whoever gave it; the
 * rest is this machine's. */
static void cannot_ask(struct attempt *a, enum err e)
{
    if (e != ERR_INVAL && e != ERR_PARSE && e != ERR_ACCESS) {
        measure_internal(a->ask->q.ms, e, "control call");
    }
    attempt_failed(a, failure_text(FAILURE_CONTROL_UNASKED));
}

static void on_address(void *arg, const char *const *addrs, size_t n,
                       const char *failure)
{
    static const struct client_header headers[] = {
        {"Content-Type", "application/json"},
        {"Accept", "application/json"},
    };
    struct attempt *a = arg;
    struct ask_control *c = a->ask;
    struct client_request req = {
        .method = "POST",
        .url = a->helper->url,
        .headers = headers,
        .n_headers = sizeof(headers) / sizeof(headers[0]),
        .body = c->request,
        .addrs = addrs,
        .n_addrs = n,
        .timeout_us = CONTROL_US,
        .max_response = RESPONSE_MAX,
        .insecure_loopback = true,
    };

    a->lookup = NULL;
    if (n == 0) {
        attempt_failed(a, failure);
        return;
    }
    enum err e = client_call(c->q.ms->in->http, &req, on_response, a, &a->call);
    if (e != ERR_OK) {
        cannot_ask(a, e);
    }
}

static void try_next(struct ask_control *c)
{
    struct measure *ms = c->q.ms;
    struct attempt *a = &c->attempts[c->n_attempts];
    struct url url;

    *a = (struct attempt){.ask = c,
                          .helper = c->helpers[c->n_attempts],
                          .since = clock_mono_us(),
                          .running = true};
    c->n_attempts++;
    look_in(c, c->n_attempts > 1 ? LOOK_US : SILENT_US);
    enum err e = url_parse(ms->region, str_c(a->helper->url), &url, NULL);
    if (e == ERR_OK) {
        e = peers_resolve(ms->in->peers, url.host, on_address, a, &a->lookup);
    }
    if (e != ERR_OK) {
        cannot_ask(a, e);
    }
}

/* Nobody has the request yet. All that are waited for go on: the first one that
 * is reached is told. */
static void wait_on(struct ask_control *c)
{
    const struct attempt *last = &c->attempts[c->n_attempts - 1];

    if (clock_mono_us() - last->since < SILENT_US) {
        look_in(c, LOOK_US);
        return;
    }
    for (size_t i = 0; i < c->n_attempts; i++) {
        if (c->attempts[i].running && !c->attempts[i].told) {
            note_silent(&c->attempts[i]);
        }
    }
    if (may_try_next(c)) {
        try_next(c);
    } else {
        look_in(c, LOOK_US);
    }
}

static void on_look(void *arg)
{
    struct ask_control *c = arg;

    if (c->waiting) {
        ask_again(c);
        return;
    }
    struct attempt *a = at_work(c);
    if (!a) {
        wait_on(c);
        return;
    }
    hush_others(c);
    int64_t left = a->since + SLOW_US - clock_mono_us();
    if (left > 0) {
        look_in(c, left);
        return;
    }
    a->slow = true;
    wait_on(c);
}

static void on_overall(void *arg)
{
    struct ask_control *c = arg;

    control_end(c, c->failure ? c->failure : failure_text(FAILURE_TIMEOUT));
}

static enum err begin(struct ask_control *c)
{
    struct measure *ms = c->q.ms;
    struct loop *loop = ms->in->loop;
    enum err e = ERR_OK;

    c->n_helpers = control_order(ms->plan, c->q.after, &ms->in->silent_helpers,
                                 c->helpers);
    c->request = ms->m->control_request;
    if (!c->q.after) {
        e = control_request(ms, c->q.url, c->q.addrs, &c->request);
    }
    if (e == ERR_OK) {
        e = loop_timer_new(loop, on_overall, c, &c->overall);
    }
    if (e == ERR_OK) {
        e = loop_timer_new(loop, on_look, c, &c->look);
    }
    if (e == ERR_OK) {
        e = loop_timer_in(c->overall, time_for(ms->in));
    }
    if (e != ERR_OK) {
        stop_attempts(c);
    }
    return e;
}

/* A URL that tells a known address of the volunteer's stays here; so does one
 * that scrubbing has changed. */
static bool may_be_told(const struct plan *p, const struct url *url)
{
    struct scrub known;

    if (scrub_url_was_changed(str_c(url->text))) {
        return false;
    }
    if (!p->own) {
        return true;
    }
    known = *p->own;
    known.known4 = known.known6 = true;
    return scrub_url_is_clean(&known, url->host, true, str_c(url->text));
}

struct ask_control *ask_control_start(const struct ask_control_request *q)
{
    struct measure *ms = q->ms;

    if (ms->plan->n_helpers == 0) {
        ms->m->control_failure = failure_text(FAILURE_NO_HELPERS);
        return NULL;
    }
    if (q->after && ms->plan->n_helpers == 1) {
        return NULL; /* there is no other */
    }
    if (!may_be_told(ms->plan, q->url)) {
        ms->m->control_failure = failure_text(FAILURE_CONTROL_UNASKED);
        return NULL;
    }
    struct ask_control *c = region_calloc(ms->region, 1, sizeof(*c));
    enum err e = ERR_NOMEM;
    if (c) {
        c->q = *q;
        c->busy_us = -1;
        e = begin(c);
    }
    if (e != ERR_OK) {
        measure_internal(ms, e, "control");
        return NULL;
    }
    ms->m->control_request = c->request;
    ms->m->other_control.asked = q->after;
    task_hold(q->task);
    try_next(c);
    return c;
}

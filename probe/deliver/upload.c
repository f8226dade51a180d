// SPDX-License-Identifier: Apache-2.0
/* What waits in the spool, sent one after the other. */
#include "probe/deliver/upload.h"

#include "base/clock.h"
#include "base/compress.h"
#include "base/crypto.h"
#include "base/log.h"
#include "probe/deliver/submission.h"
#include "probe/deliver/upload_answer.h"
#include "record/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SLOTS    3
#define MAX_REPORTS  16
#define MAX_ANSWER   65536
#define OPEN_TIMEOUT (15 * US_PER_S)
#define POST_TIMEOUT (60 * US_PER_S)
#define PAUSE_US     (2 * US_PER_S)
#define MAX_PAUSE_US (60 * US_PER_S)

enum report_state {
    REPORT_OPENING,
    REPORT_OPEN,
    REPORT_FAILED
};

struct report {
    struct upload *owner;
    char *open;
    size_t open_len;
    struct upload_report as;
    enum report_state state;
};

struct slot {
    struct upload *owner;
    bool busy;
    bool boxed, open; /* it goes in its box; it could go without */
    uint64_t id;
};

struct upload {
    struct loop *loop;
    struct backend *backend;
    struct spool *spool;
    void (*fn)(void *arg);
    void *arg;
    struct report *reports[MAX_REPORTS];
    size_t n_reports;
    struct slot slots[MAX_SLOTS];
    struct buf bytes;    /* the frame being started */
    struct buf repacked; /* its body, compressed anew or not, and padded */
    struct loop_timer *pause;
    unsigned fails_in_row;
    bool draining;
    bool given_up;
    bool no_boxes;  /* the collector does not know them */
    bool closed;    /* the reports of a drained spool */
    size_t closing; /* closes under way */
    struct upload_counts counts;
};

/* ---- failure and pause -------------------------------------------------- */

static void note_failure(struct upload *u, const struct backend_answer *a,
                         const char *what)
{
    char *out = u->counts.last_failure;
    size_t size = sizeof(u->counts.last_failure);
    u->counts.failed++;
    u->fails_in_row++;
    char words[UPLOAD_ANSWER_WORDS];
    upload_answer_words(a, words);
    snprintf(out, size, "%s: %s", what, words);
    str_copy(u->counts.last_string, sizeof(u->counts.last_string),
             a->failure && a->internal == ERR_OK ? a->failure : "");
    if (u->draining) {
        u->given_up = true;
        return;
    }
    uint32_t chance;
    crypto_random(&chance, sizeof(chance));
    int64_t pause = ways_pause(PAUSE_US, u->fails_in_row, MAX_PAUSE_US, chance);
    if (loop_timer_in(u->pause, pause) != ERR_OK) {
        u->given_up = true;
    }
}

static void note_success(struct upload *u)
{
    u->fails_in_row = 0;
    u->counts.last_failure[0] = '\0';
    u->counts.last_string[0] = '\0';
}

static void on_pause_over(void *arg)
{
    upload_kick(arg);
}

/* ---- reports ------------------------------------------------------------ */

static struct report *find_report(const struct upload *u, struct str open)
{
    for (size_t i = 0; i < u->n_reports; i++) {
        struct report *r = u->reports[i];
        if (str_eq((struct str){r->open, r->open_len}, open)) {
            return r;
        }
    }
    return NULL;
}

static void report_free(struct report *r)
{
    if (r) {
        free(r->open);
        free(r);
    }
}

/* The answer does not matter: a report that was not closed ends by itself. */
static void on_closed(void *arg, const struct backend_answer *a)
{
    struct upload *u = arg;
    (void)a;
    u->closing--;
    u->fn(u->arg);
}

static void close_report(struct upload *u, const struct report *r)
{
    char path[UPLOAD_MAX_REPORT_ID + 32];
    snprintf(path, sizeof(path), "/report/%s/close", r->as.id);
    struct backend_post p = {.path = path,
                             .body = STR("{}"),
                             .timeout_us = OPEN_TIMEOUT,
                             .max_response = MAX_ANSWER};
    if (r->state == REPORT_OPEN &&
        backend_post(u->backend, &p, on_closed, u) == ERR_OK) {
        u->closing++;
    }
}

static void close_all(struct upload *u)
{
    u->closed = true;
    for (size_t i = 0; i < u->n_reports; i++) {
        close_report(u, u->reports[i]);
    }
}

/* Room for one more: the oldest that is not being opened goes. */
static struct report *report_new(struct upload *u, struct str open)
{
    struct report *r = calloc(1, sizeof(*r));
    if (!r || !(r->open = malloc(open.len ? open.len : 1))) {
        report_free(r);
        return NULL;
    }
    if (u->n_reports == MAX_REPORTS) {
        close_report(u, u->reports[0]);
        report_free(u->reports[0]);
        memmove(&u->reports[0], &u->reports[1],
                (MAX_REPORTS - 1) * sizeof(u->reports[0]));
        u->n_reports--;
    }
    r->owner = u;
    r->open_len = open.len;
    if (open.len) {
        memcpy(r->open, open.p, open.len);
    }
    u->reports[u->n_reports++] = r;
    return r;
}

static bool opening(const struct upload *u)
{
    for (size_t i = 0; i < u->n_reports; i++) {
        if (u->reports[i]->state == REPORT_OPENING) {
            return true;
        }
    }
    return false;
}

static void on_opened(void *arg, const struct backend_answer *a)
{
    struct report *r = arg;
    struct upload *u = r->owner;
    if (upload_answer_report(a, &r->as)) {
        r->state = REPORT_OPEN;
        note_success(u);
        upload_kick(u);
    } else {
        r->state = REPORT_FAILED;
        note_failure(u, a, "opening a report");
    }
    u->fn(u->arg);
}

enum err upload_open(struct upload *u, struct str open)
{
    struct report *r = find_report(u, open);
    if (r && r->state != REPORT_FAILED) {
        return ERR_OK;
    }
    if (!r) {
        r = report_new(u, open);
    }
    if (!r) {
        return ERR_NOMEM;
    }
    struct backend_post p = {.path = "/report",
                             .body = open,
                             .timeout_us = OPEN_TIMEOUT,
                             .max_response = MAX_ANSWER};
    r->state = REPORT_OPENING;
    enum err e = backend_post(u->backend, &p, on_opened, r);
    if (e != ERR_OK) {
        r->state = REPORT_FAILED;
    }
    return e;
}

bool upload_opened(const struct upload *u, struct str open, const char **id)
{
    const struct report *r = find_report(u, open);
    if (r && r->state == REPORT_OPENING) {
        return false;
    }
    *id = r && r->state == REPORT_OPEN ? r->as.id : "";
    return true;
}

/* ---- posting ------------------------------------------------------------ */

static void settle(struct upload *u, uint64_t id,
                   const struct backend_answer *a)
{
    enum err e = ERR_OK;
    char name[SPOOL_NAME_MAX];
    spool_name(u->spool, id, name);
    switch (upload_answer_judge(a)) {
    case UPLOAD_STORED:
        u->counts.sent++;
        u->counts.by_way[a->way]++;
        note_success(u);
        e = spool_done(u->spool, id);
        break;
    case UPLOAD_HELD:
        u->counts.held++;
        note_success(u);
        e = spool_mark(u->spool, id, FRAME_HELD);
        break;
    case UPLOAD_REFUSED:
        u->counts.refused++;
        note_success(u);
        log_warn("upload",
                 "the collector refuses %s (status %d): kept, not sent again",
                 name, a->status);
        e = spool_mark(u->spool, id, FRAME_REFUSED);
        break;
    case UPLOAD_AGAIN:
        note_failure(u, a, "sending a record");
        break;
    }
    if (e != ERR_OK && e != ERR_NOTFOUND) {
        /* the frame stays for another time; the collector knows a second copy
         * by its content */
        log_warn("upload", "%s cannot be changed: %s", name, err_str(e));
        spool_pass(u->spool, id);
        u->given_up = e == ERR_READONLY; /* so are all others */
    }
}

/* The answer of a collector without a place for boxes: other people's. */
static bool knows_no_boxes(const struct slot *slot,
                           const struct backend_answer *a)
{
    return slot->boxed && slot->open && !a->failure && a->internal == ERR_OK &&
           (a->status == 404 || a->status == 405 || a->status == 501);
}

static void on_posted(void *arg, const struct backend_answer *a)
{
    struct slot *slot = arg;
    struct upload *u = slot->owner;
    slot->busy = false;
    if (knows_no_boxes(slot, a)) {
        u->no_boxes = true;
    } else {
        settle(u, slot->id, a);
    }
    upload_kick(u);
    u->fn(u->arg);
}

static bool in_flight(const struct upload *u, uint64_t id)
{
    for (size_t i = 0; i < MAX_SLOTS; i++) {
        if (u->slots[i].busy && u->slots[i].id == id) {
            return true;
        }
    }
    return false;
}

static bool any_busy(const struct upload *u)
{
    for (size_t i = 0; i < MAX_SLOTS; i++) {
        if (u->slots[i].busy) {
            return true;
        }
    }
    return false;
}

static struct slot *free_slot(struct upload *u)
{
    for (size_t i = 0; i < MAX_SLOTS; i++) {
        if (!u->slots[i].busy) {
            return &u->slots[i];
        }
    }
    return NULL;
}

/* The next one to be sent; false: there is none. Where boxes are not known,
 * what lies in one alone waits. */
static bool next_frame(const struct upload *u, struct spool_item *out)
{
    for (size_t i = 0; i < spool_len(u->spool); i++) {
        *out = spool_item(u->spool, i);
        if (out->state == FRAME_WAITING && !in_flight(u, out->id) &&
            (!u->no_boxes || out->open)) {
            out->boxed = out->boxed && !u->no_boxes;
            return true;
        }
    }
    return false;
}

/* The body as the collector can read it, of a length that boxes have, too. */
static enum err fit(struct upload *u, const struct report *r, struct str body,
                    struct backend_post *p)
{
    bool dcz = compress_is_dcz(body);
    enum err e = ERR_OK;
    p->encoding = dcz && r->as.dictionary ? "dcz" : "zstd";
    buf_clear(&u->repacked);
    if (dcz && !r->as.dictionary) {
        e = submission_repack(body, &u->repacked);
    } else {
        e = buf_add_str(&u->repacked, body);
    }
    size_t len = u->repacked.len;
    size_t whole = sealed_round(len + COMPRESS_SKIP_MIN);
    if (e == ERR_OK && whole <= FRAME_MAX) { /* what collectors take */
        e = compress_skip(whole - len, &u->repacked);
    }
    p->body = buf_str(&u->repacked);
    return e;
}

static enum err post(struct upload *u, struct slot *slot,
                     const struct report *r, struct str body)
{
    char path[UPLOAD_MAX_REPORT_ID + 16];
    struct backend_post p = {
        .path = path, .timeout_us = POST_TIMEOUT, .max_response = MAX_ANSWER};
    snprintf(path, sizeof(path), "/report/%s", r->as.id);
    enum err e = fit(u, r, body, &p);
    return e ? e : backend_post(u->backend, &p, on_posted, slot);
}

/* A box goes as it is: nobody here can open it. */
static enum err post_box(struct upload *u, struct slot *slot)
{
    struct backend_post p = {.path = "/api/v1/parallax/sealed",
                             .body = buf_str(&u->bytes),
                             .timeout_us = POST_TIMEOUT,
                             .max_response = MAX_ANSWER};
    return backend_post(u->backend, &p, on_posted, slot);
}

/* Starts one post; false if nothing more can be started now. */
static bool start_one(struct upload *u, struct slot *slot,
                      const struct spool_item *item)
{
    char name[SPOOL_NAME_MAX];
    struct frame f;
    struct diag d = {""};
    uint64_t id = item->id;
    bool boxed = item->boxed;
    enum err e = boxed ? spool_load_box(u->spool, id, &u->bytes, &d)
                       : spool_load(u->spool, id, &u->bytes, &f, &d);
    if (e != ERR_OK && e != ERR_NOMEM && e != ERR_FDLIMIT) {
        return true; /* named, and listed no longer; on to the next */
    }
    if (e == ERR_OK && boxed) {
        e = post_box(u, slot);
    } else if (e == ERR_OK) {
        const struct report *r = find_report(u, f.open);
        if (!r || r->state != REPORT_OPEN) {
            if (!opening(u)) {
                e = upload_open(u, f.open);
            }
            if (e == ERR_OK) {
                return false;
            }
        } else {
            e = post(u, slot, r, f.body);
        }
    }
    if (e == ERR_PARSE || e == ERR_NOTFOUND) {
        spool_name(u->spool, id, name);
        log_warn("upload",
                 "%s: the submission in it cannot be read: kept, not "
                 "sent again",
                 name);
        u->counts.refused++;
        if (spool_mark(u->spool, id, FRAME_REFUSED) != ERR_OK) {
            spool_pass(u->spool, id);
        }
        return true;
    }
    if (e != ERR_OK) {
        struct backend_answer a = {.internal = e};
        note_failure(u, &a, "sending a record");
        return false;
    }
    *slot = (struct slot){
        .owner = u, .busy = true, .boxed = boxed, .open = item->open, .id = id};
    return true;
}

void upload_kick(struct upload *u)
{
    struct slot *slot;
    struct spool_item item;
    if (u->given_up || loop_timer_armed(u->pause) ||
        !spool_may_send(u->spool, NULL)) {
        return;
    }
    while ((slot = free_slot(u)) && next_frame(u, &item)) {
        if (!start_one(u, slot, &item)) {
            break;
        }
    }
    if (u->draining && !u->closed && !any_busy(u) && !opening(u) &&
        !next_frame(u, &item)) {
        close_all(u);
    }
}

/* Frames in this state are sent once more. One that gets the same answer again
 * goes back to its state, and is not sent a third time. */
static void send_again(struct upload *u, enum frame_state state)
{
    for (size_t i = 0; i < spool_len(u->spool); i++) {
        struct spool_item item = spool_item(u->spool, i);
        char name[SPOOL_NAME_MAX];
        if (item.state == state &&
            spool_mark(u->spool, item.id, FRAME_WAITING) != ERR_OK) {
            spool_name(u->spool, item.id, name);
            log_warn("upload", "%s cannot be sent again", name);
        }
    }
}

void upload_send_held(struct upload *u)
{
    send_again(u, FRAME_HELD);
}

void upload_send_refused(struct upload *u)
{
    send_again(u, FRAME_REFUSED);
}

void upload_drain(struct upload *u)
{
    u->draining = true;
    loop_timer_stop(u->pause);
    upload_kick(u);
}

bool upload_idle(const struct upload *u)
{
    struct spool_item item;
    if (any_busy(u) || opening(u) || u->closing) {
        return false;
    }
    return u->given_up || !spool_may_send(u->spool, NULL) ||
           !next_frame(u, &item);
}

bool upload_resting(const struct upload *u)
{
    struct spool_item item;
    return !any_busy(u) && !opening(u) &&
           (u->given_up || u->fails_in_row || !spool_may_send(u->spool, NULL) ||
            !next_frame(u, &item));
}

const struct upload_counts *upload_counts_of(const struct upload *u)
{
    return &u->counts;
}

enum err upload_new(struct loop *l, struct backend *b, struct spool *s,
                    void (*fn)(void *arg), void *arg, struct upload **out)
{
    struct upload *u = calloc(1, sizeof(*u));
    if (!u) {
        return ERR_NOMEM;
    }
    u->loop = l;
    u->backend = b;
    u->spool = s;
    u->fn = fn;
    u->arg = arg;
    buf_init(&u->bytes, FRAME_MAX);
    buf_init(&u->repacked, SEALED_MAX);
    for (size_t i = 0; i < MAX_SLOTS; i++) {
        u->slots[i].owner = u;
    }
    enum err e = loop_timer_new(l, on_pause_over, u, &u->pause);
    if (e != ERR_OK) {
        upload_free(u);
        return e;
    }
    *out = u;
    return ERR_OK;
}

void upload_free(struct upload *u)
{
    if (!u) {
        return;
    }
    loop_timer_free(u->pause);
    for (size_t i = 0; i < u->n_reports; i++) {
        report_free(u->reports[i]);
    }
    buf_fini(&u->bytes);
    buf_fini(&u->repacked);
    free(u);
}

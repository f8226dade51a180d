// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/late_queue.h"

#include "base/clock.h"
#include "base/log_rare.h"
#include "collector/store/store_meta.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FACTS_MAX ((size_t)200 << 10)
#define SHARE     8

struct late_queue {
    pthread_mutex_t lock;
    struct late_job *first, **last;
    size_t n, max;
    uint64_t dropped;
    struct log_rare full;
    int fd[2]; /* a byte is in it when something came */
};

enum err late_queue_new(size_t max, struct late_queue **out)
{
    struct late_queue *q = calloc(1, sizeof(*q));
    if (!q) {
        return ERR_NOMEM;
    }
    q->max = max;
    q->last = &q->first;
    if (pipe2(q->fd, O_CLOEXEC | O_NONBLOCK) != 0) {
        enum err e = err_from_errno(errno);
        free(q);
        return e;
    }
    pthread_mutex_init(&q->lock, NULL);
    *out = q;
    return ERR_OK;
}

void late_queue_free(struct late_queue *q)
{
    if (!q) {
        return;
    }
    while (q->first) {
        struct late_job *next = q->first->next;
        late_queue_job_free(q->first);
        q->first = next;
    }
    close(q->fd[0]);
    close(q->fd[1]);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

struct late_job *late_queue_job(const struct store_put *put, const char *source)
{
    struct late_job *j =
        put->wants_control && !put->duplicate ? calloc(1, sizeof(*j)) : NULL;
    if (!j) {
        return NULL;
    }
    buf_init(&j->facts, FACTS_MAX);
    str_copy(j->source, sizeof(j->source), source ? source : "");
    if (store_meta_write(&j->facts, &put->row) != ERR_OK) {
        late_queue_job_free(j);
        return NULL;
    }
    return j;
}

void late_queue_job_free(struct late_job *j)
{
    buf_fini(&j->facts);
    free(j);
}

/* Whether there is room for one more of this source. Lock held. */
static bool has_room(const struct late_queue *q, const char *source)
{
    size_t n = 0;
    for (const struct late_job *j = q->first; j; j = j->next) {
        n += strcmp(j->source, source) == 0;
    }
    return q->n < q->max && n < (q->max + SHARE - 1) / SHARE;
}

void late_queue_push(struct late_queue *q, struct late_job *j)
{
    static const char byte[1] = "";
    if (!j) {
        return;
    }
    j->next = NULL;
    pthread_mutex_lock(&q->lock);
    bool room = has_room(q, j->source);
    if (room) {
        *q->last = j;
        q->last = &j->next;
        q->n++;
        ssize_t n = j->tries ? 0 : write(q->fd[1], byte, sizeof(byte));
        (void)n; /* a full pipe wakes as well */
    } else {
        q->dropped++;
        log_rare_say(&q->full, clock_mono_us(), LOG_WARN, "late",
                     "too many records wait for a control: %llu stay without",
                     (unsigned long long)q->dropped);
    }
    pthread_mutex_unlock(&q->lock);
    if (!room) {
        late_queue_job_free(j);
    }
}

struct late_job *late_queue_take(struct late_queue *q)
{
    pthread_mutex_lock(&q->lock);
    int64_t now_us = clock_mono_us();
    struct late_job **at = &q->first;
    while (*at && (*at)->due_us > now_us) {
        at = &(*at)->next;
    }
    struct late_job *j = *at;
    if (j) {
        *at = j->next;
        q->last = j->next ? q->last : at;
        q->n--;
    }
    pthread_mutex_unlock(&q->lock);
    return j;
}

int late_queue_fd(const struct late_queue *q)
{
    return q->fd[0];
}

void late_queue_seen(struct late_queue *q)
{
    char bytes[256];
    while (read(q->fd[0], bytes, sizeof(bytes)) > 0) {
    }
}

uint64_t late_queue_dropped(struct late_queue *q)
{
    pthread_mutex_lock(&q->lock);
    uint64_t n = q->dropped;
    pthread_mutex_unlock(&q->lock);
    return n;
}

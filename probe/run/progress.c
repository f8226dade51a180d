// SPDX-License-Identifier: Apache-2.0
/* What a person or a program is told while a run goes on. */
#include "probe/run/progress.h"

#include "base/clock.h"
#include "cli/terminal.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define REDRAW_US (100 * US_PER_MS)

void progress_format_bytes(uint64_t bytes, char out[16])
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
    double v = (double)bytes;
    size_t i = 0;
    while (v >= 999.5 && i + 1 < sizeof(unit) / sizeof(unit[0])) {
        v /= 1000;
        i++;
    }
    snprintf(out, 16, i == 0 || v >= 100 ? "%.0f %s" : "%.1f %s", v, unit[i]);
}

void progress_format_time(int64_t us, char out[32])
{
    int64_t s = (us + US_PER_S / 2) / US_PER_S;
    if (s < 60) {
        snprintf(out, 32, "%d s", (int)s);
    } else if (s < 3600) {
        snprintf(out, 32, "%d min %d s", (int)(s / 60), (int)(s % 60));
    } else {
        snprintf(out, 32, "%lld h %d min", (long long)(s / 3600),
                 (int)(s % 3600 / 60));
    }
}

void progress_init(struct progress *p, bool json, bool by_timer, bool to_stdout)
{
    *p = (struct progress){.command = "run", .to = to_stdout ? stdout : stderr};
    p->mode = json                    ? PROGRESS_JSON
              : isatty(STDERR_FILENO) ? PROGRESS_LIVE
              : by_timer              ? PROGRESS_COUNTS
                                      : PROGRESS_LINES;
    p->start_us = clock_mono_us();
}

void progress_init_words(struct progress *p, const char *command)
{
    *p = (struct progress){.mode = PROGRESS_WORDS,
                           .command = command,
                           .to = stderr,
                           .start_us = clock_mono_us()};
}

static void undraw(struct progress *p)
{
    if (p->drawn) {
        fputs("\r\033[K", stderr);
        p->drawn = false;
    }
}

static void emit(struct progress *p, struct buf *event)
{
    if (!event->failed) {
        fprintf(p->to, STR_FMT "\n", STR_ARG(buf_str(event)));
        fflush(p->to);
    }
    buf_fini(event);
}

static void event_begin(struct buf *event, struct jw *w, const char *name)
{
    buf_init(event, 65536);
    jw_init(w, event);
    jw_obj(w);
    jw_kc(w, "event", name);
}

void progress_start(struct progress *p, const char *collector)
{
    struct buf event;
    struct jw w;
    if (p->mode == PROGRESS_WORDS) {
        fprintf(stderr, "Visiting the site%s. This can take a minute ...\n",
                collector ? ", and asking a test server elsewhere to do the "
                            "same"
                          : "");
    }
    if (p->mode != PROGRESS_JSON) {
        return;
    }
    event_begin(&event, &w, "start");
    jw_ki(&w, "sites", (int64_t)p->counts.total);
    jw_ki(&w, "refused", (int64_t)p->counts.refused);
    jw_ki(&w, "bad", (int64_t)p->counts.bad);
    jw_ki(&w, "skipped", (int64_t)p->counts.skipped);
    jw_kc(&w, "collector", collector);
    jw_obj_end(&w);
    emit(p, &event);
}

static void site_event(struct progress *p, const char *input,
                       const struct site_result *o)
{
    struct buf event;
    struct jw w;
    event_begin(&event, &w, "site");
    jw_kc(&w, "input", input);
    jw_kc(&w, "state", xstate_name(o->state));
    jw_kc(&w, "method", method_name(o->method));
    jw_kc(&w, "reason", o->note[0] ? o->note : NULL);
    jw_key(&w, "runtime");
    jw_seconds(&w, o->runtime_us);
    jw_ki(&w, "done", (int64_t)p->counts.done);
    jw_ki(&w, "sites", (int64_t)p->counts.total);
    jw_obj_end(&w);
    emit(p, &event);
}

static void site_line(FILE *to, const char *input, const struct site_result *o)
{
    char safe[1024];
    char state[48];
    terminal_safe(input, safe, sizeof(safe));
    if (o->method != METHOD_NONE) {
        snprintf(state, sizeof(state), "%s (%s)", xstate_name(o->state),
                 method_name(o->method));
    } else {
        snprintf(state, sizeof(state), "%s", xstate_name(o->state));
    }
    fprintf(to, "%-14s %s\n", state, safe);
}

void progress_site(struct progress *p, const char *input,
                   const struct site_result *o)
{
    p->counts.done++;
    p->counts.state[o->state]++;
    if (p->mode == PROGRESS_JSON) {
        site_event(p, input, o);
    } else if (p->mode == PROGRESS_LINES) {
        site_line(p->to, input, o);
        fflush(p->to);
    } else if (p->mode == PROGRESS_LIVE && o->state != X_OK) {
        undraw(p);
        site_line(stderr, input, o);
        p->drawn_us = 0;
    }
    progress_tick(p);
}

void progress_again(struct progress *p, const char *input)
{
    struct buf event;
    struct jw w;
    if (p->mode == PROGRESS_WORDS) {
        fprintf(stderr, "Something went wrong. It may be chance: trying once "
                        "more after a pause ...\n");
    }
    if (p->mode == PROGRESS_JSON) {
        event_begin(&event, &w, "again");
        jw_kc(&w, "input", input);
        jw_obj_end(&w);
        emit(p, &event);
    }
    progress_tick(p);
}

void progress_tick(struct progress *p)
{
    const struct progress_counts *c = &p->counts;
    int64_t now = clock_mono_us();
    char bytes[16];
    char left[48] = "";
    if (p->mode != PROGRESS_LIVE || now - p->drawn_us < REDRAW_US) {
        return;
    }
    double seconds = (double)(now - p->start_us) / (double)US_PER_S;
    double rate = seconds > 0 ? (double)c->done / seconds : 0;
    size_t open = c->total - c->done;
    if (open && open == c->parked) {
        snprintf(left, sizeof(left), "%zu to be measured again", open);
    } else if (c->done && open <= c->flight + c->parked) {
        /* a rate says nothing about the slowest ones */
        snprintf(left, sizeof(left), "waiting for the last %zu", open);
    } else if (rate > 0) {
        char time[32];
        progress_format_time((int64_t)((double)open / rate * (double)US_PER_S),
                             time);
        snprintf(left, sizeof(left), "about %.24s left", time);
    }
    progress_format_bytes(c->up + c->down, bytes);
    fprintf(stderr, "\r\033[K%zu/%zu sites  %.1f/s  %s  %zu blocked  %s",
            c->done, c->total, rate, bytes, c->state[X_BLOCKED], left);
    fflush(stderr);
    p->drawn = true;
    p->drawn_us = now;
}

const char *progress_name(const struct progress *p, const char *input)
{
    return p->mode == PROGRESS_COUNTS ? "a site" : input;
}

void progress_say(struct progress *p, const char *fmt, ...)
{
    va_list ap;
    char text[2048];
    char safe[2048];
    undraw(p);
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    terminal_safe(text, safe, sizeof(safe));
    fprintf(stderr, "parallax %s: %s\n", p->command, safe);
}

static void end_event(struct progress *p, const char *why)
{
    const struct progress_counts *c = &p->counts;
    struct buf event;
    struct jw w;
    event_begin(&event, &w, "end");
    jw_ki(&w, "done", (int64_t)c->done);
    jw_ki(&w, "refused", (int64_t)c->refused);
    jw_ki(&w, "bad", (int64_t)c->bad);
    jw_ki(&w, "skipped", (int64_t)c->skipped);
    jw_ki(&w, "not_started", (int64_t)(c->total - c->done));
    for (int s = X_OK; s <= X_INTERNAL; s++) {
        jw_ki(&w, xstate_name((enum xstate)s), (int64_t)c->state[s]);
    }
    jw_ki(&w, "sent", (int64_t)c->sent);
    jw_ki(&w, "waiting", (int64_t)c->waiting);
    jw_ki(&w, "rejected", (int64_t)c->rejected);
    jw_ki(&w, "bytes_up", (int64_t)c->up);
    jw_ki(&w, "bytes_down", (int64_t)c->down);
    jw_kc(&w, "stopped", why);
    jw_obj_end(&w);
    emit(p, &event);
}

void progress_end(struct progress *p, const char *why)
{
    const struct progress_counts *c = &p->counts;
    char up[16];
    char down[16];
    char took[32];
    undraw(p);
    if (p->mode == PROGRESS_JSON) {
        end_event(p, why);
        return;
    }
    progress_format_bytes(c->up, up);
    progress_format_bytes(c->down, down);
    progress_format_time(clock_mono_us() - p->start_us, took);
    fprintf(stderr,
            "%zu done, %zu refused (no consent for their class), %zu bad, "
            "%zu skipped",
            c->done, c->refused, c->bad, c->skipped);
    if (c->total > c->done) {
        fprintf(stderr, ", %zu not measured%s%s", c->total - c->done,
                why ? " because " : "", why ? why : "");
    }
    fprintf(stderr,
            "\n%zu ok, %zu blocked, %zu down, %zu inconclusive, %zu internal; "
            "%s; %s up, %s down\n",
            c->state[X_OK], c->state[X_BLOCKED], c->state[X_DOWN],
            c->state[X_INCONCLUSIVE], c->state[X_INTERNAL], took, up, down);
    if (c->sent || c->waiting || c->rejected) {
        fprintf(stderr, "%zu sent, %zu waiting to be sent", c->sent,
                c->waiting);
        if (c->rejected) {
            fprintf(stderr, ", %zu refused by the collector", c->rejected);
        }
        fputc('\n', stderr);
    }
}

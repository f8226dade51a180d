// SPDX-License-Identifier: Apache-2.0
/* Health, in the words of OONI's services. */
#include "collector/api/api_health.h"

#include "base/clock.h"
#include "collector/store/store.h"

#include <stdio.h>
#include <sys/statvfs.h>

#define ERRORS_MAX ((size_t)4096)
#define LEAST_FREE ((uint64_t)1 << 20) /* more than what a start gives up */

/* True also where it cannot be told. */
static bool has_room(const char *dir)
{
    struct statvfs at;
    return !dir || statvfs(dir, &at) != 0 ||
           (uint64_t)at.f_bavail * at.f_frsize >= LEAST_FREE;
}

/* What is wrong with what is stored; false: nothing is that anybody should be
 * woken for. */
static bool say_store(struct jw *w, struct store *s)
{
    const char *what = NULL;
    char words[128];
    bool stands = store_stands(s), broken = store_broken(s);
    enum err refused = store_refuses(s, &what);
    enum store_clock_says clock =
        store_clock_now(s, clock_wall_us() / US_PER_S);
    uint64_t lost = store_lost(s);
    if (!stands) {
        jw_c(w, "the segments are gone from the data directory, or cut off: "
                "nothing is stored any more");
    }
    if (refused != ERR_OK && !broken) {
        snprintf(words, sizeof(words),
                 "what came last could not be stored: %s: %s", what,
                 err_str(refused));
        jw_c(w, words);
    }
    if (clock == STORE_CLOCK_BACK) {
        jw_c(w, "the clock was set back by more than a day: what comes is "
                "dated by the newest time that was believed");
    } else if (clock == STORE_CLOCK_AHEAD) { /* nothing is wrong yet */
        jw_c(w, "the clock is days ahead of when this last ran: no tags "
                "expire before that is sure");
    }
    if (lost > 0) { /* no reason to turn uploads away */
        snprintf(words, sizeof(words),
                 "%llu record%s lost: verify-store names them",
                 (unsigned long long)lost, lost == 1 ? " is" : "s are");
        jw_c(w, words);
    }
    if (store_bad(s) > 0) { /* the same */
        snprintf(words, sizeof(words),
                 "%u of some stored records could not be read at the start: "
                 "verify-store names all",
                 store_bad(s));
        jw_c(w, words);
    }
    return stands && refused == ERR_OK && clock != STORE_CLOCK_BACK;
}

/* Appends the errors as members of an array. */
static bool say_all(struct jw *w, struct service *s)
{
    bool broken = ingest_broken(s->ingest), room = has_room(s->data);
    bool control = !atomic_load(&s->control_down);
    if (broken) {
        jw_c(w, "the disk has failed: nothing is stored any more");
    }
    bool stored = !s->store || say_store(w, s->store);
    if (!room) {
        jw_c(w, "the disk is full or nearly so: uploads are refused or will "
                "be");
    }
    if (!control) {
        jw_c(w, "our control does not answer: what probes find cannot be "
                "compared");
    }
    return !broken && stored && room && control;
}

void api_health(struct service *s, struct http_req *req)
{
    struct buf errors;
    struct jw w;
    buf_init(&errors, ERRORS_MAX);
    jw_init(&w, &errors);
    jw_arr(&w);
    bool ok = say_all(&w, s);
    jw_arr_end(&w);
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_kc(&w, "status", ok ? "ok" : "fail");
    jw_key(&w, "errors");
    jw_raw(&w, buf_str(&errors));
    jw_kc(&w, "version", PARALLAX_VERSION);
    jw_kc(&w, "build_label", PARALLAX_VERSION);
    jw_obj_end(&w);
    buf_fini(&errors);
    http_answer(req, ok ? 200 : 503);
}

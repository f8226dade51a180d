// SPDX-License-Identifier: Apache-2.0
/* Health, in the words of OONI's services. */
#include "collector/api/api_health.h"

#include "collector/store/store.h"

#include <stdio.h>
#include <sys/statvfs.h>

#define LEAST_FREE ((uint64_t)1 << 20) /* more than what a start gives up */

/* True also where it cannot be told. */
static bool has_room(const char *dir)
{
    struct statvfs at;
    return !dir || statvfs(dir, &at) != 0 ||
           (uint64_t)at.f_bavail * at.f_frsize >= LEAST_FREE;
}

void api_health(struct service *s, struct http_req *req)
{
    bool broken = ingest_broken(s->ingest), room = has_room(s->data);
    bool stands = !s->store || store_stands(s->store);
    uint64_t lost = s->store ? store_lost(s->store) : 0;
    bool control = !atomic_load(&s->control_down);
    const char *what = NULL;
    enum err refused = s->store ? store_refuses(s->store, &what) : ERR_OK;
    bool ok = !broken && room && stands && control && refused == ERR_OK;
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_kc(&w, "status", ok ? "ok" : "fail");
    jw_key(&w, "errors");
    jw_arr(&w);
    if (broken) {
        jw_c(&w, "the disk has failed: nothing is stored any more");
    }
    if (!stands) {
        jw_c(&w, "the segments are gone from the data directory, or cut off: "
                 "nothing is stored any more");
    }
    if (refused != ERR_OK && !broken) {
        char words[128];
        snprintf(words, sizeof(words),
                 "what came last could not be stored: %s: %s", what,
                 err_str(refused));
        jw_c(&w, words);
    }
    if (!room) {
        jw_c(&w,
             "the disk is full or nearly so: uploads are refused or will be");
    }
    if (lost > 0) { /* no reason to turn uploads away */
        char words[96];
        snprintf(words, sizeof(words),
                 "%llu record%s lost: verify-store names them",
                 (unsigned long long)lost, lost == 1 ? " is" : "s are");
        jw_c(&w, words);
    }
    if (!control) {
        jw_c(&w, "our control does not answer: what probes find cannot be "
                 "compared");
    }
    jw_arr_end(&w);
    jw_kc(&w, "version", PARALLAX_VERSION);
    jw_kc(&w, "build_label", PARALLAX_VERSION);
    jw_obj_end(&w);
    http_answer(req, ok ? 200 : 503);
}

// SPDX-License-Identifier: Apache-2.0
/* {"also":"FOREIGN UID","of":"UID"} and {"lost":"UID,UID,..."}. */
#include "collector/store/store_note.h"

#include "base/json_out.h"

#include <string.h>

#define NOTE_MAX ((size_t)160 << 10) /* less than the facts of a frame */

bool store_note_is(const struct json *facts)
{
    return json_is_str(json_get(facts, "also")) ||
           json_is_str(json_get(facts, "lost"));
}

enum err store_note_apply(const struct json *facts,
                          const struct store_index *ix)
{
    const char *also = json_cstr(json_get(facts, "also"));
    const char *of = json_cstr(json_get(facts, "of"));
    struct str lost = json_str(json_get(facts, "lost")), part;
    enum err e = also && of ? ix->also(ix->self, of, also) : ERR_OK;
    while (e == ERR_OK && lost.len > 0 && str_next(&lost, ',', &part)) {
        char uid[UID_MAX];
        if (part.len > 0 && part.len < sizeof(uid)) {
            memcpy(uid, part.p, part.len);
            uid[part.len] = '\0';
            e = ix->lost_add(ix->self, uid);
        }
    }
    return e;
}

static enum err add(struct segments *s, struct buf *facts)
{
    struct segments_pos pos;
    enum err e = facts->failed;
    if (e == ERR_OK) {
        e = segments_add(s, buf_str(facts), STR(""), &pos);
    }
    buf_fini(facts);
    return e;
}

enum err store_note_also(struct segments *s, const char *uid,
                         const char *foreign_uid)
{
    struct buf b;
    struct jw w;
    buf_init(&b, NOTE_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kc(&w, "also", foreign_uid);
    jw_kc(&w, "of", uid);
    jw_obj_end(&w);
    return add(s, &b);
}

enum err store_note_lost(struct segments *s, struct str uids)
{
    struct buf b;
    struct jw w;
    buf_init(&b, NOTE_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key(&w, "lost");
    jw_str(&w, uids);
    jw_obj_end(&w);
    return add(s, &b);
}

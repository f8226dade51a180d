// SPDX-License-Identifier: Apache-2.0
#include "collector/store/store_origin.h"

#include "base/crypto.h"
#include "base/hex.h"
#include "base/json.h"
#include "collector/store/segment_frame.h"
#include "collector/store/segments_scan.h"

#include <inttypes.h>
#include <string.h>

/* A store that took in others' segments has their names; nobody does that
 * often. */
#define NAMES_MAX 64

struct names {
    char id[NAMES_MAX][SEGMENTS_MARK_MAX];
    size_t n;
};

static enum err add_name(void *arg, const char *id)
{
    struct names *names = arg;
    for (size_t i = 0; i < names->n; i++) {
        if (strcmp(names->id[i], id) == 0) {
            return ERR_OK;
        }
    }
    if (names->n == NAMES_MAX) {
        return ERR_LIMIT;
    }
    str_copy(names->id[names->n++], SEGMENTS_MARK_MAX, id);
    return ERR_OK;
}

static bool has(const struct names *names, const char *id)
{
    for (size_t i = 0; i < names->n; i++) {
        if (strcmp(names->id[i], id) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- some records as a sample -----------------------------------------------
 */

#define SAMPLE 8 /* of a damaged index one row may say anything */

struct sample {
    struct segments *segments;
    unsigned seen, same, other; /* rows; whole records in their places */
    uint32_t segment;           /* of the first other one */
};

static enum err one_place(void *arg, const char *uid,
                          const struct segments_pos *pos)
{
    struct sample *s = arg;
    struct json_doc *doc = NULL;
    struct diag d;
    struct buf meta;
    buf_init(&meta, SEGMENT_META_MAX + 1);
    enum err e =
        segments_scan_facts(s->segments, pos->segment, pos->offset, &meta);
    if (e == ERR_OK) {
        e = json_parse(buf_str(&meta), &json_default_limits, &doc, &d);
    }
    if (e == ERR_OK) {
        bool same = str_eq_c(json_str(json_get(json_root(doc), "uid")), uid);
        s->segment = !same && s->other == 0 ? pos->segment : s->segment;
        s->same += same;
        s->other += !same;
        json_doc_free(doc);
    }
    buf_fini(&meta);
    return e == ERR_NOMEM ? e : ++s->seen == SAMPLE ? ERR_EXISTS : ERR_OK;
}

/* ---- the check --------------------------------------------------------------
 */

static enum err say(const struct segments *segments, uint32_t n, struct diag *d)
{
    return diag_set(d, ERR_IO,
                    "%.150s: segment %" PRIu32 " is another store's: a wrong "
                    "disk, or a copy in the wrong place. Put back the right "
                    "one; only `index rebuild --foreign` takes it in",
                    segments_path(segments), n);
}

enum err store_origin_check(const struct store_index *ix,
                            struct segments *segments, struct diag *d)
{
    struct names names = {.n = 0};
    uint32_t last = 0;
    uint64_t len = 0;
    segments_end(segments, &last, &len);
    enum err e = ix->origins(ix->self, add_name, &names);
    bool told = names.n > 0; /* by names */
    for (uint32_t n = 1; n <= last && e == ERR_OK; n++) {
        char id[SEGMENTS_MARK_MAX];
        e = segments_scan_mark(segments, n, id);
        told = told && (e != ERR_OK || id[0] != '\0');
        if (e == ERR_OK && id[0] != '\0') {
            if (names.n > 0 && !has(&names, id)) {
                return say(segments, n, d);
            }
            e = add_name(&names, id);
        }
        e = e == ERR_NOTFOUND ? ERR_OK : e; /* store_loss.c knows of those */
    }
    if (e != ERR_OK) {
        return diag_set(d, e, "%s: %s", segments_path(segments), err_str(e));
    }
    struct sample sample = {.segments = segments};
    e = told ? ERR_OK : ix->places(ix->self, one_place, &sample);
    if (e == ERR_NOMEM) {
        return e;
    }
    /* an index that cannot be read is somebody else's to tell */
    return sample.other > 0 && sample.same == 0
               ? say(segments, sample.segment, d)
               : ERR_OK;
}

/* ---- names ------------------------------------------------------------------
 */

static enum err write_names(const struct store_index *ix,
                            const struct names *names)
{
    enum err e = ix->begin(ix->self);
    for (size_t i = 0; i < names->n && e == ERR_OK; i++) {
        e = ix->origin_add(ix->self, names->id[i]);
    }
    if (e == ERR_OK) {
        e = ix->commit(ix->self);
    }
    if (e != ERR_OK) {
        ix->rollback(ix->self);
    }
    return e;
}

enum err store_origin_take(const struct store_index *ix,
                           const struct store_index *from)
{
    struct names names = {.n = 0};
    enum err e = from->origins(from->self, add_name, &names);
    return e == ERR_OK && names.n > 0 ? write_names(ix, &names) : e;
}

enum err store_origin_settle(const struct store_index *ix,
                             struct segments *segments)
{
    struct names names = {.n = 0};
    uint32_t last = 0;
    uint64_t len = 0;
    segments_end(segments, &last, &len);
    enum err e = ix->origins(ix->self, add_name, &names);
    size_t known = names.n;
    for (uint32_t n = 1; n <= last && e == ERR_OK; n++) {
        char id[SEGMENTS_MARK_MAX];
        e = segments_scan_mark(segments, n, id);
        e = e == ERR_OK && id[0] != '\0' ? add_name(&names, id)
            : e == ERR_NOTFOUND          ? ERR_OK
                                         : e;
    }
    if (e == ERR_OK && names.n == 0) {
        uint8_t bytes[(SEGMENTS_MARK_MAX - 1) / 2];
        crypto_random(bytes, sizeof(bytes));
        hex_encode(bytes, sizeof(bytes), names.id[names.n++]);
    }
    if (e == ERR_OK && names.n > known) {
        e = write_names(ix, &names);
    }
    if (e == ERR_OK) {
        segments_mark(segments, names.id[0]);
    }
    return e;
}

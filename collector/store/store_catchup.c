// SPDX-License-Identifier: Apache-2.0
/* Reads segments into the index, a few thousand rows to a transaction. */
#include "collector/store/store_catchup.h"

#include "base/log.h"
#include "collector/store/segments_scan.h"
#include "collector/store/store_claim.h"
#include "collector/store/store_meta.h"
#include "collector/store/store_migrate.h"
#include "collector/store/store_note.h"
#include "collector/store/store_signatures.h"

#include <string.h>

#define BATCH_ROWS 5000
#define ROW_MAX    ((size_t)4 << 20) /* of what a row is completed with */

struct catchup {
    const struct store_index *ix;
    unsigned pending; /* rows not committed yet */
};

/* A later frame with the uid of an earlier one was written to stand in its
 * place. */
static enum err replace_if_same(struct catchup *c, const struct store_row *row,
                                const struct segments_pos *pos, size_t raw_len)
{
    struct store_index_claim found;
    enum err e = c->ix->find_claim(c->ix->self, row, &found);
    bool same = e == ERR_OK && strcmp(found.uid, row->uid) == 0;
    if (e == ERR_NOTFOUND) {
        return ERR_OK;
    }
    return same ? c->ix->replace(c->ix->self, row, pos, raw_len) : e;
}

static enum err add_row(struct catchup *c, struct store_row *row,
                        const struct segments_pos *pos, size_t raw_len)
{
    enum err e = store_signatures_claim(c->ix, row);
    if (e != ERR_OK) {
        return e;
    }
    e = c->ix->add(c->ix->self, row, pos, raw_len);
    if (e == ERR_EXISTS) {
        e = replace_if_same(c, row, pos, raw_len);
    }
    if (e == ERR_OK && ++c->pending >= BATCH_ROWS) {
        c->pending = 0;
        e = c->ix->commit(c->ix->self);
        e = e == ERR_OK ? c->ix->begin(c->ix->self) : e;
    }
    return e;
}

static enum err add_frame(void *arg, const struct segments_pos *pos,
                          struct str meta, struct str record)
{
    struct catchup *c = arg;
    struct json_doc *doc = NULL;
    struct store_row row;
    struct diag d;
    struct region *r = region_new(ROW_MAX);
    enum err e =
        r ? json_parse(meta, &json_default_limits, &doc, &d) : ERR_NOMEM;
    bool note = e == ERR_OK && store_note_is(json_root(doc));
    if (e == ERR_OK && !note) {
        e = store_meta_read(json_root(doc), &row);
    }
    if (e == ERR_OK && !note) {
        e = store_migrate(r, json_root(doc), record, &row);
    }
    if (note) {
        e = store_note_apply(json_root(doc), c->ix);
    } else if (e == ERR_OK) {
        e = add_row(c, &row, pos, record.len);
    } else if (e == ERR_PARSE) {
        log_warn("store", "segment %u: unreadable facts at %llu passed over",
                 pos->segment, (unsigned long long)pos->offset);
        e = ERR_OK;
    }
    json_doc_free(doc);
    region_free(r);
    return e;
}

enum err store_catchup(const struct store_index *ix, struct segments *segments)
{
    struct catchup c = {.ix = ix};
    uint32_t segment = 0;
    uint64_t offset = 0;
    enum err e = ix->end(ix->self, &segment, &offset);
    if (e == ERR_OK) {
        e = ix->begin(ix->self);
    }
    if (e != ERR_OK) {
        return e;
    }
    e = segments_scan(segments, segment, offset, add_frame, &c);
    if (e == ERR_OK) {
        segments_end(segments, &segment, &offset);
        e = ix->set_end(ix->self, segment, offset);
    }
    if (e == ERR_OK) {
        e = ix->commit(ix->self);
    }
    if (e != ERR_OK) {
        ix->rollback(ix->self);
    }
    return e;
}

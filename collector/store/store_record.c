// SPDX-License-Identifier: Apache-2.0
/* One record among those that are there. */
#include "collector/store/store_record.h"

#include "base/json.h"
#include "collector/store/segment_frame.h"
#include "collector/store/store_claim.h"
#include "collector/store/store_meta.h"
#include "collector/store/store_note.h"
#include "collector/store/store_signatures.h"

#include <string.h>

#define UID_OF_HASH  3 /* attempts that its digits are enough for */
#define UID_ATTEMPTS 100

/* Where it goes. */
struct record {
    const struct store_index *index;
    struct segments *segments;
    struct buf *meta;
};

/* The digits of the hash are soon used up where one content is claimed for many
 * networks of one country: then they come from the claim. */
static enum err claim_uid(struct store_row *row, unsigned attempt)
{
    struct sha256 sum;
    uint8_t hash[SHA256_LEN];
    uint8_t tail[5] = {(uint8_t)(row->asn >> 24), (uint8_t)(row->asn >> 16),
                       (uint8_t)(row->asn >> 8), (uint8_t)row->asn,
                       (uint8_t)attempt};
    crypto_sha256_init(&sum);
    crypto_sha256_add(&sum, (struct str){(const char *)row->hash, SHA256_LEN});
    crypto_sha256_add(&sum, str_c(row->cc));
    crypto_sha256_add(&sum, (struct str){(const char *)tail, sizeof(tail)});
    crypto_sha256_end(&sum, hash);
    return uid_text(hash, row->start_s, row->receipt_s, row->cc, row->test_name,
                    0, row->uid);
}

/* An equal uid of another record takes the next digits. */
static enum err choose_uid(struct record *s, struct store_row *row)
{
    for (unsigned attempt = 0; attempt < UID_ATTEMPTS; attempt++) {
        bool taken = false;
        enum err e = attempt < UID_OF_HASH
                         ? uid_text(row->hash, row->start_s, row->receipt_s,
                                    row->cc, row->test_name, attempt, row->uid)
                         : claim_uid(row, attempt);
        if (e == ERR_OK) {
            e = s->index->has_uid(s->index->self, row->uid, &taken);
        }
        if (e != ERR_OK || !taken) {
            return e;
        }
    }
    return ERR_EXISTS;
}

/* Writes a record; `anew` in the place of the one with its uid. */
static enum err put_frame(struct record *s, struct store_put *p, bool anew)
{
    struct segments_pos pos;
    buf_clear(s->meta);
    enum err e = store_signatures_claim(s->index, &p->row);
    if (e == ERR_OK) {
        e = store_meta_write(s->meta, &p->row);
    }
    if (e == ERR_OK) {
        e = segments_add(s->segments, buf_str(s->meta), p->record, &pos);
    }
    if (e != ERR_OK) {
        return e;
    }
    return (anew ? s->index->replace : s->index->add)(s->index->self, &p->row,
                                                      &pos, p->record.len);
}

/* The bytes that came first stay, and what the row has of them: who has a
 * record's content could write anything into what two copies may differ in
 * (record/uid.h). Those that cannot be read any more are mended. */
static enum err put_facts(struct record *s, struct store_put *p)
{
    struct store_put first = *p;
    struct store_row was;
    struct segments_pos pos;
    struct json_doc *doc = NULL;
    struct diag d;
    struct buf meta, record;
    buf_init(&meta, SEGMENT_META_MAX + 1);
    buf_init(&record, SEGMENT_RECORD_MAX + 1);
    enum err e = s->index->find(s->index->self, p->row.uid, &pos);
    if (e == ERR_OK) {
        e = segments_read(s->segments, &pos, &meta, &record);
    }
    if (e == ERR_OK) {
        e = json_parse(buf_str(&meta), &json_default_limits, &doc, &d);
    }
    if (e == ERR_OK) {
        e = store_meta_read(json_root(doc), &was);
    }
    if (e == ERR_OK) {
        first.record = buf_str(&record);
        first.row.network_name = was.network_name;
        first.row.report_id = was.report_id;
        first.row.foreign_uid = was.foreign_uid;
    }
    e = e == ERR_NOMEM ? e : put_frame(s, &first, true);
    p->row.control_verified = first.row.control_verified;
    json_doc_free(doc);
    buf_fini(&meta);
    buf_fini(&record);
    return e;
}

/* Some bits of a source tag: they tell one place from another well enough, and
 * nothing about either. */
static unsigned bit_of(const char *source_tag)
{
    uint8_t sum[SHA256_LEN];
    crypto_sha256(str_c(source_tag), sum);
    return sum[0] & 63;
}

/* Whoever files a copy of somebody's record first must not take its weight: all
 * who sent it are kept, as far as there is room. */
static enum err note_sender(struct record *s, struct store_put *p)
{
    const struct store_row *row = &p->row;
    if (row->source_tag[0] == '\0' || row->place == PLACE_DISAGREES ||
        !store_claim_counts(row)) {
        return ERR_OK;
    }
    enum err e =
        s->index->sender(s->index->self, row->uid, bit_of(row->source_tag));
    p->another = e == ERR_OK;
    return e == ERR_EXISTS || e == ERR_LIMIT ? ERR_OK : e;
}

/* The record `uid` is called `foreign_uid` by somebody else: it is found by
 * that, too, from now on. */
static enum err also_called(struct record *s, const char *uid,
                            const char *foreign_uid)
{
    struct segments_pos pos;
    enum err e = foreign_uid[0]
                     ? s->index->find(s->index->self, foreign_uid, &pos)
                     : ERR_OK;
    if (e != ERR_NOTFOUND) {
        return e; /* it is found already */
    }
    e = store_note_also(s->segments, uid, foreign_uid);
    return e == ERR_OK ? s->index->also(s->index->self, uid, foreign_uid) : e;
}

/* A record that is there already. It came when the first copy did. */
static enum err put_again(struct record *s, struct store_put *p,
                          const struct store_index_claim *found)
{
    struct store_row *row = &p->row;
    bool vouched = store_claim_vouched(row);
    /* or our clock was wrong then: of what is in time now, no copy was old or
     * of the future before */
    bool now_in_time = !vouched && !found->vouched &&
                       found->timing != TIMING_IN_TIME &&
                       row->timing == TIMING_IN_TIME;
    memcpy(row->uid, found->uid, sizeof(row->uid));
    row->receipt_s = now_in_time ? row->receipt_s : found->receipt_s;
    p->newly_vouched = vouched && !found->vouched;
    p->fits_better =
        now_in_time ||
        (!vouched && !found->vouched && store_claim_counts(row) &&
         store_claim_fits_better(row, found->place, found->inferred));
    if (vouched && row->place == PLACE_UNCHECKED) {
        row->place = found->place; /* that of who sent it */
    }
    enum err e = note_sender(s, p);
    if (e == ERR_OK && (p->newly_vouched || p->fits_better)) {
        bool stays = !p->newly_vouched && found->place != PLACE_DISAGREES;
        e = stays ? put_facts(s, p) : put_frame(s, p, true);
        /* of the two names of a record that is replaced one is not its row's */
        e = e == ERR_OK ? also_called(s, found->uid, found->foreign_uid) : e;
    } else if (e == ERR_OK && !p->uncounted) {
        e = s->index->count(s->index->self, STORE_INDEX_DUPLICATES, 1);
    }
    return e == ERR_OK ? also_called(s, found->uid, row->foreign_uid) : e;
}

enum err store_record_late(const struct store_index *index,
                           struct segments *segments, struct buf *meta,
                           const struct store_row *row, struct str record)
{
    struct record to = {index, segments, meta};
    struct store_put p = {.row = *row, .record = record};
    struct store_index_claim found;
    enum err e = index->find_claim(index->self, row, &found);
    if (e == ERR_OK && (strcmp(found.uid, row->uid) != 0 ||
                        found.receipt_s != row->receipt_s || found.vouched ||
                        found.place != row->place)) {
        return ERR_EXISTS;
    }
    p.row.foreign_uid = found.foreign_uid; /* it may have got one since */
    return e == ERR_OK ? put_frame(&to, &p, true) : e;
}

enum err store_record_put(const struct store_index *index,
                          struct segments *segments, struct buf *meta,
                          struct store_put *p)
{
    struct record to = {index, segments, meta};
    struct store_index_claim found;
    enum err e = index->find_claim(index->self, &p->row, &found);
    p->duplicate = e == ERR_OK;
    p->newly_vouched = p->fits_better = p->another = false;
    if (e == ERR_OK) {
        return put_again(&to, p, &found);
    }
    if (e == ERR_NOTFOUND) {
        e = choose_uid(&to, &p->row);
    }
    return e == ERR_OK ? put_frame(&to, p, false) : e;
}

// SPDX-License-Identifier: Apache-2.0
/* Facts about a record as JSON, printed from and read by the list of columns.
 */
#include "collector/store/store_meta.h"

#include "base/hex.h"
#include "base/json_out.h"
#include "collector/store/store_claim.h"
#include "collector/store/store_state.h"

#include <string.h>

/* ---- writing ---------------------------------------------------------------
 */

static void write_hash(struct jw *w, const char *key, const uint8_t *hash)
{
    char hex[2 * SHA256_LEN + 1];
    hex_encode(hash, SHA256_LEN, hex);
    jw_kc(w, key, hex);
}

static void write_state(struct jw *w, const char *key, int state)
{
    jw_kc(w, key, store_state_name(state));
}

static void write_timing(struct jw *w, const char *key, int timing)
{
    jw_kc(w, key, store_claim_timing(timing));
}

static void write_place(struct jw *w, const char *key, int place)
{
    jw_kc(w, key, store_claim_place(place));
}

static void write_real(struct jw *w, const char *key, double v)
{
    jw_key(w, key);
    jw_num(w, v);
}

/* How a column of each kind is written. */
#define WRITE(kind, field, name, key) WRITE_##kind(&w, key, row->field);
#define WRITE_UID                     jw_kc
#define WRITE_HASH                    write_hash
#define WRITE_TIME                    jw_ki
#define WRITE_CC                      jw_kc
#define WRITE_ASN                     jw_ki
#define WRITE_TEXT                    jw_kc
#define WRITE_STATE                   write_state
#define WRITE_WHEN                    jw_ki
#define WRITE_TIMING                  write_timing
#define WRITE_PLACE                   write_place
#define WRITE_REAL                    write_real
#define WRITE_FLAG                    jw_kb

enum err store_meta_write(struct buf *out, const struct store_row *row)
{
    struct jw w;
    jw_init(&w, out);
    jw_obj(&w);
    STORE_COLUMNS(WRITE)
    jw_obj_end(&w);
    return out->failed;
}

/* ---- reading ---------------------------------------------------------------
 * Each function is false when the record would be no record without it.
 */

static bool read_text(const struct json *n, const char **out)
{
    const char *s = json_cstr(n);
    *out = s ? s : "";
    return true;
}

static bool read_uid(const struct json *n, char (*out)[UID_MAX])
{
    const char *s = json_cstr(n);
    return s && str_copy(*out, sizeof(*out), s) > 0;
}

static bool read_cc(const struct json *n, char (*out)[3])
{
    const char *s = json_cstr(n);
    str_copy(*out, sizeof(*out), s ? s : "");
    return true;
}

static bool read_hash(const struct json *n, uint8_t (*out)[SHA256_LEN])
{
    return hex_decode(json_str(n), *out, SHA256_LEN) == ERR_OK;
}

static bool read_asn(const struct json *n, uint32_t *out)
{
    int64_t asn = 0;
    if (!json_i64(n, &asn) || asn < 0 || asn > UINT32_MAX) {
        return false;
    }
    *out = (uint32_t)asn;
    return true;
}

static bool read_state(const struct json *n, int *out)
{
    struct str name = json_str(n);
    *out = X_INCONCLUSIVE;
    for (int i = 0; i <= STORE_NOT_JUDGED; i++) {
        if (str_eq_c(name, store_state_name(i))) {
            *out = i;
        }
    }
    return true;
}

/* Older facts have no such time: 0 until store_migrate has filled it. */
static bool read_when(const struct json *n, int64_t *out)
{
    (void)json_i64(n, out); /* absent: 0 */
    return true;
}

static bool read_timing(const struct json *n, int *out)
{
    for (int i = 0; i < STORE_TIMINGS; i++) {
        if (str_eq_c(json_str(n), store_claim_timing(i))) {
            *out = i;
        }
    }
    return true;
}

static bool read_place(const struct json *n, int *out)
{
    for (int i = 0; i < STORE_PLACES; i++) {
        if (str_eq_c(json_str(n), store_claim_place(i))) {
            *out = i;
        }
    }
    return true;
}

static bool read_real(const struct json *n, double *out)
{
    (void)json_num(n, out); /* absent: 0 */
    return true;
}

static bool read_flag(const struct json *n, bool *out)
{
    (void)json_bool(n, out); /* absent: false */
    return true;
}

/* How a column of each kind is read. */
#define READ(kind, field, name, key)                                           \
    whole = READ_##kind(json_get(facts, key), &got.field) && whole;
#define READ_UID    read_uid
#define READ_HASH   read_hash
#define READ_TIME   json_i64
#define READ_CC     read_cc
#define READ_ASN    read_asn
#define READ_TEXT   read_text
#define READ_STATE  read_state
#define READ_WHEN   read_when
#define READ_TIMING read_timing
#define READ_PLACE  read_place
#define READ_REAL   read_real
#define READ_FLAG   read_flag

enum err store_meta_read(const struct json *facts, struct store_row *row)
{
    struct store_row got = {0};
    bool whole = true;
    STORE_COLUMNS(READ)
    if (!whole) {
        return ERR_PARSE;
    }
    if (got.test_name[0] == '\0') { /* stored before others were taken */
        got.test_name = STORE_JUDGED_TEST;
    }
    *row = got;
    return ERR_OK;
}

// SPDX-License-Identifier: Apache-2.0
/* What the collector says to a post, and to opening a report. */
#include "probe/deliver/upload_answer.h"

#include "base/ascii.h"
#include "base/json.h"
#include "record/dictionary.h"
#include "words/words.h"

#include <stdio.h>
#include <string.h>

/* The string member `key` of a JSON object that is the whole body. */
static bool answer_string(struct str body, const char *key, char *out,
                          size_t size, bool *is_object)
{
    struct json_doc *doc = NULL;
    bool found = false;
    *is_object = false;
    if (json_parse(body, &json_default_limits, &doc, NULL) != ERR_OK) {
        return false;
    }
    const char *text = json_cstr(json_get(json_root(doc), key));
    *is_object = json_is_obj(json_root(doc));
    if (text && text[0] && strlen(text) < size) {
        str_copy(out, size, text);
        found = true;
    }
    json_doc_free(doc);
    return found;
}

enum upload_answer upload_answer_judge(const struct backend_answer *a)
{
    char uid[256];
    bool is_object;
    if (a->failure || a->internal != ERR_OK) {
        return UPLOAD_AGAIN;
    }
    switch (a->status) {
    case 200:
        if (answer_string(a->body, "measurement_uid", uid, sizeof(uid),
                          &is_object)) {
            return UPLOAD_STORED;
        }
        return is_object ? UPLOAD_HELD : UPLOAD_AGAIN;
    case 400:
    case 409:
    case 413:
    case 415:
    case 422:
        return UPLOAD_REFUSED;
    default:
        return UPLOAD_AGAIN;
    }
}

/* The id becomes part of a path: nothing but its own grammar may pass. */
static bool plain_id(const char *id)
{
    for (const char *p = id; *p; p++) {
        if (!ascii_isalnum(*p) && *p != '_') {
            return false;
        }
    }
    return id[0] != '\0';
}

static bool names_our_dictionary(struct str body)
{
    struct json_doc *doc = NULL;
    char ours[DICTIONARY_NAME_MAX];
    bool found = false;
    if (json_parse(body, &json_default_limits, &doc, NULL) != ERR_OK) {
        return false;
    }
    const struct json *list = json_get(json_root(doc), "x_dictionaries");
    dictionary_name(ours);
    for (const struct json *n = json_is_arr(list) ? json_first(list) : NULL; n;
         n = json_next(n)) {
        found = found || str_eq_c(json_str(n), ours);
    }
    json_doc_free(doc);
    return found;
}

bool upload_answer_report(const struct backend_answer *a,
                          struct upload_report *out)
{
    struct upload_report r;
    bool is_object;
    if (a->failure || a->internal != ERR_OK || a->status != 200 ||
        !answer_string(a->body, "report_id", r.id, sizeof(r.id), &is_object) ||
        !plain_id(r.id)) {
        return false;
    }
    r.dictionary = names_our_dictionary(a->body);
    *out = r;
    return true;
}

void upload_answer_words(const struct backend_answer *a,
                         char out[UPLOAD_ANSWER_WORDS])
{
    if (a->internal != ERR_OK) {
        str_copy(out, UPLOAD_ANSWER_WORDS, err_str(a->internal));
    } else if (a->failure) {
        str_copy(out, UPLOAD_ANSWER_WORDS, words_failure(str_c(a->failure)));
    } else if (a->status == 200) {
        str_copy(out, UPLOAD_ANSWER_WORDS, "the answer makes no sense");
    } else {
        snprintf(out, UPLOAD_ANSWER_WORDS, "its server answers with error %d",
                 a->status);
    }
}

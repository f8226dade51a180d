// SPDX-License-Identifier: Apache-2.0
/* Which key is the collector's. */
#include "probe/volunteer/collector_key.h"

#include "base/fs.h"
#include "base/look.h"
#include "probe/volunteer/paths.h"
#include "record/sealed.h"

#define KEYS_FILE "collector.keys"
#define KEYS_MAX  65536

/* The next word of a line; false: there is none. */
static bool next_word(struct str *line, struct str *word)
{
    *line = str_trim(*line);
    size_t end = 0;
    while (end < line->len && line->p[end] != ' ' && line->p[end] != '\t') {
        end++;
    }
    *word = str_sub(*line, 0, end);
    *line = str_sub(*line, end, line->len - end);
    return word->len > 0;
}

static struct str without_slash(struct str url)
{
    return str_ends(url, "/") ? str_sub(url, 0, url.len - 1) : url;
}

bool collector_key_in(struct str text, const char *url,
                      uint8_t pub[CRYPTO_BOX_KEY_LEN])
{
    struct str rest = text, line, word;
    while (str_next(&rest, '\n', &line)) {
        if (next_word(&line, &word) && !str_starts(word, "#") &&
            str_eq(without_slash(word), without_slash(str_c(url))) &&
            next_word(&line, &word) && sealed_key(word, pub) == ERR_OK) {
            return true;
        }
    }
    return false;
}

static bool in_file(const char *path, const char *url,
                    uint8_t pub[CRYPTO_BOX_KEY_LEN])
{
    struct diag ignored = {""};
    struct buf text;
    bool found = false;
    buf_init(&text, KEYS_MAX);
    if (fs_read(path, KEYS_MAX, &text, &ignored) == ERR_OK) {
        found = collector_key_in(buf_str(&text), url, pub);
    }
    buf_fini(&text);
    return found;
}

/* The file of the package: the first that is believed. */
static bool in_package(const char *url, uint8_t pub[CRYPTO_BOX_KEY_LEN])
{
    char path[PATHS_MAX];
    for (unsigned i = 0; paths_packaged(i, KEYS_FILE, path); i++) {
        if (paths_is_roots(path)) {
            return in_file(path, url, pub);
        }
    }
    return false;
}

/* The one of a believed list, else of the package. */
static enum collector_key_from by_url(const char *url,
                                      const struct list_orders *orders,
                                      uint8_t pub[CRYPTO_BOX_KEY_LEN])
{
    const char *listed = orders ? list_orders_seal_key(orders, url) : NULL;
    if (listed && sealed_key(str_c(listed), pub) == ERR_OK) {
        return COLLECTOR_KEY_LIST;
    }
    return in_package(url, pub) ? COLLECTOR_KEY_PACKAGE : COLLECTOR_KEY_NONE;
}

enum err collector_key_find(const char *url, const char *const *given, size_t n,
                            const struct list_orders *orders,
                            uint8_t pub[CRYPTO_BOX_KEY_LEN],
                            enum collector_key_from *from, struct diag *d)
{
    *from = COLLECTOR_KEY_NONE;
    if (!n) {
        *from = url ? by_url(url, orders, pub) : COLLECTOR_KEY_NONE;
        return ERR_OK;
    }
    if (!given[0][0]) {
        return ERR_OK;
    }
    for (size_t i = n; i-- > 0;) {
        if (i >= SEALED_KEYS || sealed_key(str_c(given[i]), pub) != ERR_OK) {
            return diag_set(d, ERR_INVAL,
                            "collector.seal_key: one or two keys of 64 "
                            "hexadecimal digits");
        }
    }
    *from = COLLECTOR_KEY_SET;
    return ERR_OK;
}

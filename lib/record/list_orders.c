// SPDX-License-Identifier: Apache-2.0
/* Orders in the comments of a list. */
#include "record/list_orders.h"

#include "base/ascii.h"

#include <string.h>

enum order {
    ORDER_NONE,
    ORDER_UNKNOWN,
    ORDER_PAUSE_COUNTRY,
    ORDER_PAUSE_TEST,
    ORDER_KEY,
    ORDER_SEAL,
    ORDER_ADDRESS
};

static int letter(char c)
{
    c = ascii_lower(c);
    return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

/* The bit of a country, -1: these are no two letters. */
static int bit_of(struct str cc)
{
    int first = cc.len == 2 ? letter(cc.p[0]) : -1;
    int second = cc.len == 2 ? letter(cc.p[1]) : -1;
    return first < 0 || second < 0 ? -1 : first * 26 + second;
}

static bool is_seal(struct str url, struct str key)
{
    size_t n = 0;
    while (n < key.len && strchr("0123456789abcdefABCDEF", key.p[n]) &&
           key.p[n]) {
        n++;
    }
    return n == key.len && n == LIST_ORDERS_KEY_LEN && url.len > 0 &&
           url.len < LIST_ORDERS_URL_MAX;
}

static bool is_address(struct str url, struct str further)
{
    return url.len > 0 && url.len < LIST_ORDERS_URL_MAX &&
           str_starts(further, "https://") && further.len > 8 &&
           further.len < LIST_ORDERS_URL_MAX;
}

/* What a comment line says, of what, and what of that. */
static enum order order_of(struct str line, struct str *of, struct str *what)
{
    struct str words[4] = {{NULL, 0}};
    struct minisign_public key;
    size_t n = 0;
    if (!str_starts(line, LIST_ORDERS_PREFIX)) {
        return ORDER_NONE;
    }
    struct str rest =
        str_trim(str_sub(line, strlen(LIST_ORDERS_PREFIX), line.len));
    while (n < 4 && str_next(&rest, ' ', &words[n])) {
        n++;
    }
    if (n == 2 && str_eq_c(words[0], "key")) {
        *of = words[1];
        return minisign_read_public(*of, &key, NULL) == ERR_OK ? ORDER_KEY
                                                               : ORDER_UNKNOWN;
    }
    *what = words[2];
    if (n == 3 && str_eq_c(words[0], "seal")) {
        *of = words[1];
        return is_seal(*of, *what) ? ORDER_SEAL : ORDER_UNKNOWN;
    }
    if (n == 3 && str_eq_c(words[0], "address")) {
        *of = words[1];
        return is_address(*of, *what) ? ORDER_ADDRESS : ORDER_UNKNOWN;
    }
    if (n != 3 || !str_eq_c(words[0], "pause")) {
        return ORDER_UNKNOWN;
    }
    *of = words[2];
    if (str_eq_c(words[1], "country")) {
        return bit_of(*of) >= 0 ? ORDER_PAUSE_COUNTRY : ORDER_UNKNOWN;
    }
    return str_eq_c(words[1], "test") && of->len ? ORDER_PAUSE_TEST
                                                 : ORDER_UNKNOWN;
}

/* The next line, while they are comments. */
static bool next_comment(struct str *rest, struct str *line)
{
    return str_next(rest, '\n', line) && str_starts(*line, "#");
}

static void add_seal(struct str url, struct str key, struct list_orders *out)
{
    if (out->n_seals < LIST_ORDERS_SEALS) {
        struct list_orders_seal *s = &out->seals[out->n_seals++];
        memcpy(s->url, url.p, url.len);
        s->url[url.len] = '\0';
        memcpy(s->key, key.p, key.len);
        s->key[key.len] = '\0';
    }
}

static void add_address(struct str url, struct str further,
                        struct list_orders *out)
{
    if (out->n_addresses < LIST_ORDERS_ADDRESSES) {
        struct list_orders_address *a = &out->addresses[out->n_addresses++];
        memcpy(a->url, url.p, url.len);
        a->url[url.len] = '\0';
        memcpy(a->further, further.p, further.len);
        a->further[further.len] = '\0';
    }
}

void list_orders_add(struct str list, const char *test, struct list_orders *out)
{
    struct str line, of, what;
    while (next_comment(&list, &line)) {
        enum order order = order_of(line, &of, &what);
        if (order == ORDER_PAUSE_COUNTRY) {
            int bit = bit_of(of);
            out->countries[bit / 8] |= (unsigned char)(1u << bit % 8);
        } else if (order == ORDER_PAUSE_TEST && str_eq_c(of, test)) {
            out->everywhere = true;
        } else if (order == ORDER_SEAL) {
            add_seal(of, what, out);
        } else if (order == ORDER_ADDRESS) {
            add_address(of, what, out);
        }
    }
}

enum err list_orders_keys(struct str list, struct minisign_keys *out)
{
    struct str line, of, what;
    enum err e = ERR_OK;
    while (e == ERR_OK && next_comment(&list, &line)) {
        if (order_of(line, &of, &what) == ORDER_KEY) {
            e = minisign_keys_read(of, out, NULL);
        }
    }
    return e == ERR_PARSE ? ERR_LIMIT : e;
}

bool list_orders_paused(const struct list_orders *o, const char *cc)
{
    int bit = bit_of(str_c(cc));
    return o->everywhere || (bit >= 0 && strcmp(cc, "ZZ") != 0 &&
                             o->countries[bit / 8] & (1u << bit % 8));
}

static struct str without_slash(struct str url)
{
    return str_ends(url, "/") ? str_sub(url, 0, url.len - 1) : url;
}

const char *list_orders_seal_key(const struct list_orders *o, const char *url)
{
    struct str wanted = without_slash(str_c(url));
    for (size_t i = 0; i < o->n_seals; i++) {
        if (str_eq(without_slash(str_c(o->seals[i].url)), wanted)) {
            return o->seals[i].key;
        }
    }
    return NULL;
}

const char *list_orders_address(const struct list_orders *o, const char *url,
                                size_t i)
{
    struct str wanted = without_slash(str_c(url));
    for (size_t k = 0; k < o->n_addresses; k++) {
        if (str_eq(without_slash(str_c(o->addresses[k].url)), wanted) &&
            i-- == 0) {
            return o->addresses[k].further;
        }
    }
    return NULL;
}

enum err list_orders_check(struct str list, struct diag *d)
{
    struct str line, of, what;
    for (unsigned n = 1; next_comment(&list, &line); n++) {
        if (order_of(line, &of, &what) == ORDER_UNKNOWN) {
            return diag_set(d, ERR_PARSE,
                            "line %u is no order that probes follow: `#! pause "
                            "country CC`, `#! pause test NAME`, `#! key KEY`, "
                            "`#! seal URL KEY` or `#! address URL FURTHER`",
                            n);
        }
    }
    return ERR_OK;
}

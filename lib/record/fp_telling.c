// SPDX-License-Identifier: Apache-2.0
#include "record/fp_telling.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "base/utf8_lower.h"
#include "record/fp_innocent.h"
#include "wire/host.h"
#include "wire/ip.h"
#include <stdio.h>
#include <string.h>

/* Letters and digits of a text without any sign: a sentence of its own. What
 * sites of any language say of themselves ("follow us on ...") is shorter. */
#define SENTENCE_MIN 40
/* Writing that has a character for each word or syllable says as much in so
 * many. */
#define IDEOGRAMS_MIN 14
/* Of a whole title: somebody's name. */
#define TITLE_MIN   9
#define PICTURE_MIN 4
/* One piece so long is no word: base64, a name of a file. */
#define PIECE_MIN 20
/* A sentence of more words says more than they do. */
#define EVERYDAY_MAX 5
/* Digits in a row: a number of one's own at a service that counts visitors; a
 * date or a size has fewer. */
#define NUMBER_MIN    7
#define COUNTER_MIN   6 /* of Google's: GTM-NBL6CQ */
#define PARAMETER_MIN 4

/* Stems of words with which pages say that somebody is kept from a site. */
static const char *const stems[] = {
    "block",
    "blok",
    "bloq",
    "blocc",
    "geblo",
    "censor",
    "censur",
    "zensur",
    "filter",
    "filtr",
    "restrict",
    "restring",
    "forbid",
    "prohib",
    "proib",
    "gesperrt",
    "interdi",
    "denied",
    "deny",
    "denegad",
    "negado",
    "refus",
    "banned",
    "illegal",
    "unlawful",
    "violat",
    "malware",
    "phishing",
    "firewall",
    "sinkhole",
    "notice",
    "notific",
    "warning",
    "avviso",
    "ministr",
    "decree",
    "not allowed",
    "judici",
    "engell",
    "yasal uyar",
    "yasak",
    "inibi",
    "sequestr",
    "positif",
    "positive",
    "negatif",
    "заблок",
    "блокир",
    "блокув",
    "запрещ",
    "заборон",
    "забрањ",
    "огранич",
    "обмежен",
    "роскомнад",
    "阻断",
    "拦截",
    "屏蔽",
    "封停",
    "禁止",
    "拒绝",
    "未备案",
    "차단",
    "محجوب",
    "مسدود",
    "无法访问",
    "恶意",
    "惡意",
    "不當",
    "反诈",
    "受限访问",
    "disabled",
    "disabilitat",
    "stop page",
    "blocage",
    "attack id",
    "application control",
    "title>iserv",
    "stoppag",
    "restricț",
    "malicious",
    "pursuant to",
    "not permitted",
    "neautoriz",
    "unauthori",
    "sehat",
    "bisa diakses",
    "diperkenankan",
    "adgang til",
    "aðgengi",
    "aðgang",
    "accesul",
    "erişimi",
    "dostęp do",
    "zabron",
    "zabranj",
    "svartelist",
    "хаагдсан",
    "доступ к",
    "закрыт",
    "хазарта",
    "ระงับ",
    "ไม่เหมาะสม",
    "ปราบปราม",
    "คำสั่ง",
    /* products that keep people from sites, and who runs them */
    "fortigate",
    "fortinet",
    "fortiguard",
    "zscaler",
    "kaspersky",
    "kerio control",
    "eset endpoint",
    "eset file",
    "dr.web",
    "guardian dns",
    "technitium",
    "lightspeed system",
    "usercheck",
    "cyberoam",
    "pi-hole",
    "kidprotect",
    "safe browsing",
    "er gate",
    "dns bersih",
    "ebguard",
    "netsafe",
    "telecommunications authority",
};

static bool is_word(char c)
{
    return ascii_isalnum(c) || (unsigned char)c >= 0x80;
}

/* The next run of letters and digits; *rest begins behind it then. */
static bool next_word(struct str *rest, struct str *word)
{
    size_t i = 0;
    while (i < rest->len && !is_word(rest->p[i])) {
        i++;
    }
    size_t from = i;
    while (i < rest->len && is_word(rest->p[i])) {
        i++;
    }
    *word = str_sub(*rest, from, i - from);
    *rest = str_sub(*rest, i, rest->len);
    return word->len > 0;
}

/* ---- signs --------------------------------------------------------------- */

/* What stands between the quotes behind "class=" is about looks, and named by
 * whoever made them: "block-title", "alert-warning". */
static size_t skip_class(struct str rest)
{
    static const char begin[] = "class=";
    size_t i = sizeof(begin) - 1;
    if (!str_starts(rest, begin)) {
        return 0;
    }
    char quote = i < rest.len ? rest.p[i] : ' ';
    if (quote != '"' && quote != '\'') {
        quote = ' ';
    }
    for (i++; i < rest.len && rest.p[i] != quote && rest.p[i] != '>';) {
        i++;
    }
    return i;
}

/* A word that stands alone, whole or cut ("refuse", "block-title"), is one of
 * any page's; a path, a setting or the end of a heading is not. */
static bool is_bare(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (ascii_isspace(c) || strchr("<>/=", c) || (unsigned char)c >= 0x80) {
            return false;
        }
    }
    return text.len < PIECE_MIN;
}

static bool has_stem(struct str text)
{
    if (is_bare(text)) {
        return false;
    }
    for (size_t at = 0; at < text.len; at++) {
        struct str rest = str_sub(text, at, text.len);
        size_t looks = skip_class(rest);
        if (looks > 0) {
            at += looks - 1;
            continue;
        }
        for (size_t i = 0; i < sizeof(stems) / sizeof(*stems); i++) {
            if (str_starts(rest, stems[i])) {
                return true;
            }
        }
    }
    return false;
}

static bool has_number(struct str text)
{
    struct str word;
    bool counter = false;
    while (next_word(&text, &word)) {
        size_t run = 0;
        for (size_t i = 0; i < word.len && run < NUMBER_MIN; i++) {
            run = ascii_isdigit(word.p[i]) ? run + 1 : 0;
        }
        if (run == NUMBER_MIN || (counter && word.len >= COUNTER_MIN)) {
            return true;
        }
        counter = str_eq_c(word, "gtm");
    }
    return false;
}

/* "?dpid=" or "&dpruleid=". */
static bool has_parameter(struct str text)
{
    size_t from = SIZE_MAX;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c == '=' && from < i && i - from > PARAMETER_MIN) {
            return true;
        }
        from = c == '?' || c == '&' ? i : is_word(c) ? from : SIZE_MAX;
    }
    return false;
}

static bool is_of_many(const char *host)
{
    for (size_t i = 0; i < fp_innocent_zones_count; i++) {
        struct str rest = str_c(fp_innocent_zones[i].text), one;
        while (str_next(&rest, ' ', &one)) {
            char zone[HOST_MAX + 1];
            snprintf(zone, sizeof(zone), STR_FMT, STR_ARG(one));
            if (host_domain_match(host, zone)) {
                return true;
            }
        }
    }
    return false;
}

/* Is `text` an address, or a name under a zone that exists, or, behind the
 * slashes of a URL, any? Files have other endings ("jquery.min.js"). */
static bool is_host(struct str text, bool of_url)
{
    char host[HOST_MAX + 1];
    struct ip ip;
    if (text.len > HOST_MAX || str_find_char(text, '.') == SIZE_MAX) {
        return false;
    }
    snprintf(host, sizeof(host), STR_FMT, STR_ARG(text));
    return ip_parse(text, &ip) ||
           ((of_url || host_has_known_suffix(host)) && !is_of_many(host));
}

static bool has_host(struct str text)
{
    size_t from = 0;
    for (size_t i = 0; i <= text.len; i++) {
        char c = i < text.len ? text.p[i] : ' ';
        if ((ascii_isdigit(c) || c == '[') && i >= 2 && text.p[i - 1] == '/' &&
            text.p[i - 2] == '/') {
            return true; /* the beginning of an address */
        }
        if (ascii_isalnum(c) || c == '-' || c == '.' || c == '_') {
            continue;
        }
        struct str one = str_sub(text, from, i - from);
        while (one.len > 0 && one.p[one.len - 1] == '.') {
            one.len--;
        }
        bool of_url =
            from >= 2 && text.p[from - 1] == '/' && text.p[from - 2] == '/';
        if (one.len > 0 && is_host(one, of_url)) {
            return true;
        }
        from = i + 1;
    }
    return false;
}

/* ---- words --------------------------------------------------------------- */

/* Does the page have it as a word of its own? */
static bool has_word(struct str page, struct str word)
{
    for (size_t at = 0, found; at < page.len; at += found + word.len) {
        struct str rest = str_sub(page, at, page.len);
        found = str_find(rest, word);
        if (found == SIZE_MAX) {
            return false;
        }
        size_t end = found + word.len;
        if ((found == 0 || !is_word(rest.p[found - 1])) &&
            (end == rest.len || !is_word(rest.p[end]))) {
            return true;
        }
    }
    return false;
}

static bool is_everyday(struct str word, const struct str *pages, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (has_word(pages[i], word)) {
            return true;
        }
    }
    return false;
}

struct words {
    size_t n, everyday;
    size_t letters;   /* and digits; a character of another script is one */
    size_t ideograms; /* of them of China, Japan and Korea */
    bool spaced;
};

static struct words count(struct str text, const struct str *pages, size_t n)
{
    struct words w = {0};
    struct str rest = str_trim(text), word;
    for (size_t i = 0; i < rest.len; i++) {
        unsigned char c = (unsigned char)rest.p[i];
        w.letters += ascii_isalnum(rest.p[i]) || c >= 0xc0;
        w.ideograms += c >= 0xe3 && c < 0xee;
        w.spaced = w.spaced || ascii_isspace(rest.p[i]);
    }
    while (next_word(&rest, &word)) {
        w.n++;
        w.everyday += is_everyday(word, pages, n);
    }
    return w;
}

/* A whole title, that of no page of ours. */
static bool is_title(struct str text, const struct str *pages, size_t n)
{
    static const char begin[] = "<title>", end[] = "</title>";
    size_t from = str_find(text, str_c(begin));
    if (from == SIZE_MAX) {
        return false;
    }
    struct str title = str_sub(text, from + sizeof(begin) - 1, text.len);
    size_t to = str_find(title, str_c(end));
    if (to == SIZE_MAX) {
        return false;
    }
    struct words w = count(str_sub(title, 0, to), pages, n);
    return w.letters >= TITLE_MIN && w.everyday < w.n;
}

/* The name of a picture, which is not what every site calls its own. */
static bool is_picture(struct str text, const struct str *pages, size_t n)
{
    static const char *const endings[] = {".png", ".jpg", ".gif"};
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
        struct str name = str_sub(text, 0, text.len - strlen(endings[i]));
        if (str_ends(text, endings[i]) && name.len >= PICTURE_MIN) {
            struct words w = count(name, pages, n);
            return w.everyday < w.n;
        }
    }
    return false;
}

enum err fp_telling_check(struct str text, const struct str *pages, size_t n,
                          struct diag *d)
{
    if (has_stem(text) || has_number(text) || has_parameter(text) ||
        has_host(text)) {
        return ERR_OK;
    }
    struct words w = count(text, pages, n);
    if (w.n <= EVERYDAY_MAX && w.n == w.everyday) {
        return diag_set(d, ERR_PARSE, "too weak: has everyday words only");
    }
    if (w.letters >= SENTENCE_MIN || w.ideograms >= IDEOGRAMS_MIN ||
        is_title(text, pages, n) || is_picture(text, pages, n) ||
        (!w.spaced && w.letters >= PIECE_MIN)) {
        return ERR_OK;
    }
    return diag_set(
        d, ERR_PARSE,
        w.n > 1 ? "too weak: few words that say nothing of a block"
                : "too weak: a single word that says nothing of a block");
}

/* ---- texts --------------------------------------------------------------- */

struct str fp_telling_lower(struct region *r, struct str text)
{
    char *p = region_alloc(r, text.len * UTF8_MAX + 1);
    size_t n = 0;
    while (p && text.len > 0) {
        n += utf8_put(utf8_lower(utf8_next(&text)), p + n);
    }
    return (struct str){p, n};
}

struct str fp_telling_strip(struct str text)
{
    char *p = (char *)(uintptr_t)text.p;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool escape = p[i] == '\\' && i + 1 < text.len;
        if (escape && !ascii_isalnum(p[i + 1])) {
            p[n++] = p[++i]; /* it means itself */
        } else {
            bool sign = p[i] != '\0' && strchr("\\^$.|?*+()[]{}", p[i]);
            p[n++] = sign ? ' ' : p[i];
        }
    }
    return (struct str){p, n};
}
